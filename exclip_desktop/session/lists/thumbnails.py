"""Thumbnails for lists: read in the background, the latest request first, and cached."""

from collections import OrderedDict, deque
from pathlib import Path
from threading import Lock
from typing import Final

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from PySide6.QtGui import QImage

from exclip_desktop.storage.picture_decoding import Pixels
from exclip_desktop.storage.pictures import read_thumbnail

SIDE_PX: Final = 128  # twice the size in lists, for high-resolution screens
CACHED: Final = 1024  # of at most 48 kB each
WAITING: Final = 64  # more than any list shows at once; older requests are off screen again


class Thumbnails(QObject):
    """Reads thumbnails one at a time.

    Signals:
        made(str): the thumbnail of the picture at this path is ready.
    """

    made = Signal(str)
    _read = Signal(str, object)  # from the background thread to the GUI's

    def __init__(self, parent: QObject | None = None) -> None:
        """Start with an empty cache."""
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._waiting: deque[str] = deque(maxlen=WAITING)
        self._lock = Lock()
        self._images: OrderedDict[str, QImage] = OrderedDict()
        self._running = False
        self._read.connect(self._on_read)

    def get(self, path: str) -> QImage | None:
        """Return the thumbnail of a picture file; None where it is not read yet: ``made`` follows.

        A file that is not a picture has an empty image.
        """
        image = self._images.get(path)
        if image is not None:
            self._images.move_to_end(path)
            return image
        with self._lock:
            if path not in self._waiting:
                self._waiting.append(path)
        if not self._running:
            self._running = True
            self._pool.start(_Next(self))
        return None

    def stop(self) -> None:
        """Drop all requests, and wait for the thumbnail that is being read."""
        with self._lock:
            self._waiting.clear()
        self._pool.waitForDone()

    def read_next(self) -> None:
        """Read the latest request; runs in the background thread."""
        with self._lock:
            path = self._waiting.pop() if self._waiting else None
        self._read.emit(path or "", read_thumbnail(Path(path), SIDE_PX) if path else None)

    def _on_read(self, path: str, pixels: Pixels | None) -> None:
        if path:
            self._images[path] = QImage() if pixels is None else _image(pixels)
            while len(self._images) > CACHED:
                self._images.popitem(last=False)
            self.made.emit(path)
        with self._lock:
            self._running = bool(self._waiting)
        if self._running:
            self._pool.start(_Next(self))


class _Next(QRunnable):
    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails

    def run(self) -> None:
        """Read one thumbnail."""
        self._thumbnails.read_next()


def _image(pixels: Pixels) -> QImage:
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
