"""Signed values to colours: diverging maps with zero at the centre, their range, and a colour for each method."""

from collections.abc import Mapping, Sequence
from colorsys import hls_to_rgb
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.study import RANDOM


@dataclass(frozen=True, slots=True)
class ColourMap:
    """A colour map.

    Attributes:
        key: for files, settings, the command line and Python; never changed.
        name: for menus.
        tip: one sentence for the tooltip, without its full stop.
        colours: RGB bytes, from the most negative value to the most positive; fewer or more than 256 are interpolated.

    """

    key: str
    name: str
    tip: str
    colours: bytes


_CET_D1 = (
    "2050da2551db2952db2d53db3155db3456db3857dc3b58dc3d59dc405adc435bdd455cdd485ddd4a5fdd4d60dd4f61de5162de5363de"
    "5664de5865de5a67df5c68df5e69df606adf616be0636ce0656ee0676fe06970e06b71e16c72e16e74e17075e17176e17377e27578e2"
    "7679e2787be27a7ce27b7de27d7ee37e7fe38081e38282e38383e38584e48686e48887e48988e48b89e48c8ae58e8ce58f8de5908ee5"
    "928fe59391e59592e69693e69894e69996e69a97e69c98e79d99e79e9be7a09ce7a19de7a39ee7a4a0e8a5a1e8a7a2e8a8a3e8a9a5e8"
    "aba6e8aca7e9ada8e9afaae9b0abe9b1ace9b2aee9b4afeab5b0eab6b1eab8b3eab9b4eabab5eabbb7eabdb8ebbeb9ebbfbaebc0bceb"
    "c2bdebc3beebc4c0ecc5c1ecc7c2ecc8c4ecc9c5eccac6ecccc8eccdc9eccecaedcfcbedd1cdedd2ceedd3cfedd4d1edd5d2edd7d3ee"
    "d8d5eed9d6eedad7eedbd9eedddaeededbeedfddeee0deeee1dfeee3e0eee4e1eee5e2eee6e3eee7e4eee8e5ede9e6edeae6ecebe7ec"
    "ece7ebece7eaede7e9eee6e8eee6e6efe5e5efe5e4f0e4e2f0e3e0f0e2dff1e0ddf1dfdbf1ded9f1dcd7f1dbd6f1d9d4f1d8d2f1d6d0"
    "f1d5cef1d3ccf1d2caf1d0c8f1cfc6f1cdc4f1ccc2f1cac0f1c9bff1c7bdf1c5bbf1c4b9f0c2b7f0c1b5f0bfb3f0beb1f0bcaff0bbad"
    "efb9acefb7aaefb6a8efb4a6efb3a4eeb1a2eeb0a0eeae9eeead9dedab9beda999eda897eda695eca593eca391eca290eba08eeb9f8c"
    "eb9d8aea9b88ea9a87ea9885e99783e99581e9947fe8927de8907ce88f7ae78d78e78c76e68a75e68973e58771e5856fe5846de4826c"
    "e4816ae37f68e37d66e27c65e27a63e17961e1775fe0755ee0745cdf725adf7158de6f57de6d55dd6c53dd6a52dc6850db674edb654c"
    "da634bda6249d96047d95e46d85d44d75b42d75940d6573fd5563dd5543bd4523ad45038d34e36d24d35d24b33d14931d04730d0452e"
    "cf432cce412ace3f29cd3d27cc3b25cb3924cb3722ca3420c9321ec9301dc82d1bc72b19c62817c62515c52214c41f12c31c10c3180e"
    "c2140cc10f09c00907bf0205"
)
_CET_CBD1 = (
    "3a90fe3d91fe4091fe4392fd4693fd4893fd4b94fd4d95fd5095fd5296fd5497fd5797fd5998fd5b99fd5d9afd5f9afd619bfc639cfc"
    "659cfc679dfc699efc6a9ffc6c9ffc6ea0fc70a1fc71a1fc73a2fc75a3fc76a4fb78a4fb79a5fb7ba6fb7da6fb7ea7fb80a8fb81a9fb"
    "83a9fb84aafb86abfb87abfa89acfa8aadfa8baefa8daefa8eaffa90b0fa91b1fa92b1fa94b2fa95b3fa96b4f998b4f999b5f99ab6f9"
    "9cb7f99db7f99eb8f9a0b9f9a1b9f9a2baf9a3bbf8a5bcf8a6bcf8a7bdf8a8bef8aabff8abc0f8acc0f8adc1f8afc2f7b0c3f7b1c3f7"
    "b2c4f7b3c5f7b5c6f7b6c6f7b7c7f7b8c8f7b9c9f7bac9f6bccaf6bdcbf6beccf6bfccf6c0cdf6c1cef6c2cff6c4d0f5c5d0f5c6d1f5"
    "c7d2f5c8d3f5c9d3f5cad4f5cbd5f5cdd6f5ced7f4cfd7f4d0d8f4d1d9f4d2daf4d3daf4d4dbf4d5dcf4d6ddf3d7def3d9def3dadff3"
    "dbe0f3dce1f3dde1f3dee2f2dfe3f2e0e4f2e1e5f2e2e5f2e3e6f2e4e7f2e5e8f1e6e8f1e7e9f1e8eaf1e9eaf0eaebf0ebebefebecef"
    "ececeeececededececedecebedece9edebe8edebe6edeae5edeae3ece9e2ece8e0ece8deebe7ddebe6dbebe5d9eae5d8eae4d6e9e3d4"
    "e9e2d2e8e1d1e8e1cfe8e0cde7dfcce7decae6ddc8e6ddc7e5dcc5e5dbc3e4dac2e4dac0e3d9bee3d8bde2d7bbe2d6b9e2d6b8e1d5b6"
    "e1d4b4e0d3b2e0d3b1dfd2afdfd1aeded0acdecfaaddcfa9ddcea7dccda5dbcca4dbcca2dacba0daca9fd9c99dd9c89bd8c89ad8c798"
    "d7c696d7c595d6c593d6c491d5c390d4c28ed4c28cd3c18bd3c089d2bf88d2bf86d1be84d1bd83d0bc81cfbc7fcfbb7eceba7cceb97a"
    "cdb979ccb877ccb775cbb674cbb672cab571c9b46fc9b36dc8b36cc8b26ac7b168c6b067c6b065c5af63c4ae62c4ad60c3ad5ec3ac5d"
    "c2ab5bc1aa59c1aa58c0a956bfa854bfa753bea751bda64fbda54ebca54cbba44abba348baa247b9a245b9a143b8a041b79f40b79f3e"
    "b69e3cb59d3ab59d38b49c36b39b34b39a32b29a30b1992eb0982cb0982aaf9728ae9626ae9524ad9521ac941fac931dab931aaa9217"
    "a99114a99010a8900da78f08"
)

