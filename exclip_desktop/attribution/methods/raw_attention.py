"""Raw attention of the last block."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import AttributionMethod, option

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class RawAttention:
    """Options."""

    head: int = option(-1, "one head, from 0; −1: the heads' mean")


def answer(pair: "Pair", options: RawAttention) -> "TokenMap":
    """Return the weights of the pooled token."""
    from exclip_desktop.attribution.formulas.attention import raw_attention, raw_attention_of_pooler

    return pair.pooling_map(
        options,
        lambda anatomy: raw_attention(anatomy, options.head),
        lambda pooler: raw_attention_of_pooler(pooler, options.head),
    )


METHOD = AttributionMethod(
    key="raw-attention",
    name="Raw attention",
    cost="one run",
    options_type=RawAttention,
    position=20,
    answer=answer,
)
