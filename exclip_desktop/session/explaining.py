"""From a picture, a caption, a model and a method to an explanation on screen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import Cancelled, CaptionError, UserError
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.core.selection import Preview, Selection, carried_rows
from exclip_desktop.report import warnings_of
from exclip_desktop.session.requests import Explained, ExplainRequest, Failed, How, ModelChoice, ModelFacts
from exclip_desktop.session.state import Notice, Outcome, Shown, State, Work
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.undo import Kind, Step
from exclip_desktop.session.worker import Worker
from exclip_desktop.storage.pictures import Picture, read_picture

SIDES = {"picture": "Explaining the picture", "caption": "Explaining the caption"}


@dataclass(frozen=True, slots=True)
class _Next:
    """What the next explanation brings with it: its picture, and words to select (None: those selected now)."""

    shown: Shown
    words: str | None = None


class Explaining(QObject):
    """Asks the worker, and takes in only the answer to the last question.

    What is on screen stays until its successor is there; a failure leaves it, marked as of before.

    Signals:
        picture_opened(str): a file was read; its path.
    """

    picture_opened = Signal(str)

    def __init__(
        self, state: State, worker: Worker, tasks: Tasks, undo: QUndoStack, parent: QObject | None = None
    ) -> None:
        """Listen to ``worker``."""
        super().__init__(parent)
        self._state, self._worker, self._tasks, self._undo = state, worker, tasks, undo
        self._next: _Next | None = None
        self._asked = 0
        self._reading = 0
        worker.explained.connect(self._on_explained)
        worker.failed.connect(self._on_failed)
        worker.told.connect(self._on_told)
        worker.facts_found.connect(self._on_facts_found)
        worker.rested.connect(self._on_rested)

    @property
    def picture(self) -> Shown | None:
        """The picture asked about: on screen, or about to be."""
        return self._next.shown if self._next is not None else self._state.shown

    def open_file(self, path: str, caption: str | None = None, words: str | None = None) -> None:
        """Read a picture file and explain it; ``words`` of the caption are selected then."""

        def then(picture: Picture) -> None:
            self.picture_opened.emit(path)
            self._take(Shown(picture, Path(path).name, path), caption, words)

        self._read(path, f"Reading {Path(path).name}", then)

    def open_image(self, pixels: NDArray[np.uint8], title: str) -> None:
        """Explain a picture that has no file, such as one from the clipboard."""
        self._read(pixels, f"Reading {title}", lambda picture: self._take(Shown(picture, title), None, None))

    def type_caption(self, text: str) -> None:
        """Explain another caption; an undo step."""
        before = self._state.caption
        if text != before:
            self._undo.push(Step("edit caption", self._put_caption, before, text, Kind.TYPING, joins=True))

    def choose_model(self, choice: ModelChoice) -> None:
        """Explain by another model."""
        self._state.change(choice=choice)
        self.ask()

    def choose_method(self, how: How, device: str | None) -> None:
        """Explain by other settings, on another device."""
        if (how, device) != (self._state.how, self._state.choice.device):
            self._state.change(how=how, choice=replace(self._state.choice, device=device))
            self.ask()

    def dismiss(self) -> None:
        """Take the banner away."""
        self._state.change(notice=None)

    def cancel(self) -> None:
        """Stop what runs; what is on screen stays."""
        self._reading += 1
        self._tasks.cancel()
        self._worker.cancel()
        self._state.change(work=None)

    def refuse(self, error: Exception) -> None:
        """Show a banner for something that could not be done; what is on screen stays."""
        if isinstance(error, Cancelled):
            return
        if isinstance(error, UserError):
            self._state.change(notice=Notice(error.message, error.hint), work=None)
        else:
            self._state.change(notice=Notice(f"Something went wrong: {error}.", "Try again."), work=None)

    def ask(self) -> None:
        """Ask the worker about what is wanted now."""
        picture = self.picture
        if picture is None:
            return
        if not self._state.caption.strip():
            self.refuse(CaptionError("The caption is empty.", "Type what the picture might show."))
            return
        self._asked += 1
        state = self._state
        state.change(stale=state.explanation is not None, work=Work(SIDES["picture"]))
        self._worker.submit(ExplainRequest(self._asked, state.choice, state.how, picture.picture, state.caption))

    def _read(self, source: str | NDArray[np.uint8], what: str, then: Callable[[Picture], None]) -> None:
        self._reading += 1
        number = self._reading

        def arrived(picture: Picture) -> None:
            if number == self._reading:
                then(picture)

        def failed(error: Exception) -> None:
            if number == self._reading:
                self.refuse(error)

        self._state.change(work=Work(what))
        self._tasks.run(lambda _: read_picture(source), arrived, failed)

    def _take(self, shown: Shown, caption: str | None, words: str | None) -> None:
        self._next = _Next(shown, words)
        if self._state.explanation is None:
            self._state.change(shown=shown)
        notes = " ".join(shown.picture.notes)
        self._state.change(notice=Notice(notes, kind="note") if notes else None)
        if caption is not None:
            self._state.change(caption=caption)
        self.ask()

    def _put_caption(self, text: str) -> None:
        self._state.change(caption=text)
        self.ask()

    def _on_explained(self, answer: Explained) -> None:
        if answer.id != self._asked:
            return
        after, shown = answer.explanation, self.picture
        values: dict[str, Any] = {"shown": shown, "selection": self._selection(after), "preview": Preview()}
        warnings = warnings_of(after)
        notice = self._state.notice
        if warnings:
            values["notice"] = Notice(" ".join(warnings), kind="note")
        elif notice is not None and (notice.kind == "trouble" or self._next is None):
            values["notice"] = None
        self._next = None
        outcome = Outcome(answer.seconds, answer.cached)
        self._state.change(explanation=after, outcome=outcome, stale=False, work=None, **values)

    def _selection(self, after: Explanation) -> Selection:
        """Return what stays selected: the same words, and, on the same picture, the same regions."""
        before, selection = self._state.explanation, self._state.selection
        if self._next is not None and self._next.words is not None:
            return Selection(after.caption.rows_of(self._next.words))
        if before is None:
            return Selection()
        rows = carried_rows(before.caption, selection.rows, after.caption)
        return Selection(rows) if self._next is not None else replace(selection, rows=rows)

    def _on_failed(self, failure: Failed) -> None:
        if failure.id not in (self._asked, -1):
            return
        self._state.change(work=None)
        if not failure.cancelled:
            self._state.change(notice=Notice(failure.message, failure.hint, failure.details))

    def _on_told(self, what: str, done: int, total: int, idle: bool) -> None:
        if idle:
            self._state.change(work=Work("Preparing for other captions", done, total, idle=True))
        elif self._state.work is not None:
            self._state.change(work=Work(SIDES.get(what, what), done, total))

    def _on_rested(self) -> None:
        if self._state.work is not None and self._state.work.idle:
            self._state.change(work=None)

    def _on_facts_found(self, facts: ModelFacts) -> None:
        self._state.change(facts=facts)
        if facts.note:
            self._state.change(notice=Notice(facts.note, kind="note"))
