"""Free memory of this computer."""

import os
from pathlib import Path
from typing import Final

MEMINFO: Final = Path("/proc/meminfo")


def free_of_computer() -> int | None:
    """Return the bytes that programs can take without swapping; None where the system does not report them."""
    try:
        return parse_meminfo(MEMINFO.read_text("ascii"))
    except OSError:  # no Linux
        return _unused_pages()


def parse_meminfo(text: str) -> int | None:
    """Return MemAvailable of Linux in bytes, which includes the file cache; None where it is missing."""
    named = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    fields = named.get("MemAvailable", "").split()
    return int(fields[0]) * 1024 if fields else None


def _unused_pages() -> int | None:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, macOS no such name
        return None
