"""A pane of the compare view: one method's answer by one model, and how far it is."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.method_registry import OURS, method_by_key
from exclip_desktop.core.methods import AttributionMethod
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.session.worker.requests import PaneRequest


@dataclass(frozen=True, slots=True)
class PaneKey:
    """Which pane: a method's key, and whether the model beside answers."""

    method: str
    of_second_model: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it shows the explanation that is on screen anyway."""
        return self.method == OURS


@dataclass(frozen=True, slots=True)
class PaneStatus:
    """How far a pane is: ``done``, ``waiting``, ``working``, ``stopped`` or ``failed``.

    ``share`` is of the work, None where it is not known; ``message`` and ``hint`` say what failed.
    """

    kind: Literal["done", "waiting", "working", "stopped", "failed"] = "waiting"
    share: float | None = None
    message: str = ""
    hint: str = ""


class Pane(QObject):
    """One pane.

    Attributes:
        name: which.
        scene: what it shows; ``stale`` while its answer is of before.
        status: how far it is.
        answered: the request whose answer is shown; ``failed``: the one that came to nothing last,
            and ``trouble`` why.

    Signals:
        status_changed(): it is further, or has begun anew.

    """

    status_changed = Signal()

    def __init__(self, key: PaneKey, parent: QObject | None = None) -> None:
        """Wait."""
        super().__init__(parent)
        self.key, self.scene = key, Scene(self)
        self.answered: PaneRequest | None = None
        self.failed: PaneRequest | None = None
        self.trouble = PaneStatus()
        self._status = PaneStatus()

    @property
    def facts(self) -> AttributionMethod:
        """What its method is called and does."""
        return method_by_key(self.key.method)

    @property
    def status(self) -> PaneStatus:
        """How far it is."""
        return self._status

    def set_status(self, status: PaneStatus) -> None:
        """Say how far it is."""
        if status != self._status:
            self._status = status
            self.status_changed.emit()


def is_same_request(one: PaneRequest | None, other: PaneRequest | None) -> bool:
    """Return whether two requests have the same answer, whatever their numbers."""
    if one is None or other is None or one.picture is not other.picture:
        return False
    parts = [(asked.choice, asked.framing, asked.caption, asked.method, asked.target) for asked in (one, other)]
    return parts[0] == parts[1]
