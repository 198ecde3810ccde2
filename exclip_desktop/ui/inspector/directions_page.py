"""The list of a matrix's directions: share, words on either side; choosing one shows its paired heat."""

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.maths.matrix_directions import Direction, MatrixDirections
from exclip_desktop.core.text.number_format import format_percent
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.session.parts.directions_controller import DirectionsController
from exclip_desktop.session.state import State
from exclip_desktop.ui.widgets.labels import wrap_tooltip

MARGIN: Final = 9
WORDS: Final = 3
LEAST_SHARE: Final = 0.1  # of the largest magnitude, below which a word is not named
HEADINGS: Final = ("of ‖A‖²", "Words +", "Words −")
HEADING_TIPS: Final = (
    "Share of the squared values of the whole matrix",
    "Words with positive values, the largest first",
    "Words with negative values, the largest first",
)
NOT_EXPLAINED: Final = "Nothing is explained yet."
ABOUT: Final = (
    "The block of words × patches takes {share} of ‖A‖². Choose a direction: a word's value times a patch's value is "
    "what it adds for the two. The keys , and . step through them."
)


def describe_sides(direction: Direction, caption: Caption) -> tuple[str, str]:
    """Return the words with the largest positive and negative values."""
    heat = direction.word_heat(caption)
    least = LEAST_SHARE * float(np.abs(heat).max()) if len(heat) else 0.0
    sides = []
    for sign in (1.0, -1.0):
        order = [int(place) for place in np.argsort(-sign * heat, kind="stable") if sign * heat[place] > least]
        sides.append(", ".join(caption.words[place].text for place in order[:WORDS]))
    return sides[0], sides[1]


class DirectionsPage(QWidget):
    """Shows the directions while it is visible."""

    def __init__(self, controller: DirectionsController, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._state = controller, state
        self._about, self._table, self._leave = QLabel(), QTableWidget(0, len(HEADINGS)), QPushButton("Show the heat")
        self._listed: MatrixDirections | None = None
        self._build()
        controller.changed.connect(self._show)
        state.stale_changed.connect(lambda: self._table.setDisabled(state.stale))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Find the directions."""
        super().showEvent(event)
        self._show()

    def _build(self) -> None:
        self._about.setWordWrap(True)
        table = self._table
        for column, (heading, tip) in enumerate(zip(HEADINGS, HEADING_TIPS, strict=True)):
            item = QTableWidgetItem(heading)
            item.setToolTip(tip)
            table.setHorizontalHeaderItem(column, item)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setAccessibleName("Directions of the matrix")
        table.itemSelectionChanged.connect(self._on_selected)
        self._leave.clicked.connect(self._controller.close)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        rows.addWidget(self._about)
        rows.addWidget(table, 1)
        rows.addWidget(self._leave)

    def _show(self) -> None:
        if not self.isVisible():
            return
        components, explanation, place = self._controller.find(), self._state.explanation, self._controller.place
        self._table.blockSignals(True)  # only a person chooses
        if components is None or explanation is None:
            self._about.setText(NOT_EXPLAINED)
            self._table.setRowCount(0)
        elif components is not self._listed:
            self._about.setText(ABOUT.format(share=format_percent(components.block_share)))
            self._fill(components, explanation.caption)
        self._listed = components
        if place is None:
            self._table.clearSelection()
            self._table.setCurrentCell(-1, -1)
        else:
            self._table.selectRow(place)
        self._table.blockSignals(False)
        self._leave.setEnabled(place is not None)

    def _fill(self, components: MatrixDirections, caption: Caption) -> None:
        self._table.setRowCount(len(components.directions))
        for row, direction in enumerate(components.directions):
            share = format_percent(direction.share * components.block_share, 1)
            texts = share, *describe_sides(direction, caption)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(wrap_tooltip(f"Direction {row + 1}: {share} of ‖A‖². + {texts[1]}; − {texts[2]}"))
                if column == 0:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._table.setItem(row, column, item)

    def _on_selected(self) -> None:
        rows = {index.row() for index in self._table.selectedIndexes()}
        if len(rows) == 1:
            self._controller.choose(rows.pop())
