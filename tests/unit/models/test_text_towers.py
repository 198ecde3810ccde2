"""Every text family that open_clip builds, loaded from files and compared with an oracle."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from open_clip.model import _build_text_tower

from exclip_desktop.attribution.second_order import explain as second_order
from exclip_desktop.attribution.second_order.integral import make_gauss_legendre
from exclip_desktop.attribution.second_order.path import text_path
from exclip_desktop.attribution.second_order.profile_estimate import estimate_profile
from exclip_desktop.core.errors import Cancelled, ModelError, Remedy, SettingsError
from exclip_desktop.core.progress import CancelToken, ignore_progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import score_captions
from exclip_desktop.models.towers.build import text_tower
from exclip_desktop.session.worker.answer_cache import ExplanationCache
from exclip_desktop.session.worker.engine import ModelEngine
from exclip_desktop.session.worker.requests import ExplainRequest, ModelChoice, ScoreRequest
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pictures import Picture as Pictured
from tests.unit.attribution.oracle import interaction_matrix
from tests.unit.attribution.traces import in_float64, traces
from tests.unit.models.text_models import CONTEXT, FAMILIES, save_family

CAPTION = "a red balloon and a dog"
CUT = {"worldwide"}
CLOSED = {"SigLIP", "SigLIP 2", "CLIPA", "worldwide", "MobileCLIP", "pooled at the first", "CoCa"}
CLOSED |= {"causal, pooled at the last"}
CLIPS_OWN = {
    "MobileCLIP",
    "MobileCLIP, normalised queries",
    "pooled at the first",
    "causal, pooled at the last",
    "CoCa",
}
FIXED = {"image_layer": 0, "quadrature": "gauss-legendre", "steps": 2}

Picture = NDArray[np.uint8]
Made = Callable[[str], Model]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a function that saves and loads a family's model, once each."""
    known: dict[str, Model] = {}

    def make(family: str) -> Model:
        if family not in known:
            folder = save_family(tmp_path_factory.mktemp("family") / "model", family)
            known[family] = load_model(str(folder), device="cpu")
        return known[family]

    return make


def _padded(model: Model, caption: Caption) -> torch.Tensor:
    """Return the caption's ids as open_clip pads them."""
    ids = list(caption.ids)
    return torch.tensor(ids + [model.reader.fill_id] * (model.reader.context - len(ids)))


def _reference(model: Model, caption: Caption) -> torch.Tensor:
    filled = (
        replace(token, id=model.reader.fill_id if token.kind == "content" else token.id) for token in caption.tokens
    )
    return _padded(model, replace(caption, tokens=tuple(filled)))


def _expected(model: Model, picture: Picture, text: str, layer: int) -> NDArray[Any]:
    rule, caption = make_gauss_legendre(2), model.reader.read(text)
    return interaction_matrix(
        model.network,
        model.pixels(picture),
        _padded(model, caption),
        (0, layer),
        _reference(model, caption),
        (rule.nodes.tolist(), rule.weights.tolist()),
        rows=len(caption.tokens),
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_the_head_of_the_features_is_open_clips_embedding(made: Made, family: str) -> None:
    model = in_float64(made(family))
    caption = model.reader.read(CAPTION)
    ids = model.ids(caption.ids)
    expected = model.network.encode_text(_padded(model, caption)[None], normalize=False)
    for layer in range(model.text.layers):
        cut = model.text.cut(layer, ids)
        features = cut.features(ids)
        assert len(features) == len(caption.tokens)
        torch.testing.assert_close(cut.head(features[None]), expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_oracle(made: Made, picture: Picture, family: str, layer: int) -> None:
    model = in_float64(made(family))
    result = second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_layer=layer, **FIXED))
    expected = _expected(model, picture, CAPTION, layer)
    assert result.matrix.shape == expected.shape
    assert np.linalg.norm(result.matrix - expected) <= 1e-6 * np.linalg.norm(expected)
    assert (result.text_side.way == "closed form") == (layer == 2 and family in CLOSED)


