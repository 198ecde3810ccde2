"""A dialog with a form and a row of buttons: it opens within the screen, and the form scrolls where it is higher."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QLayout, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from exclip_desktop.ui.widgets.screen_size import ScreenKeeper, room_for

LEAST_HEIGHT_PX: Final = 120
TAB_MARGIN_PX: Final = 8
TAB_FRAME_PX: Final = 8  # of the tabs' frame, both sides together


class FormDialog(QDialog):
    """A dialog that keeps within the screen; ``lay_out`` is called once, last in the constructor."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        ScreenKeeper(self)

    def lay_out(self, content: QLayout | Mapping[str, QLayout], buttons: QDialogButtonBox, width_px: int) -> None:
        """Put the buttons below ``content``, which scrolls; they accept and reject the dialog.

        Several layouts by their titles become tabs.
        """
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._buttons = buttons
        column = QVBoxLayout(self)
        column.addWidget(self._make_pages(content), 1)
        column.addWidget(buttons)
        room = room_for(self)
        self.resize(QSize(width_px, 0).boundedTo(room))
        self.setMinimumWidth(min(width_px, room.width()))
        self._grow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Grow with the form."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._grow()
        return super().eventFilter(watched, event)

    def _make_pages(self, content: QLayout | Mapping[str, QLayout]) -> QWidget:
        # In document mode, since Fusion's frame of pages is brighter than a dark window: outlines would be lost on it.
        self._tabs = None if isinstance(content, QLayout) else QTabWidget(documentMode=True)
        layouts = [content] if isinstance(content, QLayout) else [*content.values()]
        self._areas = [_ContentArea(one, 0 if self._tabs is None else TAB_MARGIN_PX) for one in layouts]
        for area in self._areas:
            area.inside.installEventFilter(self)
        if self._tabs is None or isinstance(content, QLayout):
            return self._areas[0]
        for title, area in zip(content, self._areas, strict=True):
            self._tabs.addTab(area, title)
        return self._tabs

    def _grow(self) -> None:
        """Take the height that the form needs at this width, at most that of the screen."""
        column = self.layout()
        assert column is not None
        margins = column.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        around = margins.top() + margins.bottom() + column.spacing() + self._buttons.sizeHint().height()
        if self._tabs is not None:
            around += self._tabs.tabBar().sizeHint().height() + TAB_FRAME_PX
            width -= TAB_FRAME_PX
        wanted = around + max(area.height_at(width) for area in self._areas)
        if wanted > self.height():
            self.resize(self.width(), min(wanted, room_for(self).height()))


class _ContentArea(QScrollArea):
    def __init__(self, content: QLayout, margin_px: int) -> None:
        super().__init__(widgetResizable=True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it
        self.inside = QWidget()
        content.setContentsMargins(margin_px, margin_px, margin_px, margin_px)
        self.inside.setLayout(content)
        self.setWidget(self.inside)
        self.viewport().setAutoFillBackground(False)
        self.inside.setAutoFillBackground(False)

    def height_at(self, width_px: int) -> int:
        """Return the height at which nothing scrolls."""
        inside = self.inside
        return inside.heightForWidth(width_px) if inside.hasHeightForWidth() else inside.sizeHint().height()

    def sizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the size of the content."""
        return self.inside.sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Return the content's least width, and a height that can be scrolled."""
        bar_px = self.verticalScrollBar().sizeHint().width()
        return QSize(self.inside.minimumSizeHint().width() + bar_px, LEAST_HEIGHT_PX)
