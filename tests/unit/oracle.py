"""The interaction matrix straight from the equation: brute-force Jacobians in float64, no factorisation.

Möller et al., TMLR 2025, eq. 10: A over (token, feature) × (patch, feature) is Δt · (∫J_t)ᵀ(∫J_v) · Δv; feature axes
are summed at the very end. It runs open_clip's own forward with the block's input replaced by a hook, and shares no
code with the program.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

IMAGE_LAYERS: dict[str, Callable[[Any], list[Any]]] = {
    "VisionTransformer": lambda visual: [*visual.transformer.resblocks, visual.attn_pool],
    "ModifiedResNet": lambda visual: [visual.layer1, visual.layer2, visual.layer3, visual.layer4, visual.attnpool],
}
"""By the encoder's class: the modules whose inputs are its layers; the last is the attention that pools, if any."""


def _block_input(block: Any, run: Callable[[], Tensor]) -> Tensor:
    seen: list[Tensor] = []
    handle = block.register_forward_pre_hook(lambda _, args: seen.append(args[0].detach()))
    run()
    handle.remove()
    return seen[0][0]


def _integrated_jacobian(
    block: Any, run: Callable[[], Tensor], x: Tensor, r: Tensor, nodes: list[float], weights: list[float]
) -> Tensor:
    """Return ∫ J dα: (D, *features)."""
    total: Tensor | None = None
    for node, weight in zip(nodes, weights, strict=True):

        def embed(features: Tensor) -> Tensor:
            handle = block.register_forward_pre_hook(lambda _, args: (features[None], *args[1:]))
            try:
                return run()[0]
            finally:
                handle.remove()

        jacobian = torch.autograd.functional.jacobian(embed, r + node * (x - r))
        total = weight * jacobian if total is None else total + weight * jacobian
    assert total is not None
    return total


def interaction_matrix(
    network: Any,
    pixels: Tensor,
    ids: Tensor,
    layers: tuple[int, int],
    reference_ids: Tensor,
    rule: tuple[list[float], list[float]],
) -> NDArray[np.float64]:
    """Return the whole matrix, float64 (tokens up to [EOT], image tokens).

    Args:
        network: open_clip's CLIP.
        pixels: (3, H, W).
        ids, reference_ids: (context,).
        layers: image block (−1: the attention that pools), text block.
        rule: nodes and weights.
    """
    model = deepcopy(network).double()
    pixels = pixels.double()
    image_block = IMAGE_LAYERS[type(model.visual).__name__](model.visual)[layers[0]]
    text_block = model.transformer.resblocks[layers[1]]
    rows = int(ids.argmax()) + 1

    def image() -> Tensor:
        return model.encode_image(pixels[None])

    def text() -> Tensor:
        return model.encode_text(ids[None])

    x_v = _block_input(image_block, image)
    r_v = _block_input(image_block, lambda: model.encode_image(torch.zeros_like(pixels)[None]))
    x_t = _block_input(text_block, text)
    r_t = _block_input(text_block, lambda: model.encode_text(reference_ids[None]))
    # The caption's ids decide where the path is pooled; the features decide all else.
    j_v = _integrated_jacobian(image_block, image, x_v, r_v, *rule)
    j_t = _integrated_jacobian(text_block, text, x_t, r_t, *rule)[:, :rows]
    d_t, d_v = (x_t - r_t)[:rows], x_v - r_v
    if d_v.ndim == 3:  # a feature map, (width, rows, columns): its places are the tokens
        d_v, j_v = d_v.flatten(1).mT, j_v.flatten(2).mT
    full = torch.einsum("tf,dtf,dpg,pg->tfpg", d_t, j_t, j_v, d_v)
    norm = text()[0].norm() * image()[0].norm()
    return (full.sum((1, 3)) / norm).detach().numpy()
