"""Small pictures for lists: read in the background, the last asked for first, and kept while there is room."""

from collections import OrderedDict, deque
from pathlib import Path
from threading import Lock
from typing import Final

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from PySide6.QtGui import QImage

from exclip_desktop.storage.pictures import Pixels, read_thumbnail

SIDE_PX: Final = 128  # twice what lists show, for dense screens
KEPT: Final = 1024  # of at most 48 kB each
WANTED: Final = 64  # more than any list shows at once; what was asked for before that is out of sight again


class Thumbnails(QObject):
    """Reads thumbnails one at a time.

    Signals:
        made(str): the picture at a path can be had now.
    """

    made = Signal(str)
    _read = Signal(str, object)  # from the background thread to the GUI's

    def __init__(self, parent: QObject | None = None) -> None:
        """Start with nothing kept."""
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._wanted: deque[str] = deque(maxlen=WANTED)
        self._lock = Lock()
        self._kept: OrderedDict[str, QImage] = OrderedDict()
        self._running = False
        self._read.connect(self._on_read)

    def get(self, path: str) -> QImage | None:
        """Return the thumbnail of a picture file; None, and ``made`` later, where it is not read yet.

        What is no picture has an empty one.
        """
        found = self._kept.get(path)
        if found is not None:
            self._kept.move_to_end(path)
            return found
        with self._lock:
            if path not in self._wanted:
                self._wanted.append(path)
        if not self._running:
            self._running = True
            self._pool.start(_Next(self))
        return None

    def stop(self) -> None:
        """Read nothing more, and wait for what is being read."""
        with self._lock:
            self._wanted.clear()
        self._pool.waitForDone()

    def read_next(self) -> None:
        """Read the last one asked for; called in the background."""
        with self._lock:
            path = self._wanted.pop() if self._wanted else None
        self._read.emit(path or "", read_thumbnail(Path(path), SIDE_PX) if path else None)

    def _on_read(self, path: str, pixels: Pixels | None) -> None:
        if path:
            self._kept[path] = QImage() if pixels is None else _image(pixels)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            self.made.emit(path)
        with self._lock:
            self._running = bool(self._wanted)
        if self._running:
            self._pool.start(_Next(self))


class _Next(QRunnable):
    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails

    def run(self) -> None:
        """Read one."""
        self._thumbnails.read_next()


def _image(pixels: Pixels) -> QImage:
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
