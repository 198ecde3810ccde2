"""Formats bytes and seconds."""


def format_bytes(count: int) -> str:
    """Return a number of bytes in decimal units, such as ``605 MB``."""
    size, unit = float(count), "bytes"
    for bigger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, bigger
    return f"{size:.0f} {unit}" if unit == "bytes" or size >= 10 else f"{size:.1f} {unit}"


def format_memory(count: int) -> str:
    """Return an estimated number of bytes, rounded: ``50 MB``, ``1.2 GB``."""
    return f"{max(10, round(count / 1e7) * 10)} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"


def format_rough_time(seconds: float) -> str:
    """Return an estimated duration, rounded: ``a second``, ``8 s``, ``40 s``, ``3 min``, ``2 h``."""
    if seconds < 1.5:
        return "a second"
    if seconds < 10:
        return f"{round(seconds)} s"
    if seconds < 95:
        return f"{5 * round(seconds / 5)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"
