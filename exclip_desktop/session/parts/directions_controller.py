"""Directions of the matrix on screen: found when they are viewed, and shown as paired heat."""

from typing import Final

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.maths.matrix_directions import MatrixDirections, find_directions
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.parts.heat_modes import DirectionHeat
from exclip_desktop.session.state import State

NOT_EXPLAINED: Final = "Directions need an explained picture."
PANES_OPEN: Final = "Directions are those of exCLIP's own matrix: close the compare view first (C)."


class DirectionsController(QObject):
    """Shows a direction in place of the heat; the same place of another pair's directions follows it.

    Signals:
        changed(): another direction is shown, or none.
        refused(reason): no direction can be shown, a sentence.

    """

    changed = Signal()
    refused = Signal(str)

    def __init__(self, state: State, compare_controller: CompareController, parent: QObject | None = None) -> None:
        """Follow ``state``; the compare view ends the mode."""
        super().__init__(parent)
        self._state, self._compare_controller = state, compare_controller
        self._found: tuple[Explanation, MatrixDirections] | None = None
        compare_controller.opened.connect(self.close)
        state.answer_changed.connect(self._follow)
        state.heat_mode_changed.connect(self.changed)

    @property
    def place(self) -> int | None:
        """Place of the direction that is shown, counted from 0; None: none is."""
        mode = self._state.heat_mode
        return mode.place if isinstance(mode, DirectionHeat) else None

    def find(self) -> MatrixDirections | None:
        """Return the directions of the matrix on screen; None without one."""
        explanation = self._state.explanation
        if explanation is None:
            self._found = None
            return None
        if self._found is None or self._found[0] is not explanation:
            self._found = explanation, find_directions(explanation.interactions)
        return self._found[1]

    def choose(self, place: int) -> None:
        """Show a direction instead of the heat; where there are fewer, the last one."""
        found, explanation = self.find(), self._state.explanation
        if self._compare_controller.is_open or found is None or explanation is None or not found.directions:
            self.refused.emit(PANES_OPEN if self._compare_controller.is_open else NOT_EXPLAINED)
            self.changed.emit()
            return
        place = min(max(place, 0), len(found.directions) - 1)
        self._state.change(heat_mode=DirectionHeat(place, found.directions[place], found.block_share, explanation))

    def step(self, by: int) -> None:
        """Show the next or previous direction, and from the last one the first."""
        found, place = self.find(), self.place
        count = len(found.directions) if found is not None else 0
        self.choose((place + by) % count if place is not None and count else 0 if by > 0 else max(count - 1, 0))

    def close(self) -> None:
        """Show the heat again."""
        if self.place is not None:
            self._state.change(heat_mode=None)

    def _follow(self) -> None:
        """Show the same place of the new matrix's directions; nothing of the previous one stays."""
        place, found = self.place, None
        if place is not None:
            found = self.find()
            if found is None or not found.directions:
                self.close()
            else:
                self.choose(place)
        if place is None:
            self.changed.emit()
