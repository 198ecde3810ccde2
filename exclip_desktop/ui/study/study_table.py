"""Shows the table of a study; a click on a heading sorts by it, and chooses what is drawn."""

from typing import Final

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from exclip_desktop.core.values.study import Study
from exclip_desktop.ui.study.study_model import NAME, StudyModel

LEAST_COLUMN_PX: Final = 90
ROW_GAP_PX: Final = 8


class StudyTable(QTableView):
    """Methods × metrics.

    Attributes:
        drawn: the metric that is drawn, its key; empty while there is none.

    Signals:
        metric_chosen(): another metric shall be drawn.
        method_chosen(): another method is selected.
        copy_asked(): the table shall be copied.
    """

    metric_chosen = Signal()
    method_chosen = Signal()
    copy_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Figures")
        self.drawn = ""
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
        self._model.layoutChanged.connect(self._span)
        keys = QShortcut(QKeySequence.StandardKey.Copy, self, context=Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(self.copy_asked)

    def show_study(self, methods: tuple[str, ...], metrics: tuple[str, ...], study: Study | None) -> None:
        """Show the figures there are so far; what is selected stays selected."""
        selected = self.method()
        self._model.show(methods, metrics, study)
        self._span()
        if self.drawn not in metrics:
            self.drawn = "" if study is None else _first_drawn(study)
        rows = {self._model.method(row): row for row in range(self._model.rowCount())}
        if selected in rows:
            kept = self._model.index(rows[selected], NAME)
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(kept, flags.ClearAndSelect | flags.Rows)

    def method(self) -> str:
        """Return the method that is selected, or ""."""
        rows = self.selectionModel().selectedRows()
        return self._model.method(rows[0].row()) if rows else ""

    def _span(self) -> None:
        """Let a method's reason, where it has no figure, take the place of all figures."""
        self.clearSpans()
        for row in range(self._model.rowCount()):
            if self._model.reason(row) and self._model.columnCount() > 2:
                self.setSpan(row, 1, 1, self._model.columnCount() - 1)

    def _on_heading_clicked(self, column: int) -> None:
        if column != NAME:
            self.drawn = self._model.metrics[column - 1]
            self.metric_chosen.emit()


def _first_drawn(study: Study) -> str:
    """Return the first metric that has curves, else the first."""
    keys = study.settings.metrics
    return next((key for key in keys if any(key in row.curves for row in study.rows)), keys[0])
