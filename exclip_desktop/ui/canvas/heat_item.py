"""The heat over the picture: one colour per patch, or blended, exactly over the patches."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyqtgraph import ImageItem
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from exclip_desktop.core.maths.colour import interpolate, lookup_levels, lookup_table, range_limit
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.values.geometry import Box, Geometry
from exclip_desktop.core.values.selection import patch_heat
from exclip_desktop.session.pair.scene import Drawing, Scene, View
from exclip_desktop.session.parts.heat_modes import DirectionHeat
from exclip_desktop.ui.canvas.device_cache import DeviceCache

STALE_SHARE: Final = 0.35  # of the opacity, while the heat belongs to an earlier picture, caption or setting
SMOOTH_VALUES: Final = 256  # across a blended grid
STEP_PX: Final = 3.0  # device pixels: steps between those values are not patch_area unless drawn larger


@dataclass(frozen=True, slots=True)
class HeatLook:
    """How values become colours.

    Attributes:
        limit: the value at the ends of the range, −limit … limit.
        colours: a key of ``COLOUR_MAPS``.
        drawing: ``scale``, every colour at one opacity, or ``magnitude``, by |value| / limit.
        opacity: 0 to 1.
        smooth: whether patches blend into each other.

    """

    limit: float
    colours: str
    drawing: Drawing
    opacity: float
    smooth: bool


def current_geometry(state: Scene) -> Geometry | None:
    """Return where the patches lie on the current picture; None without an answer for a picture of this size."""
    canvas_picture, explanation = state.canvas_picture, state.answer
    if canvas_picture is None or explanation is None:
        return None
    height, width = canvas_picture.picture.pixels.shape[:2]
    return explanation.geometry if explanation.geometry.source_size == (width, height) else None


def current_heat(state: Scene) -> Floats | None:
    """Return the heat for the current picture, (grid_h, grid_w); None without an answer or without selected tokens."""
    geometry = current_geometry(state)
    if state.answer is None or geometry is None:
        return None
    if isinstance(state.heat_mode, DirectionHeat) and state.heat_mode.explanation is not state.answer:
        return None  # it follows the answer
    if state.heat_mode is not None:
        return state.heat_mode.patch_heat(geometry, state.selection, state.preview)
    if state.selection.absent and not state.preview.rows:
        return None
    return patch_heat(state.answer.interactions, state.selection, state.preview)


class CurrentHeat:
    """The heat for a scene's current picture; it is computed again only when its basis changes."""

    def __init__(self, state: Scene) -> None:
        self._state = state
        self._basis: tuple[object, ...] = (None, None, None, None)
        self._heat: Floats | None = None

    def current(self) -> Floats | None:
        """Return the heat, as ``current_heat`` does; the same array while neither answer nor words change."""
        state, answer, mode = self._state, self._state.answer, self._state.heat_mode
        fixed = answer is not None and answer.interactions.fixed
        hovered, selection = state.preview.rows, state.selection
        rows = () if fixed else hovered or selection.rows
        chosen = (rows, selection.absent and not hovered) if mode is None else mode.basis(selection, state.preview)
        basis = answer, state.canvas_picture, mode, chosen
        before = self._basis
        if not (
            all(one is other for one, other in zip(basis[:3], before[:3], strict=True)) and basis[3:] == before[3:]
        ):
            self._basis, self._heat = basis, current_heat(state)
        return self._heat


def limit_of(state: Scene, heat: Floats | None, least: float = 0.0) -> float:
    """Return the end of the picture's range: the locked one, else the largest magnitude of ``heat``, or ``least``.

    A heat mode has another unit, and so a range of its own.
    """
    heats = () if heat is None else (heat,)
    if state.heat_mode is not None:
        return range_limit(*heats)
    return range_limit(*heats, locked=state.view.picture_limit, least=least)


def picture_limit(state: Scene) -> float:
    """Return the end of the current colour range of the picture."""
    return limit_of(state, current_heat(state))


def make_heat_look(view: View, limit: float, stale: bool) -> HeatLook:
    """Return how the heat is drawn; stale heat is dimmed."""
    opacity = view.opacity * (STALE_SHARE if stale else 1.0)
    return HeatLook(limit, view.colours, view.drawing, opacity, view.smooth)


def make_heat_image(values: Floats, smooth: bool) -> NDArray[np.float32]:
    """Return the values (grid_h, grid_w), or where they blend (``smooth``) some 256 values across the larger side."""
    image = np.asarray(values, np.float32)
    return interpolate(image, -(-SMOOTH_VALUES // max(values.shape))) if smooth else image


@lru_cache(maxsize=8)
def make_heat_table(colours: str, drawing: Drawing, opacity: float) -> NDArray[np.uint8]:
    """Return the colour map with its opacity as RGBA: uint8 (256, 4)."""
    rgb = lookup_table(colours)
    strength = np.abs(np.linspace(-1, 1, len(rgb))) if drawing == "magnitude" else np.ones(len(rgb))
    return np.rint(np.column_stack([rgb, opacity * strength]) * 255).astype(np.uint8)


class HeatItem(ImageItem):
    """Draws heat over the box that the patches cover, in source pixels, from a cache at device resolution."""

    qimage: QImage  # made by ``render``

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._smooth = False
        self._cache = DeviceCache()
        self._changes = 0

    def set_heat(self, values: Floats | None, look: HeatLook, patch_area: Box) -> None:
        """Draw ``values`` (grid_h, grid_w) over ``patch_area``, source pixels; None: nothing."""
        self._changes += 1
        self._smooth = look.smooth
        if values is None:
            self.clear()
            return
        rect = QRectF(QPointF(*patch_area[:2]), QPointF(*patch_area[2:]))
        table = make_heat_table(look.colours, look.drawing, look.opacity)
        self.setImage(make_heat_image(values, look.smooth), levels=lookup_levels(look.limit), lut=table, rect=rect)

    def render(self) -> None:
        """Make the image as ``ImageItem`` does, in the one format that Qt scales and blends fast."""
        super().render()
        self.qimage = self.qimage.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the cached image."""
        if self.image is not None and widget is not None:
            clear = QColor(Qt.GlobalColor.transparent)
            self._cache.draw(painter, widget, self.boundingRect(), self._changes, self._paint, clear)

    def _paint(self, painter: QPainter) -> None:
        step_px = painter.deviceTransform().m11()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._smooth and step_px > STEP_PX)
        # Replacing is faster than blending with a clear ground, and the same.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        super().paint(painter)
