"""The compare view: the pair on screen by several methods, and by one or two models, side by side."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.core.progress import Report
from exclip_desktop.core.text.wording import target_words
from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Preview, Selection, carry_rows, carry_selection
from exclip_desktop.session.compare.pane import Pane, PaneKey, PaneStatus, is_same_request
from exclip_desktop.session.compare.second_model import SecondModel
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.worker.requests import Failure, PaneAnswer, PaneRequest
from exclip_desktop.session.worker.worker_thread import Worker

Rows = tuple[int, ...]
Patch = tuple[int, int]
SETTLED_MS: Final = 200  # of an unchanged word selection: a drag never reaches the worker
WORKING: Final = "Comparing methods"
PARTS: Final = 100  # steps of the progress bar for each pane
SLOW: Final = ("m2ib", "rise", "fixlip", "interaction-lime", "interaction-cam", "random-weights")
"""Methods that take many runs: they come after the others."""


class CompareController(QObject):
    """Requests one pane after another; all panes follow the first answer's picture and selection.

    An answer counts only while it is the current request of its pane. First-order methods answer for the selected
    words, and are requested again when those change; a second-order answer serves every selection.

    Signals:
        opened(), closed(): the view is shown, or no longer.
        laid_out(): the set of panes has changed.
        followed(): every pane shows the latest selection, preview and drawing.
    """

    opened = Signal()
    closed = Signal()
    laid_out = Signal()
    followed = Signal()

    def __init__(
        self,
        first: State,
        second_model: SecondModel,
        worker: Worker,
        methods: tuple[str, ...],
        parent: QObject | None = None,
    ) -> None:
        """Follow ``first`` and, while it is open, ``second_model``; ``methods`` are keys of ``all_methods()``."""
        super().__init__(parent)
        self._first, self._second_model, self._worker = first, second_model, worker
        self._methods = methods
        self._panes: dict[PaneKey, Pane] = {}
        self._queue: list[tuple[Pane, PaneRequest]] = []  # the first one is being answered
        self._open = self._one_range = False
        self._rows: Rows = ()  # selected at the last look
        self._last_id = 0
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._refresh)
        worker.pane_answered.connect(self._on_answered)
        worker.failed.connect(self._on_failed)
        worker.pane_progress_reported.connect(self._on_progress_reported)
        first.canvas_picture_changed.connect(self._refresh)
        for state in (first, second_model.state):
            state.answer_changed.connect(self._refresh)
            state.stale_changed.connect(self._refresh)
        second_model.state.notice_changed.connect(self._refresh)
        first.selection_changed.connect(self._on_selection_changed)
        first.current_region_changed.connect(self._on_current_region_changed)
        for changed in (first.preview_changed, first.view_changed):
            changed.connect(self._follow)
        second_model.opened.connect(self._lay_out)
        second_model.closed.connect(self._lay_out)

    @property
    def is_open(self) -> bool:
        """Whether the view is shown."""
        return self._open

    @property
    def methods(self) -> tuple[str, ...]:
        """The compared methods, in the order of the registry."""
        return self._methods

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The panes, method by method, each by the first model, then by the second."""
        return tuple(self._panes.values())

    def open(self) -> None:
        """Show the view."""
        self._open = True
        self._lay_out()
        self.opened.emit()

    def close(self) -> None:
        """Show the main explanation alone; computed answers are cached."""
        self._open = False
        self._settled.stop()
        self._lay_out()
        self.closed.emit()

    def choose(self, methods: tuple[str, ...]) -> None:
        """Compare other methods."""
        self._methods = tuple(key for key in all_methods() if key in methods)
        self._lay_out()

    @property
    def one_range(self) -> bool:
        """Whether all panes share one colour range; else each has its own, because the methods' units differ."""
        return self._one_range

    def share_range(self, shared: bool) -> None:
        """Colour all panes in one range, or each in its own."""
        self._one_range = shared
        self._follow()

    def cancel(self) -> None:
        """Request nothing more until something changes; existing answers stay."""
        self._settled.stop()
        self._worker.cancel_pane()
        for pane, _ in self._queue:
            pane.set_status(PaneStatus("stopped"))
        self._end()

    def model_of(self, pane: Pane) -> str:
        """Return the name of a pane's model."""
        return self.source_of(pane).model_name

    def source_of(self, pane: Pane) -> State:
        """Return the state with the explanation by a pane's model."""
        return self._second_model.state if pane.key.of_second_model else self._first

    def is_answered(self, pane: Pane) -> bool:
        """Return whether a pane shows the answer to its current request."""
        return pane.key.is_ours or is_same_request(pane.answered, self._make_request(pane))

    def rows_in_first(self, pane: Pane, rows: Rows) -> Rows:
        """Return the rows of the first answer for a pane's ``rows``."""
        answer, first_answer = pane.scene.answer, self._first.explanation
        return () if answer is None or first_answer is None else carry_rows(answer.caption, rows, first_answer.caption)

    def patch_in_first(self, pane: Pane, patch: Patch | None) -> Patch | None:
        """Return the first answer's patch at the place of a pane's ``patch``."""
        answer, first_answer = pane.scene.answer, self._first.explanation
        return (
            None
            if answer is None or first_answer is None
            else _same_place(patch, answer.geometry, first_answer.geometry)
        )

    def _lay_out(self) -> None:
        """Create a pane for every method and model; reuse existing panes."""
        models = (False, True) if self._second_model.is_open else (False,)
        keys = [PaneKey(method, of_second) for method in self._methods for of_second in models] if self._open else []
        before = self._panes
        self._panes = {key: before.get(key) or Pane(key, self) for key in keys}
        if list(before) != keys:
            self.laid_out.emit()
            for key in before.keys() - self._panes.keys():
                before[key].deleteLater()
        self._refresh()

    def _refresh(self) -> None:
        """Request the answers that are missing."""
        requests = {pane: self._make_request(pane) for pane in self._panes.values()}
        for pane, request in requests.items():
            self._renew(pane, request)
        left = [(pane, request) for pane, request in requests.items() if request is not None and _lacks(pane, request)]
        left.sort(key=lambda one: one[0].key.method in SLOW)
        running = self._queue[:1]
        if any(pane is running[0][0] and is_same_request(request, running[0][1]) for pane, request in left if running):
            waiting = [one for one in left if one[0] is not running[0][0]]
            self._queue = running + waiting  # the running request stays in front
        else:
            if running:
                self._worker.cancel_pane()
            self._queue = waiting = left
        for pane, _ in waiting:
            pane.set_status(PaneStatus("waiting"))
        if waiting is left:
            self._send_next_request()
        self._follow()

    def _renew(self, pane: Pane, request: PaneRequest | None) -> None:
        """Show the first picture, and the pane's progress on it."""
        scene, source = pane.scene, self.source_of(pane)
        if scene.canvas_picture is not self._first.canvas_picture:
            pane.answered = None
            scene.change(
                canvas_picture=self._first.canvas_picture,
                canvas_hint=self._first.canvas_hint,
                answer=None,
                stale=False,
                **self._selected(None),
            )
        if pane.key.is_ours:
            scene.change(answer=source.explanation, stale=source.stale, **self._selected(source.explanation))
            pane.set_status(_status_of(source))
        elif request is None:  # its model has not explained the pair yet
            status = _status_of(source)
            scene.change(stale=scene.answer is not None)
            pane.set_status(PaneStatus("waiting") if status.kind == "done" else status)
        elif is_same_request(pane.answered, request):
            scene.change(stale=False)
            pane.set_status(PaneStatus("done"))
        elif is_same_request(pane.failed, request):
            pane.set_status(pane.failure_status)
        else:
            scene.change(stale=scene.answer is not None)

    def _make_request(self, pane: Pane) -> PaneRequest | None:
        """Return the current request of a pane; None while its model has not explained the pair."""
        first, source, name = self._first, self.source_of(pane), pane.key
        own, first_answer = source.explanation, first.explanation
        if (
            name.is_ours
            or own is None
            or first_answer is None
            or first.canvas_picture is None
            or source.stale
            or first.stale
        ):
            return None
        if source.canvas_picture is not first.canvas_picture or own.caption.text != first_answer.caption.text:
            return None
        target = target_words(first_answer.caption, first.selection.rows) if pane.facts.order == "first" else ""
        picture, framing = first.canvas_picture.picture, first.provenance.explain_settings.framing
        return PaneRequest(
            0,
            source.provenance.choice,
            framing,
            picture,
            first_answer.caption.text,
            name.method,
            target,
            name.of_second_model,
        )

    def _send_next_request(self) -> None:
        """Send the first request of the queue."""
        if not self._queue:
            self._end()
            return
        pane, request = self._queue[0]
        self._last_id += 1
        request = replace(request, id=self._last_id)
        self._queue[0] = pane, request
        pane.set_status(PaneStatus("working"))
        self._show_reached(0.0)
        self._worker.submit(request)

    def _end(self) -> None:
        self._queue = []
        self._first.put_work(self, None)

    def _on_answered(self, answer: PaneAnswer) -> None:
        if not self._queue or answer.id != self._queue[0][1].id:
            return
        pane, request = self._queue.pop(0)
        pane.answered, pane.failed = request, None
        pane.scene.change(answer=answer.answer, stale=False, **self._selected(answer.answer))
        pane.set_status(PaneStatus("done"))
        self.followed.emit()
        self._send_next_request()

    def _on_failed(self, failure: Failure) -> None:
        if not self._queue or failure.request is not self._queue[0][1]:
            return
        pane, request = self._queue.pop(0)
        pane.answered, pane.failed = None, request
        pane.failure_status = PaneStatus("failed", message=failure.message, hint=failure.hint)
        pane.scene.change(answer=None, stale=False, **self._selected(None))
        pane.set_status(pane.failure_status)
        self.followed.emit()
        self._send_next_request()

    def _on_progress_reported(self, report: Report) -> None:
        if self._queue and report.total:
            share = report.done / report.total
            self._queue[0][0].set_status(PaneStatus("working", share))
            self._show_reached(share)

    def _show_reached(self, of_pane: float) -> None:
        done = len(self._panes) - len(self._queue)
        self._first.put_work(self, Work(WORKING, round((done + of_pane) * PARTS), len(self._panes) * PARTS))

    def _on_selection_changed(self) -> None:
        self._follow()
        before, self._rows = self._rows, self._first.selection.rows
        if self._open and before != self._rows:  # boxes change no map
            self._settled.start()

    def _follow(self) -> None:
        """Select, preview and draw as the first explanation does."""
        view = self._first.view
        if not self._one_range:  # a locked range is in the unit of our method
            view = replace(view, picture_limit=None, words_limit=None)
        for pane in self._panes.values():
            pane.scene.change(view=view, **self._selected(pane.scene.answer))
        self.followed.emit()

    def _on_current_region_changed(self) -> None:
        for pane in self._panes.values():
            pane.scene.change(current_region=self._first.current_region)

    def _selected(self, answer: Answer | None) -> dict[str, Selection | Preview | int | None]:
        """Return the first explanation's selection and preview in the tokens and patches of a pane's ``answer``.

        They belong to that answer, and change together with it: rows and patches of another one may not exist in it.
        """
        first, first_answer = self._first, self._first.explanation
        if first_answer is None or answer is None:
            return {
                "selection": replace(first.selection, rows=()),
                "preview": Preview(),
                "current_region": first.current_region,
            }
        hovered = carry_rows(first_answer.caption, first.preview.rows, answer.caption)
        patch = _same_place(first.preview.patch, first_answer.geometry, answer.geometry)
        return {
            "selection": carry_selection(first_answer.caption, first.selection, answer.caption),
            "preview": Preview(hovered, patch, first.preview.regions),
            "current_region": first.current_region,
        }


def _same_place(patch: Patch | None, own: Geometry, other: Geometry) -> Patch | None:
    """Return the patch of the ``other`` grid at the place of a patch of the ``own`` grid."""
    return patch if patch is None or own == other else other.patch_at(*own.patch_centre(*patch))


def _lacks(pane: Pane, request: PaneRequest) -> bool:
    return not is_same_request(pane.answered, request) and not is_same_request(pane.failed, request)


def _status_of(source: State) -> PaneStatus:
    """Return the progress of the main explanation, which the panes wait for."""
    if source.explanation is not None and not source.stale:
        return PaneStatus("done")
    notice = source.notice
    if source.work is None and notice is not None and notice.kind == "error":
        return PaneStatus("failed", message=notice.message, hint=notice.hint)
    return PaneStatus("waiting")
