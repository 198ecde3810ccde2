"""Grad-ECLIP (Zhao et al., ICML 2024, eqs. 7 and 8; for captions arXiv 2502.18816).

H_i = ReLU(Σ_c w_c λ_i v_ic) with w = ∂S/∂o of the pooled token, o and v before the attention's way out, and λ_i how
alike the pooled token's query and token i's key are, both after that way out. As in the published code, the explained
blocks attend with one head over all channels, and S is the cosine of that run. Where several tokens are pooled, what
each gives is added.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import Seen, recorded, run_blocks, way_out
from exclip_desktop.attribution.formulas.pooler import Pooler
from exclip_desktop.attribution.formulas.target import at_least, cosine_with, from_zero_to_one, pooled_tokens
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.models.towers.anatomy import Anatomy
from exclip_desktop.models.towers.tower_protocols import Projections

Likeness = Literal["cosine", "softmax", "none"]


@dataclass(frozen=True, slots=True)
class GradEclip:
    """Options.

    Attributes:
        layers: how many blocks are explained, from the last.
        likeness: λ: min–max of the cosine over the tokens that count, the attention's own weights, or 1.
        own_heads: whether the explained blocks keep the model's heads.
        head: one of them, from 0; −1: their sum.
        signed: whether negative values are kept.
        whole_context: whether λ is scaled over all tokens, as for captions; else over the tokens that a map shows.

    """

    layers: int = 1
    likeness: Likeness = "cosine"
    own_heads: bool = False
    head: int = -1
    signed: bool = False
    whole_context: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        at_least(self.layers, 1, "layers")


def grad_eclip(anatomy: Anatomy, other: Tensor, options: GradEclip | None = None) -> Tensor:
    """Return each token's value, (T,), for the cosine with the other side's embedding ``other`` (D,).

    Raises:
        MethodError: the encoder pools by an attention of its own.
        SettingsError: there is no such head.

    """
    options = options or GradEclip()
    pooled = pooled_tokens(anatomy, "Grad-ECLIP")
    first = max(len(anatomy.blocks) - options.layers, 0)
    with recorded():
        run = run_blocks(anatomy, first, one_head=not options.own_heads)
        score = cosine_with(other, run.embedding)
        slopes = torch.autograd.grad(score, [seen.attended for seen in run.seen])
    found = [
        _by_head(seen, slope[0, token], _likeness(part.maps, seen, token, anatomy.shown, options))
        for part, seen, slope in zip(anatomy.blocks[first:], run.seen, slopes, strict=True)
        for token in pooled
    ]
    return _chosen(torch.stack(found).sum(0).detach(), options)


def grad_eclip_of_pooler(pooler: Pooler, other: Tensor, options: GradEclip | None = None) -> Tensor:
    """Return the same, (T,), of an attention that pools: its own query takes the pooled token's place.

    Raises:
        SettingsError: more layers than this one are asked for, or there is no such head.

    """
    options = options or GradEclip()
    if options.layers > 1:
        raise SettingsError(f"layers is {options.layers}, and the attention that pools is one layer.", "Give 1.")
    maps = pooler.query.maps
    with recorded():
        seen, embedding = pooler.look(maps.heads if options.own_heads else 1)
        (slope,) = torch.autograd.grad(cosine_with(other, embedding), [seen.attended])
    return _chosen(_by_head(seen, slope[0, 0], _likeness(maps, seen, 0, pooler.shown, options)).detach(), options)


def _chosen(heads: Tensor, options: GradEclip) -> Tensor:
    """Return the sum over heads (H, T), or one of them, without its negative values where they are not kept: (T,)."""
    if options.head >= len(heads):
        told = f"Give one from 0 to {len(heads) - 1}, or −1 for all." if options.own_heads else "Keep them (own_heads)."
        raise SettingsError(f"There is no head {options.head}.", told)
    total = heads.sum(0) if options.head < 0 else heads[options.head]
    return total if options.signed else total.relu()


def _by_head(seen: Seen, slope: Tensor, likeness: Tensor) -> Tensor:
    """Return Σ_c w_c v_ic λ_i over each head's channels: (H, T)."""
    heads = seen.weights.shape[1]
    products = (slope * seen.value[0]).reshape(len(seen.value[0]), heads, -1).sum(-1).T
    return products * likeness


def _likeness(maps: Projections, seen: Seen, pooled: int, shown: slice, options: GradEclip) -> Tensor:
    """Return λ: (T,), or (H, T) where each head has its own."""
    if options.likeness == "none":
        return torch.ones_like(seen.value[0, :, 0])
    if options.likeness == "softmax":
        return seen.weights[0, :, pooled]
    query, keys = (way_out(maps, one[0]) for one in (seen.query[:, pooled], seen.key))
    alike = functional.cosine_similarity(query, keys, dim=-1)
    counted = slice(None) if options.whole_context else shown
    scaled = torch.zeros_like(alike)
    scaled[counted] = from_zero_to_one(alike[counted])
    return scaled
