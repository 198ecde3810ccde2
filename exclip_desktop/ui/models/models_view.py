"""The list of models on screen: one row is selected; typing goes elsewhere."""

from typing import Final

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.models.models_table import HEADINGS, Column, ModelsOrder, ModelsTable

PAD_PX: Final = 24
MOST_PX: Final = 236
LEAST_PX: Final = 60
STRETCHED: Final = (Column.TAG, Column.FAMILY)


class ModelsView(QTableView):
    """Shows models; Enter is left to the dialog.

    Signals:
        typed(str): letters were typed, which are meant for the search.
        model_selected(): another row is selected, or none.
    """

    typed = Signal(str)
    model_selected = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Models")
        self._table = ModelsTable(self)
        self._order = ModelsOrder(self._table, self)
        self.setModel(self._order)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(LEAST_PX)
        for column in STRETCHED:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # the library's own order, until a heading is clicked
        self.setSortingEnabled(True)
        self.selectionModel().selectionChanged.connect(self.model_selected)

    def show_models(self, models: tuple[ListedModel, ...], default: ModelChoice, current: ModelChoice) -> None:
        """Show others; the selected one stays selected, at first the one in use is."""
        before = self.selected()
        first = not self._table.models
        self._table.show(models, default, current)
        if first:
            self._fit_columns()
        self.select(before.choice if before else current)

    def search(self, text: str) -> None:
        """Show the models that ``text`` finds; the first is selected where the selected one is not among them."""
        self._order.search(text)
        if self.selected() is None:
            self.selectRow(0)
        self._scroll()

    def selected(self) -> ListedModel | None:
        """Return the selected model."""
        rows = self.selectionModel().selectedRows()
        return self._table.models[self._order.mapToSource(rows[0]).row()] if rows else None

    def select(self, choice: ModelChoice) -> None:
        """Select a model; where it is not shown, the first row."""
        rows = (row for row, model in enumerate(self._table.models) if model.choice == choice)
        row = next(rows, 0)
        index = self._order.mapFromSource(self._table.index(row, 0))
        self.selectRow(index.row() if index.isValid() else 0)
        self._scroll()
        self.model_selected.emit()  # the row may be the same, and hold another model

    def step(self, rows: int) -> None:
        """Select a row further down, or up."""
        count = self._order.rowCount()
        if count:
            self.selectRow(min(max(self.currentIndex().row() + rows, 0), count - 1))

    def keyboardSearch(self, search: str) -> None:  # noqa: N802  Qt's name
        """Hand typed letters on; Qt would look for a row that begins with them."""
        self.typed.emit(search)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Leave Enter to the dialog's default button."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _scroll(self) -> None:
        rows = self.selectionModel().selectedRows()
        if rows:
            self.selectionModel().setCurrentIndex(rows[0], QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(rows[0])

    def _fit_columns(self) -> None:
        """Make each column as wide as its longest text; Qt's own way would ask for every cell's size."""
        bold = self.font()
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        for column in Column:
            told = {HEADINGS[column], *(self._table.told(model, column) for model in self._table.models)}
            widest = max(metrics.horizontalAdvance(text) for text in told) + PAD_PX
            self.setColumnWidth(column, min(widest, MOST_PX))
