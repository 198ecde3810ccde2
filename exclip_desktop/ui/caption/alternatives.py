"""The list of other captions with their scores, and a field to add one."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.session.state import State
from exclip_desktop.ui.caption.alternatives_model import BAR_ROLE, AlternativeColumn, AlternativesModel, Index

TITLE: Final = "Other captions"
LINES: Final = 5  # a longer list scrolls
MEASURED_ROWS: Final = 64  # for the widths of columns: a picture may have hundreds of captions
BAR_PX, PAD_PX = 64, 8
BAR_OPACITY: Final = 0.5
NARROW_PX: Final = 440  # below it, difference and share are hidden
CROSS_PX: Final = 3.5  # half of the cross's side


class CaptionAlternativesList(QWidget):
    """A list of captions for the picture under a heading that collapses it.

    Signals:
        caption_added(str): a caption was typed, without surrounding spaces.
        caption_removed(int): an entry should be removed: its index in ``state.alternatives``.
        caption_chosen(str): an entry should become the caption.
    """

    caption_added = Signal(str)
    caption_removed = Signal(int)
    caption_chosen = Signal(str)

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._model = AlternativesModel(self)
        self._toggle = QToolButton()
        self._table = QTableView()
        self._editor = QLineEdit()
        self._body = QWidget()
        self._build()
        self._toggle.clicked.connect(lambda: self.set_open(not self.is_open))
        self._table.clicked.connect(self._on_clicked)
        self._table.installEventFilter(self)
        self._editor.returnPressed.connect(self._on_return_pressed)
        state.alternatives_changed.connect(self._on_alternatives_changed)
        state.caption_changed.connect(self._on_alternatives_changed)
        self.set_open(False)
        self._on_alternatives_changed()

    @property
    def is_open(self) -> bool:
        """Whether the list is expanded."""
        return not self._body.isHidden()

    def set_open(self, is_open: bool) -> None:
        """Expand or collapse the list."""
        self._body.setVisible(is_open)
        self._toggle.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._toggle.setAccessibleDescription("Unfolded" if is_open else "Folded")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the room to the captions where it is narrow."""
        super().resizeEvent(event)
        for column in (AlternativeColumn.GAP, AlternativeColumn.SHARE):
            self._table.setColumnHidden(column, self.width() < NARROW_PX)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Choose with Return and remove with Delete, before a shortcut of the window takes the key."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if watched is not self._table or event.type() not in kinds or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        act = {
            Qt.Key.Key_Return: self._choose,
            Qt.Key.Key_Enter: self._choose,
            Qt.Key.Key_Delete: self._remove,
            Qt.Key.Key_Backspace: self._remove,
        }.get(Qt.Key(event.key()))
        row = self._table.currentIndex().row()
        if act is None or row < 0:
            return super().eventFilter(watched, event)
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            act(row)
        return True

    def _build(self) -> None:
        self._toggle.setAutoRaise(True)
        self._toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._toggle.setAccessibleName(TITLE)
        self._toggle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._editor.setPlaceholderText("Add a caption")
        self._editor.setAccessibleName("Add a caption")
        self._editor.setClearButtonEnabled(True)
        self._build_table()
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._table)
        inside.addWidget(self._editor)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._toggle, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._body)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def _build_table(self) -> None:
        table = self._table
        table.setModel(self._model)
        table.setAccessibleName(TITLE)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setItemDelegateForColumn(AlternativeColumn.SCORE, _ScoreBar(table))
        table.setItemDelegateForColumn(AlternativeColumn.REMOVE, _Cross(table))
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + PAD_PX)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(2 * PAD_PX)
        header.setResizeContentsPrecision(MEASURED_ROWS)
        for column in AlternativeColumn:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(AlternativeColumn.CAPTION, QHeaderView.ResizeMode.Stretch)

    def _on_alternatives_changed(self) -> None:
        model, table = self._model, self._table
        current = table.currentIndex().row()
        held = model.entries[current][1].caption if 0 <= current < len(model.entries) else None
        model.show(self._state.alternatives, self._state.caption)
        row = None if held is None else model.row_of(held)
        if row is not None:
            table.setCurrentIndex(model.index(row, AlternativeColumn.CAPTION))
        elif held is not None and model.entries:  # it was removed: select its neighbour
            table.setCurrentIndex(model.index(min(current, len(model.entries) - 1), AlternativeColumn.CAPTION))
        count = len(model.entries)
        self._toggle.setText(f"{TITLE} ({count})" if count else TITLE)
        table.setVisible(count > 0)
        lines = min(count, LINES) * table.verticalHeader().defaultSectionSize()
        table.setFixedHeight(table.horizontalHeader().sizeHint().height() + lines + 2 * table.frameWidth())

    def _on_clicked(self, index: Index) -> None:
        if index.column() == AlternativeColumn.REMOVE:
            self._remove(index.row())
        else:
            self._choose(index.row())

    def _on_return_pressed(self) -> None:
        caption = " ".join(self._editor.text().split())
        self._editor.clear()
        row = self._model.row_of(caption)
        if row is not None:
            self._table.setCurrentIndex(self._model.index(row, AlternativeColumn.CAPTION))
        elif caption:
            self.caption_added.emit(caption)

    def _choose(self, row: int) -> None:
        if not self._model.is_own(row):
            self.caption_chosen.emit(self._model.entries[row][1].caption)

    def _remove(self, row: int) -> None:
        if not self._model.is_own(row):
            self.caption_removed.emit(self._model.entries[row][0])


class _ScoreBar(QStyledItemDelegate):
    """Draws a bar for the score's magnitude, hollow if it is negative, and the number next to it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell."""
        colour = _paint_ground(painter, option, index, self)
        rect, bar = option.rect, index.data(BAR_ROLE)
        painter.save()
        painter.setPen(colour)
        font = index.data(Qt.ItemDataRole.FontRole)
        if font is not None:
            painter.setFont(font)
        number_rect = rect.adjusted(2 * PAD_PX + BAR_PX, 0, 0, 0)
        painter.drawText(number_rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        if bar is not None:
            length = max(round(abs(bar) * BAR_PX), 1)
            at = QRectF(rect.left() + PAD_PX, rect.center().y() - 3, length, 7)
            painter.setOpacity(BAR_OPACITY)
            if bar >= 0:
                painter.fillRect(at, colour)
            else:
                painter.drawRect(at.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return room for bar and number."""
        number = option.fontMetrics.horizontalAdvance("−0.000000")
        return QSize(BAR_PX + 3 * PAD_PX + number, option.fontMetrics.height())


class _Cross(QStyledItemDelegate):
    """Draws a cross in rows that can be removed."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell."""
        colour = _paint_ground(painter, option, index, self)
        if not index.data():
            return
        centre = QRectF(option.rect).center()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.5))
        for slope in (-1, 1):
            arm = QPointF(CROSS_PX, slope * CROSS_PX)
            painter.drawLine(centre - arm, centre + arm)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return a square."""
        side = option.fontMetrics.height() + PAD_PX
        return QSize(side, side)


def _paint_ground(
    painter: QPainter, option: QStyleOptionViewItem, index: Index, delegate: QStyledItemDelegate
) -> QColor:
    """Paint a cell in the style, without its text; return the text colour."""
    ground = QStyleOptionViewItem(option)
    delegate.initStyleOption(ground, index)
    ground.text = ""
    style = ground.widget.style() if ground.widget is not None else QApplication.style()
    style.drawControl(QStyle.ControlElement.CE_ItemViewItem, ground, painter, ground.widget)
    selected = bool(ground.state & QStyle.StateFlag.State_Selected)
    return ground.palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
