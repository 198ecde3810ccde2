"""A lower precision before the layers: derivatives stay exact, and the change of the score is reported."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop import explain
from exclip_desktop.attribution.second_order.explain import caption_factor, resolve_settings
from exclip_desktop.attribution.second_order.path import image_path, text_path
from exclip_desktop.cli.main import main
from exclip_desktop.core.cache_keys import cache_key
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.progress import CancelToken, ignore_progress
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.session.worker.answer_cache import ExplanationCache
from exclip_desktop.session.worker.engine import ModelEngine
from exclip_desktop.session.worker.requests import ExplainRequest, ModelChoice
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.exports.number_files import matrix_to_values
from exclip_desktop.storage.pictures import Picture
from tests.conftest import CAPTION

LOWER = ("bfloat16", "float16")
Pixels = NDArray[np.uint8]


@pytest.mark.parametrize("precision", LOWER)
@pytest.mark.parametrize("layer", [1, 2])
def test_the_ledger_is_exact_and_reports_how_far_the_score_moved(
    tiny: Model, picture: Pixels, precision: str, layer: int
) -> None:
    full = explain(tiny, picture, CAPTION, image_layer=layer, text_layer=layer)
    lower = explain(tiny, picture, CAPTION, image_layer=layer, text_layer=layer, precision=precision)
    assert lower.residual <= 1e-3
    assert lower.ledger.total == pytest.approx(lower.score, abs=1e-5)
    assert lower.float32_score == pytest.approx(full.score, abs=1e-6)
    assert 0 < abs(lower.score - full.score) < 0.02
    assert (full.settings.precision, lower.settings.precision) == ("float32", precision)
    values = [note for note in lower.notes if precision in note]
    assert len(values) == 1
    for score in (lower.score, full.score):
        assert f"{score:+.5f}".replace("-", "−") in values[0]
    assert (full.float32_score, full.notes) == (None, ())
    assert matrix_to_values(lower)["float32_score"] == lower.float32_score
    assert matrix_to_values(lower)["settings"]["precision"] == precision


@pytest.mark.parametrize("precision", LOWER)
def test_positions_are_interpolated_in_lower_precisions_too(tiny: Model, picture: Pixels, precision: str) -> None:
    wide = np.ascontiguousarray(picture[: picture.shape[0] // 2])
    full = explain(tiny, wide, CAPTION, image_layer=1, framing="whole")
    lower = explain(tiny, wide, CAPTION, image_layer=1, framing="whole", precision=precision)
    assert lower.geometry.grid == full.geometry.grid != (4, 4)
    assert 0 < abs(lower.score - full.score) < 0.02


def test_only_features_are_of_lower_precision(tiny: Model, picture: Pixels) -> None:
    pixels, read = tiny.pixels(picture), tiny.reader.read(CAPTION)
    paths = [image_path(tiny, pixels, 1, kind) for kind in ("float32", "bfloat16")]
    paths += [text_path(tiny, read, 1, "matched", kind) for kind in ("float32", "bfloat16")]
    for full, lower in (paths[:2], paths[2:]):
        assert lower.features.dtype == lower.reference.dtype == lower.embedding.dtype == torch.float32
        assert 0 < float((lower.features - full.features).norm() / full.features.norm()) < 0.02
        torch.testing.assert_close(lower.embedding, lower.head(lower.features[None])[0])
        torch.testing.assert_close(lower.full, full.embedding)
        assert full.full is None
    assert not torch.is_autocast_enabled("cpu")


def test_references_of_both_precisions_are_separate(make_tiny: Callable[..., Model], picture: Pixels) -> None:
    model = make_tiny(vision={"width": 48})
    before = explain(model, picture, CAPTION, image_layer=1).matrix
    explain(model, picture, CAPTION, image_layer=1, precision="bfloat16")
    assert np.array_equal(explain(model, picture, CAPTION, image_layer=1).matrix, before)


def test_the_cache_separates_both_precisions_and_holds_the_float32_score(tiny: Model, picture: Pixels) -> None:
    cache, pairs = FactorCache(None), ExplanationCache()
    engine = ModelEngine(cache, pairs)
    engine._loaded = (ModelChoice(), tiny, "")

    def ask(precision: str) -> ExplainRequest:
        explain_settings = ExplainSettings(image_layer=2, text_layer=1, precision=precision)
        return ExplainRequest(1, ModelChoice(), explain_settings, printed, CAPTION)

    printed = Picture(picture)
    full, lower = (engine.explain(ask(kind), ignore_progress, CancelToken()) for kind in ("float32", "bfloat16"))
    assert (full.cached, lower.cached) == (False, False)
    pairs.clear()
    again = engine.explain(ask("bfloat16"), ignore_progress, CancelToken())
    assert again.cached
    assert again.explanation.float32_score == lower.explanation.float32_score != lower.explanation.score
    assert again.explanation.float32_score == pytest.approx(full.explanation.score, abs=1e-6)


def test_a_factor_on_disk_holds_the_float32_score(tiny: Model, tmp_path: object) -> None:
    read, key = tiny.reader.read(CAPTION), cache_key(what="test")
    for precision in ("float32", "bfloat16"):
        made = caption_factor(tiny, read, resolve_settings(tiny, ExplainSettings(precision=precision)))
        FactorCache(tmp_path).put(key, made)  # type: ignore[arg-type]
        saved = FactorCache(tmp_path).get(key)  # type: ignore[arg-type]
        assert saved is not None
        for name, value in asdict(made.ends).items():
            np.testing.assert_equal(getattr(saved.ends, name), value)
        assert saved.nbytes == made.nbytes


def test_other_precisions_are_refused(tiny: Model, picture: Pixels, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SettingsError, match='no precision "int8"'):
        explain(tiny, picture, CAPTION, precision="int8")
    assert main(["explain", "--sample", "1", "--precision", "int8"]) == 2
    assert "--precision" in capsys.readouterr().err
