"""Paints the strip: chips filled with their cells' colours, and the marks around them.

Shapes are filled one by one, neither stroked nor joined: in Qt's raster engine that is many times faster.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPalette, QPen, QPolygonF, QStaticText

from exclip_desktop.core.text.caption_chips import Chip
from exclip_desktop.ui.caption.strip_heat import Fill
from exclip_desktop.ui.caption.strip_layout import USUAL, ChipPiece, Place, Spacing, StripLayout, cell_widths, pads
from exclip_desktop.ui.theme import blend_colours

RADIUS = 5.0
EDGE = 1.0
EDGE_SHARE = 0.35
GROUND = 1.0  # between a chip and the outline around it
OUTLINE = 2.0
PREVIEW = 1.0
RING_OFF = 4.5
AROUND = 6.0  # maximum distance of a mark from its chip
STALE_ALPHA = 128  # of the background over the chips
CACHED_WIDTHS = 4
Fills = Sequence[Sequence[Fill]]
NOTCH: Final = QPainterPath()
"""The triangle that marks the corner of what is selected."""
NOTCH.addPolygon(QPolygonF([QPointF(2, 2), QPointF(7, 2), QPointF(2, 7)]))


@dataclass(frozen=True, slots=True)
class StripMarks:
    """The marks: selected and previewed rows, and the chip with the keyboard's ring (None: no ring)."""

    selected: frozenset[int] = frozenset()
    previewed: frozenset[int] = frozenset()
    ring: Place | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring cells of one chip on one line; ``whole`` if it has no other cells on that line."""

    chip: int
    first: int
    rect: QRectF
    whole: bool


class StripSheet:
    """Chips measured in one font, laid out and prepared for the current width.

    Attributes:
        pitch: distance of two lines, in logical pixels.
    """

    def __init__(self, chips: Sequence[Chip], font: QFont, spacing: Spacing = USUAL) -> None:
        """Measure the chips' texts."""
        metrics = QFontMetricsF(font)
        self._chips, self._font, self._text_height, self._spacing = chips, font, metrics.height(), spacing
        self._widths = cell_widths(chips, metrics.horizontalAdvance, spacing)
        self._placed: dict[int, StripLayout] = {}
        self._painter: StripPainter | None = None
        self.pitch = ceil(self._text_height) + 2 * spacing.tall_pad + spacing.line_gap

    def placed(self, width: int) -> StripLayout:
        """Return the layout of the chips in a strip ``width`` wide; the last few are cached."""
        if width not in self._placed:
            if len(self._placed) >= CACHED_WIDTHS:
                del self._placed[next(iter(self._placed))]
            self._placed[width] = StripLayout(self._widths, self._text_height, width, self._spacing)
        return self._placed[width]

    def painter(self, width: int) -> "StripPainter":
        """Return the painter of a strip ``width`` wide."""
        layout = self.placed(width)
        if self._painter is None or self._painter.layout is not layout:
            self._painter = StripPainter(self._chips, layout, self._font)
        return self._painter


