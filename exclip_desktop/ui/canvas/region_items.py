"""Items for the regions, with names and handles, and for the hovered patch."""

from dataclasses import dataclass
from typing import Final

from pyqtgraph import ROI
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.maths.mask_outlines import drawn_lines
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Region
from exclip_desktop.ui.canvas.camera import Camera
from exclip_desktop.ui.canvas.canvas_view import CanvasView
from exclip_desktop.ui.canvas.gestures import handle_point, list_handles

HANDLE_PX: Final = 8.0
NAME_PX: Final = 220.0  # a longer name is cut
PAD_PX: Final = 4.0
REACH_PX: Final = 10.0  # lines and handles stand out of a region no further
CURRENT_Z: Final = 1000.0
# Over pictures and heat the theme says nothing; dark and light lines together show on both.
LINE: Final = QColor(20, 20, 20)
HALO: Final = QColor(255, 255, 255)
CURRENT: Final = QColor(32, 158, 72)
GROUND: Final = QColor(20, 20, 20, 200)
DASHES_PX: Final = (7.0, 5.0)
FAINT: Final = 0.75  # opacity of a region that is not selected


@dataclass(frozen=True, slots=True)
class RegionMarks:
    """What is drawn, in source pixels.

    Attributes:
        regions, current: the selected regions, and the index of the current one.
        hovered: the box of the hovered patch.
        labels: labelled regions that are not selected.

    """

    regions: tuple[Region, ...] = ()
    current: int | None = None
    hovered: Box | None = None
    labels: tuple[Region, ...] = ()


