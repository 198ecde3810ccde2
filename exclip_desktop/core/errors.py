"""Errors that speak to the person: what happened, and what to do next."""


class UserError(Exception):
    """Something the person can mend.

    Attributes:
        message: what happened, one plain sentence.
        hint: what to do next, one plain sentence; empty when the message says it.

    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return message and hint on one line."""
        return f"{self.message} {self.hint}".strip()


class PictureError(UserError):
    """The picture cannot be read, or is too large."""


class ListError(UserError):
    """A list of pairs cannot be read."""


class ProjectError(UserError):
    """A project file cannot be opened, read or written."""


class CaptionError(UserError):
    """The caption is empty, or does not hold the words asked for."""


class SelectionError(UserError):
    """A box or span selects nothing."""


class ModelError(UserError):
    """The model is unknown, is not on this computer, does not fit its architecture or cannot be explained."""


class DeviceError(ModelError):
    """This computer cannot compute on the device that is asked for."""


class SettingsError(UserError):
    """A setting is out of range or does not fit the model."""


class MemoryShortage(UserError):
    """There is not enough memory for what is asked."""


class MethodError(UserError):
    """The method does not fit the model, or the picture and caption."""


class OutputError(UserError):
    """A result cannot be written."""


class Cancelled(Exception):
    """The person cancelled the work; nothing is wrong."""
