"""Labels that shorten their text, and tooltips that wrap it."""

import textwrap
from bisect import bisect_left
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget


def escape_ampersands(text: str) -> str:
    """Return a text as a menu shows it: Qt takes a single & for the mark of a key."""
    return text.replace("&", "&&")


class ElidedLabel(QWidget):
    """One line of text that is shortened where there is no room, by default in its middle.

    The tooltip of a shortened text begins with the whole text.
    """

    def __init__(self, least_letters: int, cut: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._text, self._shorter = "", tuple[str, ...]()
        self._least_letters, self._cut = least_letters, cut
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str, *shorter: str) -> None:
        """Show ``text``, which also becomes the accessible description; where it has no room, one of ``shorter``."""
        self._text, self._shorter = text, shorter
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the size of the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the size of ``least_letters`` letters."""
        metrics = self.fontMetrics()
        return QSize(min(self.sizeHint().width(), metrics.averageCharWidth() * self._least_letters), metrics.height())

    def event(self, event: QEvent) -> bool:
        """Show the whole text in the tooltip where it is shortened."""
        is_tip = isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip
        if isinstance(event, QHelpEvent) and is_tip and (self.is_cut or self.shown_text != self._text):
            whole, tip = wrap_tooltip(self._text), self.toolTip()
            QToolTip.showText(event.globalPos(), tip if whole in tip else f"{whole}\n{tip}".strip(), self)
            return True
        return super().event(event)

    @property
    def shown_text(self) -> str:
        """The first of the texts that has room, else the shortest one."""
        texts = (self._text, *self._shorter)
        return next((text for text in texts if not self._is_too_wide(text)), texts[-1])

    @property
    def is_cut(self) -> bool:
        """Whether even the shortest text has no room, and is shortened."""
        return self._is_too_wide(self.shown_text)

    def _is_too_wide(self, text: str) -> bool:
        return self.fontMetrics().horizontalAdvance(text) > self.width()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Paint the text, shortened to the width."""
        visible = self.fontMetrics().elidedText(self.shown_text, self._cut, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), visible)
        painter.end()


class ClampedLabel(QLabel):
    """Shows at most ``lines`` lines of a text, and … at the end of a shortened one.

    Signals:
        cut_changed(): the text has become complete, or shortened.
    """

    cut_changed = Signal()

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._lines, self._whole, self._is_cut = lines, "", False
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    @property
    def is_cut(self) -> bool:
        """Whether the text is shortened."""
        return self._is_cut

    def show_text(self, text: str) -> None:
        """Show ``text``, or its beginning."""
        self._whole = text
        self._fit()
        self.updateGeometry()

    def heightForWidth(self, width: int) -> int:  # noqa: N802  Qt's name
        """Return the height for ``width``: of the whole text, or of the maximum number of lines."""
        return min(self._needed(self._whole, width), self._most)

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the size of the whole text, shortened or not: else a shortened text would request less."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole), self._most)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the size of one letter."""
        return QSize(self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Fit the text to the new width."""
        super().resizeEvent(event)
        self._fit()

    @property
    def _most(self) -> int:
        return self._lines * self.fontMetrics().lineSpacing()

    def _needed(self, text: str, width: int) -> int:
        room = QRect(0, 0, max(width, 1), 1 << 20)
        return self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, text).height()

    def _beginning(self, width: int) -> str:
        """Return the longest beginning that fits, one letter at least; a longer one takes no fewer lines."""
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


LETTERS: Final = 72


@lru_cache(maxsize=256)
def wrap_tooltip(text: str) -> str:
    """Return a tooltip's text in lines; Qt would show it in one line, however long."""
    return textwrap.fill(text, LETTERS)
