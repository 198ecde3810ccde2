"""Memory: the free bytes of a device, the size of one chunk of work, and the peak of an integral."""

import torch
from torch import Tensor

from exclip_desktop.core.free_memory import free_of_computer

LIVE_COPIES = 24  # activations of one pass that live at once, in units of its features (measured, rounded up)
CPU_CHUNK_BYTES = 48 * 2**20  # measured on 2 cores: half as much is as fast, twice as much a fifth slower
SHARE = 0.25  # of the free memory, for one chunk


def chunk_size(features: Tensor) -> int:
    """Return the number of copies of features (T, W) in one chunk of work."""
    device = features.device
    return max(1, chunk_bytes(device.type, free_bytes(device)) // copy_bytes(features))


def chunk_bytes(kind: str, free: int | None) -> int:
    """Return the bytes of one chunk on a device of a kind, with ``free`` bytes of free memory (None: unknown).

    A CPU is fastest with small chunks, an accelerator with large ones.
    """
    if free is None:
        return CPU_CHUNK_BYTES
    share = int(free * SHARE)
    return min(CPU_CHUNK_BYTES, share) if kind == "cpu" else share


def copy_bytes(features: Tensor) -> int:
    """Return the bytes that live at once during a pass over features (T, W)."""
    return LIVE_COPIES * features.numel() * features.element_size()


def peak_bytes(features: Tensor, passes: int, columns: int, nodes: int) -> int:
    """Return the peak memory of an integral's values beside the model, in bytes.

    Args:
        features: the path's, (T, W).
        passes: the most that a chunk could hold with unlimited memory.
        columns: of the derivatives of each node, (T, columns), which stay in memory.
        nodes: of the integral.

    """
    held = min(chunk_size(features), passes)
    return held * copy_bytes(features) + nodes * len(features) * columns * features.element_size()


def free_bytes(device: torch.device) -> int | None:
    """Return the bytes that are free for tensors on a device; None where the device does not report them."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # Memory that torch reserves and does not use is free for this process only.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "mps":
        return max(0, torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return free_of_computer()
