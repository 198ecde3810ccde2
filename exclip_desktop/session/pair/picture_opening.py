"""Reads pictures in the background, and chooses what is selected in them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.selection import Selection, carry_rows
from exclip_desktop.session.logs import describe_error
from exclip_desktop.session.pair.picture_shelf import PictureShelf
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.storage.pictures import Picture
from exclip_desktop.storage.samples import SampleObject

Rows = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PendingPicture:
    """A picture to show, with notes, and a selection, objects of which the words of one are selected, or both."""

    canvas_picture: CanvasPicture
    objects: tuple[SampleObject, ...] = ()
    notes: tuple[str, ...] = ()
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class SelectedWords:
    """Selected rows of a caption that is no longer on screen."""

    caption: Caption
    rows: Rows


def choose_selection(
    opening: PendingPicture | None, before: SelectedWords | None, selection: Selection, after: Explanation
) -> Selection:
    """Return the selection in ``after``: the words of its ``opening``, else the same words as ``before``.

    The regions of ``selection`` stay: they lie in the picture on screen.
    """
    if opening is not None and opening.objects:
        rows = choose_object_rows(after, opening.objects)
    elif opening is not None and opening.selection is not None:
        rows = tuple(row for row in opening.selection.rows if row < len(after.tokens))
    else:
        rows = () if before is None else carry_rows(before.caption, before.rows, after.caption)
    return replace(selection, rows=rows)


def choose_object_rows(explanation: Explanation, objects: tuple[SampleObject, ...]) -> Rows:
    """Return the rows of the first object in the caption whose heat is easily read, else of the first object.

    Easily read: its words add to the score, and their strongest patch adds to it and lies in the object's box.
    """
    named = []
    for thing in objects:
        with suppress(CaptionError):  # the caption is partly wrong, or was edited
            named.append((explanation.caption.rows_of(thing.words), thing.box))
    easy = [rows for rows, box in named if _is_easily_read(explanation, rows, box)]
    return next(iter([*easy, *(rows for rows, _ in named)]), ())


def _is_easily_read(explanation: Explanation, rows: Rows, box: Box) -> bool:
    heat = explanation.interactions.patch_heat(rows)
    row, column = np.unravel_index(int(np.abs(heat).argmax()), heat.shape)
    x, y = explanation.geometry.patch_centre(int(row), int(column))
    x0, y0, x1, y1 = box
    return bool(heat.sum() > 0 and heat[row, column] > 0 and x0 <= x < x1 and y0 <= y < y1)


class PictureReader(QObject):
    """Reads pictures; only the last requested one is delivered, at once if it is on the shelf.

    Signals:
        opened(str): a file was read; its path.
        failed(str, str): a file could not be read; its path and the reason.
    """

    opened = Signal(str)
    failed = Signal(str, str)

    def __init__(
        self,
        state: State,
        tasks: Tasks,
        show_error: Callable[[Exception], None],
        shelf: PictureShelf,
        parent: QObject | None = None,
    ) -> None:
        """Show work in ``state``, and errors by ``show_error``; take decoded files from ``shelf``."""
        super().__init__(parent)
        self._state, self._tasks, self._show_error, self._shelf = state, tasks, show_error, shelf
        self._last_id = 0

    def is_decoded(self, path: str) -> bool:
        """Return whether a file's picture can be delivered at once."""
        return self._shelf.peek(Path(path)) is not None

    def read_file(self, path: str, then: Callable[[CanvasPicture], None]) -> None:
        """Read a file, and pass its picture to ``then``."""

        def arrived(picture: Picture) -> None:
            self.opened.emit(path)
            then(CanvasPicture(picture, Path(path).name, path))

        def failed(error: Exception) -> None:
            self._show_error(error)
            message, hint, _ = describe_error(error)
            self.failed.emit(path, f"{message} {hint}".strip())

        decoded = self._shelf.peek(Path(path))
        if decoded is not None:
            self.forget()
            arrived(decoded)
        else:
            self._read(lambda: self._shelf.read(Path(path)), Path(path).name, arrived, failed)

    def read(self, read: Callable[[], Picture], title: str, then: Callable[[CanvasPicture], None]) -> None:
        """Call ``read`` in the background for a picture without a file, and pass the picture to ``then``."""
        self._read(read, title, lambda picture: then(CanvasPicture(picture, title)), self._show_error)

    def forget(self) -> None:
        """Deliver no picture that is still being read."""
        self._last_id += 1

    def _read(
        self,
        read: Callable[[], Picture],
        title: str,
        then: Callable[[Picture], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._last_id += 1
        number = self._last_id

        def arrived(picture: Picture) -> None:
            if number == self._last_id:
                then(picture)

        def refused(error: Exception) -> None:
            if number == self._last_id:
                failed(error)

        run_with_progress(self._state, self._tasks, Work(f"Reading {title}"), lambda _: read(), arrived, refused)
