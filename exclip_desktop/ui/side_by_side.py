"""What makes two panes comparable: one colour range, and one view of the picture."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from exclip_desktop.session.scene import Scene
from exclip_desktop.ui.canvas import Canvas
from exclip_desktop.ui.canvas_view import CanvasView
from exclip_desktop.ui.token_strip import TokenStrip


class SharedRange(QObject):
    """Draws canvases, and strips, in the widest of their own colour ranges.

    Signals:
        shared(): the ranges were set.

    """

    shared = Signal()

    def __init__(
        self,
        states: Sequence[Scene],
        canvases: Sequence[Canvas],
        strips: Sequence[TokenStrip],
        parent: QObject | None = None,
    ) -> None:
        """Follow ``states``; their canvases and strips must be there before."""
        super().__init__(parent)
        self._states, self._canvases, self._strips = states, canvases, strips
        for state in states:
            changes = (state.explanation_changed, state.selection_changed, state.preview_changed, state.view_changed)
            for signal in (*changes, state.shown_changed):
                signal.connect(self._share)
        self._share()

    def _share(self) -> None:
        explained = [at for at, state in enumerate(self._states) if state.explanation is not None]
        widest = max((self._canvases[at].own_limit() for at in explained), default=0.0)
        for canvas in self._canvases:
            canvas.set_least_limit(widest)
        widest = max((self._strips[at].own_limit for at in explained), default=0.0)
        for strip in self._strips:
            strip.set_least_limit(widest)
        self.shared.emit()


class LinkedViews(QObject):
    """Lets two views of one picture zoom and pan together."""

    def __init__(self, first: CanvasView, second: CanvasView, parent: QObject | None = None) -> None:
        """Link them; the second takes the first's place."""
        super().__init__(parent)
        self._moving = False
        first.camera_changed.connect(lambda: self._follow(first, second))
        second.camera_changed.connect(lambda: self._follow(second, first))
        self._follow(first, second)

    def _follow(self, moved: CanvasView, other: CanvasView) -> None:
        if self._moving:
            return
        self._moving = True
        if moved.fits:
            other.fit()
        else:
            other.look_at(moved.camera.scale, moved.camera.centre)
        self._moving = False
