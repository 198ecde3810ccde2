"""Grad-CAM (Selvaraju et al. 2017) at the last block's input, as the comparisons with CLIP take it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.first_order.target import cosine_with, first_block
from exclip_desktop.attribution.inside import recorded, run_blocks
from exclip_desktop.models.anatomy import Anatomy


@dataclass(frozen=True, slots=True)
class GradCam:
    """Options: the block whose input counts, ``layer``; whether negative values are kept, ``signed``."""

    layer: int = -1
    signed: bool = False


def grad_cam(anatomy: Anatomy, other: Tensor, options: GradCam | None = None) -> Tensor:
    """Return each token's value, (T,): ReLU(Σ_c α_c x_ic), α the mean over all tokens of ∂S/∂x at the block."""
    options = options or GradCam()
    with recorded():
        run = run_blocks(anatomy, first_block(anatomy, options.layer))
        before = run.seen[0].before
        slope = torch.autograd.grad(cosine_with(other, run.embedding), before)[0]
    found = (before[0].detach() * slope[0].mean(0)).sum(-1)
    return found if options.signed else found.relu()
