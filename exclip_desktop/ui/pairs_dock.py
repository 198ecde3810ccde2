"""The open list beside the picture: thumbnails, captions and scores; a filter, an order, and what is known."""

from typing import Final

from PySide6.QtCore import QItemSelectionModel, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.session.thumbnails import Thumbnails
from exclip_desktop.session.walking import Walking
from exclip_desktop.ui.pairs_model import FAILED_ROLE, SCORE_ROLE, Index, PairsModel
from exclip_desktop.ui.theme import blended, trouble_colour

THUMB_PX: Final = 64
PAD_PX: Final = 6
LINES: Final = 2
LONGEST: Final = 200  # letters; no line holds more
WIDTH_PX: Final = 260
SHOWN: Final = {"All": "all", "Not looked at": "open", "Explained": "explained", "Failed": "failed"}
ORDERS: Final = {"List order": "list", "Score": "score", "Residual": "residual", "Share in label": "share"}


class PairsDock(QDockWidget):
    """Shows the list that is open; hidden while there is none."""

    def __init__(self, walking: Walking, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__("Pairs", parent)
        self.setObjectName("pairs")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea)
        self._walking = walking
        self._model = PairsModel(walking, thumbnails, self)
        self.filter, self.shown, self.by = QLineEdit(), QComboBox(), QComboBox()
        self.turn, self.count, self.view = QToolButton(), QLabel(), QTableView()
        self._build()
        self._lay_out()
        self.filter.textChanged.connect(self._filter)
        self.shown.currentIndexChanged.connect(self._filter)
        self.by.currentIndexChanged.connect(self._sort)
        self.turn.toggled.connect(self._sort)
        self.view.selectionModel().currentChanged.connect(self._on_row_changed)
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
        view = self.view
        view.setModel(self._model)
        view.setItemDelegate(_RowDelegate(view))
        # A table, for it takes a hundred thousand rows at once; Qt's lists need half a second to lay them out.
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(THUMB_PX + 2 * PAD_PX)
        view.horizontalHeader().hide()
        view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setMouseTracking(True)
        view.setAccessibleName("Pairs")
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

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
        column.addWidget(self.count)
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
        self.count.setText(at if len(walking.order) == whole else f"{at}; {whole:,} in the list")

    def _on_row_changed(self, index: Index) -> None:
        if index.isValid():
            place = self._model.place_of(index.row())
            if place != self._walking.current:
                self._walking.show(place)


class _RowDelegate(QStyledItemDelegate):
    """Draws a pair: thumbnail, two lines of its caption, and its score, or that it failed."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row."""
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        if selected:
            painter.fillRect(option.rect, palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, blended(palette.highlight().color(), palette.base().color(), 0.15))
        area = option.rect.adjusted(PAD_PX, PAD_PX, -PAD_PX, -PAD_PX)
        self._paint_thumbnail(painter, option, index.data(Qt.ItemDataRole.DecorationRole))
        words = area.adjusted(THUMB_PX + PAD_PX, 0, 0, 0)
        ink = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        painter.setPen(ink)
        _paint_lines(painter, words, index.data())
        failed = index.data(FAILED_ROLE)
        if failed and not selected:
            painter.setPen(trouble_colour(palette))
        told = "failed" if failed else index.data(SCORE_ROLE)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft), told)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, option: QStyleOptionViewItem, image: QImage | None) -> None:
        place = QRect(option.rect.left() + PAD_PX, option.rect.top() + PAD_PX, THUMB_PX, THUMB_PX)
        if image is None or image.isNull():
            painter.fillRect(place, blended(option.palette.text().color(), option.palette.base().color(), 0.08))
            return
        size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        at = QRect(place.topLeft(), size)
        at.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(at, image)


def _paint_lines(painter: QPainter, place: QRect, text: str) -> None:
    """Write at most ``LINES`` lines at the top of ``place``; the last is cut where there is more."""
    metrics, left = painter.fontMetrics(), " ".join(text.split())
    for line in range(LINES):
        shown = left if line == LINES - 1 else _fitting(metrics, left, place.width())
        cut = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place.left(), place.top() + metrics.ascent() + line * metrics.lineSpacing(), cut)
        left = left[len(shown) :].lstrip()


def _fitting(metrics: QFontMetrics, text: str, width: int) -> str:
    """Return the words of ``text`` that fit into a line, at least one."""
    words = text[:LONGEST].split(" ")
    while len(words) > 1 and metrics.horizontalAdvance(" ".join(words)) > width:
        words.pop()
    return " ".join(words)