@pytest.mark.parametrize("layer", [0, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_all_rows_are_present_and_add_up_to_the_score(made: Made, picture: Picture, family: str, layer: int) -> None:
    model = made(family)
    result = second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_layer=layer))
    kinds = [token.kind for token in result.tokens]
    assert (len(result.caption.ids) == CONTEXT) == ("padding" in kinds) == (family not in CUT)
    assert kinds.count("class") == (family == "CoCa")
    assert result.residual <= 1e-3
    assert result.ledger.total == pytest.approx(result.score, abs=1e-5)
    assert abs(result.ledger.residual) <= 2e-3
    caption = _padded(model, result.caption)[None]
    embeddings = model.network.encode_text(caption), model.network.encode_image(model.pixels(picture)[None])
    assert result.score == pytest.approx(float(torch.cosine_similarity(*embeddings)), abs=1e-5)
    specials = [row for row, kind in enumerate(kinds) if kind != "content"]
    patches = result.matrix[specials, result.interactions.prefix :].sum(dtype=np.float64)
    assert result.ledger.specials_patches == pytest.approx(patches, abs=1e-7)


@pytest.mark.parametrize("family", ["CoCa", "RoBERTa", "mT5", "NLLB"])
@pytest.mark.parametrize("layer", [0, 2])
def test_masked_tokens_add_nothing(made: Made, picture: Picture, family: str, layer: int) -> None:
    model = made(family)
    caption = model.reader.read(CAPTION)
    hidden = model.text.cut(layer, model.ids(caption.ids)).hidden
    padding = [row for row, token in enumerate(caption.tokens) if token.kind == "padding"]
    assert list(hidden) == (padding[1:] if family == "CoCa" else padding)  # CoCa's mask is shifted by one token
    result = second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_layer=layer))
    assert not result.matrix[padding[1:]].any()
    assert family != "CoCa" or layer == 0 or result.matrix[[padding[0], -1]].any(axis=1).all()


@pytest.mark.parametrize("layer", [0, 2])
def test_padding_that_is_read_has_a_share(made: Made, picture: Picture, layer: int) -> None:
    result = second_order.explain_pair(made("SigLIP"), picture, CAPTION, ExplainSettings(text_layer=layer))
    padding = [row for row, token in enumerate(result.tokens) if token.kind == "padding"]
    assert result.matrix[padding].any(axis=1).tolist() == [layer > 0] * len(padding)


@pytest.mark.parametrize("text", ["a ! dog", "! ! a dog", "a dog ! !"])
def test_a_word_with_the_id_of_padding_is_hidden_as_open_clip_hides_it(made: Made, picture: Picture, text: str) -> None:
    """The references of these captions differ only by the mask, and are cached separately."""
    model = in_float64(made("CoCa"))
    model.references.clear()
    for caption in ("a cat dog", "a b c dog", text):
        result = second_order.explain_pair(model, picture, caption, ExplainSettings(text_layer=1, **FIXED))
        expected = _expected(model, picture, caption, 1)
        assert np.linalg.norm(result.matrix - expected) <= 1e-6 * np.linalg.norm(expected)


def test_a_caption_is_pooled_where_open_clip_finds_the_end(made: Made, picture: Picture) -> None:
    """A typed end token is the first one; the text after it has no effect in a causal model, and has one in others."""
    typed = "a red </s> dog"
    model = made("worldwide")
    result = second_order.explain_pair(model, picture, typed, ExplainSettings(text_layer=1))
    end = [token.text for token in result.tokens].index("</s>")
    assert result.tokens[end].kind == "content"
    assert result.matrix[end].any()
    assert not result.matrix[end + 1 :].any()
    expected = model.network.encode_text(_padded(model, result.caption)[None])
    torch.testing.assert_close(text_path(model, result.caption, 1, "matched").embedding[None], expected)
    mobile = made("MobileCLIP")
    read = mobile.reader.read("a dog <end_of_text> a cat")
    assert len(read.words) == 5
    expected = mobile.network.encode_text(_padded(mobile, read)[None])
    torch.testing.assert_close(text_path(mobile, read, 1, "matched").embedding[None], expected)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_published_reference_needs_clips_own_tokens(made: Made, picture: Picture, family: str) -> None:
    model = made(family)
    if family not in CLIPS_OWN:
        with pytest.raises(SettingsError, match="CLIP's own tokenizer") as caught:
            second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_reference="published"))
        assert caught.value.remedy is Remedy.CHOOSE_TEXT_REFERENCE
        return
    caption = model.reader.read(CAPTION)
    start, end = caption.ids[0], next(token.id for token in caption.tokens if token.kind == "end")
    values = text_path(model, caption, 1, "published").ledger_reference
    ids = torch.tensor([start, 0, end] + [0] * (CONTEXT - 3))
    torch.testing.assert_close(values, model.network.encode_text(ids[None], normalize=False)[0])
    result = second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_reference="published"))
    assert result.ledger.total == pytest.approx(result.score, abs=1e-5)


