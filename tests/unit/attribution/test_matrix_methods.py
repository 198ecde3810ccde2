"""Methods that give a matrix, on small models: against brute force, and what every one keeps to."""

import itertools
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from exclip_desktop import explain, load_model, map_by, matrix_by, measure, score
from exclip_desktop.attribution.formulas.interaction_cam import interaction_cam
from exclip_desktop.attribution.formulas.masked import encode_masked_captions, encode_masked_pictures
from exclip_desktop.attribution.formulas.surrogates import split_budget
from exclip_desktop.attribution.methods.fixlip import Fixlip
from exclip_desktop.attribution.methods.interaction_lime import InteractionLime
from exclip_desktop.core.errors import Cancelled, MethodError, SettingsError
from exclip_desktop.core.method_registry import OURS, method_keys
from exclip_desktop.core.progress import CancelToken, Report, ignore_progress
from exclip_desktop.models.model import Model
from tests.conftest import CAPTION, random_network, tiny_config
from tests.unit.attribution import first_order_oracle as oracle
from tests.unit.attribution.by_key import matrix_of
from tests.unit.attribution.traces import in_float64, traces

QUICK: dict[str, Any] = {"fixlip": Fixlip(pairs=900), "interaction-lime": InteractionLime(samples=60)}
RESNET = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}


OTHERS = tuple(key for key in method_keys("second") if key != OURS)


@pytest.mark.parametrize("key", OTHERS)
def test_every_method_returns_a_matrix(make_tiny: Callable[..., Model], picture: NDArray[np.uint8], key: str) -> None:
    model = make_tiny()
    result = matrix_of(model, picture[:24], CAPTION, key, QUICK.get(key), framing="whole")
    matrix, count = result.interactions, len(result.caption.tokens)
    assert matrix.values.shape == (count, 1 + 18)
    assert matrix.grid.shape == (count, 3, 6)
    if key != "random-weights":
        assert not matrix.values[:, 0].any()  # the class token is no player
    assert (matrix.content == [token.kind == "content" for token in result.caption.tokens]).all()
    assert np.ptp(matrix.values[matrix.content]) > 0
    again = matrix_of(model, picture[:24], CAPTION, key, QUICK.get(key), framing="whole")
    np.testing.assert_array_equal(matrix.values, again.interactions.values)
    assert all(not p.requires_grad for p in model.network.parameters())


def test_itsm_is_the_cosine_of_projected_tokens(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    model = in_float64(make_tiny())
    result = matrix_of(model, picture, CAPTION, "itsm")
    visual, network = model.network.visual, model.network
    streams: list[torch.Tensor] = []
    handles = [
        blocks[-1].register_forward_hook(lambda _m, _a, out: streams.append(out[0]))
        for blocks in (visual.transformer.resblocks, network.transformer.resblocks)
    ]
    ids = torch.tensor(result.caption.ids)
    network.encode_image(model.pixels(picture)[None])
    network.encode_text(torch.cat([ids, torch.zeros(16 - len(ids), dtype=torch.long)])[None])
    for handle in handles:
        handle.remove()
    image = (visual.ln_post(streams[0]) @ visual.proj).detach().numpy()
    text = (network.ln_final(streams[1]) @ network.text_projection).detach().numpy()[: len(ids)]
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (text, image)]
    np.testing.assert_allclose(result.interactions.values[:, 1:], (unit[0] @ unit[1].T)[:, 1:], rtol=1e-6, atol=1e-7)


