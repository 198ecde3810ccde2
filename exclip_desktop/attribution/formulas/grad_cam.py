"""Grad-CAM (Selvaraju et al. 2017) at the last block's or stage's input, as the comparisons with CLIP take it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from exclip_desktop.attribution.formulas.block_run import recorded
from exclip_desktop.attribution.formulas.target import cosine_with
from exclip_desktop.models.towers.tower_protocols import Cut


@dataclass(frozen=True, slots=True)
class GradCam:
    """Options: the block (or stage) whose input counts, ``layer``; whether negative values are kept, ``signed``."""

    layer: int = -1
    signed: bool = False


def grad_cam(cut: Cut, given: Tensor, other: Tensor, options: GradCam | None = None) -> Tensor:
    """Return each token's value, (T,): ReLU(Σ_c α_c x_ic), α the mean over all tokens of ∂S/∂x at the cut.

    Args:
        cut: the tower cut at the layer that counts; ``given`` is its input, a picture (3, h, w) or token ids (T,).
        given: see there.
        other: the other side's embedding, (D,).
        options: see there.

    """
    with recorded():
        with torch.no_grad():
            x = cut.features(given)
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(cosine_with(other, cut.head(x[None])[0]), [x])
    found = (x.detach() * slope.mean(0)).sum(-1)
    return found if (options or GradCam()).signed else found.relu()
