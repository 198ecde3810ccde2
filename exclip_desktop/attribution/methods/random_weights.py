"""Random weights: our own method on the same architecture with weights that are not trained, as a control."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exclip_desktop.core.methods import SecondOrderMethod, option
from exclip_desktop.core.values.settings import ExplainSettings

if TYPE_CHECKING:
    from exclip_desktop.attribution.pair import Pair
    from exclip_desktop.core.values.answers import MatrixAnswer


@dataclass(frozen=True, slots=True)
class RandomWeights:
    """Options; all weights are drawn at once, not layer after layer from the last."""

    seed: int = option(0, "seed of the weights")


def answer(pair: "Pair", options: RandomWeights) -> "MatrixAnswer":
    """Return the matrix of our own method, with its default settings."""
    import torch

    from exclip_desktop.attribution.second_order.explain import explain_pair
    from exclip_desktop.models.loading import randomise_weights

    explanation = explain_pair(
        randomise_weights(pair.model, options.seed),
        pair.picture,
        pair.caption.text,
        ExplainSettings(framing=pair.framing),
        progress=pair.progress,
        cancel=pair.cancel,
    )
    return pair.matrix(options, torch.from_numpy(explanation.matrix), pair.model.resolve_layer("image", None))


METHOD = SecondOrderMethod(
    key="random-weights",
    name="Random weights",
    cost="that of our own method, and drawing the weights",
    options_type=RandomWeights,
    position=60,
    answer=answer,
)
