"""A token strip with its state, shared by the strip's tests."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Preview
from exclip_desktop.session.state import State
from exclip_desktop.ui.caption.token_strip import TokenStrip

# Words of the caption below: a red balloon and a hydr·ant, rows 1 … 7; [SOT] is row 0, [EOT] row 8.
A, RED, BALLOON, AND, A2, HYDRANT = range(6)
LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Desk:
    """A strip whose state follows it as in a session, and the signals that it emitted."""

    def __init__(self, qtbot: QtBot, state: State, width: int = 700) -> None:
        self.qtbot, self.state = qtbot, state
        self.strip = TokenStrip(state)
        qtbot.addWidget(self.strip)
        self.strip.resize(width, self.strip.heightForWidth(width))
        self.strip.show()
        qtbot.waitExposed(self.strip)
        self.changed: list[tuple[int, ...]] = []
        self.committed: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.hovered: list[tuple[int, ...]] = []
        self.strip.rows_changed.connect(self._on_rows_changed)
        self.strip.rows_committed.connect(lambda before, after: self.committed.append((before, after)))
        self.strip.rows_widened.connect(lambda before, after: self.committed.append((before, after)))
        self.strip.rows_hovered.connect(self._on_rows_hovered)

    @property
    def rows(self) -> tuple[int, ...]:
        """The selected rows."""
        return self.state.selection.rows

    def at(self, chip: int, cell: int | None = None) -> QPoint:
        """A point in a chip: in its first cell, or in ``cell``."""
        layout = self.strip._placed
        for line in layout.lines:
            for piece in line:
                n = (cell or 0) - piece.first
                if piece.chip == chip and 0 <= n < len(piece.edges) - 1:
                    return QPoint(int(sum(piece.edges[n : n + 2]) / 2), int(piece.top + layout.chip_height / 2))
        raise LookupError(chip)

    def empty(self) -> QPoint:
        """A point behind the last chip."""
        return QPoint(self.strip.width() - 4, self.strip.height() - 4)

    def click(self, at: QPoint, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Click."""
        self.qtbot.mouseClick(self.strip, LEFT, modifier, at)

    def press(self, at: QPoint, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press the button."""
        self.qtbot.mousePress(self.strip, LEFT, modifier, at)

    def release(self, at: QPoint) -> None:
        """Release the button."""
        self.qtbot.mouseRelease(self.strip, LEFT, NONE, at)

    def move(self, at: QPoint, buttons: Qt.MouseButton = LEFT, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Move the pointer with buttons held."""
        where = QPointF(at)
        event = QMouseEvent(
            QEvent.Type.MouseMove, where, self.strip.mapToGlobal(where), Qt.MouseButton.NoButton, buttons, modifier
        )
        QApplication.sendEvent(self.strip, event)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press a key."""
        self.qtbot.keyClick(self.strip, key, modifier)

    def image(self) -> QImage:
        """The strip as painted."""
        return self.strip.grab().toImage()

    def fill(self, chip: int, cell: int = 0) -> QColor:
        """The colour of a cell, at its lower edge, where no text is."""
        at = self.at(chip, cell)
        top = self.strip._placed.rect_of((chip, cell))[1]
        return QColor(self.image().pixel(at.x(), int(top + self.strip._placed.chip_height - 3)))

    def _on_rows_changed(self, rows: tuple[int, ...]) -> None:
        self.changed.append(rows)
        self.state.change(selection=replace(self.state.selection, rows=rows))

    def _on_rows_hovered(self, rows: tuple[int, ...]) -> None:
        self.hovered.append(rows)
        self.state.change(preview=Preview(rows=rows))
