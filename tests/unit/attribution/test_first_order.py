"""First-order methods against their formulas, and the identities that pin them."""

import itertools
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from exclip_desktop.attribution.formulas.attention import clip_surgery, maskclip, raw_attention, rollout
from exclip_desktop.attribution.formulas.block_run import enable_gradients, run_blocks
from exclip_desktop.attribution.formulas.gradients import game, grad_cam, grad_eclip
from exclip_desktop.attribution.formulas.m2ib import information, m2ib
from exclip_desktop.attribution.formulas.rise import random_masks, rise, score_masks
from exclip_desktop.core.errors import Cancelled, MethodError, SettingsError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.blocks import Anatomy
from exclip_desktop.models.towers.build import image_tower
from tests.unit.attribution import first_order_oracle as oracle

CLOSE = {"rtol": 1e-9, "atol": 1e-14}


Pair = tuple[Anatomy, oracle.Tower, torch.Tensor, Any]


@pytest.fixture(scope="module", params=["class token", "average"])
def pair(make_tiny: Callable[..., Model], picture: NDArray[np.uint8], request: pytest.FixtureRequest) -> Pair:
    """A small tower on a picture, float64: taken apart, written out, what to compare with, and its module."""
    model = make_tiny(**({"vision": {"pool_type": "avg"}} if request.param == "average" else {}))
    visual = deepcopy(model.network.visual).double()
    pixels = model.pixels(picture).double()
    other = torch.from_numpy(np.random.default_rng(4).normal(size=24))
    return image_tower(visual).anatomy(pixels), oracle.image_tower(visual, pixels), other, visual


