"""What the menu does with lists of pairs."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from exclip_desktop.session.session import Session

LISTS: Final = "Lists of pairs (*.csv *.tsv *.jsonl *.json);;All files (*)"
NEEDS_LIST: Final = ("next_pair", "previous_pair", "close_list")


class ListCommands(QObject):
    """Opens lists for a window, and walks through them."""

    def __init__(
        self, window: QWidget, session: Session, actions: dict[str, QAction], folder: Callable[[], str]
    ) -> None:
        """Connect the actions; ``folder`` says where the person opened something last."""
        super().__init__(window)
        self._window, self._session, self._actions, self._folder = window, session, actions, folder
        navigation = session.pair_navigation
        actions["open_list"].triggered.connect(self.open_list)
        actions["open_folder"].triggered.connect(self.open_folder)
        actions["close_list"].triggered.connect(navigation.close)
        actions["next_pair"].triggered.connect(lambda: navigation.step(1))
        actions["previous_pair"].triggered.connect(lambda: navigation.step(-1))
        labels = session.picture_labels
        actions["take_labels"].triggered.connect(labels.take)
        actions["keep_labels"].triggered.connect(labels.keep)
        for changed in (navigation.list_changed, labels.changed, session.state.selection_changed):
            changed.connect(self._enable)
        self._enable()

    def open_list(self) -> None:
        """Ask for a list and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open list", self._folder(), LISTS)
        if path:
            self._session.pair_navigation.open(Path(path))

    def open_folder(self) -> None:
        """Ask for a folder of pictures and captions, and open it."""
        path = QFileDialog.getExistingDirectory(self._window, "Open folder", self._folder())
        if path:
            self._session.pair_navigation.open(Path(path))

    def _enable(self) -> None:
        labels, regions = self._session.picture_labels.labels, self._session.state.selection.regions
        self._actions["take_labels"].setEnabled(bool(labels))
        self._actions["keep_labels"].setEnabled(bool(labels or regions))
        for name in NEEDS_LIST:
            self._actions[name].setEnabled(bool(self._session.pair_navigation.pairs))
