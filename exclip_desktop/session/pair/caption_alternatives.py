"""Other captions for the same picture: their scores, and the difference from the previous caption's explanation."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.maths.difference import subtract_explanation
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview
from exclip_desktop.session.pair.scene import Scene
from exclip_desktop.session.state import Notice, State
from exclip_desktop.session.worker.requests import Alternative, Failure, ScoreAnswer, ScoreRequest
from exclip_desktop.session.worker.worker_thread import Worker


class CaptionAlternatives(QObject):
    """Holds the list of alternatives; the caption on screen is its first entry while there are others."""

    def __init__(self, state: State, worker: Worker, parent: QObject | None = None) -> None:
        """Follow ``state``, and send requests to ``worker``."""
        super().__init__(parent)
        self._state, self._worker = state, worker
        self._captions: tuple[str, ...] = ()
        self._scored: frozenset[str] = frozenset()  # captions that once had a score: the model can read them
        self._own = ""
        self._last_id = 0
        self._request: ScoreRequest | None = None
        worker.scored.connect(self._on_scored)
        worker.failed.connect(self._on_failed)
        state.answer_changed.connect(self._on_answer_changed)
        state.choice_changed.connect(self._request_scores)

    def put(self, captions: tuple[str, ...]) -> None:
        """Replace all captions."""
        self._captions = tuple(dict.fromkeys(" ".join(caption.split()) for caption in captions))
        self._request_scores()

    def add(self, caption: str) -> None:
        """Add a caption, once."""
        text = " ".join(caption.split())
        if text and text not in self._captions:
            self._captions = (*self._captions, text)
            self._request_scores()

    def remove_at(self, index: int) -> None:
        """Remove an entry of ``state.alternatives``."""
        entries = self._state.alternatives
        if 0 <= index < len(entries):
            self._captions = tuple(remaining for remaining in self._captions if remaining != entries[index].caption)
            self._request_scores()

    def _on_answer_changed(self) -> None:
        """Request scores again; the previous caption stays in the list if one of its alternatives replaced it."""
        explanation = self._state.explanation
        former, self._own = self._own, "" if explanation is None else explanation.caption.text
        if former and self._own in self._captions and former not in self._captions:
            self._captions = (*self._captions, former)
        self._request_scores()

    def _request_scores(self) -> None:
        """Show the known scores, and request the others once the pair is explained, unless a model is being loaded."""
        canvas_picture, choice = self._state.canvas_picture, self._state.provenance.choice
        framing = self._state.provenance.explain_settings.framing
        own = self._own or " ".join(self._state.caption.split())
        others = tuple(caption for caption in self._captions if caption != own)
        self._last_id += 1  # scores on their way belong to another picture or list
        if not others or not own or canvas_picture is None:
            self._state.change(alternatives=())
            return
        captions = (own, *others)
        if not self._own:
            self._state.change(alternatives=tuple(Alternative(caption) for caption in captions))
            return
        last = self._request
        same = (
            last is not None
            and last.picture is canvas_picture.picture
            and (last.choice, last.framing) == (choice, framing)
        )
        known = {entry.caption: entry for entry in self._state.alternatives} if same else {}
        self._state.change(alternatives=tuple(known.get(caption, Alternative(caption)) for caption in captions))
        if self._state.choice == choice:
            self._request = ScoreRequest(self._last_id, choice, canvas_picture.picture, captions, framing)
            self._worker.submit(self._request)

    def _on_scored(self, answer: ScoreAnswer) -> None:
        if answer.id == self._last_id:
            self._scored |= {entry.caption for entry in answer.alternatives}
            self._state.change(alternatives=answer.alternatives)

    def _on_failed(self, failure: Failure) -> None:
        """Report the failure; captions without a score leave the list, because one of them may be unreadable."""
        if failure.request is not self._request:
            return
        self._state.change(notice=Notice(failure.message, failure.hint, failure.details))
        remaining = tuple(caption for caption in self._captions if caption in self._scored)
        if remaining != self._captions:
            self._captions = remaining
            self._request_scores()


class CaptionDifference(QObject):
    """Remembers the previous explanation, of another caption for the same picture with the same settings.

    Attributes:
        scene: the difference; empty while there is none.

    Signals:
        opened(), closed(): the difference is shown, or no longer.
    """

    opened = Signal()
    closed = Signal()

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        """Follow ``state``."""
        super().__init__(parent)
        self.scene = Scene(self)
        self._state, self._open = state, False
        self._now: Explanation | None = None
        self._before: Explanation | None = None
        self._picture: object = None
        state.answer_changed.connect(self._on_answer_changed)
        for changed in (
            *(state.selection_changed, state.current_region_changed, state.preview_changed, state.view_changed),
            state.stale_changed,
        ):
            changed.connect(self._follow)

    @property
    def is_open(self) -> bool:
        """Whether the difference is shown."""
        return self._open

    def open(self) -> None:
        """Show the difference."""
        self._open = True
        self._show()
        self.opened.emit()

    def close(self) -> None:
        """Show the explanation alone."""
        self._open = False
        self.scene.change(canvas_picture=None, answer=None)
        self.closed.emit()

    def _on_answer_changed(self) -> None:
        now, canvas_picture = self._state.explanation, self._state.canvas_picture
        picture = None if canvas_picture is None else canvas_picture.picture
        before, same = self._now, picture is self._picture
        self._now, self._picture = now, picture
        if now is None or before is None or not same or before.settings != now.settings:
            self._before = None
        elif before.caption.text != now.caption.text:
            self._before = before
        self._show()

    def _show(self) -> None:
        now, before = self._now, self._before
        if self._open:
            made = subtract_explanation(now, before) if now is not None and before is not None else None
            self._follow(canvas_picture=self._state.canvas_picture, answer=made)

    def _follow(self, **values: object) -> None:
        """Copy the selection, preview and drawing options of the explanation, together with other ``values``.

        Until the difference follows a new explanation, it has no selected words: their rows are the new caption's.
        """
        state = self._state
        if self._open:
            is_same = self._now is state.explanation
            self.scene.change(
                selection=state.selection if is_same else replace(state.selection, rows=()),
                preview=state.preview if is_same else Preview(),
                current_region=state.current_region,
                view=state.view,
                stale=state.stale,
                **values,
            )
