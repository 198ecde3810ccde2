"""Mouse interaction on the canvas: hovering, clicking, and dragging regions."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QCursor

from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Point
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.ui.canvas.canvas_view import CanvasView
from exclip_desktop.ui.canvas.gestures import (
    DrawBox,
    DrawLasso,
    Handle,
    Move,
    RegionGesture,
    Regions,
    Resize,
    find_handle,
    find_region,
    list_handles,
    nudge_region,
    region_kind,
    replace_region,
)
from exclip_desktop.ui.canvas.heat_item import current_geometry
from exclip_desktop.ui.canvas.tool_cursors import ToolCursors

CLICK_PX: Final = 3.0  # a drag shorter than that is a click
HANDLE_REACH_PX: Final = 8.0  # from a handle's middle, where it can be dragged
SLACK_PX: Final = 4.0  # a box can be pressed that far outside its line
LASSO_PX: Final = 2.0  # between a lasso's corners
NUDGE: Final = 10.0  # source pixels: a step by Shift and an arrow key where there are no patches


@dataclass(frozen=True, slots=True)
class Hit:
    """Region (its index) and handle under a point, or None."""

    region: int | None = None
    handle: Handle | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A press of the left button: place in logical and in source pixels, hit, whether a drag subtracts, and Ctrl."""

    place: Point
    point: Point
    hit: Hit
    subtract: bool
    ctrl: bool


