"""Prepares what a person will probably look at next, while nothing else is to be computed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.picture_shelf import PictureShelf
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.worker.requests import AheadRequest, ExplainAnswer, ExplainRequest
from exclip_desktop.session.worker.worker_thread import Worker

NEXT: Final = 2  # pairs in the direction of the walk
PREVIOUS: Final = 1
WORKING: Final = "Computing ahead"
OTHER_CAPTIONS: Final = "other captions"
PARTS: Final = 1000  # steps of the progress bar
MOST: Final = 0.99  # of a part that has not ended


@dataclass(slots=True, eq=False)
class _Part:
    """A part of the work ahead.

    Attributes:
        place: of the pair; None: the picture on screen.
        is_decoding: whether its picture is being decoded.
        request: made once it is decoded.
        reached: the completed fraction; 1: it has ended, or ``failed``.

    """

    place: int | None
    is_decoding: bool = False
    request: AheadRequest | None = None
    reached: float = 0.0
    failed: bool = False


class PairsAhead(QObject):
    """Prepares the next pairs of the walk, then the picture on screen for other captions.

    The pictures of those pairs are decoded in a thread of their own, and the worker explains them when it has nothing
    else to do; the answers are shown at once when their pair is. Another pair, list, order, caption or setting makes
    another plan; what it has in common with the previous one goes on.
    """

    def __init__(
        self,
        state: State,
        worker: Worker,
        navigation: PairNavigation,
        explain_controller: ExplainController,
        shelf: PictureShelf,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``navigation``; decoded pictures are put on ``shelf``, answers into ``explain_controller``."""
        super().__init__(parent)
        self._state, self._worker, self._navigation = state, worker, navigation
        self._explain_controller, self._shelf = explain_controller, shelf
        self._decoding = Tasks(self)
        self._parts: list[_Part] = []
        self._place: int | None = None  # of the pair on screen at the last plan
        self._backwards = False
        self._planning = QTimer(self, singleShot=True, interval=0)  # once after several changes
        self._planning.timeout.connect(self._plan)
        walk = navigation.walk
        for changed in (navigation.current_changed, navigation.list_changed, explain_controller.requested):
            changed.connect(self._planning.start)
        walk.arranged.connect(self._on_arranged)
        for changed in (walk.row_removed, walk.row_inserted):
            changed.connect(self._planning.start)
        worker.ahead_progressed.connect(self._on_progressed)
        worker.ahead_ended.connect(self._on_ended)
        worker.ahead_failed.connect(self._on_failed)

    @property
    def is_done(self) -> bool:
        """Whether everything that can be prepared now is prepared."""
        return not self._planning.isActive() and not any(
            part.is_decoding or (part.request is not None and part.reached < 1) for part in self._parts
        )

    def cancel(self) -> None:
        """Prepare nothing until another pair, caption or setting is requested."""
        self._planning.stop()
        self._decoding.cancel()
        self._parts = []
        self._worker.work_ahead(())
        self._state.put_work(self, None)

    def stop(self) -> None:
        """Cancel and wait for the thread."""
        self._planning.stop()
        self._decoding.stop()

    def _on_arranged(self) -> None:
        self._backwards = False
        self._planning.start()

    def _plan(self) -> None:
        self._decoding.cancel()
        picture = self._state.canvas_picture
        on_screen = [_Part(None)] if picture is not None and self._state.caption.strip() else []
        before, self._parts = self._parts, [*map(_Part, self._places_ahead()), *on_screen]
        paths = tuple(path for part in self._parts if (path := self._path(part)) is not None)
        for part, path in zip(self._parts, paths, strict=False):  # the picture on screen is the last
            if self._shelf.peek(path) is None:
                part.is_decoding = True
                decoded = partial(self._on_decoded, part)
                self._decoding.run(partial(_decode, self._shelf, path, paths), decoded, decoded)
        self._send(before)

    def _places_ahead(self) -> tuple[int, ...]:
        walk = self._navigation.walk
        before, row = walk.row_of(self._place), walk.row_of(walk.current)
        if before is not None and row is not None and row != before:
            self._backwards = row < before
        self._place = walk.current
        if walk.current is None:
            return ()
        after = walk.upcoming(NEXT, backwards=self._backwards)
        return (*after, *walk.upcoming(PREVIOUS, backwards=not self._backwards))

    def _path(self, part: _Part) -> Path | None:
        if part.place is None:
            return None
        return self._navigation.path(self._navigation.pairs[part.place])

    def _send(self, before: Sequence[_Part] = ()) -> None:
        """Send the worker what can be computed now; take over the progress of the same parts of a plan ``before``."""
        for part in self._parts:
            part.request = part.request or self._make_request(part)
            self._continue(part, before)
        waits = any(part.is_decoding for part in self._parts)  # then the picture on screen is not completed yet
        left = [part.request for part in self._parts if part.request is not None and part.reached < 1]
        self._worker.work_ahead([request for request in left if not (waits and request.completes)])
        self._clear_work_if_done()

    def _on_decoded(self, part: _Part, _: object) -> None:
        part.is_decoding = False
        if part in self._parts and not self._planning.isActive():  # else the places may be those of another list
            self._send()

    def _continue(self, part: _Part, before: Sequence[_Part]) -> None:
        """Take over request and progress of the same part of a previous plan; a pair has ended if it is ready."""
        request = part.request
        if request is None:
            return
        if not request.completes and self._explain_controller.ready.get(request.question) is not None:
            part.reached = 1.0
            return
        for other in before:
            is_kept = request.completes or other.failed or other.reached < 1  # else its answer was forgotten
            if other.request is not None and request.is_same(other.request) and is_kept:
                part.request, part.reached, part.failed = other.request, other.reached, other.failed

    def _make_request(self, part: _Part) -> AheadRequest | None:
        """Return the request of a part; None while its picture is not decoded, or if it has no caption."""
        state, navigation = self._state, self._navigation
        settings = state.choice, state.explain_settings
        if part.place is None:
            assert state.canvas_picture is not None
            question = ExplainRequest(0, *settings, state.canvas_picture.picture, state.caption)
            return AheadRequest(question, completes=True, title=OTHER_CAPTIONS)
        pair, path = navigation.pairs[part.place], self._path(part)
        picture = None if path is None else self._shelf.peek(path)
        if picture is None or not pair.caption.strip():
            return None
        row = navigation.walk.row_of(part.place)
        title = f"pair {(row or 0) + 1:,} of {len(navigation.order):,}"
        return AheadRequest(ExplainRequest(0, *settings, picture, pair.caption), title=title)

    def _part_of(self, request: AheadRequest) -> _Part | None:
        return next((part for part in self._parts if part.request is not None and part.request.is_same(request)), None)

    def _on_progressed(self, request: AheadRequest, report: Report) -> None:
        part = self._part_of(request)
        if part is not None and report.total:
            part.reached = max(part.reached, min(report.done / report.total, MOST))
            self._show(request.title)

    def _on_ended(self, request: AheadRequest, answer: ExplainAnswer | None) -> None:
        if answer is not None:
            self._explain_controller.ready.put(request.question, answer)
        part = self._part_of(request)
        if part is not None:
            part.reached = 1.0
            self._clear_work_if_done()

    def _on_failed(self, request: AheadRequest, of_pair: bool) -> None:
        """Leave out a pair that cannot be explained; other errors, such as too little memory, end the work."""
        part = self._part_of(request)
        if not of_pair:
            self.cancel()
        elif part is not None:
            part.reached, part.failed = 1.0, True
            self._clear_work_if_done()

    def _show(self, title: str) -> None:
        done = sum(part.reached for part in self._parts) / len(self._parts)
        self._state.put_work(self, Work(f"{WORKING}: {title}", round(PARTS * done), PARTS, idle=True))

    def _clear_work_if_done(self) -> None:
        if all(part.request is None or part.reached >= 1 for part in self._parts):
            self._state.put_work(self, None)


def _decode(shelf: PictureShelf, path: Path, paths: Sequence[Path], token: CancelToken) -> None:
    """Decode a picture while those of ``paths``, the whole plan's, leave room for it (background thread)."""
    held = sum(picture.pixels.nbytes for one in paths if (picture := shelf.peek(one)) is not None)
    if not token.is_cancelled and held <= shelf.most_bytes // 2:
        with suppress(UserError, OSError):  # reported when the pair is shown
            shelf.read(path)
