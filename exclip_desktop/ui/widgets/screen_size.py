"""Limits the first size of a window to its screen."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStyle, QWidget


def resize_within_screen(window: QWidget, width_px: int, height_px: int) -> None:
    """Resize a window that is not shown yet, at most to the screen without its panels and a title bar."""
    title_px = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    available = window.screen().availableGeometry().size() - QSize(0, title_px)
    window.resize(QSize(width_px, height_px).boundedTo(available))
