"""Attention rollout (Abnar & Zuidema, ACL 2020)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import AttributionMethod, option

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class Rollout:
    """Options; some published comparisons took the last block only."""

    start: int = option(0, "the first explained block, from 0; −1: the last alone")


def answer(pair: "Pair", options: Rollout) -> "TokenMap":
    """Return the pooled token's row of the blocks' product."""
    from exclip_desktop.attribution.formulas.attention import rollout

    return pair.token_map(options, pair.block_values(lambda anatomy: rollout(anatomy, options.start)))


METHOD = AttributionMethod(
    key="rollout",
    name="Attention rollout",
    citation="Abnar & Zuidema, ACL 2020",
    cost="one run",
    options_type=Rollout,
    position=30,
    answer=answer,
)
