"""A transformer taken apart into its blocks, for methods that look into attention."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import torch
from torch import Tensor

from exclip_desktop.core.errors import MethodError
from exclip_desktop.models.towers.blocks import Parts, Step, parts_of
from exclip_desktop.models.towers.tower_protocols import Query


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One input's way through a transformer.

    Attributes:
        start: what the first block reads, (1, T, W).
        blocks: every block, taken apart.
        finish: what the last block gives, (B, T, W), to unnormalised embeddings (B, D).
        project: one token's residual stream (B, W), as if it were pooled, to an embedding (B, D); where an attention
            pools, as if that read no other token.
        pooled: the tokens whose streams are pooled, by their mean; none where something else pools them.
        mask: additive attention mask (T, T), or None.
        shown: the tokens that a map shows: patches row by row, or words' tokens.
        grid: rows and columns of the patches; (0, 0) of a caption.
        pool: the attention that pools what the last block gives, with all that tokens pass before it; None where there
            is none, or it cannot be taken apart.

    """

    start: Tensor
    blocks: tuple[Parts, ...]
    finish: Step
    project: Step
    pooled: tuple[int, ...]
    mask: Tensor | None
    shown: slice
    grid: tuple[int, int] = field(default=(0, 0))
    pool: Query | None = None


def taken_apart(blocks: Iterable[Any]) -> tuple[Parts, ...]:
    """Return blocks taken apart; raises ``MethodError`` where one is of another kind."""
    parts = [parts_of(block) for block in blocks]
    found = tuple(part for part in parts if part is not None)
    if len(found) < len(parts):
        raise_no_anatomy("This encoder")
    return found


def without_padding(anatomy: Anatomy) -> Anatomy:
    """Return a causal caption's way without the tokens after the pooled one, which cannot matter; else the same."""
    count = max(anatomy.pooled, default=-1) + 1
    mask = anatomy.mask
    if mask is None or not bool(torch.isinf(mask[:count, count:]).all()):
        return anatomy
    return replace(anatomy, start=anatomy.start[:, :count], mask=mask[:count, :count])


def raise_no_anatomy(what: str) -> NoReturn:
    """Raise ``MethodError``: ``what`` cannot be taken apart."""
    raise MethodError(f"{what} has no plain attention blocks to look into.", "Choose another method, or another model.")
