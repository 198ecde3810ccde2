"""The open list beside the picture: thumbnails, captions and scores; a filter, an order, and what is known."""

from typing import Final

from PySide6.QtCore import QItemSelectionModel, QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.session.batching import Batching
from exclip_desktop.session.thumbnails import Thumbnails
from exclip_desktop.session.walking import Walking
from exclip_desktop.ui.pairs_model import PairsModel
from exclip_desktop.ui.rows import Index, rows_of

WIDTH_PX: Final = 260
SHOWN: Final = {"All": "all", "Not looked at": "open", "Explained": "explained", "Failed": "failed"}
ORDERS: Final = {
    "List order": "list",
    "Score": "score",
    "Residual": "residual",
    "Share in label": "share",
    "Rating": "rating",
}


class PairsDock(QDockWidget):
    """Shows the list that is open; hidden while there is none."""

    def __init__(
        self, walking: Walking, batching: Batching, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__("Pairs", parent)
        self.setObjectName("pairs")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea)
        self._walking, self._batching = walking, batching
        self._model = PairsModel(walking, thumbnails, self)
        self.filter, self.shown, self.by = QLineEdit(), QComboBox(), QComboBox()
        self.turn, self.count, self.batch = QToolButton(), QLabel(), QPushButton()
        self.view = rows_of(self._model, "Pairs")
        self._build()
        self._lay_out()
        self.filter.textChanged.connect(self._filter)
        self.shown.currentIndexChanged.connect(self._filter)
        self.by.currentIndexChanged.connect(self._sort)
        self.turn.toggled.connect(self._sort)
        self.view.selectionModel().currentChanged.connect(self._on_row_changed)
        self.batch.clicked.connect(lambda: batching.pause() if batching.running else batching.start())
        batching.changed.connect(self._show_batch)
        walking.figures_changed.connect(self._show_batch)
        walking.list_changed.connect(self._on_list_changed)
        walking.order_changed.connect(self._follow)
        walking.current_changed.connect(self._follow)
        self._on_list_changed()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the width the dock opens with."""
        return QSize(WIDTH_PX, 400)

    def _build(self) -> None:
        self.filter.setPlaceholderText("Filter by caption, label or file")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName("Filter pairs")
        self.shown.addItems(list(SHOWN))
        self.shown.setAccessibleName("Which pairs are shown")
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

    def _filter(self) -> None:
        self._walking.filter(self.filter.text(), SHOWN[self.shown.currentText()])  # type: ignore[arg-type]

    def _sort(self) -> None:
        descending = self.turn.isChecked()
        self.turn.setText("↑" if descending else "↓")
        self._walking.sort(ORDERS[self.by.currentText()], descending=descending)  # type: ignore[arg-type]

    def _on_list_changed(self) -> None:
        self.setVisible(bool(self._walking.pairs))
        self._follow()

    def _follow(self) -> None:
        """Mark the pair on screen, and say where it is."""
        walking, rows = self._walking, self.view.selectionModel()
        row = self._model.row_of(walking.current)
        index = self._model.index(-1 if row is None else row)
        rows.blockSignals(True)  # it was shown already
        rows.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        rows.blockSignals(False)
        if row is not None:
            self.view.scrollTo(index)
        self.view.viewport().update()
        at = f"{row + 1:,} of {len(walking.order):,}" if row is not None else f"{len(walking.order):,} pairs"
        whole = len(walking.pairs)
        self._show_batch()
        self.count.setText(at if len(walking.order) == whole else f"{at}; {whole:,} in the list")

    def _show_batch(self) -> None:
        running = self._batching.running
        self.batch.setText("Pause" if running else "Explain all")
        self.batch.setEnabled(running or self._batching.has_left)
        self.batch.setToolTip("Go on later" if running else "Explain every pair shown that is not explained yet")

    def _on_row_changed(self, index: Index) -> None:
        if index.isValid():
            place = self._model.place_of(index.row())
            if place != self._walking.current:
                self._walking.show(place)
