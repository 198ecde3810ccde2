"""The matrix of two pictures, two captions, or one of each: against the oracle, its ledger, its order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order import two_inputs
from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.attribution.second_order.integral import make_gauss_legendre
from exclip_desktop.attribution.second_order.two_inputs import explain_two_inputs
from exclip_desktop.core.errors import Cancelled, CaptionError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.explanation import Factor
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.core.values.two_inputs import PictureSide, TwoInputExplanation
from exclip_desktop.models.model import Model
from tests.conftest import CAPTION
from tests.unit.attribution.oracle import image_terms, multiply_terms, text_terms
from tests.unit.attribution.traces import in_float64, traces
from tests.unit.models import timm_models

Pixels = NDArray[np.uint8]
Make = Callable[..., Model]
OTHER = "a green hat, on a shelf"
RESNET = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}
FAMILIES: dict[str, tuple[dict[str, Any], tuple[int | str, ...]]] = {
    "class token": ({}, (0, 2)),
    "ResNet": ({"vision": RESNET}, (3, "pool")),
    "attentional pooler": (
        {"vision": {"attentional_pool": True, "attn_pooler_queries": 5, "attn_pooler_heads": 3}},
        (1, "pool"),
    ),
    "siglip": (timm_models.changes("siglip"), (1, "pool")),
}
FLOAT32_STEP = {"rtol": 1.2e-7, "atol": 1e-9}


@pytest.fixture(scope="module", autouse=True)
def _small_trunks() -> None:
    timm_models.register()


@pytest.fixture
def other(picture: Pixels) -> Pixels:
    """Another picture, of another size."""
    return np.ascontiguousarray(255 - picture[4:, ::-1])


def _ids(model: Model, caption: str, *, matched: bool = False) -> torch.Tensor:
    read = [token.id for token in model.reader.read(caption).tokens]
    read = [read[0], *[0] * (len(read) - 2), read[-1]] if matched else read
    return torch.tensor(read + [0] * (model.reader.context - len(read)))


RULE = make_gauss_legendre(2)
NODES = RULE.nodes.tolist(), RULE.weights.tolist()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("at", [0, 1])
def test_two_pictures_equal_the_oracle(make_tiny: Make, picture: Pixels, other: Pixels, family: str, at: int) -> None:
    changes, layers = FAMILIES[family]
    model, layer = in_float64(make_tiny(**changes)), layers[at]
    number = -1 if layer == "pool" else int(layer)
    terms = [image_terms(model.network, model.pixels(pixels), number, NODES) for pixels in (picture, other)]
    result = explain_two_inputs(
        model, picture, other, ExplainSettings(image_layer=layer, quadrature="gauss-legendre", steps=2)
    )
    np.testing.assert_allclose(result.matrix, multiply_terms(*terms), **FLOAT32_STEP)
    assert (result.first.report.way == "closed form") == (layer == "pool" or (family == "class token" and layer == 2))


@pytest.mark.parametrize("layer", [0, 2])
def test_two_captions_equal_the_oracle(make_tiny: Make, layer: int) -> None:
    model = in_float64(make_tiny())
    terms = [
        text_terms(model.network, _ids(model, text), layer, _ids(model, text, matched=True), NODES)
        for text in (CAPTION, OTHER)
    ]
    result = explain_two_inputs(
        model, CAPTION, OTHER, ExplainSettings(text_layer=layer, quadrature="gauss-legendre", steps=2)
    )
    np.testing.assert_allclose(result.matrix, multiply_terms(*terms), **FLOAT32_STEP)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_adaptive_rule_is_complete_and_the_ledger_adds_up(
    make_tiny: Make, picture: Pixels, other: Pixels, family: str
) -> None:
    changes, layers = FAMILIES[family]
    model = make_tiny(**changes)
    for layer in layers:
        settings = ExplainSettings(image_layer=layer, text_layer=1)
        for first, second in ((picture, other), (CAPTION, OTHER)):
            result = explain_two_inputs(model, first, second, settings)
            assert result.residual <= 1e-3
            assert result.ledger.total == pytest.approx(result.score, abs=1e-6)
            assert abs(result.ledger.residual) <= 2e-3 * max(1, np.abs(result.matrix).sum())
            assert result.matrix.shape == (len(result.rows), len(result.columns))


def test_the_published_reference_of_captions_leaves_a_gap(tiny: Model) -> None:
    result = explain_two_inputs(tiny, CAPTION, OTHER, ExplainSettings(text_reference="published"))
    assert "gap to the published reference" in dict(result.ledger.lines())
    assert result.ledger.total == pytest.approx(result.score, abs=1e-6)


@pytest.mark.parametrize("kinds", ["pictures", "captions", "picture and caption"])
def test_the_other_order_gives_exactly_the_transpose(tiny: Model, picture: Pixels, other: Pixels, kinds: str) -> None:
    first, second = {
        "pictures": (picture, other),
        "captions": (CAPTION, OTHER),
        "picture and caption": (picture, CAPTION),
    }[kinds]
    one, back = explain_two_inputs(tiny, first, second), explain_two_inputs(tiny, second, first)
    assert np.array_equal(one.matrix, back.matrix.T)
    assert (one.score, one.ledger) == (back.score, back.ledger.swapped)
    assert (one.rows, one.columns) == (back.columns, back.rows)


@pytest.mark.parametrize("single", [True, False])
def test_an_input_with_itself_is_symmetric_and_scores_1(tiny: Model, picture: Pixels, single: bool) -> None:
    for one in (picture, CAPTION):
        again = one if single else one.copy() if isinstance(one, np.ndarray) else f" {one}"
        result = explain_two_inputs(tiny, one, again)
        assert np.array_equal(result.matrix, result.matrix.T)
        assert result.score == pytest.approx(1, abs=1e-9)
        assert np.linalg.eigvalsh(result.matrix.astype(np.float64)).min() > -1e-5  # V Vᵀ has no negative ones


def test_a_picture_and_a_caption_have_the_numbers_of_their_explanation(tiny: Model, picture: Pixels) -> None:
    pair = explain_pair(tiny, picture, CAPTION)
    result = explain_two_inputs(tiny, CAPTION, picture)
    assert np.array_equal(result.matrix, pair.matrix)
    assert result.ledger.lines() == pair.ledger.lines()
    assert (result.score, result.rows, result.columns) == (pair.score, pair.rows, pair.columns)
    rows, box = (2, 3), (5.0, 5.0, 30.0, 22.0)
    np.testing.assert_array_equal(result.heat("second", Selection(rows)), pair.interactions.patch_heat(rows))
    np.testing.assert_allclose(result.heat("first", result.second.select(box)), pair.token_heat(box), rtol=1e-12)
    np.testing.assert_allclose(result.heat("second", Selection()), pair.patch_heat(), rtol=1e-6)
    hovered = result.heat("first", Selection(), Preview(patch=(1, 2)))
    np.testing.assert_array_equal(hovered, pair.interactions.heat_of_patch((1, 2)))


def test_sums_of_selected_parts_agree_from_both_sides(tiny: Model, picture: Pixels, other: Pixels) -> None:
    result = explain_two_inputs(tiny, picture, other)
    first, second = Selection(regions=(Region((3, 3, 30, 31)),)), Selection(regions=(Region((0, 0, 20, 20)),))
    block = result.block_sum(first, second)
    for which, own, opposite in (("first", first, second), ("second", second, first)):
        side = result.side(which)  # type: ignore[arg-type]
        assert isinstance(side, PictureSide)
        heat = result.heat(which, opposite)  # type: ignore[arg-type]
        assert heat.shape == side.geometry.grid
        assert (heat.reshape(-1) @ side.weights(own)[side.prefix :]) == pytest.approx(block, rel=1e-9)
    whole = result.block_sum(Selection(), Selection())
    assert whole == pytest.approx(result.ledger.blocks[0], abs=1e-9)  # prefix tokens are never selected
    assert result.share_of_all(block) == pytest.approx(block / result.matrix.sum(dtype=np.float64))


class Store:
    """A store that counts."""

    def __init__(self) -> None:
        self.factors: dict[str, Factor] = {}
        self.explanations: dict[str, Any] = {}

    def get(self, key: str) -> Factor | None:
        return self.factors.get(key)

    def put(self, key: str, factor: Factor) -> None:
        assert key not in self.factors
        self.factors[key] = factor

    def get_explanation(self, key: str, caption: object) -> Any:
        return self.explanations.get(key)

    def put_explanation(self, key: str, explanation: Any) -> None:
        self.explanations[key] = explanation


def test_factors_are_computed_once(
    tiny: Model, picture: Pixels, other: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, computed = Store(), []
    for name in ("picture_factor", "caption_factor"):
        original = getattr(two_inputs, name)
        monkeypatch.setattr(two_inputs, name, lambda *a, _o=original, _n=name: (computed.append(_n), _o(*a))[1])
    plain = explain_two_inputs(tiny, picture, other)
    computed.clear()
    stored = explain_two_inputs(tiny, picture, other, store=store)
    assert np.array_equal(stored.matrix, plain.matrix)
    again = explain_two_inputs(tiny, other, picture, store=store)
    assert np.array_equal(again.matrix, plain.matrix.T)
    assert computed == ["picture_factor"] * 2
    explain_two_inputs(tiny, CAPTION, CAPTION)
    assert computed[2:] == ["caption_factor"]


def test_progress_names_the_input_and_cancelling_leaves_nothing(tiny: Model, picture: Pixels, other: Pixels) -> None:
    reports: list[Report] = []
    explain_two_inputs(tiny, picture, other, progress=reports.append)
    assert {report.what for report in reports} == {"first picture", "second picture"}
    before, token = traces(tiny), CancelToken()

    def cancel(report: Report) -> None:
        if report.what == "second picture":
            token.cancel()

    with pytest.raises(Cancelled):
        explain_two_inputs(tiny, picture, other, ExplainSettings(image_layer=0), progress=cancel, cancel=token)
    assert traces(tiny) == before


def test_small_and_wrong_inputs(tiny: Model) -> None:
    dot = np.zeros((1, 1, 3), np.uint8)
    result = explain_two_inputs(tiny, dot, dot)
    assert isinstance(result, TwoInputExplanation)
    assert result.ledger.total == pytest.approx(result.score, abs=1e-6)
    with pytest.raises(CaptionError):
        explain_two_inputs(tiny, CAPTION, " ")
