"""A colour for each method, where several are drawn in one figure; the same on screen and on paper."""

from collections.abc import Sequence
from typing import Final

from exclip_desktop.core.values.study import RANDOM

GREY: Final = "#808080"
STRONG: Final = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#bcbd22", "#17becf"),
)
PALE: Final = (
    *("#aec7e8", "#ffbb78", "#98df8a", "#ff9896", "#c5b0d5"),
    *("#c49c94", "#f7b6d2", "#dbdb8d", "#9edae5"),
)
"""The table "tab20" but for its greys; the strong ones first."""


def method_colours(methods: Sequence[str]) -> dict[str, str]:
    """Return ``#rrggbb`` by method, always the same where the methods are; the random control is grey."""
    table = (*STRONG, *PALE)
    named = [method for method in methods if method != RANDOM]
    return {method: table[place % len(table)] for place, method in enumerate(named)} | {RANDOM: GREY}
