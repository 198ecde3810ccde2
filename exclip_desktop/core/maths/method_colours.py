"""The colour of each method in a figure of several, the same on screen and on paper."""

from collections.abc import Sequence
from colorsys import hls_to_rgb
from typing import Final

from exclip_desktop.core.values.study import RANDOM

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
