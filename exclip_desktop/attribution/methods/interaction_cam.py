"""Interaction-CAM (after Sammani et al., TIP 2023)."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import SecondOrderMethod, option

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import MatrixAnswer


@dataclass(frozen=True, slots=True)
class InteractionCam:
    """Options; ``layer`` is a block of either side."""

    layer: int = option(-1, "the block whose input is explained, from 0; −1: the last")
    signed: bool = option(False, "keep negative values")


def answer(pair: "Pair", options: InteractionCam) -> "MatrixAnswer":
    """Return both sides' features, weighted by the score's mean mixed derivative."""
    from exclip_desktop.attribution.formulas.interaction_cam import interaction_cam

    words, picture = pair.anatomies
    values = interaction_cam(words, picture, **asdict(options), cancel=pair.cancel)
    return pair.matrix(options, values[:, picture.mapped])


METHOD = SecondOrderMethod(
    key="interaction-cam",
    name="Interaction-CAM",
    citation="after Sammani et al., TIP 2023",
    cost="two derivatives through the last block for every token of the caption",
    options_type=InteractionCam,
    position=40,
    answer=answer,
)
