"""Two pictures or two captions: requests their matrix, and shows in each the heat of what is selected in the other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.selection import Preview, Selection, carry_rows
from exclip_desktop.core.values.two_inputs import CaptionSide, TwoInputExplanation, Which, other_of
from exclip_desktop.session.logs import describe_error
from exclip_desktop.session.notices import make_failure_notice
from exclip_desktop.session.pair.picture_opening import PictureReader
from exclip_desktop.session.pair.picture_shelf import PictureShelf
from exclip_desktop.session.pair.region_controller import RegionController
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.two_inputs.side_answers import make_side_answer
from exclip_desktop.session.undo import MergeKind, ReplaceStep, drop_picture_steps
from exclip_desktop.session.worker.requests import ExplainRequest, Failure
from exclip_desktop.session.worker.two_input_requests import TwoInputAnswer, TwoInputRequest
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.pictures import Picture

InputKind = Literal["pictures", "captions"]
Patch = tuple[int, int]
WORKING: Final[dict[InputKind, str]] = {
    "pictures": "Comparing the pictures",
    "captions": "Comparing the captions",
}
OF_INPUTS: Final = ("first ", "second ")  # how reports on the two inputs begin
NO_SECOND: Final = "Drop or paste a second picture here, or open one with the button above."


class TwoInputsController(QObject):
    """Shows two pictures or two captions with the heat of each under the other's selection.

    The first input is the picture, or the caption, on screen, with the selection of the window's state. The second
    one stays while a person walks through a list.

    Attributes:
        first, second: what is shown of each input; ``first`` follows the window's state.
        second_selection, second_regions: change the second input's selection, by undo steps.

    Signals:
        opened(), closed(): two inputs are shown, or no longer; ``opened`` also when their kind changes.
        answered(): the explanation is another one, or there is none.
        active_changed(): the other input is in use.

    """

    opened = Signal()
    closed = Signal()
    answered = Signal()
    active_changed = Signal()

    def __init__(
        self,
        main: State,
        worker: Worker,
        tasks: Tasks,
        undo: QUndoStack,
        shelf: PictureShelf,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``main``, and send requests to ``worker``; decoded files come from ``shelf``."""
        super().__init__(parent)
        self._main, self._worker, self._undo = main, worker, undo
        self.first, self.second = State(self), State(self)
        self.second.change(canvas_hint=NO_SECOND)
        self.second_selection = SelectionController(self.second, undo, self)
        self.second_regions = RegionController(self.second, self.second_selection, self)
        self._reader = PictureReader(self.second, tasks, self.show_error, shelf, self)
        self._kind: InputKind | None = None
        self._active: Which = "first"
        self._limits: dict[Which, float | None] = {"first": None, "second": None}
        self._explanation: TwoInputExplanation | None = None
        self._request: TwoInputRequest | None = None  # whose answer is awaited
        self._answered: TwoInputRequest | None = None  # whose answer is shown
        self._refused: TwoInputRequest | None = None  # failed, or was cancelled
        self._last_id = 0
        worker.picture_answered.connect(self._on_answered)
        worker.failed.connect(self._on_failed)
        worker.progress_reported.connect(self._on_progress_reported)
        main.canvas_picture_changed.connect(self._on_picture_changed)
        for signal in (main.caption_changed, main.provenance_changed, main.choice_changed):
            signal.connect(self._ask)
        main.explain_settings_changed.connect(self._ask)
        main.stale_changed.connect(self._ask)
        for signal in (main.selection_changed, main.current_region_changed, main.answer_changed):
            signal.connect(self._follow)
        for signal in (main.view_changed, main.labels_changed, main.canvas_hint_changed):
            signal.connect(self._follow)
        main.heat_mode_changed.connect(self._on_heat_mode_changed)
        for signal in (self.first.selection_changed, self.first.preview_changed):
            signal.connect(self._show_second)
        for signal in (self.second.selection_changed, self.second.preview_changed):
            signal.connect(self._show_first)

    @property
    def kind(self) -> InputKind | None:
        """The kind of the two inputs; None while none are shown."""
        return self._kind

    @property
    def explanation(self) -> TwoInputExplanation | None:
        """The explanation on screen."""
        return self._explanation

    @property
    def is_second_active(self) -> bool:
        """Whether commands for boxes are about the second picture."""
        return self._kind == "pictures" and self._active == "second"

    def use(self, which: Which) -> None:
        """Make an input the one that commands for boxes are about."""
        if which != self._active:
            self._active = which
            self.active_changed.emit()

    def open(self, kind: InputKind) -> None:
        """Show two inputs of a kind; the second one is that of the last time."""
        if kind == self._kind:
            return
        self._stop()
        self._forget()
        self._kind = kind
        self._refused = None
        if kind == "captions" and not self.second.caption:
            self.second.change(caption=self._main.caption)
        self.second.change(selection=replace(self.second.selection, rows=()), notice=None)
        self.use("first")
        self._follow()
        self.opened.emit()
        self._ask()

    def close(self) -> None:
        """Show the pair again; the second picture and caption are kept for the next time."""
        if self._kind is not None:
            self._stop()
            self._kind = None
            self._forget()
            self.use("first")
            self.first.change(canvas_picture=None)
            self.closed.emit()

    def open_file(self, path: str) -> None:
        """Read a picture file, and make it the second picture."""
        self._reader.read_file(path, self.put_picture)

    def open_image(self, read: Callable[[], Picture], title: str) -> None:
        """Make a picture without a file the second one; ``read`` is called in the background."""
        self._reader.read(read, title, self.put_picture)

    def pin(self) -> None:
        """Make the picture on screen the second one, so that others of the list are compared with it."""
        if self._main.canvas_picture is not None:
            self._reader.forget()
            self.put_picture(self._main.canvas_picture)

    def put_picture(self, canvas_picture: CanvasPicture) -> None:
        """Show another second picture, without boxes."""
        self._forget()
        drop_picture_steps(self._undo)  # those of the previous picture's boxes
        notes = " ".join(canvas_picture.picture.notes)
        notice = Notice(notes, kind="note") if notes else None
        self.second.change(canvas_picture=canvas_picture, selection=Selection(), preview=Preview(), notice=notice)
        self.open("pictures")
        self._ask()

    def type_caption(self, text: str) -> None:
        """Explain another second caption, as an undo step."""
        before = self.second.caption
        if text != before:
            step = ReplaceStep("edit second caption", self._put_caption, before, text, MergeKind.TYPING, joins=True)
            self._undo.push(step)
        else:
            self._refused = None
            self._ask()

    def hover_patch(self, which: Which, patch: Patch | None) -> None:
        """Preview a patch of one of two pictures; None ends the preview."""
        self._scene(which).change(preview=Preview(patch=patch))

    def hover_rows(self, which: Which, rows: tuple[int, ...]) -> None:
        """Preview a word of one of two captions; () ends the preview."""
        self._scene(which).change(preview=Preview(rows))

    def rows_in_main(self, rows: tuple[int, ...]) -> tuple[int, ...]:
        """Return rows of the first of two captions as rows of the window's state."""
        explanation, side = self._main.explanation, None if self._explanation is None else self._explanation.first
        if explanation is None or not isinstance(side, CaptionSide):
            return ()
        return carry_rows(side.caption, rows, explanation.caption)

    def lock(self, which: Which, limit: float | None) -> None:
        """Lock the end of one input's colour range; None: automatic."""
        self._limits[which] = limit
        self._follow()

    def cancel(self) -> None:
        """Stop comparing; what is on screen stays."""
        self._reader.forget()
        if self._request is not None:
            self._refused = self._request
            self._stop()

    def dismiss(self) -> None:
        """Close the second canvas's banner."""
        self.second.change(notice=None)

    def show_error(self, error: Exception) -> None:
        """Show an error in the second canvas's banner; what is on screen stays."""
        if not isinstance(error, Cancelled):
            self.second.change(notice=Notice(*describe_error(error)))

    def _scene(self, which: Which) -> State:
        return self.first if which == "first" else self.second

    def _put_caption(self, text: str) -> None:
        self.second.change(caption=text)
        self._ask()

    def _on_picture_changed(self) -> None:
        if self._kind is not None:
            self._forget()
            self._follow()
            self._ask()

    def _on_heat_mode_changed(self) -> None:
        if self._main.heat_mode is not None:  # it is shown on the pair's canvas
            self.close()

    def _follow(self) -> None:
        """Show the first input as the window's state does; both are drawn in the same way."""
        main = self._main
        if self._kind is None:
            return
        for which in ("first", "second"):
            limit = self._limits[which]
            self._scene(which).change(view=replace(main.view, picture_limit=limit, words_limit=limit))
        if self._kind == "pictures":
            self.first.change(
                canvas_picture=main.canvas_picture,
                canvas_hint=main.canvas_hint,
                labels=main.labels,
                selection=replace(main.selection, rows=(), absent=False),
                current_region=main.current_region,
            )
        else:
            self.first.change(canvas_picture=None, selection=Selection(self._selected_rows()))

    def _selected_rows(self) -> tuple[int, ...]:
        """Return the selected words of the window's state as rows of the first caption."""
        explanation, rows = self._main.explanation, self._main.selection.rows
        side = None if self._explanation is None else self._explanation.first
        if explanation is None or not isinstance(side, CaptionSide):
            return ()
        return carry_rows(explanation.caption, rows, side.caption)

    def _make_request(self) -> TwoInputRequest | None:
        """Return the current request; None while an input is missing, or a model is loaded for the pair on screen."""
        main, provenance, picture = self._main, self._main.provenance, self._main.canvas_picture
        current = main.choice, main.explain_settings
        is_changing = current != (provenance.choice, provenance.explain_settings) and bool(main.caption.strip())
        if picture is None or is_changing:
            return None
        if self._kind == "captions":
            other: Picture | str | None = self.second.caption.strip() and main.caption.strip() and self.second.caption
        else:
            other = None if self.second.canvas_picture is None else self.second.canvas_picture.picture
        if not other:
            return None
        return TwoInputRequest(ExplainRequest(self._last_id + 1, *current, picture.picture, main.caption), other)

    def _ask(self) -> None:
        """Send the current request, unless it is answered, awaited, or has failed."""
        if self._kind is None:
            return
        request = self._make_request()
        if request is not None and request.is_same(self._request):
            return
        self._stop()
        answered = request is not None and request.is_same(self._answered)
        self._show_stale(not answered)
        if request is None or answered or request.is_same(self._refused):
            return
        self._last_id, self._request, self._refused = request.id, request, None
        if self.second.notice is not None and self.second.notice.kind == "error":
            self.second.change(notice=None)
        self._main.put_work(self, Work(WORKING[self._kind]))
        self._worker.submit(request)

    def _stop(self) -> None:
        """Await no answer."""
        if self._request is not None:
            self._request = None
            self._worker.cancel_picture(TwoInputRequest)
            self._main.put_work(self, None)

    def _show_stale(self, stale: bool) -> None:
        for scene in (self.first, self.second):
            scene.change(stale=stale and self._explanation is not None)

    def _forget(self) -> None:
        """Show no answer: an input is another one."""
        self._answered = None
        self._put_explanation(None)

    def _put_explanation(self, explanation: TwoInputExplanation | None) -> None:
        before, self._explanation = self._explanation, explanation
        if self._kind == "captions":
            self._carry_words(before, explanation)
            self._follow()
        for scene in (self.first, self.second):
            scene.change(preview=Preview())
        self._show_first()
        self._show_second()
        if explanation is not before:
            self.answered.emit()

    def _carry_words(self, before: TwoInputExplanation | None, after: TwoInputExplanation | None) -> None:
        """Select the same words in the second caption of another answer."""
        sides = None if before is None else before.second, None if after is None else after.second
        if isinstance(sides[0], CaptionSide) and isinstance(sides[1], CaptionSide):
            rows = carry_rows(sides[0].caption, self.second.selection.rows, sides[1].caption)
            self.second.change(selection=replace(self.second.selection, rows=rows))

    def _show_first(self) -> None:
        self._show("first")

    def _show_second(self) -> None:
        self._show("second")

    def _show(self, which: Which) -> None:
        """Show the heat of an input under what is selected, or under the mouse, in the other one."""
        other, explanation = self._scene(other_of(which)), self._explanation
        answer = None
        if explanation is not None:
            answer = make_side_answer(explanation, which, other.selection, other.preview)
        self._scene(which).change(answer=answer)

    def _on_answered(self, answer: object) -> None:
        if isinstance(answer, TwoInputAnswer) and self._request is not None and answer.id == self._request.id:
            self._answered, self._request = self._request, None
            self._main.put_work(self, None)
            self._show_stale(False)
            self._put_explanation(answer.explanation)

    def _on_failed(self, failure: Failure) -> None:
        if self._request is not None and failure.request is self._request:
            self._refused, self._request = self._request, None
            self._main.put_work(self, None)
            self.second.change(notice=make_failure_notice(failure, self._main.facts))

    def _on_progress_reported(self, report: Report) -> None:
        if self._request is not None and self._kind is not None and report.what.startswith(OF_INPUTS):
            self._main.put_work(self, Work(WORKING[self._kind], report.done, report.total, cost=report.cost))
