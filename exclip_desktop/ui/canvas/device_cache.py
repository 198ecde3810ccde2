"""Keeps what an item painted, at device resolution, so that it is painted again only when it differs."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import isclose
from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QRegion, QTransform
from PySide6.QtWidgets import QWidget

NEAR: Final = 1e-6  # of a pixel
ROUNDING: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Print:
    """What the kept image shows.

    Attributes:
        key: all that decides what is painted, but for the view.
        view: maps the item to the widget's logical pixels.
        ratio: device pixels per logical pixel.
        place: the part of the widget that the image covers.

    """

    key: Hashable
    view: QTransform
    ratio: float
    place: QRect


class DeviceCache:
    """One painted image of an item's visible part.

    Qt's own ``DeviceCoordinateCache`` lies in ``QPixmapCache``, whose limit (10 MB) a large window passes.
    """

    def __init__(self) -> None:
        self._print: Print | None = None
        self._image = QImage()

    def draw(
        self,
        painter: QPainter,
        widget: QWidget,
        area: QRectF,
        key: Hashable,
        paint: Callable[[QPainter], None],
        ground: QColor,
    ) -> None:
        """Draw ``area`` (item coordinates), calling ``paint`` only for what ``key`` or the view on it has changed.

        ``ground`` is the colour to paint on; an opaque one is faster to draw.
        """
        view = QTransform(painter.worldTransform())
        place = view.mapRect(area).toAlignedRect() & widget.rect()
        if place.isEmpty():
            return
        wanted = Print((key, ground.rgba()), view, widget.devicePixelRatioF(), place)
        if wanted != self._print:
            self._paint(wanted, paint, ground)
        painter.save()
        painter.resetTransform()
        painter.drawImage(place.topLeft(), self._image)
        painter.restore()

    def _paint(self, wanted: Print, paint: Callable[[QPainter], None], ground: QColor) -> None:
        before, kept, place = self._print, self._image, wanted.place
        size = QSize(round(place.width() * wanted.ratio), round(place.height() * wanted.ratio))
        opaque = ground.alpha() == 255
        self._print = wanted
        self._image = QImage(size, QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied)
        self._image.setDevicePixelRatio(wanted.ratio)
        self._image.fill(ground)
        painter = QPainter(self._image)
        missing = QRegion(place)
        shift = None if before is None else _shift(before, wanted)
        if before is not None and shift is not None:
            # Only shifted: what is still in sight is kept.
            painter.drawImage(before.place.topLeft() + shift - place.topLeft(), kept)
            missing -= QRegion(before.place.translated(shift))
        if not missing.isEmpty():
            painter.setClipRegion(missing.translated(-place.topLeft()))
            painter.setWorldTransform(wanted.view * QTransform.fromTranslate(-place.x(), -place.y()))
            paint(painter)
        painter.end()


def _shift(before: Print, after: Print) -> QPoint | None:
    """Return by how many whole pixels, logical and device, the view has only moved; None where it did more."""
    old, new = before.view, after.view
    # The view reckons its scale anew from what is in sight, and rounds.
    scaled = not (isclose(old.m11(), new.m11(), rel_tol=ROUNDING) and isclose(old.m22(), new.m22(), rel_tol=ROUNDING))
    if scaled or (before.key, before.ratio) != (after.key, after.ratio):
        return None
    dx, dy = new.dx() - old.dx(), new.dy() - old.dy()
    shift = QPoint(round(dx), round(dy))
    whole = all(abs(d * ratio - round(d * ratio)) < NEAR for d in (dx, dy) for ratio in (1.0, after.ratio))
    return shift if whole else None
