"""Commands about one picture with itself: similar patches, and the tab of its parts."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from exclip_desktop.session.session import Session
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.inspector.parts_tab import PartsTab

TAB_PLACE: Final = 3  # after the layers


class PartsCommands(QObject):
    """Opens and closes similar patches, and the parts."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        actions: dict[str, QAction],
        canvas: Canvas,
        inspector: Inspector,
        report: Callable[[str], object],
    ) -> None:
        """Connect the actions and the clicks on ``canvas``; ``inspector`` gets a tab of parts.

        ``report`` shows a sentence on what cannot be shown.
        """
        super().__init__(window)
        self._inspector, self._parts = inspector, PartsTab(session.one_picture, session.state)
        inspector.insertTab(TAB_PLACE, self._parts, "Parts")
        canvas.patch_clicked.connect(session.one_picture.parts.click)
        actions["parts"].triggered.connect(self.show_parts)
        self._similar_patches, self._actions = session.one_picture.similar_patches, actions
        similar_patches = session.one_picture.similar_patches
        actions["similar_patches"].triggered.connect(
            lambda on: similar_patches.open() if on else similar_patches.close()
        )
        actions["similar_by_product"].triggered.connect(
            lambda on: similar_patches.choose("product" if on else "cosine")
        )
        similar_patches.changed.connect(self._show)
        directions = session.one_picture.directions
        actions["next_direction"].triggered.connect(lambda: directions.step(1))
        actions["previous_direction"].triggered.connect(lambda: directions.step(-1))
        for refused in (similar_patches.refused, directions.refused):
            refused.connect(report)
        self._show()

    def show_parts(self) -> None:
        """Show the tab of parts, and go to it."""
        if self._inspector.isHidden():
            self._actions["panel_inspector"].trigger()
        self._inspector.setCurrentWidget(self._parts)
        self._parts.setFocus()

    def _show(self) -> None:
        self._actions["similar_patches"].setChecked(self._similar_patches.is_open)
        self._actions["similar_by_product"].setChecked(self._similar_patches.kind == "product")
