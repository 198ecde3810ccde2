"""The long-lived thread that owns the model. Requests enter by a mailbox, answers leave as signals."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from PySide6.QtCore import QObject, QThread, Signal, SignalInstance

from exclip_desktop.core.errors import Cancelled, CaptionError, MemoryShortage, PictureError
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.cost_estimates import CostEstimate, ProfileEstimate
from exclip_desktop.core.values.layer_profile import ProfileRow
from exclip_desktop.session.logs import describe_error
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.worker.mailbox import Job, Mailbox
from exclip_desktop.session.worker.requests import (
    AheadRequest,
    EstimateAnswer,
    EstimateRequest,
    ExplainAnswer,
    ExplainRequest,
    Failure,
    FramingsAnswer,
    FramingsRequest,
    ListPairAnswer,
    ListPairRequest,
    ModelChoice,
    ModelFacts,
    OcclusionAnswer,
    OcclusionRequest,
    OwnRequest,
    PaneAnswer,
    PaneRequest,
    PictureRequest,
    ProfileAnswer,
    ProfileRequest,
    Request,
    ScoreAnswer,
    ScoreRequest,
    SecondModelRequest,
    StudyAnswer,
    StudyRequest,
)
from exclip_desktop.session.worker.search_requests import SearchPart, SearchRequest

log = logging.getLogger(__name__)
PROGRESS_EVERY_S = 0.03


class Engine(Protocol):
    """Interface of an engine; called in the worker's thread only, except ``find``."""

    def load(self, choice: ModelChoice, progress: Progress) -> ModelFacts:
        """Load the model if another one is loaded, and return facts about it."""

    def explain(self, request: ExplainRequest, progress: Progress, cancel: CancelToken) -> ExplainAnswer:
        """Explain the request's pair."""

    def find(self, request: ExplainRequest) -> ExplainAnswer | None:
        """Return the stored answer to a request, or None; any thread may call it, and no model runs."""

    def complete_picture(self, request: ExplainRequest, progress: Progress, cancel: CancelToken) -> None:
        """Compute what the next caption for the same picture needs, unless it is cached."""

    def score(self, request: ScoreRequest, progress: Progress, cancel: CancelToken) -> ScoreAnswer:
        """Score the request's captions."""

    def score_framings(self, request: FramingsRequest, progress: Progress, cancel: CancelToken) -> FramingsAnswer:
        """Score the request's pair in every framing."""

    def score_occlusion(self, request: OcclusionRequest, progress: Progress, cancel: CancelToken) -> OcclusionAnswer:
        """Score the request's pair with its selection occluded."""

    def answer_pane(self, request: PaneRequest, progress: Progress, cancel: CancelToken) -> PaneAnswer:
        """Answer by the request's method."""

    def explain_list_pair(self, request: ListPairRequest, progress: Progress, cancel: CancelToken) -> ListPairAnswer:
        """Explain a pair of a list, for its figures."""

    def search(self, request: SearchRequest, progress: Progress, cancel: CancelToken) -> Iterator[SearchPart]:
        """Search the pictures of a list, in parts."""

    def study(self, request: StudyRequest, progress: Progress, cancel: CancelToken) -> Iterator[StudyAnswer]:
        """Evaluate methods over the request's pairs: yield the saved outcomes, then one by one."""

    def profile(self, request: ProfileRequest, progress: Progress, cancel: CancelToken) -> Iterator[ProfileRow]:
        """Profile the request's pair: yield a row for every layer of its side."""

    def estimate_profile(self, request: ProfileRequest, progress: Progress, cancel: CancelToken) -> ProfileEstimate:
        """Estimate the cost of a profile."""

    def answer_picture(self, request: PictureRequest, progress: Progress, cancel: CancelToken) -> Iterator[object]:
        """Answer a request about one picture with itself: yield one answer or several."""


