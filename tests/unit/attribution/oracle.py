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
    "TimmModel": lambda visual: _trunk_layers(visual.trunk),
}
"""By the encoder's class: the modules whose inputs are its layers; the last is the attention that pools, if any."""

TEXT_PARTS: dict[str, Callable[[Any], tuple[Any, list[Any]]]] = {
    "CLIP": lambda text: (text.token_embedding, text.transformer.resblocks),
    "TextTransformer": lambda text: (text.token_embedding, text.transformer.resblocks),
    "BertModel": lambda text: (text.embeddings.word_embeddings, text.encoder.layer),
    "RobertaModel": lambda text: (text.embeddings.word_embeddings, text.encoder.layer),
    "XLMRobertaModel": lambda text: (text.embeddings.word_embeddings, text.encoder.layer),
    "MT5Stack": lambda text: (text.embed_tokens, text.block),
    "M2M100Encoder": lambda text: (text.embed_tokens, text.layers),
}
"""By the encoder's class: the module that embeds tokens, and those whose inputs are its layers."""


def _text_parts(model: Any) -> tuple[Any, list[Any]]:
    text = getattr(model, "text", model)
    encoder = text.transformer if type(text).__name__ == "HFTextEncoder" else text
    return TEXT_PARTS[type(encoder).__name__](encoder)


def _with_other_tokens(embedding: Any, ids: Tensor, run: Callable[[], Tensor]) -> Tensor:
    """Run with the embeddings of other ids, all else (positions, masks, where it is pooled) as the caption has it."""
    others = embedding(ids[None])
    handle = embedding.register_forward_hook(lambda *_: others)
    try:
        return run()
    finally:
        handle.remove()


def _trunk_layers(trunk: Any) -> list[Any]:
    if hasattr(trunk, "blocks"):
        return [*trunk.blocks, getattr(trunk, "attn_pool", None)]
    return [*(trunk.layers if type(trunk).__name__ == "SwinTransformer" else trunk.stages), None]


def _block_input(block: Any, run: Callable[[], Tensor]) -> Tensor:
    visible: list[Tensor] = []
    handle = block.register_forward_pre_hook(lambda _, args: visible.append(args[0].detach()))
    run()
    handle.remove()
    return visible[0][0]


def _integrated_jacobian(
    block: Any, run: Callable[[int], Tensor], x: Tensor, r: Tensor, nodes: list[float], weights: list[float]
) -> Tensor:
    """Return ∫ J dα: (D, *features)."""
    size = run(1).shape[1]
    return sum(  # type: ignore[return-value]  # never of nothing
        weight * _jacobian(block, lambda: run(size), r + node * (x - r), size)
        for node, weight in zip(nodes, weights, strict=True)
    )


def _jacobian(block: Any, run: Callable[[], Tensor], features: Tensor, size: int) -> Tensor:
    """Return J, (D, *features): copies run as one batch, and the d-th is asked for its own d-th output only."""
    copies = features.detach().expand(size, *features.shape).clone().requires_grad_()
    handle = block.register_forward_pre_hook(lambda _, args: (copies, *args[1:]))
    try:
        (rows,) = torch.autograd.grad(run().diagonal().sum(), copies)
    finally:
        handle.remove()
    return rows


Terms = tuple[Tensor, Tensor, Tensor]
"""Of one input: ∫ J dα, (D, tokens, features); X − R, (tokens, features); and its embedding, (D,)."""


def image_terms(network: Any, pixels: Tensor, layer: int, rule: tuple[list[float], list[float]]) -> Terms:
    """Return the terms of a picture, (3, H, W), at a layer (−1: the attention that pools)."""
    model, pixels = _in_float64(network), pixels.double()
    block = IMAGE_LAYERS[type(model.visual).__name__](model.visual)[layer]

    def image(copies: int = 1) -> Tensor:  # one picture, of which only the layer's input is copied: a stem is dear
        return model.encode_image(pixels[None], normalize=False)

    x = _block_input(block, image)
    r = _block_input(block, lambda: model.encode_image(torch.zeros_like(pixels)[None], normalize=False))
    jacobian, delta = _integrated_jacobian(block, image, x, r, *rule), x - r
    if (
        delta.ndim == 3
    ):  # a feature map, (width, rows, columns), Swin's (rows, columns, width): its places are the tokens
        if hasattr(model.visual, "trunk") and type(model.visual.trunk).__name__ == "SwinTransformer":
            delta, jacobian = delta.permute(2, 0, 1), jacobian.permute(0, 3, 1, 2)
        delta, jacobian = delta.flatten(1).mT, jacobian.flatten(2).mT
    return jacobian, delta, image()[0]


def text_terms(
    network: Any,
    ids: Tensor,
    layer: int,
    reference_ids: Tensor,
    rule: tuple[list[float], list[float]],
    rows: int | None = None,
) -> Terms:
    """Return the terms of a caption, whose ids, (context,), also decide where the path is pooled."""
    model = _in_float64(network)
    embedding, blocks = _text_parts(model)

    def text(copies: int = 1) -> Tensor:
        return model.encode_text(ids.expand(copies, -1), normalize=False)

    x = _block_input(blocks[layer], text)
    r = _block_input(blocks[layer], lambda: _with_other_tokens(embedding, reference_ids, text))
    rows = int(ids.argmax()) + 1 if rows is None else rows
    jacobian = _integrated_jacobian(blocks[layer], text, x, r, *rule)[:, :rows]
    return jacobian, (x - r)[:rows], text()[0]


def multiply_terms(first: Terms, second: Terms) -> NDArray[np.float64]:
    """Return the matrix of two inputs, (tokens, tokens): eq. 10, its feature axes summed at the very end."""
    (j_a, d_a, e_a), (j_b, d_b, e_b) = first, second
    full = torch.einsum("tf,dtf,dpg,pg->tfpg", d_a, j_a, j_b, d_b)
    return (full.sum((1, 3)) / (e_a.norm() * e_b.norm())).detach().numpy()


def _in_float64(network: Any) -> Any:
    return network if next(network.parameters()).dtype == torch.float64 else deepcopy(network).double()


def interaction_matrix(
    network: Any,
    pixels: Tensor,
    ids: Tensor,
    layers: tuple[int, int],
    reference_ids: Tensor,
    rule: tuple[list[float], list[float]],
    rows: int | None = None,
) -> NDArray[np.float64]:
    """Return the whole matrix, float64 (text tokens, image tokens), of which CLIP's end with [EOT].

    Args:
        network: open_clip's CLIP, CustomTextCLIP or CoCa.
        pixels: (3, H, W).
        ids, reference_ids: (context,).
        layers: image block (−1: the attention that pools), text block.
        rule: nodes and weights.
        rows: how many text tokens matter; None: those up to the largest id.
    """
    image = image_terms(network, pixels, layers[0], rule)
    return multiply_terms(text_terms(network, ids, layers[1], reference_ids, rule, rows), image)
