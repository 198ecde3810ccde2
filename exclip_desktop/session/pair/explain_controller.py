"""Explains a picture and a caption by a model with settings, and puts the answer on screen."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.pair_list import describe_outside
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.logs import describe_error
from exclip_desktop.session.notices import Notices, describe_loading, make_failure_notice
from exclip_desktop.session.pair.picture_opening import (
    PendingPicture,
    PictureReader,
    SelectedWords,
    choose_selection,
)
from exclip_desktop.session.pair.picture_shelf import PictureShelf
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.state import Notice, Provenance, State, Work
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.undo import MergeKind, ReplaceStep, drop_picture_steps
from exclip_desktop.session.worker.answer_cache import ReadyAnswers
from exclip_desktop.session.worker.requests import ExplainAnswer, ExplainRequest, Failure, ModelChoice, ModelFacts
from exclip_desktop.session.worker.worker_port import WorkerPort
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.pictures import Picture
from exclip_desktop.storage.samples import SampleObject

SIDES = {"picture": "Explaining the picture", "caption": "Explaining the caption"}
CAPTION_SHARE: Final = 0.2  # of the progress bar, where both sides are explained
PARTS: Final = 1000  # steps of the progress bar


class RequestBar:
    """The progress bar of one request, which never goes back: neither from side to side, nor when work is added."""

    def __init__(self) -> None:
        """Start empty."""
        self._what, self._from, self._reached = "", 0.0, 0.0

    def advance(self, what: str, report: Report) -> Work:
        """Return the work to show for a report."""
        if not report.total:
            return Work(what)
        if what != self._what:
            self._what, self._from = what, self._reached
        end = max(self._from, CAPTION_SHARE if what == SIDES["caption"] else 1.0)
        self._reached = max(self._reached, self._from + (end - self._from) * report.done / report.total)
        return Work(what, round(PARTS * self._reached), PARTS, cost=report.cost)


class ExplainController(QObject):
    """Sends explain requests to the worker, and accepts only the answer to the last one.

    Another picture is shown at once, without an answer until its own arrives: nothing of the previous pair stays. An
    answer for the picture on screen stays, marked as stale, until the next one arrives. If a request fails or is
    cancelled, model and settings return to those of the last answer; picture and caption stay. Without a caption there
    is no request: the picture is shown without heat.

    Attributes:
        picture_reader: reads the pictures.
        ready: answers that are shown at once when they are requested: those shown before, and those computed ahead.

    Signals:
        requested(): another explanation is requested, or none, because there is no caption.
    """

    requested = Signal()

    def __init__(
        self,
        state: State,
        worker: Worker | WorkerPort,
        tasks: Tasks,
        undo: QUndoStack,
        parent: QObject | None = None,
        *,
        last_resort: ModelChoice | None = None,
        shelf: PictureShelf | None = None,
    ) -> None:
        """Listen to ``worker``; ``last_resort`` is the model to use if the default one fails at the start."""
        super().__init__(parent)
        self._state, self._worker, self._tasks, self._undo = state, worker, tasks, undo
        self._opening: PendingPicture | None = None  # the picture on screen, until its first answer
        self._left_words: SelectedWords | None = None  # of the last answer, until the next one
        self._request: ExplainRequest | None = None  # whose answer is awaited
        self._facts: ModelFacts | None = None  # of the model that made the last answer
        self._failed_request: ExplainRequest | None = None  # had too little memory
        self._notices = Notices(state)
        self.picture_reader = PictureReader(state, tasks, self.show_error, shelf or PictureShelf(), self)
        self.picture_reader.failed.connect(self._on_picture_refused)
        self.ready = ReadyAnswers()
        self._bar = RequestBar()
        self._last_id = 0
        self._last_resort = last_resort
        worker.explained.connect(self._on_explained)
        worker.failed.connect(self._on_failed)
        worker.progress_reported.connect(self._on_progress_reported)
        worker.model_loaded.connect(self._on_model_loaded)
        worker.job_ended.connect(self._on_rested)

    def open_file(
        self,
        path: str,
        caption: str | None = None,
        objects: tuple[SampleObject, ...] = (),
        notes: tuple[str, ...] = (),
        boxes: Sequence[Region] = (),
        selection: Selection | None = None,
    ) -> None:
        """Read a picture file and explain it; then select the regions of ``selection``, and words of an object.

        ``boxes``, those of its list, are compared with its size.
        """

        def then(canvas_picture: CanvasPicture) -> None:
            height, width, _ = canvas_picture.picture.pixels.shape
            found = (*notes, *canvas_picture.picture.notes, describe_outside(boxes, (width, height)))
            self._take(PendingPicture(canvas_picture, objects, tuple(filter(None, found)), selection), caption)

        self.picture_reader.read_file(path, then)

    def open_listed(
        self,
        path: str,
        caption: str,
        boxes: Sequence[Region],
        selection: Selection | None = None,
        objects: tuple[SampleObject, ...] = (),
    ) -> None:
        """Show a pair of the list at once; the canvas is empty until its picture is read, or if it cannot be read."""
        if not self.picture_reader.is_decoded(path):
            self.leave(None, caption)
        self.open_file(path, caption, objects, boxes=boxes, selection=selection)

    def restore(
        self, path: str, caption: str, choice: ModelChoice, settings: ExplainSettings, selection: Selection
    ) -> None:
        """Show a view again: picture, caption, model, settings and selection."""

        def then(canvas_picture: CanvasPicture) -> None:
            self._state.change(choice=choice, explain_settings=settings)
            self._take(PendingPicture(canvas_picture, notes=canvas_picture.picture.notes, selection=selection), caption)

        self.picture_reader.read_file(path, then)

    def open_image(self, read: Callable[[], Picture], title: str) -> None:
        """Explain a picture without a file, such as one from the clipboard; ``read`` is called in the background."""
        self.picture_reader.read(
            read,
            title,
            lambda canvas_picture: self._take(PendingPicture(canvas_picture, notes=canvas_picture.picture.notes), None),
        )

    def show(self, canvas_picture: CanvasPicture, caption: str) -> None:
        """Explain a picture that has been read already."""
        if self._state.canvas_picture is canvas_picture:
            self.put_caption(caption)
        else:
            self._take(PendingPicture(canvas_picture), caption)

    def type_caption(self, text: str) -> None:
        """Explain another caption, as an undo step; or the same one again, if it has no answer."""
        before = self._state.caption
        if text != before:
            self._undo.push(ReplaceStep("edit caption", self.put_caption, before, text, MergeKind.TYPING, joins=True))
        elif self._unanswered:
            self.request_explanation()

    def put_caption(self, text: str) -> None:
        """Explain another caption, without an undo step."""
        self._state.change(caption=text)
        self.request_explanation()

    def choose_model(self, choice: ModelChoice) -> None:
        """Explain by another model."""
        self._state.change(choice=choice)
        self.request_explanation()

    def choose_settings(self, settings: ExplainSettings, device: str | None) -> None:
        """Explain with other settings, on another device."""
        if self._unanswered or (settings, device) != (self._state.explain_settings, self._state.choice.device):
            self._state.change(explain_settings=settings, choice=replace(self._state.choice, device=device))
            self.request_explanation()

    def use_cpu(self) -> None:
        """Repeat on the CPU the request that an accelerator had too little memory for, or else choose the CPU."""
        state, refused = self._state, self._failed_request
        settings = state.explain_settings
        if refused is not None:
            self._failed_request, settings = None, refused.explain_settings
            state.change(caption=refused.caption, choice=refused.choice)
        state.change(notice=None)
        self.choose_settings(settings, "cpu")

    def dismiss(self) -> None:
        """Close the banner."""
        self._notices.dismiss()

    def cancel(self) -> None:
        """Cancel the running work; what is on screen stays."""
        self.picture_reader.forget()
        self._tasks.cancel()
        self._worker.cancel()
        self._state.clear_work()
        if self._request is not None:
            self._give_up()

    def leave(self, canvas_picture: CanvasPicture | None, caption: str | None = None) -> None:
        """Show another picture, or none, without an answer; nothing of the previous pair stays on screen."""
        self._leave(None if canvas_picture is None else PendingPicture(canvas_picture), caption)

    def show_error(self, error: Exception) -> None:
        """Show an error in the banner; what is on screen stays."""
        if not isinstance(error, Cancelled):
            self._state.change(notice=Notice(*describe_error(error)))

    def request_explanation(self) -> None:
        """Answer the current request if its answer is ready, else send it to the worker."""
        picture = self._state.canvas_picture
        if picture is None:
            return
        if not self._state.caption.strip():
            self._wait_for_caption()
            return
        self._last_id, self._failed_request = self._last_id + 1, None
        self._notices.clear_memory_shortage()
        state, before = self._state, self._request
        self._request = ExplainRequest(
            self._last_id, state.choice, state.explain_settings, picture.picture, state.caption
        )
        self._bar = RequestBar()
        ready = self.ready.get(self._request)
        if ready is None:
            state.change(stale=state.explanation is not None)
            state.put_work(self, Work(SIDES["picture"]))
            self._worker.submit(self._request)
        else:
            if before is not None:
                self._worker.cancel()
            self._on_explained(ready)
        self.requested.emit()

    @property
    def _unanswered(self) -> bool:
        """Whether the screen does not show the current request, and no answer is on its way."""
        return self._request is None and (self._state.stale or self._state.explanation is None)

    def _take(self, opening: PendingPicture, caption: str | None) -> None:
        self._leave(opening, caption)
        self.request_explanation()

    def _leave(self, opening: PendingPicture | None, caption: str | None) -> None:
        state = self._state
        if state.explanation is not None:
            self._left_words = SelectedWords(state.explanation.caption, state.selection.rows)
        if self._request is not None:
            self._request = None
            self._worker.cancel()
        self._opening, self._failed_request = opening, None
        self._notices.clear_memory_shortage()
        drop_picture_steps(self._undo)  # those of the project stay
        state.put_work(self, None)
        regions = () if opening is None or opening.selection is None else opening.selection.regions
        state.change(
            canvas_picture=None if opening is None else opening.canvas_picture,
            canvas_hint="",
            answer=None,
            caption=state.caption if caption is None else caption,
            selection=Selection(regions=regions),
            preview=Preview(),
            notice=self._notices.make_picture_notice(() if opening is None else opening.notes),
            stale=False,
        )

    def _on_picture_refused(self, path: str) -> None:
        if self._state.canvas_picture is None and not self._state.canvas_hint:  # of a pair that is on screen
            self._state.change(canvas_hint=f"{Path(path).name} cannot be shown. The message above says why.")

    def _wait_for_caption(self) -> None:
        """Explain nothing; the previous caption's error is settled."""
        state, opening = self._state, self._opening
        if self._request is not None:
            self._request = None
            self._notices.clear_memory_shortage()
            self._worker.cancel()
        state.put_work(self, None)
        notes = () if opening is None else opening.notes
        if opening is not None:
            self._opening = replace(opening, notes=())
        state.change(stale=state.explanation is not None, notice=self._notices.make_picture_notice(notes))
        self.requested.emit()

    def _give_up(self) -> None:
        """Stop waiting for an answer: return to model and settings of the last one; picture and caption stay."""
        self._request = None
        self._notices.clear_memory_shortage()
        state, explanation = self._state, self._state.explanation
        if explanation is not None:
            state.change(stale=state.caption != explanation.caption.text)
        if self._facts is not None:
            self._use_again()
        state.put_work(self, None)

    def _use_again(self) -> None:
        """Return to the model and settings of the last answer; before the first one, to the default ones."""
        state = self._state
        if state.choice != state.provenance.choice:
            state.change(choice=state.provenance.choice, facts=self._facts)
            self._notices.show_loading_note("")  # the note was about the other model
        state.change(explain_settings=state.provenance.explain_settings)

    def _on_explained(self, answer: ExplainAnswer) -> None:
        request, after = self._request, answer.explanation
        if request is None or answer.id != request.id:
            return
        self.ready.put(request, answer)
        self._request, self._facts = None, self._state.facts
        self._notices.clear_memory_shortage()
        provenance = Provenance(answer.seconds, answer.cached, request.choice, request.explain_settings)
        shown = self._state.explanation
        before = self._left_words if shown is None else SelectedWords(shown.caption, self._state.selection.rows)
        selection = choose_selection(self._opening, before, self._state.selection, after)
        notes = self._opening.notes if self._opening is not None else ()
        notice = self._notices.make_answer_notice(notes, after, provenance)
        self._opening = self._left_words = None
        self._state.change(
            answer=after,
            provenance=provenance,
            selection=selection,
            preview=Preview(),
            notice=notice,
            stale=False,
        )
        self._state.put_work(self, None)

    def _on_failed(self, failure: Failure) -> None:
        if failure.request is not self._request:
            return
        state, notice = self._state, make_failure_notice(failure, self._state.facts)
        self._failed_request = self._request if notice.offers_cpu else None
        instead = "" if self._facts is not None or failure.of_pair else self._fall_back()
        self._give_up()
        if instead:  # the choice was saved at an earlier start, or nothing has been explained yet
            self._use_again()
            state.change(notice=Notice(f"{failure.message} {instead}", kind="note"))
            self.request_explanation()
        else:
            state.change(notice=notice)

    def _fall_back(self) -> str:
        """Choose the default model and settings or, if those failed, the last resort; return a sentence on it."""
        state = self._state
        usual = state.provenance
        if (state.choice, state.explain_settings) != (usual.choice, usual.explain_settings):
            return "The usual settings are used."
        if self._last_resort is None or usual.choice.name == self._last_resort.name:
            return ""
        state.change(provenance=Provenance(choice=replace(self._last_resort, device=usual.choice.device)))
        return "The bundled model is used."

    def _on_progress_reported(self, report: Report) -> None:
        if self._request is not None:
            what = SIDES.get(report.what, report.what)
            self._state.put_work(self, self._bar.advance(what, report))
            self._notices.show_memory_shortage(what, report.cost)

    def _on_rested(self) -> None:
        if self._request is None:
            self._state.put_work(self, None)

    def _on_model_loaded(self, choice: ModelChoice, facts: ModelFacts) -> None:
        state = self._state
        self.ready.clear()  # its files may be others than at its last loading
        if choice != state.choice:  # the request was cancelled, and the model on screen is current again
            return
        state.change(facts=facts)
        before, settings = state.explain_settings, facts.fitted(state.explain_settings)
        if settings != before:
            state.change(explain_settings=settings)
            if self._request is not None:
                self.request_explanation()
        if self._request is not None:  # else this is the model on screen
            self._notices.show_loading_note(describe_loading(facts, before, settings))
