"""Other captions for the same picture: scored by the worker whenever they, the picture or the model change."""

from PySide6.QtCore import QObject

from exclip_desktop.session.requests import Alternative, Scored, ScoreRequest
from exclip_desktop.session.state import State
from exclip_desktop.session.worker import Worker


class Comparing(QObject):
    """Keeps the list of alternatives; the caption on screen is its first entry while there are others."""

    def __init__(self, state: State, worker: Worker, parent: QObject | None = None) -> None:
        """Follow ``state``, and ask ``worker``."""
        super().__init__(parent)
        self._state, self._worker = state, worker
        self._captions: tuple[str, ...] = ()
        self._asked = 0
        worker.scored.connect(self._on_scored)
        state.explanation_changed.connect(self._ask)

    def add(self, caption: str) -> None:
        """Add a caption, once."""
        text = " ".join(caption.split())
        if text and text not in self._captions:
            self._captions = (*self._captions, text)
            self._ask()

    def remove_at(self, index: int) -> None:
        """Remove an entry of ``state.alternatives``."""
        entries = self._state.alternatives
        if 0 <= index < len(entries):
            self._captions = tuple(kept for kept in self._captions if kept != entries[index].caption)
            self._ask()

    def _ask(self) -> None:
        explanation, shown = self._state.explanation, self._state.shown
        if not self._captions or explanation is None or shown is None:
            self._state.change(alternatives=())
            return
        own = explanation.caption.text
        captions = (own, *(caption for caption in self._captions if caption != own))
        known = {entry.caption: entry for entry in self._state.alternatives}
        self._state.change(alternatives=tuple(known.get(caption, Alternative(caption)) for caption in captions))
        self._asked += 1
        self._worker.submit(ScoreRequest(self._asked, self._state.choice, shown.picture, captions))

    def _on_scored(self, answer: Scored) -> None:
        if answer.id == self._asked:
            self._state.change(alternatives=answer.alternatives)
