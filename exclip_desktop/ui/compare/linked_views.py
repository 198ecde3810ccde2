"""Links panes: one selection, one colour range, and one view of the picture."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.canvas_view import CanvasView
from exclip_desktop.ui.caption.token_strip import TokenStrip


def connect_regions(canvas: Canvas, selection_controller: SelectionController) -> None:
    """Send what is done with regions on a canvas to the selection controller."""
    canvas.regions_changed.connect(selection_controller.show_regions)
    canvas.regions_committed.connect(selection_controller.commit_regions)
    canvas.regions_nudged.connect(selection_controller.nudge_regions)
    canvas.region_chosen.connect(selection_controller.choose_region)


def connect_selection(canvas: Canvas, strip: TokenStrip, selection_controller: SelectionController) -> None:
    """Send selections on a canvas, and in a strip of the caption on screen, to the selection controller."""
    connect_regions(canvas, selection_controller)
    canvas.patch_hovered.connect(selection_controller.hover_patch)
    strip.rows_changed.connect(selection_controller.show_rows)
    strip.rows_committed.connect(selection_controller.commit_rows)
    strip.rows_widened.connect(selection_controller.widen_rows)
    strip.rows_hovered.connect(selection_controller.hover_rows)


class SharedRange(QObject):
    """Draws canvases and strips in the widest of their own colour ranges.

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
        """Follow ``states``; their canvases and strips must exist before."""
        super().__init__(parent)
        self._states, self._canvases, self._strips = states, canvases, strips
        for state in states:
            changes = (state.answer_changed, state.selection_changed, state.preview_changed, state.view_changed)
            for signal in (*changes, state.canvas_picture_changed):
                signal.connect(self._share)
        self._share()

    def _share(self) -> None:
        explained = [at for at, state in enumerate(self._states) if state.answer is not None]
        widest = max((self._canvases[at].own_limit() for at in explained), default=0.0)
        for canvas in self._canvases:
            canvas.set_least_limit(widest)
        widest = max((self._strips[at].own_limit for at in explained), default=0.0)
        for strip in self._strips:
            strip.set_least_limit(widest)
        self.shared.emit()


class LinkedViews(QObject):
    """Lets views of one picture zoom and pan together."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views: list[CanvasView] = []
        self._moving = False

    def add(self, view: CanvasView) -> None:
        """Link a view; it adopts the others' position."""
        if self._views:
            self._show_same(self._views[0], view)
        self._views.append(view)
        view.camera_changed.connect(lambda: self._on_moved(view))

    def remove(self, view: CanvasView) -> None:
        """Unlink a view."""
        self._views.remove(view)

    def _on_moved(self, moved: CanvasView) -> None:
        if self._moving or moved not in self._views:
            return
        self._moving = True
        for view in self._views:
            if view is not moved:
                self._show_same(moved, view)
        self._moving = False

    @staticmethod
    def _show_same(moved: CanvasView, other: CanvasView) -> None:
        if moved.fits:
            other.fit()
        else:
            other.look_at(moved.camera.scale, moved.camera.centre)
