"""Qt images of pictures, at full size and halved, and pictures of Qt images."""

import math
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter

from exclip_desktop.storage.pictures import Picture, read_picture

Pixels = NDArray[np.uint8]
GREY: Final = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
SLICE: Final = 500_000  # pixels of the picture that are worked on at once: some 5 ms
AT_ONCE: Final = 1_200_000  # pixels of a picture that needs no slices
SAMPLES: Final = 100_000  # pixels of what stands in for an image until it is made


def grey_pixels(pixels: Pixels) -> Pixels:
    """Return the luminance of RGB pixels (H, W, 3) as (H, W)."""
    return np.asarray(np.rint(pixels @ GREY), np.uint8)


class PictureLevels:
    """A picture's images at full size and halved, made slice by slice at the first use.

    Shrunk in one step to a small canvas, a large picture would be slow to draw and show false patterns.

    Attributes:
        pending: whether the image requested last is not complete yet; ``advance`` continues it.

    """

    def __init__(self, pixels: Pixels) -> None:
        self._source, self._pixels = pixels, np.ascontiguousarray(pixels)
        self._made: dict[tuple[int, bool], QImage] = {}
        self._making: _Making | None = None
        self._requested = (0, False)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self._pixels.shape[:2]
        return width, height

    @property
    def pending(self) -> bool:
        """Whether the image requested last is not complete yet."""
        return self._requested not in self._made

    def image(self, scale: float, grey: bool) -> QImage:
        """Return the smallest image with at least ``scale`` pixels per source pixel, or meanwhile a coarser one."""
        level = 0
        while scale * 2 ** (level + 1) <= 1 and min(self.size) >> (level + 1) > 0:
            level += 1
        self._requested = level, grey
        if self.pending and self._making is None:
            self.advance()  # completes a small picture
        if not self.pending:
            return self._made[level, grey]
        others = [made for made in self._made if made[1] == grey]
        return self._made[min(others, key=lambda made: abs(made[0] - level))] if others else self._sampled(grey)

    def advance(self) -> None:
        """Make another slice of the image requested last."""
        if self._making is None or (self._making.level, self._making.grey) != self._requested:
            self._making = _Making(self._pixels, *self._requested)
        if self._making.advance():
            self._made[self._requested] = self._making.image
            self._making = None

    def _sampled(self, grey: bool) -> QImage:
        """Return an image of few of the pixels, to be shown until the complete one is made."""
        step = max(1, math.isqrt(self._pixels.shape[0] * self._pixels.shape[1] // SAMPLES))
        return _image(np.ascontiguousarray(self._pixels[::step, ::step]), grey)


_LEVELS: Final[WeakValueDictionary[int, PictureLevels]] = WeakValueDictionary()


def shared_levels(pixels: Pixels) -> PictureLevels:
    """Return a picture's images, shared by all canvases that show it: they take about 50 MB."""
    levels = _LEVELS.get(id(pixels))  # unique while ``PictureLevels`` holds the array
    if levels is None:
        levels = _LEVELS[id(pixels)] = PictureLevels(pixels)
    return levels


class _Making:
    """An incomplete image, ``2**level`` times smaller than the picture on both sides."""

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


def make_picture(image: QImage) -> Picture:
    """Return the image as a picture; transparent parts become white. Any thread may call it.

    Pillow converts, because it releases Python's lock; Qt's own conversions hold it.

    Raises:
        PictureError: the picture is too large.

    """
    clear = image.hasAlphaChannel()
    flat = image.convertToFormat(QImage.Format.Format_ARGB32 if clear else QImage.Format.Format_RGB32)
    mode, order = ("RGBA", "BGRA") if clear else ("RGB", "BGRX")
    data, size = np.frombuffer(flat.constBits(), np.uint8), (flat.width(), flat.height())
    return read_picture(Image.frombuffer(mode, size, data, "raw", order, flat.bytesPerLine(), 1))


def _image(pixels: Pixels, grey: bool) -> QImage:
    """Return RGB pixels (H, W, 3) as an RGB32 image; the conversion copies them."""
    height, width = pixels.shape[:2]
    if grey:
        values = grey_pixels(pixels)
        image = QImage(values.data, width, height, width, QImage.Format.Format_Grayscale8)
    else:
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _rgb(image: QImage) -> Pixels:
    """Return an RGB32 image's pixels as (H, W, 3)."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return data[:, : image.width(), 2::-1]
