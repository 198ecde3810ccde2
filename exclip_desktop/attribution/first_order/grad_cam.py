"""Grad-CAM (Selvaraju et al. 2017) at the last block's input, as the comparisons with CLIP take it."""

import torch
from torch import Tensor

from exclip_desktop.attribution.first_order.target import cosine_with
from exclip_desktop.attribution.inside import recorded, run_blocks
from exclip_desktop.models.anatomy import Anatomy


def grad_cam(anatomy: Anatomy, other: Tensor, layer: int = -1, *, signed: bool = False) -> Tensor:
    """Return each token's value, (T,): ReLU(Σ_c α_c x_ic), α the mean over all tokens of ∂S/∂x at block ``layer``."""
    with recorded():
        run = run_blocks(anatomy, layer % len(anatomy.blocks))
        before = run.seen[0].before
        slope = torch.autograd.grad(cosine_with(other, run.embedding), before)[0]
    found = (before[0].detach() * slope[0].mean(0)).sum(-1)
    return found if signed else found.relu()
