"""The picture on the canvas, in colour or grey; the parts that the model does not read are hatched."""

from functools import lru_cache
from typing import Final

from pyqtgraph import ImageItem
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.ui.canvas.device_cache import DeviceCache
from exclip_desktop.ui.canvas.picture_images import PictureLevels, Pixels, shared_levels

CRISP_SCALE: Final = 2.0  # device pixels per source pixel, from which pixels show as squares
STRIPE_PX: Final = 12.0
SHADE: Final = QColor(24, 24, 24, 96)
STRIPES: Final = QColor(255, 255, 255, 80)
STRIPE_WIDTH_PX: Final = 1.5


def ground_colour(palette: QPalette) -> QColor:
    """Return the colour of the canvas around the picture."""
    return palette.color(QPalette.ColorRole.Window)


class PictureItem(ImageItem):
    """Draws the picture in source pixels, from a cache at device resolution."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._levels: PictureLevels | None = None
        self._grey = False
        self._patch_area: Box | None = None
        self._cache = DeviceCache()
        self._pictures = 0
        self._refining = False

    def set_picture(self, pixels: Pixels | None) -> None:
        """Show another picture, RGB (H, W, 3), or none."""
        self._levels = None if pixels is None else shared_levels(pixels)
        self._pictures += 1
        self.clear() if pixels is None else self.setImage(pixels, autoLevels=False)

    def set_grey(self, grey: bool) -> None:
        """Show the picture in grey, or in colour."""
        if grey != self._grey:
            self._grey = grey
            self.update()

    def set_patch_area(self, patch_area: Box | None) -> None:
        """Hatch everything outside the area that the patches cover, source pixels; None: nothing."""
        if patch_area != self._patch_area:
            self._patch_area = patch_area
            self.update()

    def render(self) -> None:
        """Choose the image that fits the view's scale; ``ImageItem`` would shrink the whole picture in one step."""
        assert self._levels is not None
        view, scale = self.getViewWidget(), self.sceneTransform().m11()
        self.qimage = self._levels.image(scale * view.devicePixelRatioF(), self._grey)
        self._renderRequired = self._unrenderable = False

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the cached image; a large picture coarsely at first, and again when its image is complete."""
        if self._levels is None or widget is None:
            return
        self.render()
        if self._levels.pending and not self._refining:
            self._refine_soon(widget)
        key = (self._pictures, self.qimage.width(), self._levels.pending, self._grey, self._patch_area)
        self._cache.draw(painter, widget, self.boundingRect(), key, self._paint, ground_colour(widget.palette()))

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, painter.deviceTransform().m11() < CRISP_SCALE)
        super().paint(painter)
        if self._patch_area is not None:
            for area in find_unread_parts(self.boundingRect(), self._patch_area):
                hatch(painter, area)

    def _refine_soon(self, widget: QWidget) -> None:
        """Continue the image after other events; a delay of 0 ms would run before them."""
        self._refining = True
        QTimer.singleShot(1, widget, lambda: self._refine(widget))

    def _refine(self, widget: QWidget) -> None:
        self._refining = False
        if self._levels is None:
            return
        if self._levels.pending:
            self._levels.advance()
        if self._levels.pending:
            self._refine_soon(widget)
        else:  # complete, here or by another canvas
            self.update()


def find_unread_parts(picture: QRectF, patch_area: Box) -> list[QRectF]:
    """Return the at most four parts of ``picture`` outside ``patch_area``, none of them thinner than half a pixel."""
    inner = QRectF(QPointF(*patch_area[:2]), QPointF(*patch_area[2:])) & picture
    if inner.isEmpty():
        return [picture]
    parts = (
        QRectF(picture.topLeft(), QPointF(picture.right(), inner.top())),
        QRectF(QPointF(picture.left(), inner.bottom()), picture.bottomRight()),
        QRectF(QPointF(picture.left(), inner.top()), inner.bottomLeft()),
        QRectF(inner.topRight(), QPointF(picture.right(), inner.bottom())),
    )
    return [part for part in parts if part.width() > 0.5 and part.height() > 0.5]


def hatch(painter: QPainter, area: QRectF) -> None:
    """Shade ``area`` (in the painter's coordinates) and draw stripes over it, equally wide at any zoom."""
    view = painter.worldTransform()
    place = view.mapRect(area).toRect()
    # Measured from the picture's corner, so that the stripes of all parts meet, and move with the picture.
    start = QPoint(place.left() - round(view.dx()), place.top() - round(view.dy()))
    painter.save()
    painter.resetTransform()
    painter.drawTiledPixmap(place, _stripes(painter.device().devicePixelRatio()), start)
    painter.restore()


@lru_cache(maxsize=4)
def _stripes(ratio: float) -> QPixmap:
    """Return a tile of shade and stripes for a device pixel ratio."""
    side = round(STRIPE_PX * ratio)
    tile = QPixmap(side, side)
    tile.fill(SHADE)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(STRIPES, STRIPE_WIDTH_PX * ratio, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
    for foot in (0, side, 2 * side):
        painter.drawLine(QPointF(foot - side, side), QPointF(foot, 0))
    painter.end()
    tile.setDevicePixelRatio(ratio)
    return tile
