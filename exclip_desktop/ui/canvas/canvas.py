"""The canvas: the picture with its heat and regions."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QLabel, QToolTip, QWidget

from exclip_desktop.core.maths.colour import is_range_too_wide
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Preview, Region
from exclip_desktop.session.pair.scene import Scene, View
from exclip_desktop.ui.canvas.canvas_view import STEP_FACTOR, CanvasView
from exclip_desktop.ui.canvas.gestures import clamp_point, draw_box
from exclip_desktop.ui.canvas.heat_item import (
    CurrentHeat,
    HeatItem,
    current_geometry,
    limit_of,
    make_heat_look,
)
from exclip_desktop.ui.canvas.heat_mode_label import HeatModeLabel
from exclip_desktop.ui.canvas.parts_item import PartsItem
from exclip_desktop.ui.canvas.picture_item import PictureItem, ground_colour
from exclip_desktop.ui.canvas.pointer import Pointer
from exclip_desktop.ui.canvas.range_warning import RangeWarning
from exclip_desktop.ui.canvas.region_items import MarkLayer, RegionMarks

LEAST_PX: Final = (200, 150)
Patch = tuple[int, int]


class Canvas(QWidget):
    """Shows the state's picture, heat and regions, in source pixels.

    Attributes:
        view: the view on the picture.

    Signals:
        regions_changed(regions): the regions changed during a gesture: tuple[Region, ...].
        regions_committed(before, after, what): a gesture ended; ``what`` names it: draw, move or resize box or lasso.
        regions_nudged(before, after, what, index): an arrow key moved or resized a region.
        region_naming_requested(index): a region was double-clicked.
        double_clicked(): the picture was double-clicked outside all regions.
        region_chosen(index): a region becomes the current one; None: none of them.
        menu_requested(index, place): the context menu of a region, or of the picture (None), was requested at a global
            place.
        range_reset_requested(): the heat cannot be seen in its range, and the person wants its own.
        patch_hovered(patch): the mouse entered the patch (row, column), or left all (None); never during a drag.
        patch_clicked(patch, ctrl): a patch was clicked; whether Ctrl was held.

    """

    regions_changed = Signal(object)
    regions_committed = Signal(object, object, str)
    regions_nudged = Signal(object, object, str, int)
    region_naming_requested = Signal(int)
    menu_requested = Signal(object, QPoint)
    double_clicked = Signal()
    region_chosen = Signal(object)
    range_reset_requested = Signal()
    patch_hovered = Signal(object)
    patch_clicked = Signal(object, bool)

    def __init__(self, state: Scene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._heat: Floats | None = None
        self._current_heat = CurrentHeat(state)
        self._heat_key: tuple[View, bool, float, bool] | None = None
        self._least_limit, self._can_reset_range = 0.0, False
        self._hovered: Patch | None = None
        self._pixels: object = None
        self.view = CanvasView(self)
        self._picture_item, self._heat_item = PictureItem(), HeatItem()
        self._marks, self._parts_item = MarkLayer(self.view), PartsItem()
        self._pointer = Pointer(state, self.view)
        self._hint, self._range_warning, self._mode_label = QLabel(self), RangeWarning(self), HeatModeLabel(self)
        self._build()
        self._connect()
        self._on_canvas_picture_changed()

    def own_limit(self) -> float:
        """Return the end of the colour range for this canvas alone; 0 where its unit is not that of other canvases."""
        return 0.0 if self._state.heat_mode is not None else limit_of(self._state, self.current_heat())

    def current_limit(self) -> float:
        """Return the end of the colour range in which the heat is drawn."""
        return limit_of(self._state, self.current_heat(), self._least_limit)

    def current_heat(self) -> Floats | None:
        """Return the values of the heat on the picture, (grid_h, grid_w), or None."""
        return self._current_heat.current()

    def set_least_limit(self, limit: float, *, can_reset: bool = False) -> None:
        """Draw in a range of at least ``limit``, so that canvases compare; 0: the canvas's own range.

        ``can_reset``: the person has chosen this, and is warned where the range is too wide for the heat.
        """
        self._least_limit, self._can_reset_range = limit, can_reset
        self._on_heat_changed()

    def fit(self) -> None:
        """Show the whole picture."""
        self.view.fit()

    def zoom_100(self) -> None:
        """Show one source pixel as one logical pixel."""
        self.view.zoom_to(1.0)

    def zoom_in(self) -> None:
        """Zoom in on the middle."""
        self.view.zoom_by(STEP_FACTOR)

    def zoom_out(self) -> None:
        """Zoom out from the middle."""
        self.view.zoom_by(1 / STEP_FACTOR)

    @property
    def hint(self) -> str:
        """The text in place of the picture; empty with a picture."""
        return "" if self._hint.isHidden() else self._hint.text()

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions that are drawn."""
        return self._state.selection.regions

    def suggest_box(self) -> Box | None:
        """Return a box for a person without a mouse: the hovered patch, else the middle of what is visible.

        None without a picture.
        """
        canvas_picture, hovered = self._state.canvas_picture, self._hovered_box()
        if canvas_picture is None:
            return None
        bounds = canvas_picture.bounds
        box = None if hovered is None else draw_box(hovered[:2], hovered[2:], bounds)
        if box is not None:
            return box
        x0, y0, x1, y1 = self.view.camera.visible
        (x0, y0), (x1, y1) = clamp_point((x0, y0), bounds), clamp_point((x1, y1), bounds)
        middle, half = ((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 8, (y1 - y0) / 8)
        start, end = (middle[0] - half[0], middle[1] - half[1]), (middle[0] + half[0], middle[1] + half[1])
        return draw_box((round(start[0]), round(start[1])), (round(end[0]), round(end[1])), bounds)

    def region_place(self, index: int) -> QPoint:
        """Return the lower left corner of a region's box in the view, as far as it is visible."""
        box = self._state.selection.regions[index].box
        x, y = clamp_point(
            self.view.camera.to_canvas((box[0], box[3])),
            (0.0, 0.0, float(self.view.width()), float(self.view.height())),
        )
        return QPoint(round(x), round(y))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        """Follow the theme and the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._dress()

    def _build(self) -> None:
        self.view.add_source_item(self._picture_item)
        self.view.add_source_item(self._heat_item)
        self.view.add_source_item(self._parts_item)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 0, 0)
        layout.addWidget(self._hint, 0, 0)
        layout.addWidget(self._range_warning, 0, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addWidget(self._mode_label, 0, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.setMinimumSize(*LEAST_PX)
        self.setFocusProxy(self.view)
        self.view.setAccessibleName("Picture")
        self.view.setAccessibleDescription(
            "Drag to draw a box, or press P. Arrow keys move the current box. Values of patches show under the mouse."
        )
        self._dress()

    def _connect(self) -> None:
        state, pointer = self._state, self._pointer
        state.canvas_picture_changed.connect(self._on_canvas_picture_changed)
        state.canvas_hint_changed.connect(self._show_hint)
        state.answer_changed.connect(self._on_answer_changed)
        state.preview_changed.connect(self._on_preview_changed)
        state.part_marks_changed.connect(self._on_part_marks_changed)
        self.view.camera_changed.connect(lambda: self._parts_item.set_camera(self.view.camera))
        state.heat_mode_changed.connect(self._on_heat_mode_changed)
        for signal in (state.view_changed, state.stale_changed):
            signal.connect(self._on_heat_changed)
        state.selection_changed.connect(self._on_selection_changed)
        for signal in (state.current_region_changed, state.labels_changed, state.view_changed):
            signal.connect(self._show_marks)
        pointer.region_chosen.connect(self.region_chosen)
        pointer.patch_clicked.connect(self.patch_clicked)
        pointer.patch_hovered.connect(self._on_patch_hovered)
        pointer.regions_changed.connect(self.regions_changed)
        pointer.regions_committed.connect(self.regions_committed)
        pointer.regions_nudged.connect(self.regions_nudged)
        self.view.menu_requested.connect(self._on_menu_requested)
        pointer.region_naming_requested.connect(self.region_naming_requested)
        pointer.double_clicked.connect(self.double_clicked)
        self._range_warning.reset_requested.connect(self.range_reset_requested)

    def _dress(self) -> None:
        """Take the theme's colours and font."""
        self.view.setBackgroundBrush(ground_colour(self.palette()))
        font = QFont(self.font())
        font.setBold(True)
        self._marks.set_font(font)

    def _on_canvas_picture_changed(self) -> None:
        canvas_picture = self._state.canvas_picture
        pixels = None if canvas_picture is None else canvas_picture.picture.pixels
        self._show_hint()
        if pixels is not self._pixels:
            self._pixels = pixels
            self._picture_item.set_picture(pixels)
            self._pointer.reset()
            self._show_content()
            self.view.fit()
        self._on_answer_changed()

    def _show_hint(self) -> None:
        self._hint.setText(self._state.canvas_hint)
        self._hint.setVisible(self._state.canvas_picture is None)

    def _on_answer_changed(self) -> None:
        self._pointer.leave()  # another patch, or none, is under the mouse now
        self._heat_key = None
        self._on_heat_changed()
        self._show_content()
        self._show_marks()
        self._show_parts()

    def _on_heat_changed(self) -> None:
        """Draw the heat again if it changed; a hovered patch or a region does not change it."""
        state, geometry = self._state, current_geometry(self._state)
        is_tinted = state.part_marks is not None and state.part_marks.tinted
        heat, heat_key = self.current_heat(), (state.view, state.stale, self._least_limit, is_tinted)
        if heat is self._heat and heat_key == self._heat_key:
            return
        self._heat, self._heat_key = heat, heat_key
        limit = limit_of(state, self._heat, self._least_limit)
        look = make_heat_look(state.view, limit, state.stale)
        is_hidden = is_tinted and state.heat_mode is None  # tints of the parts replace the heat
        visible = self._heat if state.view.heat and not is_hidden else None
        if state.preview == Preview():  # not for a word or patch that is under the mouse for a moment
            is_chosen = state.heat_mode is None and (self._can_reset_range or state.view.picture_limit is not None)
            self._range_warning.setVisible(is_chosen and is_range_too_wide(limit, visible))
        self._heat_item.set_heat(visible, look, geometry.visible if geometry else (0.0, 0.0, 0.0, 0.0))
        self._picture_item.set_grey(state.view.grey and (visible is not None or is_hidden))
        self._picture_item.set_patch_area(geometry.visible if geometry else None)
        self._show_tip()

    def _on_heat_mode_changed(self) -> None:
        self._mode_label.show_mode(self._state.heat_mode)
        self._on_heat_changed()
        self._show_parts()

    def _on_part_marks_changed(self) -> None:
        self._on_heat_changed()
        self._show_parts()

    def _show_parts(self) -> None:
        """Draw the parts; without tints where another heat is shown instead."""
        marks, geometry = self._state.part_marks, current_geometry(self._state)
        self._parts_item.show_marks(marks, geometry, self._marks.font, tints=self._state.heat_mode is None)

    def _on_selection_changed(self) -> None:
        self._pointer.follow()
        self._on_heat_changed()
        self._show_marks()

    def _on_preview_changed(self) -> None:
        self._on_heat_changed()
        self._show_marks()

    def _on_patch_hovered(self, patch: Patch | None) -> None:
        if self._hovered is not None and patch is None:
            QToolTip.hideText()
        self._hovered = patch
        self._show_marks()
        self._show_tip()
        self.patch_hovered.emit(patch)

    def _on_menu_requested(self, place: QPointF, by_key: bool) -> None:
        """Request the menu of the region under the mouse, or by a key that of the current one."""
        index = self._state.current_region if by_key else self._pointer.region_at(place)
        at = self.region_place(index) if by_key and index is not None else place.toPoint()
        self.menu_requested.emit(index, self.view.viewport().mapToGlobal(at))

    def _show_content(self) -> None:
        """Make the whole picture visible, and the patches beyond it where the model pads."""
        canvas_picture, geometry = self._state.canvas_picture, current_geometry(self._state)
        if canvas_picture is None:
            self.view.set_content(None)
            return
        height, width = canvas_picture.picture.pixels.shape[:2]
        x0, y0, x1, y1 = geometry.visible if geometry else (0.0, 0.0, 0.0, 0.0)
        self.view.set_content((min(x0, 0.0), min(y0, 0.0), max(x1, float(width)), max(y1, float(height))))

    def _show_marks(self) -> None:
        if self._state.canvas_picture is None:
            self._marks.set_marks(RegionMarks())
            return
        state, regions = self._state, self._state.selection.regions
        drawn = {*regions, *(hidden for _, hidden in state.selection.hidden)}
        labels = tuple(one for one in state.labels if one not in drawn) if state.view.labels else ()
        self._marks.set_marks(RegionMarks(regions, state.current_region, self._hovered_box(), labels))

    def _hovered_box(self) -> Box | None:
        """Return the box of the patch that is hovered here or in another view."""
        geometry, patch = current_geometry(self._state), self._hovered or self._state.preview.patch
        return None if geometry is None or patch is None else geometry.patch_box(*patch)

    def _show_tip(self) -> None:
        """Show the value of the hovered patch in a tooltip at its corner."""
        box, view = self._hovered_box(), self.view.viewport()
        if box is None or self._hovered is None or self._heat is None:
            return
        row, column = self._hovered
        text = f"{format_signed(float(self._heat[row, column]))} · row {row}, column {column}"
        corner = clamp_point(self.view.camera.to_canvas(box[2:]), (0.0, 0.0, view.width(), view.height()))
        QToolTip.showText(view.mapToGlobal(QPointF(*corner).toPoint()), text, view)
