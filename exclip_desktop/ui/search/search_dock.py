"""The dock of search results: query, ranking, filter, and the hits as thumbnails with their heat."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.maths.hit_truth import measure_precision
from exclip_desktop.core.maths.search_ranking import RANKINGS, Ranking
from exclip_desktop.core.text.number_format import format_count, format_percent
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.session.search.hits import ListHit
from exclip_desktop.session.search.search_controller import SearchController
from exclip_desktop.session.state import State
from exclip_desktop.ui.lists.thumbnail_grid import ThumbnailGrid
from exclip_desktop.ui.lists.thumbnail_rows import Index
from exclip_desktop.ui.search.hit_model import HitModel
from exclip_desktop.ui.widgets.filter_field import FilterField
from exclip_desktop.ui.widgets.labels import ElidedLabel, wrap_tooltip

WIDTH_PX: Final = 260
OPEN_KEYS: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
RANKING_NAMES: Final[dict[Ranking, str]] = {
    "combined": "Best match",
    "sum": "Sum of the heat",
    "region": "Hit region",
    "direction": "Direction",
    "score": "Score",
}
NO_QUERY: Final = "Type words, or select words or boxes and press Ctrl+F."
Flag = QItemSelectionModel.SelectionFlag


class SearchDock(QDockWidget):
    """Shows the hits of a search; the current cell is only marked, a click or Return opens its pair.

    Attributes:
        line: words to search for; ``by``: opens a menu of other queries.
        grid: the hits.

    Signals:
        note_requested(object), export_requested(object): these hits are to be noted, or written to a file.
        left(): Esc was pressed in the empty field of words or in the empty filter.

    """

    note_requested = Signal(object)
    export_requested = Signal(object)
    left = Signal()

    def __init__(
        self,
        search: SearchController,
        navigation: PairNavigation,
        thumbnails: Thumbnails,
        state: State,
        parent: QWidget | None = None,
    ) -> None:
        """Show the hits of ``search`` in the list of ``navigation``."""
        super().__init__("Search results", parent)
        self.setObjectName("search")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setAcceptDrops(True)
        self._search = search
        self._model = HitModel(search, navigation, thumbnails, state, self)
        self.line, self.by, self.by_menu = QLineEdit(), QToolButton(), QMenu(self)
        self.title, self.ranking = ElidedLabel(12, Qt.TextElideMode.ElideRight), QComboBox()
        self.filter = FilterField("Filter hits", self._model.filter_keys)
        self.grid = ThumbnailGrid(self._model, 0, "Search results")
        self.status, self.explain, self.precision = (
            QLabel(),
            QPushButton(),
            ElidedLabel(12, Qt.TextElideMode.ElideRight),
        )
        self.note, self.export = QPushButton("Note"), QPushButton()
        self._kept, self._kept_current = set[str](), ""
        self._build()
        self._lay_out()
        self._connect()
        self._show()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the width the dock opens with."""
        return QSize(WIDTH_PX, 400)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Open with Return and note with N, before a shortcut of the window takes the key; leave the field."""
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            take = self._take_line_key if watched is self.line else self._take_grid_key
            return take(event) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802  Qt's name
        """Accept one file."""
        if len([url for url in event.mimeData().urls() if url.isLocalFile()]) == 1:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802  Qt's name
        """Search for what a dropped picture shows."""
        event.acceptProposedAction()
        self._search.search_file(Path(event.mimeData().urls()[0].toLocalFile()))

    @property
    def selected_hits(self) -> list[ListHit]:
        """The selected hits, in their order."""
        rows = sorted(index.row() for index in self.grid.selectionModel().selectedRows())
        return [self._model.hits[row] for row in rows]

    @property
    def exported_hits(self) -> list[ListHit]:
        """The selected hits where there are several, else all that the filter passes."""
        selected = self.selected_hits
        return selected if len(selected) > 1 else list(self._model.hits)

    @property
    def hits(self) -> tuple[ListHit, ...]:
        """The hits that the filter passes."""
        return self._model.hits

    def focus_words(self) -> None:
        """Put the keyboard into the field of words."""
        self.line.setFocus()
        self.line.selectAll()

    def focus_hits(self) -> None:
        """Put the keyboard into the hits."""
        self.grid.setFocus()

    def _build(self) -> None:
        self.line.setPlaceholderText("Search for words")
        self.line.setAccessibleName("Words to search for")
        self.line.setToolTip("Any words; Return searches")
        self.line.setClearButtonEnabled(True)
        self.line.installEventFilter(self)
        self.by.setText("By")
        self.by.setAccessibleName("Search by something else")
        self.by.setToolTip("Search for selected words, boxes, or a picture")
        self.by.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.by.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.by.setMenu(self.by_menu)
        self.title.setAccessibleName("Query")
        for key, name in RANKING_NAMES.items():
            self.ranking.addItem(name, key)
            self.ranking.setItemData(self.ranking.count() - 1, RANKINGS[key], Qt.ItemDataRole.ToolTipRole)
        self.ranking.setAccessibleName("Ranking")
        self.ranking.setToolTip("What the hits are ordered by")
        self.note.setToolTip("Note the selected hits as findings (N)")
        self.export.setToolTip(
            wrap_tooltip("Write these hits as a table, as COCO boxes with scores, or as a contact sheet")
        )
        self.precision.setToolTip(
            wrap_tooltip("Share of the first hits whose strongest place lies in a region with a label of that name")
        )
        self.status.setWordWrap(True)
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        for widget in (self.grid, self.grid.viewport()):
            widget.installEventFilter(self)

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 0, 6)
        query = QHBoxLayout()
        query.setSpacing(4)
        query.addWidget(self.line, 1)
        query.addWidget(self.by)
        column.addLayout(query)
        column.addWidget(self.title)
        column.addWidget(self.ranking)
        column.addWidget(self.filter)
        column.addWidget(self.grid, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.status, 1)
        foot.addWidget(self.explain)
        column.addWidget(self.precision)
        column.addLayout(foot)
        act = QHBoxLayout()
        act.addWidget(self.note)
        act.addWidget(self.export)
        column.addLayout(act)
        self.setWidget(inside)

    def _connect(self) -> None:
        search = self._search
        self.line.returnPressed.connect(self._on_words_entered)
        self.ranking.activated.connect(lambda at: search.rank(self.ranking.itemData(at)))
        self.filter.filter_changed.connect(self._model.use_filter)
        self.filter.entered.connect(self.focus_hits)
        self.filter.left.connect(self.left)
        self.grid.clicked.connect(self._on_clicked)
        self.explain.clicked.connect(self._on_explain_clicked)
        self.note.clicked.connect(lambda: self.note_requested.emit(self.selected_hits))
        self.export.clicked.connect(lambda: self.export_requested.emit(self.exported_hits))
        self.grid.selectionModel().selectionChanged.connect(self._show_selected)
        search.changed.connect(self._show)
        self._model.modelAboutToBeReset.connect(self._keep_selection)
        self._model.modelReset.connect(self._restore_selection)
        self._model.modelReset.connect(self._show)

    def _take_line_key(self, event: QKeyEvent) -> bool:
        """Go to the hits with ↓; clear the field with Esc, and leave it when it is empty."""
        if event.type() != QEvent.Type.KeyPress or event.key() not in (Qt.Key.Key_Down, Qt.Key.Key_Escape):
            return False
        if event.key() == Qt.Key.Key_Down:
            self.focus_hits()
        elif self.line.text():
            self.line.clear()
        else:
            self.left.emit()
        return True

    def _take_grid_key(self, event: QKeyEvent) -> bool:
        """Handle a key of the hits; return whether it was one."""
        current = self.grid.currentIndex()
        act: Callable[[], object]
        if event.matches(QKeySequence.StandardKey.SelectAll):
            act = self.grid.selectAll
        elif event.key() == Qt.Key.Key_N and self.selected_hits and not event.modifiers():
            act = partial(self.note_requested.emit, self.selected_hits)
        elif event.key() in OPEN_KEYS and current.isValid() and not event.modifiers():
            act = partial(self._open, current)
        else:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            act()
        return True

    def _keep_selection(self) -> None:
        """Remember which hits are selected, and the current one: hits arrive while a person looks at others."""
        current = self.grid.currentIndex()
        self._kept = {hit.picture for hit in self.selected_hits}
        self._kept_current = self._model.hits[current.row()].picture if current.isValid() else ""

    def _restore_selection(self) -> None:
        rows = self.grid.selectionModel()
        for row, hit in enumerate(self._model.hits):
            if hit.picture == self._kept_current:
                rows.setCurrentIndex(self._model.index(row, 0), Flag.NoUpdate)
            if hit.picture in self._kept:
                rows.select(self._model.index(row, 0), Flag.Select)

    def _open(self, index: Index) -> None:
        self._search.open(self._model.hits[index.row()])

    def _on_clicked(self, index: Index) -> None:
        if len(self.grid.selectionModel().selectedRows()) == 1:  # others are selected by Ctrl and Shift
            self._open(index)

    def _on_words_entered(self) -> None:
        self._search.search_words(self.line.text())
        self.focus_hits()

    def _on_explain_clicked(self) -> None:
        if self._search.is_explaining:
            self._search.pause_explaining()
        elif self._search.is_outdated or self._is_stopped:
            self._search.search_again()
        else:
            self._search.explain_rest()

    def _show(self) -> None:
        search, counts = self._search, self._search.counts
        self.title.show_text(search.title)
        self.title.setVisible(bool(search.title))
        self.ranking.setCurrentIndex(list(RANKING_NAMES).index(search.ranking))
        self.filter.show_count(len(self._model.hits), len(search.hits))
        self.status.setText(self._status())
        precision = measure_precision([hit.is_right for hit in search.hits])
        shares = " · ".join(f"{format_percent(one.share)} of {one.first}" for one in precision)
        self.precision.show_text(f"Right: {shares}" if shares else "")
        self.precision.setVisible(bool(shares))
        self._show_selected()
        again = search.is_outdated or self._is_stopped
        text = "Pause" if search.is_explaining else "Search again" if again else "Explain the others"
        can_act = search.is_explaining or again or (counts.missing > 0 and not search.is_running)
        self.explain.setText(text)
        self.explain.setVisible(search.query is not None and can_act)

    def _show_selected(self) -> None:
        self.note.setEnabled(bool(self.selected_hits))
        count = len(self.exported_hits)
        self.export.setText(f"Export {format_count(count, 'hit')}…" if count else "Export…")
        self.export.setEnabled(count > 0)

    @property
    def _is_stopped(self) -> bool:
        """Whether the search was cancelled before it had looked at all pictures."""
        return not self._search.is_running and self._search.counts.done < self._search.counts.total

    def _status(self) -> str:
        search, counts = self._search, self._search.counts
        if search.query is None:
            return NO_QUERY
        if search.is_outdated:
            return "These hits are of another model or of other settings."
        if counts.done < counts.total:
            what = "Stopped after" if self._is_stopped else "Searched"
            return f"{what} {counts.done:,} of {format_count(counts.total, 'picture')}"
        explained = f"{counts.explained:,} of {format_count(counts.total, 'picture')} are explained"
        failed = f"{counts.failed:,} cannot be read" if counts.failed else ""
        return " · ".join(part for part in (explained, failed) if part)
