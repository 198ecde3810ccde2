"""Collects Python's cyclic garbage in the GUI thread alone."""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

EVERY_MS: Final = 1000  # seldom: a collection holds the worker up, too
YOUNG_OBJECTS: Final = 700  # fewer are left alone, as Python does
FULL_EVERY: Final = 10  # collections, as Python does


class GarbageCollector(QObject):
    """Takes the place of Python's automatic collection, which runs in whichever thread happens to allocate.

    A window that is collected in the worker's thread takes the process down with it: Qt's objects must be destroyed in
    the thread they live in. What importing torch and loading a model leave behind is set aside once (`gc.freeze`), so
    that no collection has to look at it again and hold the window up.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        """Do nothing yet."""
        super().__init__(parent)
        self._collections = 0
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Stop Python from collecting."""
        gc.disable()

    def go_on(self) -> None:
        """Collect from now on; torch has been imported, and the first model loaded."""
        if not gc.isenabled() and not self._timer.isActive():
            gc.freeze()
            self._timer.start()

    def stop(self) -> None:
        """Let Python collect again; no other thread holds anything of Qt's any more."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        if gc.get_count()[0] > YOUNG_OBJECTS:
            self._collections += 1
            gc.collect(2 if self._collections % FULL_EVERY == 0 else 1)
