"""The inspector's tab with the matrix of words × patches, linked with picture and words."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QRadioButton, QSizePolicy, QVBoxLayout, QWidget

from exclip_desktop.core.maths.colour import range_limit
from exclip_desktop.core.maths.interactions import Floats
from exclip_desktop.core.maths.word_patch_pairs import RowGroup, group_rows, sum_row_groups
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import coverage
from exclip_desktop.session.state import State
from exclip_desktop.ui.inspector.matrix_plot import MatrixMarks
from exclip_desktop.ui.inspector.matrix_view import MatrixView
from exclip_desktop.ui.inspector.word_patch_list import describe_patch


class MatrixTab(QWidget):
    """The inspector's second tab.

    Signals:
        pair_chosen(rows, patch): a cell was clicked.
        rows_hovered(rows), patch_hovered(patch): what the mouse is over; () and None: nothing on that side.
        rows_committed(before, after): a row label was clicked; the selected rows before and after it.

    """

    READS: Final = frozenset({"answer", "selection", "preview", "view"})
    pair_chosen = Signal(object, object)
    rows_hovered = Signal(object)
    patch_hovered = Signal(object)
    rows_committed = Signal(object, object)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._groups: tuple[RowGroup, ...] = ()
        self._values: Floats = np.zeros((0, 0))
        self._drawn_with: tuple[bool, str] | None = None
        self._shares = np.zeros(0)
        self._covered: Floats | None = None
        self._view, self._value = MatrixView(), QLabel()
        self._words, self._tokens = QRadioButton(), QRadioButton()
        self._lay_out()
        self._view.hovered.connect(self._on_hovered)
        self._view.cell_chosen.connect(self._on_cell_chosen)
        self._view.label_clicked.connect(self._on_label_clicked)
        self._words.toggled.connect(self._on_rows_toggled)

    def refresh(self, names: frozenset[str]) -> None:
        """Show the state again; ``names`` are the values that have changed. There is an explanation."""
        explanation = self._state.explanation
        assert explanation is not None
        drawn_with = (self._state.view.specials, self._state.view.colours)
        redraw = "answer" in names or drawn_with != self._drawn_with
        if redraw:
            self._drawn_with = drawn_with
            self._show_matrix(explanation)
        if redraw or "selection" in names:
            self._show_selected(explanation)
        self._show_marks(explanation)

    def _show_matrix(self, explanation: Explanation) -> None:
        view = self._state.view
        by_word = self._words.isChecked()
        self._groups = group_rows(explanation.caption, by_word=by_word, specials=view.specials)
        self._values = sum_row_groups(explanation.interactions, self._groups)
        names = tuple(group.name for group in self._groups)
        self._view.set_matrix(names, self._values, explanation.geometry.grid[1], view.colours)
        self._value.setText(self._value_text(None, None))

    def _show_selected(self, explanation: Explanation) -> None:
        selection = self._state.selection
        chosen = frozenset(selection.rows)
        self._shares = np.array([len(chosen.intersection(group.rows)) / len(group.rows) for group in self._groups])
        share = coverage(explanation.geometry, selection.regions)
        self._covered = None if share is None else share.reshape(-1)
        self._follow(_first(self._shares), _first(self._covered))

    def _show_marks(self, explanation: Explanation) -> None:
        preview = self._state.preview
        chosen = frozenset(preview.rows)
        rows = tuple(at for at, group in enumerate(self._groups) if chosen.intersection(group.rows))
        column = None
        if preview.patch is not None:
            column = preview.patch[0] * explanation.geometry.grid[1] + preview.patch[1]
        self._view.set_marks(MatrixMarks(self._shares, self._covered, rows, column))
        self._follow(rows[0] if rows else None, column)

    def _follow(self, row: int | None, column: int | None) -> None:
        """Scroll to a place that was pointed at elsewhere; nothing moves while the mouse is over the matrix."""
        if not self._view.underMouse():
            self._view.show_place(row, column)

    def _value_text(self, row: int | None, column: int | None) -> str:
        """Return the place under the mouse and its value in words."""
        if row is not None and column is not None:
            where, value = (
                f"{self._groups[row].name} × {describe_patch(self._patch(column))}",
                self._values[row, column],
            )
        elif row is not None:
            where, value = f"{self._groups[row].name} × all patches", self._values[row].sum()
        elif column is not None:
            where, value = f"All rows × {describe_patch(self._patch(column))}", self._values[:, column].sum()
        else:
            limit = format_signed(range_limit(self._values))[1:]
            return f"Colour range: ±{limit}"
        return f"{where}: {format_signed(float(value))}"

    def _patch(self, column: int) -> tuple[int, int]:
        explanation = self._state.explanation
        assert explanation is not None
        return divmod(column, explanation.geometry.grid[1])

    def _lay_out(self) -> None:
        group = QButtonGroup(self)
        buttons = QHBoxLayout()
        buttons.addWidget(QLabel("Rows"))
        for button, text, tip in (
            (self._words, "Words", "One row for each word, summed over its tokens."),
            (self._tokens, "Tokens", "One row for each token."),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(f"Rows are {text.lower()}")
            group.addButton(button)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._words.setChecked(True)
        self._value.setObjectName("value")
        self._value.setTextFormat(Qt.TextFormat.PlainText)
        self._value.setWordWrap(True)
        self._value.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        # Its text changes with every move of the mouse and must not move the matrix.
        self._value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._value.setFixedHeight(2 * self._value.fontMetrics().lineSpacing())
        column = QVBoxLayout(self)
        column.addLayout(buttons)
        column.addWidget(self._view, 1)
        column.addWidget(self._value)

    def _on_hovered(self, row: int | None, column: int | None) -> None:
        self._value.setText(self._value_text(row, column))
        self.rows_hovered.emit(() if row is None else self._groups[row].rows)
        self.patch_hovered.emit(None if column is None else self._patch(column))

    def _on_cell_chosen(self, row: int, column: int) -> None:
        self.pair_chosen.emit(self._groups[row].rows, self._patch(column))

    def _on_label_clicked(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        """Select the row; Ctrl adds or removes it, Shift extends from the first selected row."""
        before, clicked = self._state.selection.rows, self._groups[row].rows
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            others = set(before).difference(clicked)
            after = others if len(others) + len(clicked) == len(before) else others.union(clicked)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and self._shares.any():
            start = _first(self._shares) or 0
            low, high = sorted((start, row))
            after = {each for group in self._groups[low : high + 1] for each in group.rows}
        else:
            after = set(clicked)
        self.rows_committed.emit(before, tuple(sorted(after)))

    def _on_rows_toggled(self) -> None:
        if self._state.explanation is not None:
            self.refresh(frozenset({"answer"}))


def _first(shares: Floats | None) -> int | None:
    """Return the place of the first share above zero."""
    places = np.flatnonzero(shares) if shares is not None else np.zeros(0)
    return int(places[0]) if len(places) else None
