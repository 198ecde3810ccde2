"""A pane of the compare view: one method's answer by one model, and its progress."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.method_registry import OURS, method_by_key
from exclip_desktop.core.methods import AttributionMethod
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.session.worker.requests import PaneRequest


@dataclass(frozen=True, slots=True)
class PaneKey:
    """Key of a pane: a method's key, and whether the second model answers."""

    method: str
    of_second_model: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether the pane shows the main explanation."""
        return self.method == OURS


@dataclass(frozen=True, slots=True)
class PaneStatus:
    """Progress of a pane: ``done``, ``waiting``, ``working``, ``stopped`` or ``failed``.

    ``share`` is the completed fraction, None if it is unknown; ``message`` and ``hint`` describe a failure.
    """

    kind: Literal["done", "waiting", "working", "stopped", "failed"] = "waiting"
    share: float | None = None
    message: str = ""
    hint: str = ""


class Pane(QObject):
    """A pane of the compare view.

    Attributes:
        key: its method and model.
        scene: its picture and answer; ``stale`` while the answer belongs to a previous request.
        status: its progress.
        answered: the request whose answer is shown.
        failed: the last request that failed; ``failure_status`` describes the failure.

    Signals:
        status_changed(): its progress has changed.
    """

    status_changed = Signal()

    def __init__(self, key: PaneKey, parent: QObject | None = None) -> None:
        """Start with nothing to show."""
        super().__init__(parent)
        self.key, self.scene = key, Scene(self)
        self.answered: PaneRequest | None = None
        self.failed: PaneRequest | None = None
        self.failure_status = PaneStatus()
        self._status = PaneStatus()

    @property
    def facts(self) -> AttributionMethod:
        """Name and facts of its method."""
        return method_by_key(self.key.method)

    @property
    def status(self) -> PaneStatus:
        """Its progress."""
        return self._status

    def set_status(self, status: PaneStatus) -> None:
        """Set its progress."""
        if status != self._status:
            self._status = status
            self.status_changed.emit()


def is_same_request(one: PaneRequest | None, other: PaneRequest | None) -> bool:
    """Return whether two requests have the same answer, whatever their ids."""
    if one is None or other is None or one.picture is not other.picture:
        return False
    parts = [
        (request.choice, request.framing, request.caption, request.method, request.target) for request in (one, other)
    ]
    return parts[0] == parts[1]
