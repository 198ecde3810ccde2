"""Models of transformers are explained as the oracle says, by the command and in the window."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from exclip_desktop import explain, load_model
from exclip_desktop.attribution.second_order.integral import make_gauss_legendre
from exclip_desktop.cli.main import main
from exclip_desktop.session.worker.requests import ModelChoice
from tests.conftest import CAPTION
from tests.e2e.window_desk import PATIENCE_MS, close_window, open_window, settle
from tests.unit.attribution.oracle import interaction_matrix
from tests.unit.models.test_transformers_folder import CLIP_PIXELS, SIGLIP_PIXELS, clip, save, siglip
from tests.unit.models.text_models import sentencepiece

STEPS = {"quadrature": "gauss-legendre", "steps": 3}


@pytest.fixture(params=["CLIP", "SigLIP"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder of transformers with its tokenizer."""
    if request.param == "CLIP":
        return save(clip(), tmp_path / "model", CLIP_PIXELS)
    path = save(siglip(), tmp_path / "model", SIGLIP_PIXELS)
    sentencepiece().save_pretrained(path)
    return path


def compute_expected(model: Any, picture: NDArray[np.uint8], layers: tuple[int, int]) -> NDArray[np.float64]:
    """Return the oracle's matrix, of the tokens that the model reads."""
    tokens = model.reader.read(CAPTION).tokens
    ids = [token.id for token in tokens]
    words = [token.kind == "content" for token in tokens]
    reference = [model.reader.fill_id if word else number for number, word in zip(ids, words, strict=True)]
    rule = make_gauss_legendre(3)
    rest = [0] * (model.reader.context - len(ids))
    return interaction_matrix(
        model.network,
        model.pixels(picture),
        torch.tensor(ids + rest),
        layers,
        torch.tensor(reference + rest),
        (rule.nodes.tolist(), rule.weights.tolist()),
        rows=len(ids),
    )


@pytest.mark.parametrize("layers", [(0, 0), (1, 1)])
def test_the_matrix_is_the_oracles(folder: Path, layers: tuple[int, int], picture: NDArray[np.uint8]) -> None:
    model = load_model(folder, device="cpu")
    expected = compute_expected(model, picture, layers)
    actual = explain(model, picture, CAPTION, image_layer=layers[0], text_layer=layers[1], **STEPS).matrix
    assert actual.shape == expected.shape
    assert np.linalg.norm(actual - expected) < 1e-5 * np.linalg.norm(expected)


def test_the_command_and_the_window_have_the_same_numbers(
    folder: Path, known_place: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "--sample", "1", "--model", str(folder), "--device", "cpu", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    opened = open_window(qtbot, known_place)
    try:
        opened.session.explain_controller.choose_model(ModelChoice(str(folder), device="cpu"))
        qtbot.waitUntil(lambda: opened.state.facts.name == str(folder), timeout=PATIENCE_MS)
        settle(qtbot, opened.state)
        shown = opened.state.explanation
    finally:
        close_window(opened)
    assert shown is not None
    assert shown.score == pytest.approx(printed["score"], abs=1e-6)
