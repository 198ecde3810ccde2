"""ITSM: cosines of every caption token and every image token, each projected as if it were pooled.

Published (Li et al. 2022, arXiv 2209.07046) for a text's embedding: the pooled token's row. Sums over other rows, all
of them included, are what a selection in any matrix means, and no part of the definition.
"""

import torch
from torch import Tensor
from torch.nn import functional

from exclip_desktop.attribution.formulas.block_run import run_blocks
from exclip_desktop.models.towers.anatomy import Anatomy


@torch.no_grad()
def itsm(caption: Anatomy, picture: Anatomy) -> Tensor:
    """Return the cosines, (caption tokens, image tokens)."""
    left, right = (
        functional.normalize(one.project(run_blocks(one, len(one.blocks) - 1).last[0]), dim=-1)
        for one in (caption, picture)
    )
    return (left @ right.T).detach()