def test_masked_pictures_and_captions_encode_the_remaining_parts(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    model = in_float64(make_tiny())
    pixels, caption = model.pixels(picture), model.reader.read("a red dog")
    members = torch.zeros(2, 16)
    members[0, 5] = members[1, :] = 1.0
    result = encode_masked_pictures(model, pixels, (4, 4), members, ignore_progress, CancelToken())
    hidden = torch.zeros_like(pixels)
    hidden[:, 8:16, 8:16] = pixels[:, 8:16, 8:16]
    for row, inputs in zip(result, (hidden, pixels), strict=True):
        expected = model.network.encode_image(inputs[None])[0]
        torch.testing.assert_close(row, (expected / expected.norm()).detach(), rtol=1e-9, atol=1e-9)
    words = encode_masked_captions(model, caption, torch.tensor([[1.0, 0.0, 1.0]]), ignore_progress, CancelToken())[0]
    ids = [*caption.ids]
    ids[2] = 0
    expected = model.network.encode_text(torch.tensor([ids + [0] * (16 - len(ids))]))[0]
    torch.testing.assert_close(words, (expected / expected.norm()).detach(), rtol=1e-9, atol=1e-9)


def test_masked_patches_become_the_fill_and_pixels_beyond_the_grid_stay(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    model = in_float64(make_tiny())
    pixels, fill = model.pixels(picture), torch.full((3, 32, 32), 0.7)
    members = torch.ones(1, 9)
    members[0, 5] = 0.0
    inputs = pixels.clone()
    inputs[:, 10:20, 20:30] = fill[:, 10:20, 20:30]  # 3 × 3 patches of 10 pixels; two more at either end
    expected = model.network.encode_image(inputs[None])[0]
    result = encode_masked_pictures(model, pixels, (3, 3), members, ignore_progress, CancelToken(), fill)[0]
    torch.testing.assert_close(result, (expected / expected.norm()).detach(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("samples", [6, 40])
def test_interaction_lime_is_the_ridge_regression_of_the_real_game(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], samples: int
) -> None:
    """Joint masks of two words and four patches, every score by the model itself."""
    model = in_float64(make_tiny(vision={"patch_size": 16}))
    options = InteractionLime(samples=samples, share=0.6, width=0.4, ridge=0.02, seed=3)
    result = matrix_of(model, picture, "red dog", "interaction-lime", options).interactions
    draw, caption, pixels = torch.Generator().manual_seed(3), model.reader.read("red dog"), model.pixels(picture)
    words, patches = ((torch.rand(samples, count, generator=draw) < 0.6).double() for count in (2, 4))
    normal, right = np.zeros((8, 8)), np.zeros(8)
    for s, t in zip(words, patches, strict=True):
        ids = [row if is_member else 0 for row, is_member in zip(caption.ids, [1, *s, 1], strict=True)]
        text = model.network.encode_text(torch.tensor([ids + [0] * (16 - len(ids))]))[0].detach()
        image = model.network.encode_image(
            (pixels * t.reshape(2, 2).repeat_interleave(16, 0).repeat_interleave(16, 1))[None]
        )[0].detach()
        value = float(text @ image / text.norm() / image.norm())
        weight = np.exp(-(((6 - float(s.sum() + t.sum())) / 6) ** 2) / 0.4**2)
        row = np.outer(s, t).ravel()
        normal, right = normal + weight * np.outer(row, row), right + weight * row * value
    expected = np.linalg.solve(normal + 0.02 * np.trace(normal) / 8 * np.eye(8), right).reshape(2, 4)
    np.testing.assert_allclose(result.values[result.content][:, 1:], expected, rtol=1e-5, atol=1e-8)  # in float32


def test_fixlip_is_the_least_squares_fit_of_the_real_game(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    """All coalitions of two words and four patches, every score by the model itself, one large system."""
    model = in_float64(make_tiny(vision={"patch_size": 16}))
    caption = model.reader.read("red dog")
    options = Fixlip(pairs=4 * 16)
    result = matrix_of(model, picture, "red dog", "fixlip", options).interactions
    pixels = model.pixels(picture)
    rows, values = [], []
    for s, t in itertools.product(itertools.product((0.0, 1.0), repeat=2), itertools.product((0.0, 1.0), repeat=4)):
        word = encode_masked_captions(model, caption, torch.tensor([s]), ignore_progress, CancelToken())[0]
        image = encode_masked_pictures(model, pixels, (2, 2), torch.tensor([t]), ignore_progress, CancelToken())[0]
        rows.append([1, *s, *t, *np.outer(s, t).ravel()])
        values.append(float(word @ image))
    exact = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0][7:].reshape(2, 4)
    drawn = result.values[result.content][:, 1:]
    np.testing.assert_allclose(drawn, exact, rtol=1e-5, atol=1e-8)  # the matrix is given in float32


def test_fixlips_budget_costs_as_many_passes_as_there_are_coalitions(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """2¹⁵ pairs: m + n passes through the encoders, not m · n; counted where every pass ends, in the projections."""
    model, caption = make_tiny(), "a red dog and a very big blue balloon"
    passes = {"image": 0, "text": 0}
    for side in ("image", "text"):
        tower = getattr(model, side)
        cut = tower.cut

        def counted(*request: Any, cut: Any = cut, side: str = side) -> Any:
            result = cut(*request)

            def head(features: torch.Tensor) -> torch.Tensor:
                passes[side] += len(features)
                return result.head(features)  # type: ignore[no-any-return]  # of what was wrapped

            return replace(result, head=head)

        monkeypatch.setattr(tower, "cut", counted)
    reports: list[Report] = []
    matrix_of(model, picture, caption, "fixlip", Fixlip(), progress=reports.append)
    n, m = split_budget(9, 16, 2**15)
    assert (n, m) == (138, 237)
    ends = {report.what: report.total for report in reports}
    assert ends == {"masked captions": n, "masked pictures": m}
    assert passes["text"] <= n + 2, "and the caption itself"
    assert passes["image"] <= m + 2, "and the picture itself"


@pytest.mark.parametrize("which", [("game", "game"), ("maskclip", "grad-eclip"), ("grad-eclip", "rollout")])
def test_the_outer_product_of_any_two_maps_has_rank_one(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], which: tuple[str, str]
) -> None:
    model = make_tiny()
    result = matrix_by(model, picture, CAPTION, "outer-product", of_picture=which[0], of_caption=which[1])
    values = result.matrix.astype(np.float64)
    assert np.linalg.matrix_rank(values, tol=1e-5 * np.abs(values).max()) == 1
    assert values.sum() == pytest.approx(result.score, rel=1e-4)
    patches, tokens = map_by(model, picture, CAPTION, which[0]), map_by(model, picture, CAPTION, which[1], "text")
    expected = np.outer(tokens.values, patches.values.ravel())
    np.testing.assert_allclose(values[:, 1:], expected * (result.score / expected.sum()), rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("layer", [-1, 1])
def test_interaction_cam(make_tiny: Callable[..., Model], picture: NDArray[np.uint8], layer: int) -> None:
    model = in_float64(make_tiny())
    words, pixels = model.reader.read(CAPTION), model.pixels(picture)
    ids = torch.tensor(words.ids)
    towers = oracle.text_tower(model.network, ids), oracle.image_tower(model.network.visual, pixels)
    expected = oracle.interaction_cam(*towers, layer % 3)
    sides = model.text.anatomy(ids), model.image.anatomy(pixels)
    result = interaction_cam(*sides, layer=layer, signed=True)
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-14)
    positive = interaction_cam(*sides, layer=layer)
    np.testing.assert_allclose(positive, np.maximum(expected, 0), rtol=1e-9, atol=1e-14)
    assert (expected[:, 1:] < 0).any()
    assert (expected[:, 1:] > 0).any()
    assert np.linalg.matrix_rank(expected) > 1


def test_random_weights_are_our_method_on_the_same_architecture(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    model = make_tiny()
    before, state, known = traces(model), torch.random.get_rng_state(), dict(model.references)
    result = matrix_by(model, picture, CAPTION, "random-weights", seed=5)
    torch.testing.assert_close(torch.random.get_rng_state(), state)
    assert traces(model) == before
    assert model.references.keys() == known.keys()
    config = tiny_config()
    torch.manual_seed(5)
    save_file(random_network(tmp_path, config["model_cfg"]).state_dict(), tmp_path / "open_clip_model.safetensors")
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config), "utf-8")
    expected = explain(load_model(str(tmp_path), device="cpu"), picture, CAPTION)
    np.testing.assert_allclose(result.matrix, expected.matrix, rtol=1e-5, atol=1e-8)
    assert result.matrix[:, 0].any()  # the class token is a column as ours is
    assert result.score == pytest.approx(score(model, picture, [CAPTION]).cosine[0], abs=1e-6)
    other = matrix_by(model, picture, CAPTION, "random-weights", seed=6)
    assert not np.allclose(result.matrix, other.matrix)


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"share": 0.0}, {"width": 0.0}, {"ridge": -1.0}])
def test_invalid_options_are_errors(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        InteractionLime(**wrong)


def test_errors_and_cancelling(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    with pytest.raises(SettingsError, match="too few for"):
        matrix_of(make_tiny(), picture, CAPTION, "fixlip", Fixlip(pairs=20))
    stages = make_tiny(vision=RESNET)
    with pytest.raises(MethodError, match="feature maps"):
        matrix_of(stages, picture, CAPTION, "itsm")
    lime = matrix_of(stages, picture, CAPTION, "interaction-lime", InteractionLime(samples=10))
    assert lime.interactions.grid_shape == lime.geometry.grid == (2, 2)  # of the last feature map, not the first
    token = CancelToken()
    token.cancel()
    for key in OTHERS:
        with pytest.raises(Cancelled):
            matrix_of(make_tiny(), picture, CAPTION, key, QUICK.get(key), cancel=token)


def test_a_matrix_result_selects_measures_saves_and_pickles(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    model = make_tiny()
    result = matrix_by(model, picture, CAPTION, "interaction-lime", samples=60, framing="whole")
    assert (result.options["samples"], result.framing, result.pixels.shape) == (60, "whole", picture.shape)
    rows = list(result.caption.rows_of("red balloon"))
    np.testing.assert_allclose(result.patch_heat("red balloon"), result.grid[rows].sum(0), rtol=1e-6)
    box = result.geometry.patch_box(1, 2)
    np.testing.assert_allclose(result.token_heat(box), result.grid[:, 1, 2], rtol=1e-6, atol=1e-9)
    measured = measure(model, result, span="dog", box=box)
    assert measured.both == pytest.approx(result.score, abs=1e-6)
    assert measured.attributed == pytest.approx(float(result.grid[list(result.caption.rows_of("dog")), 1, 2].sum()))
    assert "InteractionLIME: samples 60, share 0.5" in repr(result)
    assert result.made_by.endswith("picture whole, at its own aspect")
    result.save(tmp_path / "m.json", span="dog", box=box)
    values = json.loads((tmp_path / "m.json").read_text("utf-8"))
    assert (values["method"], values["options"], values["framing"]) == (
        "interaction-lime",
        dict(result.options),
        "whole",
    )
    assert values["selection"]["sum"] == pytest.approx(measured.attributed)
    np.testing.assert_array_equal(np.array(values["matrix"], np.float32), result.matrix)
    assert "ledger" not in values
    result.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as stored:
        np.testing.assert_array_equal(stored["grid"], result.grid)
    result.save(tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text("utf-8").startswith("word,start,end,")
    result.plot(tmp_path / "m.svg", span="dog")
    assert "InteractionLIME" in (tmp_path / "m.svg").read_text("utf-8")
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(again.matrix, result.matrix)
    assert (again.method, again.notes) == (result.method, result.notes)
