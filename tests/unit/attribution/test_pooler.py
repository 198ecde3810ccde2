"""Methods that follow the query of an attention that pools, against the formula on the networks' own modules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from exclip_desktop import map_by, matrix_by
from exclip_desktop.attribution.formulas.block_run import run_stream
from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions
from tests.conftest import CAPTION
from tests.unit.attribution.traces import in_float64
from tests.unit.models import timm_models

RESNET = {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}
COCA = {"attentional_pool": True, "attn_pooler_queries": 5, "attn_pooler_heads": 3}


@dataclass
class Pool:
    """Queries, keys, values, the way out, and what follows; ``first`` is the first key that is a patch."""

    q: Tensor
    k: Tensor
    v: Tensor
    out: Any
    finish: Callable[[Tensor], Tensor]
    heads: int
    first: int
    grid: tuple[int, int]


def _resnet(visual: Any, pixels: Tensor) -> Pool:
    x = visual.stem(pixels[None])
    for stage in (visual.layer1, visual.layer2, visual.layer3, visual.layer4):
        x = stage(x)
    pool, places = visual.attnpool, x[0].flatten(1).T
    tokens = torch.cat([places.mean(0, keepdim=True), places]) + pool.positional_embedding
    q, k, v = pool.q_proj(tokens[0]), pool.k_proj(tokens), pool.v_proj(tokens)
    return Pool(q, k, v, pool.c_proj, lambda o: o, pool.num_heads, 1, (2, 2))


def _coca(visual: Any, pixels: Tensor) -> Pool:
    patches = visual.conv1(pixels[None])[0].flatten(1).T
    x = visual.ln_pre(torch.cat([visual.class_embedding[None], patches]) + visual.positional_embedding)
    for block in visual.transformer.resblocks:
        x = block(x[None])[0]
    pool = visual.attn_pool
    keys, source, attention = pool.ln_k(x), pool.ln_q(pool.query)[0], pool.attn
    weights = (attention.q_proj_weight, attention.k_proj_weight, attention.v_proj_weight)
    q, k, v = (
        one @ weight.T + bias
        for one, weight, bias in zip((source, keys, keys), weights, attention.in_proj_bias.chunk(3), strict=True)
    )
    finish = lambda o: visual.ln_post(o) @ visual.proj  # noqa: E731  one line of glue
    return Pool(q, k, v, attention.out_proj, finish, attention.num_heads, 1, (4, 4))


def _siglip(visual: Any, pixels: Tensor) -> Pool:
    trunk = visual.trunk
    x, pool = trunk.forward_features(pixels[None])[0], trunk.attn_pool
    (k, v), q = pool.kv(x).chunk(2, dim=-1), pool.q(pool.latent[0, 0])
    finish = lambda o: visual.head(trunk.head(trunk.fc_norm(o + pool.mlp(pool.norm(o)))))  # noqa: E731
    return Pool(q, k, v, pool.proj, finish, pool.num_heads, 0, (4, 4))


FAMILIES: dict[str, tuple[dict[str, Any], Callable[[Any, Tensor], Pool]]] = {
    "resnet": ({"vision": RESNET}, _resnet),
    "coca": ({"vision": COCA}, _coca),
    "siglip": ({"family": "siglip"}, _siglip),
}

Case = tuple[Model, Pool, Tensor]


@pytest.fixture(scope="module", params=FAMILIES)
def case(make_tiny: Callable[..., Model], picture: NDArray[np.uint8], request: pytest.FixtureRequest) -> Case:
    timm_models.register()
    changes, written = FAMILIES[request.param]
    model = in_float64(make_tiny(**(timm_models.changes("siglip") if "family" in changes else changes)))
    with torch.no_grad():
        pool = written(model.network.visual, model.pixels(picture))
    return model, pool, encode_captions(model, [CAPTION])[0]


def _attend(pool: Pool, heads: int) -> tuple[Tensor, Tensor]:
    """Return weights (heads, T) and what they take (W,), head by head."""
    weights, taken = [], []
    for q, k, v in zip(*(one.chunk(heads, dim=-1) for one in (pool.q, pool.k, pool.v)), strict=True):
        likely = torch.exp(k @ q / len(q) ** 0.5)
        weights.append(likely / likely.sum())
        taken.append(weights[-1] @ v)
    return torch.stack(weights), torch.cat(taken)


def _slope(pool: Pool, o: Tensor, other: Tensor) -> Tensor:
    def score(o: Tensor) -> Tensor:
        e = pool.finish(pool.out(o))
        return e @ other / e.norm() / other.norm()

    result: Tensor = torch.autograd.functional.jacobian(score, o)
    return result


def test_the_oracle_equals_the_network(case: Case, picture: NDArray[np.uint8]) -> None:
    model, pool, _ = case
    result = pool.finish(pool.out(_attend(pool, pool.heads)[1]))
    torch.testing.assert_close(
        result, model.network.encode_image(model.pixels(picture)[None])[0], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("own_heads", [False, True])
@pytest.mark.parametrize("likeness", ["cosine", "softmax", "none"])
def test_grad_eclip_follows_the_pools_query(
    case: Case, picture: NDArray[np.uint8], likeness: str, own_heads: bool
) -> None:
    model, pool, other = case
    heads = pool.heads if own_heads else 1
    weights, o = _attend(pool, heads)
    products = (_slope(pool, o, other) * pool.v).reshape(len(pool.v), heads, -1).sum(-1).T
    query, keys = pool.out(pool.q), pool.out(pool.k)
    alike = (keys @ query / keys.norm(dim=1) / query.norm())[pool.first :]
    alike = (alike - alike.min()) / (alike.max() - alike.min())
    factor = {"cosine": alike, "softmax": weights[:, pool.first :], "none": torch.ones(())}[likeness]
    expected = (products[:, pool.first :] * factor).sum(0).reshape(pool.grid).detach().numpy()
    request = {"likeness": likeness, "own_heads": own_heads}
    result = map_by(model, picture, CAPTION, "grad-eclip", signed=True, **request)
    np.testing.assert_allclose(result.values, expected, rtol=1e-8, atol=1e-12)
    assert result.geometry.grid == pool.grid
    positive = map_by(model, picture, CAPTION, "grad-eclip", **request)
    np.testing.assert_allclose(positive.values, np.maximum(expected, 0), rtol=1e-8, atol=1e-12)


def test_raw_attention_is_the_pools(case: Case, picture: NDArray[np.uint8]) -> None:
    model, pool, _ = case
    weights = _attend(pool, pool.heads)[0][:, pool.first :].detach().numpy()
    result = map_by(model, picture, CAPTION, "raw-attention")
    np.testing.assert_allclose(result.values, weights.mean(0).reshape(pool.grid), rtol=1e-9)
    last = map_by(model, picture, CAPTION, "raw-attention", head=pool.heads - 1)
    np.testing.assert_allclose(last.values, weights[-1].reshape(pool.grid), rtol=1e-9)


def test_options_that_a_pool_does_not_define_are_errors(case: Case, picture: NDArray[np.uint8]) -> None:
    model = case[0]
    with pytest.raises(SettingsError, match="layers is 2, and the attention that pools is one layer"):
        map_by(model, picture, CAPTION, "grad-eclip", layers=2)
    if case[1].grid == (2, 2):  # a ResNet's stages have no attention to roll out
        for key in ("rollout", "game"):
            with pytest.raises(MethodError, match="feature maps"):
                map_by(model, picture, CAPTION, key)


@pytest.mark.parametrize("weighted", [True, False])
def test_maskclip_reads_each_token_alone(case: Case, picture: NDArray[np.uint8], weighted: bool) -> None:
    """A token's value after the output projection; its key against the pool's query, or against the mean's key."""
    model, pool, other = case
    source = pool.out(pool.k[0] if pool.grid == (2, 2) else pool.q)
    expected = []
    for value, key in list(zip(pool.v, pool.out(pool.k), strict=True))[pool.first :]:
        e = pool.finish(pool.out(value))
        alike = key @ source / key.norm() / source.norm() if weighted else 1.0
        expected.append(float(alike * (e @ other) / e.norm() / other.norm()))
    result = map_by(model, picture, CAPTION, "maskclip", weighted=weighted)
    np.testing.assert_allclose(result.values.ravel(), expected, rtol=1e-9, atol=1e-12)
    assert result.geometry.grid == pool.grid


