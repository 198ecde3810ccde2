"""The inspector's Findings tab: the project's findings, filtered, sorted, opened, edited and removed."""

from functools import partial
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QItemSelection, QItemSelectionModel, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.text.list_filter import ListFilter
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import RATING_NAMES
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.project.findings import ProjectFindings
from exclip_desktop.session.state import State
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.actions import keep_keys
from exclip_desktop.ui.lists.findings_table import PICTURE, FindingsModel, FindingsTable
from exclip_desktop.ui.lists.thumbnail_grid import ThumbnailGrid
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.filter_field import FilterField
from exclip_desktop.ui.widgets.labels import ElidedLabel

NO_FINDINGS: Final = "No findings yet. Rate what is on screen with 1 to 4, or note it with N."
RIGHT: Final = Qt.TextElideMode.ElideRight
NO_MATCH: Final = "No finding matches the filter."


class FindingsTab(QWidget):
    """Lists findings.

    Signals:
        note_requested(): a finding of what is on screen was requested.
        restore_requested(int): the finding of this id was opened.
        folder_requested(int): the folder of this finding's picture was requested.
        change_requested(object), removal_requested(object), tags_requested(object): an edit, the removal, or tags of
            the findings of these ids were requested.
        rating_requested(object, str): a rating of the findings of these ids was requested.
        left(): Esc was pressed in the empty filter.

    """

    note_requested = Signal()
    restore_requested = Signal(int)
    folder_requested = Signal(int)
    change_requested = Signal(object)
    removal_requested = Signal(object)
    tags_requested = Signal(object)
    rating_requested = Signal(object, str)
    left = Signal()

    def __init__(
        self, findings: ProjectFindings, thumbnails: Thumbnails, state: State, parent: QWidget | None = None
    ) -> None:
        """Draw the heat of findings as ``state.view`` says."""
        super().__init__(parent)
        self._findings = findings
        self._model = FindingsModel(findings, thumbnails, state, self)
        self.grid, self.as_grid, self._stack = (
            ThumbnailGrid(self._model, PICTURE, "Findings"),
            QToolButton(),
            QStackedWidget(),
        )
        self.filter, self.columns = FilterField("Filter findings", findings.filter_keys), QToolButton()
        self.view, self.project, self.empty = FindingsTable(self._model), ElidedLabel(8, RIGHT), QLabel(NO_FINDINGS)
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
        """Take Return, Delete, Ctrl+C and Ctrl+A before a shortcut of the window: open, remove, copy, select all."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        act = {
            Qt.Key.Key_Return: self._open_current,
            Qt.Key.Key_Enter: self._open_current,
            Qt.Key.Key_Delete: self._remove_selected,
            Qt.Key.Key_Backspace: self._remove_selected,
        }.get(Qt.Key(event.key()))
        if event.matches(QKeySequence.StandardKey.Copy):
            act = self._copy_selected
        is_select_all = event.matches(QKeySequence.StandardKey.SelectAll)
        if is_select_all:
            act = self._shown.selectAll
        if act is None or not (is_select_all or self.selected_ids):
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
        return (self.view.hasFocus() or self.grid.hasFocus()) and self.view.selectionModel().hasSelection()

    def mark(self, key: int | None) -> None:
        """Select the finding that is on screen; None: no finding is."""
        row = None if key is None else self._model.row_of(key)
        if row is None:
            self.view.clearSelection()
        elif self.selected_ids != (key,):
            self.view.selectRow(row)
            self._shown.scrollTo(self._model.index(row, PICTURE))

    def show_grid(self, on: bool) -> None:
        """Show the findings as a grid of thumbnails with their heat, or as a table."""
        had_focus = self._shown.hasFocus()
        self._stack.setCurrentWidget(self.grid if on else self.view)
        self.as_grid.setChecked(on)
        if had_focus:
            self._shown.setFocus()
        if self.view.currentIndex().isValid():
            self._shown.scrollTo(self.view.currentIndex())

    def saveState(self) -> QByteArray:  # noqa: N802  as Qt's headers and splitters have it
        """Return the table's columns, which view is shown, and the size of the grid's pictures."""
        return self.grid.encode_layout(self.view.saveState(), is_shown=self._shown is self.grid)

    def restoreState(self, state: QByteArray) -> bool:  # noqa: N802  as Qt's headers and splitters have it
        """Restore what was saved; return whether that could be read. Older versions saved the columns alone."""
        saved = self.grid.restore_layout(state)
        if saved is None:
            return self.view.restoreState(state)
        self.show_grid(saved[1])
        return self.view.restoreState(saved[0])

    @property
    def _shown(self) -> QAbstractItemView:
        return self.grid if self._stack.currentWidget() is self.grid else self.view

    def make_menu(self) -> QMenu:
        """Return the context menu of the selected findings."""
        keys, menu = self.selected_ids, QMenu(self)
        keep_keys(menu)
        is_one = len(keys) == 1
        menu.addAction("Open", QKeySequence("Return"), self._open_current).setEnabled(is_one)
        rate = menu.addMenu("Rate")
        for rating, name in RATING_NAMES.items():
            rate.addAction(name, partial(self.rating_requested.emit, keys, rating))
        menu.addAction("Tags…", partial(self.tags_requested.emit, keys))
        menu.addAction("Edit…", partial(self.change_requested.emit, keys))
        menu.addSeparator()
        menu.addAction("Copy", QKeySequence("Ctrl+C"), self._copy_selected)
        folder = menu.addAction("Show picture in folder", partial(self.folder_requested.emit, keys[0] if keys else 0))
        folder.setEnabled(is_one)
        menu.addSeparator()
        remove = "Remove" if is_one else f"Remove {format_count(len(keys), 'finding')}"
        menu.addAction(remove, QKeySequence("Delete"), self._remove_selected)
        return menu

    def _build(self) -> None:
        self.columns.setText("Columns")
        self.columns.setToolTip("Choose the columns and the order of the table")
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.columns.setMenu(self.view.columns_menu)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.project.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.note.setToolTip("Note what is on screen (N)")
        self.edit.setToolTip("Change rating, tags and note of the selected findings")
        self.grid.setSelectionModel(self.view.selectionModel())
        self.as_grid.setToolTip("Show the findings as a grid of thumbnails with their heat")
        self.as_grid.setAccessibleName("Grid of findings")
        self.as_grid.setCheckable(True)
        self.as_grid.toggled.connect(self.show_grid)
        ThemedIcons(self).add(self.as_grid, "panes")
        for view in (self.view, self.grid):
            self._stack.addWidget(view)
            view.installEventFilter(self)
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            view.customContextMenuRequested.connect(self._on_menu_requested)
            view.doubleClicked.connect(self._open_current)
        self.filter.filter_changed.connect(self._list)
        self.filter.entered.connect(self._enter_table)
        self.filter.left.connect(self.left)
        self.view.sort_changed.connect(self._list)
        self.note.clicked.connect(self.note_requested)
        self.edit.clicked.connect(lambda: self.change_requested.emit(self.selected_ids))
        self.view.selectionModel().selectionChanged.connect(self._update_footer)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.filter, 1)
        row.addWidget(self.as_grid, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.columns, 0, Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.project, 1)
        buttons.addWidget(self.edit)
        buttons.addWidget(self.note)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        column.addWidget(self.empty, 1)
        column.addLayout(buttons)

    def _open_current(self) -> None:
        index = self.view.currentIndex()
        keys = self._model.ids((index.row(),)) if index.isValid() else self.selected_ids
        if keys:
            self.restore_requested.emit(keys[0])

    def _remove_selected(self) -> None:
        self.removal_requested.emit(self.selected_ids)

    def _copy_selected(self) -> None:
        rows = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        QGuiApplication.clipboard().setText(self.view.text_of(rows))

    def _enter_table(self) -> None:
        """Go to the first match, unless a finding is selected already."""
        if self.count:
            if not self.view.selectionModel().hasSelection():
                self.view.selectRow(0)
            self._shown.setFocus()

    def _on_menu_requested(self, position: QPoint) -> None:
        if self.selected_ids:
            menu = self.make_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self._shown.viewport().mapToGlobal(position))

    def _on_findings_changed(self) -> None:
        self._is_outdated = True
        if self.isVisible():
            self._list()

    def _list(self) -> None:
        """Read which findings the filter leaves, in the chosen order; those that were selected stay selected."""
        self._is_outdated = False
        current, selected = self.view.currentIndex(), self.selected_ids
        sort, descending = self.view.sort
        list_filter: ListFilter = self.filter.list_filter
        self._model.show(FindingQuery(list_filter=list_filter, sort=sort, descending=descending))
        count = self._model.rowCount()
        self._select_again(selected, current.row() if current.isValid() else 0, current.column())
        self.empty.setText(NO_MATCH if list_filter.terms else NO_FINDINGS)
        self.empty.setVisible(not count)
        self._stack.setVisible(bool(count))
        self.filter.show_count(count, self._findings.count() if list_filter.terms else count)
        self._update_footer()

    def _select_again(self, keys: tuple[int, ...], row: int, column: int) -> None:
        """Select the findings of these ids; where all of them are gone, the one that took their place."""
        rows = [place for key in keys if (place := self._model.row_of(key)) is not None]
        count = self._model.rowCount()
        if keys and not rows and count:
            rows = [min(row, count - 1)]
        if not rows:
            return
        selection = QItemSelection()
        for place in rows:
            selection.select(self._model.index(place, 0), self._model.index(place, self._model.columnCount() - 1))
        rows_model, flag = self.view.selectionModel(), QItemSelectionModel.SelectionFlag
        rows_model.setCurrentIndex(self._model.index(rows[0], max(column, 0)), flag.NoUpdate)
        rows_model.select(selection, flag.ClearAndSelect)

    def _update_footer(self) -> None:
        """Show the numbers of findings, and the project."""
        count, selected = self.count, len(self.view.selectionModel().selectedRows())
        self.edit.setEnabled(selected > 0)
        project = self._findings.projects.project
        name = "" if project is None else "personal file" if self._findings.projects.is_own else project.path.name
        chosen = f"{selected:,} selected" if selected > 1 else ""
        self.project.show_text(" · ".join(part for part in (f"{count:,}" if count else "", chosen, name) if part))
        self.project.setToolTip("" if project is None else str(project.path))
