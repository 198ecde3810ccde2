"""Scroll area of the token strip: as high as its lines need, up to a limit."""

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from exclip_desktop.ui.caption.token_strip import TokenStrip

HIGHEST_PX: Final = 136


class StripArea(QScrollArea):
    """Scrolls a token strip, and follows its keyboard cursor."""

    def __init__(self, strip: TokenStrip, parent: QWidget | None = None) -> None:
        """Take over ``strip``."""
        super().__init__(parent)
        self._strip = strip
        self.setWidget(strip)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        strip.cursor_moved.connect(lambda top, bottom: self.ensureVisible(0, (top + bottom) // 2))

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the height of all lines, up to the limit."""
        return QSize(480, min(HIGHEST_PX, self._strip.heightForWidth(max(self.viewport().width(), 160))))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the size hint's height: Qt would reserve room for scroll bars below a single line."""
        return QSize(self._strip.minimumSizeHint().width(), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Update the geometry when the lines break elsewhere."""
        super().resizeEvent(event)
        self.updateGeometry()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Update the geometry when the strip's own has changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().viewportEvent(event)
