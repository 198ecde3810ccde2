"""The view mode of similar patches: follows the picture on screen, and requests what its factor says."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.maths.similar_patches import SimilarityKind
from exclip_desktop.core.progress import Report
from exclip_desktop.session.compare.compare_controller import CompareController
from exclip_desktop.session.notices import make_failure_notice
from exclip_desktop.session.parts.heat_modes import SimilarHeat
from exclip_desktop.session.parts.picture_subject import PictureSubject, question_on_screen, subject_on_screen
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.window_settings import SavedParts
from exclip_desktop.session.worker.parts_requests import SimilarityAnswer, SimilarityRequest
from exclip_desktop.session.worker.requests import Failure
from exclip_desktop.session.worker.worker_thread import Worker

WORKING: Final = "Comparing the patches"
NOT_EXPLAINED: Final = "Similar patches need an explained picture."
PANES_OPEN: Final = "Similar patches are shown for exCLIP's own answer only: close the compare view first (C)."


class SimilarPatchesController(QObject):
    """Shows similar patches in place of the heat, until another mode or the compare view is opened.

    The similarities of the last picture are kept while only its caption changes.

    Signals:
        changed(): the mode was opened or closed, or another kind was chosen.
        refused(reason): the mode cannot be opened, a sentence.

    """

    changed = Signal()
    refused = Signal(str)

    def __init__(
        self,
        state: State,
        worker: Worker,
        compare_controller: CompareController,
        settings: SavedParts,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``state``, and send requests to ``worker``; ``settings`` keep the chosen kind."""
        super().__init__(parent)
        self._state, self._worker, self._compare_controller = state, worker, compare_controller
        self._settings, self._kind = settings, settings.read().similarity
        self._subject: PictureSubject | None = None  # of the similarities
        self._answer: SimilarityAnswer | None = None
        self._request: SimilarityRequest | None = None
        self._last_id = 0
        worker.picture_answered.connect(self._on_answered)
        worker.failed.connect(self._on_failed)
        worker.progress_reported.connect(self._on_progress_reported)
        compare_controller.opened.connect(self.close)
        for signal in (state.answer_changed, state.stale_changed, state.canvas_picture_changed):
            signal.connect(self._follow)
        state.heat_mode_changed.connect(self._on_heat_mode_changed)

    @property
    def is_open(self) -> bool:
        """Whether similar patches are shown, or computed."""
        return isinstance(self._state.heat_mode, SimilarHeat)

    @property
    def kind(self) -> SimilarityKind:
        """The kind of similarity."""
        return self._kind

    def open(self) -> None:
        """Show similar patches instead of the heat."""
        if self._compare_controller.is_open or subject_on_screen(self._state) is None:
            self.refused.emit(PANES_OPEN if self._compare_controller.is_open else NOT_EXPLAINED)
            self.changed.emit()
            return
        self._state.change(heat_mode=SimilarHeat(self._kind))
        self._follow()

    def close(self) -> None:
        """Show the heat again."""
        if self.is_open:
            self._state.change(heat_mode=None)

    def choose(self, kind: SimilarityKind) -> None:
        """Compare by another kind."""
        self._kind = kind
        self._settings.save(replace(self._settings.read(), similarity=kind))
        if self.is_open:
            self._show()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop, and show the heat again."""
        if self._request is not None:
            self.close()

    def _follow(self) -> None:
        """Show the similarities of the picture on screen; request them where they are missing."""
        if not self.is_open:
            return
        subject, canvas_picture = subject_on_screen(self._state), self._state.canvas_picture
        if subject is None:
            self._end()  # the worker drops the request for the explanation that is awaited
            if canvas_picture is None or self._subject is None or self._subject.picture is not canvas_picture.picture:
                self._forget()
        elif not subject.is_same(self._subject):
            self._forget()
            self._ask(subject)
        elif self._answer is None and self._request is None:
            self._ask(subject)
        self._show()

    def _ask(self, subject: PictureSubject) -> None:
        self._last_id += 1
        self._subject, self._request = subject, SimilarityRequest(question_on_screen(self._state, self._last_id))
        self._state.put_work(self, Work(WORKING))
        self._worker.submit(self._request)

    def _show(self) -> None:
        similarity = None if self._answer is None else self._answer.similarities[self._kind]
        mode = self._state.heat_mode
        if not isinstance(mode, SimilarHeat) or (mode.kind, mode.similarity) != (self._kind, similarity):
            self._state.change(heat_mode=SimilarHeat(self._kind, similarity))

    def _forget(self) -> None:
        self._subject = self._answer = None

    def _end(self) -> None:
        self._request = None
        self._state.put_work(self, None)

    def _on_answered(self, answer: object) -> None:
        if isinstance(answer, SimilarityAnswer) and self._request is not None and answer.id == self._request.id:
            self._end()
            self._answer = answer
            if self.is_open:
                self._show()

    def _on_failed(self, failure: Failure) -> None:
        if self._request is not None and failure.request is self._request:
            self._end()
            self._forget()
            self.close()
            self._state.change(notice=make_failure_notice(failure, self._state.facts))

    def _on_progress_reported(self, report: Report) -> None:
        if self._request is not None:
            self._state.put_work(self, Work(WORKING, report.done, report.total))

    def _on_heat_mode_changed(self) -> None:
        if not self.is_open and self._request is not None:
            self._worker.cancel_picture(SimilarityRequest)
            self._end()
            self._forget()
        self.changed.emit()
