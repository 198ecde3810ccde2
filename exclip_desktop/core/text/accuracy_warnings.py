"""What a person must know of an explanation before they trust its numbers; whoever tells it finds the words."""

from dataclasses import dataclass
from typing import Final, Literal

from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, SideReport
from exclip_desktop.core.values.settings import OWN_STEPS

Remedy = Literal["steps or adaptive", "more steps", "beyond adaptive"]
"""What helps: more steps or the adaptive rule; a higher limit of the adaptive rule; what goes beyond its own limit."""

SIDES: Final = ("picture", "caption")


@dataclass(frozen=True, slots=True)
class Doubt:
    """An integral that is less exact than its tolerance: ``picture`` or ``caption``, its report, and what helps."""

    name: str
    side: SideReport
    remedy: Remedy
    tolerance: float


def doubts_of(explanation: Explanation) -> list[Doubt]:
    """Return which integrals are not exact: by a fixed rule's residual, or since the adaptive rule has not settled."""
    found, tolerance = [], explanation.settings.tolerance
    for name, side in zip(SIDES, (explanation.image_side, explanation.text_side), strict=True):
        if not side.converged:
            remedy: Remedy = "more steps" if side.nodes < OWN_STEPS["adaptive"] else "beyond adaptive"
            found.append(Doubt(name, side, remedy, tolerance))
        elif side.residual > tolerance:
            found.append(Doubt(name, side, "steps or adaptive", tolerance))
    return found


def why_unseen(caption: Caption) -> str:
    """Return why the model did not see all of a caption, as what follows "The caption"; empty where it did."""
    if caption.unseen is None:
        return ""
    full = caption.read == caption.context
    return f"is too long: this model reads {caption.context} tokens" if full else "ends at its typed end token"


def precision_told(precision: str, score: float, float32_score: float | None) -> str:
    """Return how far a lower precision moved the score; empty for float32."""
    if float32_score is None:
        return ""
    scores = f"the score is {score:+.5f}, in float32 {float32_score:+.5f}"
    return f"Before the layers the model ran in {precision}: {scores}."