class StripPainter:
    """Paints the chips of one ``layout``; texts and shapes are prepared once."""

    def __init__(self, chips: Sequence[Chip], layout: StripLayout, font: QFont) -> None:
        """Prepare every piece; a text wider than its cell is shortened."""
        self.layout = layout
        self._font = font
        metrics = QFontMetricsF(font)
        self._shapes = {
            (piece.chip, piece.first): _Shapes(chips[piece.chip], piece, layout, metrics, font)
            for line in layout.lines
            for piece in line
        }

    def paint(
        self, painter: QPainter, palette: QPalette, fills: Fills, marks: StripMarks, area: QRectF, *, stale: bool
    ) -> None:
        """Paint the chips in ``area``; ``fills`` has one list per chip, empty for unread words; dim if ``stale``."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        lines = self.layout.lines_between(area.top(), area.bottom())
        shapes = [self._shapes[piece.chip, piece.first] for line in lines for piece in line]
        ground, text = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
        edge, grey = blend_colours(text, ground, EDGE_SHARE), palette.color(QPalette.ColorRole.PlaceholderText)
        for shape in shapes:
            if shape.is_read:
                if marks.selected and shape.all_in(marks.selected):
                    shape.paint_outline(painter, text, ground)
                painter.fillPath(shape.whole, edge)
                shape.paint(painter, fills[shape.chip])
            else:
                shape.paint_unseen(painter, QPen(grey, 1, Qt.PenStyle.DashLine))
        _paint_previewed(painter, palette, shapes, marks.previewed)
        _paint_selected(painter, palette, shapes, marks.selected, fills)
        if stale:
            painter.fillRect(area, QColor(ground.red(), ground.green(), ground.blue(), STALE_ALPHA))
        if marks.ring is not None:
            _paint_ring(painter, palette, QRectF(*self.layout.rect_of(marks.ring)))


class _Shapes:
    """Prepared shapes and texts of one piece.

    Attributes:
        chip: its index.
        is_read: whether the model read the word.
        whole: the outer shape.
    """

    def __init__(self, chip: Chip, piece: ChipPiece, layout: StripLayout, metrics: QFontMetricsF, font: QFont) -> None:
        edges, height, spacing = piece.edges, layout.chip_height, layout.spacing
        self.chip, self.is_read = piece.chip, chip.kind in ("word", "special")
        self._piece, self._height = piece, height
        self._cells = chip.cells[piece.first : piece.first + len(edges) - 1]
        self._rows = frozenset(row for cell in self._cells for row in cell.rows)
        self._rect = QRectF(edges[0], piece.top, edges[-1] - edges[0], height)
        self.whole = _rounded(self._rect)
        self._outline = (_rounded(self._rect, GROUND + OUTLINE), _rounded(self._rect, GROUND))
        self._paths, self._texts = [], []
        last = len(edges) - 2
        for n, (left, right) in enumerate(zip(edges, edges[1:], strict=False)):
            self._paths.append(_cell_path(left, right, piece.top, height, opens=n == 0, closes=n == last))
            number = piece.first + n
            before, after = pads(chip, number, spacing)
            room = right - left - before - after + EDGE
            visible = metrics.elidedText(self._cells[n].text, Qt.TextElideMode.ElideRight, room)
            self._texts.append((QPointF(left + before, piece.top + spacing.tall_pad), _static(visible, font)))

    def all_in(self, rows: frozenset[int]) -> bool:
        """Return whether all its rows are in ``rows``."""
        return self._rows <= rows

    def paint_outline(self, painter: QPainter, line: QColor, ground: QColor) -> None:
        """Paint the outline around the whole piece; the cells are painted over it."""
        painter.fillPath(self._outline[0], line)
        painter.fillPath(self._outline[1], ground)

    def paint(self, painter: QPainter, fills: Sequence[Fill]) -> None:
        """Paint the cells in their colours, and the lines between them."""
        own = fills[self._piece.first : self._piece.first + len(self._paths)]
        for path, (at, text), fill in zip(self._paths, self._texts, own, strict=True):
            painter.fillPath(path, fill.paper)
            painter.setPen(fill.ink)
            painter.drawStaticText(at, text)
        for x, fill in zip(self._piece.edges[1:-1], own, strict=False):
            painter.fillRect(QRectF(x, self._rect.top() + EDGE, EDGE, self._height - 2 * EDGE), fill.line)

    def paint_unseen(self, painter: QPainter, pen: QPen) -> None:
        """Paint the word with ``pen``, without a colour."""
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self._rect.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS - 0.5, RADIUS - 0.5)
        for at, text in self._texts:
            painter.drawStaticText(at, text)

    def runs(self, rows: frozenset[int]) -> Iterator[_Run]:
        """Yield the runs of cells whose rows are all in ``rows``."""
        if rows.isdisjoint(self._rows):
            return
        if rows >= self._rows:
            yield _Run(self.chip, self._piece.first, self._rect, whole=True)
            return
        within = [rows.issuperset(cell.rows) for cell in self._cells]
        for marked, run in groupby(range(len(within)), within.__getitem__):
            if marked:
                cached = [self._piece.first + n for n in run]
                rect = QRectF(*self._piece.rect(cached[0], cached[-1] + 1, self._height))
                yield _Run(self.chip, cached[0], rect, whole=False)


def _paint_previewed(
    painter: QPainter, palette: QPalette, shapes: Sequence[_Shapes], previewed: frozenset[int]
) -> None:
    line = palette.color(QPalette.ColorRole.WindowText)
    for shape in shapes:
        for run in shape.runs(previewed):
            painter.fillPath(_frame(run.rect, GROUND, PREVIEW), line)


def _paint_selected(
    painter: QPainter, palette: QPalette, shapes: Sequence[_Shapes], selected: frozenset[int], fills: Fills
) -> None:
    ground, line = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
    runs = [run for shape in shapes for run in shape.runs(selected)]
    for run in runs:
        if not run.whole:  # the outline lies on another cell, whose heat may have the same colour
            painter.fillPath(_frame(run.rect, 0.0, OUTLINE + 2 * GROUND), ground)
            painter.fillPath(_frame(run.rect, GROUND, OUTLINE), line)
        painter.fillPath(NOTCH.translated(run.rect.topLeft()), fills[run.chip][run.first].ink)


def _frame(rect: QRectF, off: float, width: float) -> QPainterPath:
    """Return a frame of ``width`` around ``rect``, at the distance ``off``."""
    path = _rounded(rect, off)
    path.addPath(_rounded(rect, off + width))
    return path


def _rounded(rect: QRectF, off: float = 0.0) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(rect.adjusted(-off, -off, off, off), RADIUS + off, RADIUS + off)
    return path


def _static(text: str, font: QFont) -> QStaticText:
    static = QStaticText(text)
    static.setTextFormat(Qt.TextFormat.PlainText)
    static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    static.prepare(font=font)
    return static


def _cell_path(left: float, right: float, top: float, height: float, *, opens: bool, closes: bool) -> QPainterPath:
    """Return the shape of a cell inside the chip's edge; the chip's own corners are rounded."""
    start, stop = left + EDGE * opens, right - EDGE * closes
    rect = QRectF(start, top + EDGE, stop - start, height - 2 * EDGE)
    path = QPainterPath()
    if not (opens or closes):
        path.addRect(rect)
        return path
    path.addRoundedRect(rect, RADIUS - EDGE, RADIUS - EDGE)
    if not (opens and closes):
        path.setFillRule(Qt.FillRule.WindingFill)
        path.addRect(rect.adjusted(RADIUS, 0, 0, 0) if opens else rect.adjusted(0, 0, -RADIUS, 0))
    return path


def _paint_ring(painter: QPainter, palette: QPalette, rect: QRectF) -> None:
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.5, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(-RING_OFF, -RING_OFF, RING_OFF, RING_OFF), RADIUS + 4, RADIUS + 4)
