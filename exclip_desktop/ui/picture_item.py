"""The picture on the canvas, in colour or grey, with what the model did not see hatched."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.geometry import Box
from exclip_desktop.ui.canvas_cache import DeviceCache

Pixels = NDArray[np.uint8]
GREY: Final = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
BLOCK: Final = 256  # rows greyed at once: a large picture never stands in memory as floats
CRISP_SCALE: Final = 2.0  # device pixels per source pixel, from which pixels show as squares
STRIPE_PX: Final = 12.0
SHADE: Final = QColor(24, 24, 24, 96)
STRIPES: Final = QColor(255, 255, 255, 80)
STRIPE_WIDTH_PX: Final = 1.5


def grounded(palette: QPalette) -> QColor:
    """Return the colour of the canvas around the picture."""
    return palette.color(QPalette.ColorRole.Window)


def grey_pixels(pixels: Pixels) -> Pixels:
    """Return the luminance of RGB pixels (H, W, 3) as (H, W)."""
    grey = np.empty(pixels.shape[:2], np.uint8)
    for top in range(0, len(pixels), BLOCK):
        grey[top : top + BLOCK] = np.rint(pixels[top : top + BLOCK] @ GREY)
    return grey


class PictureLevels:
    """A picture's images at full size and halved, made when first needed.

    Shrunk in one step to a small canvas, a large picture would be slow to draw and show false patterns.
    """

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = np.ascontiguousarray(pixels)
        self._made: dict[tuple[int, bool], QImage] = {}

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self._pixels.shape[:2]
        return width, height

    def image(self, scale: float, grey: bool) -> QImage:
        """Return the smallest image with at least ``scale`` pixels per source pixel."""
        level = 0
        while scale * 2 ** (level + 1) <= 1 and min(self.size) >> (level + 1) > 0:
            level += 1
        if (level, grey) not in self._made:
            self._made[level, grey] = self._make(level, grey)
        return self._made[level, grey]

    def _make(self, level: int, grey: bool) -> QImage:
        if not grey:
            return self._coloured(level)
        coloured = self._pixels
        if level:
            # Greying and averaging commute, so the few pixels of the halved image are greyed.
            coloured = _rgb(self.image(0.5**level, False))
        values = grey_pixels(coloured)
        height, width = values.shape
        # The conversion copies; the array does not outlive this call.
        image = QImage(values.data, width, height, width, QImage.Format.Format_Grayscale8)
        return image.convertToFormat(QImage.Format.Format_RGB32)

    def _coloured(self, level: int) -> QImage:
        width, height = self.size
        shared = QImage(self._pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        image = shared.convertToFormat(QImage.Format.Format_RGB32)
        if not level:
            return image
        size = QSize(max(1, width >> level), max(1, height >> level))
        return image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


class PictureItem(QGraphicsItem):
    """Draws the picture in source pixels, from a cache at device resolution."""

    def __init__(self) -> None:
        super().__init__()
        self._levels: PictureLevels | None = None
        self._grey = False
        self._seen: Box | None = None
        self._cache = DeviceCache()
        self._pictures = 0

    def set_picture(self, pixels: Pixels | None) -> None:
        """Show another picture, RGB (H, W, 3), or none."""
        self.prepareGeometryChange()
        self._levels = None if pixels is None else PictureLevels(pixels)
        self._pictures += 1
        self.update()

    def set_grey(self, grey: bool) -> None:
        """Show the picture in grey, or in colour."""
        if grey != self._grey:
            self._grey = grey
            self.update()

    def set_seen(self, seen: Box | None) -> None:
        """Hatch what lies outside ``seen``, source pixels; None: nothing."""
        if seen != self._seen:
            self._seen = seen
            self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """Return the picture's rectangle."""
        return QRectF() if self._levels is None else QRectF(0, 0, *self._levels.size)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw what the cache holds."""
        if self._levels is None or widget is None:
            return
        key = (self._pictures, self._grey, self._seen)
        self._cache.draw(painter, widget, self.boundingRect(), key, self._paint, grounded(widget.palette()))

    def _paint(self, painter: QPainter) -> None:
        assert self._levels is not None
        scale = painter.deviceTransform().m11()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < CRISP_SCALE)
        image = self._levels.image(scale, self._grey)
        painter.drawImage(self.boundingRect(), image, QRectF(image.rect()))
        if self._seen is not None:
            for area in outside(self.boundingRect(), self._seen):
                hatch(painter, area)


def outside(picture: QRectF, seen: Box) -> list[QRectF]:
    """Return the at most four parts of ``picture`` outside ``seen``, none of them thinner than half a pixel."""
    inner = QRectF(QPointF(*seen[:2]), QPointF(*seen[2:])) & picture
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
    """Shade ``area`` (in the painter's coordinates) and lay stripes over it, as wide on any zoom."""
    view = painter.worldTransform()
    place = view.mapRect(area).toRect()
    # Counted from the picture's corner, so that the stripes of all parts meet, and move with the picture.
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


def _rgb(image: QImage) -> Pixels:
    """Return an RGB32 image's pixels as (H, W, 3)."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return data[:, : image.width(), 2::-1]
