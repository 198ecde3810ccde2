"""The table of models: those on this computer first, then every tag; searchable and sortable."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QKeyEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from exclip_desktop.core.text.number_format import format_bytes
from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.widgets.labels import wrap_tooltip

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
UNKNOWN: Final = "—"
ABOUT: Final = "≈ "
GONE: Final = "Gone"
GAP: Final = "\u2002"
"""Between a number and the text of the next column; Qt's tables have no padding but by style sheets."""
PLACES: Final = {"bundled": "Bundled", "added": "Added", "installed": "Unpacked", "cache": "Downloaded", "": "Not here"}


class ModelColumn(IntEnum):
    """The columns of the table."""

    NAME = 0
    TAG = 1
    SIZE = 2
    FAMILY = 3
    GRID = 4
    CONTEXT = 5
    PLACE = 6


HEADINGS: Final = ("Name", "Weights", "Size", "Family", "Patches", "Tokens", "Where")
HINTS: Final = (
    "Architecture, folder or file",
    "open_clip's tag of the training data",
    "Size of the file of weights",
    "Kind of its image encoder",
    "Rows × columns of patches of a picture",
    "Maximum number of tokens of a caption",
    "Whether it is on this computer",
)
NUMBERS: Final = (ModelColumn.SIZE, ModelColumn.GRID, ModelColumn.CONTEXT)
NOT_KNOWN: Final = {
    ModelColumn.SIZE: "Download… shows the exact size",
    ModelColumn.GRID: "Known once the model is opened",
    ModelColumn.CONTEXT: "Known once the model is opened",
}


