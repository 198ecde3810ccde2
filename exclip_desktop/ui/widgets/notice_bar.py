"""A bar below the toolbar: one sentence with buttons, which waits until a person answers or closes it."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QWidget

from exclip_desktop.ui.theme import ThemedIcons, blend_colours, pixmap
from exclip_desktop.ui.widgets.labels import ClampedLabel

ICON_PX: Final = 20
STRIPE_PX: Final = 4
TINT: Final = 0.12
LINE_TINT: Final = 0.45
LINES: Final = 4  # in a narrow window; a bar is as high as its text


class NoticeBar(QFrame):
    """Offers something without interrupting: hidden until ``show_message``, and again after a button or Esc.

    The window lays several of them out below each other; each belongs to one topic.

    Signals:
        answered(str): a button was pressed; its key. The bar is hidden.
        closed(): the close button or Esc was pressed. The bar is hidden.
    """

    answered = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icon, self._message = QLabel(), ClampedLabel(LINES)
        self._message.setObjectName("noticeMessage")
        self._close = QToolButton(autoRaise=True)
        self._close.setToolTip("Close")
        self._close.setAccessibleName("Close the message")
        self._close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._close.clicked.connect(self._on_close_clicked)
        ThemedIcons(self).add(self._close, "close")
        self._buttons = QHBoxLayout()
        row = QHBoxLayout(self)
        row.setContentsMargins(STRIPE_PX + 10, 4, 8, 4)
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addWidget(self._message, 1)
        row.addLayout(self._buttons)
        row.addWidget(self._close)
        self.hide()

    def show_message(
        self,
        text: str,
        buttons: Mapping[str, str],
        tips: Mapping[str, str] | None = None,
        menus: Mapping[str, QMenu] | None = None,
    ) -> None:
        """Show ``text`` with ``buttons``: key → label; ``tips``: key → tooltip; ``menus``: key → what it opens."""
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for key, label in buttons.items():
            button = QPushButton(label)
            button.setObjectName(key)
            button.setToolTip((tips or {}).get(key, ""))
            if menus is not None and key in menus:
                button.setMenu(menus[key])
            else:
                button.clicked.connect(lambda _=False, key=key: self._on_button_clicked(key))
            self._buttons.addWidget(button)
        self._message.show_text(text)
        self._message.setToolTip(text)
        self.setAccessibleName(f"Note: {text}")
        self._show_icon()
        self.show()

    def event(self, event: QEvent) -> bool:
        """Claim Esc before the window's shortcut takes it; follow changes of the palette."""
        if event.type() == QEvent.Type.ShortcutOverride and is_escape(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self._show_icon()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  Qt's name
        """Close on Esc while the focus is in the bar."""
        if is_escape(event):
            self._on_close_clicked()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Paint a tinted ground, a stripe in the highlight colour, and the focus."""
        paint_notice_ground(self, self.palette().highlight().color())

    def _on_button_clicked(self, key: str) -> None:
        self.hide()
        self.answered.emit(key)

    def _on_close_clicked(self) -> None:
        self.hide()
        self.closed.emit()

    def _show_icon(self) -> None:
        accent = self.palette().highlight().color()
        self._icon.setPixmap(pixmap("note", ICON_PX, accent, self.devicePixelRatioF()))


def paint_notice_ground(widget: QWidget, accent: QColor) -> None:
    """Paint a message's ground: a tint and a stripe of ``accent``, and a frame where it has the focus."""
    ground = widget.palette().window().color()
    painter = QPainter(widget)
    painter.fillRect(widget.rect(), blend_colours(accent, ground, TINT))
    painter.fillRect(0, 0, STRIPE_PX, widget.height(), accent)
    painter.setPen(blend_colours(accent, ground, LINE_TINT))
    painter.drawLine(0, widget.height() - 1, widget.width(), widget.height() - 1)
    if widget.hasFocus():
        painter.setPen(accent)
        painter.drawRect(widget.rect().adjusted(0, 0, -1, -1))
    painter.end()


def is_escape(event: QEvent) -> bool:
    """Return whether an event is about the Esc key."""
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
