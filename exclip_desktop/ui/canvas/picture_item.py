"""The picture on the canvas, in colour or grey, with what the model did not see hatched."""

import math
from functools import lru_cache
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from pyqtgraph import ImageItem
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.ui.canvas.paint_cache import DeviceCache

Pixels = NDArray[np.uint8]
GREY: Final = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
SLICE: Final = 500_000  # pixels of the picture that are worked on at once: some 5 ms
AT_ONCE: Final = 1_200_000  # pixels of a picture that needs no slices
SAMPLES: Final = 100_000  # pixels of what stands in for an image until it is made
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
    return np.asarray(np.rint(pixels @ GREY), np.uint8)


class PictureLevels:
    """A picture's images at full size and halved, made slice by slice when first needed.

    Shrunk in one step to a small canvas, a large picture would be slow to draw and show false patterns.

    Attributes:
        pending: whether the image asked for last is still being made; ``advance`` goes on with it.

    """

    def __init__(self, pixels: Pixels) -> None:
        self._given, self._pixels = pixels, np.ascontiguousarray(pixels)
        self._made: dict[tuple[int, bool], QImage] = {}
        self._making: _Making | None = None
        self._wanted = (0, False)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self._pixels.shape[:2]
        return width, height

    @property
    def pending(self) -> bool:
        """Whether the image asked for last is still being made."""
        return self._wanted not in self._made

    def image(self, scale: float, grey: bool) -> QImage:
        """Return the smallest image with at least ``scale`` pixels per source pixel, or meanwhile a coarser one."""
        level = 0
        while scale * 2 ** (level + 1) <= 1 and min(self.size) >> (level + 1) > 0:
            level += 1
        self._wanted = level, grey
        if self.pending and self._making is None:
            self.advance()  # all there is to do, for a small picture
        if not self.pending:
            return self._made[level, grey]
        others = [made for made in self._made if made[1] == grey]
        return self._made[min(others, key=lambda made: abs(made[0] - level))] if others else self._sampled(grey)

    def advance(self) -> None:
        """Make another slice of the image asked for last."""
        if self._making is None or (self._making.level, self._making.grey) != self._wanted:
            self._making = _Making(self._pixels, *self._wanted)
        if self._making.advance():
            self._made[self._wanted] = self._making.image
            self._making = None

    def _sampled(self, grey: bool) -> QImage:
        """Return an image of few of the pixels, as they are: at once, and not for long."""
        step = max(1, math.isqrt(self._pixels.shape[0] * self._pixels.shape[1] // SAMPLES))
        return _image(np.ascontiguousarray(self._pixels[::step, ::step]), grey)


_LEVELS: Final[WeakValueDictionary[int, PictureLevels]] = WeakValueDictionary()


def levels_of(pixels: Pixels) -> PictureLevels:
    """Return a picture's images, the same for all canvases that show it: each would hold some fifty MB of its own."""
    found = _LEVELS.get(id(pixels))  # which no other array has while they hold this one
    if found is None:
        found = _LEVELS[id(pixels)] = PictureLevels(pixels)
    return found


class _Making:
    """An image on its way: ``2**level`` times smaller than the picture on both sides."""

    def __init__(self, pixels: Pixels, level: int, grey: bool) -> None:
        height, width = pixels.shape[:2]
        self.level, self.grey = level, grey
        self.image = QImage(width >> level, height >> level, QImage.Format.Format_RGB32)
        self._pixels = pixels
        self._done = 0  # rows of the image
        self._rows = self.image.height() if width * height <= AT_ONCE else max(1, (SLICE // width) >> level)

    def advance(self) -> bool:
        """Make a slice; return whether it was the last one."""
        stop = min(self._done + self._rows, self.image.height())
        part = self._pixels[self._done << self.level : stop << self.level]
        painter = QPainter(self.image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(
            0, self._done, self._shrunk(part, stop - self._done) if self.level else _image(part, self.grey)
        )
        painter.end()
        self._done = stop
        return stop == self.image.height()

    def _shrunk(self, part: Pixels, rows: int) -> QImage:
        keep, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = _image(part, grey=False).scaled(QSize(self.image.width(), rows), keep, smooth)
        # Greying and averaging commute, so the few pixels of the halved image are greyed.
        return _image(_rgb(image), grey=True) if self.grey else image


class PictureItem(ImageItem):
    """Draws the picture in source pixels, from a cache at device resolution."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._levels: PictureLevels | None = None
        self._grey = False
        self._seen: Box | None = None
        self._cache = DeviceCache()
        self._pictures = 0
        self._refining = False

    def set_picture(self, pixels: Pixels | None) -> None:
        """Show another picture, RGB (H, W, 3), or none."""
        self._levels = None if pixels is None else levels_of(pixels)
        self._pictures += 1
        self.clear() if pixels is None else self.setImage(pixels, autoLevels=False)

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

    def render(self) -> None:
        """Choose the image that fits the view's scale; ``ImageItem`` would shrink the whole picture in one step."""
        assert self._levels is not None
        view, shown = self.getViewWidget(), self.sceneTransform().m11()
        self.qimage = self._levels.image(shown * view.devicePixelRatioF(), self._grey)
        self._renderRequired = self._unrenderable = False

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw what the cache holds; a large picture coarsely at first, and again once its image is made."""
        if self._levels is None or widget is None:
            return
        self.render()
        if self._levels.pending and not self._refining:
            self._refine_soon(widget)
        key = (self._pictures, self.qimage.width(), self._levels.pending, self._grey, self._seen)
        self._cache.draw(painter, widget, self.boundingRect(), key, self._paint, grounded(widget.palette()))

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, painter.deviceTransform().m11() < CRISP_SCALE)
        super().paint(painter)
        if self._seen is not None:
            for area in outside(self.boundingRect(), self._seen):
                hatch(painter, area)

    def _refine_soon(self, widget: QWidget) -> None:
        """Go on with the image once other events had their turn, which 0 ms would not give them."""
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
        else:  # made here, or meanwhile for another canvas
            self.update()


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


def _image(pixels: Pixels, grey: bool) -> QImage:
    """Return RGB pixels (H, W, 3) as an RGB32 image; the conversion copies them."""
    height, width = pixels.shape[:2]
    if grey:
        values = grey_pixels(pixels)
        told = QImage(values.data, width, height, width, QImage.Format.Format_Grayscale8)
    else:
        told = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return told.convertToFormat(QImage.Format.Format_RGB32)


def _rgb(image: QImage) -> Pixels:
    """Return an RGB32 image's pixels as (H, W, 3)."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return data[:, : image.width(), 2::-1]
