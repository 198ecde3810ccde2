"""A frame around the widget that the keyboard has reached, where the style draws none."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QSlider,
    QTabBar,
    QWidget,
)
from shiboken6 import isValid

from exclip_desktop.ui.outlined_style import FOCUS, FOCUS_PX
from exclip_desktop.ui.theme import is_dark

DRAWN_BY_STYLE: Final = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QSlider, QTabBar)


class FocusRing(QWidget):
    """Covers the edge of ``framed``, whose child it is; the mouse does not notice it."""

    def __init__(self, framed: QWidget) -> None:
        super().__init__(framed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        framed.installEventFilter(self)
        self._cover(framed)
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Follow the size of the framed widget."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._cover(watched)
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(FOCUS[is_dark(self.palette())]), FOCUS_PX))
        inset = FOCUS_PX / 2
        painter.drawRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset))

    def _cover(self, framed: QWidget) -> None:
        self.setGeometry(framed.rect())
        edge = round(FOCUS_PX)
        inner = framed.rect().adjusted(edge, edge, -edge, -edge)
        self.setMask(QRegion(framed.rect()).subtracted(QRegion(inner)))  # what it covers is not drawn twice


class FocusRings(QObject):
    """Puts a ring on the widget that gets the focus by Tab; it goes with the focus."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._ring: FocusRing | None = None
        app.focusChanged.connect(self._on_focus_changed)

    def end(self) -> None:
        """Put no more rings on widgets."""
        self._app.focusChanged.disconnect(self._on_focus_changed)
        self.deleteLater()

    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        self._ring = None
        if now is None:
            return
        # Qt sets the attribute at each press of Tab or an arrow key, and never resets it.
        by_key = now.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        now.window().setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange, False)
        is_clicked = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if by_key and not is_clicked and not isinstance(now, DRAWN_BY_STYLE):
            self._ring = FocusRing(now)
