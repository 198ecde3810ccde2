"""Thumbnails in lists of pairs and tables of findings, and the marks of their rows."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QFontMetrics, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from exclip_desktop.session.lists.thumbnails import SIDE_PX, Thumbnails
from exclip_desktop.ui.theme import blend_colours, error_colour

THUMB_PX: Final = 64
PAD_PX: Final = 6
MARK_PX: Final = 2
LINES: Final = 4
BELOW_ROLE: Final = Qt.ItemDataRole.UserRole
ERROR_ROLE: Final = Qt.ItemDataRole.UserRole + 1
ON_SCREEN_ROLE: Final = Qt.ItemDataRole.UserRole + 2
TITLE_ROLE: Final = Qt.ItemDataRole.UserRole + 3
HEAT_ROLE: Final = Qt.ItemDataRole.UserRole + 4
REMARK_ROLE: Final = Qt.ItemDataRole.UserRole + 5
Index = QModelIndex | QPersistentModelIndex


class ThumbnailModel(QAbstractTableModel):
    """Base of models whose rows have a thumbnail, which is read when its row is painted, and not before.

    Attributes:
        side_px: the thumbnails' larger side, ``SIDE_PX`` or ``LARGE_PX``.

    """

    NO_PARENT: Final = QModelIndex()

    def __init__(self, thumbnails: Thumbnails, column: int = 0, parent: QObject | None = None) -> None:
        """Show thumbnails in ``column``."""
        super().__init__(parent)
        self._thumbnails, self._column = thumbnails, column
        self.side_px = SIDE_PX
        self._waiting: dict[str, list[int]] = {}  # rows, by the path of their picture
        thumbnails.made.connect(self._on_made)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return one: most lists have a single column."""
        return 0 if parent is not None and parent.isValid() else 1

    def thumbnail(self, path: str, row: int) -> QImage | None:
        """Return a picture's thumbnail; None where it is not read yet: ``dataChanged`` follows when it is.

        ``row`` is the row, or what ``_row_waiting`` finds it by.
        """
        image = self._thumbnails.get(path, self.side_px)
        if image is None or max(image.width(), image.height()) < self.side_px:
            waiting = self._waiting.setdefault(path, [])
            if row not in waiting:
                waiting.append(row)
        return image

    def cancel_thumbnails(self) -> None:
        """Forget which rows wait for a thumbnail: the rows are about to change."""
        self._waiting.clear()

    def _on_made(self, path: str) -> None:
        for row in map(self._row_waiting, self._waiting.pop(path, [])):
            if row is not None:
                index = self.index(row, self._column)
                self.dataChanged.emit(index, index)

    def _row_waiting(self, token: int) -> int | None:
        """Return the row that was named ``token`` when it requested a thumbnail; None where it has left."""
        return token


class RowDelegate(QStyledItemDelegate):
    """Draws a cell of a table; the row of the pair on screen has lines above and below it, failures are coloured."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802  Qt's name
        """Colour the text of a failure."""
        super().initStyleOption(option, index)
        if index.data(ERROR_ROLE):
            option.palette.setColor(QPalette.ColorRole.Text, error_colour(option.palette))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell, and the mark of its row."""
        super().paint(painter, option, index)
        if index.data(ON_SCREEN_ROLE):
            paint_row_mark(painter, option)


class TextDelegate(RowDelegate):
    """Draws a text, and below it a shorter one, coloured where it is an error, in ``LINES`` lines together."""

    def __init__(self, parent: QObject, below: Callable[[], int] = lambda: BELOW_ROLE) -> None:
        """``below`` returns the role of the text below."""
        super().__init__(parent)
        self._below = below

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell, and the mark of its row."""
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        ground = option.widget.style() if option.widget is not None else QApplication.style()
        ground.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, cell, painter, option.widget)
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        words, metrics = option.rect.adjusted(PAD_PX // 2, PAD_PX, -PAD_PX // 2, -PAD_PX), cell.fontMetrics
        painter.setFont(cell.font)
        painter.setPen(option.palette.color(role))
        below = index.data(self._below())
        for line, text in enumerate(wrap_lines(metrics, index.data(), words.width(), LINES - bool(below))):
            painter.drawText(words.left(), words.top() + metrics.ascent() + line * metrics.lineSpacing(), text)
        painter.setPen(cell.palette.color(role))
        below = metrics.elidedText(below, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), below)
        painter.restore()
        if index.data(ON_SCREEN_ROLE):
            paint_row_mark(painter, option)


def wrap_lines(metrics: QFontMetrics, text: str, width_px: int, lines: int) -> list[str]:
    """Return the beginning of a text in lines; the last one is shortened where there is more."""
    left, wrapped = " ".join(text.split()), list[str]()
    while left and len(wrapped) < lines:
        words = left.split(" ")
        while len(words) > 1 and metrics.horizontalAdvance(" ".join(words)) > width_px:
            words.pop()
        line = left if len(wrapped) == lines - 1 else " ".join(words)
        fits = metrics.horizontalAdvance(line) <= width_px  # Qt shortens some lines that are exactly as wide
        wrapped.append(line if fits else metrics.elidedText(line, Qt.TextElideMode.ElideRight, width_px))
        left = left[len(line) :].lstrip()
    return wrapped


class ThumbnailDelegate(QStyledItemDelegate):
    """Draws a cell that holds a thumbnail only."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        place = QRect(option.rect.left() + PAD_PX, option.rect.top() + PAD_PX, THUMB_PX, THUMB_PX)
        paint_thumbnail(painter, option, place, index.data(Qt.ItemDataRole.DecorationRole))
        painter.restore()
        if index.data(ON_SCREEN_ROLE):
            paint_row_mark(painter, option)
            painter.fillRect(QRect(option.rect.topLeft(), QSize(2 * MARK_PX, option.rect.height())), mark_brush(option))


def mark_brush(option: QStyleOptionViewItem) -> QBrush:
    """Return what marks the pair on screen: visible on selected rows as well as on others."""
    return option.palette.brush(QPalette.ColorRole.Text)


def paint_row_mark(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """Draw a line above and below a cell."""
    rect, brush = option.rect, mark_brush(option)
    painter.fillRect(QRect(rect.left(), rect.top(), rect.width(), MARK_PX), brush)
    painter.fillRect(QRect(rect.left(), rect.bottom() - MARK_PX + 1, rect.width(), MARK_PX), brush)


def paint_thumbnail(painter: QPainter, option: QStyleOptionViewItem, place: QRect, image: QImage | None) -> QRect:
    """Draw a thumbnail in the middle of ``place``, and return where; a grey square where there is none."""
    if image is None or image.isNull():
        painter.fillRect(place, blend_colours(option.palette.text().color(), option.palette.base().color(), 0.08))
        return place
    at = QRect(place.topLeft(), image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio))
    at.moveCenter(place.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(at, image)
    return at
