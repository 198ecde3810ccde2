"""First-order methods straight from their formulas, float64, on open_clip's own modules; slow, and shares no code.

A run is written out block by block with torch's own attention weights; a derivative is that of a shift added to what
it is taken by.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]


@dataclass
class Block:
    x: Tensor
    q: Tensor
    k: Tensor
    v: Tensor
    a: Tensor
    o: Tensor


class Tower:
    """A ViT, or a causal text encoder, read at the tokens ``pooled``; ``finish`` takes the whole last stream."""

    def __init__(
        self,
        first: Tensor,
        blocks: Any,
        finish: Callable[[Tensor], Tensor],
        pooled: list[int],
        mask: Tensor | None = None,
    ) -> None:
        self.first, self.blocks, self.finish, self.pooled, self.mask = first, list(blocks), finish, pooled, mask

    def run(
        self, one_head_from: int | None = None, shift: tuple[str, int, Tensor] | None = None
    ) -> tuple[list[Block], Tensor]:
        def shifted(what: str, number: int, value: Tensor) -> Tensor:
            return value + shift[2] if shift is not None and shift[:2] == (what, number) else value

        x, visible = self.first, []
        for number, block in enumerate(self.blocks):
            x = shifted("x", number, x)
            attention = block.attn
            width = x.shape[-1]
            heads = attention.num_heads if one_head_from is None or number < one_head_from else 1
            size = width // heads
            weight, bias = attention.in_proj_weight, attention.in_proj_bias
            y = block.ln_1(x)
            q, k, v = (y @ weight[p * width : (p + 1) * width].T + bias[p * width : (p + 1) * width] for p in range(3))
            rows = []
            for h in range(heads):
                part = slice(h * size, (h + 1) * size)
                logits = q[:, part] @ k[:, part].T / np.sqrt(size)
                likely = torch.exp(logits + (0 if self.mask is None else self.mask))
                rows.append(likely / likely.sum(1, keepdim=True))
            a = torch.stack(rows)
            a = shifted("a", number, a)
            o = torch.cat([a[h] @ v[:, h * size : (h + 1) * size] for h in range(heads)], dim=1)
            o = shifted("o", number, o)
            visible.append(Block(x, q, k, v, a, o))
            x = x + o @ attention.out_proj.weight.T + attention.out_proj.bias
            x = x + block.mlp(block.ln_2(x))
        return visible, self.finish(x)

    def slope(self, what: str, number: int, other: Tensor, one_head_from: int | None = None) -> Tensor:
        visible, _ = self.run(one_head_from)
        at = torch.zeros_like(getattr(visible[number], what))

        def score(shift: Tensor) -> Tensor:
            _, e = self.run(one_head_from, (what, number, shift))
            return e @ other / e.norm() / other.norm()

        result: Tensor = torch.autograd.functional.jacobian(score, at)
        return result


def image_tower(visual: Any, pixels: Tensor) -> Tower:
    patches = visual.conv1(pixels[None])[0].flatten(1).T
    first = visual.ln_pre(torch.cat([visual.class_embedding[None], patches]) + visual.positional_embedding)
    blocks = visual.transformer.resblocks
    if visual.pool_type == "avg":
        return Tower(first, blocks, lambda x: visual.ln_post(x)[1:].mean(0) @ visual.proj, list(range(1, len(first))))
    return Tower(first, blocks, lambda x: visual.ln_post(x[0]) @ visual.proj, [0])


def grad_eclip(
    tower: Tower,
    other: Tensor,
    layers: int,
    counted: slice,
    likeness: str = "cosine",
    own_heads: bool = False,
    head: int | None = None,
) -> Floats:
    """Return Σ over the last blocks of Σ_c w_c λ_i v_ic for every token, before ReLU; ``head``: its channels alone."""
    first = len(tower.blocks) - layers
    one_head_from = None if own_heads else first
    visible, _ = tower.run(one_head_from)
    total = np.zeros(len(tower.first))
    for number in range(first, len(tower.blocks)):
        block, out = visible[number], tower.blocks[number].attn.out_proj
        slope = tower.slope("o", number, other, one_head_from)
        keys = block.k @ out.weight.T + out.bias
        size = block.v.shape[1] // len(block.a)
        for token in tower.pooled:
            w, query = slope[token], block.q[token] @ out.weight.T + out.bias
            alike = keys @ query / keys.norm(dim=1) / query.norm()
            low, high = alike[counted].min(), alike[counted].max()
            for i in range(len(total)):
                for h in range(len(block.a)) if head is None else [head]:
                    cosine = (alike[i] - low) / (high - low)
                    weight = {"cosine": cosine, "softmax": block.a[h, token, i], "none": 1.0}[likeness]
                    total[i] += float(weight * sum(w[c] * block.v[i, c] for c in range(h * size, (h + 1) * size)))
    return total


def raw_attention(tower: Tower, head: int | None = None) -> Floats:
    weights = tower.run()[0][-1].a
    chosen = weights.mean(0) if head is None else weights[head]
    return chosen[tower.pooled].mean(0).detach().numpy()


def rollout(tower: Tower, start: int) -> Floats:
    whole = np.eye(len(tower.first))
    for block in tower.run()[0][start:]:
        mixed = 0.5 * block.a.mean(0).detach().numpy() + 0.5 * np.eye(len(whole))
        whole = mixed @ whole
    np.testing.assert_allclose(whole.sum(1), 1, rtol=1e-12)
    return whole[tower.pooled].mean(0)


def grad_cam(tower: Tower, other: Tensor, number: int) -> Floats:
    """Return Σ_c α_c x_ic for every token, before ReLU."""
    slope = tower.slope("x", number, other)
    x = tower.run()[0][number].x.detach().numpy()
    return np.asarray((x * slope.numpy().mean(0)).sum(1))


def game(tower: Tower, other: Tensor, scale: float, start: int) -> Floats:
    r = np.eye(len(tower.first))
    visible, _ = tower.run()
    for number in range(start, len(tower.blocks)):
        slope = scale * tower.slope("a", number, other).numpy()
        r = r + np.maximum(slope * visible[number].a.detach().numpy(), 0).mean(0) @ r
    return (r - np.eye(len(r)))[tower.pooled].mean(0)


def maskclip(tower: Tower, project: Callable[[Tensor], Tensor], other: Tensor, weighted: bool = True) -> Floats:
    block, last = tower.run()[0][-1], tower.blocks[-1]
    keys = last.attn.out_proj(block.k)
    result = []
    for i in range(len(tower.first)):
        x = block.x[i] + last.attn.out_proj(block.v[i])
        e = project(x + last.mlp(last.ln_2(x)))
        alike = [keys[i] @ keys[t] / keys[i].norm() / keys[t].norm() for t in tower.pooled]
        weight = sum(alike) / len(alike) if weighted else 1.0
        result.append(float(weight * (e @ other) / e.norm() / other.norm()))
    return np.array(result)


def text_tower(text: Any, ids: Tensor) -> Tower:
    """Return CLIP's text encoder for ids, padding and all where they have it, pooled at the largest id."""
    first = text.token_embedding(ids) + text.positional_embedding[: len(ids)]
    mask = torch.full((len(ids), len(ids)), -torch.inf, dtype=first.dtype).triu(1)
    blocks = text.transformer.resblocks
    end = int(ids.argmax())
    return Tower(first, blocks, lambda x: text.ln_final(x[end]) @ text.text_projection, [end], mask)