@pytest.mark.parametrize("family", ["SigLIP", "CoCa", "RoBERTa", "mT5", "NLLB"])
def test_nothing_is_left_behind(made: Made, picture: Picture, family: str) -> None:
    model = made(family)
    before = traces(model)
    second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_layer=0))
    assert traces(model) == before
    cancel = CancelToken()

    def stop(_: object) -> None:
        cancel.cancel()

    with pytest.raises(Cancelled):
        second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_layer=0), progress=stop, cancel=cancel)
    assert traces(model) == before

    def fail(_: object) -> None:
        raise RuntimeError("told wrongly")

    with pytest.raises(RuntimeError, match="told wrongly"):
        second_order.explain_pair(model, picture, CAPTION, ExplainSettings(text_layer=0), progress=fail)
    assert traces(model) == before


def test_a_folder_may_be_moved(made: Made, tmp_path: Path) -> None:
    """The fingerprint depends on what decides the numbers, not on the folder."""
    folder = save_family(tmp_path / "one", "RoBERTa")
    first = load_model(str(folder), device="cpu").fingerprint
    moved = folder.rename(tmp_path / "two")
    assert load_model(str(moved), device="cpu").fingerprint == first
    config = moved / "config.json"
    config.write_text(
        config.read_text("utf-8").replace('"type_vocab_size": 1', '"type_vocab_size": 1, "hidden_act": "relu"')
    )
    assert load_model(str(moved), device="cpu").fingerprint != first


@pytest.mark.parametrize("family", ["SigLIP", "CoCa", "RoBERTa"])
def test_the_window_and_its_cache_take_them(tmp_path: Path, picture: Picture, family: str) -> None:
    folder = save_family(tmp_path / "model", family)
    engine, answers = ModelEngine(FactorCache(None), ExplanationCache()), []
    choice, opened = ModelChoice(str(folder), device="cpu"), Pictured(picture)
    assert engine.load(choice, ignore_progress).context == CONTEXT
    for caption in (CAPTION, "a red dog", CAPTION):
        actual = engine.explain(
            ExplainRequest(1, choice, ExplainSettings(), opened, caption), ignore_progress, CancelToken()
        )
        assert actual.explanation.ledger.total == pytest.approx(actual.explanation.score, abs=1e-5)
        answers.append(actual)
    assert [actual.cached for actual in answers] == [False, False, True]
    scored = engine.score(ScoreRequest(1, choice, opened, (CAPTION, "a red dog")), ignore_progress, CancelToken())
    scores = [actual.explanation.score for actual in answers[:2]]
    assert [entry.score for entry in scored.alternatives] == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize("family", ["SigLIP", "CoCa", "RoBERTa"])
def test_the_cost_of_a_profile_is_estimated(made: Made, picture: Picture, family: str) -> None:
    model = made(family)
    method = second_order.resolve_settings(model, ExplainSettings(quadrature="gauss-legendre", steps=1))
    values = estimate_profile(
        model, picture, model.reader.read(CAPTION), method, "text", known=(), picture_known=True, cancel=CancelToken()
    )
    assert [layer for layer, seconds in values.seconds if seconds > 0] == [0, 1, 2]


@pytest.mark.parametrize("family", ["MobileCLIP", "SigLIP", "RoBERTa"])
def test_a_tokenizer_of_another_model_is_reported(made: Made, picture: Picture, family: str) -> None:
    model = made(family)
    wrong = replace(model, text=text_tower(model.network))
    wrong.text.vocabulary = 5
    with pytest.raises(ModelError, match="has only 5 ids") as caught:
        second_order.explain_pair(wrong, picture, CAPTION)
    assert caught.value.hint
    with pytest.raises(ModelError, match="has only 5 ids"):
        score_captions(wrong, picture, [CAPTION])


def test_every_text_transformer_that_open_clip_names_is_a_tower() -> None:
    padded = {True: 0, False: 0}
    # Its own, without those that other tests register.
    for name in (path.stem for path in (Path(open_clip.__file__).parent / "model_configs").glob("*.json")):
        config = open_clip.get_model_config(name)
        if "hf_model_name" not in config["text_cfg"]:
            with torch.device("meta"):
                text = _build_text_tower(config["embed_dim"], {**config["text_cfg"], "layers": 1})
            tower = text_tower(SimpleNamespace(text=text))
            padded[tower.padded] += 1
            assert tower.class_token == name.startswith("coca")
            is_clips = not config["text_cfg"].get("no_causal_mask") and not tower.class_token
            assert tower.padded != is_clips
    assert min(padded.values()) > 10
