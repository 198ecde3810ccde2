"""The status line: model, score, messages, work in progress and the network lamp."""

import time
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QWidget

from exclip_desktop.core.text.number_format import format_memory, format_rough_time, format_signed
from exclip_desktop.core.values.cost_estimates import RemainingTime
from exclip_desktop.session.notices import describe_inexactness
from exclip_desktop.session.state import State, Work
from exclip_desktop.ui.models.model_texts import format_download, format_network_state, get_model_note
from exclip_desktop.ui.theme import pixmap
from exclip_desktop.ui.widgets.labels import ElidedLabel, wrap_tooltip

SHOW_AFTER_MS: Final = 500
MESSAGE_MS: Final = 4000
COST_FROM_S: Final = 5.0
BAR_PX: Final = 140
LAMP_PX: Final = 16
GAP_PX: Final = 4
STALE: Final = "These numbers belong to the previous picture, caption or settings."
OFFLINE_TIP: Final = "Nothing leaves this computer. The program uses the network only for a download that you ask for."
BETWEEN: Final = "  ·  "
LEFT_OUT: Final = ("origin", "time", "device", "remaining time", "network", "score", "model", "work")
"""What the line leaves out, in this order, until the rest has room; each is also in a tooltip or the inspector."""


class WorkBar(QProgressBar):
    """A bar without text that is drawn with all that changes, once in each turn of the event loop.

    Qt's own bar draws itself at each change of its value, and with it everything else that waits to be drawn.
    """

    def __init__(self) -> None:
        super().__init__(textVisible=False)

    def show_share(self, done: int, total: int) -> None:
        """Show ``done`` of ``total``; of 0, a length that is unknown."""
        self.setUpdatesEnabled(False)
        self.setRange(0, total)
        self.setValue(done)
        self.setUpdatesEnabled(True)


