"""The list of a picture's parts: number in its colour, words, share; selected like boxes, previewed under the mouse."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from exclip_desktop.core.maths.picture_parts import suitable_words
from exclip_desktop.core.text.number_format import format_count, format_percent, format_signed
from exclip_desktop.session.parts.shown_parts import ShownPart
from exclip_desktop.ui.canvas.parts_item import part_colour, part_ink
from exclip_desktop.ui.widgets.labels import wrap_tooltip

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
PAD: Final = 4
WORDS: Final = 3
NAMES: Final = 5
NO_WORDS: Final = "no word of the caption"


def describe_words(part: ShownPart) -> str:
    """Return the best words of the caption for a part."""
    return ", ".join(word.word for word in suitable_words(part.values.words)[:WORDS]) or NO_WORDS


def describe_names(part: ShownPart) -> str:
    """Return the best words of the vocabulary for a part; empty without any."""
    return ", ".join(word.word for word in part.names[:NAMES])


def describe_part(place: int, part: ShownPart) -> str:
    """Return a part in words, for tooltips and screen readers."""
    lines = [
        f"Part {place + 1}: {format_percent(part.part.share)} of the picture's embedding, "
        f"{format_count(part.part.size, 'patch', 'patches')}.",
        f"Its value for the caption: {format_signed(part.values.value)}.",
        f"Words of the caption: {describe_words(part)}.",
    ]
    return " ".join([*lines, f"Words of the vocabulary: {describe_names(part)}."] if part.names else lines)


class PartsModel(QAbstractListModel):
    """The parts on screen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.parts: tuple[ShownPart, ...] = ()

    def show(self, parts: tuple[ShownPart, ...]) -> None:
        """Show other parts; with as many as before, the rows stay."""
        before, self.parts = self.parts, parts
        if len(before) != len(parts):
            self.beginResetModel()
            self.endResetModel()
        elif parts:
            self.dataChanged.emit(self.index(0), self.index(len(parts) - 1))

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802  Qt's name
        """Return the number of parts."""
        return 0 if parent is not None and parent.isValid() else len(self.parts)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return the data of a row."""
        if not index.isValid() or index.row() >= len(self.parts):
            return None
        part = self.parts[index.row()]
        if role == Role.DisplayRole:
            return describe_words(part)
        if role == Role.ToolTipRole:
            return wrap_tooltip(describe_part(index.row(), part))
        if role == Role.AccessibleTextRole:
            return describe_part(index.row(), part)
        return None


class _PartDelegate(QStyledItemDelegate):
    """Paints a row: the number, the caption's words and the share, and below them the vocabulary's words."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        model = index.model()
        assert isinstance(model, PartsModel)
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style() if option.widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        part, metrics, area = model.parts[index.row()], QFontMetrics(option.font), QRectF(option.rect)
        area = area.adjusted(PAD, PAD / 2, -PAD, -PAD / 2)
        line = metrics.height()
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ink = QPalette.ColorRole.HighlightedText if is_selected else QPalette.ColorRole.Text
        faint = ink if is_selected else QPalette.ColorRole.PlaceholderText
        painter.save()
        badge = QRectF(area.left(), area.top(), metrics.horizontalAdvance("12") + 2 * PAD, line)
        painter.setBrush(part_colour(index.row()))
        painter.setPen(option.palette.color(ink))
        painter.drawRoundedRect(badge.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(part_ink(index.row()))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(index.row() + 1))
        share = format_percent(part.part.share)
        right, left = metrics.horizontalAdvance(share), badge.right() + 2 * PAD
        painter.setPen(option.palette.color(ink))
        where = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(area.right() - right, area.top(), right, line), where, share)
        room = area.right() - right - 2 * PAD - left
        text = metrics.elidedText(describe_words(part), Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, area.top(), room, line), where, text)
        painter.setPen(option.palette.color(faint))
        room = area.right() - left
        text = metrics.elidedText(describe_names(part), Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, area.top() + line, room, line), where, text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802  Qt's name
        """Return the size of two lines."""
        return QSize(0, 2 * option.fontMetrics.height() + PAD)


class PartsList(QListView):
    """The parts.

    Signals:
        selected(places): other rows were selected by a person.
        hovered(place): the mouse entered a row, or left all (None).

    """

    selected = Signal(object)
    hovered = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = PartsModel(self)
        self._shows = False
        self.setModel(self._model)
        self.setItemDelegate(_PartDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setMouseTracking(True)
        self.setAccessibleName("Parts of the picture")
        self.entered.connect(lambda index: self.hovered.emit(index.row()))
        self.viewportEntered.connect(lambda: self.hovered.emit(None))
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)

    def show_parts(self, parts: tuple[ShownPart, ...], places: Sequence[int]) -> None:
        """Show parts, of which those at ``places`` are selected."""
        self._shows = True  # only a person selects
        if parts != self._model.parts:
            self._model.show(parts)
        chosen, model = QItemSelection(), self.selectionModel()
        for place in places:
            chosen.select(self._model.index(place), self._model.index(place))
        model.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._shows = False

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """End the preview."""
        super().leaveEvent(event)
        self.hovered.emit(None)

    def _on_selection_changed(self) -> None:
        if not self._shows:
            self.selected.emit(tuple(sorted(index.row() for index in self.selectionModel().selectedIndexes())))
