"""A grid of thumbnails with two lines of text each, for lists of any length."""

from collections import OrderedDict
from typing import Final

import msgspec
from PySide6.QtCore import (
    QAbstractItemModel,
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from exclip_desktop.ui.lists.thumbnail_rows import (
    BELOW_ROLE,
    ERROR_ROLE,
    HEAT_ROLE,
    MARK_PX,
    ON_SCREEN_ROLE,
    PAD_PX,
    TITLE_ROLE,
    Index,
    mark_brush,
    paint_thumbnail,
)
from exclip_desktop.ui.theme import blend_colours, error_colour

SIDES_PX: Final = (64, 88, 128, 160, 192, 224, 256)
FIRST_SIDE_PX: Final = 88  # two columns in a narrow dock
LINES: Final = 2
FRAME_PX: Final = 3
SCALED: Final = 192  # pictures kept at the size of the screen's pixels
Action = QAbstractItemView.CursorAction
SavedLayout = tuple[str, bool, int]
"""A table's columns, whether the grid was shown instead, and the size of its pictures."""


class GridDelegate(QStyledItemDelegate):
    """Draws a cell: picture, heat over it, and a title with a line below, coloured where it is an error."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._scaled: OrderedDict[tuple[int, int, bool], QImage] = OrderedDict()  # by picture, size and greyness

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell."""
        painter.save()
        palette, cell = option.palette, option.rect.adjusted(1, 1, -1, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(cell, palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(cell, blend_colours(palette.highlight().color(), palette.base().color(), 0.15))
        side_px = option.decorationSize.width()
        place = QRect(cell.left() + PAD_PX, cell.top() + PAD_PX, side_px, side_px)
        picture, heat = index.data(Qt.ItemDataRole.DecorationRole), index.data(HEAT_ROLE)
        if picture is not None and not picture.isNull():
            picture = self._scale(picture, round(side_px * painter.device().devicePixelRatio()), bool(heat and heat[2]))
        _paint_heat(painter, paint_thumbnail(painter, option, place, picture), heat)
        ink = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        is_error = bool(index.data(ERROR_ROLE)) and not selected
        metrics, top = option.fontMetrics, place.bottom() + PAD_PX // 2
        for line, text in enumerate((index.data(TITLE_ROLE), index.data(BELOW_ROLE))):
            painter.setPen(error_colour(palette) if is_error and line else ink)
            words = " ".join((text or "")[: side_px // 2].split())
            elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, side_px)
            painter.drawText(place.left(), top + metrics.ascent() + line * metrics.lineSpacing(), elided)
        if index.data(ON_SCREEN_ROLE):
            for edge in _edges(cell):
                painter.fillRect(edge, mark_brush(option))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(Qt.PenStyle.DotLine)
            painter.drawRect(cell.adjusted(FRAME_PX, FRAME_PX, -FRAME_PX - 1, -FRAME_PX - 1))
        painter.restore()

    def _scale(self, picture: QImage, side_px: int, is_grey: bool) -> QImage:
        """Return a picture at the size of the screen's pixels, in grey where red shall mean heat."""
        key = picture.cacheKey(), side_px, is_grey
        scaled = self._scaled.get(key)
        if scaled is None:
            modes = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            scaled = picture.scaled(side_px, side_px, *modes)
            if is_grey:
                scaled = scaled.convertToFormat(QImage.Format.Format_Grayscale8)
            scaled = self._scaled[key] = scaled.convertToFormat(QImage.Format.Format_RGB32)  # drawn fastest
            if len(self._scaled) > SCALED:
                self._scaled.popitem(last=False)
        return scaled


def _paint_heat(painter: QPainter, at: QRect, heat: tuple[QImage, QRectF, bool] | None) -> None:
    """Draw heat over the part of a picture that the model saw; the part is in fractions of the picture."""
    if heat is None:
        return
    image, part, _ = heat
    where = QRectF(
        *(at.left() + part.left() * at.width(), at.top() + part.top() * at.height()),
        *(part.width() * at.width(), part.height() * at.height()),
    )
    painter.drawImage(where, image)


def _edges(cell: QRect) -> tuple[QRect, ...]:
    return (
        QRect(cell.left(), cell.top(), cell.width(), FRAME_PX),
        QRect(cell.left(), cell.bottom() - FRAME_PX + 1, cell.width(), FRAME_PX),
        QRect(cell.left(), cell.top(), FRAME_PX, cell.height()),
        QRect(cell.right() - FRAME_PX + 1, cell.top(), FRAME_PX, cell.height()),
    )


class ThumbnailGrid(QAbstractItemView):
    """Shows one column of a model in rows of equal cells.

    Not a ``QListView``: it lays out all items again after each change, 0.1 s for ten thousand. Here every cell's place
    is computed from its number.

    Signals:
        side_changed(int): the pictures have another size.

    """

    side_changed = Signal(int)

    def __init__(self, model: QAbstractItemModel, column: int, name: str, parent: QWidget | None = None) -> None:
        """Show a column of ``model``: thumbnail, heat, title and text; ``name`` is for assistive tools."""
        super().__init__(parent)
        self._column, self._side_px = column, FIRST_SIDE_PX
        self.setAccessibleName(name)
        self.setItemDelegate(GridDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else the columns could alternate
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setModel(model)
        for changed in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            changed.connect(self._on_rows_changed)

    @property
    def side_px(self) -> int:
        """Largest width and height of a picture."""
        return self._side_px

    def set_side(self, side_px: int) -> None:
        """Change the size of the pictures; the row at the top stays."""
        if side_px == self._side_px:
            return
        first = self.indexAt(QPoint(PAD_PX, PAD_PX))
        self._side_px = side_px
        self._on_rows_changed()
        self.side_changed.emit(side_px)
        if first.isValid():
            self.scrollTo(first, QAbstractItemView.ScrollHint.PositionAtTop)

    def encode_layout(self, columns: QByteArray, *, is_shown: bool) -> QByteArray:
        """Return the state of a list: the columns of its table, whether this grid is shown, and its size."""
        return QByteArray(msgspec.json.encode((bytes(columns.data()).decode(), is_shown, self._side_px)))

    def restore_layout(self, state: QByteArray) -> tuple[QByteArray, bool] | None:
        """Restore the size of a saved state; return its columns, and whether the grid was shown. None: damaged."""
        try:
            columns, is_shown, side_px = msgspec.json.decode(state.data(), type=SavedLayout)
        except msgspec.MsgspecError:
            return None
        if side_px in SIDES_PX:
            self.set_side(side_px)
        return QByteArray(columns.encode()), is_shown

    def keyboardSearch(self, search: str) -> None:  # noqa: N802  Qt's name
        """Ignore typed letters: Qt would read every row to search for them."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  Qt's name
        """Change the size of the pictures with Ctrl."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.angleDelta().y():
            at = SIDES_PX.index(self._side_px) + (1 if event.angleDelta().y() > 0 else -1)
            self.set_side(SIDES_PX[min(max(at, 0), len(SIDES_PX) - 1)])
            event.accept()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Keep the current cell in view when the number of columns changes."""
        super().resizeEvent(event)
        self.updateGeometries()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def updateGeometries(self) -> None:  # noqa: N802  Qt's name
        """Fit the scroll bar to the number of cells."""
        height_px = -(-self._count // self._columns) * self._cell.height()
        bar, page_px = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(height_px - page_px, 0))
        bar.setPageStep(page_px)
        bar.setSingleStep(self._cell.height() // 3)

    def visualRect(self, index: Index) -> QRect:  # noqa: N802  Qt's name
        """Return the place of a cell in the viewport."""
        if not index.isValid():
            return QRect()
        line, column = divmod(index.row(), self._columns)
        cell = self._cell
        top = line * cell.height() - self.verticalOffset()
        return QRect(column * cell.width(), top, cell.width(), cell.height())

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802  Qt's name
        """Return the cell at a place of the viewport; an invalid one between cells."""
        column = point.x() // self._cell.width()
        row = (point.y() + self.verticalOffset()) // self._cell.height() * self._columns + column
        is_cell = 0 <= column < self._columns and 0 <= row < self._count
        return self.model().index(row, self._column) if is_cell else QModelIndex()

    def scrollTo(  # noqa: N802  Qt's name
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Scroll until a cell is in view."""
        rect, page_px = self.visualRect(index), self.viewport().height()
        bar, hints = self.verticalScrollBar(), QAbstractItemView.ScrollHint
        if hint == hints.PositionAtTop or (hint == hints.EnsureVisible and rect.top() < 0):
            bar.setValue(bar.value() + rect.top())
        elif hint == hints.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - page_px // 2)
        elif rect.bottom() >= page_px:
            bar.setValue(bar.value() + rect.bottom() + 1 - page_px)
        self.viewport().update()

    def moveCursor(self, action: QAbstractItemView.CursorAction, _: Qt.KeyboardModifier) -> QModelIndex:  # noqa: N802
        """Return the cell that an arrow or a page key leads to."""
        page = max(self.viewport().height() // self._cell.height(), 1) * self._columns
        steps = {
            Action.MoveLeft: -1,
            Action.MovePrevious: -1,
            Action.MoveRight: 1,
            Action.MoveNext: 1,
            Action.MoveUp: -self._columns,
            Action.MoveDown: self._columns,
            Action.MovePageUp: -page,
            Action.MovePageDown: page,
            Action.MoveHome: -self._count,
            Action.MoveEnd: self._count,
        }
        current = self.currentIndex()
        row = current.row() + steps[action] if current.isValid() else 0
        if not 0 <= row < self._count and action in (Action.MoveUp, Action.MoveDown):
            return current  # above the first line, or below the last
        return self.model().index(min(max(row, 0), self._count - 1), self._column)

    def horizontalOffset(self) -> int:  # noqa: N802  Qt's name
        """Return 0: the cells fill the width."""
        return 0

    def verticalOffset(self) -> int:  # noqa: N802  Qt's name
        """Return how far the cells are scrolled."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:  # noqa: N802  Qt's name
        """Return whether an index belongs to a column that is not shown."""
        return index.column() != self._column

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:  # noqa: N802  Qt's name
        """Select the cells between two corners, in reading order."""
        rows = sorted((self._nearest_row(rect.topLeft()), self._nearest_row(rect.bottomRight())))
        selection = QItemSelection()
        if self._count and self.indexAt(rect.bottomRight()).isValid():
            selection.select(*(self.model().index(row, self._column) for row in rows))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:  # noqa: N802  Qt's name
        """Return where selected cells are, in the viewport."""
        region, visible = QRegion(), self._visible_rows()
        for row in visible:
            index = self.model().index(row, self._column)
            if selection.contains(index):
                region |= QRegion(self.visualRect(index))
        return region

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw the cells in view."""
        painter, option = QPainter(self.viewport()), QStyleOptionViewItem()
        self.initViewItemOption(option)
        option.decorationSize = QSize(self._side_px, self._side_px)
        plain, states = option.state, QStyle.StateFlag
        current = self.currentIndex().row() if self.hasFocus() else -1
        hovered = self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())).row()
        under_mouse = hovered if self.viewport().underMouse() else -1
        for row in self._visible_rows():
            index = self.model().index(row, self._column)
            option.rect = self.visualRect(index)
            if not event.rect().intersects(option.rect):
                continue
            option.state = plain & ~(states.State_MouseOver | states.State_HasFocus | states.State_Selected)
            if self.selectionModel().isSelected(index):
                option.state |= states.State_Selected
            if row == current:
                option.state |= states.State_HasFocus
            if row == under_mouse:
                option.state |= states.State_MouseOver
            self.itemDelegate().paint(painter, option, index)
        painter.end()

    @property
    def _count(self) -> int:
        model: QAbstractItemModel | None = self.model()  # Qt asks for cells before there is a model
        return 0 if model is None else model.rowCount()

    @property
    def _cell(self) -> QSize:
        text_px = LINES * self.fontMetrics().lineSpacing() + PAD_PX
        return QSize(self._side_px + 2 * PAD_PX + MARK_PX, self._side_px + 2 * PAD_PX + text_px)

    @property
    def _columns(self) -> int:
        return max(self.viewport().width() // self._cell.width(), 1)

    def _visible_rows(self) -> range:
        height_px, top_px = self._cell.height(), self.verticalOffset()
        first = top_px // height_px * self._columns
        end = ((top_px + self.viewport().height()) // height_px + 1) * self._columns
        return range(min(first, self._count), min(end, self._count))

    def _nearest_row(self, point: QPoint) -> int:
        line = (point.y() + self.verticalOffset()) // self._cell.height()
        column = min(max(point.x() // self._cell.width(), 0), self._columns - 1)
        return min(max(line * self._columns + column, 0), max(self._count - 1, 0))

    def _on_rows_changed(self) -> None:
        self.updateGeometries()
        self.viewport().update()
