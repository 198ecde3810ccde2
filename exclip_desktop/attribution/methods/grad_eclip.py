"""Grad-ECLIP (Zhao et al., ICML 2024)."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from exclip_desktop.core.methods import AttributionMethod, option, require_at_least

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class GradEclip:
    """Options."""

    layers: int = option(1, "number of explained blocks, from the last", caption_default=8)
    likeness: Literal["cosine", "softmax", "none"] = option(
        "cosine", "λ, the similarity of query and key", choices=("cosine", "softmax", "none")
    )
    own_heads: bool = option(False, "keep the model's heads in the explained blocks")
    head: int = option(-1, "one of the model's heads, from 0; −1: all")
    signed: bool = option(False, "keep negative values")
    whole_context: bool = option(False, "scale λ over all tokens, not only those of the map", caption_default=True)

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` where an option is out of range."""
        require_at_least(self.layers, 1, "layers")


def answer(pair: "Pair", options: GradEclip) -> "TokenMap":
    """Return the map of a picture; of a caption, the content tokens' shares of their sum."""
    import torch

    from exclip_desktop.attribution.formulas.gradients import grad_eclip, grad_eclip_of_pooler

    named = asdict(options)
    if pair.side == "image":
        return pair.pooling_map(
            options,
            lambda anatomy: grad_eclip(anatomy, pair.other, **named),
            lambda pooler: grad_eclip_of_pooler(pooler, pair.other, **named),
        )
    values = pair.caption_values(pair.block_values(lambda anatomy: grad_eclip(anatomy, pair.other, **named)))
    content = values.new_tensor([entry.kind == "content" for entry in pair.caption.tokens]).bool()
    values = torch.where(content, values, 0.0)
    values = values / values.sum() if not options.signed and values.sum() > 0 else values
    return pair.token_map(options, values, pair.pooling_layer)


METHOD = AttributionMethod(
    key="grad-eclip",
    name="Grad-ECLIP",
    citation="Zhao et al., ICML 2024; for captions arXiv 2502.18816",
    cost="one run, and one backward through the explained blocks",
    options_type=GradEclip,
    position=10,
    answer=answer,
)
