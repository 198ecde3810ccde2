"""The table of a study: methods × metrics, filled in as the figures come."""

from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from exclip_desktop.core.maths.method_colours import method_colours
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.values.study import Study, StudyRow, name_of
from exclip_desktop.storage.exports.study_tables import best, cell
from exclip_desktop.ui.widgets.labels import wrap_tooltip

Role = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
NAME: Final = 0
"""The first column; a metric's is its place among the metrics, and one more."""
ROOT: Final = QModelIndex()
CENTRE: Final = Qt.AlignmentFlag.AlignVCenter
LOWEST_LAST: Final = Qt.SortOrder.DescendingOrder


class StudyModel(QAbstractTableModel):
    """One row for each method that was asked for; it sorts them itself, those without a figure last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._asked: tuple[str, ...] = ()
        self._methods: tuple[str, ...] = ()  # as they are sorted
        self._rows: dict[str, StudyRow] = {}
        self._colours: dict[str, QColor] = {}
        self._sorted = -1, LOWEST_LAST
        self.metrics: tuple[str, ...] = ()

    def show(self, methods: tuple[str, ...], metrics: tuple[str, ...], study: Study | None) -> None:
        """Show the figures there are so far of the methods and metrics that were asked for."""
        self.beginResetModel()
        self._study, self._asked, self.metrics = study, methods, metrics
        self._rows = {} if study is None else {row.method: row for row in study.rows}
        self._colours = {method: QColor(colour) for method, colour in method_colours(methods).items()}
        self._methods = self._in_order()
        self.endResetModel()

    def method(self, row: int) -> str:
        """Return the method in a row."""
        return self._methods[row]

    def reason(self, row: int) -> str:
        """Return why the method in a row has no figure at all; empty where it has, or is waited for."""
        found = self._rows.get(self._methods[row])
        if found is None or found.figures:
            return ""
        return next(iter(found.reasons.values()), "")

    def rowCount(self, parent: Index = ROOT) -> int:  # noqa: N802  Qt's name
        """Return one for each method."""
        return 0 if parent.isValid() else len(self._methods)

    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        """Return the name and one for each metric."""
        return 0 if parent.isValid() else 1 + len(self.metrics)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:  # noqa: N802
        """Return the metrics' headings and meanings."""
        if orientation != Qt.Orientation.Horizontal or role not in (Role.DisplayRole, Role.ToolTipRole):
            return None
        if section == NAME:
            return "Method" if role == Role.DisplayRole else None
        metric = METRICS[self.metrics[section - 1]]
        return metric.heading if role == Role.DisplayRole else wrap_tooltip(f"{metric.meaning}.")

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return a name with its colour, or a figure; the best of a column is bold."""
        method, column = self._methods[index.row()], index.column()
        if role == Role.TextAlignmentRole:
            right = column != NAME and not self.reason(index.row())
            return CENTRE | (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
        if column == NAME:
            known = {Role.DisplayRole: name_of(method), Role.DecorationRole: self._colours[method]}
            return known.get(Role(role))
        return self._figure(method, self.metrics[column - 1], role) if method in self._rows else None

    def sort(self, column: int, order: Qt.SortOrder = LOWEST_LAST) -> None:
        """Sort by a column; before its first, methods are as they were asked for."""
        self.layoutAboutToBeChanged.emit()
        self._sorted = column, order
        self._methods = self._in_order()
        self.layoutChanged.emit()

    def _figure(self, method: str, key: str, role: int) -> Any:
        row = self._rows[method]
        found = row.figures.get(key)
        if role == Role.DisplayRole:
            return cell(row, key).replace("-", "−") if row.figures else row.reasons.get(key, "")
        if role == Role.ToolTipRole:
            if found is None:
                return wrap_tooltip(row.reasons.get(key, ""))
            return f"{found.mean:.4f}, 95 % interval {found.low:.4f} to {found.high:.4f}, of {found.count} values"
        if role == Role.FontRole and self._study is not None and best(self._study, key) == method:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def _in_order(self) -> tuple[str, ...]:
        column, order = self._sorted
        down = order == LOWEST_LAST
        if not 0 <= column <= len(self.metrics):
            return self._asked
        if column == NAME:
            return tuple(sorted(self._asked, key=lambda method: name_of(method).lower(), reverse=down))
        key = self.metrics[column - 1]
        found = {method: row.figures[key].mean for method, row in self._rows.items() if key in row.figures}
        there = sorted((method for method in self._asked if method in found), key=found.__getitem__, reverse=down)
        return (*there, *(method for method in self._asked if method not in found))
