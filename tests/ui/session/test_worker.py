"""The worker's thread: what it computes when, and what it reports."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import MethodError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.worker.worker_thread import Worker
from tests.ui.fakes import FakeEngine
from tests.ui.session.worker_requests import (
    make_ahead,
    make_explain,
    make_listed,
    make_pane,
    make_score,
)


@pytest.fixture
def engine(make_explanation: Callable[..., Explanation]) -> FakeEngine:
    return FakeEngine(lambda caption: make_explanation(words=tuple(caption.split())))


@pytest.fixture
def worker(qtbot: QtBot, engine: FakeEngine) -> Iterator[Worker]:
    made = Worker(lambda: engine)
    made.start()
    yield made
    engine.gate.set()
    engine.complete_gate.set()
    made.stop()


def test_work_ahead_is_done_after_all_else(qtbot: QtBot, worker: Worker, engine: FakeEngine) -> None:
    engine.complete_gate.clear()
    worker.submit(make_explain())
    worker.work_ahead([make_ahead(1, completes=True)])
    assert engine.completing.wait(5)
    with qtbot.waitSignal(worker.scored):
        worker.submit(make_score())
    assert engine.completed == []
    engine.complete_gate.set()
    qtbot.waitUntil(lambda: engine.completed == ["caption 1"])


def test_no_model_is_loaded_for_work_ahead(qtbot: QtBot, worker: Worker, engine: FakeEngine) -> None:
    with qtbot.waitSignal(worker.job_ended):
        worker.work_ahead([make_ahead(1)])
    assert (engine.loaded, engine.explained) == ([], [])


def test_stopping_while_it_runs_does_not_wait_for_the_end(worker: Worker, engine: FakeEngine) -> None:
    engine.gate.clear()
    worker.submit(make_explain())
    assert engine.began.wait(5)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    stopping.join(5)
    assert not stopping.is_alive()
    assert engine.explained == []


def test_failed_work_ahead_is_not_reported_to_the_person(
    qtbot: QtBot, worker: Worker, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[object] = []
    worker.failed.connect(failures.append)

    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(engine, "complete_picture", broken)
    rests: list[None] = []
    worker.job_ended.connect(lambda: rests.append(None))
    worker.submit(make_explain())
    worker.work_ahead([make_ahead(1, completes=True)])
    qtbot.waitUntil(lambda: len(rests) == 2)
    assert failures == []


@pytest.mark.parametrize("fails", [False, True])
def test_a_pane_is_answered_once_even_if_its_answer_causes_a_request(
    qtbot: QtBot, worker: Worker, engine: FakeEngine, fails: bool
) -> None:
    if fails:
        engine.pane_raises["itsm"] = MethodError("No blocks to look into.", "Choose another model.")

    def ask(_: object) -> None:  # in the worker's thread: before it can take another request
        for request in (make_score(), make_listed()):
            worker.submit(request)

    told = worker.failed if fails else worker.pane_answered
    told.connect(ask, Qt.ConnectionType.DirectConnection)
    with qtbot.waitSignal(worker.list_pair_explained):  # comes after panes
        worker.submit(make_pane())
    assert engine.pane_requests == [make_pane()]