class BoxItem(ROI):
    """A box in source pixels that is drawn in the view's logical pixels.

    It takes no mouse events: ``Pointer`` decides what a press means, for all regions together, and the session decides
    what becomes of a region. The item follows.
    """

    def __init__(self) -> None:
        super().__init__((0, 0), (1, 1), movable=False, rotatable=False, resizable=False)
        self._camera = Camera(1.0, (0.0, 0.0), (1.0, 1.0))
        self._area: QRectF | None = None  # the bounding rectangle, once computed

    def set_camera(self, camera: Camera) -> None:
        """Follow the view; how far lines and names reach in source pixels depends on its scale."""
        self.prepareGeometryChange()
        self._camera, self._area = camera, None

    def show_box(self, box: Box) -> None:
        """Move to another box, source pixels."""
        self._area = None
        self.setPos(box[:2], update=False)
        self.setSize((box[2] - box[0], box[3] - box[1]), update=False)
        self.stateChanged(finish=False)

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """Return the area that the drawing covers, relative to the box's corner, source pixels."""
        if self._area is None:
            self._area = self._find_area()
        return self._area

    def _find_area(self) -> QRectF:
        x0, y0 = (float(value) for value in self.state["pos"])
        drawn = self._drawn_area()
        low, high = (
            self._camera.to_source(drawn.topLeft().toTuple()),
            self._camera.to_source(drawn.bottomRight().toTuple()),
        )
        return QRectF(QPointF(low[0] - x0, low[1] - y0), QPointF(high[0] - x0, high[1] - y0))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw in logical pixels, so that lines are crisp and equally wide at any zoom."""
        painter.save()
        painter.resetTransform()
        self._draw(painter)
        painter.restore()

    @property
    def _box(self) -> Box:
        (x, y), (width, height) = self.state["pos"], self.state["size"]
        return float(x), float(y), float(x + width), float(y + height)

    def _drawn_area(self) -> QRectF:
        return self._placed(self._box).adjusted(-REACH_PX, -REACH_PX, REACH_PX, REACH_PX)

    def _point(self, point: tuple[float, float]) -> QPointF:
        return QPointF(*self._camera.to_canvas(point))

    def _placed(self, box: Box) -> QRectF:
        return QRectF(self._point(box[:2]), self._point(box[2:]))

    def _draw(self, painter: QPainter) -> None:
        raise NotImplementedError


class PatchItem(BoxItem):
    """The outline of the hovered patch."""

    def _draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        place = QRectF(self._placed(self._box).toRect())
        for colour, width in ((LINE, 3.0), (HALO, 1.0)):
            pen = QPen(colour, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(place)


class RegionItem(BoxItem):
    """A box or a lasso with its name; the current region has handles, and one that is not selected is faint."""

    def __init__(self, *, is_faint: bool = False) -> None:
        super().__init__()
        self.setOpacity(FAINT if is_faint else 1.0)
        self._region = Region((0.0, 0.0, 1.0, 1.0))
        self._is_current = False
        self._font = QFont()

    def show_region(self, region: Region, is_current: bool, font: QFont) -> None:
        """Show a region; only what differs is painted again."""
        if (region, is_current, font) == (self._region, self._is_current, self._font):
            return
        self.prepareGeometryChange()
        self._region, self._is_current, self._font = region, is_current, font
        self.show_box(region.box)
        self.update()

    def _drawn_area(self) -> QRectF:
        area = super()._drawn_area()
        return area | self._label()[1].adjusted(-1, -1, 1, 1) if self._region.name else area

    def _draw(self, painter: QPainter) -> None:
        region, path = self._region, QPainterPath()
        if region.outline:
            for line in drawn_lines(region.outline):
                path.addPolygon(QPolygonF([self._point(corner) for corner in line]))
        else:
            path.addRect(QRectF(self._placed(region.box).toRect()))  # whole pixels: all four lines as wide
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, bool(region.outline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in _pens(region, self._is_current):
            painter.setPen(pen)
            painter.drawPath(path)
        if region.name:
            self._draw_name(painter)
        if self._is_current:
            self._draw_handles(painter)

    def _draw_name(self, painter: QPainter) -> None:
        text, place = self._label()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(CURRENT if self._is_current else GROUND)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(HALO)
        painter.setFont(self._font)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_handles(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(CURRENT, 1.5))
        painter.setBrush(HALO)
        for handle in list_handles(self._region.box, self._camera.scale):
            at = self._point(handle_point(self._region.box, handle))
            painter.drawRect(QRectF(at.x() - HANDLE_PX / 2, at.y() - HANDLE_PX / 2, HANDLE_PX, HANDLE_PX))

    def _label(self) -> tuple[str, QRectF]:
        """Return the name as it is written, and where: above the region, or inside where there is no room."""
        metrics = QFontMetricsF(self._font)
        text = metrics.elidedText(self._region.name, Qt.TextElideMode.ElideRight, NAME_PX)
        width, height = metrics.horizontalAdvance(text) + 2 * PAD_PX + 1, metrics.height() + PAD_PX
        box = self._placed(self._region.box)
        left = min(max(box.left(), 0.0), max(self._camera.size[0] - width, 0.0))
        above = box.top() - height - REACH_PX + PAD_PX
        return text, QRectF(left, above if above >= 0 else max(box.top(), 0.0) + REACH_PX, width, height)


class MarkLayer:
    """Keeps one item in the view for each region, and one for the hovered patch."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._font = QFont()
        self._marks = RegionMarks()
        self._items: list[RegionItem] = []
        self._labels: list[RegionItem] = []
        self._patch = PatchItem()
        self._patch.hide()
        view.add_source_item(self._patch)
        view.camera_changed.connect(self._on_camera_changed)

    @property
    def font(self) -> QFont:
        """The font of names."""
        return self._font

    def set_font(self, font: QFont) -> None:
        """Write names in another font."""
        self._font = font
        self.set_marks(self._marks)

    def set_marks(self, marks: RegionMarks) -> None:
        """Show other marks."""
        self._marks = marks
        self._resize(self._items, len(marks.regions), is_faint=False)
        self._resize(self._labels, len(marks.labels), is_faint=True)
        for item, region in zip(self._labels, marks.labels, strict=True):
            item.setZValue(self._patch.zValue() + 0.5)  # below the selected regions
            item.show_region(region, False, self._font)
        for index, (item, region) in enumerate(zip(self._items, marks.regions, strict=True)):
            is_current = index == marks.current
            item.setZValue(CURRENT_Z if is_current else self._patch.zValue() + 1 + index)
            item.show_region(region, is_current, self._font)
        self._patch.setVisible(marks.hovered is not None)
        if marks.hovered is not None:
            self._patch.show_box(marks.hovered)

    def _resize(self, items: list[RegionItem], count: int, *, is_faint: bool) -> None:
        """Add or remove items until there are ``count``."""
        while len(items) > count:
            self._view.remove_source_item(items.pop())
        while len(items) < count:
            item = RegionItem(is_faint=is_faint)
            item.set_camera(self._view.camera)
            items.append(item)
            self._view.add_source_item(item)

    def _on_camera_changed(self) -> None:
        for item in (self._patch, *self._items, *self._labels):
            item.set_camera(self._view.camera)


def _pens(region: Region, is_current: bool) -> tuple[QPen, QPen]:
    """Return the pens of the light and of the dark line."""
    width = 3.0 if is_current else 1.5 if region.outline else 1.0
    halo, line = QPen(HALO, width + 2.0), QPen(CURRENT if is_current else LINE, width)
    for pen in (halo, line):
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    if region.subtract:
        line.setDashPattern([dash / width for dash in DASHES_PX])
        line.setCapStyle(Qt.PenCapStyle.FlatCap)
    return halo, line
