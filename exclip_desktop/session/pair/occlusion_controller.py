"""Scores the pair with the selected words and regions occluded."""

from PySide6.QtCore import QObject

from exclip_desktop.session.state import Notice, State
from exclip_desktop.session.worker.requests import Failure, OcclusionAnswer, OcclusionRequest
from exclip_desktop.session.worker.worker_thread import Worker


class OcclusionController(QObject):
    """Requests the real scores of the selection; an answer counts only while the selection is unchanged."""

    def __init__(self, state: State, worker: Worker, parent: QObject | None = None) -> None:
        """Follow ``state``, and send requests to ``worker``."""
        super().__init__(parent)
        self._state, self._worker = state, worker
        self._last_id = 0
        self._request: OcclusionRequest | None = None
        worker.occlusion_scored.connect(self._on_measured)
        worker.failed.connect(self._on_failed)
        for signal in (state.selection_changed, state.answer_changed, state.choice_changed):
            signal.connect(self._forget)

    @property
    def is_ready(self) -> bool:
        """Whether words and regions are selected in an explanation of the picture on screen."""
        state, selection = self._state, self._state.selection
        explained = state.explanation is not None and state.canvas_picture is not None and not state.stale
        return explained and bool(selection.rows and selection.regions) and state.choice == state.provenance.choice

    def request_scores(self, fill: str) -> None:
        """Request the scores; ``fill``, a key of ``core.values.occlusion_scores.FILLS``, replaces the regions."""
        state = self._state
        if not self.is_ready or state.explanation is None or state.canvas_picture is None:
            return
        self._last_id += 1
        pair = state.canvas_picture.picture, state.explanation, state.selection
        self._request = OcclusionRequest(self._last_id, state.choice, *pair, fill)
        state.change(occlusion=None)
        self._worker.submit(self._request)

    def _forget(self) -> None:
        self._last_id += 1  # an answer on its way belongs to another selection
        self._state.change(occlusion=None)

    def _on_measured(self, answer: OcclusionAnswer) -> None:
        if answer.id == self._last_id:
            self._state.change(occlusion=answer.measured)

    def _on_failed(self, failure: Failure) -> None:
        if failure.request is self._request:
            self._state.change(notice=Notice(failure.message, failure.hint, failure.details))
