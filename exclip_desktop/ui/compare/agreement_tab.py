"""The inspector's Methods tab: agreement of the panes' heats under the selection on screen."""

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QShowEvent
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

from exclip_desktop.core.maths.agreement import compute_agreement
from exclip_desktop.core.values.selection import patch_heat
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.compare.pane import Pane
from exclip_desktop.ui.compare.agreement_model import FIRST, HEADINGS, IN_BOX, NAME, AgreementModel, Index
from exclip_desktop.ui.widgets.labels import wrap_tooltip

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
        self._explanation_label.setWordWrap(True)
        self._explanation_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
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