DEFAULT_COLOURS: Final = "red-blue"
COLOUR_MAPS: Final[Mapping[str, ColourMap]] = MappingProxyType(
    {
        row.key: row
        for row in (
            ColourMap("red-blue", "Red and blue", "Red adds to the score, blue subtracts", bytes.fromhex(_CET_D1)),
            ColourMap(
                "safe",
                "Colour-vision-safe",
                "Ochre adds to the score, blue subtracts; readable with colour-vision deficiency",
                bytes.fromhex(_CET_CBD1),
            ),
        )
    }
)


GREY: Final = "#808080"
STRONG: Final = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#bcbd22", "#17becf"]
PALE: Final = ["#aec7e8", "#ffbb78", "#98df8a", "#ff9896", "#c5b0d5", "#c49c94", "#f7b6d2", "#dbdb8d", "#9edae5"]
"""The table "tab20" but for its greys; the strong ones first."""
GOLDEN_TURN: Final = 0.618034  # of the colour circle: hues in a row lie far apart


def method_colours(methods: Sequence[str]) -> dict[str, str]:
    """Return ``#rrggbb`` by method, always the same where the methods are; the random control is grey.

    Methods beyond the table get hues that are spread evenly, in two shades.
    """
    table = (*STRONG, *PALE)
    named = [method for method in methods if method != RANDOM]
    colours = [table[place] if place < len(table) else _spread_colour(place) for place in range(len(named))]
    return dict(zip(named, colours, strict=True)) | {RANDOM: GREY}


def _spread_colour(place: int) -> str:
    red, green, blue = hls_to_rgb(place * GOLDEN_TURN % 1, 0.3 if place % 2 else 0.6, 0.8)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


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


WIDE_FACTOR: Final = 50.0  # the largest value then differs from zero by two of 256 colours


def is_range_too_wide(limit: float, values: NDArray[np.float64] | None) -> bool:
    """Return whether no colour of ``values`` can be seen in the range −limit … limit; not where all are zero."""
    largest = 0.0 if values is None else float(np.abs(values).max(initial=0.0))
    return largest > 0 and limit > WIDE_FACTOR * largest


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
