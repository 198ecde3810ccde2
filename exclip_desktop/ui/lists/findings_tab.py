"""The open project's findings: filtered, sorted, opened again, changed, removed."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QTableView, QVBoxLayout, QWidget

from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.findings_model import FindingsModel
from exclip_desktop.ui.lists.thumbnail_rows import rows_of

ALL: Final = "All ratings"
RATED: Final = {
    ALL: None,
    "Match": "match",
    "Mismatch": "mismatch",
    "Artefact": "artefact",
    "Unsure": "unsure",
    "Not rated": "",
}
ORDERS: Final = {
    "Newest first": FindingQuery(descending=True),
    "Oldest first": FindingQuery(),
    "Score, highest first": FindingQuery(sort="score", descending=True),
    "Score, lowest first": FindingQuery(sort="score"),
    "Residual, largest first": FindingQuery(sort="residual", descending=True),
    "Picture": FindingQuery(sort="picture"),
    "Method": FindingQuery(sort="method"),
}
NOTHING: Final = "No findings yet. N notes what is on screen."
NOT_FOUND: Final = "No finding is like that."


class FindingsTab(QWidget):
    """Lists findings.

    Signals:
        note_requested(): a finding of what is on screen was requested.
        restore_requested(int): the finding of this id was opened.
        change_requested(int): an edit of the finding was requested.
        removal_requested(int): the removal of the finding was requested.

    """

    note_requested = Signal()
    restore_requested = Signal(int)
    change_requested = Signal(int)
    removal_requested = Signal(int)

    def __init__(self, findings: ProjectFindings, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings = findings
        self._model = FindingsModel(findings, thumbnails, self)
        self.filter, self.rated, self.order = QLineEdit(), QComboBox(), QComboBox()
        self.view, self.project, self.empty = rows_of(self._model, "Findings"), QLabel(), QLabel(NOTHING)
        self.note, self.edit = QPushButton("Note…"), QPushButton("Edit…")
        self._build()
        self._lay_out()
        self._dirty = True
        findings.findings_changed.connect(self._on_findings_changed)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  Qt's name
        """Show what has changed."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """List what there is now, if that has changed."""
        if self._dirty:
            self._renew()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Open with Return and remove with Delete, before a shortcut of the window takes the key."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        asked = {
            Qt.Key.Key_Return: self.restore_requested,
            Qt.Key.Key_Enter: self.restore_requested,
            Qt.Key.Key_Delete: self.removal_requested,
            Qt.Key.Key_Backspace: self.removal_requested,
        }.get(Qt.Key(event.key()))
        if asked is None or self._current is None:
            return super().eventFilter(watched, event)
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            self._ask(asked)
        return True

    def _build(self) -> None:
        self.filter.setPlaceholderText("Filter by caption, note, tag or file")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter findings")
        self.rated.addItems(list(RATED))
        self.rated.setAccessibleName("Which findings are shown")
        self.order.addItems(list(ORDERS))
        self.order.setAccessibleName("Order of findings")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.project.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setToolTip("Note what is on screen (N)")
        self.edit.setToolTip("Change rating, tags and note of the finding")
        self.view.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.view.installEventFilter(self)
        self.filter.textChanged.connect(self._renew)
        self.rated.currentIndexChanged.connect(self._renew)
        self.order.currentIndexChanged.connect(self._renew)
        self.note.clicked.connect(self.note_requested)
        self.edit.clicked.connect(lambda: self._ask(self.change_requested))
        self.view.doubleClicked.connect(lambda: self._ask(self.restore_requested))
        self.view.selectionModel().currentChanged.connect(self._show_enabled)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.rated, 1)
        row.addWidget(self.order, 1)
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

    @property
    def query(self) -> FindingQuery:
        """Which findings are listed, in which order."""
        return self._model.query

    @property
    def count(self) -> int:
        """How many are listed."""
        return self._model.rowCount()

    @property
    def marked(self) -> tuple[int, ...]:
        """The ids of the findings that are marked."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedIndexes())
        found = (self._model.finding(row) for row in rows)
        return tuple(one.id for one in found if one is not None)

    @property
    def _current(self) -> int | None:
        """The id of the finding that is marked."""
        index = self.view.currentIndex()
        finding = self._model.finding(index.row()) if index.isValid() else None
        return None if finding is None else finding.id

    def _ask(self, asked: SignalInstance) -> None:
        """Ask for something with the finding that is marked."""
        key = self._current
        if key is not None:
            asked.emit(key)

    def _on_findings_changed(self) -> None:
        self._dirty = True
        if self.isVisible():
            self._renew()

    def _renew(self) -> None:
        self._dirty = False
        marked = self.view.currentIndex().row()
        order = ORDERS[self.order.currentText()]
        query = FindingQuery(
            text=self.filter.text().strip(),
            rating=RATED[self.rated.currentText()],
            sort=order.sort,
            descending=order.descending,
        )
        self._model.show(query)
        count = self._model.rowCount()
        if marked >= 0 and count:  # it was removed, or the list is another: go on with its neighbour
            self.view.setCurrentIndex(self._model.index(min(marked, count - 1)))
        narrowed = bool(query.text) or query.rating is not None
        self.empty.setText(NOT_FOUND if narrowed else NOTHING)
        self.empty.setVisible(not count)
        self.view.setVisible(bool(count))
        self._show_project(count)
        self._show_enabled()

    def _show_project(self, count: int) -> None:
        project = self._findings.projects.project
        name = "" if project is None else "my findings" if self._findings.projects.is_own else project.path.name
        self.project.setText(" · ".join(part for part in (f"{count:,}" if count else "", name) if part))
        self.project.setToolTip("" if project is None else str(project.path))

    def _show_enabled(self) -> None:
        self.edit.setEnabled(self._current is not None)
