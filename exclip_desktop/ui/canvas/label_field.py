"""A field at a box, for its name, with earlier labels to choose from."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from exclip_desktop.ui.canvas.canvas import Canvas

WIDTH_PX = 180
GAP_PX = 12  # below the box, free of its handles
REASONS_TO_STAY = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class LabelField(QLineEdit):
    """A field for a name; visible while one is typed.

    Enter, a choice from the list, or a click elsewhere accepts the text; Esc does not.

    Signals:
        accepted(name): the name was entered.

    """

    accepted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas: Canvas | None = None
        self._index = 0
        self.setPlaceholderText("Name of this box")
        self.setAccessibleName("Name of this box")
        self.setFixedWidth(WIDTH_PX)
        self.returnPressed.connect(lambda: self._end(accept=True))
        self.hide()

    def open(self, canvas: Canvas, index: int, name: str, labels: Sequence[str]) -> None:
        """Show the field at the region ``index`` of ``canvas``, with its present ``name``; complete from ``labels``."""
        self._end(accept=True)
        self._canvas, self._index = canvas, index
        self.setCompleter(_make_completer(labels, self))
        completer = self.completer()
        completer.activated.connect(lambda _: self._end(accept=True))
        self.setText(name)
        self.selectAll()
        canvas.view.camera_changed.connect(self._move)
        self._move()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_unused(self) -> None:
        """Close the field without a name."""
        self._end(accept=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Leave on Esc; offer all labels on ↓ in the empty field, the first of them for Return."""
        completer = self.completer()
        if event.key() == Qt.Key.Key_Escape:
            self._end(accept=False)
        elif event.key() == Qt.Key.Key_Down and not self.text() and completer is not None:
            completer.setCompletionPrefix("")
            completer.complete()
            names = completer.popup()
            assert names is not None
            names.setCurrentIndex(completer.completionModel().index(0, 0))
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802  Qt's name
        """Accept what was typed when the person goes on elsewhere."""
        super().focusOutEvent(event)
        if event.reason() not in REASONS_TO_STAY:
            self._end(accept=True)

    def _move(self) -> None:
        """Stay at the region, inside the canvas."""
        canvas = self._canvas
        if canvas is None or self._index >= len(canvas.regions):
            return
        corner, view = canvas.region_place(self._index), canvas.view
        x = min(corner.x(), max(view.width() - self.width(), 0))
        y = min(corner.y() + GAP_PX, max(view.height() - self.sizeHint().height(), 0))
        self.move(view.mapTo(self.parentWidget(), QPoint(x, y)))

    def _end(self, *, accept: bool) -> None:
        canvas, self._canvas = self._canvas, None
        if canvas is None:
            return
        canvas.view.camera_changed.disconnect(self._move)
        had_focus = self.hasFocus()
        self.hide()
        if had_focus:
            canvas.view.setFocus(Qt.FocusReason.OtherFocusReason)
        if accept:
            self.accepted.emit(self.text().strip())


def _make_completer(labels: Sequence[str], parent: QWidget) -> QCompleter:
    completer = QCompleter(list(labels), parent)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    return completer
