"""Real architectures with random weights, explained at default settings: ``pytest -m slow``."""

from pathlib import Path

import numpy as np
import pytest
import torch

from exclip_desktop import explain
from tests.real_sizes import CAPTION, random_model, some_picture


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["ViT-B-32", "ViT-B-16"])
def test_default_settings_are_complete(architecture: str, tmp_path: Path) -> None:
    model = random_model(architecture, tmp_path)
    result = explain(model, some_picture(), CAPTION)
    assert result.image_side.way == result.text_side.way == "closed form"
    assert result.image_side.converged
    assert result.text_side.converged
    assert result.residual <= 1e-3
    pixels = model.pixels(some_picture())[None]
    ids = torch.tensor([[*(token.id for token in result.tokens)] + [0] * (77 - len(result.tokens))])
    exact = torch.cosine_similarity(model.network.encode_image(pixels), model.network.encode_text(ids))
    assert result.ledger.total == pytest.approx(float(exact), abs=1e-5)


@pytest.mark.slow
def test_the_closed_form_equals_the_generic_computation_on_a_real_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_model("ViT-B-32", tmp_path)
    fixed = {"quadrature": "gauss-legendre", "steps": 4}
    closed = explain(model, some_picture(), CAPTION, **fixed)
    monkeypatch.setattr("exclip_desktop.models.towers.image_vit.find_block_query", lambda *_: None)
    monkeypatch.setattr("exclip_desktop.models.towers.text_clip.find_block_query", lambda *_: None)
    generic = explain(model, some_picture(), CAPTION, **fixed)
    assert (closed.image_side.way, generic.image_side.way) == ("closed form", "pair")
    assert np.linalg.norm(closed.matrix - generic.matrix) <= 1e-4 * np.linalg.norm(generic.matrix)
