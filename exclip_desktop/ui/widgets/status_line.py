"""The status line: model, score, messages, work in progress and the network lamp."""

import time
from typing import Final

from PySide6.QtCore import QEvent, QTimer, Signal
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
STALE: Final = "These numbers belong to the previous picture, caption or settings."
OFFLINE_TIP: Final = "Nothing leaves this computer. The program uses the network only for a download that you ask for."
BETWEEN: Final = "  ·  "


class StatusLine(QWidget):
    """Shows model, device, score, time, origin of the result, and the work in progress.

    Progress and Cancel appear after ``SHOW_AFTER_MS`` of work: for shorter work they would only flicker. A message
    about an action without any other visible effect stays for ``MESSAGE_MS``.

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
        self._message_timer.start()

    def hide_undo(self) -> None:
        """Hide the button: the last step is another one now."""
        self._undo.hide()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Recolour the lamp with the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_lamp()

    def _build(self) -> None:
        self._model, self._result, self._what, self._message = (
            ElidedLabel(12),
            QLabel(),
            ElidedLabel(24),
            ElidedLabel(24),
        )
        self._model.setAccessibleName("Model and device")
        self._result.setAccessibleName("Score, time and origin")
        self._message.setAccessibleName("Message")
        self._message.setObjectName("message")
        self._bar = QProgressBar(textVisible=False)
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
        self._lamp, self._network = QLabel(), ElidedLabel(24)
        self._network.setAccessibleName("Network")
        self._stop = QToolButton(autoRaise=True)
        self._stop.setText("Stop")
        self._stop.setToolTip("Stop the download; the downloaded part is kept")
        self._stop.setAccessibleName("Stop the download")
        self._stop.clicked.connect(lambda: self.download_cancel_requested.emit())
        row = QHBoxLayout(self)
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
        row.addSpacing(4)
        row.addWidget(self._lamp)
        row.addWidget(self._network)
        row.addWidget(self._stop)
        # The line keeps its height when the button appears, or the canvas above would jump.
        self.setMinimumHeight(self._cancel.sizeHint().height() + 4)
        self._show_message("")
        self._show_lamp()

    def _show_message(self, what: str) -> None:
        self._message.show_text(what)
        self._message.setVisible(bool(what))
        self._undo.hide()

    def _show_lamp(self) -> None:
        transfer, palette = self._state.transfer, self.palette()
        name, role = ("offline", palette.windowText()) if transfer is None else ("online", palette.highlight())
        self._lamp.setPixmap(pixmap(name, LAMP_PX, role.color(), self.devicePixelRatioF()))
        self._network.show_text(format_network_state(transfer))
        self._stop.setVisible(transfer is not None)
        for part in (self._lamp, self._network):
            part.setToolTip(wrap_tooltip(OFFLINE_TIP if transfer is None else format_download(transfer)))

    def _show_result(self) -> None:
        facts, explanation, provenance = self._state.facts, self._state.explanation, self._state.provenance
        name, device, note = self._state.model_name, facts.device if facts else "", facts.note if facts else ""
        self._model.show_text(f"{name}{BETWEEN}{device}" if device else name)
        self._model.setToolTip(wrap_tooltip(f"{note} {get_model_note(name)}".strip()))
        if explanation is None:
            self._result.clear()
            return
        origin, inexact = "from the cache" if provenance.cached else "computed", describe_inexactness(explanation)
        exact = ("not exact",) if inexact else ()
        parts = ("", f"score {format_signed(explanation.score)}", *exact, format_duration(provenance.seconds), origin)
        self._result.setText(BETWEEN.join(parts).strip(" "))
        self._result.setEnabled(not self._state.stale)
        self._result.setToolTip(wrap_tooltip(STALE if self._state.stale else inexact))

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
        self._what.show_text(
            format_work(work, self._remaining_time.estimate_s(work.what, work.done, work.total, time.monotonic()))
        )
        self._bar.setRange(0, work.total)  # 0 to 0 is Qt's bar of unknown length
        self._bar.setValue(work.done)

    def _on_waited(self) -> None:
        self._show_work(self._state.work is not None)

    def _show_work(self, visible: bool) -> None:
        for part in (self._what, self._bar, self._cancel):
            part.setVisible(visible)


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
