"""The worker's mailbox: waiting and running requests, and their priorities."""

from collections.abc import Callable

import pytest

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.session.worker.mailbox import Mailbox
from exclip_desktop.session.worker.requests import (
    AheadRequest,
    EstimateRequest,
    ExplainRequest,
    ListPairRequest,
    ProfileRequest,
    ScoreRequest,
    SecondModelRequest,
    StudyRequest,
)
from tests.ui.session.worker_requests import (
    make_ahead,
    make_explain,
    make_listed,
    make_pane,
    make_parts_request,
    make_profile,
    make_score,
    make_similarity,
    make_study,
)


def _cancelled(check: Callable[[], None]) -> bool:
    try:
        check()
    except Cancelled:
        return True
    return False


def test_what_was_taken_can_be_cancelled_at_once() -> None:
    for act in (Mailbox.cancel, Mailbox.close):
        mailbox = Mailbox()
        mailbox.put(make_explain())
        job = mailbox.take()
        act(mailbox)
        assert _cancelled(job.token.check)


def test_explanations_come_first_and_the_last_of_each_kind_counts() -> None:
    mailbox = Mailbox()
    for request in (make_score(1), make_explain(1), make_score(2), make_explain(2)):
        mailbox.put(request)
    taken = [mailbox.take().request for _ in range(2)]
    assert [(type(request), request.id) for request in taken] == [(ExplainRequest, 2), (ScoreRequest, 2)]


def test_a_newer_request_cancels_its_own_kind_only() -> None:
    mailbox = Mailbox()
    mailbox.put(make_explain(1))
    job = mailbox.take()
    mailbox.put(make_score())
    assert not _cancelled(job.token.check)
    mailbox.put(make_explain(2))
    assert _cancelled(job.token.check)


def test_work_ahead_is_interrupted_by_scores_and_resumed() -> None:
    mailbox, ahead = Mailbox(), make_ahead(1)
    mailbox.put_ahead([ahead])
    job = mailbox.take()
    assert job.request is ahead
    mailbox.put(make_score())
    assert _cancelled(job.token.check)
    assert isinstance(mailbox.take().request, ScoreRequest)
    assert mailbox.take().request is ahead


@pytest.mark.parametrize("by", ["another explanation", "cancel"])
def test_work_ahead_of_the_previous_pair_does_not_come_back(by: str) -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([make_ahead(1), make_ahead(2)])
    idle = mailbox.take()
    mailbox.put(make_score())
    mailbox.take()
    if by == "cancel":
        mailbox.cancel()
    else:
        mailbox.put(make_explain(2))
        assert mailbox.take().request.id == 2
    assert _cancelled(idle.token.check)
    mailbox.put(make_score(9))
    assert mailbox.take().request.id == 9
    mailbox.close()
    assert mailbox.take() is None


def test_a_pane_is_interrupted_and_resumed_but_not_after_an_explanation() -> None:
    mailbox, pane = Mailbox(), make_pane()
    for newer in (make_score(), make_profile()):
        mailbox.put(pane)
        job = mailbox.take()
        mailbox.put(newer)
        assert _cancelled(job.token.check)
        assert mailbox.take().request is newer
        assert mailbox.take().request is pane
    mailbox.put(make_explain())
    assert isinstance(mailbox.take().request, ExplainRequest)
    mailbox.put(make_score())
    assert isinstance(mailbox.take().request, ScoreRequest)


def test_what_is_done_does_not_make_way_and_is_not_done_again() -> None:
    for done in (make_pane(), make_profile(), make_listed(), SecondModelRequest(make_explain())):
        mailbox = Mailbox()
        mailbox.put(done)
        job = mailbox.take()
        mailbox.finish(job)
        mailbox.put(make_explain() if isinstance(done, SecondModelRequest) else make_score())
        assert not _cancelled(job.token.check)
        assert mailbox.take().request is not done
        mailbox.put(make_study())
        assert isinstance(mailbox.take().request, StudyRequest)


def test_an_interrupted_job_emits_nothing_and_runs_again() -> None:
    mailbox, pane = Mailbox(), make_pane()
    mailbox.put(pane)
    job = mailbox.take()
    mailbox.put(make_score())
    assert _cancelled(lambda: mailbox.finish(job))
    assert isinstance(mailbox.take().request, ScoreRequest)
    assert mailbox.take().request is pane


def test_nothing_makes_way_for_a_pane() -> None:
    for running in (make_explain(), make_score(), make_profile()):
        mailbox = Mailbox()
        mailbox.put(running)
        job = mailbox.take()
        mailbox.put(make_pane())
        assert not _cancelled(job.token.check)


