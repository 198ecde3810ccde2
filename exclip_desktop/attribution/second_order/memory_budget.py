"""How much memory is free, how much of it one chunk of work may take, and what work takes at most."""

import os
from pathlib import Path

import torch
from torch import Tensor

LIVE_COPIES = 24  # activations of one pass that live at once, in units of its features (measured, rounded up)
CPU_CHUNK_BYTES = 48 * 2**20  # measured on 2 cores: half as much is as fast, twice as much a fifth slower
SHARE = 0.25  # of what is free, for one chunk
MEMINFO = Path("/proc/meminfo")


def chunk_size(features: Tensor) -> int:
    """Return how many copies of features (T, W) one chunk of work may hold."""
    device = features.device
    return max(1, chunk_bytes(device.type, free_bytes(device)) // copy_bytes(features))


def chunk_bytes(kind: str, free: int | None) -> int:
    """Return the bytes of one chunk on a device of that kind, of which ``free`` bytes are free (None: unknown).

    A processor is fastest with little at a time, an accelerator with much.
    """
    if free is None:
        return CPU_CHUNK_BYTES
    share = int(free * SHARE)
    return min(CPU_CHUNK_BYTES, share) if kind == "cpu" else share


def copy_bytes(features: Tensor) -> int:
    """Return the bytes that live at once during a pass over features (T, W)."""
    return LIVE_COPIES * features.numel() * features.element_size()


def peak_bytes(features: Tensor, passes: int, columns: int, nodes: int) -> int:
    """Return the most bytes that an integral's values take beside the model, as far as they can be counted.

    Args:
        features: the path's, (T, W).
        passes: how many a chunk might hold, were there memory enough.
        columns: of each node's derivatives, which are kept, (T, columns).
        nodes: of the integral.

    """
    held = min(chunk_size(features), passes)
    return held * copy_bytes(features) + nodes * len(features) * columns * features.element_size()


def free_bytes(device: torch.device) -> int | None:
    """Return the memory that is free for tensors on a device; None where that cannot be told."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch holds and does not use is no longer free to others, but is to us.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "mps":
        return max(0, torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return free_of_computer()


def free_of_computer() -> int | None:
    """Return the computer's memory that programs can have without swapping; None where that cannot be told."""
    try:
        return parse_meminfo(MEMINFO.read_text("ascii"))
    except OSError:  # no Linux
        return _unused_pages()


def parse_meminfo(text: str) -> int | None:
    """Return what Linux says is available, which counts what it caches of files."""
    named = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    told = named.get("MemAvailable", "").split()
    return int(told[0]) * 1024 if told else None


def _unused_pages() -> int | None:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, macOS no such name
        return None
