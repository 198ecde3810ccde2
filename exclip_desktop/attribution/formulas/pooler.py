"""An attention that pools by one query of its own: SigLIP's MAP head, CoCa's attentional pooler, a ResNet's pool."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import Seen, attended_by, way_out
from exclip_desktop.models.towers.tower_protocols import Cut, Query


@dataclass(frozen=True, slots=True)
class Pooler:
    """A picture at the attention that pools.

    Attributes:
        query: the attention taken apart.
        tokens: what it reads, (T, W).
        shown: the patches among its keys: after prefix tokens, and the mean where that asks.
        grid: their rows and columns.

    """

    query: Query
    tokens: Tensor
    shown: slice
    grid: tuple[int, int]

    def look(self, heads: int) -> tuple[Seen, Tensor]:
        """Return what it does by ``heads`` heads, and the embedding (D,)."""
        return look_at_pool(self.query, self.tokens[None].detach().requires_grad_(), heads)


def look_at_pool(pool: Query, x: Tensor, heads: int) -> tuple[Seen, Tensor]:
    """Return what an attention that pools does with a stream (1, T, W), its query the only one; the embedding (D,)."""
    y, maps = pool.norm(x), pool.maps
    if pool.asks == "mean":
        asking = pool.mean(x)
        y = torch.cat([asking, y], dim=1)
    else:
        assert isinstance(pool.asks, Tensor)
        asking = pool.asks.expand(1, 1, -1)
    query = functional.linear(asking, maps.query, maps.query_bias)
    key = functional.linear(y, maps.key, maps.key_bias)
    value = functional.linear(y, maps.value, maps.value_bias)
    weights, attended = attended_by(query, key, value, heads)
    return Seen(x, query, key, value, weights, attended), pool.tail(pool.scale(way_out(maps, attended[:, 0])))[0]


def pooler_of(cut: Cut, pixels: Tensor) -> Pooler | None:
    """Return a picture's (3, h, w) pooler from the cut at it; None where it cannot be taken apart."""
    if cut.query is None:
        return None
    mean = int(cut.query.asks == "mean")
    with torch.no_grad():
        return Pooler(cut.query, cut.features(pixels), slice(mean + cut.prefix, None), cut.grid)
