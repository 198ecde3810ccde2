"""RISE (Petsiuk et al., BMVC 2018): the mean of random masks, weighted by the scores of the masked pictures."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress

BATCH = 16


def rise(
    score: Callable[[Tensor], Tensor],
    pixels: Tensor,
    grid: tuple[int, int],
    *,
    masks: int = 4000,
    cells: int = 8,
    share: float = 0.5,
    seed: int = 0,
    progress: Progress = ignore_progress,
    cancel: CancelToken | None = None,
    on_partial: Callable[[Tensor], None] | None = None,
) -> Tensor:
    """Return each patch's value, (rows, columns): Σ S(mask) mask / (N p), the mean over its pixels.

    Args:
        score: model inputs (B, 3, h, w) → scores (B,).
        pixels: the model input, (3, h, w); masked pixels become 0, the mean colour.
        grid: rows and columns of patches.
        masks: number of masks, N; ``seed`` decides them.
        cells: coarse cells along each side, s.
        share: p, the probability that a cell stays.
        seed: see there.
        progress: called once per batch.
        cancel: polled once per batch.
        on_partial: receives the map of the masks so far, once per batch.

    """
    cancel = cancel or CancelToken()
    generator = torch.Generator().manual_seed(seed)
    size = pixels.shape[1], pixels.shape[2]
    total = pixels.new_zeros(grid)
    for done in range(0, masks, BATCH):
        cancel.check()
        progress(Report("RISE", done, masks))
        count = min(BATCH, masks - done)
        total += score_masks(score, pixels, random_masks(count, size, cells, share, generator), grid)
        if on_partial is not None:
            on_partial(total / ((done + count) * share))
    progress(Report("RISE", masks, masks))
    return total / (masks * share)


@torch.no_grad()
def score_masks(score: Callable[[Tensor], Tensor], pixels: Tensor, masks: Tensor, grid: tuple[int, int]) -> Tensor:
    """Return Σ S(mask) mask over masks (B, h, w), the mean over each patch's pixels: (rows, columns)."""
    masks = masks.to(pixels)
    scores = score(pixels * masks[:, None])
    return torch.einsum("b,bij->ij", scores, functional.adaptive_avg_pool2d(masks[:, None], grid)[:, 0])


def random_masks(count: int, size: tuple[int, int], cells: int, share: float, generator: torch.Generator) -> Tensor:
    """Return smooth random masks in [0, 1], (count, h, w).

    Coarse cells stay with probability ``share``; they are upsampled, and shifted by a random part of a cell.
    """
    height, width = size
    down, across = -(-height // cells), -(-width // cells)
    coarse = (torch.rand(count, 1, cells, cells, generator=generator) < share).float()
    large = functional.interpolate(
        coarse, ((cells + 1) * down, (cells + 1) * across), mode="bilinear", align_corners=False
    )
    tops = torch.randint(0, down, (count,), generator=generator)
    lefts = torch.randint(0, across, (count,), generator=generator)
    return torch.stack(
        [one[0, top : top + height, left : left + width] for one, top, left in zip(large, tops, lefts, strict=True)]
    )
