"""Regions with their names and handles, and the hovered patch, drawn over the picture in logical pixels."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Region
from exclip_desktop.ui.canvas.camera import Camera
from exclip_desktop.ui.canvas.region_hits import HANDLES, Handle, handle_point

HANDLE_PX: Final = 8.0
HANDLE_REACH_PX: Final = 8.0  # from a handle's middle, where it can be taken hold of
CROWDED_PX: Final = 40.0  # a side shorter than that has no handle in its middle
NAME_PX: Final = 220.0  # a longer name is cut
PAD_PX: Final = 4.0
REACH_PX: Final = 10.0  # lines and handles stand out of a region no further
# Over pictures and heat the theme says nothing; dark and light lines together show on both.
LINE: Final = QColor(20, 20, 20)
HALO: Final = QColor(255, 255, 255)
CURRENT: Final = QColor(32, 158, 72)
GROUND: Final = QColor(20, 20, 20, 200)
DASHES_PX: Final = (7.0, 5.0)


@dataclass(frozen=True, slots=True)
class Marks:
    """What is drawn: the regions and the index of the current one, and the hovered patch's box, in source pixels."""

    regions: tuple[Region, ...] = ()
    current: int | None = None
    hovered: Box | None = None


class OverlayItem(QGraphicsItem):
    """Draws marks over the whole canvas; its coordinates are the canvas's logical pixels."""

    def __init__(self) -> None:
        super().__init__()
        self._marks = Marks()
        self._camera = Camera(1.0, (0.0, 0.0), (1.0, 1.0))
        self._font = QFont()

    def set_camera(self, camera: Camera) -> None:
        """Follow the picture."""
        if camera.size != self._camera.size:
            self.prepareGeometryChange()
        self._camera = camera
        self.update()

    def set_font(self, font: QFont) -> None:
        """Write names in another font."""
        self._font = font
        self.update()

    def set_marks(self, marks: Marks) -> None:
        """Draw other marks; only what differs is painted again."""
        before, self._marks = self._marks, marks
        for area in self._caption_difference(before, marks):
            self.update(area)

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """Return the canvas's rectangle."""
        return QRectF(0, 0, *self._camera.size)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the patch, then the regions, the current one on top."""
        if self._marks.hovered is not None:
            _draw_patch(painter, self._placed(self._marks.hovered))
        regions, current = self._marks.regions, self._marks.current
        order = [index for index in range(len(regions)) if index != current]
        for index in order if current is None else [*order, current]:
            self._draw_region(painter, regions[index], index == current)
        if current is not None:
            for handle in shown_handles(regions[current].box, self._camera.scale):
                _draw_handle(painter, self._point(handle_point(regions[current].box, handle)))

    def _draw_region(self, painter: QPainter, region: Region, current: bool) -> None:
        path = QPainterPath()
        if region.outline:
            path.addPolygon(QPolygonF([self._point(corner) for corner in region.outline]))
            path.closeSubpath()
        else:
            path.addRect(QRectF(self._placed(region.box).toRect()))  # whole pixels: all four lines as wide
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, bool(region.outline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in _pens(region, current):
            painter.setPen(pen)
            painter.drawPath(path)
        if region.name:
            self._draw_name(painter, region, current)

    def _draw_name(self, painter: QPainter, region: Region, current: bool) -> None:
        text, place = self._named(region)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(CURRENT if current else GROUND)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(HALO)
        painter.setFont(self._font)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _named(self, region: Region) -> tuple[str, QRectF]:
        """Return the name as it is written, and where: above the region, or inside where there is no room."""
        metrics = QFontMetricsF(self._font)
        text = metrics.elidedText(region.name, Qt.TextElideMode.ElideRight, NAME_PX)
        width, height = metrics.horizontalAdvance(text) + 2 * PAD_PX + 1, metrics.height() + PAD_PX
        box = self._placed(region.box)
        left = min(max(box.left(), 0.0), max(self._camera.size[0] - width, 0.0))
        above = box.top() - height - REACH_PX + PAD_PX
        return text, QRectF(left, above if above >= 0 else max(box.top(), 0.0) + REACH_PX, width, height)

    def _caption_difference(self, before: Marks, after: Marks) -> list[QRectF]:
        """Return the areas to paint again: one for what was and is drawn of each region that differs."""
        areas = [self._area(box) for box in (before.hovered, after.hovered) if box and before.hovered != after.hovered]
        for index in range(max(len(before.regions), len(after.regions))):
            marks = [marks for marks in (before, after) if index < len(marks.regions)]
            states = {(found.regions[index], index == found.current) for found in marks}
            if len(states) == 1 and len(marks) == 2:
                continue
            for region, _ in states:
                areas.append(self._area(region.box))
                if region.name:
                    areas.append(self._named(region)[1].adjusted(-1, -1, 1, 1))
        return areas

    def _area(self, box: Box) -> QRectF:
        return self._placed(box).adjusted(-REACH_PX, -REACH_PX, REACH_PX, REACH_PX)

    def _point(self, point: tuple[float, float]) -> QPointF:
        return QPointF(*self._camera.to_canvas(point))

    def _placed(self, box: Box) -> QRectF:
        return QRectF(self._point(box[:2]), self._point(box[2:]))


def shown_handles(box: Box, scale: float) -> tuple[Handle, ...]:
    """Return the handles of ``box`` that there is room for, at logical pixels per source pixel."""
    wide, high = (box[2] - box[0]) * scale >= CROWDED_PX, (box[3] - box[1]) * scale >= CROWDED_PX
    return tuple(handle for handle in HANDLES if (handle[0] or wide) and (handle[1] or high))


def _pens(region: Region, current: bool) -> tuple[QPen, QPen]:
    """Return the pens of the light and of the dark line."""
    width = 3.0 if current else 1.5 if region.outline else 1.0
    halo, line = QPen(HALO, width + 2.0), QPen(CURRENT if current else LINE, width)
    for pen in (halo, line):
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if region.subtract:
        line.setDashPattern([dash / width for dash in DASHES_PX])
        line.setCapStyle(Qt.PenCapStyle.FlatCap)
    return halo, line


def _draw_patch(painter: QPainter, place: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    place = QRectF(place.toRect())
    for colour, width in ((LINE, 3.0), (HALO, 1.0)):
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(place)


def _draw_handle(painter: QPainter, at: QPointF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(CURRENT, 1.5))
    painter.setBrush(HALO)
    painter.drawRect(QRectF(at.x() - HANDLE_PX / 2, at.y() - HANDLE_PX / 2, HANDLE_PX, HANDLE_PX))
