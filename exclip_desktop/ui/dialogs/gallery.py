"""The Samples dialog: the sample pictures that ship with the program."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImageReader, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.storage.samples import Sample, load_samples
from exclip_desktop.ui.theme import blend_colours, error_colour
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper, resize_within_screen

OPENS_AT_PX: Final = (964, 570)
THUMB_PX: Final = 132
PAD_PX: Final = 10
CAPTION_LINES: Final = 5
WRONG_LABELS: Final = {"colour": "Wrong colour", "side": "Wrong side", "object": "Wrong object"}
WRONG_ROLE: Final = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class Gallery(QDialog):
    """Shows the samples with their captions; a label names the wrong part of a caption.

    Signals:
        sample_chosen(int): a sample was chosen; its index in ``storage.samples.load_samples()``. The dialog closes.
    """

    sample_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Samples")
        resize_within_screen(self, *OPENS_AT_PX)
        ScreenKeeper(self)
        self._list = QListWidget()
        self._list.setAccessibleName("Sample pictures")
        self._list.setViewMode(QListWidget.ViewMode.IconMode)
        self._list.setMovement(QListWidget.Movement.Static)
        self._list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self._list.setItemDelegate(_CardDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setMouseTracking(True)
        for sample in load_samples():
            self._list.addItem(self._item(sample))
        self._list.setCurrentRow(0)
        # Enter and a double click both activate; were Open the default button, Enter would choose twice.
        self._list.itemActivated.connect(self._on_item_activated)
        self._lay_out()
        self._list.setFocus()

    def _lay_out(self) -> None:
        note = QLabel("Some captions are partly wrong, to show how the model reacts.")
        note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        open_button = buttons.addButton("&Open", QDialogButtonBox.ButtonRole.ActionRole)
        open_button.clicked.connect(lambda: self._on_item_activated(self._list.currentItem()))
        for button in buttons.buttons():
            button.setProperty("autoDefault", False)
        column = QVBoxLayout(self)
        column.addWidget(note)
        column.addWidget(self._list, 1)
        column.addWidget(buttons)

    def _item(self, sample: Sample) -> QListWidgetItem:
        wrong = WRONG_LABELS.get(sample.wrong, "")
        item = QListWidgetItem(sample.caption)
        item.setData(Qt.ItemDataRole.DecorationRole, _thumbnail(sample, self.devicePixelRatioF()))
        item.setData(WRONG_ROLE, wrong)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{sample.caption}. {wrong}." if wrong else sample.caption)
        item.setToolTip(sample.caption)
        return item

    def _on_item_activated(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.sample_chosen.emit(self._list.row(item))
            self.accept()


def _thumbnail(sample: Sample, ratio: float) -> QPixmap:
    """Return the picture, ``THUMB_PX`` logical pixels along its longer side, for a device pixel ratio."""
    reader = QImageReader(str(sample.path))
    side_px = round(THUMB_PX * ratio)
    reader.setScaledSize(reader.size().scaled(side_px, side_px, Qt.AspectRatioMode.KeepAspectRatio))
    thumbnail = QPixmap.fromImageReader(reader)
    thumbnail.setDevicePixelRatio(ratio)
    return thumbnail


class _CardDelegate(QStyledItemDelegate):
    """Draws a sample as a card: the picture with its label, the caption below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802  Qt's name
        """Return a card's size, the same for all."""
        return QSize(THUMB_PX + 2 * PAD_PX, THUMB_PX + 3 * PAD_PX + CAPTION_LINES * option.fontMetrics.lineSpacing())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the card."""
        painter.save()
        self._paint_ground(painter, option)
        area = option.rect.adjusted(PAD_PX, PAD_PX, -PAD_PX, -PAD_PX)
        picture: QPixmap = index.data(Qt.ItemDataRole.DecorationRole)
        painter.drawPixmap(area.topLeft(), picture)
        words = QRect(area.left(), area.top() + THUMB_PX + PAD_PX, area.width(), area.height() - THUMB_PX - PAD_PX)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(role))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(words, int(flags), index.data(Qt.ItemDataRole.DisplayRole))
        if index.data(WRONG_ROLE):
            self._paint_wrong(painter, option, area, index.data(WRONG_ROLE))
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        highlight, base = option.palette.highlight().color(), option.palette.base().color()
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(highlight)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(blend_colours(highlight, base, 0.15))
        else:
            return
        painter.drawRoundedRect(option.rect.adjusted(2, 2, -2, -2), 6, 6)

    def _paint_wrong(self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, text: str) -> None:
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        room = painter.fontMetrics().boundingRect(text).size() + QSize(14, 6)
        label = QRect(area.left() + 6, area.top() + 6, room.width(), room.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(option.palette.window())
        painter.drawRoundedRect(label, 4, 4)
        painter.setPen(error_colour(option.palette))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
