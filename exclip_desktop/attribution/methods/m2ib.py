"""M2IB (Wang et al., NeurIPS 2023)."""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import AttributionMethod, option, require_at_least

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class M2ib:
    """Options; in shorter encoders the bottleneck stands after the last block but one."""

    layer: int = option(9, "the bottleneck stands after this block, from 0")
    beta: float = option(0.1, "β, the cost of information")
    steps: int = option(10, "steps of Adam")
    rate: float = option(1.0, "learning rate of Adam")
    samples: int = option(10, "noise samples in every step")
    seed: int = option(0, "seed of the noise")

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` where an option is out of range."""
        require_at_least(self.steps, 1, "steps")
        require_at_least(self.samples, 1, "samples")


def answer(pair: "Pair", options: M2ib) -> "TokenMap":
    """Return each token's necessary information."""
    from exclip_desktop.attribution.formulas.m2ib import bottleneck_block, m2ib
    from exclip_desktop.models.towers.blocks import without_padding

    values = pair.block_values(
        lambda anatomy: m2ib(
            without_padding(anatomy), pair.other, **asdict(options), progress=pair.progress, cancel=pair.cancel
        )
    )
    return pair.token_map(replace(options, layer=bottleneck_block(options.layer, pair.tower.layers)), values)


METHOD = AttributionMethod(
    key="m2ib",
    name="M2IB",
    citation="Wang et al., NeurIPS 2023",
    cost="steps × samples runs and backwards of the blocks after the bottleneck",
    options_type=M2ib,
    position=80,
    answer=answer,
)
