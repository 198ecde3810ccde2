"""A text of a few lines at most; what is more is cut."""

from bisect import bisect_left

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget


class FewLines(QLabel):
    """Shows as much of a text as fits into ``lines`` lines of its width, and … where that is not all.

    Signals:
        cut_changed(): all of the text is shown now, or no more.

    """

    cut_changed = Signal()

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._lines, self._whole, self._is_cut = lines, "", False
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    @property
    def is_cut(self) -> bool:
        """Whether some of the text is not shown."""
        return self._is_cut

    def show_text(self, text: str) -> None:
        """Show ``text``, or its beginning."""
        self._whole = text
        self._fit()
        self.updateGeometry()

    def heightForWidth(self, width: int) -> int:  # noqa: N802  Qt's name
        """Return the height of the whole text in so wide a label, or of as many lines as are shown."""
        return min(self._needed(self._whole, width), self._most)

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the room of the whole text, however much of it is shown now: else a cut text would ask for less."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole), self._most)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the room of a line of a letter."""
        return QSize(self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Show what fits now."""
        super().resizeEvent(event)
        self._fit()

    @property
    def _most(self) -> int:
        return self._lines * self.fontMetrics().lineSpacing()

    def _needed(self, text: str, width: int) -> int:
        room = QRect(0, 0, max(width, 1), 1 << 20)
        return self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, text).height()

    def _beginning(self, width: int) -> str:
        """Return the longest beginning that fits, a letter at least; a longer one takes no fewer lines."""
        ends = range(1, len(self._whole))
        too_long = bisect_left(ends, True, key=lambda end: self._needed(_begun(self._whole, end), width) > self._most)
        return _begun(self._whole, max(too_long, 1))

    def _fit(self) -> None:
        whole, width = self._whole, self.width()
        cut = self._needed(whole, width) > self._most
        self.setText(self._beginning(width) if cut else whole)
        if cut != self._is_cut:
            self._is_cut = cut
            self.cut_changed.emit()


def _begun(text: str, end: int) -> str:
    return f"{text[:end].rstrip()}…"
