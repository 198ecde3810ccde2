"""Warnings about an explanation's accuracy: integrals that are not exact, and text that the model did not read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exclip_desktop.core.errors import PYTHON_WORDS, Remedy, Words
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, SideReport
from exclip_desktop.core.values.settings import OWN_STEPS
from exclip_desktop.core.values.two_inputs import WHICH, CaptionSide, TwoInputExplanation

SIDES: Final = ("picture", "caption")


@dataclass(frozen=True, slots=True)
class InexactIntegral:
    """An integral with an error above its tolerance: ``picture`` or ``caption``, its report, and the remedy."""

    name: str
    side: SideReport
    remedy: Remedy
    tolerance: float

    def remedy_in(self, words: Words) -> str:
        """Return the remedy in the words of an interface."""
        return words[self.remedy].format(steps=OWN_STEPS["adaptive"])


def find_inexact_integrals(explanation: Explanation) -> list[InexactIntegral]:
    """Return the integrals that are not exact: too large a residual, or an adaptive rule that has not converged."""
    reports = explanation.image_side, explanation.text_side
    return _find_inexact(list(zip(SIDES, reports, strict=True)), explanation.settings.tolerance)


def _find_inexact(reports: Sequence[tuple[str, SideReport]], tolerance: float) -> list[InexactIntegral]:
    inexact = []
    for name, side in reports:
        if not side.converged:
            more = side.nodes < OWN_STEPS["adaptive"]
            remedy = Remedy.ADD_ADAPTIVE_STEPS if more else Remedy.SHORTEN_PATH
            inexact.append(InexactIntegral(name, side, remedy, tolerance))
        elif side.residual > tolerance:
            inexact.append(InexactIntegral(name, side, Remedy.ADD_STEPS_OR_ADAPT, tolerance))
    return inexact


def unread_reason(caption: Caption) -> str:
    """Return why the model did not read the whole caption, as the end of a sentence "The caption …"; else empty."""
    if caption.unseen is None:
        return ""
    full = caption.read == caption.context
    return f"is too long: this model reads {caption.context} tokens" if full else "ends at its typed end token"


def describe_precision(precision: str, score: float, float32_score: float | None) -> str:
    """Return a sentence on how a lower precision changed the score; empty for float32."""
    if float32_score is None:
        return ""
    scores = f"the score is {format_signed(score, 5)}, in float32 {format_signed(float32_score, 5)}"
    return f"Before the layers the model ran in {precision}: {scores}."


def accuracy_warnings(explanation: Explanation, words: Words = PYTHON_WORDS) -> list[str]:
    """Return warnings about the accuracy of an explanation; remedies are in the words of an interface."""
    moved = describe_precision(explanation.settings.precision, explanation.score, explanation.float32_score)
    return [
        *unread_warnings(explanation.caption),
        *([moved] if moved else []),
        *(_describe_inexact(integral, words) for integral in find_inexact_integrals(explanation)),
    ]


def two_input_warnings(explanation: TwoInputExplanation, words: Words = PYTHON_WORDS) -> list[str]:
    """Return warnings about the accuracy of two inputs, as ``accuracy_warnings`` does for a pair."""
    sides = explanation.first, explanation.second
    moved = describe_precision(explanation.settings.precision, explanation.score, explanation.float32_score)
    unread = [note for side in sides if isinstance(side, CaptionSide) for note in unread_warnings(side.caption)]
    names = (
        f"{which} {'caption' if side.kind == 'text' else 'picture'}" for which, side in zip(WHICH, sides, strict=True)
    )
    reports = list(zip(names, (side.report for side in sides), strict=True))
    inexact = _find_inexact(reports, explanation.settings.tolerance)
    return [*unread, *([moved] if moved else []), *(_describe_inexact(integral, words) for integral in inexact)]


def unread_warnings(caption: Caption) -> list[str]:
    """Return which part of a caption the model did not read, and why; empty where it read all."""
    if caption.unseen is None:
        return []
    return [f"The caption {unread_reason(caption)}. The model did not see: {caption.text[slice(*caption.unseen)]}"]


def _describe_inexact(integral: InexactIntegral, words: Words) -> str:
    side = integral.side
    fault = "did not converge after" if not side.converged else "is not exact with"
    error = "" if side.row_error is None else f", row error {side.row_error:.1e}"
    return (
        f"The {integral.name}'s integral {fault} {side.nodes} nodes: completeness residual {side.residual:.1e}{error} "
        f"(the tolerance is {integral.tolerance:g}). {integral.remedy_in(words)}"
    )
