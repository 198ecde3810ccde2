"""A matrix of rows × patches drawn in heat colours, labelled and marked along its edges."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from pyqtgraph import AxisItem, GraphicsObject, ImageItem, PlotCurveItem, mkPen
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.maths.colour import lookup_bytes, lookup_levels, range_limit
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.ui.widgets.plots import Plot

STRIPE_PX: Final = 7
"""Margin between labels and cells that shows what is selected; two pixels of it stay free."""
PAD_PX: Final = 5
CORNER: Final = "patch row"
EACH_CORNER: Final = ("patch row, column", "row, column")
"""Names of the numbers above the cells, in the corner left of them: of rows of patches, and of single patches."""
BOUNDARY: Final = QColor(0, 0, 0, 38)

Place = tuple[int | None, int | None]
"""(row, column) of the matrix; None where the mouse is outside the cells on that side."""
NOWHERE: Final[Place] = (None, None)


@dataclass(frozen=True, slots=True)
class MatrixMarks:
    """Marks along the edges.

    Attributes:
        rows: per row, the selected fraction of its tokens, (rows,) in [0, 1].
        columns: per patch, the covered fraction, (patches,) in [0, 1]; None where no region is drawn.
        hovered_rows, hovered_column: rows and column under the mouse, anywhere in the window.

    """

    rows: Floats = field(default_factory=lambda: np.zeros(0))
    columns: Floats | None = None
    hovered_rows: tuple[int, ...] = ()
    hovered_column: int | None = None


class MatrixPlot(Plot):
    """Draws the cells, the rows' labels at the left, and the patches' row and column in the grid at the top.

    A cell (row, column) covers column … column + 1 and row … row + 1 of the view box.

    Attributes:
        shape: number of rows and columns.
        labels_each_patch: whether each patch is labelled, ``row, column``; else rows of the grid are.

    Signals:
        hovered(row, column): the mouse came to a place; None where it is outside the cells on that side.
        pressed(row, column, modifiers): the left button was pressed on a cell, or on a row's label (column None).

    """

    hovered = Signal(object, object)
    pressed = Signal(int, object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._row_axis, self._patch_axis = _RowAxis(), _PatchAxis()
        self._image, self._outlines = ImageItem(axisOrder="row-major"), _Outlines()
        self._boundaries = PlotCurveItem(pen=mkPen(BOUNDARY, width=1), connect="pairs")
        self._labels: tuple[str, ...] = ()
        self.shape = (0, 0)
        self.labels_each_patch = False
        super().__init__(parent, axes={"left": self._row_axis, "top": self._patch_axis})
        self.view_box.invertY(True)
        self.plot_item.showAxis("top")
        self.plot_item.hideAxis("bottom")
        for item in (self._image, self._boundaries, self._outlines):
            self.view_box.addItem(item, ignoreBounds=True)
        self.viewport().setMouseTracking(True)

    @property
    def cells_left_px(self) -> float:
        """Width of the labels with their stripe: the left end of the cells when they are not scrolled."""
        return float(self._row_axis.maximumWidth())

    @property
    def cells_top_px(self) -> float:
        """Height of the patches' axis: the top of the cells when they are not scrolled."""
        return float(self._patch_axis.maximumHeight())

    def set_matrix(
        self, labels: tuple[str, ...], values: Floats, patches_per_row: int, colours: str, words: tuple[str, ...] = ()
    ) -> None:
        """Draw ``values`` (rows, patches); ``colours`` is a key of ``COLOUR_MAPS``.

        ``words`` are the names of the columns where they are words instead of patches.
        """
        self._labels, self.shape = labels, (values.shape[0], values.shape[1])
        levels = lookup_levels(range_limit(values))
        self._image.setImage(values, autoLevels=False, levels=levels, lut=lookup_bytes(colours))
        ends = np.arange(patches_per_row, self.shape[1], patches_per_row, dtype=np.float64)
        self._boundaries.setData(ends.repeat(2), np.tile((0.0, float(self.shape[0])), len(ends)))
        self._patch_axis.patches_per_row, self._patch_axis.patches = patches_per_row, self.shape[1]
        self._patch_axis.words = words
        self.set_marks(MatrixMarks())

    def set_labels_width(self, most_px: float) -> None:
        """Make room for the labels, at most ``most_px``, and shorten those that need more."""
        metrics = QFontMetricsF(self.font())
        longest = max(metrics.horizontalAdvance(text) for text in (*self._labels, CORNER))
        width = round(min(longest + 2 * PAD_PX + 2, most_px))
        texts = [metrics.elidedText(text, Qt.TextElideMode.ElideRight, width - 2 * PAD_PX) for text in self._labels]
        self._row_axis.setTicks([[(row + 0.5, text) for row, text in enumerate(texts)]])
        self._row_axis.setWidth(width + STRIPE_PX)
        self._patch_axis.setHeight(round(metrics.height()) + STRIPE_PX)

    def show_range(self, left: float, top: float, columns: float, rows: float, cell_px: float) -> None:
        """Show ``columns`` × ``rows`` cells, from ``left`` and ``top``; a column is ``cell_px`` wide."""
        self.labels_each_patch = self._patch_axis.label_patches(cell_px, QFontMetricsF(self.font()))
        self.view_box.setRange(xRange=(left, left + columns), yRange=(top, top + rows), padding=0)
        self.plot_item.layout.activate()

    def set_marks(self, marks: MatrixMarks) -> None:
        """Mark what is selected and hovered."""
        self._row_axis.mark(marks.rows, marks.hovered_rows)
        self._patch_axis.mark(marks.columns, marks.hovered_column)
        rows, columns = self.shape
        outlines = [QRectF(0, row, columns, 1) for row in marks.hovered_rows]
        if marks.hovered_column is not None:
            outlines.append(QRectF(marks.hovered_column, 0, 1, rows))
        self._outlines.show_rects(tuple(outlines))

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Return a cell's place in the widget, px."""
        return QRectF(
            self.view_box.mapViewToScene(QPointF(column, row)),
            self.view_box.mapViewToScene(QPointF(column + 1, row + 1)),
        )

    def label_rect(self, row: int) -> QRectF:
        """Return the place of a row's label in the widget, px."""
        cell = self.cell_rect(row, 0)
        return QRectF(0, cell.top(), self.cells_left_px - STRIPE_PX, cell.height())

    def place_at(self, point: QPointF) -> Place:
        """Return the row and the column at a point of the widget, px."""
        at = self.view_box.mapSceneToView(point)
        row, column = int(at.y() // 1), int(at.x() // 1)
        in_rows = point.y() >= self.cells_top_px and 0 <= row < self.shape[0]
        in_columns = point.x() >= self.cells_left_px and 0 <= column < self.shape[1]
        return (row if in_rows else None, column if in_columns else None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Report the place under the mouse."""
        self.hovered.emit(*self.place_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Report a press on a cell or on a label."""
        row, column = self.place_at(event.position())
        on_label = event.position().x() < self.cells_left_px - STRIPE_PX
        if event.button() == Qt.MouseButton.LeftButton and row is not None and (column is not None or on_label):
            self.pressed.emit(row, column, event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Do nothing: the press has done everything."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  Qt's name
        """Do nothing: the first press has done everything."""

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Report when the mouse leaves."""
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(*NOWHERE)
        return bool(super().viewportEvent(event))

    def _show_theme(self) -> None:
        super()._show_theme()
        palette = self.palette()
        for axis in (self._row_axis, self._patch_axis):
            axis.set_colours(palette.highlight().color(), palette.windowText().color())


class _RowAxis(AxisItem):
    """Labels of rows, each with a stripe for its selected fraction; the row under the mouse is highlighted."""

    def __init__(self) -> None:
        super().__init__("left", pen=None, maxTickLength=0)
        self._highlight = QColor()
        self._fractions: Floats = np.zeros(0)
        self._hovered: tuple[int, ...] = ()
        self.setStyle(tickTextOffset=PAD_PX + STRIPE_PX, autoExpandTextSpace=False)

    def set_colours(self, highlight: QColor, ink: QColor) -> None:
        """Draw marks in ``highlight``; labels have the axis's text pen, and there is no line along the axis."""
        self._highlight = highlight
        self.setPen(None)
        self.update()

    def mark(self, fractions: Floats, hovered: tuple[int, ...]) -> None:
        """Mark the selected fraction of each row, (rows,) in [0, 1], and the hovered rows."""
        if not np.array_equal(fractions, self._fractions) or hovered != self._hovered:
            self._fractions, self._hovered = fractions, hovered
            self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the marks under the labels."""
        box = self.linkedView()
        (top, bottom), width = box.viewRange()[1], self.size().width() - STRIPE_PX
        step = self.size().height() / (bottom - top)
        painter.save()
        painter.setClipRect(QRectF(0, 0, self.size().width(), self.size().height()))
        for row in self._hovered:
            painter.fillRect(QRectF(0, (row - top) * step, width, step), _faded(self._highlight, 0.3))
        for row in np.flatnonzero(self._fractions).tolist():
            stripe = QRectF(width, (row - top) * step, STRIPE_PX - 2, step)
            painter.fillRect(stripe, _faded(self._highlight, float(self._fractions[row])))
        painter.restore()
        super().paint(painter, option, widget)


class _PatchAxis(AxisItem):
    """Row and column of the patches in the grid; a stripe below shows how far each is covered.

    Attributes:
        patches: number of patches, the columns of the matrix.
        patches_per_row: number of patches in a row of the grid.
        words: names of the columns where they are words.

    """

    def __init__(self) -> None:
        super().__init__("top", pen=None, maxTickLength=0)
        self.patches, self.patches_per_row = 0, 1
        self.words: tuple[str, ...] = ()
        self._highlight, self._ink = QColor(), QColor()
        self._stripe: QImage | None = None
        self._fractions: Floats | None = None
        self._hovered: int | None = None
        self.setStyle(tickTextOffset=STRIPE_PX, autoExpandTextSpace=False)

    def set_colours(self, highlight: QColor, ink: QColor) -> None:
        """Draw coverage in ``highlight`` and the hovered patch in ``ink``; there is no line along the axis."""
        self._highlight, self._ink = highlight, ink
        self._stripe = None if self._fractions is None else _stripe(highlight, self._fractions)
        self.setPen(None)
        self.update()

    def mark(self, fractions: Floats | None, hovered: int | None) -> None:
        """Mark the covered fraction of each patch, (patches,) in [0, 1], and the hovered patch."""
        if fractions is not self._fractions:
            self._fractions = fractions
            self._stripe = None if fractions is None else _stripe(self._highlight, fractions)
        self._hovered = hovered
        self.update()

    def label_patches(self, cell_px: float, metrics: QFontMetricsF) -> bool:
        """Label each patch ``row, column`` and return True where there is room, else label rows of the grid.

        Words are shortened to their column.
        """
        if self.words:
            texts = [metrics.elidedText(word, Qt.TextElideMode.ElideRight, cell_px - PAD_PX) for word in self.words]
            self.setTicks([[(at + 0.5, text) for at, text in enumerate(texts) if text != "…"]])
            return True
        per_row = self.patches_per_row
        rows = -(-self.patches // per_row)
        each = cell_px >= metrics.horizontalAdvance("00, 00") + 2 * PAD_PX
        if each:
            ticks = [(at + 0.5, "{}, {}".format(*divmod(at, per_row))) for at in range(self.patches)]
        else:
            room = per_row * cell_px
            wide = metrics.horizontalAdvance(str(rows)) + 2 * PAD_PX
            every = next((step for step in (1, 2, 5, 10, 20, 50) if step * room >= wide), rows)
            ticks = [((row + 0.5) * per_row, str(row)) for row in range(0, rows, max(every, 1))]
        self.setTicks([ticks])
        return each

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw labels and marks."""
        super().paint(painter, option, widget)
        left, right = self.linkedView().viewRange()[0]
        width, top = self.size().width(), self.size().height() - STRIPE_PX
        step = width / (right - left)
        painter.save()
        painter.setClipRect(QRectF(0, 0, width, self.size().height()))
        if self._stripe is not None:
            painter.drawImage(QRectF(-left * step, top, self.patches * step, STRIPE_PX - 2), self._stripe)
        if self._hovered is not None:
            painter.fillRect(QRectF((self._hovered - left) * step - 1, top, step + 2, STRIPE_PX - 2), self._ink)
        painter.restore()


class _Outlines(GraphicsObject):
    """Frames just outside of rectangles of cells: a dark line and a light one, so that every heat colour shows them."""

    def __init__(self) -> None:
        super().__init__()
        self._rects: tuple[QRectF, ...] = ()

    def show_rects(self, rects: tuple[QRectF, ...]) -> None:
        """Draw other rectangles, in the view box's units."""
        if rects != self._rects:
            self.prepareGeometryChange()
            self._rects = rects
            self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802  Qt's name
        """Return the place of all frames, in the view box's units."""
        united = QRectF()
        for rect in self._rects:
            united |= rect
        return self._grown(united, 2.5) if self._rects else united

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the frames, the light one outside."""
        for rect in self._rects:
            for pixels, colour in ((1.5, QColor(255, 255, 255, 200)), (0.5, QColor(0, 0, 0, 220))):
                painter.setPen(mkPen(colour, width=1))
                painter.drawRect(self._grown(rect, pixels))

    def _grown(self, rect: QRectF, pixels: float) -> QRectF:
        across, down = pixels * (self.pixelWidth() or 0.0), pixels * (self.pixelHeight() or 0.0)
        return rect.adjusted(-across, -down, across, down)


def _stripe(colour: QColor, fractions: Floats) -> QImage:
    """Return an image one pixel high with a pixel for each fraction, which is the colour's opacity."""
    pixels = np.zeros((1, len(fractions), 4), np.uint8)
    pixels[..., :3] = colour.red(), colour.green(), colour.blue()
    pixels[..., 3] = np.rint(fractions * 255)
    # The copy owns its pixels; the bytes do not outlive this call.
    return QImage(pixels.tobytes(), len(fractions), 1, QImage.Format.Format_RGBA8888).copy()


def _faded(colour: QColor, alpha: float) -> QColor:
    return QColor.fromRgbF(colour.redF(), colour.greenF(), colour.blueF(), alpha)
