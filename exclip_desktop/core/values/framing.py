"""How a picture may be framed for a model: its own preprocessing, or another way."""

from typing import Final

Framing = str
FRAMINGS: Final[dict[Framing, str]] = {
    "model": "the model's own",
    "crop": "cropped to its middle",
    "squash": "squashed",
    "pad": "padded",
    "whole": "whole, at its own aspect",
}
"""Name → what a person reads; ``whole`` gives the model another grid, its position embedding interpolated."""


def framed(framing: Framing) -> str:
    """Return what to add to a line of settings: nothing where the framing is the model's own."""
    return "" if framing == "model" else f", picture {FRAMINGS[framing]}"


def whole_size(source: tuple[int, int], own: tuple[int, int], unit: tuple[int, int]) -> tuple[int, int]:
    """Return the input (h, w) for a picture at its own aspect, with about as many pixels as the model's own input.

    Args:
        source: (h, w) of the picture.
        own: (h, w) of the model's own input.
        unit: what h and w are multiples of; the picture is stretched by less than half of one.

    """
    height, width = source
    most = (own[0] // unit[0]) * (own[1] // unit[1])
    side = (own[0] * own[1]) ** 0.5
    aspect = (height / width) ** 0.5
    rows, columns = (
        min(max(1, round(length / step)), most)
        for length, step in zip((side * aspect, side / aspect), unit, strict=True)
    )
    return rows * unit[0], columns * unit[1]
