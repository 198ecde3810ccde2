"""Holds decoded picture files in memory, so that a picture that is shown again, or soon, needs no decoding."""

import threading
from pathlib import Path
from typing import Final

from exclip_desktop.storage.archives import archive_of
from exclip_desktop.storage.lru import LruCache
from exclip_desktop.storage.pictures import Picture, read_picture

BYTES: Final = 320 << 20  # four pictures of 24 megapixels: the one on screen, two after it, one before it

FileState = tuple[str, int, int]
"""A file's path, its time of change in nanoseconds, and its size in bytes."""


class PictureShelf:
    """Decoded pictures by their files; the least recently used one leaves first. Any thread may call it.

    A file that was changed on disk since is decoded again. Two threads that need the same file decode it once.
    """

    def __init__(self, most_bytes: int = BYTES) -> None:
        """Hold pixels of up to ``most_bytes`` in total."""
        self.most_bytes = most_bytes
        self._pictures: LruCache[FileState, Picture] = LruCache(most_bytes, lambda picture: picture.pixels.nbytes)
        self._decoding: dict[FileState, threading.Lock] = {}
        self._lock = threading.Lock()

    def peek(self, path: Path) -> Picture | None:
        """Return a file's picture if it is held, else None."""
        state = _state_of(path)
        return None if state is None else self._pictures.get(state)

    def read(self, path: Path) -> Picture:
        """Return a file's picture, decoded if necessary; errors are those of ``read_picture``."""
        state = _state_of(path)
        if state is None:
            return read_picture(path)  # raises the error that fits
        with self._lock:
            decoding = self._decoding.setdefault(state, threading.Lock())
        try:
            with decoding:
                picture = self._pictures.get(state)
                if picture is None:
                    picture = read_picture(path)
                    self._pictures.put(state, picture)
                return picture
        finally:
            with self._lock:
                self._decoding.pop(state, None)

    def size(self) -> int:
        """Return the bytes of all pixels."""
        return self._pictures.size()

    def clear(self) -> None:
        """Remove all pictures."""
        self._pictures.clear()


def _state_of(path: Path) -> FileState | None:
    try:
        status = (archive_of(path) or path).stat()
    except (OSError, ValueError):  # there is no such file, or its name holds a null character
        return None
    return str(path), status.st_mtime_ns, status.st_size