def test_a_study_is_interrupted_by_every_request_and_resumed() -> None:
    mailbox, study = Mailbox(), make_study()
    for newer in (make_explain(), make_score(), make_profile(), make_pane(), make_listed()):
        mailbox.put(study)
        job = mailbox.take()
        mailbox.put(newer)
        assert _cancelled(job.token.check)
        assert mailbox.take().request is newer
        assert mailbox.take().request is study


def test_nothing_makes_way_for_a_study() -> None:
    for running in (make_explain(), make_score(), make_profile(), make_pane(), make_listed()):
        mailbox = Mailbox()
        mailbox.put(running)
        job = mailbox.take()
        mailbox.put(make_study())
        assert not _cancelled(job.token.check)


def test_a_study_is_cancelled_alone() -> None:
    mailbox = Mailbox()
    mailbox.put(make_study())
    job = mailbox.take()
    mailbox.cancel()
    assert not _cancelled(job.token.check)
    mailbox.cancel_study()
    mailbox.put(make_score())
    assert _cancelled(job.token.check)
    assert isinstance(mailbox.take().request, ScoreRequest)
    mailbox.close()
    assert mailbox.take() is None


def test_a_pane_can_be_cancelled_alone_or_with_all() -> None:
    for act in (Mailbox.cancel_pane, Mailbox.cancel):
        mailbox = Mailbox()
        mailbox.put(make_pane(1))
        job = mailbox.take()
        mailbox.put(make_pane(2))
        act(mailbox)
        assert _cancelled(job.token.check)
        mailbox.put(make_score())
        assert isinstance(mailbox.take().request, ScoreRequest)


def test_pairs_ahead_come_before_lists_and_studies_and_the_picture_on_screen_after_them() -> None:
    mailbox = Mailbox()
    for request in (make_study(), make_listed(), make_score()):
        mailbox.put(request)
    mailbox.put_ahead([make_ahead(1), make_ahead(2), make_ahead(3, completes=True)])
    taken = [mailbox.take().request for _ in range(6)]
    kinds = [ScoreRequest, AheadRequest, AheadRequest, ListPairRequest, StudyRequest, AheadRequest]
    assert [type(request) for request in taken] == kinds
    assert [request.question.id for request in taken if isinstance(request, AheadRequest)] == [1, 2, 3]


def test_a_study_makes_room_for_pairs_ahead_and_a_listed_pair_is_finished_first() -> None:
    for running, makes_room in (
        (make_study(), True),
        (make_listed(), False),
        (make_pane(), False),
        (make_profile(), False),
    ):
        mailbox = Mailbox()
        mailbox.put(running)
        job = mailbox.take()
        mailbox.put_ahead([make_ahead(1)])
        assert _cancelled(job.token.check) is makes_room
        assert isinstance(mailbox.take().request, AheadRequest)
        if makes_room:
            assert mailbox.take().request is running


def test_a_listed_pair_interrupts_the_completion_of_a_picture_but_no_pair_ahead() -> None:
    for completes in (True, False):
        mailbox = Mailbox()
        mailbox.put_ahead([make_ahead(1, completes=completes)])
        job = mailbox.take()
        mailbox.put(make_listed())
        assert _cancelled(job.token.check) is completes


def test_work_ahead_that_is_still_the_first_goes_on_when_the_plan_changes() -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([make_ahead(1), make_ahead(2)])
    job = mailbox.take()
    mailbox.put_ahead([make_ahead(1), make_ahead(3)])
    assert not _cancelled(job.token.check)
    assert mailbox.take().request.question.id == 3
    mailbox.put_ahead([make_ahead(4), make_ahead(3)])
    taken = mailbox.take(), mailbox.take()
    assert [one.request.question.id for one in taken] == [4, 3]
    mailbox.put_ahead(())
    assert _cancelled(taken[1].token.check)


def test_the_completion_of_a_picture_goes_on_for_another_caption() -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([make_ahead(1, completes=True)])
    job = mailbox.take()
    mailbox.put_ahead([make_ahead(2, completes=True)])
    assert not _cancelled(job.token.check)


def test_a_profile_comes_after_all_else_but_before_work_ahead() -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([make_ahead(1)])
    for request in (make_profile(), EstimateRequest(make_profile(2)), make_score()):
        mailbox.put(request)
    kinds = [type(mailbox.take().request) for _ in range(4)]
    assert kinds == [ScoreRequest, EstimateRequest, ProfileRequest, AheadRequest]


def test_a_profile_is_interrupted_by_scores_and_resumed() -> None:
    mailbox, profile = Mailbox(), make_profile()
    mailbox.put(profile)
    job = mailbox.take()
    mailbox.put(make_score())
    assert _cancelled(job.token.check)
    mailbox.put(make_score(2))  # before the first one was taken
    assert mailbox.take().request.id == 2
    assert mailbox.take().request is profile


