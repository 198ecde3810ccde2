"""The dock with the open pair list, and its table model: thumbnails, captions and scores; a filter and an order."""

from typing import Any, Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import Arrangement, PairFigures, PairStatus, SortKey
from exclip_desktop.session.lists.list_explainer import ListExplainer
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.lists.thumbnails import Thumbnails
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE, ERROR_ROLE, Index, ThumbnailModel, make_rows_view

Role = Qt.ItemDataRole


class PairListModel(ThumbnailModel):
    """Rows are the pairs of ``navigation.order``; a thumbnail is requested when its row is painted."""

    def __init__(self, navigation: PairNavigation, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(thumbnails, parent=parent)
        self._navigation = navigation
        self._rows: dict[int, int] = {}
        navigation.order_changed.connect(self._update_rows)
        navigation.figures_changed.connect(self._on_figures_changed)
        navigation.figures_reloaded.connect(self._on_figures_renewed)
        self._update_rows()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of listed pairs."""
        return 0 if parent is not None and parent.isValid() else len(self._navigation.order)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a row."""
        place = self._navigation.order[index.row()]
        pair, figures = self._navigation.pairs[place], self._navigation.figures(place)
        if role == Role.DisplayRole:
            return pair.caption or "No caption"
        if role == Role.DecorationRole:
            return self.thumbnail(str(self._navigation.path(pair)), index.row())
        if role == BELOW_ROLE:
            return " · ".join(part for part in ("" if figures is None else _summary(figures), pair.label) if part)
        if role == ERROR_ROLE:
            return figures is not None and bool(figures.failure)
        if role in (Role.ToolTipRole, Role.AccessibleTextRole):
            return self._details(place)
        return None

    def row_of(self, place: int | None) -> int | None:
        """Return the row of the pair at a place of the list; None where the filter hides it."""
        return None if place is None else self._rows.get(place)

    def place_of(self, row: int) -> int:
        """Return the place of a row's pair in the list."""
        return self._navigation.order[row]

    def _details(self, place: int) -> str:
        pair, figures = self._navigation.pairs[place], self._navigation.figures(place)
        parts = [pair.caption or "No caption", pair.label, pair.picture]
        if figures is not None:
            parts.append(figures.failure or _figures_text(figures))
            if figures.share is not None:
                parts.append(f"{figures.share:.0%} of positive heat in the labelled regions")
        return "\n".join(part for part in parts if part)

    def _update_rows(self) -> None:
        self.beginResetModel()
        self._rows = {place: row for row, place in enumerate(self._navigation.order)}
        self.cancel_thumbnails()
        self.endResetModel()

    def _on_figures_renewed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))

    def _on_figures_changed(self, place: int) -> None:
        row = self._rows.get(place)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, 0))


def _summary(figures: PairFigures) -> str:
    text = "failed" if figures.failure else "" if figures.score is None else f"{figures.score:.3f}".replace("-", "−")
    return " · ".join(part for part in (text, figures.rating) if part)


def _figures_text(figures: PairFigures) -> str:
    if figures.score is None:
        return ""
    return f"score {figures.score:.4f}, residual {figures.residual:.1e}".replace("-", "−")


WIDTH_PX: Final = 260
REMOVE_KEYS: Final = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
FILTERS: Final[dict[str, PairStatus]] = {
    "All": "all",
    "Not explained": "open",
    "Explained": "explained",
    "Failed": "failed",
}
ORDERS: Final[dict[str, SortKey]] = {
    "List order": "list",
    "Score": "score",
    "Residual": "residual",
    "Share in label": "share",
    "Rating": "rating",
}


