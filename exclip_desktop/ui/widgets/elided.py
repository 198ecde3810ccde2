"""One line of text that gives way."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class Elided(QWidget):
    """A line of text: it is cut, usually in its middle, where there is no room."""

    def __init__(self, least_letters: int, cut: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._text, self._least_letters, self._cut = "", least_letters, cut
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str) -> None:
        """Show ``text``, which also becomes the accessible description."""
        self._text = text
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the room the whole text takes."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the room a few letters take."""
        metrics = self.fontMetrics()
        return QSize(min(self.sizeHint().width(), metrics.averageCharWidth() * self._least_letters), metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Paint what fits."""
        told = self.fontMetrics().elidedText(self._text, self._cut, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), told)
        painter.end()
