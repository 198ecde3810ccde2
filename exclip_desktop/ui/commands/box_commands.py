"""Commands for boxes, and the context menus of boxes and of the picture."""

from typing import Final

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.pair.region_controller import RegionController
from exclip_desktop.session.session import Session
from exclip_desktop.session.state import State
from exclip_desktop.ui.action_table import SEPARATOR
from exclip_desktop.ui.actions import keep_keys
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.gestures import move_region
from exclip_desktop.ui.canvas.label_field import LabelField
from exclip_desktop.ui.compare.stage import Stage

ON_BOX: Final = (
    *("name_box", "flip_box", "hide_box", "duplicate_box", "remove_box", SEPARATOR),
    *("copy_box", "occlude", SEPARATOR, "show_boxes"),
)
ON_PICTURE: Final = (
    *("note", SEPARATOR, "copy_picture", "paste", SEPARATOR, "fit", "actual_size", SEPARATOR),
    *("place_box", "show_boxes", "take_labels", "keep_labels", SEPARATOR),
    *("export_picture", "export_numbers", "framing"),
)
NEED_BOX: Final = ("remove_box", "name_box", "flip_box", "hide_box", "duplicate_box", "copy_box")
COPY_SHIFT: Final = 0.25  # of a box's sides: so far is the copy from it


