"""A line over a picture whose heat cannot be seen, because the colour range is much wider than its values."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from exclip_desktop.ui.widgets.notice_bar import paint_notice_ground

TEXT: Final = "This range is much wider than this map's values."
RESET: Final = "Use the map's own range"


class RangeWarning(QFrame):
    """The warning and its button; hidden at first.

    Signals:
        reset_requested(): the button was pressed.

    """

    reset_requested = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        text, button = QLabel(TEXT, wordWrap=True), QPushButton(RESET)
        button.clicked.connect(self.reset_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.addWidget(text, 1)
        row.addWidget(button)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Paint a ground like that of other messages."""
        paint_notice_ground(self, self.palette().color(QPalette.ColorRole.Highlight))
