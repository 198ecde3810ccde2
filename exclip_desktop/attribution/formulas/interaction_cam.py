"""Interaction-CAM (Sammani, Joukovsky & Deligiannis, TIP 2023; arXiv 2206.09753), for a caption and a picture.

There, two pictures pass one encoder, so that their feature maps have the same channels: channel by channel, both maps
are weighed by the product of their pooled features and by the score's gradient, which gives two maps. A caption and a
picture share no channels, and of them the paper says nothing. Kept here is what makes it a CAM of interactions: a
weight for channels, averaged over positions, that comes from both inputs. For channels c of the caption's features x
and d of the picture's y it is the mean over all tokens i and j of the score's mixed derivative,

    W_cd = mean_ij ∂²S / ∂x_ic ∂y_jd,    A_ij = ReLU(Σ_cd x_ic W_cd y_jd),

as Grad-CAM's weight is the mean of the first one. S is the cosine. Features are a block's input, as for Grad-CAM here.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import recorded, run_blocks, run_stream
from exclip_desktop.attribution.formulas.target import first_block
from exclip_desktop.attribution.second_order.path import along, exact_derivatives
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.models.towers.anatomy import Anatomy

CHUNK = 16  # derivatives at once


@dataclass(frozen=True, slots=True)
class InteractionCam:
    """Options: the block of either side whose input counts, ``layer``; whether negative values are kept, ``signed``."""

    layer: int = -1
    signed: bool = False


def interaction_cam(
    caption: Anatomy, picture: Anatomy, options: InteractionCam | None = None, cancel: CancelToken | None = None
) -> Tensor:
    """Return the values, (caption tokens, image tokens)."""
    options, cancel = options or InteractionCam(), cancel or CancelToken()
    pushed = _pushed(caption, first_block(caption, options.layer), cancel)
    found = _pulled(picture, first_block(picture, options.layer), pushed, cancel)
    return found if options.signed else found.relu()


def _pushed(anatomy: Anatomy, first: int, cancel: CancelToken) -> Tensor:
    """Return how the unit embedding changes where a token's features are added to all, over their number: (T, D)."""
    with torch.no_grad():
        x = run_stream(anatomy, anatomy.start, 0, first)

    def head(x: Tensor) -> Tensor:
        last = run_stream(anatomy, x, first, len(anatomy.blocks))
        return functional.normalize(anatomy.finish(last), dim=-1)

    shifts = (x[0] / x.shape[1])[:, None, None].expand(-1, *x.shape)
    found = []
    with exact_derivatives():
        for some in torch.split(shifts, CHUNK):
            cancel.check()
            found.append(vmap(lambda shift: along(head, x, shift)[1])(some)[:, 0])
    return torch.cat(found)


def _pulled(anatomy: Anatomy, first: int, pushed: Tensor, cancel: CancelToken) -> Tensor:
    """Return each token's features times the mean gradient of the unit embedding along ``pushed`` (R, D): (R, T)."""
    found = []
    with recorded():
        run = run_blocks(anatomy, first)
        before, unit = run.seen[0].before, functional.normalize(run.embedding, dim=-1)
        for some in torch.split(pushed, CHUNK):
            cancel.check()
            (slopes,) = torch.autograd.grad(unit, before, some, retain_graph=True, is_grads_batched=True)
            found.append(slopes[:, 0].mean(1) @ before[0].detach().T)
    return torch.cat(found)
