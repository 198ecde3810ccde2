"""The table of methods: every one on a small model, its options, and what it refuses."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop.attribution.first_order.grad_eclip import GradEclip
from exclip_desktop.attribution.mapping import map_caption, map_picture
from exclip_desktop.attribution.methods import METHODS, chosen
from exclip_desktop.core.errors import Cancelled, CaptionError, MethodError, SettingsError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import score_captions
from exclip_desktop.models.towers import image_tower, text_tower
from tests.conftest import CAPTION
from tests.unit import first_order_oracle as oracle

QUICK = {"rise": {"masks": "20"}, "m2ib": {"steps": "2", "samples": "2"}}
RESNET = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}


@pytest.mark.parametrize("key", METHODS)
@pytest.mark.parametrize("framing", ["model", "whole"])
def test_every_method_maps_a_picture(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], key: str, framing: str
) -> None:
    model = make_tiny()
    method, options = chosen(key, QUICK.get(key))
    found = map_picture(model, picture[:24], CAPTION, method, options, framing=framing)
    assert found.values.shape == found.geometry.grid == {"model": (4, 4), "whole": (3, 6)}[framing]
    assert found.values.dtype == np.float64
    assert np.ptp(found.values) > 0
    assert found.score == pytest.approx(score_captions(model, picture[:24], [CAPTION], framing).cosine[0], abs=1e-6)
    assert (found.method, found.side, found.target, found.caption.text) == (key, "image", CAPTION, CAPTION)
    assert all(not p.requires_grad for p in model.network.parameters())
    again = map_picture(model, picture[:24], CAPTION, method, options, framing=framing)
    np.testing.assert_array_equal(found.values, again.values)


def test_a_map_is_of_its_target(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    model, (method, options) = make_tiny(), chosen("grad-eclip")
    whole = map_picture(model, picture, CAPTION, method, options)
    part = map_picture(model, picture, CAPTION, method, options, target="a dog")
    assert (part.target, part.caption.text) == ("a dog", CAPTION)
    assert not np.allclose(whole.values, part.values)
    with pytest.raises(CaptionError, match="words to compare with"):
        map_picture(model, picture, CAPTION, method, options, target=" ")


def test_options_are_read_from_text() -> None:
    method, options = chosen("grad-eclip", {"layers": "3", "likeness": "softmax", "signed": "True"})
    assert (method.facts.name, options) == ("Grad-ECLIP", GradEclip(3, "softmax", signed=True))
    assert chosen("rise", {"share": "0.25"})[1].share == 0.25
    assert chosen("grad-cam", {"layer": "−2"})[1].layer == -2


@pytest.mark.parametrize(
    ("key", "options", "told"),
    [
        ("gradeclip", {}, "no method"),
        ("game", {"layers": "2"}, "GAME has no option.*start"),
        ("grad-eclip", {"layers": "0"}, "1 or more"),
        ("grad-eclip", {"layers": "two"}, "a number; 1 is usual"),
        ("grad-eclip", {"likeness": "dot"}, "cosine, softmax, none"),
        ("grad-eclip", {"signed": "maybe"}, "true or false"),
        ("rise", {"share": "1.5"}, "from 0 to 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(key: str, options: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        chosen(key, options)


def test_blocks_and_heads_that_are_not_there(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    for key, options in (("raw-attention", {"head": "2"}), ("rollout", {"start": "3"}), ("grad-cam", {"layer": "-4"})):
        with pytest.raises(SettingsError, match=r"There is no (head|block)"):
            map_picture(make_tiny(), picture, CAPTION, *chosen(key, options))


def test_rise_works_on_any_tower_and_the_others_say_why_not(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    model = make_tiny(vision=RESNET)
    assert map_picture(model, picture, CAPTION, *chosen("rise", {"masks": "5"})).values.shape == (16, 16)
    for key in METHODS.keys() - {"rise"}:
        with pytest.raises(MethodError, match="feature maps"):
            map_picture(model, picture, CAPTION, *chosen(key))


def test_cancelling(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    token = CancelToken()
    token.cancel()
    for key in METHODS:
        with pytest.raises(Cancelled):
            map_picture(make_tiny(), picture, CAPTION, *chosen(key), cancel=token)
    assert torch.is_grad_enabled()


def test_captions_against_the_formulas(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    """Grad-ECLIP, attention, rollout, Grad-CAM and GAME of a caption, over its whole context, padding and all."""
    single = make_tiny()
    network = deepcopy(single.network).double()
    model = replace(single, network=network, image=image_tower(network.visual), text=text_tower(network), references={})
    read = model.reader.read(CAPTION)
    ids = torch.tensor([token.id for token in read.tokens] + [0] * (read.context - len(read.tokens)))
    tower, count = oracle.text_tower(network, ids), len(read.tokens)
    other = network.encode_image(model.pixels(picture)[None])[0].detach()
    found = {
        key: map_caption(model, picture, CAPTION, *chosen(key, side="text"))
        for key, method in METHODS.items()
        if "text" in method.facts.sides and key != "m2ib"
    }
    assert found.keys() == {"grad-eclip", "raw-attention", "rollout", "grad-cam", "game"}
    eclip = np.maximum(oracle.grad_eclip(tower, other, 3, slice(None)), 0)[1 : count - 1]
    expected = {
        "grad-eclip": np.concatenate([[0], eclip / eclip.sum(), [0]]),
        "raw-attention": oracle.raw_attention(tower)[:count],
        "rollout": oracle.rollout(tower, 0)[:count],
        "grad-cam": oracle.grad_cam(tower, other, 2)[:count],
        "game": oracle.game(tower, other, float(network.logit_scale.exp()), 0)[:count],
    }
    for key, one in found.items():
        np.testing.assert_allclose(one.values, expected[key], rtol=1e-8, atol=1e-12, err_msg=key)
        assert (one.side, one.values.shape) == ("text", (count,))
    assert found["grad-eclip"].options["layers"] == 3  # not the usual 8: there are no more
    with pytest.raises(MethodError, match="RISE maps pictures only"):
        chosen("rise", side="text")
