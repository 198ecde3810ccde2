"""The inspector's Methods tab: agreement of the panes' heats under the selection on screen, and its table model."""

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.maths.agreement import Agreement, compute_agreement
from exclip_desktop.core.maths.colour import choose_ink, to_rgb
from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.values.selection import patch_heat
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane
from exclip_desktop.ui.widgets.labels import wrap_tooltip

Role = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
NAME, IN_BOX, FIRST = 0, 1, 2
"""Columns: the pane's name, its share in the box, and the first of the numbers that stand for the other panes."""
HEADINGS: Final = ("Pane", "In box")
TEXT_ROLES: Final = (Role.DisplayRole, Role.ToolTipRole, Role.AccessibleDescriptionRole)
ROOT: Final = QModelIndex()


class AgreementModel(QAbstractTableModel):
    """One row per pane; rank correlations of pairs above the diagonal, overlaps below."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._agreement: Agreement | None = None

    def show(self, names: tuple[str, ...], agreement: Agreement | None) -> None:
        """Show the agreement of the panes with these ``names``."""
        if names != self._names:
            self.beginResetModel()
            self._names, self._agreement = names, agreement
            self.endResetModel()
            return
        self._agreement = agreement
        if names:
            self.dataChanged.emit(self.index(0, IN_BOX), self.index(len(names) - 1, len(names) + 1))

    def rowCount(self, parent: Index = ROOT) -> int:  # noqa: N802  Qt's name
        """Return the number of panes."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        """Return the number of columns: name, share in the box, and one for each pane."""
        return 0 if parent.isValid() else FIRST + len(self._names)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        """Return the panes' numbers, in rows and columns."""
        if role == Role.DisplayRole:
            across = orientation == Qt.Orientation.Horizontal
            return HEADINGS[section] if across and section < FIRST else str(section + 1 - FIRST * across)
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return a name or a number, or its meaning as a tooltip."""
        row, column = index.row(), index.column()
        if column == NAME:
            return self._names[row] if role in (Role.DisplayRole, Role.ToolTipRole) else None
        value = self.value(row, column) if role in TEXT_ROLES else None
        if value is None:
            return None
        if role == Role.DisplayRole:
            return format_percent(value) if column == IN_BOX else format_coefficient(value)
        return self._meaning(row, column, value)

    def cell(self, row: int, column: int) -> tuple[str, QColor, QColor] | None:
        """Return a number's text, background and ink; None if there is none."""
        value = self.value(row, column)
        if value is None:
            return None
        return format_percent(value) if column == IN_BOX else format_coefficient(value), *_colours(round(value, 2))

    def value(self, row: int, column: int) -> float | None:
        """Return the number of a cell; None if there is none."""
        agreement, other = self._agreement, column - FIRST
        if agreement is None or row == other:
            return None
        if column == IN_BOX:
            value = math.nan if agreement.inside is None else float(agreement.inside[row])
        else:
            value = float((agreement.ranks if other > row else agreement.overlaps)[row, other])
        return None if math.isnan(value) else value

    def _meaning(self, row: int, column: int, value: float) -> str:
        name = self._names[row]
        if column == IN_BOX:
            return f"{name}: {format_percent(value)} of its positive heat is in the box"
        other = column - FIRST
        pair = f"{name} and {self._names[other]}"
        if other > row:
            return f"{pair}: rank correlation of their patches {format_signed(value)}"
        assert self._agreement is not None
        return f"{pair}: {format_percent(value)} of their {self._agreement.top} strongest patches in common"


def format_coefficient(value: float) -> str:
    """Return a number from −1 to 1 in few letters: ``.83``, ``−.07``, ``1``."""
    text = f"{abs(value):.2f}"
    short = {"1.00": "1", "0.00": "0"}.get(text, text[1:])
    return f"−{short}" if value < 0 and short != "0" else short


@lru_cache(maxsize=256)
def _colours(value: float) -> tuple[QColor, QColor]:
    """Return a number's background, from −1 to 1, and the ink that is readable on it."""
    ground = to_rgb(np.array([value]), 1.0)[0]
    return QColor.fromRgbF(*ground.tolist()), QColor(choose_ink(ground))


MARGIN: Final = 9
CELL_PX: Final = 4  # free space in a cell
FONT_SHARE: Final = 0.85  # of the window's font: nine methods fit into the usual width
EXPLANATION: Final = (
    "Above the diagonal: rank correlation of the patches. Below: share of the {} strongest patches in common. In box: "
    "share of positive heat. A double click enlarges the row's pane."
)
EXPLANATION_TIP: Final = (
    "Spearman's ρ compares the order of all patches by two methods, whatever their units. The number of strongest "
    "patches is that of the patches in the drawn regions, or a tenth of all."
)