def clip_surgery(
    tower: Tower, project: Callable[[Tensor], Tensor], texts: Tensor, layers: int, feature_surgery: bool = True
) -> Floats:
    """Return Σ_c of the tokens' features × texts, less their weighted mean over texts; the target is the first text."""
    first = len(tower.blocks) - layers
    visible, pooled = tower.run()
    other = visible[first].x
    for number in range(first, len(tower.blocks)):
        attention, v = tower.blocks[number].attn, visible[number].v
        size = v.shape[1] // attention.num_heads
        parts = []
        for h in range(attention.num_heads):
            mine = v[:, h * size : (h + 1) * size]
            likely = torch.exp(mine @ mine.T / np.sqrt(size))
            parts.append(likely / likely.sum(1, keepdim=True) @ mine)
        other = other + attention.out_proj(torch.cat(parts, dim=1))
    features = project(other)
    features = (features / features.norm(dim=1, keepdim=True)).detach().numpy()
    if not feature_surgery:
        return np.asarray([sum(token * texts[0].numpy()) for token in features])
    fits = np.exp(2 * (texts @ pooled / pooled.norm()).detach().numpy())
    fits = fits / fits.sum()
    weights = fits / fits.mean()
    products = features[:, None, :] * texts.numpy()[None] * weights[None, :, None]
    products = products - products.mean(1, keepdims=True)
    return products[:, 0].sum(-1)


