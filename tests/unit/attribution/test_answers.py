"""What panes show: matrices and maps under one shape, and the engine that remembers their parts."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.attribution import answer as answers
from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.progress import CancelToken, ignore_progress
from exclip_desktop.core.text.wording import target_words
from exclip_desktop.core.values.answers import MapAnswer, Maps
from exclip_desktop.session.worker.answer_cache import AnswerPartCache, ExplanationCache
from exclip_desktop.session.worker.engine import ModelEngine
from exclip_desktop.session.worker.requests import ModelChoice, PaneRequest
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import Picture
from tests.conftest import CAPTION, save_random_model, tiny_config
from tests.ui.conftest import caption_of

Ask = Callable[..., object]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_model(tmp_path_factory.mktemp("answers"), tiny_config())


@pytest.fixture
def parts() -> AnswerPartCache:
    return AnswerPartCache()


@pytest.fixture
def answer_for(folder: Path, picture: NDArray[np.uint8], parts: AnswerPartCache) -> Ask:
    """Return a function that asks an engine for a method's answer."""
    engine, opened = ModelEngine(FactorCache(None), ExplanationCache(), parts), Picture(picture)

    def answer(method: str, target: str = CAPTION) -> object:
        request = PaneRequest(1, ModelChoice(str(folder), device="cpu"), "model", opened, CAPTION, method, target)
        return engine.answer_pane(request, ignore_progress, CancelToken()).answer

    return answer


def test_a_matrix_answers_every_selection(answer_for: Ask) -> None:
    result = answer_for("itsm", "")  # a pane names no words for a matrix
    heats = result.interactions
    assert isinstance(heats, InteractionMatrix)
    assert heats.patch_heat((1,)).shape == result.geometry.grid
    row, column = 1, 2
    coverage = np.zeros(result.geometry.grid)
    coverage[row, column] = 1.0
    np.testing.assert_allclose(heats.heat_of_patch((row, column)), heats.token_heat(coverage))
    assert heats.values_words


def test_maps_do_not_depend_on_the_selection(answer_for: Ask) -> None:
    result = answer_for("grad-cam", "dog")
    assert isinstance(result, MapAnswer)
    maps = result.interactions
    assert result.target == "dog"
    assert np.array_equal(maps.patch_heat((1,)), maps.patch_heat())
    assert np.array_equal(maps.token_heat(np.zeros(result.geometry.grid)), maps.heat_of_patch((0, 0)))
    assert maps.values_words


def test_provenance_has_everything_that_decides_an_answer(answer_for: Ask) -> None:
    maps, matrix, pictures = (
        answer_for("grad-cam", "dog").provenance(),
        answer_for("fixlip").provenance(),
        answer_for("maskclip"),
    )
    assert (maps["method"], maps["target"], maps["framing"]) == ("grad-cam", "dog", "model")
    assert maps["options"] == {"layer": 2, "signed": False} == maps["caption_options"]
    assert (matrix["method"], matrix["options"]) == ("fixlip", {"share": 0.5, "pairs": 2**15, "seed": 0})
    assert maps["weights_sha256"] == matrix["weights_sha256"]
    assert maps["geometry"] == matrix["geometry"]
    assert maps["target_score"] == answer_for("grad-cam", "dog").score != answer_for("grad-cam").score
    assert "caption_options" not in pictures.provenance()
    json.dumps([maps, matrix, pictures.provenance()])


def test_words_are_zero_without_a_map_of_the_caption() -> None:
    maps = Maps(np.ones((2, 2)), None, np.array([False, True, False]))
    assert not maps.values_words
    assert maps.token_heat().tolist() == [0.0, 0.0, 0.0]


def test_parts_are_remembered_and_another_target_recomputes_only_the_picture(
    answer_for: Ask, parts: AnswerPartCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer_for("grad-cam")
    assert parts.size() == first.interactions.patches.nbytes + first.interactions.tokens.nbytes
    monkeypatch.setattr(answers, "compute_map", None)  # of the caption
    assert not np.array_equal(answer_for("grad-cam", "dog").interactions.patches, first.interactions.patches)
    matrix = answer_for("itsm").interactions.values
    monkeypatch.setattr(answers, "answer_by", None)
    assert np.array_equal(answer_for("grad-cam").interactions.patches, first.interactions.patches)
    assert answer_for("itsm").interactions.values is matrix


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "a red balloon and a hydrant"),
        ((0, 8), "a red balloon and a hydrant"),  # specials are no words
        ((2, 3), "red balloon"),
        ((2, 6), "red hydrant"),
        ((7,), "hydrant"),  # a part stands for its word
    ],
)
def test_a_target_is_the_selected_words(rows: tuple[int, ...], message: str) -> None:
    assert target_words(caption_of(("a", "red", "balloon", "and", "a", "hydrant")), rows) == message