class _Cells(QStyledItemDelegate):
    """Draws a number on its colour with little space around it, and queries the model once per cell."""

    def __init__(self, model: AgreementModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Fill the cell, and write the number."""
        area: QRect = option.rect
        cell = self._model.cell(index.row(), index.column())
        if cell is not None:
            text, ground, ink = cell
            painter.fillRect(area, ground)
            painter.setPen(ink)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(option.palette.text().color(), 2))
            painter.drawRect(area.adjusted(1, 1, -1, -1))


class AgreementTab(QWidget):
    """Follows the panes while it is visible.

    Signals:
        pane_chosen(Pane): a row was double-clicked, or entered.
    """

    pane_chosen = Signal(object)

    def __init__(self, compare_controller: CompareController) -> None:
        """Compare the panes of ``compare_controller``."""
        super().__init__()
        self._compare_controller = compare_controller
        self._answered_panes: tuple[Pane, ...] = ()
        self._explanation_label, self._model = QLabel(), AgreementModel(self)
        self._list, self._pairs = QTableView(), QTableView()
        self._lay_out()
        compare_controller.followed.connect(self._follow)
        compare_controller.laid_out.connect(self._follow)
        self._model.modelReset.connect(self._split)
        for table in (self._list, self._pairs):
            table.doubleClicked.connect(self._on_chosen)
            table.activated.connect(self._on_chosen)
            table.verticalHeader().sectionDoubleClicked.connect(self._choose)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Update the tables, which are not updated while hidden."""
        super().showEvent(event)
        self._follow()

    def _lay_out(self) -> None:
        self._list.setAccessibleName("Panes, and their shares of heat in the box")
        self._pairs.setAccessibleName("Agreement of each pair of panes")
        for table in (self._list, self._pairs):
            self._dress(table)
        across = self._pairs.horizontalHeader()
        across.setMinimumSectionSize(self._pairs.fontMetrics().horizontalAdvance("−.00") + CELL_PX)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._pairs.setItemDelegate(_Cells(self._model, self))
        self._list.setItemDelegateForColumn(IN_BOX, self._pairs.itemDelegate())
        self._explanation_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._explanation_label.setWordWrap(True)  # after the policy, which it changes
        self._explanation_label.setToolTip(wrap_tooltip(EXPLANATION_TIP))
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(self._list, 1)
        column.addWidget(self._pairs, 1)
        column.addWidget(self._explanation_label)
        column.addStretch()

    def _dress(self, table: QTableView) -> None:
        font = table.font()
        font.setPointSizeF(font.pointSizeF() * FONT_SHARE)
        for part in (table, table.horizontalHeader(), table.verticalHeader()):
            part.setFont(font)
        table.setModel(self._model)
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setShowGrid(False)
        table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        down = table.verticalHeader()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(table.fontMetrics().height() + 2 * CELL_PX)
        down.setFixedWidth(table.fontMetrics().horizontalAdvance("00") + 2 * CELL_PX)

    def _split(self) -> None:
        """Show names and shares in the upper table, and the pairs of panes in the lower one."""
        for column in range(self._model.columnCount()):
            self._list.setColumnHidden(column, column >= FIRST)
            self._pairs.setColumnHidden(column, column < FIRST)
        if self._model.columnCount():
            across = self._list.horizontalHeader()
            across.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
            across.setSectionResizeMode(IN_BOX, QHeaderView.ResizeMode.Fixed)
            across.resizeSection(IN_BOX, across.fontMetrics().horizontalAdvance(HEADINGS[IN_BOX]) + 4 * CELL_PX)
        for table in (self._list, self._pairs):
            lines = self._model.rowCount() * table.verticalHeader().defaultSectionSize()
            table.setMaximumHeight(table.horizontalHeader().sizeHint().height() + lines + CELL_PX)

    def _follow(self) -> None:
        """Compare the panes that have an answer."""
        if not self.isVisible():
            return
        self._answered_panes = tuple(pane for pane in self._compare_controller.panes if pane.scene.answer is not None)
        if not self._answered_panes:
            self._model.show((), None)
            return
        heats = []
        for pane in self._answered_panes:
            answer = pane.scene.answer
            assert answer is not None
            heats.append((patch_heat(answer.interactions, pane.scene.selection, pane.scene.preview), answer.geometry))
        figures = compute_agreement(heats, self._answered_panes[0].scene.selection.regions)
        self._model.show(self._names(), figures)
        self._explanation_label.setText(EXPLANATION.format(figures.top))

    def _names(self) -> tuple[str, ...]:
        two = any(pane.key.of_second_model for pane in self._answered_panes)
        return tuple(
            f"{pane.facts.name} · {self._compare_controller.model_of(pane)}" if two else pane.facts.name
            for pane in self._answered_panes
        )

    def _on_chosen(self, index: QModelIndex) -> None:
        self._choose(index.row())

    def _choose(self, row: int) -> None:
        self.pane_chosen.emit(self._answered_panes[row])
