"""Random actions on the real window, with an engine that fails and waits: no errors, no stalls, no growing memory."""

import logging
import os
import platform
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from tests.ui.erratic_desk import ErraticDesk, stay_inside
from tests.ui.monkey import Monkey
from tests.ui.stopwatch import Stopwatch, resident_mb

ACTIONS, SEEDS = 200, (1, 2, 3)
MANY = int(os.environ.get("RANDOM_ACTIONS", "20000"))
PARTS, WARM_PARTS = 20, 4
GROWTH_MB = 50
QUIET = "This plugin does not support"  # a limitation of the offscreen platform


class Trial:
    """Performs random actions, and collects what goes wrong with the action that was last."""

    def __init__(self, desk: ErraticDesk, qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
        self.stopwatch = Stopwatch()
        self.monkey = Monkey(desk, self.stopwatch)
        self.errors: list[str] = []
        self._qtbot, self._caplog = qtbot, caplog
        self._messages: list[str] = []
        self._before = qInstallMessageHandler(self._on_message)

    def run(self, count: int) -> None:
        for _ in range(count):
            with self._qtbot.captureExceptions() as caught:
                self.monkey.act()
            self._collect(caught)
            try:
                self.monkey.look()
            except AssertionError:
                self.errors.append(f"{self.stopwatch.action}\n{traceback.format_exc()}")

    def end(self) -> None:
        with self._qtbot.captureExceptions() as caught:
            self.monkey.settle()
            self.monkey.desk.close()
        self._collect(caught)
        self.stopwatch.stop()
        qInstallMessageHandler(self._before)

    def _on_message(self, kind: QtMsgType, context: Any, message: str) -> None:
        if kind != QtMsgType.QtDebugMsg and QUIET not in message:
            self._messages.append(message)

    def _collect(self, caught: list[Any]) -> None:
        found = ["".join(traceback.format_exception(*one)) for one in caught]
        found += [record.getMessage() for record in self._caplog.records if record.levelno >= logging.ERROR]
        self.errors += [f"{self.stopwatch.action}\n{one}" for one in (*found, *self._messages)]
        self._caplog.clear()
        self._messages.clear()


@pytest.fixture
def make_trial(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation], caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[[int], Trial]]:
    """Return a function that opens the window for one trial; the argument is its seed."""
    rng = np.random.default_rng()

    def make(seed: int) -> Trial:
        rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state
        return Trial(ErraticDesk(tmp_path, make_explanation, rng), qtbot, caplog)

    with stay_inside(tmp_path, rng, lambda: [str(path) for path in tmp_path.iterdir()]):
        yield make


@pytest.mark.parametrize("seed", SEEDS)
def test_random_actions_raise_nothing(make_trial: Callable[[int], Trial], seed: int) -> None:
    trial = make_trial(seed)
    try:
        trial.run(ACTIONS)
    finally:
        trial.end()
    assert trial.errors == []


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_thousands_of_random_actions_raise_nothing_and_never_block(
    make_trial: Callable[[int], Trial], capsys: pytest.CaptureFixture[str]
) -> None:
    trial, began = make_trial(int(os.environ.get("RANDOM_SEED", "20"))), time.monotonic()
    watch, memory, errors, stalls = trial.stopwatch, [], 0, 0

    def report(*lines: str) -> None:
        with capsys.disabled():
            print(*lines, sep="\n", flush=True)

    try:
        for _ in range(PARTS):
            trial.run(MANY // PARTS)
            memory.append(resident_mb())
            report(f"{trial.monkey.count:,} actions, {memory[-1]:.0f} MB", *trial.errors[errors:])
            report(*map(str, watch.stalls[stalls:]))
            errors, stalls = len(trial.errors), len(watch.stalls)
    finally:
        trial.end()
    report(
        f"{MANY:,} actions, {watch.steps:,} steps of the event loop, {trial.monkey.desk.starts} starts, "
        f"{time.monotonic() - began:.0f} s on {platform.machine()} with {os.cpu_count()} cores",
        f"{len(trial.errors)} errors, {len(watch.stalls)} stalls",
        f"memory after each {100 // PARTS} %: {', '.join(f'{one:.0f}' for one in memory)} MB",
    )
    assert trial.errors == []
    assert watch.stalls == []
    assert memory[-1] - memory[WARM_PARTS] < GROWTH_MB