def interaction_cam(words: Tower, picture: Tower, number: int) -> Floats:
    """Return Σ_cd x_ic W_cd y_jd, W the mean over all i, j of ∂²(ê_t·ê_v) / ∂x_ic ∂y_jd, before ReLU."""
    features, means = [], []
    for tower in (words, picture):
        x = tower.run()[0][number].x.detach()

        def unit(shift: Tensor, tower: Tower = tower) -> Tensor:
            _, e = tower.run(shift=("x", number, shift))
            return e / e.norm()

        means.append(torch.autograd.functional.jacobian(unit, torch.zeros_like(x)).mean(1).numpy())
        features.append(x.numpy())
    weights = means[0].T @ means[1]
    return features[0] @ weights @ features[1].T


def rise_masks(count: int, size: tuple[int, int], cells: int, share: float, draw: torch.Generator) -> Floats:
    """Return masks pixel by pixel: cells drawn first, then shifts down, then across, as many as there are masks.

    The cells' grid is stretched by bilinear interpolation to one more cell than the picture, and cut out of it.
    """
    (height, width), step = size, [-(-length // cells) for length in size]
    stored = (torch.rand(count, cells, cells, generator=draw) < share).numpy().astype(float)
    shifts = [torch.randint(0, length, (count,), generator=draw).tolist() for length in step]
    result = np.zeros((count, height, width))
    for number, y, x in np.ndindex(result.shape):
        places = []
        for axis, at in enumerate((y, x)):
            place = (at + shifts[axis][number] + 0.5) / ((cells + 1) * step[axis]) * cells - 0.5
            low = int(np.floor(np.clip(place, 0, cells - 1)))
            places.append((low, min(low + 1, cells - 1), float(np.clip(place, 0, cells - 1) - low)))
        (top, bottom, down), (left, right, across) = places
        above = stored[number, top, left] * (1 - across) + stored[number, top, right] * across
        below = stored[number, bottom, left] * (1 - across) + stored[number, bottom, right] * across
        result[number, y, x] = above * (1 - down) + below * down
    return result


def m2ib(tower: Tower, other: Tensor, after: int, beta: float, noises: list[Tensor]) -> Floats:
    """Return Σ_c KL after as many steps of Adam (rate 1) as there are noises, each (samples, T, W)."""
    x = tower.run()[0][after + 1].x.detach()
    alpha = torch.full_like(x, 5.0, requires_grad=True)
    adam = torch.optim.Adam([alpha], lr=1.0)

    def divergence() -> Tensor:
        passing = torch.sigmoid(alpha)
        one, unit = torch.distributions.Normal(passing * x, 1 - passing), torch.distributions.Normal(0.0, 1.0)
        return torch.distributions.kl_divergence(one, unit.expand(x.shape))

    for noise in noises:
        passing, cosines = torch.sigmoid(alpha), []
        for one in noise:
            _, e = tower.run(shift=("x", after + 1, passing * x + (1 - passing) * one - x))
            cosines.append(e @ other / e.norm() / other.norm())
        adam.zero_grad()
        (beta * divergence().mean() - torch.stack(cosines).mean()).backward()
        adam.step()
    return divergence().sum(1).detach().numpy()
