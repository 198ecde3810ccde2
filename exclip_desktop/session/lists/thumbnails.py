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
LARGE_PX: Final = 384  # of grids
CACHED: Final = {SIDE_PX: 1024, LARGE_PX: 192}  # of at most 48 and 432 kB each
WAITING: Final = 256  # more than any list shows at once; older requests are off screen again


class Thumbnails(QObject):
    """Reads thumbnails one at a time.

    Signals:
        made(str): the thumbnail of the picture at this path is ready.
    """

    made = Signal(str)
    _read = Signal(str, int, object)  # from the background thread to the GUI's

    def __init__(self, parent: QObject | None = None) -> None:
        """Start with an empty cache."""
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._waiting: deque[tuple[str, int]] = deque(maxlen=WAITING)  # paths and sizes
        self._lock = Lock()
        self._images: dict[int, OrderedDict[str, QImage]] = {side_px: OrderedDict() for side_px in CACHED}
        self._running = False
        self._read.connect(self._on_read)

    def get(self, path: str, side_px: int = SIDE_PX) -> QImage | None:
        """Return the thumbnail of a picture file; None where it is not read yet: ``made`` follows.

        ``side_px``: its larger side, ``SIDE_PX`` or ``LARGE_PX``; a smaller one is returned until a large one is read.
        A file that is not a picture has an empty image.
        """
        images = self._images[side_px]
        image = images.get(path)
        if image is not None:
            images.move_to_end(path)
            return image
        with self._lock:
            if (path, side_px) not in self._waiting:
                self._waiting.append((path, side_px))
        if not self._running:
            self._running = True
            self._pool.start(_Next(self))
        return None if side_px == SIDE_PX else self._images[SIDE_PX].get(path)

    def stop(self) -> None:
        """Drop all requests, and wait for the thumbnail that is being read."""
        with self._lock:
            self._waiting.clear()
        self._pool.waitForDone()

    def read_next(self) -> None:
        """Read the latest request; runs in the background thread."""
        with self._lock:
            path, side_px = self._waiting.pop() if self._waiting else ("", SIDE_PX)
        self._read.emit(path, side_px, read_thumbnail(Path(path), side_px) if path else None)

    def _on_read(self, path: str, side_px: int, pixels: Pixels | None) -> None:
        if path:
            images = self._images[side_px]
            images[path] = QImage() if pixels is None else _image(pixels)
            while len(images) > CACHED[side_px]:
                images.popitem(last=False)
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
