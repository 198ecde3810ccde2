"""How the window feels while nine methods are compared: the longest wait as they compute, and a drag over all panes."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.ui.compare.agreement_tab import AgreementTab
from exclip_desktop.ui.window import Window
from tests.benchmarks.conftest import report

MOVES = 200
PATIENCE_MS = 300_000
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    """A window with the first sample explained, and all idle work done."""
    session = Session(SettingsFile(tmp_path / "settings.json"), None)
    made = Window(session)
    made.show()
    session.start()
    qtbot.waitUntil(lambda: session.state.explanation is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: session.pairs_ahead.is_done, timeout=PATIENCE_MS)
    yield made
    made.close()


def _rest(qtbot: QtBot, window: Window) -> None:
    session = window._session
    panes = session.compare_controller
    qtbot.waitUntil(
        lambda: (
            all(pane.status.kind in ("done", "failed") for pane in panes.panes)
            and not panes._settled.isActive()
            and session.state.work is None
        ),
        timeout=PATIENCE_MS,
    )


def test_the_event_loop_is_not_held_up_while_nine_methods_compute(benchmark: Any, qtbot: QtBot, window: Window) -> None:
    session, beats = window._session, []
    timer = QTimer()
    timer.setInterval(2)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))

    def gap(act: Callable[[], None]) -> float:
        beats.clear()
        act()
        _rest(qtbot, window)
        return float(np.diff(beats).max()) * 1e3

    def measure() -> None:
        timer.start()
        found["nine methods are computed"] = gap(window.commands["panes"].trigger)
        rows = session.state.selection.rows
        found["they follow another word"] = gap(lambda: session.selection_controller.commit_rows(rows, (2,)))
        found["they are there again"] = gap(lambda: session.selection_controller.commit_rows((2,), rows))
        timer.stop()

    found: dict[str, float] = {}
    benchmark.pedantic(measure, rounds=1)
    assert len(window.grid.views) == 9
    for what, longest in found.items():
        report(f"longest time without an answer: {what}", longest, "ms", 50.0)


def _send(widget: QWidget, kind: QEvent.Type, at: QPoint) -> None:
    held = NONE if kind == QEvent.Type.MouseButtonRelease else LEFT
    changed = NONE if kind == QEvent.Type.MouseMove else LEFT
    there, plain = QPointF(widget.mapToGlobal(at)), Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(at), there, changed, held, plain))


@pytest.mark.parametrize("agreement", [False, True], ids=["panes", "agreement"])
@pytest.mark.parametrize("what", ["a box", "words"])
@pytest.mark.parametrize("size", [(1280, 800), (2560, 1440)], ids=str)
def test_a_drag_over_nine_panes(
    benchmark: Any, qtbot: QtBot, window: Window, size: tuple[int, int], what: str, agreement: bool
) -> None:
    window.resize(*size)
    window.commands["panes"].trigger()
    if agreement:
        window.inspector.setCurrentWidget(window.inspector.findChild(AgreementTab))
    _rest(qtbot, window)
    second = window.grid.views[1]
    widget = second.canvas.view.viewport() if what == "a box" else window.strip
    chips = [window.strip._placed.rect_of((n, 0)) for n in range(len(window.strip._picker.chips))]

    def place(step: int) -> QPoint:
        if what == "words":
            x, y, width, height = chips[(step + 1) % len(chips)]
            return QPoint(round(x + width / 2), round(y + height / 2))
        turn = 2 * np.pi * (step + 1) / 97
        reach = min(widget.width(), widget.height()) / 2 - 20
        across, down = (1 - np.cos(turn)) / 2, (1 - np.cos(turn * 1.3)) / 2
        return QPoint(widget.width() // 4 + 12 + round(reach * across), widget.height() // 4 + 12 + round(reach * down))

    steps = iter(range(MOVES + 5))
    _send(widget, QEvent.Type.MouseButtonPress, place(-1))

    def frame() -> None:
        _send(widget, QEvent.Type.MouseMove, place(next(steps)))
        QApplication.processEvents()
        QApplication.processEvents()

    benchmark.pedantic(frame, rounds=MOVES, warmup_rounds=5)
    _send(widget, QEvent.Type.MouseButtonRelease, place(0))
    times = np.array(benchmark.stats.stats.data) * 1e3
    told = " with their agreement" if agreement else ""
    report(f"dragging {what} over nine panes{told}, {size[0]}×{size[1]}: median", float(np.median(times)), "ms", 16.0)
