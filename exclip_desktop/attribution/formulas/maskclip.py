"""MaskCLIP (Zhou et al., ECCV 2022): values, without attention, through the rest of the last block."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import passed_out, run_blocks, way_out
from exclip_desktop.attribution.formulas.pooler import Pooler
from exclip_desktop.attribution.formulas.target import pooled_tokens
from exclip_desktop.models.towers.anatomy import Anatomy


@dataclass(frozen=True, slots=True)
class MaskClip:
    """Options: whether a token counts by how alike its key and the pooled token's are, ``weighted``."""

    weighted: bool = True


@torch.no_grad()
def maskclip(anatomy: Anatomy, other: Tensor, options: MaskClip | None = None) -> Tensor:
    """Return each token's cosine with the other side's embedding ``other`` (D,): (T,).

    A token's value takes the place of what attention would give it; weighted by the cosine of its key and the pooled
    token's, both after the attention's way out, as in the published comparison with Grad-ECLIP.
    """
    seen, part = run_blocks(anatomy, len(anatomy.blocks) - 1).seen[-1], anatomy.blocks[-1]
    x = seen.before + part.scale(passed_out(part, seen.value))
    each = anatomy.project((x + part.second(x))[0])
    found = functional.normalize(each, dim=-1) @ functional.normalize(other, dim=-1)
    if (options or MaskClip()).weighted:
        keys = functional.normalize(passed_out(part, seen.key[0]), dim=-1)
        found = found * (keys @ keys[pooled_tokens(anatomy, "MaskCLIP")].mean(0))
    return found.detach()


@torch.no_grad()
def maskclip_of_pooler(pooler: Pooler, other: Tensor, options: MaskClip | None = None) -> Tensor:
    """Return the same, (T,), where an attention pools, as in CLIP's ResNets: each token as if it were read alone.

    Keys are weighed by how alike the pooling query is, or, where the tokens' mean asks, that mean's key.
    """
    query, means = pooler.query, int(pooler.query.asks == "mean")
    found = functional.normalize(query.alone(pooler.tokens), dim=-1) @ functional.normalize(other, dim=-1)
    found = functional.pad(found, (means, 0))  # the mean is a key, and no token
    if (options or MaskClip()).weighted:
        seen, _ = pooler.look(query.maps.heads)
        asks = (seen.key if means else seen.query)[0, 0]
        found = found * functional.cosine_similarity(
            way_out(query.maps, seen.key[0]), way_out(query.maps, asks), dim=-1
        )
    return found.detach()
