"""Thumbnails for lists: read in the background, the latest request first, and cached."""

from collections import OrderedDict
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from exclip_desktop.session.lists.latest_first import LatestFirst
from exclip_desktop.storage.picture_decoding import Pixels
from exclip_desktop.storage.pictures import read_thumbnail

SIDE_PX: Final = 128  # twice the size in lists, for high-resolution screens
LARGE_PX: Final = 384  # of grids
CACHED: Final = {SIDE_PX: 1024, LARGE_PX: 192}  # of at most 48 and 432 kB each
WAITING: Final = 256  # more than any list shows at once; older requests are off screen again
Sized = tuple[str, int]
"""A picture's path, and the larger side of its thumbnail."""


class Thumbnails(QObject):
    """Reads thumbnails one at a time.

    Signals:
        made(str): the thumbnail of the picture at this path is ready.
    """

    made = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        """Start with an empty cache."""
        super().__init__(parent)
        self._images: dict[int, OrderedDict[str, QImage]] = {side_px: OrderedDict() for side_px in CACHED}
        self._requests = LatestFirst(WAITING, _read, self._on_read, self)

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
        self._requests.add((path, side_px))
        return None if side_px == SIDE_PX else self._images[SIDE_PX].get(path)

    def stop(self) -> None:
        """Drop all requests, and wait for the thumbnail that is being read."""
        self._requests.stop()

    def _on_read(self, request: Sized, pixels: Pixels | None) -> None:
        path, side_px = request
        images = self._images[side_px]
        images[path] = QImage() if pixels is None else _image(pixels)
        while len(images) > CACHED[side_px]:
            images.popitem(last=False)
        self.made.emit(path)


def _read(request: Sized) -> Pixels | None:
    path, side_px = request
    return read_thumbnail(Path(path), side_px)


def _image(pixels: Pixels) -> QImage:
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
