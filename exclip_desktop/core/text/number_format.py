"""Formats numbers for people: signed values, counts, bytes and estimated times."""

SMALL = 1e-3  # values below this are written with six decimals
NOTHING = 5e-7  # and below this as zero


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


def format_count(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 finding``, ``1,200 findings``; ``many`` is an irregular plural."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def format_signed(value: float, decimals: int | None = None) -> str:
    """Return a score, a difference or a sum of parts of one as text, always with its sign.

    Four decimals, six for small values: this is how scores are written wherever a person reads them. ``decimals`` are
    for comparing two precisions.
    """
    if decimals is None:
        value = 0.0 if abs(value) < NOTHING else value
        decimals = 6 if 0 < abs(value) < SMALL else 4
    return write_minus(f"{round(value, decimals) + 0.0:+.{decimals}f}")


def format_percent(share: float, decimals: int = 0) -> str:
    """Return a share in per cent: ``31 %``, ``−12.3 %``, never ``−0 %``."""
    return write_minus(f"{round(100 * share, decimals) + 0.0:.{decimals}f} %")


def format_digits(value: float, digits: int = 3) -> str:
    """Return a value with its sign and so many significant digits; ``0`` for zero."""
    return write_minus(f"{value:+.{digits}g}") if value else "0"


def format_residual(value: float) -> str:
    """Return a small error as a power of ten: ``2.1e−04``."""
    return write_minus(f"{value:.1e}")


def write_minus(text: str) -> str:
    """Return a number's text with true minus signs; on screen a hyphen is too short and may break the line."""
    return text.replace("-", "−")
