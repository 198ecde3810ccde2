"""What every other method costs for one pair: ViT-B-32, random weights, CPU.

Gradient methods are held against one forward of both sides and one backward through the blocks that they need, plain
open_clip; the others against plain encoding of the pair.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional

from exclip_desktop import map_by, matrix_by
from exclip_desktop.attribution.formulas.surrogates import split_budget
from exclip_desktop.models.model import Model
from tests.benchmarks.conftest import Paired
from tests.real_sizes import CAPTION, random_model, some_picture

MASKS = 160
SAMPLES = 100


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """ViT-B-32 with random weights."""
    return random_model("ViT-B-32", tmp_path_factory.mktemp("b32"))


def _text(model: Model) -> torch.Tensor:
    ids = [token.id for token in model.reader.read(CAPTION).tokens]
    return torch.tensor([ids + [0] * (model.reader.context - len(ids))])


def plain_encode(model: Model) -> Callable[[], object]:
    """Return plain encoding of the pair."""
    text, picture = _text(model), some_picture()

    @torch.no_grad()
    def encode() -> object:
        return model.network.encode_image(model.pixels(picture)[None]), model.network.encode_text(text)

    return encode


def forward_and_backward(model: Model, side: str, blocks: int) -> Callable[[], object]:
    """Return one forward of both sides, and one backward through the last ``blocks`` of one, by open_clip's modules."""
    text, picture, network = _text(model), some_picture(), model.network
    visual = network.visual
    mask = network.attn_mask if side == "text" else None
    layers = list((network if side == "text" else visual).transformer.resblocks)

    def run() -> object:
        with torch.no_grad():
            if side == "image":
                other, x = network.encode_text(text), visual._embeds(model.pixels(picture)[None])
            else:
                other = network.encode_image(model.pixels(picture)[None])
                x = network.token_embedding(text) + network.positional_embedding
            for block in layers[: len(layers) - blocks]:
                x = block(x, attn_mask=mask)
        x = start = x.requires_grad_()
        for block in layers[len(layers) - blocks :]:
            x = block(x, attn_mask=mask)
        if side == "image":
            found = visual.ln_post(x[:, 0]) @ visual.proj
        else:
            found = network.ln_final(x)[0, text[0].argmax()][None] @ network.text_projection
        return torch.autograd.grad(functional.cosine_similarity(found, other)[0], start)

    return run


@pytest.mark.parametrize(
    ("key", "side", "blocks"),
    [
        ("grad-eclip", "image", 1),
        ("grad-eclip", "text", 8),
        ("grad-cam", "image", 1),
        ("grad-cam", "text", 1),
        ("game", "image", 12),
        ("game", "text", 12),
    ],
)
def test_gradient_methods(paired: Paired, model: Model, key: str, side: Any, blocks: int) -> None:
    work = lambda: map_by(model, some_picture(), CAPTION, key, side)  # noqa: E731  named by its benchmark
    name = f"{key}, {side}: to a forward and a backward of {blocks} blocks"
    paired(name, forward_and_backward(model, side, blocks), work, rounds=7, ratio=2.0)


@pytest.mark.parametrize(
    ("key", "options", "passes"),
    [
        ("raw-attention", {}, 1),
        ("rollout", {}, 1),
        ("maskclip", {}, 1),
        ("clip-surgery", {}, 1),  # its labels are encoded once a model
        ("m2ib", {}, 100),  # ten steps of ten samples, of the last two blocks
        ("rise", {"masks": MASKS}, MASKS),
    ],
)
def test_other_maps(paired: Paired, model: Model, key: str, options: dict[str, Any], passes: int) -> None:
    work = lambda: map_by(model, some_picture(), CAPTION, key, **options)  # noqa: E731
    paired(f"{key} {options or ''}", plain_encode(model), work, rounds=3, ratio=2.0 * passes)


@pytest.mark.parametrize(
    ("key", "options", "passes"),
    [
        ("itsm", {}, 1),
        ("interaction-cam", {}, 12),
        ("interaction-lime", {"samples": SAMPLES}, SAMPLES),
        ("fixlip", {}, sum(split_budget(9, 49, 2**15))),
        ("outer-product", {}, 4),
        ("random-weights", {}, 60),  # nearly all of it draws 151 million weights
    ],
)
def test_matrices(paired: Paired, model: Model, key: str, options: dict[str, Any], passes: int) -> None:
    work = lambda: matrix_by(model, some_picture(), CAPTION, key, **options)  # noqa: E731
    paired(f"{key} {options or ''}", plain_encode(model), work, rounds=1 if passes > 50 else 3, ratio=2.0 * passes)
