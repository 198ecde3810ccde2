"""Where a tower is cut: the names of its layers, in reading order."""

from typing import Final, Literal, TypeAlias

POOL: Final = "pool"
"""The input of an attention that pools; it comes after the last block."""

Layer: TypeAlias = int | str
"""A block (or stage) from 0, or ``"pool"``; where it is asked for, negatives count from the end."""

Side = Literal["image", "text"]
SIDES: Final[tuple[Side, ...]] = ("image", "text")


def layers_of(blocks: int, pools: bool) -> tuple[Layer, ...]:
    """Return every layer of a tower with so many blocks, in reading order."""
    return (*range(blocks), *((POOL,) if pools else ()))


def has_layer(layer: Layer, blocks: int, pools: bool) -> bool:
    """Return whether a tower has ``layer``."""
    return pools if layer == POOL else isinstance(layer, int) and -blocks <= layer < blocks