def _blocks(model: Model, picture: NDArray[np.uint8], pool: Pool) -> tuple[list[Any], list[Tensor]]:
    """Return the blocks' own modules, and what each reads, whose last is what the pool reads."""
    visual, pixels = model.network.visual, model.pixels(picture)
    if pool.first:
        blocks = list(visual.transformer.resblocks)
        patches = visual.conv1(pixels[None])[0].flatten(1).T
        x = visual.ln_pre(torch.cat([visual.class_embedding[None], patches]) + visual.positional_embedding)
    else:
        blocks, x = list(visual.trunk.blocks), visual.trunk._pos_embed(visual.trunk.patch_embed(pixels[None]))[0]
    streams = [x]
    for block in blocks:
        streams.append(block(streams[-1][None])[0])
    return blocks, streams


def _weights(block: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return a block's weights (heads, T, T) and values (heads, T, d)."""
    attention = block.attn
    if hasattr(attention, "qkv"):
        parts, heads = attention.qkv(block.norm1(x)).chunk(3, dim=-1), attention.num_heads
    else:
        packed = block.ln_1(x) @ attention.in_proj_weight.T + attention.in_proj_bias
        parts, heads = packed.chunk(3, dim=-1), attention.num_heads
    q, k, v = (one.reshape(len(x), heads, -1).transpose(0, 1) for one in parts)
    likely = torch.exp(q @ k.mT / q.shape[-1] ** 0.5)
    return likely / likely.sum(-1, keepdim=True), v


def test_rollout_ends_with_the_pools_weights(case: Case, picture: NDArray[np.uint8]) -> None:
    model, pool, _ = case
    if pool.grid == (2, 2):
        pytest.skip("a ResNet has no blocks")
    blocks, streams = _blocks(model, picture, pool)
    whole = np.eye(len(pool.k))
    for block, x in zip(blocks, streams, strict=False):
        whole = (0.5 * _weights(block, x)[0].mean(0).detach().numpy() + 0.5 * np.eye(len(whole))) @ whole
    expected = _attend(pool, pool.heads)[0].mean(0).detach().numpy() @ whole
    result = map_by(model, picture, CAPTION, "rollout")
    np.testing.assert_allclose(result.values.ravel(), expected[pool.first :], rtol=1e-9)


def test_game_ends_with_attention_between_two_kinds(case: Case, picture: NDArray[np.uint8]) -> None:
    """Chefer et al., eq. 10, with whole matrices; a weight's gradient is that of a shift added to it."""
    model, pool, other = case
    if pool.grid == (2, 2):
        pytest.skip("a ResNet has no blocks")
    blocks, streams = _blocks(model, picture, pool)
    scale, visual = float(model.network.logit_scale.exp()), model.network.visual

    def score(e: Tensor) -> Tensor:
        return scale * (e @ other) / e.norm() / other.norm()

    relevance = np.eye(len(pool.k))
    for number, block in enumerate(blocks):
        weights, v = _weights(block, streams[number])

        def through(a: Tensor, number: int = number, block: Any = block, v: Tensor = v) -> Tensor:
            way_out, norm = (block.attn.out_proj, block.ln_2) if pool.first else (block.attn.proj, block.norm2)
            x = streams[number] + way_out((a @ v).transpose(0, 1).flatten(1))
            x = x + block.mlp(norm(x))
            for later in blocks[number + 1 :]:
                x = later(x[None])[0]
            if pool.first:
                return score(visual._pool(x[None])[0][0] @ visual.proj)
            return score(visual.head(visual.trunk.forward_head(visual.trunk.norm(x[None])))[0])

        slope = torch.autograd.functional.jacobian(through, weights.detach())
        relevance = relevance + np.maximum((slope * weights).detach().numpy(), 0).mean(0) @ relevance
    weights, _ = _attend(pool, pool.heads)
    values = pool.v.reshape(len(pool.v), pool.heads, -1)

    def pooled(a: Tensor) -> Tensor:
        return score(pool.finish(pool.out(torch.einsum("ht,thd->hd", a, values).flatten())))

    slope = torch.autograd.functional.jacobian(pooled, weights.detach())
    taken = np.maximum((slope * weights).detach().numpy(), 0).mean(0)
    own = relevance - np.eye(len(relevance))
    expected = taken @ (own / own.sum(1, keepdims=True) + np.eye(len(own)))
    result = map_by(model, picture, CAPTION, "game")
    np.testing.assert_allclose(result.values.ravel(), expected[pool.first :], rtol=1e-8, atol=1e-12)


def test_a_token_is_projected_as_if_the_pool_read_no_other(case: Case, picture: NDArray[np.uint8]) -> None:
    model, pool, _ = case
    if pool.grid == (2, 2):
        pytest.skip("a ResNet has no blocks")
    pixels = model.pixels(picture)
    cut, anatomy = model.image.cut("pool"), model.image.anatomy(pixels)
    stream = run_stream(anatomy, anatomy.start, 0, len(anatomy.blocks))[0]
    alone = cut.head(cut.features(pixels)[:, None])
    torch.testing.assert_close(anatomy.project(stream), alone, rtol=1e-9, atol=1e-12)
    for key in ("clip-surgery", "m2ib"):
        assert np.ptp(map_by(model, picture, CAPTION, key).values) > 0
    assert np.ptp(matrix_by(model, picture, CAPTION, "itsm").matrix) > 0


@pytest.mark.parametrize("name", ["convnext", "swin", "eva02", "registers"])
def test_grad_cam_takes_any_towers_features(
    make_tiny: Callable[..., Model], picture: NDArray[np.uint8], name: str
) -> None:
    """The last stage's or block's input times its gradient's mean, on towers without plain blocks."""
    timm_models.register()
    model = in_float64(make_tiny(**timm_models.changes(name)))
    layer = model.resolve_layer("image", -1)
    cut, other = model.image.cut(layer), encode_captions(model, [CAPTION])[0]
    x = cut.features(model.pixels(picture)).detach()

    def score(x: Tensor) -> Tensor:
        e = cut.head(x[None])[0]
        return e @ other / e.norm()

    slope = torch.autograd.functional.jacobian(score, x)
    expected = (x * slope.mean(0)).sum(1)[cut.prefix :].reshape(cut.grid).numpy()
    result = map_by(model, picture, CAPTION, "grad-cam", signed=True)
    np.testing.assert_allclose(result.values, expected, rtol=1e-8, atol=1e-12)
    assert result.geometry == model.geometry((48, 40), layer)
