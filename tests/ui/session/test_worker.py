"""The worker's thread: what it computes when, and what it reports."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import MethodError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.worker.requests import ExplainAnswer, ExplainRequest
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


class Chunk:
    """Work ahead that does not look at its cancellation until it is released, as between two chunks of passes."""

    def __init__(self, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.gate = threading.Event(), threading.Event()
        monkeypatch.setattr(engine, "complete_picture", self._compute)

    def _compute(self, request: object, progress: object, cancel: CancelToken) -> None:
        self.began.set()
        assert self.gate.wait(20)
        cancel.check()


@pytest.fixture
def chunk(worker: Worker, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chunk]:
    """Return work ahead in the middle of a chunk; pair 1 has been explained, and the answer to pair 2 is stored."""
    made = Chunk(engine, monkeypatch)
    engine.stored["caption 2"] = ExplainAnswer(0, engine.make("caption 2"), 0.001, True)
    worker.submit(make_explain(1))
    worker.work_ahead([make_ahead(1, completes=True)])
    assert made.began.wait(5)
    yield made
    made.gate.set()


def test_a_stored_pair_does_not_wait_for_the_chunk_in_work(
    qtbot: QtBot, worker: Worker, engine: FakeEngine, chunk: Chunk
) -> None:
    qtbot.waitUntil(lambda: engine.explained == ["caption 1"])
    with qtbot.waitSignal(worker.explained) as told:
        worker.submit(make_explain(2))
    assert told.args[0].id == 2
    assert not chunk.gate.is_set()
    with qtbot.waitSignal(worker.scored):  # comes after explanations
        chunk.gate.set()
        worker.submit(make_score())
    assert engine.explained == ["caption 1"]  # the worker does not answer it again


def test_a_pair_that_is_not_stored_waits(qtbot: QtBot, worker: Worker, engine: FakeEngine, chunk: Chunk) -> None:
    with qtbot.assertNotEmitted(worker.explained, wait=50):
        worker.submit(make_explain(3))
    with qtbot.waitSignal(worker.explained) as told:
        chunk.gate.set()
    assert told.args[0].id == 3


def test_a_stored_answer_that_comes_too_late_is_not_shown(
    qtbot: QtBot, worker: Worker, engine: FakeEngine, chunk: Chunk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, looked_up = threading.Event(), engine.find

    def find(request: ExplainRequest) -> ExplainAnswer | None:
        assert found.wait(20)
        return looked_up(request)

    monkeypatch.setattr(engine, "find", find)
    answers: list[ExplainAnswer] = []
    worker.explained.connect(answers.append)
    worker.submit(make_explain(2))
    worker.submit(make_explain(3))
    found.set()
    with qtbot.waitSignal(worker.explained):
        chunk.gate.set()
    assert [answer.id for answer in answers] == [3]
