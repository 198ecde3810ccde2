"""The inspector's Findings tab: the project's findings, filtered, sorted, opened, edited and removed."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from exclip_desktop.core.values.finding import Rating
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.findings_table import FindingsModel, FindingsTable

RATINGS: Final[dict[str, Rating | None]] = {
    "All ratings": None,
    "Match": "match",
    "Mismatch": "mismatch",
    "Artefact": "artefact",
    "Unsure": "unsure",
    "Not rated": "",
}
NO_FINDINGS: Final = "No findings yet. Press N to note what is on screen."
NO_MATCH: Final = "No finding matches the filter."


class FindingsTab(QWidget):
    """Lists findings.

    Signals:
        note_requested(): a finding of what is on screen was requested.
        restore_requested(int): the finding of this id was opened.
        change_requested(object): an edit of the findings of these ids was requested.
        removal_requested(object): the removal of the findings of these ids was requested.
        rating_requested(object, str): a rating of the findings of these ids was requested.
        tags_requested(object): tags of the findings of these ids were requested.

    """

    note_requested = Signal()
    restore_requested = Signal(int)
    change_requested = Signal(object)
    removal_requested = Signal(object)
    rating_requested = Signal(object, str)
    tags_requested = Signal(object)

    def __init__(self, findings: ProjectFindings, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = findings
        self._model = FindingsModel(findings, thumbnails, self)
        self.filter, self.rating, self.columns = QLineEdit(), QComboBox(), QToolButton()
        self.view, self.project, self.empty = FindingsTable(self._model), QLabel(), QLabel(NO_FINDINGS)
        self.note, self.edit = QPushButton("Note…"), QPushButton("Edit…")
        self._build()
        self._lay_out()
        self._is_outdated = True
        findings.findings_changed.connect(self._on_findings_changed)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Read the findings if they have changed."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read the findings if they have changed."""
        if self._is_outdated:
            self._list()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Open with Return and remove with Delete, before a shortcut of the window takes the key."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        act = {
            Qt.Key.Key_Return: self._open_current,
            Qt.Key.Key_Enter: self._open_current,
            Qt.Key.Key_Delete: self._remove_selected,
            Qt.Key.Key_Backspace: self._remove_selected,
        }.get(Qt.Key(event.key()))
        if act is None or self._current_id is None:
            return super().eventFilter(watched, event)
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            act()
        return True

    @property
    def query(self) -> FindingQuery:
        """Which findings are listed, and their order."""
        return self._model.query

    @property
    def count(self) -> int:
        """Number of findings listed."""
        return self._model.rowCount()

    @property
    def selected_ids(self) -> tuple[int, ...]:
        """Ids of the selected findings, in the order of the table."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return self._model.ids(rows)

    @property
    def has_focused_selection(self) -> bool:
        """Whether the table has the focus, and findings are selected in it."""
        return self.view.hasFocus() and self.view.selectionModel().hasSelection()

    @property
    def _current_id(self) -> int | None:
        index = self.view.currentIndex()
        finding = self._model.finding(index.row()) if index.isValid() else None
        return None if finding is None else finding.id

    def _build(self) -> None:
        self.filter.setPlaceholderText("Filter by caption, note, tag or file")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter findings")
        self.rating.addItems(list(RATINGS))
        self.rating.setAccessibleName("Filter findings by rating")
        self.columns.setText("Columns")
        self.columns.setToolTip("Choose the columns and the order of the table")
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.columns.setMenu(self.view.columns_menu)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.project.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setToolTip("Note what is on screen (N)")
        self.edit.setToolTip("Change rating, tags and note of the selected findings")
        self.view.installEventFilter(self)
        self.filter.textChanged.connect(self._list)
        self.rating.currentIndexChanged.connect(self._list)
        self.view.sort_changed.connect(self._list)
        self.note.clicked.connect(self.note_requested)
        self.edit.clicked.connect(lambda: self.change_requested.emit(self.selected_ids))
        self.view.doubleClicked.connect(self._open_current)
        self.view.selectionModel().selectionChanged.connect(self._update_buttons)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.rating, 1)
        row.addWidget(self.columns)
        buttons = QHBoxLayout()
        buttons.addWidget(self.project, 1)
        buttons.addWidget(self.edit)
        buttons.addWidget(self.note)
        column = QVBoxLayout(self)
        column.addWidget(self.filter)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        column.addWidget(self.empty, 1)
        column.addLayout(buttons)

    def _open_current(self) -> None:
        key = self._current_id
        if key is not None:
            self.restore_requested.emit(key)

    def _remove_selected(self) -> None:
        if self.selected_ids:
            self.removal_requested.emit(self.selected_ids)

    def _on_findings_changed(self) -> None:
        self._is_outdated = True
        if self.isVisible():
            self._list()

    def _list(self) -> None:
        """Read which findings the filter leaves, in the chosen order."""
        self._is_outdated = False
        current = self.view.currentIndex()
        sort, descending = self.view.sort
        rating = RATINGS[self.rating.currentText()]
        query = FindingQuery(text=self.filter.text().strip(), rating=rating, sort=sort, descending=descending)
        self._model.show(query)
        count = self._model.rowCount()
        if current.isValid() and count:  # the finding may be gone: go on with its neighbour
            row, column = min(current.row(), count - 1), current.column()
            self.view.setCurrentIndex(self._model.index(row, column))
        is_filtered = bool(query.text) or query.rating is not None
        self.empty.setText(NO_MATCH if is_filtered else NO_FINDINGS)
        self.empty.setVisible(not count)
        self.view.setVisible(bool(count))
        self._update_project(count)
        self._update_buttons()

    def _update_project(self, count: int) -> None:
        project = self._findings.projects.project
        name = "" if project is None else "my findings" if self._findings.projects.is_own else project.path.name
        self.project.setText(" · ".join(part for part in (f"{count:,}" if count else "", name) if part))
        self.project.setToolTip("" if project is None else str(project.path))

    def _update_buttons(self) -> None:
        self.edit.setEnabled(self.view.selectionModel().hasSelection())
