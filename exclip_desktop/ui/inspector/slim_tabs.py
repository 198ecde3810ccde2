"""Tabs that need little room, so that all the inspector's stand side by side."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QStyle, QStyleOptionTab, QStylePainter, QTabBar, QWidget

PAD_PX: Final = 5  # on either side of a name; styles leave twice to three times as much
FONT_SHARE: Final = 0.9


class SlimTabs(QTabBar):
    """Draws the style's tabs with narrower names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * FONT_SHARE)
        self.setFont(font)

    def tabSizeHint(self, index: int) -> QSize:  # noqa: N802  Qt's name
        """Return the name's width with little around it."""
        width = self.fontMetrics().horizontalAdvance(self.tabText(index)) + 2 * PAD_PX
        return QSize(width, super().tabSizeHint(index).height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  Qt's name
        """Draw the tabs, the current one last; the style would cut the names, for it leaves its own margins."""
        painter, current = QStylePainter(self), self.currentIndex()
        order = [index for index in range(self.count()) if index != current and self.isTabVisible(index)]
        for index in order + [current] * (current >= 0):
            option = QStyleOptionTab()
            self.initStyleOption(option, index)
            painter.drawControl(QStyle.ControlElement.CE_TabBarTabShape, option)
            area = self.tabRect(index)
            painter.drawItemText(
                area, Qt.AlignmentFlag.AlignCenter, self.palette(), True, self.tabText(index), self.foregroundRole()
            )
            if option.state & QStyle.StateFlag.State_HasFocus:
                painter.drawRect(area.adjusted(3, 3, -4, -4))
