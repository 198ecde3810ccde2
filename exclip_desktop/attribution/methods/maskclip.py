"""MaskCLIP (Zhou et al., ECCV 2022)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import AttributionMethod, option

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class MaskClip:
    """Options."""

    weighted: bool = option(True, "weight patches by the cosine of their keys with the pooled token's")


def answer(pair: "Pair", options: MaskClip) -> "TokenMap":
    """Return each patch's cosine with the target."""
    from exclip_desktop.attribution.formulas.attention import maskclip, maskclip_of_pooler

    return pair.pooling_map(
        options,
        lambda anatomy: maskclip(anatomy, pair.other, weighted=options.weighted),
        lambda pooler: maskclip_of_pooler(pooler, pair.other, weighted=options.weighted),
    )


METHOD = AttributionMethod(
    key="maskclip",
    name="MaskCLIP",
    citation="Zhou et al., ECCV 2022",
    cost="one run",
    sides=("image",),
    options_type=MaskClip,
    position=60,
    answer=answer,
)