class PairListDock(QDockWidget):
    """Shows the open list.

    Signals:
        removal_requested(object): the removal of the pairs at these places was requested.

    """

    removal_requested = Signal(object)

    def __init__(
        self,
        navigation: PairNavigation,
        list_explainer: ListExplainer,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Pairs", parent)
        self.setObjectName("pairs")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea)
        self._navigation, self._list_explainer = navigation, list_explainer
        self._model = PairListModel(navigation, thumbnails, self)
        self.filter, self.shown, self.by = QLineEdit(), QComboBox(), QComboBox()
        self.turn, self.count, self.batch = QToolButton(), QLabel(), QPushButton()
        self.view = make_rows_view(self._model, "Pairs")
        self.view.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.view.installEventFilter(self)
        self._build()
        self._lay_out()
        for changed in (
            *(self.filter.textChanged, self.shown.currentIndexChanged, self.by.currentIndexChanged),
            self.turn.toggled,
        ):
            changed.connect(self._arrange)
        self.view.selectionModel().currentChanged.connect(self._on_row_changed)
        self.batch.clicked.connect(
            lambda: list_explainer.pause() if list_explainer.is_running else list_explainer.start()
        )
        list_explainer.changed.connect(self._show_batch)
        navigation.figures_changed.connect(self._show_batch)
        navigation.figures_reloaded.connect(self._show_batch)
        navigation.list_changed.connect(self._on_list_changed)
        navigation.order_changed.connect(self._on_order_changed)
        navigation.current_changed.connect(self._follow)
        self._on_list_changed()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the width the dock opens with."""
        return QSize(WIDTH_PX, 400)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Remove a project's pairs with Delete, before a shortcut of the window takes the key."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if event.type() not in kinds or not isinstance(event, QKeyEvent) or event.key() not in REMOVE_KEYS:
            return super().eventFilter(watched, event)
        places = self.selected_places
        if not places or not self._navigation.is_project_list:
            return super().eventFilter(watched, event)
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            self.removal_requested.emit(places)
        return True

    @property
    def selected_places(self) -> list[int]:
        """Places of the selected pairs."""
        rows = sorted({index.row() for index in self.view.selectionModel().selectedIndexes()})
        return [self._model.place_of(row) for row in rows]

    def _build(self) -> None:
        self.filter.setPlaceholderText("Filter by caption, label or file")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter pairs")
        self.shown.addItems(list(FILTERS))
        self.shown.setAccessibleName("Filter pairs by state")
        self.by.addItems(list(ORDERS))
        self.by.setAccessibleName("Order of pairs")
        self.turn.setText("↓")
        self.turn.setCheckable(True)
        self.turn.setToolTip("Largest first")
        self.turn.setAccessibleName("Largest first")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.shown, 1)
        row.addWidget(self.by, 1)
        row.addWidget(self.turn)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 0, 6)
        column.addWidget(self.filter)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.batch)
        column.addLayout(foot)
        self.setWidget(inside)

    @property
    def _arrangement(self) -> Arrangement:
        return Arrangement(
            self.filter.text(),
            FILTERS[self.shown.currentText()],
            ORDERS[self.by.currentText()],
            self.turn.isChecked(),
        )

    def _arrange(self) -> None:
        self._navigation.arrange(self._arrangement)

    def _on_order_changed(self) -> None:
        """Show the arrangement in the fields: a project may have restored it."""
        arrangement = self._navigation.arrangement
        if arrangement != self._arrangement:
            fields = self.filter, self.shown, self.by, self.turn
            for field in fields:
                field.blockSignals(True)
            self.filter.setText(arrangement.holding)
            self.shown.setCurrentIndex(list(FILTERS.values()).index(arrangement.shown))
            self.by.setCurrentIndex(list(ORDERS.values()).index(arrangement.by))
            self.turn.setChecked(arrangement.descending)
            for field in fields:
                field.blockSignals(False)
        self.turn.setText("↑" if arrangement.descending else "↓")
        self._follow()

    def _on_list_changed(self) -> None:
        self._follow()

    def _follow(self) -> None:
        """Select the pair on screen, and show its position."""
        navigation, rows = self._navigation, self.view.selectionModel()
        row = self._model.row_of(navigation.current)
        index = self._model.index(-1 if row is None else row, 0)
        if index != rows.currentIndex():  # otherwise more rows may be selected around it
            rows.blockSignals(True)  # the pair is on screen already
            rows.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            rows.blockSignals(False)
        if row is not None:
            self.view.scrollTo(index)
        self.view.viewport().update()
        at = (
            f"{row + 1:,} of {len(navigation.order):,}"
            if row is not None
            else format_count(len(navigation.order), "pair")
        )
        whole = len(navigation.pairs)
        self._show_batch()
        self.count.setText(at if len(navigation.order) == whole else f"{at}; {whole:,} in the list")

    def _show_batch(self) -> None:
        running = self._list_explainer.is_running
        self.batch.setText("Pause" if running else "Explain all")
        self.batch.setEnabled(running or self._list_explainer.has_remaining)
        self.batch.setToolTip(
            "Pause; it can be resumed later" if running else "Explain all pairs that are not explained yet"
        )

    def _on_row_changed(self, index: Index) -> None:
        if index.isValid():
            place = self._model.place_of(index.row())
            if place != self._navigation.current:
                self._navigation.show(place)
