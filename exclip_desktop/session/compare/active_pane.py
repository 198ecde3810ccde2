"""The pane that a person works with: the main explanation, or a pane of the compare view."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane
from exclip_desktop.session.pair.scene import CanvasPicture, Scene
from exclip_desktop.session.state import Provenance, State


@dataclass(frozen=True, slots=True)
class ActiveAnswer:
    """The answer in the active pane.

    Attributes:
        answer: of any method.
        canvas_picture: the picture.
        selection: in the answer's own tokens.
        score: the cosine of the pair, by the answer's model.
        provenance: model and settings of the explanation.
    """

    answer: Answer
    canvas_picture: CanvasPicture
    selection: Selection
    score: float
    provenance: Provenance


class ActivePane(QObject):
    """Knows which pane is enlarged, and which one was clicked or had the keyboard focus last.

    Signals:
        enlarged_changed(): another pane, or none, is enlarged.
        pane_changed(): another pane, or none, is active.
    """

    enlarged_changed = Signal()
    pane_changed = Signal()

    def __init__(self, first: State, compare_controller: CompareController, parent: QObject | None = None) -> None:
        """Start with the explanation of ``first`` as the active one."""
        super().__init__(parent)
        self._first, self._compare_controller = first, compare_controller
        self._enlarged: Pane | None = None
        self._pane: Pane | None = None

    @property
    def enlarged(self) -> Pane | None:
        """The enlarged pane, or None."""
        return self._enlarged if self._enlarged in self._compare_controller.panes else None

    @property
    def pane(self) -> Pane | None:
        """The active pane; None: the main explanation."""
        return self._pane if self._pane in self._compare_controller.panes else None

    @property
    def active_answer(self) -> ActiveAnswer | None:
        """The answer in the active pane; None if there is none, or a stale one."""
        pane = self.pane
        if pane is None:
            return _active_answer(self._first, self._first)
        return (
            _active_answer(pane.scene, self._compare_controller.source_of(pane))
            if self._compare_controller.is_answered(pane)
            else None
        )

    def enlarge(self, pane: Pane | None) -> None:
        """Enlarge one pane and make it active; None: show all."""
        self._enlarged = pane
        if pane is not None:
            self.use(pane)
        self.enlarged_changed.emit()

    def use(self, pane: Pane) -> None:
        """Make this pane the active one."""
        if pane is not self._pane:
            self._pane = pane
            self.pane_changed.emit()


def _active_answer(scene: Scene, source: State) -> ActiveAnswer | None:
    answer, canvas_picture, own = scene.answer, scene.canvas_picture, source.explanation
    if answer is None or canvas_picture is None or own is None or scene.stale or scene.selection.absent:
        return None
    return ActiveAnswer(answer, canvas_picture, scene.selection, own.score, source.provenance)
