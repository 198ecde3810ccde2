"""List of the strongest word ↔ patch pairs of the selection; one can be chosen."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from exclip_desktop.core.maths.colour import lookup_table
from exclip_desktop.core.maths.word_patch_pairs import WordPatchPair
from exclip_desktop.core.text.number_format import format_signed

COUNT: Final = 12
PAD: Final = 4
SWATCH: Final = 12
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LONG_PLACE, SHORT_PLACE, LONG_WORD, LONG_VALUE = "row 00, column 00", "row 00, col 00", "hamburgers", "−0.000000"


def describe_patch(patch: tuple[int, int], *, briefly: bool = False) -> str:
    """Return a patch's place in the grid in words, counted from 0 as in the exports."""
    return f"row {patch[0]}, {'col' if briefly else 'column'} {patch[1]}"


@dataclass(frozen=True, slots=True)
class _Columns:
    """Places in a row, px: left ends of word and place, and the height of the text above its base line."""

    metrics: QFontMetrics
    is_brief: bool  # there is no room for whole words
    word: int
    place: int
    base: int


class WordPatchList(QWidget):
    """A list of pairs with room for ``COUNT`` rows.

    Painted by hand, because it changes with every step of a drag, and a table view takes several times as long.

    Signals:
        pair_chosen(rows, patch): a pair was clicked, or reached with the arrow keys and Return.
        pair_hovered(rows, patch): the mouse is over a pair; ((), None): no longer.

    """

    pair_chosen = Signal(object, object)
    pair_hovered = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pairs: list[WordPatchPair] = []
        self._colours: list[QColor] = []
        self._hovered: int | None = None
        self._current: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Strongest pairs of words and patches")

    def set_pairs(self, pairs: list[WordPatchPair], colours: str) -> None:
        """Show other pairs, strongest first, each marked with its colour on the map named ``colours``."""
        scale, limit = _scale(colours), max((abs(pair.value) for pair in pairs), default=0.0) or 1.0
        self._colours = [scale[round((pair.value / limit + 1) / 2 * (len(scale) - 1))] for pair in pairs]
        self.pairs, self._current, self._hovered = pairs, None, None
        self.update()

    def row_rect(self, at: int) -> QRectF:
        """Return a pair's place in the widget."""
        height = self._row_height()
        return QRectF(0, at * height, self.width(), height)

    def sizeHint(self) -> QSize:
        """Return room for all rows, so that the list never scrolls inside a tab that scrolls."""
        return QSize(280, COUNT * self._row_height())

    def minimumSizeHint(self) -> QSize:
        """Return the same height on less width."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a row for each pair."""
        painter, palette, columns = QPainter(self), self.palette(), self._columns()
        ink, chosen_ink = palette.windowText().color(), palette.highlightedText().color()
        painter.setPen(ink)
        for at in range(len(self.pairs)):
            if at == self._current:
                painter.fillRect(self.row_rect(at), palette.highlight())
                painter.setPen(chosen_ink)
            elif at == self._hovered:
                painter.fillRect(self.row_rect(at), _faded(palette, 0.2))
            self._draw(painter, at, columns)
            if at == self._current:
                painter.setPen(ink)

    def event(self, event: QEvent) -> bool:
        """Describe the pair under the mouse in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if at is None else _describe(self.pairs[at]), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark and report the pair under the mouse."""
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Report that no pair is under the mouse."""
        self._hover(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the pair under the mouse."""
        at = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self._choose(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrow keys, choose with Return."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self.pairs:
            to = 0 if self._current is None else self._current + step
            self._go_to(min(max(to, 0), len(self.pairs) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self._choose(self._current)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """End what the arrow keys previewed."""
        self._hover(None)
        super().focusOutEvent(event)

    def _draw(self, painter: QPainter, at: int, columns: _Columns) -> None:
        pair, row = self.pairs[at], self.row_rect(at)
        swatch = QRectF(PAD, round(row.center().y() - SWATCH / 2), SWATCH, SWATCH)
        # The frame makes weak values visible, which are as pale as a light window.
        painter.fillRect(swatch, self.palette().mid())
        painter.fillRect(swatch.adjusted(1, 1, -1, -1), self._colours[at])
        base = row.top() + columns.base
        name = columns.metrics.elidedText(
            pair.name, Qt.TextElideMode.ElideRight, columns.place - columns.word - 2 * PAD
        )
        painter.drawText(QPointF(columns.word, base), name)
        painter.drawText(QPointF(columns.place, base), describe_patch(pair.patch, briefly=columns.is_brief))
        painter.drawText(row.adjusted(0, 0, -PAD, 0), RIGHT, format_signed(pair.value))

    def _columns(self) -> _Columns:
        metrics = self.fontMetrics()
        needed = metrics.horizontalAdvance(f"{LONG_WORD}{LONG_PLACE}{LONG_VALUE}") + SWATCH + 8 * PAD
        brief = self.width() < needed
        value = self.width() - PAD - metrics.horizontalAdvance(LONG_VALUE)
        place_left = value - 2 * PAD - metrics.horizontalAdvance(SHORT_PLACE if brief else LONG_PLACE)
        return _Columns(metrics, brief, SWATCH + 3 * PAD, place_left, 2 + metrics.ascent())

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 4

    def _at(self, point: QPointF) -> int | None:
        at = int(point.y() // self._row_height())
        return at if 0 <= at < len(self.pairs) else None

    def _hover(self, at: int | None) -> None:
        if at == self._hovered:
            return
        self._hovered = at
        self.update()
        if at is None:
            self.pair_hovered.emit((), None)
        else:
            self.pair_hovered.emit(self.pairs[at].rows, self.pairs[at].patch)

    def _go_to(self, at: int) -> None:
        self._current = at
        self.setAccessibleDescription(_describe(self.pairs[at]))
        self._hover(at)
        self.update()

    def _choose(self, at: int) -> None:
        self._current = at
        self.update()
        self.pair_chosen.emit(self.pairs[at].rows, self.pairs[at].patch)


@lru_cache(maxsize=8)
def _scale(colours: str) -> tuple[QColor, ...]:
    """Return the map's colours; cached, because making them takes half of the time of a drag step."""
    return tuple(QColor.fromRgbF(*rgb) for rgb in lookup_table(colours))


def _describe(pair: WordPatchPair) -> str:
    return f"{pair.name} × {describe_patch(pair.patch)}: {format_signed(pair.value)}"


def _faded(palette: QPalette, alpha: float) -> QColor:
    colour = QColor(palette.highlight().color())
    colour.setAlphaF(alpha)
    return colour
