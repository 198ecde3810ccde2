"""A matrix of rows × patches painted in heat colours: labelled, marked along its edges, and pointed at."""

from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from exclip_desktop.core.maths.colour import symmetric_limit, to_rgb
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.ui.inspector.matrix_paint import PAD, STRIPE, Marks, Place, Places, Still, draw_marks, draw_still

ROW_PX: Final = (14, 32)  # least and most height of a row
LEAST_CELL_PX: Final = 1.5
LABELS_SHARE: Final = 0.38  # at most, of the width
STEPS: Final = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}

NOWHERE: Final[Place] = (None, None)


class MatrixView(QAbstractScrollArea):
    """Paints a matrix.

    Signals:
        hovered(row, column): the mouse, or the arrow keys, came to a place; None where it is beside the matrix.
        cell_chosen(row, column): a cell was clicked, or Return was pressed on it.
        label_clicked(row, modifiers): a row's label was clicked.

    """

    hovered = Signal(object, object)
    cell_chosen = Signal(int, int)
    label_clicked = Signal(int, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._still = Still()
        self._cached = QPixmap()
        self._marks = Marks()
        self._place = NOWHERE
        self._shape = (0, 0)
        self.places = Places()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Matrix of words and patches")
        self.viewport().setMouseTracking(True)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)

    def set_matrix(self, labels: tuple[str, ...], values: Floats, patches_per_row: int, colours: str) -> None:
        """Show ``values`` (rows, patches); ``colours`` is a key of ``core.colour_maps.MAPS``."""
        self._labels, self._shape = labels, (values.shape[0], values.shape[1])
        rgb = np.rint(to_rgb(values, symmetric_limit(values), colours) * 255).astype(np.uint8)
        height, width = self._shape
        # The copy owns its pixels; the bytes do not outlive this call.
        image = QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._still = Still(labels, image, patches_per_row)
        self._marks, self._place = Marks(), NOWHERE
        self._measure()

    def set_marks(self, marks: Marks) -> None:
        """Mark what is selected and hovered over."""
        self._marks = marks
        self.viewport().update()

    def show_place(self, row: int | None, column: int | None) -> None:
        """Scroll no further than needed to see a row and a column; None: as it is."""
        for bar, at, step, room in (
            (self.verticalScrollBar(), row, self.places.cell[1], self.viewport().height() - STRIPE),
            (self.horizontalScrollBar(), column, self.places.cell[0], self.viewport().width() - self.places.cells_left),
        ):
            if at is not None:
                bar.setValue(round(min(max(bar.value(), (at + 1) * step - room), at * step)))

    def sizeHint(self) -> QSize:
        """Return a size at which most captions fit."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        """Return the least size at which something can be read."""
        return QSize(200, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the cells to the room there is."""
        super().resizeEvent(event)
        self._measure()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Follow the scroll bars."""
        self._place_cells()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the labels and cells, as they were drawn before if only the marks have changed, and the marks."""
        if 0 in self._shape:
            return
        area, ratio = QRectF(self.viewport().rect()), self.devicePixelRatioF()
        if self._cached.isNull() or self._cached.devicePixelRatioF() != ratio:
            self._cached = self._drawn(area, ratio)
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._cached)
        draw_marks(painter, area, self.places, self._marks, self.palette())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what the mouse came to."""
        self._go_to(self.places.at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a cell, or a row by its label."""
        row, column = self.places.at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or row is None:
            return
        if column is not None:
            self.cell_chosen.emit(row, column)
        elif event.position().x() < self.places.labels:
            self.label_clicked.emit(row, event.modifiers())

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell when the mouse leaves."""
        if event.type() == QEvent.Type.Leave:
            self._go_to(NOWHERE)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move over the cells with the arrow keys; choose with Return."""
        (row, column), step = self._place, STEPS.get(Qt.Key(event.key()))
        if step is not None and 0 not in self._shape:
            here = (-step[0] if row is None else row, -step[1] if column is None else column)
            last = (self._shape[0] - 1, self._shape[1] - 1)
            to_row, to_column = (min(max(at + by, 0), end) for at, by, end in zip(here, step, last, strict=True))
            self.show_place(to_row, to_column)
            self._go_to((to_row, to_column))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None and column is not None:
            self.cell_chosen.emit(row, column)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """End what the arrow keys previewed."""
        self._go_to(NOWHERE)
        super().focusOutEvent(event)

    def _go_to(self, place: Place) -> None:
        if place != self._place:
            self._place = place
            self.hovered.emit(*place)

    def _measure(self) -> None:
        """Fit labels, cells and scroll bars to the room there is."""
        metrics, view = self.fontMetrics(), self.viewport().size()
        longest = max((metrics.horizontalAdvance(text) for text in self._labels), default=0)
        labels = min(longest + 2 * PAD + 2, round(view.width() * LABELS_SHARE))
        elided = [metrics.elidedText(text, Qt.TextElideMode.ElideRight, labels - 2 * PAD) for text in self._labels]
        self._still = replace(self._still, labels=tuple(elided))
        least = max(ROW_PX[0], metrics.height() - 2)
        high = min(max((view.height() - STRIPE) / max(self._shape[0], 1), least), ROW_PX[1])
        wide = max((view.width() - labels - STRIPE) / max(self._shape[1], 1), LEAST_CELL_PX)
        self.places = Places(self._shape, labels, (wide, high))
        cells = self.places.cells
        for bar, end, room in (
            (self.horizontalScrollBar(), cells.right(), view.width()),
            (self.verticalScrollBar(), cells.bottom(), view.height()),
        ):
            bar.setRange(0, max(0, round(end - room)))
            bar.setPageStep(room)
            bar.setSingleStep(round(high))
        self._place_cells()

    def _place_cells(self) -> None:
        scrolled = (float(self.horizontalScrollBar().value()), float(self.verticalScrollBar().value()))
        self.places = Places(self._shape, self.places.labels, self.places.cell, scrolled)
        self._cached = QPixmap()
        self.viewport().update()

    def _drawn(self, area: QRectF, ratio: float) -> QPixmap:
        drawn = QPixmap(self.viewport().size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        painter.setFont(self.font())
        painter.setPen(self.palette().windowText().color())
        draw_still(painter, area, self.places, self._still)
        painter.end()
        return drawn
