"""Errors that a person can correct: what happened, and what to do next."""

from exclip_desktop.core.remedies import PYTHON_WORDS, Remedy, Words


class UserError(Exception):
    """An error that the person can correct.

    Attributes:
        message: what happened, one sentence.
        remedy: what to do next, where each interface words it in its own terms; None where ``hint`` is the same in all.
        values: the parameters of the remedy's sentence.

    """

    def __init__(self, message: str, hint: str | Remedy = "", **values: object) -> None:
        """Take what happened, and what to do next: a sentence, or a remedy and its ``values``."""
        super().__init__(message)
        self.message = message
        self.remedy = hint if isinstance(hint, Remedy) else None
        self.values = values
        self._hint = "" if isinstance(hint, Remedy) else hint

    @property
    def hint(self) -> str:
        """What to do next, one sentence in the words of the Python interface; empty where the message says it."""
        return self.hint_in(PYTHON_WORDS)

    def hint_in(self, words: Words) -> str:
        """Return what to do next in the words of an interface."""
        return self._hint if self.remedy is None else words[self.remedy].format(**self.values)

    def text_in(self, words: Words) -> str:
        """Return message and hint on one line, in the words of an interface."""
        return f"{self.message} {self.hint_in(words)}".strip()

    def __str__(self) -> str:
        """Return message and hint on one line, in the words of the Python interface."""
        return self.text_in(PYTHON_WORDS)


class PictureError(UserError):
    """The picture cannot be read, or is too large."""


class ListError(UserError):
    """A list of pairs cannot be read."""


class ProjectError(UserError):
    """A project file cannot be opened, read or written."""


class CaptionError(UserError):
    """The caption is empty, or does not contain the words."""


class SelectionError(UserError):
    """A box or a span selects nothing."""


class ModelError(UserError):
    """The model is unknown, is not on this computer, does not fit its architecture or cannot be explained."""


class DeviceError(ModelError):
    """This computer cannot compute on the device."""


class SettingsError(UserError):
    """A setting is out of range or does not fit the model."""


class MemoryShortage(UserError):
    """There is not enough memory for the work."""


class MethodError(UserError):
    """The method does not fit the model, or the picture and caption."""


class OutputError(UserError):
    """A result cannot be written."""


class Cancelled(Exception):
    """The person cancelled the work; nothing is wrong."""
