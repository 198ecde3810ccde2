"""The table of methods: every one on a small model, its options, and what it refuses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop import map_by
from exclip_desktop.attribution.formulas.attention import LABELS
from exclip_desktop.attribution.formulas.block_run import enable_gradients, run_stream
from exclip_desktop.attribution.methods.grad_eclip import GradEclip
from exclip_desktop.core.errors import Cancelled, CaptionError, MethodError, SettingsError
from exclip_desktop.core.method_registry import method_by_key, method_keys
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions, score_captions
from tests.conftest import CAPTION
from tests.unit.attribution import first_order_oracle as oracle
from tests.unit.attribution.by_key import map_caption, map_picture
from tests.unit.attribution.traces import in_float64
from tests.unit.models import timm_models

QUICK = {"rise": {"masks": "20"}, "m2ib": {"steps": "2", "samples": "2"}}
RESNET = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}


@pytest.mark.parametrize("key", method_keys("first"))
@pytest.mark.parametrize("framing", ["model", "whole"])
def test_every_method_maps_a_picture(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], key: str, framing: str
) -> None:
    model = make_tiny()
    result = map_picture(model, picture[:24], CAPTION, key, QUICK.get(key), framing=framing)
    assert result.values.shape == result.geometry.grid == {"model": (4, 4), "whole": (3, 6)}[framing]
    assert result.values.dtype == np.float64
    assert np.ptp(result.values) > 0
    assert result.score == pytest.approx(score_captions(model, picture[:24], [CAPTION], framing).cosine[0], abs=1e-6)
    assert (result.method, result.side, result.target, result.caption.text) == (key, "image", CAPTION, CAPTION)
    assert all(not p.requires_grad for p in model.network.parameters())
    again = map_picture(model, picture[:24], CAPTION, key, QUICK.get(key), framing=framing)
    np.testing.assert_array_equal(result.values, again.values)


def test_a_map_is_of_its_target(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    model = make_tiny()
    whole = map_picture(model, picture, CAPTION, "grad-eclip")
    part = map_picture(model, picture, CAPTION, "grad-eclip", target="a dog")
    assert (part.target, part.caption.text) == ("a dog", CAPTION)
    assert not np.allclose(whole.values, part.values)
    with pytest.raises(CaptionError, match="words to compare with"):
        map_picture(model, picture, CAPTION, "grad-eclip", target=" ")


def test_options_are_read_from_text() -> None:
    texts = {"layers": "3", "likeness": "softmax", "signed": "True"}
    assert method_by_key("grad-eclip").make_options(texts) == GradEclip(3, "softmax", signed=True)
    assert method_by_key("rise").make_options({"share": "0.25"}).share == 0.25
    assert method_by_key("grad-cam").make_options({"layer": "−2"}).layer == -2


@pytest.mark.parametrize(
    ("key", "options", "message"),
    [
        ("gradeclip", {}, "no method"),
        ("game", {"layers": "2"}, "GAME has no option.*start"),
        ("grad-eclip", {"layers": "0"}, "1 or more"),
        ("grad-eclip", {"layers": "two"}, "a number; the default is 1"),
        ("grad-eclip", {"likeness": "dot"}, "cosine, softmax, none"),
        ("grad-eclip", {"signed": "maybe"}, "true or false"),
        ("rise", {"share": "1.5"}, "above 0, and at most 1"),
    ],
)
def test_invalid_options_are_errors(key: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        method_by_key(key, "first").make_options(options)


def test_missing_blocks_and_heads_are_errors(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    for key, options in (("raw-attention", {"head": "2"}), ("rollout", {"start": "3"}), ("grad-cam", {"layer": "-4"})):
        with pytest.raises(SettingsError, match=r"There is no (head|block)|has no layer"):
            map_picture(make_tiny(), picture, CAPTION, key, options)


def test_methods_without_blocks_work_on_feature_maps_and_the_others_raise(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    model = make_tiny(vision=RESNET)
    there = {"rise": (16, 16), "grad-cam": (4, 4), "grad-eclip": (2, 2), "raw-attention": (2, 2), "maskclip": (2, 2)}
    for key, grid in there.items():
        result = map_picture(model, picture, CAPTION, key, {"masks": "5"} if key == "rise" else None)
        assert result.values.shape == result.geometry.grid == grid
    for key in set(method_keys("first")) - there.keys():
        with pytest.raises(MethodError, match="feature maps"):
            map_picture(model, picture, CAPTION, key)


def test_clip_surgery_encodes_its_labels_once_and_can_be_cancelled_there(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    model, reports, token = replace(make_tiny(), references={}), [], CancelToken()

    def stop(report: Report) -> None:
        reports.append(report)
        if len(reports) == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        map_by(model, picture, CAPTION, "clip-surgery", progress=stop, cancel=token)
    assert (len(reports), model.references) == (3, {})
    first = map_by(model, picture, CAPTION, "clip-surgery", progress=reports.append)
    assert len(reports) == 3 + len(LABELS)
    again = map_by(model, picture, CAPTION, "clip-surgery", progress=reports.append)
    assert len(reports) == 3 + len(LABELS)
    np.testing.assert_array_equal(first.values, again.values)


@pytest.mark.parametrize("name", ["gap", "average_with_prefix", "vitamin", "mobileclip_b"])
def test_pooled_tokens_are_those_that_change_the_embedding(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], name: str
) -> None:
    """timm's encoders that average, with and without prefix tokens, and one of a class token."""
    timm_models.register()
    model = make_tiny(**timm_models.changes(name))
    with torch.no_grad():
        anatomy = model.image.anatomy(model.pixels(picture))
        last = run_stream(anatomy, anatomy.start, 0, len(anatomy.blocks))
    with enable_gradients():
        last = last.detach().requires_grad_()
        embedding = anatomy.finish(last)[0]
        (slope,) = torch.autograd.grad(embedding.square().sum(), [last])
    assert tuple(slope[0].abs().sum(-1).nonzero()[:, 0].tolist()) == anatomy.pooled
    with torch.no_grad():
        expected = model.network.encode_image(model.pixels(picture)[None])[0]
    torch.testing.assert_close(embedding.detach(), expected, rtol=1e-5, atol=1e-6)
    result = map_picture(model, picture, CAPTION, "grad-eclip")
    assert result.values.shape == result.geometry.grid


