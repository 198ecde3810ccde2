"""Table of a study, methods × metrics; a click on a heading sorts by it and plots it."""

from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from exclip_desktop.core.maths.colour import method_colours
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.text.number_format import write_minus
from exclip_desktop.core.values.study import Study, StudyRow, study_method_name
from exclip_desktop.storage.exports.study_tables import find_best, format_cell
from exclip_desktop.ui.widgets.labels import wrap_tooltip

Role = Qt.ItemDataRole
Index = QModelIndex | QPersistentModelIndex
NAME: Final = 0
"""Number of the first column; a metric's column is its place among the metrics, plus one."""
ROOT: Final = QModelIndex()
CENTRE: Final = Qt.AlignmentFlag.AlignVCenter
LOWEST_LAST: Final = Qt.SortOrder.DescendingOrder
LEAST_COLUMN_PX: Final = 90
ROW_GAP_PX: Final = 8


class StudyModel(QAbstractTableModel):
    """A row for each chosen method; it sorts them itself, those without a figure last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._chosen: tuple[str, ...] = ()
        self._methods: tuple[str, ...] = ()  # as they are sorted
        self._rows: dict[str, StudyRow] = {}
        self._colours: dict[str, QColor] = {}
        self._sorted = -1, LOWEST_LAST
        self.metrics: tuple[str, ...] = ()

    def show(self, methods: tuple[str, ...], metrics: tuple[str, ...], study: Study | None) -> None:
        """Show the figures so far of the chosen methods and metrics."""
        self.beginResetModel()
        self._study, self._chosen, self.metrics = study, methods, metrics
        self._rows = {} if study is None else {row.method: row for row in study.rows}
        self._colours = {method: QColor(colour) for method, colour in method_colours(methods).items()}
        self._methods = self._in_order()
        self.endResetModel()

    def method(self, row: int) -> str:
        """Return the method in a row."""
        return self._methods[row]

    def reason(self, row: int) -> str:
        """Return why the method in a row has no figures; empty where it has some, or they are still to come."""
        study_row = self._rows.get(self._methods[row])
        if study_row is None or study_row.figures:
            return ""
        return next(iter(study_row.reasons.values()), "")

    def rowCount(self, parent: Index = ROOT) -> int:  # noqa: N802  Qt's name
        """Return the number of methods."""
        return 0 if parent.isValid() else len(self._methods)

    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802
        """Return the number of metrics, plus one for the name."""
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
            known = {Role.DisplayRole: study_method_name(method), Role.DecorationRole: self._colours[method]}
            return known.get(Role(role))
        return self._figure(method, self.metrics[column - 1], role) if method in self._rows else None

    def sort(self, column: int, order: Qt.SortOrder = LOWEST_LAST) -> None:
        """Sort by a column; by column −1, methods are in the order of the choice."""
        self.layoutAboutToBeChanged.emit()
        self._sorted = column, order
        self._methods = self._in_order()
        self.layoutChanged.emit()

    def _figure(self, method: str, key: str, role: int) -> Any:
        row = self._rows[method]
        figure = row.figures.get(key)
        if role == Role.DisplayRole:
            return write_minus(format_cell(row, key)) if row.figures else row.reasons.get(key, "")
        if role == Role.ToolTipRole:
            if figure is None:
                return wrap_tooltip(row.reasons.get(key, ""))
            if not figure.is_known:
                return f"{figure.mean:.4f}, without an interval: all values are of one picture"
            return f"{figure.mean:.4f}, 95 % interval {figure.low:.4f} to {figure.high:.4f}, of {figure.count} values"
        if role == Role.FontRole and self._study is not None and find_best(self._study, key) == method:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def _in_order(self) -> tuple[str, ...]:
        column, order = self._sorted
        down = order == LOWEST_LAST
        if not 0 <= column <= len(self.metrics):
            return self._chosen
        if column == NAME:
            return tuple(sorted(self._chosen, key=lambda method: study_method_name(method).lower(), reverse=down))
        key = self.metrics[column - 1]
        means = {method: row.figures[key].mean for method, row in self._rows.items() if key in row.figures}
        measured = sorted((method for method in self._chosen if method in means), key=means.__getitem__, reverse=down)
        return (*measured, *(method for method in self._chosen if method not in means))


class StudyTable(QTableView):
    """Methods × metrics.

    Attributes:
        drawn_metric: key of the metric that is plotted; "" while there is none.

    Signals:
        metric_chosen(): another metric was chosen.
        method_chosen(): another method was selected.
        copy_requested(): the shortcut for copying was pressed.

    """

    metric_chosen = Signal()
    method_chosen = Signal()
    copy_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Figures")
        self.drawn_metric = ""
        self._model = StudyModel(self)
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + ROW_GAP_PX)
        across = self.horizontalHeader()
        across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        across.setMinimumSectionSize(LEAST_COLUMN_PX)
        across.setHighlightSections(False)
        across.setSortIndicatorClearable(True)
        across.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
        across.sectionClicked.connect(self._on_heading_clicked)
        self.clicked.connect(lambda index: self._on_heading_clicked(index.column()))
        self.selectionModel().selectionChanged.connect(lambda: self.method_chosen.emit())
        self._model.layoutChanged.connect(self._span_reasons)
        keys = QShortcut(QKeySequence.StandardKey.Copy, self, context=Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(self.copy_requested)

    def show_study(self, methods: tuple[str, ...], metrics: tuple[str, ...], study: Study | None) -> None:
        """Show the figures so far; the selected method stays selected."""
        selected = self.selected_method()
        self._model.show(methods, metrics, study)
        self._span_reasons()
        if self.drawn_metric not in metrics:
            self.drawn_metric = "" if study is None else _first_metric(study)
        rows = {self._model.method(row): row for row in range(self._model.rowCount())}
        if selected in rows:
            index = self._model.index(rows[selected], NAME)
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def selected_method(self) -> str:
        """Return the selected method, or ""."""
        rows = self.selectionModel().selectedRows()
        return self._model.method(rows[0].row()) if rows else ""

    def _span_reasons(self) -> None:
        """Let the reason of a method without figures take the place of its figures."""
        self.clearSpans()
        for row in range(self._model.rowCount()):
            if self._model.reason(row) and self._model.columnCount() > 2:
                self.setSpan(row, 1, 1, self._model.columnCount() - 1)

    def _on_heading_clicked(self, column: int) -> None:
        if column != NAME:
            self.drawn_metric = self._model.metrics[column - 1]
            self.metric_chosen.emit()


def _first_metric(study: Study) -> str:
    """Return the first metric with curves, else the first metric."""
    keys = study.settings.metrics
    return next((key for key in keys if any(key in row.curves for row in study.rows)), keys[0])
