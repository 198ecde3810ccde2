"""Cache of one item's painting at device resolution, so that the item is painted again only when it changes."""

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
class PaintedView:
    """Description of the cached image.

    Attributes:
        key: everything that decides what is painted, except the view.
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
        self._painted: PaintedView | None = None
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
        """Draw ``area`` (item coordinates), calling ``paint`` only for what a change of ``key`` or of the view affects.

        ``ground`` is the colour to paint on; an opaque one is faster to draw.
        """
        view = QTransform(painter.worldTransform())
        place = view.mapRect(area).toAlignedRect() & widget.rect()
        if place.isEmpty():
            return
        current = PaintedView((key, ground.rgba()), view, widget.devicePixelRatioF(), place)
        if current != self._painted:
            self._paint(current, paint, ground)
        painter.save()
        painter.resetTransform()
        painter.drawImage(place.topLeft(), self._image)
        painter.restore()

    def _paint(self, current: PaintedView, paint: Callable[[QPainter], None], ground: QColor) -> None:
        before, previous_image, place = self._painted, self._image, current.place
        size = QSize(round(place.width() * current.ratio), round(place.height() * current.ratio))
        opaque = ground.alpha() == 255
        self._painted = current
        self._image = QImage(size, QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied)
        self._image.setDevicePixelRatio(current.ratio)
        self._image.fill(ground)
        painter = QPainter(self._image)
        missing = QRegion(place)
        shift = None if before is None else _shift(before, current)
        if before is not None and shift is not None:
            # The view has only moved: copy the part that is still visible.
            painter.drawImage(before.place.topLeft() + shift - place.topLeft(), previous_image)
            missing -= QRegion(before.place.translated(shift))
        if not missing.isEmpty():
            painter.setClipRegion(missing.translated(-place.topLeft()))
            painter.setWorldTransform(current.view * QTransform.fromTranslate(-place.x(), -place.y()))
            paint(painter)
        painter.end()


def _shift(before: PaintedView, after: PaintedView) -> QPoint | None:
    """Return by how many whole pixels, logical and device, the view has moved; None where it changed otherwise."""
    old, new = before.view, after.view
    # ViewBox computes its scale from the visible range, and rounds.
    scaled = not (isclose(old.m11(), new.m11(), rel_tol=ROUNDING) and isclose(old.m22(), new.m22(), rel_tol=ROUNDING))
    if scaled or (before.key, before.ratio) != (after.key, after.ratio):
        return None
    dx, dy = new.dx() - old.dx(), new.dy() - old.dy()
    shift = QPoint(round(dx), round(dy))
    whole = all(abs(d * ratio - round(d * ratio)) < NEAR for d in (dx, dy) for ratio in (1.0, after.ratio))
    return shift if whole else None