class BoxCommands(QObject):
    """Handles the commands for boxes of a window."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        actions: dict[str, QAction],
        stage: Stage,
        others: tuple[Canvas, ...],
    ) -> None:
        """Connect the actions, the canvases of ``stage``, and ``others`` with the same boxes."""
        super().__init__(window)
        self._session, self._actions, self._stage = session, actions, stage
        self._field = LabelField(window)
        self._named: Region | None = None  # the region that the field names
        self._menus = {True: self._make_menu(ON_BOX, window), False: self._make_menu(ON_PICTURE, window)}
        handlers = {
            "place_box": self.place,
            "next_box": lambda: self._step(1),
            "previous_box": lambda: self._step(-1),
            "name_box": self.name,
            "remove_box": self.remove,
            "flip_box": self.flip,
            "hide_box": self.hide,
            "show_boxes": lambda: self._regions.show_all(),
            "duplicate_box": self.duplicate,
            "copy_box": self.copy,
        }
        for name, handler in handlers.items():
            actions[name].triggered.connect(lambda _=False, handler=handler: handler())
        actions["prompt_label"].triggered.connect(session.known_labels.set_prompt)
        self._field.accepted.connect(self._on_named)
        stage.region_naming_requested.connect(self._open_field)
        stage.menu_requested.connect(self._show_menu)
        for canvas in others:
            canvas.region_naming_requested.connect(self._open_field)
            canvas.menu_requested.connect(self._show_menu)
        session.selection_controller.region_drawn.connect(self._on_drawn)
        for state in (session.state, session.two_inputs.second):
            for signal in (state.selection_changed, state.current_region_changed):
                signal.connect(self._update)
        session.two_inputs.active_changed.connect(self._update)
        session.known_labels.changed.connect(self._update_prompt)
        for signal in (session.state.canvas_picture_changed, session.compare_controller.laid_out):
            signal.connect(self._field.close_unused)
        session.two_inputs.active_changed.connect(self._field.close_unused)
        self._update()
        self._update_prompt()

    @property
    def _state(self) -> State:
        """The scene of the boxes: the window's, or that of the second picture while it is in use."""
        two_inputs = self._session.two_inputs
        return two_inputs.second if two_inputs.is_second_active else self._session.state

    @property
    def _regions(self) -> RegionController:
        two_inputs = self._session.two_inputs
        return two_inputs.second_regions if two_inputs.is_second_active else self._session.region_controller

    def place(self) -> None:
        """Draw a box without the mouse: at the hovered patch, or in the middle of the view."""
        canvas = self._canvas()
        box = canvas.suggest_box()
        if box is not None:
            self._regions.add(Region(box, subtract=self._session.state.view.subtract))
            canvas.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._on_drawn(len(self._state.selection.regions) - 1)

    def name(self) -> None:
        """Open the field for the current box's name."""
        index = self._regions.current_index
        if index is not None:
            self._open_field(index)

    def remove(self) -> None:
        """Remove the current box."""
        place = self._regions.current_place
        if place is not None:
            self._regions.remove([place])

    def flip(self) -> None:
        """Subtract the current box if it is added, else add it."""
        place = self._regions.current_place
        if place is not None:
            self._regions.set_subtracted(place, not self._regions.listed[place].region.subtract)

    def hide(self) -> None:
        """Hide the current box."""
        place = self._regions.current_place
        if place is not None:
            self._regions.set_visible(place, False)

    def duplicate(self) -> None:
        """Add a copy of the current box, a little to the right and below; to the left and above at the edge."""
        index, canvas_picture = self._regions.current_index, self._state.canvas_picture
        if index is None or canvas_picture is None:
            return
        region = self._state.selection.regions[index]
        shift = (region.box[2] - region.box[0]) * COPY_SHIFT, (region.box[3] - region.box[1]) * COPY_SHIFT
        bounds = canvas_picture.bounds
        copies = (move_region(region, (sign * shift[0], sign * shift[1]), bounds) for sign in (1, -1))
        self._regions.add(next((copy for copy in copies if copy.box != region.box), region), "duplicate box")

    def copy(self) -> None:
        """Copy the current box's coordinates, as the command line reads them."""
        index = self._regions.current_index
        if index is not None:
            box = self._state.selection.regions[index].box
            QGuiApplication.clipboard().setText(",".join(f"{edge:.6g}" for edge in box))

    def _step(self, by: int) -> None:
        self._regions.step(by)
        self._canvas().view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _canvas(self) -> Canvas:
        """Return the canvas with the keyboard focus, else the one that stands for those in sight."""
        focused = QApplication.focusWidget()
        parent = None if focused is None else focused.parentWidget()
        return parent if isinstance(parent, Canvas) and parent.isVisible() else self._stage.canvas

    def _on_drawn(self, index: int) -> None:
        """Ask for the name of a new box; a subtracted one is no label."""
        regions = self._state.selection.regions
        if self._session.known_labels.prompts and index < len(regions) and not regions[index].subtract:
            self._open_field(index)

    def _open_field(self, index: int) -> None:
        region = self._state.selection.regions[index]
        self._field.close_unused()
        self._named = region
        self._field.open(self._canvas(), index, region.name, self._session.known_labels.names())

    def _on_named(self, name: str) -> None:
        """Name the region that the field was opened for, if it still exists."""
        listed = [one.region for one in self._regions.listed]
        if self._named in listed:
            self._regions.name(listed.index(self._named), name)

    def _make_menu(self, names: tuple[str, ...], window: QWidget) -> QMenu:
        menu = QMenu(window)
        keep_keys(menu)
        menu.setToolTipsVisible(True)
        for name in names:
            if name == SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(self._actions[name])
        return menu

    def _show_menu(self, index: int | None, place: QPoint) -> None:
        """Show the menu of a region, which becomes the current one, or of the picture."""
        if index is not None:
            two_inputs, first = self._session.two_inputs, self._session.selection_controller
            (two_inputs.second_selection if two_inputs.is_second_active else first).choose_region(index)
        self._menus[index is not None].popup(place)

    def _update(self) -> None:
        state, index = self._state, self._regions.current_index
        for name in NEED_BOX:
            self._actions[name].setEnabled(index is not None)
        subtracted = index is not None and state.selection.regions[index].subtract
        self._actions["flip_box"].setText("Add box" if subtracted else "Subtract box")
        self._actions["show_boxes"].setEnabled(bool(state.selection.hidden))
        for name in ("next_box", "previous_box"):
            self._actions[name].setEnabled(bool(state.selection.regions))

    def _update_prompt(self) -> None:
        self._actions["prompt_label"].setChecked(self._session.known_labels.prompts)
