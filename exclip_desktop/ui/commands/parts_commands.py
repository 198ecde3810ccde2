"""Commands about one picture with itself: similar patches."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from exclip_desktop.session.session import Session


class PartsCommands(QObject):
    """Opens and closes similar patches."""

    def __init__(
        self, window: QWidget, session: Session, actions: dict[str, QAction], report: Callable[[str], object]
    ) -> None:
        """Connect the actions; ``report`` shows a sentence on what cannot be shown."""
        super().__init__(window)
        self._similar_patches, self._actions = session.similar_patches, actions
        similar_patches = session.similar_patches
        actions["similar_patches"].triggered.connect(
            lambda on: similar_patches.open() if on else similar_patches.close()
        )
        actions["similar_by_product"].triggered.connect(
            lambda on: similar_patches.choose("product" if on else "cosine")
        )
        similar_patches.changed.connect(self._show)
        similar_patches.refused.connect(report)
        self._show()

    def _show(self) -> None:
        self._actions["similar_patches"].setChecked(self._similar_patches.is_open)
        self._actions["similar_by_product"].setChecked(self._similar_patches.kind == "product")