class ModelsTableModel(QAbstractTableModel):
    """The listed models, in the library's order.

    Attributes:
        models: the listed models.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.models: tuple[ListedModel, ...] = ()
        self._default = self._current = ModelChoice()

    def show(self, models: tuple[ListedModel, ...], default: ModelChoice, current: ModelChoice) -> None:
        """Show other models; ``default`` is the one that the window opens with, ``current`` the one in use."""
        self.beginResetModel()
        self.models, self._default, self._current = models, default, current
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of models."""
        return 0 if parent is not None and parent.isValid() else len(self.models)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(ModelColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return a column's heading or tooltip."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Role.TextAlignmentRole:
            return RIGHT if section in NUMBERS else LEFT
        if role == Role.DisplayRole:
            return HEADINGS[section] + (GAP if section in NUMBERS else "")
        return HINTS[section] if role == Role.ToolTipRole else None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a cell; unusable models are greyed."""
        model, column = self.models[index.row()], ModelColumn(index.column())
        if role == Role.DisplayRole:
            return self.cell_text(model, column) + (GAP if column in NUMBERS else "")
        if role == Role.AccessibleTextRole:
            return self.cell_text(model, column)
        if role == Role.TextAlignmentRole:
            return RIGHT if column in NUMBERS else LEFT
        if role == Role.ToolTipRole:
            return wrap_tooltip(self._hint(model, column))
        if role == Role.ForegroundRole and model.reason:
            return QGuiApplication.palette().brush(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        if role == Role.FontRole and model.choice == self._current:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def cell_text(self, model: ListedModel, column: ModelColumn) -> str:
        """Return the text of a cell."""
        if column == ModelColumn.SIZE:
            about = "" if model.place else ABOUT
            return about + format_bytes(model.bytes) if model.bytes else UNKNOWN
        if column == ModelColumn.GRID:
            return f"{model.grid[0]} × {model.grid[1]}" if model.grid else UNKNOWN
        if column == ModelColumn.CONTEXT:
            return str(model.context) if model.context else UNKNOWN
        if column == ModelColumn.PLACE:
            marks = [name for name, choice in self._marks() if choice == model.choice]
            return ", ".join([GONE if model.gone else PLACES[model.place], *marks])
        return {ModelColumn.NAME: model.name, ModelColumn.TAG: model.tag, ModelColumn.FAMILY: model.family}[column]

    def _marks(self) -> tuple[tuple[str, ModelChoice], ...]:
        return ("default", self._default), ("in use", self._current)

    def _hint(self, model: ListedModel, column: ModelColumn) -> str:
        if model.reason:
            return describe_reason(model)
        cell_text = self.cell_text(model, column)
        if column in NOT_KNOWN and (cell_text == UNKNOWN or cell_text.startswith(ABOUT)):
            return NOT_KNOWN[column]
        return str(model.path) if column == ModelColumn.PLACE and model.path else cell_text


class ModelsSortFilter(QSortFilterProxyModel):
    """Keeps local models first, whichever column is sorted by, and hides models that the search excludes."""

    def __init__(self, table: ModelsTableModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._words: tuple[str, ...] = ()
        self.setSourceModel(table)

    def search(self, text: str) -> None:
        """Show the models that contain every word of ``text``."""
        self._words = tuple(text.casefold().split())
        # Not the filter alone: Qt 6.11 calls the old way to renew it deprecated, and 6.8 lacks the new one.
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802  Qt's name
        """Return whether the search includes a model."""
        model = self._table.models[row]
        where = self._table.cell_text(model, ModelColumn.PLACE)
        cell_text = " ".join((model.name, model.tag, model.family, where, str(model.path or ""))).casefold()
        return all(word in cell_text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802  Qt's name
        """Return whether one model precedes another; unknown values come last in both directions."""
        column = ModelColumn(left.column())
        before, after = (self._table.models[index.row()] for index in (left, right))
        up = self.sortOrder() == Qt.SortOrder.AscendingOrder
        elsewhere = not before.place, not after.place
        unknown = not _KEYS[column](before), not _KEYS[column](after)
        for last in (elsewhere, unknown):
            if last[0] != last[1]:
                return last[1] == up
        smaller: bool = _KEYS[column](before) < _KEYS[column](after)
        return smaller


_KEYS: Final[dict[ModelColumn, Callable[[ListedModel], Any]]] = {
    ModelColumn.NAME: lambda model: model.name.casefold(),
    ModelColumn.TAG: lambda model: model.tag.casefold(),
    ModelColumn.SIZE: lambda model: model.bytes,
    ModelColumn.FAMILY: lambda model: model.family.casefold(),
    ModelColumn.GRID: lambda model: model.grid or (),
    ModelColumn.CONTEXT: lambda model: model.context,
    ModelColumn.PLACE: lambda model: model.place,
}


def describe_reason(model: ListedModel) -> str:
    """Return why a model cannot be used; empty if it can."""
    return f"It cannot be used: {model.reason}." if model.reason else ""


PAD_PX: Final = 24
MOST_PX: Final = 236
LEAST_PX: Final = 60
STRETCHED: Final = (ModelColumn.TAG, ModelColumn.FAMILY)


class ModelsView(QTableView):
    """Shows the table of models; leaves Enter to the dialog.

    Signals:
        typed(str): letters were typed, which belong to the search field.
        model_selected(): another row, or none, is selected.
    """

    typed = Signal(str)
    model_selected = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Models")
        self._table = ModelsTableModel(self)
        self._order = ModelsSortFilter(self._table, self)
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
        """Show other models; the selected one stays selected, at first the one in use."""
        before = self.selected()
        first = not self._table.models
        self._table.show(models, default, current)
        if first:
            self._fit_columns()
        self.select(before.choice if before else current)

    def search(self, text: str) -> None:
        """Show the models that ``text`` finds; select the first if the selected one is hidden."""
        self._order.search(text)
        if self.selected() is None:
            self.selectRow(0)
        self._scroll()

    def selected(self) -> ListedModel | None:
        """Return the selected model."""
        rows = self.selectionModel().selectedRows()
        return self._table.models[self._order.mapToSource(rows[0]).row()] if rows else None

    def select(self, choice: ModelChoice) -> None:
        """Select a model, or the first row if it is hidden."""
        rows = (row for row, model in enumerate(self._table.models) if model.choice == choice)
        row = next(rows, 0)
        index = self._order.mapFromSource(self._table.index(row, 0))
        self.selectRow(index.row() if index.isValid() else 0)
        self._scroll()
        self.model_selected.emit()  # the row may be unchanged, and contain another model

    def step(self, rows: int) -> None:
        """Select a row further down or up."""
        count = self._order.rowCount()
        if count:
            self.selectRow(min(max(self.currentIndex().row() + rows, 0), count - 1))

    def keyboardSearch(self, search: str) -> None:  # noqa: N802  Qt's name
        """Forward typed letters; Qt would search for a row that begins with them."""
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
        """Fit each column to its longest text; Qt's own method would measure every cell."""
        bold = self.font()
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        for column in ModelColumn:
            cell_text = {HEADINGS[column], *(self._table.cell_text(model, column) for model in self._table.models)}
            widest = max(metrics.horizontalAdvance(text) for text in cell_text) + PAD_PX
            self.setColumnWidth(column, min(widest, MOST_PX))