def test_rise_passes_partial_maps_and_can_be_cancelled(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    """Each map so far is the map of fewer masks: the person may stop there."""
    model, so_far = make_tiny(), []
    whole = map_by(model, picture, CAPTION, "rise", each=so_far.append, masks=40)
    assert len(so_far) == 3
    np.testing.assert_array_equal(so_far[-1].values, whole.values)
    early = map_by(model, picture, CAPTION, "rise", masks=16)
    np.testing.assert_allclose(so_far[0].values, early.values, rtol=1e-6)
    assert (so_far[0].score, so_far[0].geometry) == (whole.score, whole.geometry)
    token, maps = CancelToken(), []
    with pytest.raises(Cancelled):
        map_by(model, picture, CAPTION, "rise", each=lambda one: (maps.append(one), token.cancel()), cancel=token)
    assert len(maps) == 1


def test_cancelling(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    token = CancelToken()
    token.cancel()
    for key in method_keys("first"):
        with pytest.raises(Cancelled):
            map_picture(make_tiny(), picture, CAPTION, key, cancel=token)
    assert torch.is_grad_enabled()


def test_captions_against_the_formulas(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    """Grad-ECLIP, attention, rollout, Grad-CAM and GAME of a caption, over its whole context, padding and all."""
    model = in_float64(make_tiny())
    network = model.network
    read = model.reader.read(CAPTION)
    ids = torch.tensor([token.id for token in read.tokens] + [0] * (read.context - len(read.tokens)))
    tower, count = oracle.text_tower(network, ids), len(read.tokens)
    other = network.encode_image(model.pixels(picture)[None])[0].detach()
    result = {
        # Signed: of this caption Grad-CAM's values are all negative.
        key: map_caption(model, picture, CAPTION, key, {"signed": "true"} if key == "grad-cam" else {})
        for key in method_keys("first", "text")
        if key != "m2ib"
    }
    assert result.keys() == {"grad-eclip", "raw-attention", "rollout", "grad-cam", "game"}
    eclip = np.maximum(oracle.grad_eclip(tower, other, 3, slice(None)), 0)[1 : count - 1]
    expected = {
        "grad-eclip": np.concatenate([[0], eclip / eclip.sum(), [0]]),
        "raw-attention": oracle.raw_attention(tower)[:count],
        "rollout": oracle.rollout(tower, 0)[:count],
        "grad-cam": oracle.grad_cam(tower, other, 2)[:count],
        "game": oracle.game(tower, other, float(network.logit_scale.exp()), 0)[:count],
    }
    for key, one in result.items():
        np.testing.assert_allclose(one.values, expected[key], rtol=1e-8, atol=1e-12, err_msg=key)
        assert (one.side, one.values.shape) == ("text", (count,))
    assert result["grad-eclip"].options["layers"] == 3  # not the usual 8: there are no more
    with pytest.raises(MethodError, match="RISE maps pictures only"):
        method_by_key("rise").make_options(side="text")


@pytest.mark.parametrize(
    ("key", "options", "name", "used"),
    [
        ("m2ib", {"steps": "1", "samples": "1"}, "layer", 1),  # 9 is usual: of three blocks, the last but one
        ("m2ib", {"steps": "1", "samples": "1", "layer": "-3"}, "layer", 0),
        ("grad-cam", {}, "layer", 2),
        ("rollout", {"start": "-2"}, "start", 1),
        ("game", {}, "start", 0),
        ("grad-eclip", {"layers": "9"}, "layers", 3),
    ],
)
def test_the_options_of_a_map_name_the_resolved_blocks(
    make_tiny: Callable[..., Model],
    picture: NDArray[np.uint8],
    key: str,
    options: dict[str, str],
    name: str,
    used: int,
) -> None:
    assert map_picture(make_tiny(), picture, CAPTION, key, options).options[name] == used


def test_m2ib_of_a_caption_counts_its_own_tokens_alone(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    """What information costs is a mean over tokens: of the caption's, as published, not of the padding after it too."""
    model = in_float64(make_tiny())
    options = {"layer": "1", "beta": "0.2", "steps": "3", "samples": "2"}
    result = map_caption(model, picture, CAPTION, "m2ib", options)
    ids = torch.tensor(model.reader.read(CAPTION).ids)
    draw = torch.Generator().manual_seed(0)
    noises = [torch.randn(2, len(ids), 32, generator=draw).double() for _ in range(3)]
    other = model.network.encode_image(model.pixels(picture)[None])[0].detach()
    expected = oracle.m2ib(oracle.text_tower(model.network, ids), other, 1, 0.2, noises)
    np.testing.assert_allclose(result.values, expected, rtol=1e-6, atol=1e-9)


def test_grad_eclip_of_a_whole_picture_has_interpolated_positions(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    """The published pictures: their own aspect, positions of the grid stretched bicubically, the class token's kept."""
    model = in_float64(make_tiny())
    visual, wide = model.network.visual, picture[:24]
    result = map_picture(model, wide, CAPTION, "grad-eclip", {"signed": "true"}, framing="whole")
    own = visual.positional_embedding
    grid = own[1:].T.reshape(1, 32, 4, 4)
    stretched = torch.nn.functional.interpolate(grid, (3, 6), mode="bicubic", antialias=True, align_corners=False)
    pixels = model.pixels(wide, "whole")
    assert pixels.shape == (3, 24, 48)
    patches = visual.conv1(pixels[None])[0].flatten(1).T
    positions = torch.cat([own[:1], stretched[0].flatten(1).T])
    first = visual.ln_pre(torch.cat([visual.class_embedding[None], patches]) + positions)
    tower = oracle.Tower(first, visual.transformer.resblocks, lambda x: visual.ln_post(x[0]) @ visual.proj, [0])
    other = encode_captions(model, [CAPTION])[0]
    expected = oracle.grad_eclip(tower, other, 1, slice(1, None))[1:].reshape(3, 6)
    np.testing.assert_allclose(result.values, expected, rtol=1e-8, atol=1e-12)


def test_any_prompt_and_any_span_of_the_caption_is_a_target(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    model = in_float64(make_tiny())
    for target in ("red balloon", "something else"):
        result = map_picture(model, picture, CAPTION, "grad-eclip", target=target)
        alone = map_picture(model, picture, target, "grad-eclip")
        np.testing.assert_array_equal(result.values, alone.values)
        assert result.score == pytest.approx(score_captions(model, picture, [target]).cosine[0])
