"""RISE (Petsiuk et al., BMVC 2018): the mean of random masks, weighted by the score that each leaves."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.target import at_least
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.progress import CancelToken, Progress, Report, silent

BATCH = 16


@dataclass(frozen=True, slots=True)
class Rise:
    """Options.

    Attributes:
        masks: how many, N.
        cells: coarse cells along each side, s.
        share: p, how likely a cell stays.
        seed: of the masks.

    """

    masks: int = 4000
    cells: int = 8
    share: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        at_least(self.masks, 1, "masks")
        at_least(self.cells, 1, "cells")
        if not 0 < self.share <= 1:
            raise SettingsError(f"The share {self.share:g} keeps nothing, or more than all.", "Give one from 0 to 1.")


def rise(
    score: Callable[[Tensor], Tensor],
    pixels: Tensor,
    grid: tuple[int, int],
    options: Rise | None = None,
    tell: Progress = silent,
    cancel: CancelToken | None = None,
    each: Callable[[Tensor], None] | None = None,
) -> Tensor:
    """Return each patch's value, (rows, columns): Σ S(mask) mask / (N p), the mean over its pixels.

    Args:
        score: model inputs (B, 3, h, w) → scores (B,).
        pixels: the model input, (3, h, w); what a mask hides becomes 0, the mean colour.
        grid: rows and columns of patches.
        options: see there.
        tell, cancel: told and polled once per batch.
        each: given what the masks so far make, once per batch.

    """
    options, cancel = options or Rise(), cancel or CancelToken()
    draw = torch.Generator().manual_seed(options.seed)
    size = pixels.shape[1], pixels.shape[2]
    total = pixels.new_zeros(grid)
    for done in range(0, options.masks, BATCH):
        cancel.check()
        tell(Report("RISE", done, options.masks))
        count = min(BATCH, options.masks - done)
        masks = random_masks(count, size, options.cells, options.share, draw)
        total += scored_masks(score, pixels, masks, grid)
        if each is not None:
            each(total / ((done + count) * options.share))
    tell(Report("RISE", options.masks, options.masks))
    return total / (options.masks * options.share)


@torch.no_grad()
def scored_masks(score: Callable[[Tensor], Tensor], pixels: Tensor, masks: Tensor, grid: tuple[int, int]) -> Tensor:
    """Return Σ S(mask) mask over masks (B, h, w), the mean over each patch's pixels: (rows, columns)."""
    masks = masks.to(pixels)
    found = score(pixels * masks[:, None])
    return torch.einsum("b,bij->ij", found, functional.adaptive_avg_pool2d(masks[:, None], grid)[:, 0])


def random_masks(count: int, size: tuple[int, int], cells: int, share: float, draw: torch.Generator) -> Tensor:
    """Return smooth random masks in [0, 1], (count, h, w): coarse cells kept with probability ``share``, upsampled,
    and shifted by a random part of a cell."""
    height, width = size
    down, across = -(-height // cells), -(-width // cells)
    kept = (torch.rand(count, 1, cells, cells, generator=draw) < share).float()
    large = functional.interpolate(
        kept, ((cells + 1) * down, (cells + 1) * across), mode="bilinear", align_corners=False
    )
    tops = torch.randint(0, down, (count,), generator=draw)
    lefts = torch.randint(0, across, (count,), generator=draw)
    return torch.stack(
        [one[0, top : top + height, left : left + width] for one, top, left in zip(large, tops, lefts, strict=True)]
    )
