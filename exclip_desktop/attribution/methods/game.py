"""GAME (Chefer et al., ICCV 2021)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import AttributionMethod, option

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class Game:
    """Options."""

    start: int = option(0, "the first explained block, from 0")


def answer(pair: "Pair", options: Game) -> "TokenMap":
    """Return the pooled token's row of the relevance."""
    from exclip_desktop.attribution.formulas.gradients import game

    scale = float(pair.model.network.logit_scale.exp())
    return pair.token_map(
        options, pair.block_values(lambda anatomy: game(anatomy, pair.other, scale, start=options.start))
    )


METHOD = AttributionMethod(
    key="game",
    name="GAME",
    citation="Chefer et al., ICCV 2021",
    cost="one run, and one backward through all explained blocks",
    options_type=Game,
    position=50,
    answer=answer,
)
