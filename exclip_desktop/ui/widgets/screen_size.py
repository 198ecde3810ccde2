"""Keeps windows on the screens that exist: first sizes, and sizes and positions that were saved on other screens."""

from typing import Final

from PySide6.QtCore import QEvent, QMargins, QObject, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle, QWidget

TITLE_PX: Final = 40
"""Room for a title bar whose height is not known before the window is on screen; GNOME's has 37."""


def room_for(window: QWidget) -> QSize:
    """Return the largest size of a window on its screen, without the screen's panels and a title bar."""
    title_px = max(window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight), TITLE_PX)
    return window.screen().availableGeometry().size() - QSize(0, title_px)


def resize_within_screen(window: QWidget, width_px: int, height_px: int) -> None:
    """Resize a window that is not shown yet, at most to the screen without its panels and a title bar.

    A minimum size larger than that is reduced to it.
    """
    room = room_for(window)
    window.setMinimumSize(window.minimumSize().boundedTo(room))
    window.resize(QSize(width_px, height_px).boundedTo(room))


def place_within(frame: QRect, areas: list[QRect]) -> QRect:
    """Return ``frame`` within one of the screens' areas: that with the most of it, or the first if none has any.

    A frame larger than the area is shrunk to it, one that sticks out is moved.
    """
    overlaps = [area.intersected(frame) for area in areas]
    area = areas[max(range(len(areas)), key=lambda i: overlaps[i].width() * overlaps[i].height())]
    size = frame.size().boundedTo(area.size())
    left = min(max(frame.left(), area.left()), area.right() - size.width() + 1)
    top = min(max(frame.top(), area.top()), area.bottom() - size.height() + 1)
    return QRect(left, top, size.width(), size.height())


def keep_on_screen(window: QWidget, has_frame: bool = False) -> None:
    """Move and shrink a window with its frame into a screen that exists now; not a maximised or minimised one.

    Without ``has_frame``, room is left for a title bar that the window does not have yet.
    """
    if window.isMaximized() or window.isFullScreen() or window.isMinimized():
        return
    inside, frame = window.geometry(), window.frameGeometry()
    margins = QMargins(
        inside.left() - frame.left(),
        inside.top() - frame.top(),
        frame.right() - inside.right(),
        frame.bottom() - inside.bottom(),
    )
    if margins.isNull() and not has_frame:
        margins.setTop(TITLE_PX)
    wanted = inside.marginsAdded(margins)
    placed = place_within(wanted, [screen.availableGeometry() for screen in QGuiApplication.screens()])
    if placed != wanted:
        room = placed.marginsRemoved(margins)
        window.setMinimumSize(window.minimumSize().boundedTo(room.size()))
        window.setGeometry(room)


class ScreenKeeper(QObject):
    """Keeps a window on the screen each time it is shown: at once, and again when its frame is known."""

    _is_new = False  # of the class: a window that ends sends events when Python has cleared this object

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Notice that the window is shown, and that it is activated for the first time after it."""
        shown = event.type() == QEvent.Type.Show and not event.spontaneous()
        if shown or (self._is_new and event.type() == QEvent.Type.WindowActivate):
            self._is_new = shown
            assert isinstance(watched, QWidget)
            if shown and not watched.testAttribute(Qt.WidgetAttribute.WA_Moved):
                resize_within_screen(watched, watched.width(), watched.height())  # Qt or the system places it
            else:
                keep_on_screen(watched, has_frame=not shown)
        return False
