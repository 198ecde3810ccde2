"""What a person must know of an explanation before they trust its numbers, whoever tells it."""

from dataclasses import dataclass
from typing import Final, Literal

from exclip_desktop.core.explanation import Explanation, SideReport
from exclip_desktop.core.steps import OWN_STEPS, TOLERANCE
from exclip_desktop.core.tokens import Caption

Remedy = Literal["steps or adaptive", "more steps", "beyond adaptive"]
"""What helps: more steps or the adaptive rule; a higher limit of the adaptive rule; what goes beyond its own limit."""

SIDES: Final = ("picture", "caption")


@dataclass(frozen=True, slots=True)
class Doubt:
    """An integral that is less exact than ``TOLERANCE``: a sentence without its full stop, and what helps."""

    message: str
    remedy: Remedy


def doubts_of(explanation: Explanation) -> list[Doubt]:
    """Return which integrals are not exact: by a fixed rule's residual, or since the adaptive rule has not settled."""
    found = []
    for name, side in zip(SIDES, (explanation.image_side, explanation.text_side), strict=True):
        if not side.converged:
            limited = side.nodes < OWN_STEPS["adaptive"]
            message = f"The {name}'s integral has not settled after {side.nodes} nodes: {_told(side)}"
            found.append(Doubt(message, "more steps" if limited else "beyond adaptive"))
        elif side.residual > TOLERANCE:
            message = f"The {name}'s integral is not exact with {side.nodes} nodes: {_told(side)}"
            found.append(Doubt(message, "steps or adaptive"))
    return found


def unseen_told(caption: Caption) -> str:
    """Return what of the caption the model did not see, and why; empty where it saw all."""
    if caption.unseen is None:
        return ""
    full = len(caption.tokens) == caption.context
    why = f"is too long: this model reads {caption.context} tokens" if full else "ends at its typed end token"
    return f"The caption {why}. The model did not see: {caption.text[slice(*caption.unseen)]}"


def _told(side: SideReport) -> str:
    error = "" if side.row_error is None else f", row error {side.row_error:.1e}"
    return f"completeness residual {side.residual:.1e}{error} (at most {TOLERANCE:g} is wanted)"