class Pointer(QObject):
    """Turns mouse events into changes of the regions.

    Signals:
        regions_changed(regions): the regions changed during a gesture.
        regions_committed(before, after, what): a gesture ended.
        regions_nudged(before, after, what, index): an arrow key moved or resized a region.
        region_naming_requested(index): a region was double-clicked.
        double_clicked(): the canvas was double-clicked outside all regions.
        patch_hovered(patch): the mouse entered the patch (row, column), or left all (None); never during a drag.
        patch_clicked(patch, ctrl): a patch (row, column) was clicked, without a drag; whether Ctrl was held.
        region_chosen(index): a region becomes the current one; None: none of them.

    """

    regions_changed = Signal(object)
    regions_committed = Signal(object, object, str)
    regions_nudged = Signal(object, object, str, int)
    region_naming_requested = Signal(int)
    double_clicked = Signal()
    patch_hovered = Signal(object)
    patch_clicked = Signal(object, bool)
    region_chosen = Signal(object)

    def __init__(self, state: Scene, view: CanvasView) -> None:
        super().__init__(view)
        self._state, self._view = state, view
        self._press: Press | None = None
        self._gesture: RegionGesture | None = None
        self._latest: Regions = ()
        self._hovered: tuple[int, int] | None = None
        self._ignored_patch: tuple[int, int] | None = None
        self._cursors = ToolCursors()
        state.view_changed.connect(self._on_view_changed)
        view.pressed.connect(self._on_pressed)
        view.moved.connect(self._on_moved)
        view.released.connect(self._on_released)
        view.double_clicked.connect(self._on_double_clicked)
        view.left.connect(self.leave)
        view.escaped.connect(self.cancel)
        view.arrow_pressed.connect(self._on_arrow_pressed)

    def cancel(self) -> None:
        """Cancel the current gesture and restore the regions."""
        if self._gesture is not None:
            before = self._gesture.before
            self._end()
            self.regions_changed.emit(before)

    def follow(self) -> None:
        """Follow the state's regions; a change from elsewhere ends the gesture."""
        regions = self._state.selection.regions
        if self._gesture is not None and regions not in (self._latest, self._gesture.before):
            self._end()
        self._view.holds_arrows = bool(regions)

    def region_at(self, place: QPointF) -> int | None:
        """Return the index of the region at ``place``, logical pixels, or None."""
        return self._hit(self._view.camera.to_source((place.x(), place.y()))).region

    def reset(self) -> None:
        """Reset for another picture."""
        self._end()
        self._choose(None)
        self.leave()

    def leave(self) -> None:
        """Treat no patch as hovered until the mouse moves."""
        self._ignored_patch = None
        self._hover(None)

    def _on_pressed(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if self._bounds() is None:
            return
        at = (place.x(), place.y())
        point = self._view.camera.to_source(at)
        subtract = self._state.view.subtract or bool(modifiers & Qt.KeyboardModifier.AltModifier)
        ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        self._press = Press(at, point, Hit() if self._draws(subtract) else self._hit(point), subtract, ctrl)
        if self._press.hit.region is not None:
            self._choose(self._press.hit.region)
        # A hovered patch takes precedence over regions, and would hide the values of the dragged one.
        self._hover(None)

    def _on_moved(self, place: QPointF, buttons: Qt.MouseButton) -> None:
        at = (place.x(), place.y())
        point = self._view.camera.to_source(at)
        if self._press is None:
            if not buttons:
                self._show_hit(point)
            return
        if self._gesture is None:
            if not _far(self._press.place, at):
                return
            self._begin(self._press)
        self._drag(point)

    def _on_released(self, place: QPointF) -> None:
        press, gesture = self._press, self._gesture
        point = self._view.camera.to_source((place.x(), place.y()))
        if press is not None and gesture is not None:
            self._drag(point)
            self._finish()
        elif press is not None:
            patch = self._patch(point)
            if patch is not None:
                self.patch_clicked.emit(patch, press.ctrl)
            self._choose(self._hit(point).region)
        self._press = None
        # The selection stays visible until the mouse enters another patch.
        self._ignored_patch = self._patch(point)

    def _on_double_clicked(self, place: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        hit = self._hit(self._view.camera.to_source((place.x(), place.y())))
        if hit.region is None or modifiers & Qt.KeyboardModifier.AltModifier:
            self._on_pressed(place, modifiers)
            self.double_clicked.emit()
        else:
            self._choose(hit.region)
            self.region_naming_requested.emit(hit.region)

    def _on_arrow_pressed(self, direction: tuple[int, int], modifiers: Qt.KeyboardModifier) -> None:
        """Move the current region; with Ctrl move its right or lower side, with Alt its left or upper side."""
        bounds, before, held = self._bounds(), self._state.selection.regions, Qt.KeyboardModifier
        if bounds is None or not before or self._press is not None:
            return
        current = self._state.current_region
        index = len(before) - 1 if current is None else current
        step = self._patch_size() if modifiers & held.ShiftModifier else (1.0, 1.0)
        shift = direction[0] * step[0], direction[1] * step[1]
        side = 1 if modifiers & held.ControlModifier else -1 if modifiers & held.AltModifier else 0
        handle = (side * abs(direction[0]), side * abs(direction[1])) if side else None
        after = replace_region(before, index, nudge_region(before[index], shift, bounds, handle))
        what = f"{'resize' if handle else 'move'} {region_kind(before[index])}"
        self.regions_nudged.emit(before, after, what, index)

    def _patch_size(self) -> tuple[float, float]:
        geometry = current_geometry(self._state)
        if geometry is None:
            return NUDGE, NUDGE
        x0, y0, x1, y1 = geometry.patch_box(0, 0)
        return x1 - x0, y1 - y0

    def _begin(self, press: Press) -> None:
        """Start the gesture for the place that was pressed."""
        bounds, before, index = self._bounds(), self._state.selection.regions, press.hit.region
        if bounds is None:
            return
        if index is not None and press.hit.handle is not None:
            self._gesture = Resize(before, index, press.hit.handle, press.point, bounds)
        elif index is not None:
            self._gesture = Move(before, index, press.point, bounds)
        elif self._state.view.tool == "lasso":
            spacing = LASSO_PX / self._view.camera.scale
            self._gesture = DrawLasso(before, press.point, bounds, press.subtract, spacing)
        else:
            self._gesture = DrawBox(before, press.point, bounds, press.subtract)
        self._latest = before
        self._view.holds_escape = True

    def _drag(self, point: Point) -> None:
        gesture = self._gesture
        if gesture is None:
            return
        regions = gesture.regions_at(point)
        if regions != self._latest:
            self._latest = regions
            self.regions_changed.emit(regions)
            self._choose(gesture.index if gesture.index < len(regions) else None)

    def _finish(self) -> None:
        """Commit the gesture's change, unless there is none or the new region is too small."""
        gesture, after = self._gesture, self._latest
        if gesture is None:
            return
        drawn = gesture.index >= len(gesture.before)
        if drawn and len(after) > gesture.index and self._tiny(after[-1].box):
            self.cancel()
            return
        self._end()
        if after != gesture.before:
            self.regions_committed.emit(gesture.before, after, gesture.what)

    def _end(self) -> None:
        self._gesture, self._press, self._latest = None, None, ()
        self._view.holds_escape = False

    def _show_hit(self, point: Point) -> None:
        """Show the cursor for the hit, and the hovered patch."""
        patch = self._patch(point)
        if self._ignored_patch is None or patch != self._ignored_patch:
            self._ignored_patch = None
            self._hover(patch)
        self._show_cursor(point)

    def _show_cursor(self, point: Point) -> None:
        subtract, viewport = self._state.view.subtract, self._view.viewport()
        hit = Hit() if self._draws(subtract) else self._hit(point)
        if self._bounds() is None:
            viewport.unsetCursor()
        elif hit.handle is not None:
            viewport.setCursor(self._cursors.of_handle(hit.handle))
        elif hit.region is not None:
            viewport.setCursor(self._cursors.of_region())
        else:
            viewport.setCursor(self._cursors.of_drawing(self._state.view, subtract=subtract))

    def _on_view_changed(self) -> None:
        """Show the cursor of another tool without waiting for the mouse to move."""
        if self._gesture is None and self._view.viewport().underMouse():
            place = self._view.viewport().mapFromGlobal(QCursor.pos())
            self._show_cursor(self._view.camera.to_source((place.x(), place.y())))

    def _hover(self, patch: tuple[int, int] | None) -> None:
        if patch != self._hovered:
            self._hovered = patch
            self.patch_hovered.emit(patch)

    def _draws(self, subtract: bool) -> bool:
        """Return whether a drag draws wherever it starts: a part of a region can be subtracted, too."""
        return subtract or self._state.view.tool == "box"

    def _hit(self, point: Point) -> Hit:
        """Return the hit at ``point``: first a handle of the current region, else the topmost region."""
        regions, scale = self._state.selection.regions, self._view.camera.scale
        current = self._state.current_region
        if current is not None:
            box = regions[current].box
            handle = find_handle(box, point, HANDLE_REACH_PX / scale)
            if handle in list_handles(box, scale):
                return Hit(current, handle)
        return Hit(find_region(regions, point, SLACK_PX / scale))

    def _patch(self, point: Point) -> tuple[int, int] | None:
        geometry = current_geometry(self._state)
        return None if geometry is None else geometry.patch_at(*point)

    def _bounds(self) -> Box | None:
        canvas_picture = self._state.canvas_picture
        return None if canvas_picture is None else canvas_picture.bounds

    def _tiny(self, box: Box) -> bool:
        return min(box[2] - box[0], box[3] - box[1]) * self._view.camera.scale < CLICK_PX

    def _choose(self, index: int | None) -> None:
        if index != self._state.current_region:
            self.region_chosen.emit(index)


def _far(before: Point, after: Point) -> bool:
    return (after[0] - before[0]) ** 2 + (after[1] - before[1]) ** 2 >= CLICK_PX**2
