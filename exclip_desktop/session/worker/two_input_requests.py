"""Requests about two pictures or two captions, and their answers."""

from dataclasses import dataclass

from exclip_desktop.core.values.two_inputs import TwoInputExplanation
from exclip_desktop.session.worker.requests import PictureRequest
from exclip_desktop.storage.pictures import Picture


@dataclass(frozen=True, slots=True)
class TwoInputRequest(PictureRequest):
    """Explain the picture of the question and another picture, or its caption and another caption.

    Attributes:
        other: the second input; its kind is that of both.

    """

    other: Picture | str

    @property
    def first(self) -> Picture | str:
        """The first input."""
        return self.question.caption if isinstance(self.other, str) else self.question.picture

    def is_same(self, other: "TwoInputRequest | None") -> bool:
        """Return whether both requests have the same answer."""
        if other is None:
            return False
        inputs, settings = (self.first, self.other), self.question.explain_settings
        return (inputs, settings, self.choice) == (
            (other.first, other.other),
            other.question.explain_settings,
            other.choice,
        )


@dataclass(frozen=True, slots=True)
class TwoInputAnswer:
    """Answer to a ``TwoInputRequest``."""

    id: int
    explanation: TwoInputExplanation
