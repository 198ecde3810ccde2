"""The interaction matrix against the oracle, its ledger, its zero rows, and its clean-up."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from open_clip.model import resize_pos_embed

from exclip_desktop.attribution.second_order import closed_form, jacobian
from exclip_desktop.attribution.second_order import explain as second_order
from exclip_desktop.attribution.second_order.integral import Rule, make_gauss_legendre, make_riemann_right
from exclip_desktop.attribution.second_order.path import exact_derivatives
from exclip_desktop.core.errors import Cancelled, ModelError, Remedy, SettingsError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import score_captions
from exclip_desktop.models.towers.build import image_tower, text_tower
from tests.conftest import CAPTION, tiny_config
from tests.unit.attribution.oracle import interaction_matrix
from tests.unit.attribution.traces import in_float64, traces

Picture = NDArray[np.uint8]
TOWERS: dict[str, dict[str, Any]] = {
    "class token": {},
    "average": {"vision": {"pool_type": "avg"}},
    "average, norm after": {"vision": {"pool_type": "avg", "final_ln_after_pool": True}},
    "layer scale, QuickGELU": {"vision": {"ls_init_value": 0.4}, "text": {"ls_init_value": 0.6}, "quick_gelu": True},
    "normalised queries": {"vision": {"qk_norm": True}, "text": {"qk_norm": True}},
}
POOLING_TOWERS: dict[str, dict[str, Any]] = {
    "attentional pooler": {"vision": {"attentional_pool": True, "attn_pooler_queries": 5, "attn_pooler_heads": 3}},
    "ResNet": {"vision": {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}},
}
RULES = {"riemann-right": (make_riemann_right, 4), "gauss-legendre": (make_gauss_legendre, 3)}


# The matrix is given in float32, so half a unit in its last place is the most that can be asked of an entry.
FLOAT32_STEP = {"rtol": 1.2e-7, "atol": 1e-9}


def _ids(model: Model, kind: str | None) -> torch.Tensor:
    """Return the caption's ids, or its reference's, padded to the context as open_clip pads them."""
    read = [token.id for token in model.reader.read(CAPTION).tokens]
    if kind == "matched":
        read = [read[0], *[0] * (len(read) - 2), read[-1]]
    if kind == "published":
        read = [read[0], 0, read[-1]]
    return torch.tensor(read + [0] * (model.reader.context - len(read)))


def _expected(
    model: Model, picture: Picture, layers: tuple[int, int], rule: Rule, kind: str = "matched"
) -> NDArray[Any]:
    return interaction_matrix(
        model.network,
        model.pixels(picture),
        _ids(model, None),
        layers,
        _ids(model, kind),
        (rule.nodes.tolist(), rule.weights.tolist()),
    )


def _relative(actual: NDArray[Any], expected: NDArray[Any]) -> float:
    return float(np.linalg.norm(actual - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize("tower", TOWERS)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_equals_the_oracle_at_every_layer(
    make_tiny: Callable[..., Model], picture: Picture, tower: str, layer: int
) -> None:
    model = make_tiny(**TOWERS[tower])
    expected = _expected(model, picture, (layer, layer), make_gauss_legendre(3))
    result = second_order.explain_pair(
        model,
        picture,
        CAPTION,
        ExplainSettings(image_layer=layer, text_layer=layer, quadrature="gauss-legendre", steps=3),
    )
    assert result.matrix.shape == expected.shape
    assert _relative(result.matrix, expected) < 1e-5


@pytest.mark.parametrize("tower", POOLING_TOWERS)
@pytest.mark.parametrize("layer", [0, 1, "last", "pool"])
def test_equals_the_oracle_where_attention_pools(
    make_tiny: Callable[..., Model], picture: Picture, tower: str, layer: int | str
) -> None:
    model = in_float64(make_tiny(**POOLING_TOWERS[tower]))
    numbered = {"last": model.image.layers - 1, "pool": -1}.get(layer, layer)
    expected = _expected(model, picture, (numbered, 1), make_gauss_legendre(3))
    result = second_order.explain_pair(
        model,
        picture,
        CAPTION,
        ExplainSettings(
            image_layer=-1 if layer == "last" else layer, text_layer=1, quadrature="gauss-legendre", steps=3
        ),
    )
    np.testing.assert_allclose(result.matrix, expected, **FLOAT32_STEP)
    assert result.settings.image_layer == ("pool" if layer == "pool" else numbered)
    assert (result.image_side.way == "closed form") == (layer == "pool")
    assert result.grid.shape[1:] == result.geometry.grid


@pytest.mark.parametrize("tower", TOWERS)
def test_towers_follow_their_network_when_it_is_moved(make_tiny: Callable[..., Model], tower: str) -> None:
    single = make_tiny(**TOWERS[tower])
    network = deepcopy(single.network)
    image, text = image_tower(network.visual), text_tower(network)
    network.double()
    pixels, ids = torch.zeros(3, 32, 32, dtype=torch.float64), _ids(single, "matched")[:5]
    for cut, argument in ((image.cut(0), pixels), (text.cut(0, ids), ids)):
        assert cut.head(cut.features(argument)[None]).dtype == torch.float64


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_equals_the_oracle_to_float64_precision(make_tiny: Callable[..., Model], picture: Picture, layer: int) -> None:
    model = in_float64(make_tiny(**TOWERS["layer scale, QuickGELU"]))
    expected = _expected(model, picture, (layer, layer), make_riemann_right(2))
    result = second_order.explain_pair(
        model,
        picture,
        CAPTION,
        ExplainSettings(image_layer=layer, text_layer=layer, quadrature="riemann-right", steps=2),
    )
    np.testing.assert_allclose(result.matrix, expected, **FLOAT32_STEP)


@pytest.mark.parametrize("reference", ["matched", "published"])
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("layers", [(2, 0), (0, 2), (1, 1)])
def test_equals_the_oracle_for_every_rule_and_reference(
    tiny: Model, picture: Picture, reference: str, name: str, layers: tuple[int, int]
) -> None:
    make, steps = RULES[name]
    expected = _expected(tiny, picture, layers, make(steps), reference)
    result = second_order.explain_pair(
        tiny,
        picture,
        CAPTION,
        ExplainSettings(
            image_layer=layers[0], text_layer=layers[1], quadrature=name, steps=steps, text_reference=reference
        ),
    )
    assert _relative(result.matrix, expected) < 1e-5


@pytest.mark.parametrize("layer", [0, 2])
@pytest.mark.parametrize("reference", ["matched", "published"])
def test_adaptive_rule_is_complete_and_the_ledger_adds_up(
    make_tiny: Callable[..., Model], picture: Picture, layer: int, reference: str
) -> None:
    model = make_tiny(**TOWERS["average"])
    result = second_order.explain_pair(
        model, picture, CAPTION, ExplainSettings(image_layer=layer, text_layer=layer, text_reference=reference)
    )
    pixels = model.pixels(picture)[None]
    score = torch.cosine_similarity(
        model.network.encode_image(pixels), model.network.encode_text(_ids(model, None)[None])
    )
    assert result.image_side.converged
    assert result.text_side.converged
    assert result.residual <= 1e-3
    assert result.score == pytest.approx(float(score), abs=1e-6)
    assert result.ledger.total == pytest.approx(float(score), abs=1e-5)
    assert abs(result.ledger.residual) <= 2e-3
    assert (result.ledger.gap != 0) == (reference == "published")


def test_the_published_reference_is_pooled_at_its_own_end_token(tiny: Model, picture: Picture) -> None:
    result = second_order.explain_pair(tiny, picture, CAPTION, ExplainSettings(text_reference="published"))
    network, pixels = tiny.network, tiny.pixels(picture)[None]
    e_v, r_v = network.encode_image(pixels)[0], network.encode_image(torch.zeros_like(pixels))[0]
    e_t, r_t = (network.encode_text(_ids(tiny, kind)[None])[0] for kind in (None, "published"))
    expected = (r_t @ e_v + e_t @ r_v - r_t @ r_v) / (e_t.norm() * e_v.norm())
    assert result.ledger.reference == pytest.approx(float(expected), abs=1e-5)


def test_rows_that_must_be_zero_are_zero(tiny: Model, picture: Picture) -> None:
    result = second_order.explain_pair(tiny, picture, "!% " + CAPTION, ExplainSettings(image_layer=0, text_layer=0))
    kinds = [token.kind for token in result.tokens]
    assert result.tokens[1].id == tiny.reader.fill_id
    for row in (0, 1, kinds.index("end")):
        assert not result.matrix[row].any()
    assert not result.matrix[:, 0].any()
    assert result.matrix[2].any()  # the % is not the fill
    later = second_order.explain_pair(tiny, picture, CAPTION, ExplainSettings(text_layer=2))
    assert not later.matrix[0].any()


@pytest.mark.parametrize("layer", [0, 1])
def test_pair_and_factors_agree(make_tiny: Callable[..., Model], picture: Picture, layer: int) -> None:
    model = make_tiny(**TOWERS["average"])
    args = {"image_layer": layer, "text_layer": 1, "quadrature": "gauss-legendre", "steps": 5}
    pair = second_order.explain_pair(model, picture, CAPTION, ExplainSettings(**args))
    method = second_order.resolve_settings(model, ExplainSettings(**args))
    read = model.reader.read(CAPTION)
    assert second_order.is_pair_cheaper(model, (48, 40), read, method)
    words = second_order.caption_factor(model, read, method)
    image = second_order.picture_factor(model, picture, method)
    whole = second_order.explain_factors(model, (48, 40), read, words, image, method)
    assert (pair.image_side.way, whole.image_side.way) == ("pair", "forward mode")
    assert _relative(pair.matrix, whole.matrix) < 1e-5
    assert whole.ledger.total == pytest.approx(pair.score, abs=1e-6)
    assert (whole.geometry, whole.settings, whole.caption) == (pair.geometry, pair.settings, pair.caption)


def test_closed_form_equals_both_modes(tiny: Model, picture: Picture) -> None:
    path = second_order.image_path(tiny, tiny.pixels(picture), 2)
    assert path.query is not None
    nodes = torch.tensor([0.2, 0.9])
    closed = closed_form.directional_derivatives(path.query, path.at(nodes), path.delta)
    everything = torch.arange(len(path.features))
    for points in (path.at(nodes), path.at(nodes)[:1]):
        forward = jacobian.run_all(jacobian.forward_mode(path, everything), points, CancelToken(), lambda _: None)
        reverse = jacobian.run_all(jacobian.reverse_mode(path, torch.eye(24)), points, CancelToken(), lambda _: None)
        torch.testing.assert_close(forward, closed[: len(points)], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(reverse.mT, closed[: len(points)], rtol=1e-4, atol=1e-5)


def test_values_that_are_no_numbers_are_refused(make_tiny: Callable[..., Model], picture: Picture) -> None:
    model = deepcopy(make_tiny())
    with torch.no_grad():
        model.network.visual.proj[0, 0] = torch.nan
    for quadrature in ("adaptive", "gauss-legendre"):
        with pytest.raises(ModelError, match="not numbers"):
            second_order.explain_pair(model, picture, CAPTION, ExplainSettings(quadrature=quadrature))


@pytest.mark.parametrize("layer", [0, -1])
def test_a_picture_equal_to_its_reference_has_a_zero_matrix(make_tiny: Callable[..., Model], layer: int) -> None:
    model = make_tiny(preprocess={"mean": [0.0, 0.0, 0.0]})
    black = np.zeros((32, 32, 3), np.uint8)
    pair = second_order.explain_pair(model, black, CAPTION, ExplainSettings(image_layer=layer, text_layer=layer))
    assert not pair.matrix.any()
    assert pair.ledger.total == pytest.approx(pair.score, abs=1e-5)
    method = second_order.resolve_settings(model, ExplainSettings(image_layer=layer))
    assert not second_order.picture_factor(model, black, method).rows.any()


def test_no_hook_flag_or_graph_remains(make_tiny: Callable[..., Model], picture: Picture) -> None:
    model = make_tiny(**TOWERS["average"])
    before = traces(model)
    assert before[0]
    assert not before[5]
    second_order.explain_pair(model, picture, CAPTION, ExplainSettings(image_layer=0, text_layer=0))
    assert traces(model) == before

    cancel = CancelToken()
    with pytest.raises(Cancelled):
        second_order.explain_pair(
            model,
            picture,
            CAPTION,
            ExplainSettings(image_layer=0, text_layer=0),
            progress=lambda _: cancel.cancel(),
            cancel=cancel,
        )
    assert traces(model) == before

    def broken(report: Report) -> None:
        raise RuntimeError("told wrongly")

    with pytest.raises(RuntimeError, match="told wrongly"):
        second_order.explain_pair(
            model, picture, CAPTION, ExplainSettings(image_layer=0, text_layer=0), progress=broken
        )
    assert traces(model) == before
    with pytest.raises(ZeroDivisionError), exact_derivatives():
        1 / 0  # noqa: B018  the error is the point
    assert traces(model) == before


@pytest.mark.parametrize("layers", [(2, 2), (0, 0)])
def test_progress_reaches_its_total_for_both_sides(tiny: Model, picture: Picture, layers: tuple[int, int]) -> None:
    reports: list[Report] = []
    second_order.explain_pair(
        tiny, picture, CAPTION, ExplainSettings(image_layer=layers[0], text_layer=layers[1]), progress=reports.append
    )
    for side in ("caption", "picture"):
        mine = [report for report in reports if report.what == side]
        assert [report.done for report in mine] == sorted(report.done for report in mine)
        assert mine[-1].done == mine[-1].total > 0


def test_reference_features_are_computed_once(tiny: Model, picture: Picture) -> None:
    second_order.explain_pair(tiny, picture, CAPTION, ExplainSettings(image_layer=1, text_layer=1))
    stored = dict(tiny.references)
    second_order.explain_pair(tiny, picture[::-1].copy(), CAPTION, ExplainSettings(image_layer=1, text_layer=1))
    assert tiny.references.keys() == stored.keys()
    assert all(tiny.references[key] is value for key, value in stored.items())


def test_too_few_steps_return_an_unconverged_result(make_tiny: Callable[..., Model], picture: Picture) -> None:
    model = make_tiny(**TOWERS["average"])
    result = second_order.explain_pair(model, picture, CAPTION, ExplainSettings(image_layer=0, text_layer=0, steps=9))
    assert not result.image_side.converged
    assert result.image_side.nodes == 9
    assert result.image_side.row_error is not None
    assert result.image_side.row_error > 1e-3


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"image_layer": 3}, Remedy.CHOOSE_LAYER),
        ({"text_layer": -4}, Remedy.CHOOSE_LAYER),
        ({"image_layer": "pool"}, Remedy.CHOOSE_LAYER),
        ({"quadrature": "simpson"}, Remedy.CHOOSE_QUADRATURE),
        ({"steps": 5}, Remedy.CHOOSE_STEPS),
        ({"steps": 0, "quadrature": "gauss-legendre"}, Remedy.CHOOSE_STEPS),
        ({"text_reference": "mask"}, Remedy.CHOOSE_TEXT_REFERENCE),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    tiny: Model, picture: Picture, wrong: dict[str, Any], remedy: Remedy
) -> None:
    with pytest.raises(SettingsError) as caught:
        second_order.explain_pair(tiny, picture, CAPTION, ExplainSettings(**wrong))
    assert caught.value.remedy is remedy
    assert next(iter(wrong)) in caught.value.hint


def test_settings_are_resolved(tiny: Model, picture: Picture) -> None:
    settings = second_order.explain_pair(tiny, picture, CAPTION, ExplainSettings(image_layer=-2)).settings
    assert (settings.image_layer, settings.text_layer) == (1, 2)
    assert settings.steps == 129
    assert len(settings.weights_sha256) == 64
    assert settings.versions["torch"] == torch.__version__


def test_a_whole_picture_is_explained_as_by_a_model_of_that_size(
    make_tiny: Callable[..., Model], picture: Picture
) -> None:
    """open_clip's own resizing of position embeddings, to a model built for the other input, is what to equal."""
    wide, model = picture[:24].copy(), in_float64(make_tiny(**TOWERS["average"]))
    config = tiny_config(**TOWERS["average"])["model_cfg"]
    config["vision_cfg"]["image_size"] = [24, 48]
    other = open_clip.CLIP(**config).double().eval()
    state = model.network.state_dict()
    resize_pos_embed(state, other)
    other.load_state_dict(state)
    expected = interaction_matrix(
        other,
        model.pixels(wide, "whole"),
        _ids(model, None),
        (1, 1),
        _ids(model, "matched"),
        tuple(part.tolist() for part in (make_gauss_legendre(3).nodes, make_gauss_legendre(3).weights)),
    )
    method = {"image_layer": 1, "text_layer": 1, "quadrature": "gauss-legendre", "steps": 3}
    result = second_order.explain_pair(model, wide, CAPTION, ExplainSettings(framing="whole", **method))
    assert (result.geometry.grid, result.settings.framing) == ((3, 6), "whole")
    np.testing.assert_allclose(result.matrix, expected, **FLOAT32_STEP)
    assert result.score == pytest.approx(score_captions(model, wide, [CAPTION], "whole").cosine[0], rel=1e-9)
    assert result.score != pytest.approx(score_captions(model, wide, [CAPTION]).cosine[0], rel=1e-3)
