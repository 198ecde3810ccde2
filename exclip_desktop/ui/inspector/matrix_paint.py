"""Where a matrix of rows × patches lies in its view, what is marked on it, and how both are drawn."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPalette, QPen

from exclip_desktop.core.maths.interactions import Floats

STRIPE: Final = 7  # the margin that shows what is selected
PAD: Final = 5
FAINT: Final = QColor(0, 0, 0, 38)

Place = tuple[int | None, int | None]
"""(row, column) of the matrix; None where the mouse is beside it on that side."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked along the edges.

    Attributes:
        rows: per row, the selected share of its tokens, (rows,) in [0, 1].
        columns: per patch, the covered share, (patches,) in [0, 1]; None where no region is drawn.
        hovered_rows, hovered_column: what is hovered over, anywhere in the window.

    """

    rows: Floats = field(default_factory=lambda: np.zeros(0))
    columns: Floats | None = None
    hovered_rows: tuple[int, ...] = ()
    hovered_column: int | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where a matrix lies in the viewport, in logical pixels: the labels at the left, a stripe, then the cells.

    Attributes:
        shape: (rows, columns).
        labels: width of the labels.
        cell: (width, height) of a cell.
        scrolled: (x, y) by which the cells are moved to the left and up.

    """

    shape: tuple[int, int] = (0, 0)
    labels: float = 0.0
    cell: tuple[float, float] = (1.0, 1.0)
    scrolled: tuple[float, float] = (0.0, 0.0)

    @property
    def cells_left(self) -> float:
        """Where cells begin, however they are scrolled."""
        return self.labels + STRIPE

    @property
    def cells(self) -> QRectF:
        """All cells together."""
        left, top = self.cells_left - self.scrolled[0], STRIPE - self.scrolled[1]
        return QRectF(left, top, self.shape[1] * self.cell[0], self.shape[0] * self.cell[1])

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Return one cell."""
        cells, (width, height) = self.cells, self.cell
        return QRectF(cells.left() + column * width, cells.top() + row * height, width, height)

    def label_rect(self, row: int) -> QRectF:
        """Return a row's label."""
        return QRectF(0, self.cells.top() + row * self.cell[1], self.labels, self.cell[1])

    def at(self, point: QPointF) -> Place:
        """Return what is at a point."""
        cells = self.cells
        row = int((point.y() - cells.top()) // self.cell[1])
        column = int((point.x() - cells.left()) // self.cell[0])
        in_rows = point.y() >= STRIPE and 0 <= row < self.shape[0]
        in_columns = point.x() >= self.cells_left and 0 <= column < self.shape[1]
        return (row if in_rows else None, column if in_columns else None)


@dataclass(frozen=True, slots=True)
class Still:
    """What does not change with the selection.

    Attributes:
        labels: the rows' names, short enough for their room.
        image: a pixel each cell.
        patches_per_row: after how many columns a row of patches ends.

    """

    labels: tuple[str, ...] = ()
    image: QImage = field(default_factory=QImage)
    patches_per_row: int = 1


def draw_still(painter: QPainter, area: QRectF, places: Places, still: Still) -> None:
    """Draw labels in the painter's pen and font, cells, and the ends of the rows of patches."""
    painter.setClipRect(area.adjusted(0, STRIPE, 0, 0))
    for row, text in enumerate(still.labels):
        rect = places.label_rect(row)
        if rect.intersects(area):
            inner = rect.adjusted(PAD, 0, -PAD, 0)
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    painter.setClipRect(area.adjusted(places.cells_left, STRIPE, 0, 0))
    cells = places.cells
    painter.drawImage(cells, still.image)
    for column in range(still.patches_per_row, places.shape[1], still.patches_per_row):
        left = round(cells.left() + column * places.cell[0])
        painter.fillRect(QRectF(left, cells.top(), 1, cells.height()), FAINT)


def draw_marks(painter: QPainter, area: QRectF, places: Places, marks: Marks, palette: QPalette) -> None:
    """Draw what is selected along the edges, and what is hovered over along the edges and across."""
    painter.setClipRect(area.adjusted(0, STRIPE, 0, 0))
    _draw_rows(painter, places, marks, palette.highlight().color())
    painter.setClipRect(area.adjusted(places.cells_left, 0, 0, 0))
    _draw_columns(painter, places, marks, palette)


def _draw_rows(painter: QPainter, places: Places, marks: Marks, highlight: QColor) -> None:
    for at in np.flatnonzero(marks.rows).tolist():
        rect = places.label_rect(at)
        stripe = QRectF(rect.right(), rect.top(), STRIPE - 2, rect.height())
        painter.fillRect(stripe, _faded(highlight, float(marks.rows[at])))
    for row in marks.hovered_rows:
        rect = places.label_rect(row)
        painter.fillRect(rect, _faded(highlight, 0.3))
        _outline(
            painter, QRectF(places.cells_left, rect.top(), places.cells.right() - places.cells_left, rect.height())
        )


def _draw_columns(painter: QPainter, places: Places, marks: Marks, palette: QPalette) -> None:
    cells, wide = places.cells, places.cell[0]
    if marks.columns is not None:
        stripe = _stripe(palette.highlight().color(), marks.columns)
        painter.drawImage(QRectF(cells.left(), 0, cells.width(), STRIPE - 2), stripe)
    if marks.hovered_column is not None:
        left = cells.left() + marks.hovered_column * wide
        painter.fillRect(QRectF(left - 1, 0, wide + 2, STRIPE - 2), palette.windowText())
        _outline(painter, QRectF(left, STRIPE, wide, cells.bottom() - STRIPE))


def _stripe(colour: QColor, shares: Floats) -> QImage:
    """Return an image one pixel high and a pixel each share, which is the colour's opacity."""
    pixels = np.zeros((1, len(shares), 4), np.uint8)
    pixels[..., :3] = colour.red(), colour.green(), colour.blue()
    pixels[..., 3] = np.rint(shares * 255)
    # The copy owns its pixels; the bytes do not outlive this call.
    return QImage(pixels.tobytes(), len(shares), 1, QImage.Format.Format_RGBA8888).copy()


def _faded(colour: QColor, alpha: float) -> QColor:
    return QColor.fromRgbF(colour.redF(), colour.greenF(), colour.blueF(), alpha)


def _outline(painter: QPainter, rect: QRectF) -> None:
    """Draw a frame that shows on every heat colour: dark, beside light."""
    painter.setBrush(QBrush())
    painter.setPen(QPen(QColor(255, 255, 255, 200), 1))
    painter.drawRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5))
    painter.setPen(QPen(QColor(0, 0, 0, 220), 1))
    painter.drawRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5))
