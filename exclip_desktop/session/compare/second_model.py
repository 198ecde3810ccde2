"""A second model's explanation of the pair on screen."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.values.selection import Preview, carry_rows, carry_selection
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.selection_controller import Rows, SelectionController
from exclip_desktop.session.state import Notice, Provenance, State
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.worker.requests import ModelChoice, SecondModelRequest
from exclip_desktop.session.worker.worker_port import WorkerPort
from exclip_desktop.session.worker.worker_thread import Worker

Patch = tuple[int, int]
ABSENT_NOTE: Final = Notice("Only this model reads that token, so it cannot be selected in both.", kind="note")


class SecondModel(QObject):
    """Follows the first explanation in all but its layers: picture, caption, rule, framing, selection and drawing.

    Selections made here are made in the first explanation and come back from it: tokens are mapped by their words,
    regions stay as they are, in source pixels.

    Attributes:
        state: the second explanation.
        selection_controller: of the first explanation.

    Signals:
        opened(), closed(): a second model is shown, or no longer.
    """

    opened = Signal()
    closed = Signal()

    def __init__(
        self, first: State, selection_controller: SelectionController, worker: Worker, parent: QObject | None = None
    ) -> None:
        """Follow ``first``; intents go to its ``selection_controller``, requests to ``worker``."""
        super().__init__(parent)
        self.state = State(self)
        self._first, self.selection_controller, self._worker = first, selection_controller, worker
        self._port = WorkerPort(worker, self)
        # Nothing here has undo steps of its own: the stack is never shown.
        self._explain_controller = ExplainController(self.state, self._port, Tasks(self), QUndoStack(self), self)
        self._open = False
        first.canvas_picture_changed.connect(self._on_picture_changed)
        first.answer_changed.connect(self._send_next_request)
        for changed in (
            first.selection_changed,
            first.preview_changed,
            first.view_changed,
            first.current_region_changed,
        ):
            changed.connect(self._follow)
        self.state.answer_changed.connect(self._follow)

    @property
    def is_open(self) -> bool:
        """Whether a second model is shown."""
        return self._open

    def open(self, choice: ModelChoice) -> None:
        """Explain by a second model, too."""
        self._open = True
        self.state.change(choice=choice)
        self.opened.emit()
        self._send_next_request()

    def close(self) -> None:
        """Explain by the first model only; the second one leaves memory."""
        self._open = False
        self._explain_controller.cancel()
        self._worker.submit(SecondModelRequest(None))
        self.state.change(canvas_picture=None, answer=None, notice=None, stale=False)
        self.closed.emit()

    def cancel(self) -> None:
        """Cancel the running work; what is on screen stays."""
        self._explain_controller.cancel()

    def dismiss(self) -> None:
        """Close the banner."""
        self._explain_controller.dismiss()

    def use_cpu(self) -> None:
        """Repeat on the CPU the request that an accelerator had too little memory for."""
        self._explain_controller.use_cpu()

    def show_rows(self, rows: Rows) -> None:
        """Select tokens during a gesture; here and below, ``rows`` are the second model's."""
        if self._are_in_first(rows):
            self.selection_controller.show_rows(self._in_first(rows))

    def commit_rows(self, before: Rows, after: Rows) -> None:
        """Select tokens at the end of a gesture; if the first model reads none of them, show a note instead."""
        if self._are_in_first(after):
            self.selection_controller.commit_rows(self._in_first(before), self._in_first(after))
        else:
            self.state.change(notice=ABSENT_NOTE)

    def widen_rows(self, before: Rows, after: Rows) -> None:
        """Select more tokens by the second click of a double click; only words are widened."""
        self.selection_controller.widen_rows(self._in_first(before), self._in_first(after))

    def hover_rows(self, rows: Rows) -> None:
        """Preview a word."""
        self.selection_controller.hover_rows(self._in_first(rows))

    def hover_patch(self, patch: Patch | None) -> None:
        """Preview a patch of the second model's grid on this side only: the first's patches lie elsewhere."""
        self.state.change(preview=replace(self.state.preview, patch=patch))

    def _on_picture_changed(self) -> None:
        """Show the first explanation's picture at once; its caption is explained when the first model has done so."""
        if self._open:
            self._explain_controller.leave(self._first.canvas_picture)

    def _send_next_request(self) -> None:
        first, state = self._first, self.state
        if not self._open or first.explanation is None or first.canvas_picture is None:
            return
        state.change(explain_settings=replace(first.provenance.explain_settings, image_layer=None, text_layer=None))
        if state.explanation is None:  # without an earlier explanation, a failed request returns to this one
            state.change(provenance=Provenance(choice=state.choice, explain_settings=state.explain_settings))
        self._explain_controller.show(first.canvas_picture, first.explanation.caption.text)

    def _follow(self) -> None:
        """Select, preview and draw as the first explanation does."""
        first, state = self._first, self.state
        if not self._open:
            return
        state.change(view=first.view)
        if first.explanation is None or state.explanation is None:
            regions = replace(first.selection, rows=())
            state.change(selection=regions, preview=Preview(), current_region=first.current_region)
            return
        before, after = first.explanation.caption, state.explanation.caption
        hovered = carry_rows(before, first.preview.rows, after)
        patch = first.preview.patch
        if patch is not None:  # the second grid's patch at the same place
            patch = state.explanation.geometry.patch_at(*first.explanation.geometry.patch_centre(*patch))
        state.change(
            selection=carry_selection(before, first.selection, after),
            preview=Preview(hovered, patch, first.preview.regions),
            current_region=first.current_region,
        )

    def _are_in_first(self, rows: Rows) -> bool:
        return not rows or bool(self._in_first(rows))

    def _in_first(self, rows: Rows) -> Rows:
        own, first = self.state.explanation, self._first.explanation
        return () if own is None or first is None else carry_rows(own.caption, rows, first.caption)
