"""The engine on a small random model: what it remembers, and what it says when weights, memory or device fail."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file

from exclip_desktop.attribution.second_order import stored_explain
from exclip_desktop.core.cache_keys import pixels_sha256
from exclip_desktop.core.errors import Cancelled, DeviceError, MemoryShortage, ModelError, UserError
from exclip_desktop.core.progress import CancelToken, ignore_progress
from exclip_desktop.core.values.layer_profile import profile_row
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.core.values.settings import DEFAULT_SETTINGS, DEFAULT_TOLERANCE, ExplainSettings, Side
from exclip_desktop.models.model import Model
from exclip_desktop.session.worker import engine as engines
from exclip_desktop.session.worker.answer_cache import ExplanationCache
from exclip_desktop.session.worker.engine import ModelEngine
from exclip_desktop.session.worker.requests import (
    ExplainAnswer,
    ExplainRequest,
    FramingsRequest,
    ListPairRequest,
    ModelChoice,
    OcclusionRequest,
    ProfileRequest,
    ScoreRequest,
)
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import Picture
from tests.conftest import CAPTION, save_random_model, tiny_config

NO_CUDA = DeviceError('This computer cannot use the device "cuda".', 'Give "cpu", "cuda" or "mps".')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_model(tmp_path_factory.mktemp("engine"), tiny_config())


@pytest.fixture
def engine() -> ModelEngine:
    return ModelEngine(FactorCache(None), ExplanationCache())


@pytest.fixture
def request_of(folder: Path, picture: NDArray[np.uint8]) -> Callable[..., ExplainRequest]:
    opened = Picture(picture)

    def make(
        caption: str = CAPTION, explain_settings: ExplainSettings = DEFAULT_SETTINGS, choice: str = str(folder)
    ) -> ExplainRequest:
        return ExplainRequest(1, ModelChoice(choice, device="cpu"), explain_settings, opened, caption)

    return make


def test_facts_say_which_sides_pool(engine: ModelEngine, folder: Path, tmp_path: Path) -> None:
    pooling = {"attentional_pool": True, "attn_pooler_queries": 2, "attn_pooler_heads": 2}
    made = save_random_model(tmp_path / "pooling", tiny_config(vision=pooling))
    facts = [engine.load(ModelChoice(str(path), device="cpu"), ignore_progress) for path in (folder, made)]
    assert [(found.image_layers, found.image_pools, found.text_pools) for found in facts] == [
        (3, False, False),
        (3, True, False),
    ]


def _explain(engine: ModelEngine, request: ExplainRequest) -> ExplainAnswer:
    return engine.explain(request, ignore_progress, CancelToken())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a dog", "A  dog"),
        ("a red balloon and " * 6 + "a dog", "a red balloon and " * 6 + "a cat"),  # alike as far as it is read
    ],
)
def test_captions_read_alike_keep_their_own_text(
    engine: ModelEngine, request_of: Callable[..., ExplainRequest], one: str, other: str
) -> None:
    first, second = (_explain(engine, request_of(caption)) for caption in (one, other))
    assert not first.cached
    assert second.cached
    assert (first.explanation.caption.text, second.explanation.caption.text) == (one, other)
    assert np.array_equal(first.explanation.matrix, second.explanation.matrix)


@pytest.mark.parametrize(("image_layer", "text_layer"), [(2, 0), (0, 2)])
def test_another_tolerance_does_not_take_the_cached_factors(
    engine: ModelEngine, request_of: Callable[..., ExplainRequest], image_layer: int, text_layer: int
) -> None:
    coarse = ExplainSettings(image_layer, text_layer, tolerance=0.5)
    first = _explain(engine, request_of(explain_settings=coarse))
    again = _explain(engine, request_of(explain_settings=coarse))
    default = _explain(engine, request_of(explain_settings=replace(coarse, tolerance=None)))
    assert (first.cached, again.cached, default.cached) == (False, True, False)
    assert _explain(engine, request_of(explain_settings=replace(coarse, tolerance=DEFAULT_TOLERANCE))).cached
    assert first.explanation.settings.tolerance == 0.5
    nodes = [(found.explanation.image_side.nodes, found.explanation.text_side.nodes) for found in (first, default)]
    assert nodes[0] < nodes[1]
    assert default.explanation.residual <= DEFAULT_TOLERANCE


def forbid_computing(patched: pytest.MonkeyPatch) -> None:
    for name in ("caption_factor", "picture_factor", "explain_words", "explain_factors"):
        patched.setattr(stored_explain, name, None)


def test_a_stored_answer_is_found_without_the_network(
    request_of: Callable[..., ExplainRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ModelEngine(FactorCache(tmp_path), ExplanationCache())
    first = _explain(before, request_of())
    engine, other = ModelEngine(FactorCache(tmp_path), ExplanationCache()), request_of("a cat")
    assert engine.find(request_of()) is None  # no model is loaded
    _explain(engine, other)
    forbid_computing(monkeypatch)
    monkeypatch.setattr(torch.nn.Module, "__call__", None)
    found = engine.find(request_of())
    assert found is not None
    assert found.cached
    assert found.explanation.matrix.tobytes() == first.explanation.matrix.tobytes()
    assert found.explanation.settings == first.explanation.settings
    assert engine.find(request_of("a hydrant")) is None
    assert engine.find(request_of(explain_settings=ExplainSettings(image_layer=0))) is None
    assert engine.find(replace(request_of(), choice=ModelChoice("demo"))) is None


@pytest.mark.parametrize("image_layer", [0, 2])  # of layer 0 the pair alone is computed, and no factor of the picture
def test_a_pair_of_a_list_is_on_disk_and_opens_bit_for_bit_after_a_restart(
    request_of: Callable[..., ExplainRequest],
    picture: NDArray[np.uint8],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    image_layer: int,
) -> None:
    path, cache = tmp_path / "a.png", tmp_path / "cache"
    Image.fromarray(picture).save(path)
    request = request_of(explain_settings=ExplainSettings(image_layer=image_layer))
    before = ModelEngine(FactorCache(cache), ExplanationCache())
    listed = ListPairRequest(1, request.choice, request.explain_settings, path, CAPTION.upper(), ())
    figures = before.explain_list_pair(listed, ignore_progress, CancelToken()).figures
    first = _explain(before, request).explanation
    forbid_computing(monkeypatch)
    answer = _explain(ModelEngine(FactorCache(cache), ExplanationCache()), request)
    assert answer.cached
    assert answer.explanation.matrix.tobytes() == first.matrix.tobytes()
    assert answer.explanation.caption.text == CAPTION
    for name in ("ledger", "score", "settings", "geometry", "image_side", "text_side", "float32_score"):
        assert getattr(answer.explanation, name) == getattr(first, name)
    assert answer.explanation.score == figures.score


def test_a_pair_is_remembered_until_all_is_cleared(
    request_of: Callable[..., ExplainRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, pairs = FactorCache(None), ExplanationCache()
    engine = ModelEngine(cache, pairs)
    first = _explain(engine, request_of())
    assert pairs.size() == first.explanation.matrix.nbytes
    with monkeypatch.context() as patched:
        forbid_computing(patched)
        assert _explain(engine, request_of()).cached
    pairs.clear()
    cache.clear()
    assert pairs.size() == 0
    assert not _explain(engine, request_of()).cached


def test_the_answer_cache_is_bounded_by_bytes(engine: ModelEngine, request_of: Callable[..., ExplainRequest]) -> None:
    found = _explain(engine, request_of()).explanation
    pairs = ExplanationCache(2 * found.matrix.nbytes)
    for name in "abc":
        pairs.put((name, ""), found)
        pairs.get(("a", ""))  # asked for again and again
    assert [pairs.get((name, "")) is found for name in "abc"] == [True, False, True]
    assert pairs.size() == 2 * found.matrix.nbytes


@pytest.mark.parametrize("side", ["image", "text"])
def test_a_profile_keeps_what_it_computes(
    engine: ModelEngine, request_of: Callable[..., ExplainRequest], monkeypatch: pytest.MonkeyPatch, side: Side
) -> None:
    asked = request_of()
    request = ProfileRequest(1, asked.choice, asked.explain_settings, asked.picture, asked.caption, side)
    assert engine.estimate_profile(request, ignore_progress, CancelToken()).total_s > 0
    first = list(engine.profile(request, ignore_progress, CancelToken()))
    assert [row.layer for row in first] == [2, 1, 0]
    with monkeypatch.context() as patched:
        forbid_computing(patched)
        assert list(engine.profile(request, ignore_progress, CancelToken())) == first
        assert engine.estimate_profile(request, ignore_progress, CancelToken()).total_s == 0
        explain_settings = ExplainSettings(image_layer=1) if side == "image" else ExplainSettings(text_layer=1)
        chosen = _explain(engine, request_of(explain_settings=explain_settings))  # as by a click on its row
    assert chosen.cached
    assert profile_row(chosen.explanation, side) == first[1]


def test_a_profile_goes_on_after_the_rows_that_are_done(
    engine: ModelEngine, request_of: Callable[..., ExplainRequest]
) -> None:
    asked, told, token = request_of(), list[str](), CancelToken()
    request = ProfileRequest(1, asked.choice, asked.explain_settings, asked.picture, asked.caption, "image")
    rows = engine.profile(request, ignore_progress, token)
    next(rows)
    token.cancel()
    with pytest.raises(Cancelled):
        next(rows)
    whole = list(engine.profile(request, lambda report: told.append(report.what), CancelToken()))
    assert len(whole) == 3
    assert not any(what.endswith("layer 2") for what in told)


@pytest.mark.parametrize("weight", ["visual.proj", "text_projection", "visual.transformer.resblocks.2.mlp.c_fc.weight"])
@pytest.mark.parametrize("quadrature", ["adaptive", "gauss-legendre"])
def test_weights_that_are_no_numbers_are_reported(
    engine: ModelEngine,
    folder: Path,
    tmp_path: Path,
    request_of: Callable[..., ExplainRequest],
    weight: str,
    quadrature: str,
) -> None:
    broken = save_random_model(tmp_path / "broken", tiny_config())
    path = broken / "open_clip_model.safetensors"
    weights = load_file(folder / path.name)
    weights[weight][0, 0] = float("nan")
    save_file(weights, path)
    request = request_of(explain_settings=ExplainSettings(quadrature=quadrature), choice=str(broken))
    for act in (engine.explain, engine.complete_picture):
        if act == engine.complete_picture and weight == "text_projection":
            continue  # the picture's side has no part in it
        with pytest.raises(UserError, match="not numbers") as caught:
            act(request, ignore_progress, CancelToken())
        assert caught.value.hint


@pytest.mark.parametrize("error", [torch.OutOfMemoryError(), MemoryError(), RuntimeError("can't allocate memory")])
@pytest.mark.parametrize("act", ["facts", "explain", "complete", "score"])
def test_too_little_memory_is_reported(
    engine: ModelEngine,
    request_of: Callable[..., ExplainRequest],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    act: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    for module, name in (
        *((stored_explain, name) for name in ("caption_factor", "picture_factor")),
        (engines, "load_model" if act == "facts" else "score_captions"),
    ):
        monkeypatch.setattr(module, name, fails)
    asked = request_of()
    scores = ScoreRequest(1, asked.choice, asked.picture, ("a dog",))
    acts: dict[str, Callable[[], object]] = {
        "facts": lambda: engine.load(asked.choice, ignore_progress),
        "explain": lambda: _explain(engine, asked),
        "complete": lambda: engine.complete_picture(asked, ignore_progress, CancelToken()),
        "score": lambda: engine.score(scores, ignore_progress, CancelToken()),
    }
    with pytest.raises(MemoryShortage, match="not enough memory"):
        acts[act]()


@pytest.mark.parametrize(
    ("error", "why"),
    [(NO_CUDA, "cannot use the device"), (torch.OutOfMemoryError(), "too little memory for this model")],
)
def test_a_device_that_cannot_be_used_is_replaced_with_a_note(
    engine: ModelEngine, folder: Path, monkeypatch: pytest.MonkeyPatch, tiny: Model, error: Exception, why: str
) -> None:
    tried: list[str | None] = []

    def load(*_: object, device: str | None, **__: object) -> Model:
        tried.append(device)
        if device == "cuda":
            raise error
        return tiny

    monkeypatch.setattr(engines, "load_model", load)
    facts = engine.load(ModelChoice(str(folder), device="cuda"), ignore_progress)
    assert why in facts.note
    assert facts.note.endswith("The model runs on the CPU.")
    assert tried == ["cuda", None if error is NO_CUDA else "cpu"]


def test_other_errors_of_loading_are_not_hidden(engine: ModelEngine, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="open_clip_config"):
        engine.load(ModelChoice(str(tmp_path), device="cuda"), ignore_progress)


def test_a_picture_is_named_by_shape_and_pixels(picture: NDArray[np.uint8]) -> None:
    named = pixels_sha256(picture)
    assert named == hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).hexdigest()
    turned = picture.transpose(1, 0, 2)
    assert pixels_sha256(turned) == pixels_sha256(turned.copy()) != named


def test_scores_are_ranked(engine: ModelEngine, request_of: Callable[..., ExplainRequest]) -> None:
    asked = request_of()
    scores = ScoreRequest(7, asked.choice, asked.picture, ("a dog", "a cat", "a house"))
    found = engine.score(scores, ignore_progress, CancelToken())
    best_first = sorted(found.alternatives, key=lambda entry: -entry.score)
    assert [entry.rank for entry in best_first] == [1, 2, 3]
    assert found.id == 7
    assert tuple(entry.caption for entry in found.alternatives) == scores.captions


def test_every_framing_is_scored_as_it_would_be_explained(
    engine: ModelEngine, request_of: Callable[..., ExplainRequest]
) -> None:
    asked = request_of()
    found = engine.score_framings(
        FramingsRequest(3, asked.choice, asked.picture, CAPTION), ignore_progress, CancelToken()
    )
    scores = dict(found.scores)
    assert (found.id, list(scores)) == (3, ["model", "crop", "squash", "pad", "whole"])
    for framing in ("pad", "whole"):
        explained = _explain(
            engine, request_of(explain_settings=ExplainSettings(framing=framing, quadrature="gauss-legendre", steps=2))
        )
        assert scores[framing] == pytest.approx(explained.explanation.score, abs=1e-6)
    narrow = Picture(np.zeros((4000, 1, 3), np.uint8))
    few = engine.score_framings(FramingsRequest(4, asked.choice, narrow, CAPTION), ignore_progress, CancelToken())
    assert 0 < len(few.scores) < 5  # too narrow for some


def test_a_selection_is_measured(engine: ModelEngine, request_of: Callable[..., ExplainRequest]) -> None:
    asked = request_of(explain_settings=ExplainSettings(quadrature="gauss-legendre", steps=2))
    explanation = _explain(engine, asked).explanation
    selection = Selection((2, 3), (Region((16.0, 8.0, 32.0, 24.0)),))
    request = OcclusionRequest(5, asked.choice, asked.picture, explanation, selection, "blur")
    found = engine.score_occlusion(request, ignore_progress, CancelToken())
    assert found.id == 5
    assert found.measured.fill == "blur"
    assert found.measured.both == pytest.approx(explanation.score, abs=1e-6)
