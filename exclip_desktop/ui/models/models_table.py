"""The table of models: those on this computer first, then every tag; searched and sorted."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QFont, QGuiApplication, QPalette

from exclip_desktop.core.text.sizes import size_told
from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.widgets.tips import wrapped

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


class Column(IntEnum):
    """What stands in a column."""

    NAME = 0
    TAG = 1
    SIZE = 2
    FAMILY = 3
    GRID = 4
    CONTEXT = 5
    PLACE = 6


HEADINGS: Final = ("Name", "Weights", "Size", "Family", "Patches", "Tokens", "Where")
HINTS: Final = (
    "The architecture, or the folder or file",
    "open_clip's tag: what it was trained on",
    "Of the weights' file",
    "The kind of its image encoder",
    "Rows × columns of patches of a picture",
    "How many tokens of a caption it reads",
    "Whether it is on this computer",
)
NUMBERS: Final = (Column.SIZE, Column.GRID, Column.CONTEXT)
NOT_KNOWN: Final = {
    Column.SIZE: "The exact size is asked when you click Download",
    Column.GRID: "Known once the model is opened",
    Column.CONTEXT: "Known once the model is opened",
}


class ModelsTable(QAbstractTableModel):
    """The listed models, in the library's order.

    Attributes:
        models: what is shown.

    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.models: tuple[ListedModel, ...] = ()
        self._default = self._current = ModelChoice()

    def show(self, models: tuple[ListedModel, ...], default: ModelChoice, current: ModelChoice) -> None:
        """Show others; ``default`` is the one that the window opens with, ``current`` the one that explains now."""
        self.beginResetModel()
        self.models, self._default, self._current = models, default, current
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many models there are."""
        return 0 if parent is not None and parent.isValid() else len(self.models)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return how many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return a column's heading, or what it means."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Role.TextAlignmentRole:
            return RIGHT if section in NUMBERS else LEFT
        if role == Role.DisplayRole:
            return HEADINGS[section] + (GAP if section in NUMBERS else "")
        return HINTS[section] if role == Role.ToolTipRole else None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return what a cell shows; what cannot be used is greyed."""
        model, column = self.models[index.row()], Column(index.column())
        if role == Role.DisplayRole:
            return self.told(model, column) + (GAP if column in NUMBERS else "")
        if role == Role.AccessibleTextRole:
            return self.told(model, column)
        if role == Role.TextAlignmentRole:
            return RIGHT if column in NUMBERS else LEFT
        if role == Role.ToolTipRole:
            return wrapped(self._hint(model, column))
        if role == Role.ForegroundRole and model.reason:
            return QGuiApplication.palette().brush(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        if role == Role.FontRole and model.choice == self._current:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def told(self, model: ListedModel, column: Column) -> str:
        """Return a cell's text."""
        if column == Column.SIZE:
            about = "" if model.place else ABOUT
            return about + size_told(model.bytes) if model.bytes else UNKNOWN
        if column == Column.GRID:
            return f"{model.grid[0]} × {model.grid[1]}" if model.grid else UNKNOWN
        if column == Column.CONTEXT:
            return str(model.context) if model.context else UNKNOWN
        if column == Column.PLACE:
            marks = [name for name, choice in self._marks() if choice == model.choice]
            return ", ".join([GONE if model.gone else PLACES[model.place], *marks])
        return {Column.NAME: model.name, Column.TAG: model.tag, Column.FAMILY: model.family}[column]

    def _marks(self) -> tuple[tuple[str, ModelChoice], ...]:
        return ("default", self._default), ("in use", self._current)

    def _hint(self, model: ListedModel, column: Column) -> str:
        if model.reason:
            return reason_told(model)
        told = self.told(model, column)
        if column in NOT_KNOWN and (told == UNKNOWN or told.startswith(ABOUT)):
            return NOT_KNOWN[column]
        return str(model.path) if column == Column.PLACE and model.path else told


class ModelsOrder(QSortFilterProxyModel):
    """Keeps what is on this computer first, whichever column is sorted by, and hides what was not searched for."""

    def __init__(self, table: ModelsTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._words: tuple[str, ...] = ()
        self.setSourceModel(table)

    def search(self, text: str) -> None:
        """Show the models in which every word of ``text`` stands somewhere."""
        self._words = tuple(text.casefold().split())
        # Not the filter alone: Qt 6.11 calls the old way to renew it deprecated, and 6.8 lacks the new one.
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802  Qt's name
        """Return whether a model is searched for."""
        model = self._table.models[row]
        where = self._table.told(model, Column.PLACE)
        told = " ".join((model.name, model.tag, model.family, where, str(model.path or ""))).casefold()
        return all(word in told for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802  Qt's name
        """Return whether one model comes before another; what is not known comes last in both directions."""
        column = Column(left.column())
        before, after = (self._table.models[index.row()] for index in (left, right))
        up = self.sortOrder() == Qt.SortOrder.AscendingOrder
        elsewhere = not before.place, not after.place
        unknown = not _KEYS[column](before), not _KEYS[column](after)
        for last in (elsewhere, unknown):
            if last[0] != last[1]:
                return last[1] == up
        smaller: bool = _KEYS[column](before) < _KEYS[column](after)
        return smaller


_KEYS: Final[dict[Column, Callable[[ListedModel], Any]]] = {
    Column.NAME: lambda model: model.name.casefold(),
    Column.TAG: lambda model: model.tag.casefold(),
    Column.SIZE: lambda model: model.bytes,
    Column.FAMILY: lambda model: model.family.casefold(),
    Column.GRID: lambda model: model.grid or (),
    Column.CONTEXT: lambda model: model.context,
    Column.PLACE: lambda model: model.place,
}


def reason_told(model: ListedModel) -> str:
    """Return one sentence on why a model cannot be used; empty where it can."""
    return f"It cannot be used: {model.reason}." if model.reason else ""
