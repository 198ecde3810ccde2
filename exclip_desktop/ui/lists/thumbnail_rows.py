"""Thumbnails in lists of pairs and tables of findings, and rows of a thumbnail with text."""

from typing import Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.ui.theme import blend_colours, error_colour

THUMB_PX: Final = 64
PAD_PX: Final = 6
LINES: Final = 2
LONGEST: Final = 200  # letters; no line holds more
BELOW_ROLE: Final = Qt.ItemDataRole.UserRole
ERROR_ROLE: Final = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class ThumbnailModel(QAbstractTableModel):
    """Base of models whose rows have a thumbnail, which is read when its row is painted, and not before."""

    def __init__(self, thumbnails: Thumbnails, column: int = 0, parent: QObject | None = None) -> None:
        """Show thumbnails in ``column``."""
        super().__init__(parent)
        self._thumbnails, self._column = thumbnails, column
        self._waiting: dict[str, list[int]] = {}  # rows, by the path of their picture
        thumbnails.made.connect(self._on_made)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return one: most lists have a single column."""
        return 0 if parent is not None and parent.isValid() else 1

    def thumbnail(self, path: str, row: int) -> QImage | None:
        """Return a picture's thumbnail; None where it is not read yet: ``dataChanged`` follows when it is."""
        image = self._thumbnails.get(path)
        if image is None:
            self._waiting.setdefault(path, []).append(row)
        return image

    def cancel_thumbnails(self) -> None:
        """Forget which rows wait for a thumbnail: the rows are about to change."""
        self._waiting.clear()

    def _on_made(self, path: str) -> None:
        for row in self._waiting.pop(path, []):
            index = self.index(row, self._column)
            self.dataChanged.emit(index, index)


def make_rows_view(model: QAbstractItemModel, name: str) -> QTableView:
    """Return a view of a model of one column: text, thumbnail (an image), ``BELOW_ROLE`` and ``ERROR_ROLE``."""
    # A table, for it takes a hundred thousand rows at once; Qt's lists need half a second to lay them out.
    view = QTableView()
    view.setModel(model)
    view.setItemDelegate(RowDelegate(view))
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(THUMB_PX + 2 * PAD_PX)
    view.horizontalHeader().hide()
    view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setMouseTracking(True)
    view.setAccessibleName(name)
    return view


class RowDelegate(QStyledItemDelegate):
    """Draws a row: its thumbnail, two lines of text, and a line below them, coloured where it is an error."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row."""
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        if selected:
            painter.fillRect(option.rect, palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, blend_colours(palette.highlight().color(), palette.base().color(), 0.15))
        area = option.rect.adjusted(PAD_PX, PAD_PX, -PAD_PX, -PAD_PX)
        paint_thumbnail(painter, option, index.data(Qt.ItemDataRole.DecorationRole))
        words = area.adjusted(THUMB_PX + PAD_PX, 0, 0, 0)
        ink = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        painter.setPen(ink)
        _paint_lines(painter, words, index.data())
        if index.data(ERROR_ROLE) and not selected:
            painter.setPen(error_colour(palette))
        below = option.fontMetrics.elidedText(index.data(BELOW_ROLE), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), below)
        painter.restore()


class ThumbnailDelegate(QStyledItemDelegate):
    """Draws a cell that holds a thumbnail only."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, option.palette.highlight())
        paint_thumbnail(painter, option, index.data(Qt.ItemDataRole.DecorationRole))
        painter.restore()


def paint_thumbnail(painter: QPainter, option: QStyleOptionViewItem, image: QImage | None) -> None:
    """Draw a thumbnail at the left of a cell; a grey square where there is none."""
    place = QRect(option.rect.left() + PAD_PX, option.rect.top() + PAD_PX, THUMB_PX, THUMB_PX)
    if image is None or image.isNull():
        painter.fillRect(place, blend_colours(option.palette.text().color(), option.palette.base().color(), 0.08))
        return
    size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
    at = QRect(place.topLeft(), size)
    at.moveCenter(place.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(at, image)


def _paint_lines(painter: QPainter, place: QRect, text: str) -> None:
    """Write at most ``LINES`` lines at the top of ``place``; the last is cut where there is more."""
    metrics, left = painter.fontMetrics(), " ".join(text.split())
    for line in range(LINES):
        text_line = left if line == LINES - 1 else _fitting(metrics, left, place.width())
        elided = metrics.elidedText(text_line, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place.left(), place.top() + metrics.ascent() + line * metrics.lineSpacing(), elided)
        left = left[len(text_line) :].lstrip()


def _fitting(metrics: QFontMetrics, text: str, width: int) -> str:
    """Return the words of ``text`` that fit into a line, at least one."""
    words = text[:LONGEST].split(" ")
    while len(words) > 1 and metrics.horizontalAdvance(" ".join(words)) > width:
        words.pop()
    return " ".join(words)
