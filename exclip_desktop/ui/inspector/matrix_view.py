"""Scrolling view of a matrix of rows × patches, for mouse and arrow keys."""

from typing import Final

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPalette, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QScrollBar, QWidget

from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.ui.inspector.matrix_plot import (
    CORNER,
    EACH_CORNER,
    NOWHERE,
    PAD_PX,
    STRIPE_PX,
    MatrixMarks,
    MatrixPlot,
    Place,
)

ROW_PX: Final = (14, 32)
"""Least and greatest height of a row."""
LEAST_CELL_PX: Final = 1.5
LABELS_SHARE: Final = 0.38
"""Greatest share of the width that labels take."""
STEPS: Final = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class MatrixView(QWidget):
    """A matrix plot with scroll bars where the cells would become too small.

    Signals:
        hovered(row, column): the mouse, or the arrow keys, came to a place; None outside the cells on that side.
        cell_chosen(row, column): a cell was clicked, or Return was pressed on it.
        label_clicked(row, modifiers): a row's label was clicked.

    """

    hovered = Signal(object, object)
    cell_chosen = Signal(int, int)
    label_clicked = Signal(int, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = MatrixPlot(self)
        self._across = QScrollBar(Qt.Orientation.Horizontal, self)
        self._down = QScrollBar(Qt.Orientation.Vertical, self)
        self._corner = QLabel(self, alignment=Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._cell_px = (1.0, 1.0)  # width and height
        self._place: Place = NOWHERE
        self._names_patches = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Matrix of words and patches")
        self._corner.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._corner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.plot.hovered.connect(self._on_hovered)
        self.plot.pressed.connect(self._on_pressed)
        for bar in (self._across, self._down):
            bar.valueChanged.connect(self._show_range)

    def set_matrix(
        self, labels: tuple[str, ...], values: Floats, patches_per_row: int, colours: str, words: tuple[str, ...] = ()
    ) -> None:
        """Show ``values`` (rows, patches), or rows × ``words``; ``colours`` is a key of ``COLOUR_MAPS``."""
        self.plot.set_matrix(labels, values, patches_per_row, colours, words)
        self._names_patches = not words
        self._place = NOWHERE
        self._fit()

    def set_marks(self, marks: MatrixMarks) -> None:
        """Mark what is selected and hovered."""
        self.plot.set_marks(marks)

    def show_place(self, row: int | None, column: int | None) -> None:
        """Scroll no further than needed to show a row and a column; None leaves that side as it is."""
        area = self._cells_area()
        for bar, at, step, room in (
            (self._down, row, self._cell_px[1], area.height()),
            (self._across, column, self._cell_px[0], area.width()),
        ):
            if at is not None:
                bar.setValue(round(min(max(bar.value(), (at + 1) * step - room), at * step)))

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return a size at which most captions fit."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the least readable size."""
        return QSize(200, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Fit the cells to the size."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Make room for another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  Qt's name
        """Scroll: down, or across where the wheel turns that way."""
        turned = event.angleDelta()
        across = abs(turned.x()) > abs(turned.y())
        QApplication.sendEvent(self._across if across else self._down, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Move over the cells with the arrow keys; choose with Return."""
        (row, column), step = self._place, STEPS.get(Qt.Key(event.key()))
        rows, columns = self.plot.shape
        if step is not None and rows and columns:
            here = (-step[0] if row is None else row, -step[1] if column is None else column)
            to_row, to_column = (
                min(max(at + by, 0), count - 1) for at, by, count in zip(here, step, (rows, columns), strict=True)
            )
            self.show_place(to_row, to_column)
            self._on_hovered(to_row, to_column)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None and column is not None:
            self.cell_chosen.emit(row, column)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802  Qt's name
        """End what the arrow keys previewed."""
        self._on_hovered(*NOWHERE)
        super().focusOutEvent(event)

    def _fit(self) -> None:
        """Fit labels, cells and scroll bars to the size."""
        thick = self._down.sizeHint().width()
        rows, columns = (max(count, 1) for count in self.plot.shape)
        least_px = max(ROW_PX[0], self.fontMetrics().height() - 2)
        self.plot.set_labels_width(self.width() * LABELS_SHARE)
        left, top = self.plot.cells_left_px, self.plot.cells_top_px
        tall = top + rows * least_px > self.height()
        wide = left + columns * LEAST_CELL_PX > self.width() - thick * tall
        tall = top + rows * least_px > self.height() - thick * wide
        self.plot.setGeometry(0, 0, self.width() - thick * tall, self.height() - thick * wide)
        area = self._cells_area()
        self._cell_px = (
            max(area.width() / columns, LEAST_CELL_PX),
            min(max(area.height() / rows, least_px), ROW_PX[1]),
        )
        self._show_range()
        self._name_patches(self.plot.labels_each_patch)
        corner = self.plot.geometry()
        for bar, needed, place, content, room in (
            (
                self._across,
                wide,
                QRect(0, corner.bottom() + 1, corner.width(), thick),
                columns * self._cell_px[0],
                area.width(),
            ),
            (
                self._down,
                tall,
                QRect(corner.right() + 1, 0, thick, corner.height()),
                rows * self._cell_px[1],
                area.height(),
            ),
        ):
            bar.setVisible(needed)
            bar.setGeometry(place)
            bar.setRange(0, max(0, round(content - room)))
            bar.setPageStep(max(round(room), 1))
            bar.setSingleStep(round(self._cell_px[1]))
        self._show_range()

    def _name_patches(self, each: bool) -> None:
        """Name the numbers above the cells where there is room left of them."""
        room = round(self.plot.cells_left_px) - STRIPE_PX - PAD_PX
        metrics, names = self._corner.fontMetrics(), EACH_CORNER if each else (CORNER, "row")
        fitting = [name for name in names if self._names_patches and metrics.horizontalAdvance(name) <= room]
        self._corner.setText(next(iter(fitting), ""))
        self._corner.setGeometry(0, 0, room, round(self.plot.cells_top_px) - STRIPE_PX)
        self._corner.setVisible(bool(fitting))

    def _cells_area(self) -> QRectF:
        """Return the part of the plot in which cells are drawn, px."""
        left, top = self.plot.cells_left_px, self.plot.cells_top_px
        return QRectF(left, top, max(self.plot.width() - left, 1.0), max(self.plot.height() - top, 1.0))

    def _show_range(self) -> None:
        area, (wide, high) = self._cells_area(), self._cell_px
        left, top = self._across.value() / wide, self._down.value() / high
        self.plot.show_range(left, top, area.width() / wide, area.height() / high, wide)

    def _on_hovered(self, row: int | None, column: int | None) -> None:
        if (row, column) != self._place:
            self._place = (row, column)
            self.hovered.emit(row, column)

    def _on_pressed(self, row: int, column: int | None, modifiers: Qt.KeyboardModifier) -> None:
        if column is None:
            self.label_clicked.emit(row, modifiers)
        else:
            self.cell_chosen.emit(row, column)