class Worker(QThread):
    """Runs an engine in its own thread.

    Signals, all emitted in the worker's thread and received in the GUI's:
        model_loaded(ModelChoice, ModelFacts): a model has been loaded.
        explained(ExplainAnswer), scored(ScoreAnswer), framings_scored(FramingsAnswer), estimated(EstimateAnswer),
            occlusion_scored(OcclusionAnswer), pane_answered(PaneAnswer), list_pair_explained(ListPairAnswer).
        profile_answered(ProfileAnswer): once for every layer, and once at the end.
        study_answered(StudyAnswer): once for every outcome.
        picture_answered(object): one answer to a ``PictureRequest``; search_answered(SearchPart): a part of one.
        failed(Failure): a request came to nothing.
        progress_reported(Report): progress of a request.
        pane_progress_reported(Report): progress of a pane's request.
        ahead_progressed(AheadRequest, Report): progress of work ahead.
        ahead_ended(AheadRequest, ExplainAnswer | None): a part of it is done; None: a picture was completed.
        ahead_failed(AheadRequest, bool): a part of it has failed; whether its picture or caption is the cause.
        second_model_loaded, second_model_explained, second_model_progress_reported: the same for the second model.
        job_ended(): a request, or a part of the work ahead, has ended.
    """

    model_loaded = Signal(object, object)
    explained = Signal(object)
    scored = Signal(object)
    framings_scored = Signal(object)
    occlusion_scored = Signal(object)
    profile_answered = Signal(object)
    estimated = Signal(object)
    failed = Signal(object)
    progress_reported = Signal(object)
    job_ended = Signal()
    ahead_progressed = Signal(object, object)
    ahead_ended = Signal(object, object)
    ahead_failed = Signal(object, bool)
    second_model_loaded = Signal(object, object)
    second_model_explained = Signal(object)
    second_model_progress_reported = Signal(object)
    pane_answered = Signal(object)
    pane_progress_reported = Signal(object)
    list_pair_explained = Signal(object)
    study_answered = Signal(object)
    picture_answered = Signal(object)
    search_answered = Signal(object)

    def __init__(self, make_engine: Callable[[], Engine], parent: QObject | None = None) -> None:
        """Store the factory; it is called in the thread, because it imports torch."""
        super().__init__(parent)
        self._make_engine = make_engine
        self._mailbox = Mailbox()
        self._last_progress_s = 0.0
        self._last_cost: CostEstimate | None = None
        self._choice: ModelChoice | None = None
        self._engine: Engine | None = None
        self._is_importing = False
        self._lookups = Tasks(self)
        self._second_engine: Engine | None = None
        self._second_choice: ModelChoice | None = None

    @property
    def holds_two(self) -> bool:
        """Whether a second model is loaded."""
        return self._second_engine is not None

    def submit(self, request: Request) -> None:
        """Queue a request (GUI thread); requests that it makes useless are cancelled.

        An explanation that has to wait for other work is looked for in the store meanwhile.
        """
        waits, engine = self._mailbox.put(request), self._engine
        if isinstance(request, ExplainRequest):
            self._lookups.cancel()
            if waits and engine is not None and request.choice == self._choice:
                self._lookups.run(
                    lambda token: None if token.is_cancelled else engine.find(request),
                    lambda answer: self._on_looked_up(request, answer),
                    lambda _: None,  # the worker reports the error when it gets to the request
                )

    def _on_looked_up(self, request: ExplainRequest, answer: ExplainAnswer | None) -> None:
        if answer is not None and self._mailbox.withdraw(request):
            self.explained.emit(answer)

    def work_ahead(self, requests: Sequence[AheadRequest]) -> None:
        """Replace the work to do while there are no requests (GUI thread)."""
        self._mailbox.put_ahead(requests)

    def cancel(self) -> None:
        """Cancel explaining and profiling, work ahead included (GUI thread)."""
        self._mailbox.cancel()

    def cancel_second_model(self) -> None:
        """Cancel the second model's explanation (GUI thread)."""
        self._mailbox.cancel_second_model()

    def cancel_pane(self) -> None:
        """Cancel the answer for a pane (GUI thread)."""
        self._mailbox.cancel_pane()

    def cancel_picture(self, kind: type[PictureRequest]) -> None:
        """Cancel a kind of request about one picture with itself (GUI thread)."""
        self._mailbox.cancel_picture(kind)

    def cancel_search(self) -> None:
        """Cancel the search of a list (GUI thread)."""
        self._mailbox.cancel_search()

    def cancel_list_pair(self) -> None:
        """Cancel the pair of a list (GUI thread)."""
        self._mailbox.cancel_list_pair()

    def cancel_study(self) -> None:
        """Cancel the study (GUI thread)."""
        self._mailbox.cancel_study()

    @property
    def is_importing(self) -> bool:
        """Whether the thread imports torch, which nothing can interrupt."""
        return self._is_importing

    def stop(self) -> None:
        """Cancel, close the mailbox, and wait for the thread to end (GUI thread)."""
        self._mailbox.close()
        self._lookups.stop()
        self.wait()

    def run(self) -> None:
        """Serve the mailbox until it is closed (worker thread)."""
        self._is_importing = True
        try:
            engine = self._engine = self._make_engine()
        except Exception as error:  # a broken installation must be reported to the person, not swallowed
            self._is_importing = False
            words = describe_error(error)
            self._serve_all(lambda job: self.failed.emit(Failure(job.request, *words)))
        else:
            self._is_importing = False
            self._serve_all(lambda job: self._serve(engine, job))

    def _serve_all(self, serve: Callable[[Job], None]) -> None:
        while (job := self._mailbox.take()) is not None:
            serve(job)
            self.job_ended.emit()

    def _serve(self, engine: Engine, job: Job) -> None:
        try:
            if isinstance(job.request, SecondModelRequest):
                self._explain_by_second_model(job.request.question, job)
            elif isinstance(job.request, PaneRequest):
                self._answer_pane(engine, job.request, job)
            elif isinstance(job.request, ListPairRequest):
                self._answer_list_pair(engine, job.request, job)
            elif isinstance(job.request, StudyRequest):
                self._answer_study(engine, job.request, job)
            elif isinstance(job.request, AheadRequest):
                self._work_ahead(engine, job.request, job)
            else:
                self._answer(engine, job.request, job)
        except Cancelled:  # a cancelled request has no answer
            return
        except Exception as error:  # every error of an explainer ends in a banner, never in a crash
            self._emit_failure(job, error)

    def _emit_failure(self, job: Job, error: Exception) -> None:
        of_pair, of_memory = isinstance(error, CaptionError | PictureError), isinstance(error, MemoryShortage)
        failure = Failure(job.request, *describe_error(error), of_pair, of_memory)
        if isinstance(job.request, AheadRequest | EstimateRequest):  # nobody waits for it
            log.info("Work ahead failed: %s", failure.message)
            if isinstance(job.request, AheadRequest):
                with suppress(Cancelled):
                    self._mailbox.finish(job)
                    if not of_pair:  # the rest would fail, too
                        self._mailbox.put_ahead(())
                    self.ahead_failed.emit(job.request, of_pair)
            return
        with suppress(Cancelled):
            self._mailbox.finish(job)
            self.failed.emit(failure)

    def _make_progress(self, job: Job, signal: SignalInstance) -> Progress:
        def progress(report: Report) -> None:
            job.token.check()
            now = time.monotonic()
            news = report.done == report.total or report.cost != self._last_cost
            if news or now - self._last_progress_s >= PROGRESS_EVERY_S:
                self._last_progress_s, self._last_cost = now, report.cost
                signal.emit(report)

        return progress

    def _work_ahead(self, engine: Engine, request: AheadRequest, job: Job) -> None:
        """Explain a pair, or complete a picture, by the loaded model; nothing is loaded for it."""
        if request.question.choice != self._choice:
            return

        def progress(report: Report) -> None:
            job.token.check()
            now = time.monotonic()
            if now - self._last_progress_s >= PROGRESS_EVERY_S:
                self._last_progress_s = now
                self.ahead_progressed.emit(request, report)

        self.ahead_progressed.emit(request, Report("", 0, 1))
        answer: ExplainAnswer | None = None
        if request.completes:
            engine.complete_picture(request.question, progress, job.token)
        else:
            answer = engine.explain(request.question, progress, job.token)
        self._mailbox.finish(job)
        self.ahead_ended.emit(request, answer)

    def _explain_by_second_model(self, question: ExplainRequest | None, job: Job) -> None:
        """Explain by an engine of its own, which holds the second model; without a question, release it."""
        if question is None:
            self._second_engine = self._second_choice = None
            return
        progress = self._make_progress(job, self.second_model_progress_reported)
        self._second_engine = self._second_engine or self._make_engine()
        self._load_second_model(self._second_engine, question.choice, progress)
        answer = self._second_engine.explain(question, progress, job.token)
        self._mailbox.finish(job)
        self.second_model_explained.emit(answer)

    def _answer_pane(self, engine: Engine, request: PaneRequest, job: Job) -> None:
        progress = self._make_progress(job, self.pane_progress_reported)
        if not request.of_second_model:
            self._load(engine, request.choice, progress)
            answer = engine.answer_pane(request, progress, job.token)
        elif self._second_engine is not None:
            self._load_second_model(self._second_engine, request.choice, progress)
            answer = self._second_engine.answer_pane(request, progress, job.token)
        else:  # the second model was released
            return
        self._mailbox.finish(job)
        self.pane_answered.emit(answer)

    def _answer_list_pair(self, engine: Engine, request: ListPairRequest, job: Job) -> None:
        self._load(engine, request.choice, self._make_progress(job, self.progress_reported))
        answer = engine.explain_list_pair(request, lambda _: job.token.check(), job.token)
        self._mailbox.finish(job)
        self.list_pair_explained.emit(answer)

    def _answer_study(self, engine: Engine, request: StudyRequest, job: Job) -> None:
        self._load(engine, request.choice, self._make_progress(job, self.progress_reported))
        for news in engine.study(request, lambda _: job.token.check(), job.token):
            self.study_answered.emit(news)

    def _load(self, engine: Engine, choice: ModelChoice, progress: Progress) -> None:
        if choice != self._choice:
            self._choice = None  # whether loading succeeds or fails, the previous model is released
            facts = engine.load(choice, progress)
            self.model_loaded.emit(choice, facts)
            self._choice = choice  # from now on answers are looked up, which arrive after the facts

    def _load_second_model(self, engine: Engine, choice: ModelChoice, progress: Progress) -> None:
        if choice != self._second_choice:
            self._second_choice = None
            facts = engine.load(choice, progress)
            self._second_choice = choice
            self.second_model_loaded.emit(choice, facts)

    def _emit_parts(self, parts: Iterator[object], token: CancelToken, signal: SignalInstance) -> None:
        for part in parts:
            token.check()
            signal.emit(part)

    def _answer(self, engine: Engine, request: OwnRequest, job: Job) -> None:
        token, progress = job.token, self._make_progress(job, self.progress_reported)
        self._load(engine, request.choice, progress)
        if isinstance(request, ScoreRequest):
            self.scored.emit(engine.score(request, progress, token))
        elif isinstance(request, FramingsRequest):
            self.framings_scored.emit(engine.score_framings(request, progress, token))
        elif isinstance(request, OcclusionRequest):
            self.occlusion_scored.emit(engine.score_occlusion(request, progress, token))
        elif isinstance(request, EstimateRequest):
            self.estimated.emit(EstimateAnswer(request.id, engine.estimate_profile(request.profile, progress, token)))
        elif isinstance(request, PictureRequest):
            self._emit_parts(engine.answer_picture(request, progress, token), token, self.picture_answered)
        elif isinstance(request, SearchRequest):
            self._emit_parts(engine.search(request, progress, token), token, self.search_answered)
        elif isinstance(request, ProfileRequest):
            for row in engine.profile(request, progress, token):
                self.profile_answered.emit(ProfileAnswer(request.id, row))
            self._mailbox.finish(job)
            self.profile_answered.emit(ProfileAnswer(request.id, None))
        elif isinstance(request, ExplainRequest):
            answer = engine.explain(request, progress, token)
            self._mailbox.finish(job)
            self.explained.emit(answer)