def test_run_blocks_ends_with_the_models_embedding(
    pair: Pair, make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    expected = pair[3](make_tiny().pixels(picture).double()[None])[0].detach()
    for first in (0, 1, 2):
        torch.testing.assert_close(run_blocks(pair[0], first).embedding.detach(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("whole", [False, True])
def test_grad_eclip(pair: Pair, layers: int, whole: bool) -> None:
    anatomy, tower, other, _ = pair
    expected = oracle.grad_eclip(tower, other, layers, slice(None) if whole else slice(1, None))
    result = grad_eclip(anatomy, other, layers=layers, signed=True, whole_context=whole).numpy()
    np.testing.assert_allclose(result[1:], expected[1:], **CLOSE)
    positive = grad_eclip(anatomy, other, layers=layers, whole_context=whole).numpy()
    np.testing.assert_allclose(positive[1:], np.maximum(expected[1:], 0), **CLOSE)
    assert (expected[1:] < 0).any()
    assert (expected[1:] > 0).any()


def test_grad_eclip_with_the_models_own_attention_is_the_gradient_output_product(
    pair: Pair,
) -> None:
    anatomy, tower, other, _ = pair
    own: dict[str, Any] = {"likeness": "softmax", "own_heads": True, "signed": True}
    by_head = torch.stack([grad_eclip(anatomy, other, **own, head=head) for head in range(2)])
    w, o = tower.slope("o", 2, other)[tower.pooled], tower.run()[0][2].o[tower.pooled]
    np.testing.assert_allclose(by_head.sum(1), (w * o).sum(0).reshape(2, -1).sum(1).detach(), **CLOSE)
    np.testing.assert_allclose(grad_eclip(anatomy, other, **own).sum(), float((w * o).sum()), **CLOSE)


@pytest.mark.parametrize("likeness", ["cosine", "softmax", "none"])
@pytest.mark.parametrize("own_heads", [False, True])
def test_grad_eclips_options(pair: Pair, likeness: Any, own_heads: bool) -> None:
    """λ by name, one head over all channels or the model's own, and each head's part alone."""
    anatomy, tower, other, _ = pair
    options = {"layers": 2, "likeness": likeness, "own_heads": own_heads}
    expected = oracle.grad_eclip(tower, other, 2, slice(1, None), likeness, own_heads)
    np.testing.assert_allclose(grad_eclip(anatomy, other, **options, signed=True)[1:], expected[1:], **CLOSE)
    for head in range(2 if own_heads else 0):
        part = grad_eclip(anatomy, other, **options, signed=True, head=head)[1:]
        alone = oracle.grad_eclip(tower, other, 2, slice(1, None), likeness, own_heads, head)[1:]
        np.testing.assert_allclose(part, alone, **CLOSE)
        positive = grad_eclip(anatomy, other, **options, head=head)[1:]
        np.testing.assert_allclose(positive, np.maximum(alone, 0), **CLOSE)
    with pytest.raises(SettingsError, match="no head 2" if own_heads else "no head 1.*own_heads"):
        grad_eclip(anatomy, other, **options, head=2 if own_heads else 1)


def test_raw_attention_and_rollout(pair: Pair) -> None:
    anatomy, tower, _, _ = pair
    np.testing.assert_allclose(raw_attention(anatomy), oracle.raw_attention(tower), **CLOSE)
    for start in (0, 2):
        result = rollout(anatomy, start)
        np.testing.assert_allclose(result, oracle.rollout(tower, start), **CLOSE)
        assert float(result.sum()) == pytest.approx(1, rel=1e-12)
    for head in (0, 1):
        result = raw_attention(anatomy, head)
        np.testing.assert_allclose(result, oracle.raw_attention(tower, head), **CLOSE)


@pytest.mark.parametrize("layer", [-1, 1])
def test_grad_cam(pair: Pair, layer: int, make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    _, tower, other, visual = pair
    cut, pixels = image_tower(visual).cut(layer % 3), make_tiny().pixels(picture).double()
    expected = oracle.grad_cam(tower, other, layer % 3)
    np.testing.assert_allclose(grad_cam(cut, pixels, other, signed=True), expected, **CLOSE)
    np.testing.assert_allclose(grad_cam(cut, pixels, other), np.maximum(expected, 0), **CLOSE)
    assert (expected < 0).any()


@pytest.mark.parametrize("start", [0, 2])
def test_game(pair: Pair, start: int) -> None:
    anatomy, tower, other, _ = pair
    np.testing.assert_allclose(game(anatomy, other, 14.0, start=start), oracle.game(tower, other, 14.0, start), **CLOSE)


@pytest.mark.parametrize("weighted", [True, False])
def test_maskclip(pair: Pair, weighted: bool) -> None:
    anatomy, tower, other, visual = pair
    expected = oracle.maskclip(tower, lambda x: visual.ln_post(x) @ visual.proj, other, weighted)
    np.testing.assert_allclose(maskclip(anatomy, other, weighted=weighted), expected, **CLOSE)


def test_rise_with_all_masks_is_its_expectation() -> None:
    """All 2⁴ masks of 2 × 2 cells, each as likely as p makes it, by hand and by the method's own sum."""
    rng = np.random.default_rng(1)
    slopes, pixels = torch.from_numpy(rng.normal(size=(3, 4, 4))), torch.from_numpy(rng.normal(size=(3, 4, 4)))
    share = 0.3

    def score(inputs: torch.Tensor) -> torch.Tensor:
        return (inputs * slopes).sum((1, 2, 3)) ** 2

    masks = [np.array(cells, float).reshape(2, 2) for cells in itertools.product((0, 1), repeat=4)]
    likely = [share ** mask.sum() * (1 - share) ** (4 - mask.sum()) for mask in masks]
    expected = np.zeros((2, 2))
    for mask, chance in zip(masks, likely, strict=True):
        large = mask.repeat(2, 0).repeat(2, 1)
        expected += chance * float((pixels.numpy() * large * slopes.numpy()).sum() ** 2) * mask
    result = sum(
        chance * score_masks(score, pixels, torch.from_numpy(mask.repeat(2, 0).repeat(2, 1))[None], (2, 2))
        for mask, chance in zip(masks, likely, strict=True)
    )
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_rise_finds_where_the_score_comes_from() -> None:
    pixels = torch.ones(3, 16, 16)

    def score(inputs: torch.Tensor) -> torch.Tensor:
        return inputs[:, :, :4, 8:12].mean((1, 2, 3))

    reports: list[Report] = []
    result = rise(score, pixels, (4, 4), masks=400, cells=4, progress=reports.append)
    assert np.unravel_index(int(result.argmax()), (4, 4)) == (0, 2)
    assert (reports[-1].done, reports[-1].total) == (400, 400)
    torch.testing.assert_close(result, rise(score, pixels, (4, 4), masks=400, cells=4))
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        rise(score, pixels, (4, 4), cancel=token)


def test_rise_is_the_sum_of_its_masks_over_their_expected_number() -> None:
    """Σ S(mask) mask / (N p), on masks written out pixel by pixel; in float64, more than one batch."""
    rng = np.random.default_rng(2)
    slopes, pixels = (torch.from_numpy(rng.normal(size=(3, 9, 6))) for _ in range(2))
    options: dict[str, Any] = {"masks": 19, "cells": 4, "share": 0.3, "seed": 5}
    draw, masks = torch.Generator().manual_seed(5), []
    for count in (16, 3):
        masks.append(oracle.rise_masks(count, (9, 6), 4, 0.3, draw))
    expected = np.zeros((3, 3))
    for mask in np.concatenate(masks):
        score = float((pixels.numpy() * mask * slopes.numpy()).sum()) ** 2
        expected += score * mask.reshape(3, 3, 3, 2).mean((1, 3)) / (19 * 0.3)
    result = rise(lambda inputs: (inputs * slopes).sum((1, 2, 3)) ** 2, pixels, (3, 3), **options)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)  # masks are drawn in float32


def test_masks_keep_their_share() -> None:
    masks = random_masks(300, (30, 20), 8, 0.5, torch.Generator().manual_seed(0))
    assert masks.shape == (300, 30, 20)
    assert 0 <= float(masks.min()) < float(masks.max()) <= 1
    np.testing.assert_allclose(masks.mean(0), 0.5, atol=0.12)


def test_unsupported_encoders_are_errors(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    pooler = make_tiny(vision={"attentional_pool": True, "attn_pooler_queries": 5, "attn_pooler_heads": 3})
    anatomy = pooler.image.anatomy(pooler.pixels(picture))
    other = torch.ones(24)
    for method in (
        lambda: grad_eclip(anatomy, other),
        lambda: raw_attention(anatomy),
        lambda: maskclip(anatomy, other),
    ):
        with pytest.raises(MethodError, match="an attention of its own, or a maximum.*class token"):
            method()
    normalised = make_tiny(vision={"qk_norm": True})
    with pytest.raises(MethodError, match="no attention blocks that can be read"):
        normalised.image.anatomy(normalised.pixels(picture))
    resnet = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}
    stages = make_tiny(vision=resnet)
    with pytest.raises(MethodError, match="feature maps"):
        stages.image.anatomy(stages.pixels(picture))


def test_gradient_modes_and_parameters_stay_unchanged(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8]
) -> None:
    model = make_tiny()
    with torch.inference_mode():
        anatomy = model.image.anatomy(model.pixels(picture))
    with torch.no_grad():
        grad_eclip(anatomy, torch.ones(24))
        assert not torch.is_grad_enabled()
    assert all(not p.requires_grad and p.grad is None for p in model.network.parameters())
    with enable_gradients():
        assert torch.is_grad_enabled()


@pytest.mark.parametrize("feature_surgery", [True, False])
@pytest.mark.parametrize("layers", [1, 2])
def test_clip_surgery(pair: Pair, layers: int, feature_surgery: bool) -> None:
    anatomy, tower, other, visual = pair
    labels = torch.from_numpy(np.random.default_rng(5).normal(size=(7, 24)))
    texts = functional.normalize(torch.cat([other[None], labels]), dim=-1)
    expected = oracle.clip_surgery(tower, lambda x: visual.ln_post(x) @ visual.proj, texts, layers, feature_surgery)
    result = clip_surgery(anatomy, texts[0], texts[1:], layers=layers, feature_surgery=feature_surgery)
    np.testing.assert_allclose(result, expected, **CLOSE)


def test_m2ib(pair: Pair) -> None:
    anatomy, tower, other, _ = pair
    options: dict[str, Any] = {"layer": 1, "beta": 0.2, "steps": 3, "samples": 2, "seed": 3}
    draw = torch.Generator().manual_seed(3)
    noises = [torch.randn(2, 17, 32, generator=draw).double() for _ in range(3)]
    reports: list[Report] = []
    result = m2ib(anatomy, other, **options, progress=reports.append)
    np.testing.assert_allclose(result, oracle.m2ib(tower, other, 1, 0.2, noises), rtol=1e-6, atol=1e-9)
    assert (reports[-1].done, reports[-1].total) == (3, 3)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        m2ib(anatomy, other, cancel=token)


def test_information_is_the_divergence_and_none_where_nothing_passes() -> None:
    x = torch.tensor([[0.5, -2.0]], dtype=torch.float64)
    alpha = torch.tensor([[0.3, 1.0]], dtype=torch.float64)
    passing = torch.sigmoid(alpha)
    one, unit = torch.distributions.Normal(passing * x, 1 - passing), torch.distributions.Normal(0.0, 1.0)
    torch.testing.assert_close(information(x, alpha), torch.distributions.kl_divergence(one, unit.expand(x.shape)))
    assert float(information(x, torch.full_like(x, -40.0)).abs().max()) < 1e-12
