"""Collects Python's cyclic garbage in the GUI thread only."""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

EVERY_MS: Final = 1000  # rarely: a collection blocks the worker, too
YOUNG_OBJECTS: Final = 700  # fewer are not collected, as in Python
FULL_EVERY: Final = 10  # collections, as in Python


class GarbageCollector(QObject):
    """Replaces Python's automatic collection, which runs in whichever thread happens to allocate.

    A window that is collected in the worker's thread crashes the process: Qt's objects must be destroyed in the thread
    that they live in. The objects that importing torch and loading a model create are set aside once (`gc.freeze`), so
    that no collection examines them again and blocks the window.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        """Create a stopped collector."""
        super().__init__(parent)
        self._collections = 0
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Disable Python's automatic collection."""
        gc.disable()

    def go_on(self) -> None:
        """Start to collect; torch has been imported and the first model loaded."""
        if not gc.isenabled() and not self._timer.isActive():
            gc.freeze()
            self._timer.start()

    def stop(self) -> None:
        """Enable Python's automatic collection again; no other thread holds objects of Qt any more."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        if gc.get_count()[0] > YOUNG_OBJECTS:
            self._collections += 1
            gc.collect(2 if self._collections % FULL_EVERY == 0 else 1)
