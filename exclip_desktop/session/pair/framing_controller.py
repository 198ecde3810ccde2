"""The choice of a framing, and the score of the pair in each framing."""

from dataclasses import replace

from PySide6.QtCore import QObject

from exclip_desktop.core.values.settings import Framing
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.state import State
from exclip_desktop.session.worker.requests import FramingsAnswer, FramingsRequest
from exclip_desktop.session.worker.worker_thread import Worker


class FramingController(QObject):
    """Sets the framing, and requests the scores of all framings."""

    def __init__(
        self, state: State, worker: Worker, explain_controller: ExplainController, parent: QObject | None = None
    ) -> None:
        """Follow ``state``, and send requests to ``worker``."""
        super().__init__(parent)
        self._state, self._worker, self._explain_controller = state, worker, explain_controller
        self._last_id = 0
        worker.framings_scored.connect(self._on_scored)
        for signal in (state.canvas_picture_changed, state.answer_changed, state.choice_changed):
            signal.connect(self._forget)

    def choose(self, framing: Framing) -> None:
        """Explain the picture in another framing."""
        self._explain_controller.choose_settings(
            replace(self._state.explain_settings, framing=framing), self._state.choice.device
        )

    def request_scores(self) -> None:
        """Request the score of the pair in every framing, unless the scores are known."""
        state = self._state
        if (
            state.framings
            or state.explanation is None
            or state.canvas_picture is None
            or state.choice != state.provenance.choice
        ):
            return
        self._last_id += 1
        caption = state.explanation.caption.text
        self._worker.submit(FramingsRequest(self._last_id, state.choice, state.canvas_picture.picture, caption))

    def _forget(self) -> None:
        self._last_id += 1  # an answer on its way belongs to another pair
        self._state.change(framings=())

    def _on_scored(self, answer: FramingsAnswer) -> None:
        if answer.id == self._last_id:
            self._state.change(framings=answer.scores)
