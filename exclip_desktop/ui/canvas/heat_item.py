"""The heat over the picture: one colour per patch, or blended, exactly where the patches lay."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.maths.colour import blended, lookup_table, symmetric_limit
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.selection import patch_heat
from exclip_desktop.session.pair.scene import Drawing, Scene, View
from exclip_desktop.ui.canvas.paint_cache import DeviceCache

STALE_SHARE: Final = 0.35  # of the opacity, while the heat is of an earlier picture, caption or setting
SMOOTH_VALUES: Final = 256  # across a blended grid
STEP_PX: Final = 3.0  # device pixels: steps between those values are not seen unless drawn larger


@dataclass(frozen=True, slots=True)
class HeatLook:
    """How values become colours.

    Attributes:
        limit: the value at the ends of the range, −limit … limit.
        colours: a key of ``core.colour_maps.MAPS``.
        drawing: ``scale``, every colour at one opacity, or ``magnitude``, by |value| / limit.
        opacity: 0 to 1.
        smooth: whether patches blend into each other.

    """

    limit: float
    colours: str
    drawing: Drawing
    opacity: float
    smooth: bool


def geometry_shown(state: Scene) -> Geometry | None:
    """Return where the patches lie on the picture shown; None where nothing is explained of a picture that size."""
    canvas_picture, explanation = state.canvas_picture, state.answer
    if canvas_picture is None or explanation is None:
        return None
    height, width = canvas_picture.picture.pixels.shape[:2]
    return explanation.geometry if explanation.geometry.source_size == (width, height) else None


def heat_shown(state: Scene) -> Floats | None:
    """Return the heat that belongs on the picture, (grid_h, grid_w); None where nothing is explained or selected."""
    if state.answer is None or geometry_shown(state) is None:
        return None
    if state.selection.absent and not state.preview.rows:
        return None
    return patch_heat(state.answer.interactions, state.selection, state.preview)


def limit_of(view: View, heat: Floats | None, least: float = 0.0) -> float:
    """Return the end of the picture's range: the locked one, else the largest magnitude of ``heat``, or ``least``."""
    if view.picture_limit is not None:
        return view.picture_limit
    return symmetric_limit() if heat is None else max(symmetric_limit(heat), least)


def picture_limit(state: Scene) -> float:
    """Return the end of the picture's colour range as it is drawn."""
    return limit_of(state.view, heat_shown(state))


def look_shown(view: View, limit: float, stale: bool) -> HeatLook:
    """Return how the heat is drawn; dimmed where it is stale."""
    opacity = view.opacity * (STALE_SHARE if stale else 1.0)
    return HeatLook(limit, view.colours, view.drawing, opacity, view.smooth)


def heat_pixels(values: Floats, look: HeatLook) -> NDArray[np.uint32]:
    """Return the values (grid_h, grid_w) as premultiplied ARGB, one pixel per patch, or many where they blend."""
    table = _inks(look.colours, look.drawing, look.opacity)
    # Where in the table is linear in the value, so it may be reckoned for the few patches before they are blended.
    position = ((values / look.limit + 1) / 2 * (len(table) - 1)).astype(np.float32)
    if look.smooth:
        position = blended(position, -(-SMOOTH_VALUES // max(values.shape)))
    np.clip(position, 0, len(table) - 1, out=position)
    return np.asarray(table[(position + np.float32(0.5)).astype(np.uint8)])  # rounded, several times as fast as by rint


@lru_cache(maxsize=8)
def _inks(colours: str, drawing: Drawing, opacity: float) -> NDArray[np.uint32]:
    """Return the colour map as premultiplied ARGB: uint32 (256,)."""
    rgb = lookup_table(colours)
    strength = np.abs(np.linspace(-1, 1, len(rgb))) if drawing == "magnitude" else np.ones(len(rgb))
    alpha = opacity * strength
    parts = np.rint(np.column_stack([alpha, rgb * alpha[:, None]]) * 255).astype(np.uint32)
    return np.asarray(parts @ np.array([1 << 24, 1 << 16, 1 << 8, 1], np.uint32), dtype=np.uint32)


class HeatItem(QGraphicsItem):
    """Draws heat over the box that the patches cover, in source pixels, from a cache at device resolution."""

    def __init__(self) -> None:
        super().__init__()
        self._values: Floats | None = None
        self._look: HeatLook | None = None
        self._seen: Box = (0.0, 0.0, 0.0, 0.0)
        self._cache = DeviceCache()
        self._changes = 0

    def set_heat(self, values: Floats | None, look: HeatLook, seen: Box) -> None:
        """Draw ``values`` (grid_h, grid_w) over ``seen``, source pixels; None: nothing."""
        if seen != self._seen:
            self.prepareGeometryChange()
        self._values, self._look, self._seen = values, look, seen
        self._changes += 1
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 (Qt's name)
        """Return the box that the patches cover."""
        return QRectF(QPointF(*self._seen[:2]), QPointF(*self._seen[2:]))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw what the cache holds."""
        if self._values is not None and widget is not None:
            clear = QColor(Qt.GlobalColor.transparent)
            self._cache.draw(painter, widget, self.boundingRect(), self._changes, self._paint, clear)

    def _paint(self, painter: QPainter) -> None:
        assert self._values is not None
        assert self._look is not None
        pixels = heat_pixels(self._values, self._look)
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        step_px = painter.deviceTransform().m11() * self.boundingRect().width() / width
        blend = self._look.smooth and step_px > STEP_PX
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, blend)
        # Replacing is faster than blending with a clear ground, and the same.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(self.boundingRect(), image, QRectF(image.rect()))
