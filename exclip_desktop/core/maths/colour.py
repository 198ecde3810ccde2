"""Maps signed values to colours: a diverging map with zero at its centre and a symmetric range."""

from functools import lru_cache
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.maths.colour_maps import COLOUR_MAPS, DEFAULT_COLOURS

Real = TypeVar("Real", np.float32, np.float64)


LEVELS: Final = 256


@lru_cache(maxsize=len(COLOUR_MAPS))
def lookup_bytes(colours: str = DEFAULT_COLOURS) -> NDArray[np.uint8]:
    """Return a colour map as (256, 3) uint8 sRGB, read-only, from the most negative value to the most positive.

    Raises:
        SettingsError: there is no such colour map.

    """
    if colours not in COLOUR_MAPS:
        raise SettingsError(f'There is no colour map "{colours}".', f"Choose one: {', '.join(COLOUR_MAPS)}.")
    rows = np.frombuffer(COLOUR_MAPS[colours].colours, np.uint8).reshape(-1, 3)
    if len(rows) != LEVELS:
        places = np.linspace(0, len(rows) - 1, LEVELS)
        channels = [np.interp(places, np.arange(len(rows)), channel) for channel in rows.T]
        rows = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
        rows.flags.writeable = False
    return rows


@lru_cache(maxsize=len(COLOUR_MAPS))
def lookup_table(colours: str = DEFAULT_COLOURS) -> NDArray[np.float64]:
    """Return ``lookup_bytes`` in [0, 1]: float64 (256, 3), read-only."""
    table = lookup_bytes(colours) / 255
    table.flags.writeable = False
    return table


def lookup_levels(limit: float) -> tuple[float, float]:
    """Return (low, high) for a lookup that floors, so that it rounds to the colours of ``to_rgb``.

    ``to_rgb`` rounds (v / limit + 1) / 2 · 255; image items floor (v − low) / (high − low) · 256. The two are equal
    where low and high lie half a colour's width beyond ∓limit.
    """
    reach = limit * 256 / 255
    return -reach, reach


def range_limit(*values: NDArray[np.float64], locked: float | None = None, least: float = 0.0) -> float:
    """Return the end of the symmetric colour range of ``values``, above 0.

    Args:
        values: what is coloured together; the range ends at the largest magnitude, or at 1 where all are zero.
        locked: the end that a person has locked, which is returned as it is; None: not locked.
        least: the smallest end, for views that share one range; not used without values.

    """
    if locked is not None:
        return locked
    largest = max((float(np.abs(v).max()) for v in values if v.size), default=0.0)
    own = largest if largest > 0 else 1.0
    return max(own, least) if values else own


def to_rgb(values: NDArray[np.float64], limit: float, colours: str = DEFAULT_COLOURS) -> NDArray[np.float64]:
    """Colour signed ``values`` (any shape) on −limit … limit: float64 (..., 3) sRGB in [0, 1]."""
    table = lookup_table(colours)
    position = np.clip((values / limit + 1) / 2, 0, 1) * (len(table) - 1)
    return np.asarray(table[np.rint(position).astype(int)])


def interpolate(values: NDArray[Real], times: int) -> NDArray[Real]:
    """Return values (h, w) interpolated linearly between the patches' centres: (h·times, w·times), in their precision.

    Beyond the outermost centres the values stay as they are at the centres. Values are blended, never colours.
    """
    for _ in range(2):  # first along the rows, then, turned, along the columns; no matrix product: BLAS would wait
        low, high, share = _neighbours(len(values), times, values.dtype.char)  # for a core that the worker uses
        before = values[low]
        values = ((values[high] - before) * share + before).T
    return np.ascontiguousarray(values)


@lru_cache(maxsize=16)
def _neighbours(count: int, times: int, kind: str) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]]:
    """Return, for each new place, the centres before and after it and the way between them, (count·times, 1)."""
    place = np.clip((np.arange(count * times) + 0.5) / times - 0.5, 0, count - 1)
    low = np.minimum(place.astype(np.intp), max(count - 2, 0))
    return low, np.minimum(low + 1, count - 1), np.asarray((place - low)[:, None], dtype=kind)


def choose_ink(rgb: NDArray[np.float64]) -> str:
    """Return the text colour, ``black`` or ``white``, that reads better on ``rgb`` (3,) (WCAG contrast)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return "black" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "white"
