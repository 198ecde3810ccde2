"""Controls of the heat: the colour bar, whose ends can be dragged and locked, and the opacity slider."""

from collections.abc import Callable
from typing import Final, Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QSlider, QToolButton, QVBoxLayout, QWidget

from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.maths.word_values import word_values
from exclip_desktop.core.text.caption_chips import make_chips
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.session.parts.heat_modes import DirectionHeat, HeatMode
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.colour_range import GAP_PX, RangeView
from exclip_desktop.ui.canvas.heat_item import picture_limit
from exclip_desktop.ui.theme import ThemedIcons

Side = Literal["picture", "words"]
BUTTON_PX: Final = 16
UNIT: Final = "in the unit of the score"
LOCK_TIP: Final = "Lock the colour range, so that pictures can be compared"
UNLOCK_TIP: Final = "The colour range is locked. Click to use the automatic range again."


def picture_unit(state: Scene) -> str:
    """Return the unit of the heat on the picture, in words."""
    return UNIT if state.heat_mode is None else state.heat_mode.unit


def words_limit(state: State) -> float:
    """Return the end of the words' colour range: the locked one, else the largest magnitude of the visible tokens."""
    explanation, view, locked = state.explanation, state.view, state.view.words_limit
    if explanation is None:
        return range_limit(locked=locked)
    if isinstance(state.heat_mode, DirectionHeat):
        return range_limit(state.heat_mode.direction.token_heat)
    matrix, words = explanation.interactions, [chip.rows for chip in make_chips(explanation.caption, specials=True)]
    heat = word_values(matrix, explanation.geometry, state.selection, state.preview, words, view.words_by)
    return range_limit(heat if view.specials else heat[matrix.content], locked=locked)


class ColourBar(QWidget):
    """Shows the colour range of one side; upright for the picture, lying for the words.

    The range is symmetric: dragging one end moves the other. A double click, or Home, gives the automatic range back.

    Signals:
        limit_locked(limit): the lock was clicked or an end dragged: the limit to keep, or None for the automatic one.
        levels_changed(): the range changed.

    """

    limit_locked = Signal(object)
    levels_changed = Signal()

    def __init__(
        self,
        state: State,
        side: Side,
        parent: QWidget | None = None,
        *,
        limit_of: Callable[[], float | None] | None = None,
        unit_of: Callable[[], str] | None = None,
    ) -> None:
        """Show ``side``'s range.

        ``limit_of`` returns its end where the state alone does not decide it; None where several views have their
        own. ``unit_of`` names the unit, for the tooltip.
        """
        super().__init__(parent)
        self._state, self._side = state, side
        limits = {"picture": picture_limit, "words": words_limit}
        self._unit_of = unit_of or (lambda: picture_unit(state) if self._mode is not None else UNIT)
        self._limit_of = limit_of or (lambda: limits[side](state))
        self._range = RangeView(upright=side == "picture", parent=self)
        self._lock = QToolButton(self)
        self._icons = ThemedIcons(self)
        self._unit_label = QLabel(self)
        self._build()
        self._range.limit_chosen.connect(self.limit_locked)
        changes = (state.answer_changed, state.selection_changed, state.preview_changed, state.view_changed)
        for signal in (*changes, state.canvas_picture_changed, state.heat_mode_changed):
            signal.connect(self.refresh)
        self.refresh()

    @property
    def _mode(self) -> HeatMode | None:
        """The mode whose values this side shows; only directions have values for words."""
        mode = self._state.heat_mode
        return mode if self._side == "picture" or isinstance(mode, DirectionHeat) else None

    @property
    def limit(self) -> float | None:
        """End of the current range; None where several views have their own."""
        return self._range.limit

    @property
    def levels(self) -> tuple[float, float] | None:
        """Lowest and highest value of the current range; None where several views have their own."""
        return None if self.limit is None else (-self.limit, self.limit)

    def _build(self) -> None:
        self._range.setAccessibleName(f"Colour range of the {self._side}")
        self._icons.add(self._lock, "lock")
        self._lock.setIconSize(QSize(BUTTON_PX, BUTTON_PX))
        self._lock.setAutoRaise(True)
        self._lock.setCheckable(True)
        self._lock.setAccessibleName(f"Lock the colour range of the {self._side}")
        self._lock.clicked.connect(self._on_lock_clicked)
        upright = self._side == "picture"
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP_PX)
        self._grid.addWidget(self._range, 0, 1)
        self._unit_label.hide()
        if upright:
            self._grid.addWidget(self._unit_label, 2, 0, 1, 2)
            self._grid.addWidget(self._lock, 1, 1, Qt.AlignmentFlag.AlignLeft)
            self._grid.setRowStretch(0, 1)
        else:
            self._grid.addWidget(self._lock, 0, 2, Qt.AlignmentFlag.AlignVCenter)
            self._grid.setColumnStretch(1, 1)

    def add_left(self, widget: QWidget) -> None:
        """Put a widget left of the bar, as high as the bar."""
        self._grid.addWidget(widget, 0, 0)

    def refresh(self) -> None:
        """Show the current range."""
        view, before = self._state.view, self.limit
        locked = view.picture_limit if self._side == "picture" else view.words_limit
        if self._mode is not None:  # a locked range is in the unit of the score
            locked = None
        self._lock.setChecked(locked is not None)
        self._lock.setToolTip(LOCK_TIP if locked is None else UNLOCK_TIP)
        limit = self._limit_of()
        can_change = limit is not None and (locked is not None or self._state.explanation is not None)
        can_change = can_change and self._mode is None
        self._lock.setEnabled(can_change)
        self._range.show_range(limit, view.colours, self._unit_of(), can_change)
        self._unit_label.setText("" if self._mode is None else self._mode.short_unit.capitalize())
        self._unit_label.setToolTip(self._unit_of())
        self._unit_label.setVisible(self._side == "picture" and self._mode is not None)
        if limit != before:
            self.levels_changed.emit()

    def _on_lock_clicked(self, checked: bool) -> None:
        with self._state.preview_hidden():  # the range of what is selected
            self.limit_locked.emit(self.limit if checked else None)
        # The state decides; if it did not change, the button goes back.
        self.refresh()


class OpacitySlider(QWidget):
    """Shows the heat's opacity as a slider with its value.

    Signals:
        opacity_moved(opacity): the slider was moved: 0 to 1.

    """

    opacity_moved = Signal(float)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._label = QLabel()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, 100)
        self._slider.setSingleStep(5)
        self._slider.setPageStep(20)
        self._slider.setAccessibleName("Opacity of the heat, in percent")
        self._slider.setToolTip("Opacity of the heat: how much it covers the picture (O, Shift+O)")
        self._slider.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        column.addWidget(self._label)
        column.addWidget(self._slider)
        self._slider.valueChanged.connect(self._on_slider_moved)
        state.view_changed.connect(self._on_view_changed)
        self._on_view_changed()

    def _on_view_changed(self) -> None:
        view = self._state.view
        percent = round(100 * view.opacity)
        self._slider.blockSignals(True)  # only the person changes the state
        self._slider.setValue(percent)
        self._slider.blockSignals(False)
        self._label.setText(f"Heat {percent} %")
        self.setEnabled(view.heat)

    def _on_slider_moved(self, percent: int) -> None:
        self.opacity_moved.emit(percent / 100)
