"""ITSM: cosines of every caption token and every image token, each projected as if it were pooled.

Published (Li et al. 2022, arXiv 2209.07046) for a text's embedding: the pooled token's row. Sums over other rows,
or over all rows, are the selections of every matrix, and not part of the definition.
"""

from typing import TYPE_CHECKING

from exclip_desktop.core.methods import NoOptions, SecondOrderMethod

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import MatrixAnswer


def answer(pair: "Pair", options: NoOptions) -> "MatrixAnswer":
    """Return the cosines, caption tokens × patches."""
    import torch
    from torch.nn import functional

    from exclip_desktop.attribution.formulas.block_run import run_blocks

    with torch.no_grad():
        words, picture = pair.anatomies
        left, right = (
            functional.normalize(one.project(run_blocks(one, len(one.blocks) - 1).last[0]), dim=-1)
            for one in (words, picture)
        )
        cosines = (left @ right.T).detach()
    return pair.matrix(options, cosines[:, picture.mapped])


METHOD = SecondOrderMethod(key="itsm", name="ITSM", cost="one run of each side", position=10, answer=answer)