def test_the_second_model_is_interrupted_by_an_explanation_and_starts_again() -> None:
    mailbox, second_model = Mailbox(), SecondModelRequest(make_explain(1))
    mailbox.put(second_model)
    job = mailbox.take()
    mailbox.put(make_score())
    assert not _cancelled(job.token.check)
    mailbox.put(make_explain(2))
    assert _cancelled(job.token.check)
    assert [type(mailbox.take().request) for _ in range(2)] == [ExplainRequest, ScoreRequest]
    assert mailbox.take().request is second_model


def test_a_replaced_or_cancelled_second_model_request_is_not_resumed() -> None:
    mailbox, newer = Mailbox(), SecondModelRequest(make_explain(2))
    mailbox.put(SecondModelRequest(make_explain(1)))
    mailbox.take()
    mailbox.put(newer)
    assert mailbox.take().request is newer
    mailbox.put(make_explain(3))
    mailbox.cancel_second_model()
    assert isinstance(mailbox.take().request, ExplainRequest)
    mailbox.put_ahead([make_ahead(4)])
    assert isinstance(mailbox.take().request, AheadRequest)


def test_a_newer_profile_takes_the_place_of_one_that_runs() -> None:
    mailbox = Mailbox()
    mailbox.put(make_profile(1))
    job = mailbox.take()
    mailbox.put(make_profile(2))
    assert _cancelled(job.token.check)
    assert mailbox.take().request.id == 2


@pytest.mark.parametrize("what", ["runs", "waits"])
@pytest.mark.parametrize("by", ["an explanation", "cancel"])
def test_a_profile_of_the_previous_explanation_is_not_resumed(what: str, by: str) -> None:
    mailbox = Mailbox()
    mailbox.put(make_profile())
    mailbox.put(EstimateRequest(make_profile()))
    jobs = [mailbox.take(), mailbox.take()] if what == "runs" else []
    if by == "cancel":
        mailbox.cancel()
    else:
        mailbox.put(make_explain(2))
        assert mailbox.take().request.id == 2
    assert all(_cancelled(job.token.check) for job in jobs[-1:])
    mailbox.put(make_score(9))
    assert mailbox.take().request.id == 9
    mailbox.close()
    assert mailbox.take() is None


def test_a_cancelled_profile_is_not_resumed_after_a_request() -> None:
    mailbox = Mailbox()
    mailbox.put(make_profile())
    mailbox.take()
    mailbox.cancel()
    mailbox.put(make_score(9))
    assert mailbox.take().request.id == 9
    mailbox.close()
    assert mailbox.take() is None


def test_a_request_that_was_answered_elsewhere_is_withdrawn() -> None:
    mailbox, request = Mailbox(), make_explain(1)
    assert not mailbox.put(request)  # nothing runs
    assert mailbox.withdraw(request)
    assert not mailbox.withdraw(request)
    mailbox.put(request)
    job = mailbox.take()
    assert mailbox.put(make_score())  # waits for the explanation
    assert mailbox.withdraw(request)
    assert _cancelled(job.token.check)
    assert not mailbox.withdraw(request)
    newer = make_explain(2)
    mailbox.put(newer)
    assert not mailbox.withdraw(request)
    assert mailbox.take().request is newer


def test_similar_patches_interrupt_parts_which_are_resumed_and_an_explanation_replaces_both() -> None:
    mailbox = Mailbox()
    mailbox.put(make_parts_request())
    parts = mailbox.take()
    mailbox.put(make_similarity())
    assert _cancelled(parts.token.check)
    similar = mailbox.take()
    assert similar.request == make_similarity()
    mailbox.put(make_score())
    assert not _cancelled(similar.token.check)  # it is quick, or a person waits for it
    assert isinstance(mailbox.take().request, ScoreRequest)
    resumed = mailbox.take()
    assert resumed.request == make_parts_request()
    mailbox.put(make_explain())
    assert _cancelled(resumed.token.check)
    assert isinstance(mailbox.take().request, ExplainRequest)
    mailbox.put_ahead([make_ahead(1)])
    assert isinstance(mailbox.take().request, AheadRequest)  # the parts belonged to the previous explanation


def test_parts_come_after_panes_and_before_work_ahead() -> None:
    mailbox = Mailbox()
    mailbox.put_ahead([make_ahead(1)])
    for request in (make_parts_request(), make_pane(), make_similarity()):
        mailbox.put(request)
    kinds = [type(mailbox.take().request).__name__ for _ in range(4)]
    assert kinds == ["SimilarityRequest", "PaneRequest", "PartsRequest", "AheadRequest"]


def test_cancelling_parts_leaves_other_requests() -> None:
    mailbox = Mailbox()
    mailbox.put(make_parts_request())
    job = mailbox.take()
    mailbox.put(make_pane())
    mailbox.cancel_picture(type(job.request))
    assert _cancelled(job.token.check)
    assert mailbox.take().request == make_pane()
