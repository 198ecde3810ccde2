"""Grad-CAM (Selvaraju et al., ICCV 2017)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import AttributionMethod, option

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import TokenMap


@dataclass(frozen=True, slots=True)
class GradCam:
    """Options."""

    layer: int = option(-1, "the block whose input is explained, from 0; −1: the last")
    signed: bool = option(False, "keep negative values")


def answer(pair: "Pair", options: GradCam) -> "TokenMap":
    """Return the features at a block's or stage's input, weighted by their mean gradient."""
    from exclip_desktop.attribution.formulas.gradients import grad_cam

    cut = pair.cut(pair.model.resolve_layer(pair.side, options.layer))
    values = grad_cam(cut, pair.tower_input, pair.other, signed=options.signed)[cut.prefix :]
    values = values.reshape(cut.grid) if pair.side == "image" else values
    return pair.token_map(options, values, pair.model.resolve_layer("image", options.layer))


METHOD = AttributionMethod(
    key="grad-cam",
    name="Grad-CAM",
    citation="Selvaraju et al., ICCV 2017",
    cost="one run, and one backward through the last block",
    options_type=GradCam,
    position=40,
    answer=answer,
)
