"""The worker's mailbox: waiting and running requests, and their priorities."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import Cancelled, MethodError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.core.values.study import StudySettings
from exclip_desktop.session.worker.mailbox import Mailbox
from exclip_desktop.session.worker.requests import (
    AheadRequest,
    EstimateRequest,
    ExplainRequest,
    ListPairRequest,
    ModelChoice,
    PaneRequest,
    ProfileRequest,
    ScoreRequest,
    SecondModelRequest,
    StudyRequest,
)
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.pictures import Picture
from tests.ui.fakes import FakeEngine

PICTURE = Picture(np.zeros((4, 4, 3), np.uint8))


def _explain(number: int = 1) -> ExplainRequest:
    return ExplainRequest(number, ModelChoice(), ExplainSettings(), PICTURE, f"caption {number}")


def _ahead(number: int, *, completes: bool = False) -> AheadRequest:
    return AheadRequest(_explain(number), completes)


def _score(number: int = 1) -> ScoreRequest:
    return ScoreRequest(number, ModelChoice(), PICTURE, ("a dog", "a cat"))


def _cancelled(check: Callable[[], None]) -> bool:
    try:
        check()
    except Cancelled:
        return True
    return False


def test_what_was_taken_can_be_cancelled_at_once() -> None:
    for act in (Mailbox.cancel, Mailbox.close):
        mailbox = Mailbox()
        mailbox.put(_explain())
        job = mailbox.take()
        act(mailbox)
        assert _cancelled(job.token.check)


def test_explanations_come_first_and_the_last_of_each_kind_counts() -> None:
    mailbox = Mailbox()
    for request in (_score(1), _explain(1), _score(2), _explain(2)):
        mailbox.put(request)
    taken = [mailbox.take().request for _ in range(2)]
    assert [(type(request), request.id) for request in taken] == [(ExplainRequest, 2), (ScoreRequest, 2)]


def test_a_newer_request_cancels_its_own_kind_only() -> None:
    mailbox = Mailbox()
    mailbox.put(_explain(1))
    job = mailbox.take()
    mailbox.put(_score())
    assert not _cancelled(job.token.check)
    mailbox.put(_explain(2))
    assert _cancelled(job.token.check)


def test_work_ahead_is_interrupted_by_scores_and_resumed() -> None:
    mailbox, ahead = Mailbox(), _ahead(1)
    mailbox.put_ahead([ahead])
    job = mailbox.take()
    assert job.request is ahead
    mailbox.put(_score())
    assert _cancelled(job.token.check)
    assert isinstance(mailbox.take().request, ScoreRequest)
    assert mailbox.take().request is ahead


@pytest.mark.parametrize("by", ["another explanation", "cancel"])
def test_work_ahead_of_the_previous_pair_does_not_come_back(by: str) -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([_ahead(1), _ahead(2)])
    idle = mailbox.take()
    mailbox.put(_score())
    mailbox.take()
    if by == "cancel":
        mailbox.cancel()
    else:
        mailbox.put(_explain(2))
        assert mailbox.take().request.id == 2
    assert _cancelled(idle.token.check)
    mailbox.put(_score(9))
    assert mailbox.take().request.id == 9
    mailbox.close()
    assert mailbox.take() is None


def _pane(number: int = 1) -> PaneRequest:
    return PaneRequest(number, ModelChoice(), "model", PICTURE, "a dog", "itsm", "")


def test_a_pane_is_interrupted_and_resumed_but_not_after_an_explanation() -> None:
    mailbox, pane = Mailbox(), _pane()
    for newer in (_score(), _profile()):
        mailbox.put(pane)
        job = mailbox.take()
        mailbox.put(newer)
        assert _cancelled(job.token.check)
        assert mailbox.take().request is newer
        assert mailbox.take().request is pane
    mailbox.put(_explain())
    assert isinstance(mailbox.take().request, ExplainRequest)
    mailbox.put(_score())
    assert isinstance(mailbox.take().request, ScoreRequest)


def test_what_is_done_does_not_make_way_and_is_not_done_again() -> None:
    for done in (_pane(), _profile(), _listed(), SecondModelRequest(_explain())):
        mailbox = Mailbox()
        mailbox.put(done)
        job = mailbox.take()
        mailbox.finish(job)
        mailbox.put(_explain() if isinstance(done, SecondModelRequest) else _score())
        assert not _cancelled(job.token.check)
        assert mailbox.take().request is not done
        mailbox.put(_study())
        assert isinstance(mailbox.take().request, StudyRequest)


def test_an_interrupted_job_emits_nothing_and_runs_again() -> None:
    mailbox, pane = Mailbox(), _pane()
    mailbox.put(pane)
    job = mailbox.take()
    mailbox.put(_score())
    assert _cancelled(lambda: mailbox.finish(job))
    assert isinstance(mailbox.take().request, ScoreRequest)
    assert mailbox.take().request is pane


def test_nothing_makes_way_for_a_pane() -> None:
    for running in (_explain(), _score(), _profile()):
        mailbox = Mailbox()
        mailbox.put(running)
        job = mailbox.take()
        mailbox.put(_pane())
        assert not _cancelled(job.token.check)


def _study(number: int = 1) -> StudyRequest:
    return StudyRequest(number, ModelChoice(), None, 2, ("random",), StudySettings(), Path("studies"))


def _listed() -> ListPairRequest:
    return ListPairRequest(1, ModelChoice(), ExplainSettings(), Path("a.png"), "a dog", ())


def test_a_study_is_interrupted_by_every_request_and_resumed() -> None:
    mailbox, study = Mailbox(), _study()
    for newer in (_explain(), _score(), _profile(), _pane(), _listed()):
        mailbox.put(study)
        job = mailbox.take()
        mailbox.put(newer)
        assert _cancelled(job.token.check)
        assert mailbox.take().request is newer
        assert mailbox.take().request is study


def test_nothing_makes_way_for_a_study() -> None:
    for running in (_explain(), _score(), _profile(), _pane(), _listed()):
        mailbox = Mailbox()
        mailbox.put(running)
        job = mailbox.take()
        mailbox.put(_study())
        assert not _cancelled(job.token.check)


def test_a_study_is_cancelled_alone() -> None:
    mailbox = Mailbox()
    mailbox.put(_study())
    job = mailbox.take()
    mailbox.cancel()
    assert not _cancelled(job.token.check)
    mailbox.cancel_study()
    mailbox.put(_score())
    assert _cancelled(job.token.check)
    assert isinstance(mailbox.take().request, ScoreRequest)
    mailbox.close()
    assert mailbox.take() is None


def test_a_pane_can_be_cancelled_alone_or_with_all() -> None:
    for act in (Mailbox.cancel_pane, Mailbox.cancel):
        mailbox = Mailbox()
        mailbox.put(_pane(1))
        job = mailbox.take()
        mailbox.put(_pane(2))
        act(mailbox)
        assert _cancelled(job.token.check)
        mailbox.put(_score())
        assert isinstance(mailbox.take().request, ScoreRequest)


def test_pairs_ahead_come_before_lists_and_studies_and_the_picture_on_screen_after_them() -> None:
    mailbox = Mailbox()
    for request in (_study(), _listed(), _score()):
        mailbox.put(request)
    mailbox.put_ahead([_ahead(1), _ahead(2), _ahead(3, completes=True)])
    taken = [mailbox.take().request for _ in range(6)]
    kinds = [ScoreRequest, AheadRequest, AheadRequest, ListPairRequest, StudyRequest, AheadRequest]
    assert [type(request) for request in taken] == kinds
    assert [request.question.id for request in taken if isinstance(request, AheadRequest)] == [1, 2, 3]


def test_a_study_makes_room_for_pairs_ahead_and_a_listed_pair_is_finished_first() -> None:
    for running, makes_room in ((_study(), True), (_listed(), False), (_pane(), False), (_profile(), False)):
        mailbox = Mailbox()
        mailbox.put(running)
        job = mailbox.take()
        mailbox.put_ahead([_ahead(1)])
        assert _cancelled(job.token.check) is makes_room
        assert isinstance(mailbox.take().request, AheadRequest)
        if makes_room:
            assert mailbox.take().request is running


def test_a_listed_pair_interrupts_the_completion_of_a_picture_but_no_pair_ahead() -> None:
    for completes in (True, False):
        mailbox = Mailbox()
        mailbox.put_ahead([_ahead(1, completes=completes)])
        job = mailbox.take()
        mailbox.put(_listed())
        assert _cancelled(job.token.check) is completes


def test_work_ahead_that_is_still_the_first_goes_on_when_the_plan_changes() -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([_ahead(1), _ahead(2)])
    job = mailbox.take()
    mailbox.put_ahead([_ahead(1), _ahead(3)])
    assert not _cancelled(job.token.check)
    assert mailbox.take().request.question.id == 3
    mailbox.put_ahead([_ahead(4), _ahead(3)])
    taken = mailbox.take(), mailbox.take()
    assert [one.request.question.id for one in taken] == [4, 3]
    mailbox.put_ahead(())
    assert _cancelled(taken[1].token.check)


def test_the_completion_of_a_picture_goes_on_for_another_caption() -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([_ahead(1, completes=True)])
    job = mailbox.take()
    mailbox.put_ahead([_ahead(2, completes=True)])
    assert not _cancelled(job.token.check)


def _profile(number: int = 1) -> ProfileRequest:
    return ProfileRequest(number, ModelChoice(), ExplainSettings(), PICTURE, "a dog", "image")


def test_a_profile_comes_after_all_else_but_before_work_ahead() -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([_ahead(1)])
    for request in (_profile(), EstimateRequest(_profile(2)), _score()):
        mailbox.put(request)
    kinds = [type(mailbox.take().request) for _ in range(4)]
    assert kinds == [ScoreRequest, EstimateRequest, ProfileRequest, AheadRequest]


def test_a_profile_is_interrupted_by_scores_and_resumed() -> None:
    mailbox, profile = Mailbox(), _profile()
    mailbox.put(profile)
    job = mailbox.take()
    mailbox.put(_score())
    assert _cancelled(job.token.check)
    mailbox.put(_score(2))  # before the first one was taken
    assert mailbox.take().request.id == 2
    assert mailbox.take().request is profile


def test_the_second_model_is_interrupted_by_an_explanation_and_starts_again() -> None:
    mailbox, second_model = Mailbox(), SecondModelRequest(_explain(1))
    mailbox.put(second_model)
    job = mailbox.take()
    mailbox.put(_score())
    assert not _cancelled(job.token.check)
    mailbox.put(_explain(2))
    assert _cancelled(job.token.check)
    assert [type(mailbox.take().request) for _ in range(2)] == [ExplainRequest, ScoreRequest]
    assert mailbox.take().request is second_model


def test_a_replaced_or_cancelled_second_model_request_is_not_resumed() -> None:
    mailbox, newer = Mailbox(), SecondModelRequest(_explain(2))
    mailbox.put(SecondModelRequest(_explain(1)))
    mailbox.take()
    mailbox.put(newer)
    assert mailbox.take().request is newer
    mailbox.put(_explain(3))
    mailbox.cancel_second_model()
    assert isinstance(mailbox.take().request, ExplainRequest)
    mailbox.put_ahead([_ahead(4)])
    assert isinstance(mailbox.take().request, AheadRequest)


def test_a_newer_profile_takes_the_place_of_one_that_runs() -> None:
    mailbox = Mailbox()
    mailbox.put(_profile(1))
    job = mailbox.take()
    mailbox.put(_profile(2))
    assert _cancelled(job.token.check)
    assert mailbox.take().request.id == 2


@pytest.mark.parametrize("what", ["runs", "waits"])
@pytest.mark.parametrize("by", ["an explanation", "cancel"])
def test_a_profile_of_the_previous_explanation_is_not_resumed(what: str, by: str) -> None:
    mailbox = Mailbox()
    mailbox.put(_profile())
    mailbox.put(EstimateRequest(_profile()))
    jobs = [mailbox.take(), mailbox.take()] if what == "runs" else []
    if by == "cancel":
        mailbox.cancel()
    else:
        mailbox.put(_explain(2))
        assert mailbox.take().request.id == 2
    assert all(_cancelled(job.token.check) for job in jobs[-1:])
    mailbox.put(_score(9))
    assert mailbox.take().request.id == 9
    mailbox.close()
    assert mailbox.take() is None


def test_a_cancelled_profile_is_not_resumed_after_a_request() -> None:
    mailbox = Mailbox()
    mailbox.put(_profile())
    mailbox.take()
    mailbox.cancel()
    mailbox.put(_score(9))
    assert mailbox.take().request.id == 9
    mailbox.close()
    assert mailbox.take() is None


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
    worker.submit(_explain())
    worker.work_ahead([_ahead(1, completes=True)])
    assert engine.completing.wait(5)
    with qtbot.waitSignal(worker.scored):
        worker.submit(_score())
    assert engine.completed == []
    engine.complete_gate.set()
    qtbot.waitUntil(lambda: engine.completed == ["caption 1"])


def test_no_model_is_loaded_for_work_ahead(qtbot: QtBot, worker: Worker, engine: FakeEngine) -> None:
    with qtbot.waitSignal(worker.job_ended):
        worker.work_ahead([_ahead(1)])
    assert (engine.loaded, engine.explained) == ([], [])


def test_stopping_while_it_runs_does_not_wait_for_the_end(worker: Worker, engine: FakeEngine) -> None:
    engine.gate.clear()
    worker.submit(_explain())
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
    worker.submit(_explain())
    worker.work_ahead([_ahead(1, completes=True)])
    qtbot.waitUntil(lambda: len(rests) == 2)
    assert failures == []


@pytest.mark.parametrize("fails", [False, True])
def test_a_pane_is_answered_once_even_if_its_answer_causes_a_request(
    qtbot: QtBot, worker: Worker, engine: FakeEngine, fails: bool
) -> None:
    if fails:
        engine.pane_raises["itsm"] = MethodError("No blocks to look into.", "Choose another model.")

    def ask(_: object) -> None:  # in the worker's thread: before it can take another request
        for request in (_score(), _listed()):
            worker.submit(request)

    told = worker.failed if fails else worker.pane_answered
    told.connect(ask, Qt.ConnectionType.DirectConnection)
    with qtbot.waitSignal(worker.list_pair_explained):  # comes after panes
        worker.submit(_pane())
    assert engine.pane_requests == [_pane()]
