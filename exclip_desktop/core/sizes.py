"""Bytes as a person reads them."""


def size_told(count: int) -> str:
    """Return a number of bytes in decimal units, such as ``605 MB``."""
    size, unit = float(count), "bytes"
    for bigger in ("kB", "MB", "GB", "TB"):
        if size < 999.5:
            break
        size, unit = size / 1000, bigger
    return f"{size:.0f} {unit}" if unit == "bytes" or size >= 10 else f"{size:.1f} {unit}"
