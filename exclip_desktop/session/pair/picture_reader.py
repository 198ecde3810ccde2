"""Pictures that are read in the background, one after another."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from exclip_desktop.session.logs import words_of
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.storage.pictures import Picture, read_picture


class PictureReader(QObject):
    """Reads pictures; only the last one asked for is told of.

    Signals:
        opened(str): a file was read; its path.
        refused(str, str): a file could not be read; its path, and why.

    """

    opened = Signal(str)
    refused = Signal(str, str)

    def __init__(
        self, state: State, tasks: Tasks, refuse: Callable[[Exception], None], parent: QObject | None = None
    ) -> None:
        """Tell of work in ``state``, and of trouble by ``refuse``."""
        super().__init__(parent)
        self._state, self._tasks, self._refuse = state, tasks, refuse
        self._asked = 0

    def read_file(self, path: str, then: Callable[[CanvasPicture], None]) -> None:
        """Read a file, and give ``then`` its picture."""

        def arrived(picture: Picture) -> None:
            self.opened.emit(path)
            then(CanvasPicture(picture, Path(path).name, path))

        def failed(error: Exception) -> None:
            self._refuse(error)
            self.refused.emit(path, words_of(error)[0])

        self._read(lambda: read_picture(path), Path(path).name, arrived, failed)

    def read(self, read: Callable[[], Picture], title: str, then: Callable[[CanvasPicture], None]) -> None:
        """Read a picture that has no file, by ``read`` in the background, and give it to ``then``."""
        self._read(read, title, lambda picture: then(CanvasPicture(picture, title)), self._refuse)

    def forget(self) -> None:
        """Tell of nothing that is still being read."""
        self._asked += 1

    def _read(
        self,
        read: Callable[[], Picture],
        title: str,
        then: Callable[[Picture], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._asked += 1
        number = self._asked

        def arrived(picture: Picture) -> None:
            if number == self._asked:
                then(picture)

        def refused(error: Exception) -> None:
            if number == self._asked:
                failed(error)

        run_with_progress(self._state, self._tasks, Work(f"Reading {title}"), lambda _: read(), arrived, refused)
