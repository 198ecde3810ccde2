"""Numbers of pixels as annotation files hold them: whole ones without a point, others to a ten-thousandth."""

from typing import Final

from exclip_desktop.core.values.selection import Region

DIGITS: Final = 4  # readers round to these, as fractions and percents of a picture are written with a few digits


def written_number(value: float) -> float:
    """Return a number of pixels, an ``int`` where it is whole."""
    rounded = round(float(value), DIGITS)
    return int(rounded) if rounded.is_integer() else rounded


def box_numbers(region: Region) -> list[float]:
    """Return x0, y0, x1, y1 of a region."""
    return [written_number(edge) for edge in region.box]


def size_numbers(region: Region) -> list[float]:
    """Return x, y, width and height of a region."""
    x0, y0, x1, y1 = box_numbers(region)
    return [x0, y0, written_number(x1 - x0), written_number(y1 - y0)]
