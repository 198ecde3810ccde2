"""An attention that pools by one query of its own: SigLIP's MAP head, CoCa's attentional pooler, a ResNet's pool."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import BlockRecord, compute_attention, project_output
from exclip_desktop.models.towers.attention import Query
from exclip_desktop.models.towers.tower_protocols import Cut


@dataclass(frozen=True, slots=True)
class Pooler:
    """A picture at the attention that pools.

    Attributes:
        query: the attention's parts.
        tokens: the tokens that it reads, (T, W).
        patches: the patches among its keys: after prefix tokens, and after the mean where the query is the mean.
        grid: rows and columns of the patches.

    """

    query: Query
    tokens: Tensor
    patches: slice
    grid: tuple[int, int]

    def attend(self, heads: int) -> tuple[BlockRecord, Tensor]:
        """Run it with ``heads`` heads; return its record, and the embedding (D,)."""
        return attend_pool(self.query, self.tokens[None].detach().requires_grad_(), heads)


def attend_pool(pool: Query, x: Tensor, heads: int) -> tuple[BlockRecord, Tensor]:
    """Run an attention that pools a stream (1, T, W) by one query; return its record, and the embedding (D,)."""
    y, maps = pool.norm(x), pool.maps
    if pool.source == "mean":
        source = pool.mean(x)
        y = torch.cat([source, y], dim=1)
    else:
        assert isinstance(pool.source, Tensor)
        source = pool.source.expand(1, 1, -1)
    query = functional.linear(source, maps.query, maps.query_bias)
    key = functional.linear(y, maps.key, maps.key_bias)
    value = functional.linear(y, maps.value, maps.value_bias)
    weights, attended = compute_attention(query, key, value, heads)
    embedding = pool.tail(pool.scale(project_output(maps, attended[:, 0])))[0]
    return BlockRecord(x, query, key, value, weights, attended), embedding


def make_pooler(cut: Cut, pixels: Tensor) -> Pooler | None:
    """Return the attention pooler for a model input (3, h, w); None if its parts are not accessible."""
    if cut.query is None:
        return None
    mean = int(cut.query.source == "mean")
    with torch.no_grad():
        return Pooler(cut.query, cut.features(pixels), slice(mean + cut.prefix, None), cut.grid)
