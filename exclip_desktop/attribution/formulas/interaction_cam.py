"""Interaction-CAM (Sammani, Joukovsky & Deligiannis, TIP 2023; arXiv 2206.09753), for a caption and a picture.

There, two pictures pass one encoder, so that their feature maps have the same channels: channel by channel, both maps
are weighted by the product of their pooled features and by the score's gradient, which gives two maps. A caption and a
picture have no channels in common, and the paper does not treat them. This version keeps what makes it a CAM of
interactions: a weight for channels, averaged over positions, that comes from both inputs. For channels c of the
caption's features x and d of the picture's y it is the mean over all tokens i and j of the score's mixed derivative,

    W_cd = mean_ij ∂²S / ∂x_ic ∂y_jd,    A_ij = ReLU(Σ_cd x_ic W_cd y_jd),

as Grad-CAM's weight is the mean of the first one. S is the cosine. Features are a block's input, as for Grad-CAM here.
"""

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import block_index, enable_gradients, run_blocks, run_stream
from exclip_desktop.attribution.second_order.path import along, exact_derivatives
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.models.towers.blocks import Anatomy

CHUNK = 16  # derivatives at once


def interaction_cam(
    caption: Anatomy, picture: Anatomy, *, layer: int = -1, signed: bool = False, cancel: CancelToken | None = None
) -> Tensor:
    """Return the values, (caption tokens, image tokens).

    Args:
        caption, picture: the way through the blocks of either side.
        layer: the block of either side whose input is explained, negative from the end.
        signed: keep negative values.
        cancel: polled once per chunk.

    """
    cancel = cancel or CancelToken()
    pushed = _push_tokens(caption, block_index(caption, layer), cancel)
    values = _pull_back(picture, block_index(picture, layer), pushed, cancel)
    return values if signed else values.relu()


def _push_tokens(anatomy: Anatomy, first: int, cancel: CancelToken) -> Tensor:
    """Return the change of the unit embedding when a token's features are added to all, over their number: (T, D)."""
    with torch.no_grad():
        x = run_stream(anatomy, anatomy.start, 0, first)

    def head(x: Tensor) -> Tensor:
        last = run_stream(anatomy, x, first, len(anatomy.blocks))
        return functional.normalize(anatomy.finish(last), dim=-1)

    shifts = (x[0] / x.shape[1])[:, None, None].expand(-1, *x.shape)
    rows = []
    with exact_derivatives():
        for some in torch.split(shifts, CHUNK):
            cancel.check()
            rows.append(vmap(lambda shift: along(head, x, shift)[1])(some)[:, 0])
    return torch.cat(rows)


def _pull_back(anatomy: Anatomy, first: int, pushed: Tensor, cancel: CancelToken) -> Tensor:
    """Return each token's features times the mean gradient of the unit embedding along ``pushed`` (R, D): (R, T)."""
    rows = []
    with enable_gradients():
        run = run_blocks(anatomy, first)
        before, unit = run.records[0].before, functional.normalize(run.embedding, dim=-1)
        for some in torch.split(pushed, CHUNK):
            cancel.check()
            (slopes,) = torch.autograd.grad(unit, before, some, retain_graph=True, is_grads_batched=True)
            rows.append(slopes[:, 0].mean(1) @ before[0].detach().T)
    return torch.cat(rows)
