"""The parts of a picture on the canvas: outlines, tints and numbers in colours that colour-blind people tell apart."""

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from exclip_desktop.core.maths.colour import choose_ink
from exclip_desktop.core.maths.mask_outlines import drawn_lines
from exclip_desktop.core.maths.picture_parts import PART_COLOURS
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.session.parts.part_marks import PartMarks
from exclip_desktop.ui.canvas.region_items import HALO, BoxItem

BELOW_REGIONS_Z: Final = 5.0
TINT_ALPHA: Final = 110
HOVERED_ALPHA: Final = 190
FAINT_OPACITY: Final = 0.35
LINE_PX: Final = 2.0
HOVERED_LINE_PX: Final = 4.0
LABEL_PAD_PX: Final = 3.0


def part_colour(place: int) -> QColor:
    """Return the colour of a part by its place."""
    return QColor(*PART_COLOURS[place % len(PART_COLOURS)])


def part_ink(place: int) -> QColor:
    """Return the colour of text on a part's colour."""
    return QColor(choose_ink(np.array(PART_COLOURS[place % len(PART_COLOURS)]) / 255))


class PartsItem(BoxItem):
    """All parts; each has an outline and its number, so that no part is told by its colour alone."""

    def __init__(self) -> None:
        super().__init__()
        self._part_marks: PartMarks | None = None
        self._font = QFont()
        self._tints = False
        self.hide()
        self.setZValue(BELOW_REGIONS_Z)

    def show_marks(self, marks: PartMarks | None, geometry: Geometry | None, font: QFont, *, tints: bool) -> None:
        """Show parts over the patches of ``geometry``; without ``tints`` only their outlines and numbers."""
        self.setVisible(marks is not None and geometry is not None)
        if marks is None or geometry is None:
            self._part_marks = None
            return
        self.prepareGeometryChange()
        self._part_marks, self._font, self._tints = marks, font, tints and marks.tinted
        self.setOpacity(FAINT_OPACITY if marks.faint else 1.0)
        self.show_box(geometry.visible)
        self.update()

    def _draw(self, painter: QPainter) -> None:
        marks = self._part_marks
        if marks is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        paths = [self._path(region.outline) for region in marks.regions]
        order = sorted(range(len(paths)), key=lambda place: place == marks.hovered)  # the hovered one on top
        for place in order:
            self._draw_part(painter, paths[place], place, is_hovered=place == marks.hovered)
        for place in order:
            self._draw_number(painter, self._point(marks.places[place]), place)

    def _path(self, outline: tuple[tuple[float, float], ...]) -> QPainterPath:
        path = QPainterPath()  # it fills by the even–odd rule
        for line in drawn_lines(outline):
            path.addPolygon(QPolygonF([self._point(corner) for corner in line]))
        return path

    def _draw_part(self, painter: QPainter, path: QPainterPath, place: int, *, is_hovered: bool) -> None:
        colour = part_colour(place)
        if self._tints or is_hovered:
            tint = QColor(colour)
            tint.setAlpha(HOVERED_ALPHA if is_hovered else TINT_ALPHA)
            painter.fillPath(path, tint)
        # Neighbours share an edge: clipped to its own side, each line stays visible.
        painter.save()
        painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
        width = HOVERED_LINE_PX if is_hovered else LINE_PX
        for pen in (QPen(HALO, 2 * width + 2), QPen(colour, 2 * width)):
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.strokePath(path, pen)
        painter.restore()

    def _draw_number(self, painter: QPainter, at: QPointF, place: int) -> None:
        text, metrics = str(place + 1), QFontMetricsF(self._font)
        height = metrics.height() + LABEL_PAD_PX
        width = max(metrics.horizontalAdvance(text) + 2 * LABEL_PAD_PX, height)
        ground = QRectF(at.x() - width / 2, at.y() - height / 2, width, height)
        painter.setPen(QPen(HALO, 1.0))
        painter.setBrush(part_colour(place))
        painter.drawRoundedRect(ground, height / 2, height / 2)
        painter.setPen(part_ink(place))
        painter.setFont(self._font)
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)
