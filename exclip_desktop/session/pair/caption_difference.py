"""The difference between the explanation on screen and that of the previous caption."""

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.maths.difference import subtract_explanation
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.session.state import State


class CaptionDifference(QObject):
    """Remembers the previous explanation, of another caption for the same picture with the same settings.

    Attributes:
        scene: the difference; empty while there is none.

    Signals:
        opened(), closed(): the difference is shown, or no longer.
    """

    opened = Signal()
    closed = Signal()

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        """Follow ``state``."""
        super().__init__(parent)
        self.scene = Scene(self)
        self._state, self._open = state, False
        self._now: Explanation | None = None
        self._before: Explanation | None = None
        self._picture: object = None
        state.answer_changed.connect(self._on_answer_changed)
        for changed in (state.selection_changed, state.preview_changed, state.view_changed, state.stale_changed):
            changed.connect(self._follow)

    @property
    def is_open(self) -> bool:
        """Whether the difference is shown."""
        return self._open

    def open(self) -> None:
        """Show the difference."""
        self._open = True
        self._show()
        self.opened.emit()

    def close(self) -> None:
        """Show the explanation alone."""
        self._open = False
        self.scene.change(canvas_picture=None, answer=None)
        self.closed.emit()

    def _on_answer_changed(self) -> None:
        now, canvas_picture = self._state.explanation, self._state.canvas_picture
        picture = None if canvas_picture is None else canvas_picture.picture
        before, same = self._now, picture is self._picture
        self._now, self._picture = now, picture
        if now is None or before is None or not same or before.settings != now.settings:
            self._before = None
        elif before.caption.text != now.caption.text:
            self._before = before
        self._show()

    def _show(self) -> None:
        now, before = self._now, self._before
        if self._open:
            made = subtract_explanation(now, before) if now is not None and before is not None else None
            self.scene.change(canvas_picture=self._state.canvas_picture, answer=made)
            self._follow()

    def _follow(self) -> None:
        """Select, preview and draw as the explanation does."""
        state = self._state
        if self._open:
            self.scene.change(selection=state.selection, preview=state.preview, view=state.view, stale=state.stale)
