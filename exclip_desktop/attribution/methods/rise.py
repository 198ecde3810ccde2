"""RISE (Petsiuk et al., BMVC 2018)."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.methods import AttributionMethod, option, require_at_least

if TYPE_CHECKING:
    from torch import Tensor

    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class Rise:
    """Options."""

    masks: int = option(4000, "number of masks, N")
    cells: int = option(8, "coarse cells along each side, s")
    share: float = option(0.5, "p, the probability that a cell stays")
    seed: int = option(0, "seed of the masks")

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` where an option is out of range."""
        require_at_least(self.masks, 1, "masks")
        require_at_least(self.cells, 1, "cells")
        if not 0 < self.share <= 1:
            raise SettingsError(f"The share {self.share:g} is out of range.", "Choose one above 0, and at most 1.")


def answer(pair: "Pair", options: Rise) -> "TokenMap":
    """Return the mean of the masks, weighted by the scores; partial maps after every batch of masks."""
    from exclip_desktop.attribution.formulas.rise import rise

    on_partial = pair.on_partial

    def show_partial(values: "Tensor") -> None:
        if on_partial is not None:
            on_partial(pair.token_map(options, values))

    values = rise(
        pair.score_inputs,
        pair.pixels,
        pair.image_cut(0).grid,
        **asdict(options),
        progress=pair.progress,
        cancel=pair.cancel,
        on_partial=show_partial,
    )
    return pair.token_map(options, values)


METHOD = AttributionMethod(
    key="rise",
    name="RISE",
    citation="Petsiuk et al., BMVC 2018",
    cost="one run for every mask",
    sides=("image",),
    options_type=Rise,
    position=90,
    answer=answer,
)