class StatusLine(QWidget):
    """Shows model, device, score, time, origin of the result, and the work in progress.

    Progress and Cancel appear after ``SHOW_AFTER_MS`` of work: for shorter work they would only flicker. A message
    about an action without any other visible effect stays for ``MESSAGE_MS``. In a narrow window the line leaves out
    parts instead of shortening sentences.

    Signals:
        cancel_requested(): the work should stop.
        download_cancel_requested(): the download should stop.
        undo_requested(): the change that the message is about should be undone.
    """

    cancel_requested = Signal()
    undo_requested = Signal()
    download_cancel_requested = Signal()

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._idle = False
        self._remaining_time = RemainingTime()
        self._left_s: float | None = None
        self._message_text = ""
        self._timer = QTimer(self, singleShot=True, interval=SHOW_AFTER_MS)
        self._timer.timeout.connect(self._on_waited)
        self._message_timer = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._message_timer.timeout.connect(lambda: self._show_message(""))
        self._build()
        for signal in (state.facts_changed, state.choice_changed, state.answer_changed, state.provenance_changed):
            signal.connect(self._show_result)
        state.stale_changed.connect(self._show_result)
        state.work_changed.connect(self._on_work_changed)
        state.transfer_changed.connect(self._show_lamp)
        self._show_result()
        self._on_work_changed()

    def show_message(self, what: str, can_undo: bool = False) -> None:
        """Confirm an action for a moment; one that undo reverses has a button for that."""
        self._show_message(what)
        self._undo.setVisible(can_undo)
        self._fit()
        self._message_timer.start()

    def hide_undo(self) -> None:
        """Hide the button: the last step is another one now."""
        self._undo.hide()
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Recolour the lamp with the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_lamp()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  Qt's name
        """Show as much as the new width has room for."""
        super().resizeEvent(event)
        self._fit()

    def _build(self) -> None:
        self._model, self._result, self._what, self._message = (ElidedLabel(0) for _ in range(4))
        self._model.setAccessibleName("Model and device")
        self._result.setAccessibleName("Score, time and origin")
        self._message.setAccessibleName("Message")
        self._message.setObjectName("message")
        self._bar = WorkBar()
        self._bar.setMinimumWidth(BAR_PX // 2)
        self._bar.setMaximumWidth(BAR_PX)
        self._bar.setAccessibleName("Progress")
        self._bar.setFixedHeight(self._bar.fontMetrics().height())
        self._cancel = QPushButton("Cancel")
        self._cancel.setToolTip("Stop this work")
        self._cancel.setAccessibleName("Cancel the work")
        self._cancel.clicked.connect(self.cancel_requested)
        self._undo = QToolButton(autoRaise=True)
        self._undo.setText("Undo")
        self._undo.setToolTip("Undo this change (Ctrl+Z)")
        self._undo.setAccessibleName("Undo this change")
        self._undo.clicked.connect(lambda: self.undo_requested.emit())
        self._lamp, self._network = QLabel(), ElidedLabel(0)
        self._network.setAccessibleName("Network")
        self._stop = QToolButton(autoRaise=True)
        self._stop.setText("Stop")
        self._stop.setToolTip("Stop the download; the downloaded part is kept")
        self._stop.setAccessibleName("Stop the download")
        self._stop.clicked.connect(lambda: self.download_cancel_requested.emit())
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(8)
        row.addWidget(self._model)
        row.addWidget(self._result)
        row.addStretch(1)
        row.addWidget(self._message)
        row.addWidget(self._undo)
        row.addWidget(self._what)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)
        row.addSpacing(GAP_PX)
        row.addWidget(self._lamp)
        row.addWidget(self._network)
        row.addWidget(self._stop)
        # The line keeps its height when the button appears, or the canvas above would jump.
        self.setMinimumHeight(self._cancel.sizeHint().height() + 4)
        self._show_work(False)
        self._show_message("")
        self._show_lamp()

    def _show_message(self, what: str) -> None:
        self._message_text = what
        self._undo.hide()
        self._fit()

    def _show_lamp(self) -> None:
        transfer, palette = self._state.transfer, self.palette()
        name, role = ("offline", palette.windowText()) if transfer is None else ("online", palette.highlight())
        self._lamp.setPixmap(pixmap(name, LAMP_PX, role.color(), self.devicePixelRatioF()))
        self._stop.setVisible(transfer is not None)
        for part in (self._lamp, self._network):
            part.setToolTip(wrap_tooltip(OFFLINE_TIP if transfer is None else format_download(transfer)))
        self._fit()

    def _show_result(self) -> None:
        facts, explanation = self._state.facts, self._state.explanation
        note = facts.note if facts else ""
        self._model.setToolTip(wrap_tooltip(f"{note} {get_model_note(self._state.model_name)}".strip()))
        self._result.setEnabled(not self._state.stale)
        inexact = "" if explanation is None else describe_inexactness(explanation)
        self._result.setToolTip(wrap_tooltip(STALE if self._state.stale and explanation is not None else inexact))
        self._fit()

    def _fit(self) -> None:
        """Show all parts, or leave out the first ones of ``LEFT_OUT`` until the rest has room."""
        labels = self._model, self._result, self._message, self._what, self._network
        whole = texts = self._texts(())
        for count in range(len(LEFT_OUT) + 1):
            texts = self._texts(LEFT_OUT[:count])
            if self._needed_px(texts) <= self.width():
                break
        for label, text, full in zip(labels, texts, whole, strict=True):
            label.show_text(text)
            label.setAccessibleDescription(full)
            label.setVisible(bool(text))
        self._bar.setToolTip(whole[3])

    def _texts(self, left_out: Sequence[str]) -> tuple[str, str, str, str, str]:
        """Return the texts of model, result, message, work and network without the parts that are left out."""
        state, work = self._state, self._state.work
        device = state.facts.device if state.facts and "device" not in left_out else ""
        model = "" if "model" in left_out else BETWEEN.join(filter(None, (state.model_name, device)))
        transfer = state.transfer
        network = "" if transfer is None and "network" in left_out else format_network_state(transfer)
        what = ""
        if work is not None and not self._bar.isHidden() and not (self._message_text and "work" in left_out):
            what = work.what if "remaining time" in left_out else format_work(work, self._left_s)
        return model, self._format_result(left_out), self._message_text, what, network

    def _format_result(self, left_out: Sequence[str]) -> str:
        explanation, provenance = self._state.explanation, self._state.provenance
        if explanation is None or "score" in left_out:
            return ""
        parts = {
            "score": f"score {format_signed(explanation.score)}",
            "accuracy": "not exact" if describe_inexactness(explanation) else "",
            "time": format_duration(provenance.seconds),
            "origin": "from the cache" if provenance.cached else "computed",
        }
        shown = (text for key, text in parts.items() if text and key not in left_out)
        return f"{BETWEEN.lstrip()}{BETWEEN.join(shown)}"

    def _needed_px(self, texts: Sequence[str]) -> int:
        """Return the width of the line with these texts, its margins and spaces included."""
        metrics, row = self.fontMetrics(), self._row
        widths = [metrics.horizontalAdvance(text) + 2 for text in texts if text]
        widths += [LAMP_PX] if self._bar.isHidden() else [LAMP_PX, BAR_PX // 2]
        widths += [part.sizeHint().width() for part in (self._undo, self._cancel, self._stop) if not part.isHidden()]
        margins = row.contentsMargins()
        return sum(widths) + row.spacing() * (len(widths) + 1) + margins.left() + margins.right() + GAP_PX

    def _on_work_changed(self) -> None:
        work = self._state.work
        if work is None:
            self._timer.stop()
            self._show_work(False)
            return
        if self._bar.isHidden() and not self._timer.isActive():
            self._timer.start()
        elif work.idle != self._idle:  # a short answer between two stretches of idle work must not flash
            self._show_work(False)
            self._timer.start()
        self._idle = work.idle
        self._left_s = self._remaining_time.estimate_s(work.what, work.done, work.total, time.monotonic())
        self._fit()
        self._bar.show_share(work.done, work.total)

    def _on_waited(self) -> None:
        self._show_work(self._state.work is not None)

    def _show_work(self, visible: bool) -> None:
        for part in (self._bar, self._cancel):
            part.setVisible(visible)
        self._fit()


def format_work(work: Work, left_s: float | None) -> str:
    """Return a description of work with the time left, if known, else with its estimated cost, if large."""
    cost = work.cost
    if cost is None or cost.seconds is None or cost.seconds < COST_FROM_S:
        return work.what if left_s is None else f"{work.what}, about {format_rough_time(left_s)} left"
    left = f"about {format_rough_time(cost.seconds)}" if left_s is None else f"about {format_rough_time(left_s)} left"
    return f"{work.what}, {left}, {format_memory(cost.peak_bytes)}"


def format_duration(seconds: float) -> str:
    """Return a duration as text: ``3 ms``, ``0.42 s``, ``12.3 s`` or ``2 min 5 s``."""
    if seconds < 0.1:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
