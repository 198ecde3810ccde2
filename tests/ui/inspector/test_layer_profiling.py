"""The layer profile in a session: rows one by one, priority of explanations, stale profiles, cost estimates."""

from dataclasses import replace

import pytest

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.layer_profile import Profile
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.state import ProfileProgress
from exclip_desktop.session.worker.requests import ModelChoice
from tests.ui.session.session_desk import Desk


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose model has four image layers and a pool, and three text layers."""
    desk.settle()
    desk.engine.layers, desk.engine.pools = (4, 3), (True, False)
    desk.session.explain_controller.choose_model(ModelChoice("pooling"))
    desk.settle()
    return desk


def profile_of(desk: Desk) -> Profile:
    assert desk.state.profile.profile is not None
    return desk.state.profile.profile


def layers_done(desk: Desk) -> list[object]:
    return [row.layer for row in profile_of(desk).rows]


def start(desk: Desk, upto: object = 2) -> None:
    """Begin a profile of the picture's side, and let it come to a layer, counting from the last, and wait there."""
    desk.engine.hold_rows()
    for layer in ("pool", 3, 2, 1):
        if layer == upto:
            break
        desk.engine.rows_gate[layer].set()
    desk.session.layer_profile_controller.request_profile("image")
    desk.qtbot.waitUntil(lambda: desk.engine.at_layer == upto)
    desk.qtbot.waitUntil(lambda: desk.state.work is not None and desk.state.work.done > 0)


def open_all(desk: Desk) -> None:
    for gate in desk.engine.rows_gate.values():
        gate.set()


def finished(desk: Desk) -> None:
    desk.qtbot.waitUntil(lambda: not desk.state.profile.running and desk.state.work is None)


def test_rows_come_one_by_one_from_the_last_layer(desk: Desk) -> None:
    orders: list[list[object]] = []
    desk.state.profile_changed.connect(lambda: orders.append(layers_done(desk)))
    desk.session.layer_profile_controller.request_profile("image")
    finished(desk)
    assert profile_of(desk).layers == (0, 1, 2, 3, "pool")
    assert profile_of(desk).complete
    # What is on screen, at layer 0, is known from the start.
    assert [0] in orders
    assert [0, "pool"] in orders
    assert [0, 2, 3, "pool"] in orders
    assert orders.index([0, "pool"]) < orders.index([0, 3, "pool"]) < orders.index([0, 2, 3, "pool"])


def test_it_shows_as_work_and_is_cancelled_like_other_work(desk: Desk) -> None:
    start(desk, upto=2)
    assert desk.state.work.what == "Profiling the layers"
    assert 0 < desk.state.work.done < desk.state.work.total
    desk.session.cancel()
    assert desk.state.work is None
    assert desk.state.profile.running is False
    assert layers_done(desk) == [0, 3, "pool"]
    open_all(desk)
    desk.open("b.png")  # the worker is free
    assert desk.state.profile == ProfileProgress()  # another picture's is not on screen


def test_it_goes_on_where_it_was_cancelled(desk: Desk) -> None:
    start(desk, upto=2)
    desk.session.cancel()
    open_all(desk)
    rows = len(desk.engine.cached_rows)
    desk.session.layer_profile_controller.request_profile("image")
    finished(desk)
    assert profile_of(desk).complete
    assert rows == 2


def test_another_caption_goes_first_and_leaves_the_profile_of_before(desk: Desk) -> None:
    start(desk, upto=2)
    before, rows = desk.state.explanation, layers_done(desk)
    desk.session.explain_controller.type_caption("a cat")
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not before)
    finished(desk)
    assert desk.state.explanation.caption.text == "a cat"
    assert (desk.state.profile.stale, layers_done(desk)) == (True, rows)
    assert [request.caption for request in desk.engine.profile_requests] == ["a red balloon"]
    open_all(desk)
    desk.session.layer_profile_controller.request_profile("image")
    assert desk.state.profile.stale is False
    assert layers_done(desk) == [0]
    finished(desk)
    assert [request.caption for request in desk.engine.profile_requests] == ["a red balloon", "a cat"]
    assert profile_of(desk).complete


def test_choosing_one_of_its_layers_goes_first_and_the_profile_goes_on(desk: Desk) -> None:
    start(desk, upto=2)
    before = desk.state.explanation
    desk.engine.began.clear()
    desk.session.layer_profile_controller.choose("image", 3)
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not before)
    assert desk.engine.explain_requests[-1].explain_settings == ExplainSettings(image_layer=3)
    desk.qtbot.waitUntil(lambda: len(desk.engine.profile_requests) == 2)
    assert desk.state.profile.running
    assert desk.state.profile.stale is False
    open_all(desk)
    finished(desk)
    assert profile_of(desk).complete
    assert [request.explain_settings for request in desk.engine.profile_requests] == [
        ExplainSettings(),
        ExplainSettings(),
    ]


def test_a_layer_of_the_other_side_makes_another_profile(desk: Desk) -> None:
    desk.session.layer_profile_controller.request_profile("image")
    finished(desk)
    desk.session.layer_profile_controller.choose("text", 2)
    desk.settle()
    assert desk.state.explain_settings == ExplainSettings(text_layer=2)
    assert desk.state.profile.stale
    desk.session.layer_profile_controller.choose("text", 0)
    desk.settle()
    assert desk.state.profile.stale is False


def test_an_explanation_that_comes_to_nothing_leaves_it_interrupted(desk: Desk) -> None:
    start(desk, upto=2)
    desk.fail(ModelError("No.", "Do."), lambda: desk.session.explain_controller.type_caption("a cat"))
    finished(desk)
    assert len(desk.engine.profile_requests) == 1
    assert desk.state.stale
    desk.session.explain_controller.type_caption("a red balloon")  # as it was
    desk.qtbot.waitUntil(lambda: len(desk.engine.profile_requests) == 2)
    open_all(desk)
    finished(desk)
    assert profile_of(desk).complete


def test_scores_go_first_and_it_goes_on(desk: Desk) -> None:
    start(desk, upto=2)
    desk.session.caption_alternatives.add("a cat")
    desk.qtbot.waitUntil(lambda: all(entry.rank for entry in desk.state.alternatives))
    assert desk.state.profile.running
    open_all(desk)
    finished(desk)
    assert profile_of(desk).complete
    assert len(desk.engine.profile_requests) == 2
    assert desk.engine.profile_requests[0] is desk.engine.profile_requests[1]


def test_a_failure_is_shown_and_finished_rows_stay(desk: Desk) -> None:
    desk.engine.profile_raises.append(ModelError("Values are not numbers.", "Choose another layer."))
    with desk.qtbot.waitSignal(desk.state.notice_changed):
        desk.session.layer_profile_controller.request_profile("image")
    assert (desk.state.notice.message, desk.state.notice.kind) == ("Values are not numbers.", "error")
    finished(desk)
    assert layers_done(desk) == [0]
    desk.session.layer_profile_controller.request_profile("image")
    finished(desk)
    assert profile_of(desk).complete


def test_viewing_a_side_estimates_its_cost(desk: Desk) -> None:
    desk.session.layer_profile_controller.view_side("image")
    desk.qtbot.waitUntil(lambda: desk.state.profile.estimate is not None)
    assert desk.state.profile.estimate.total_s == 10.0
    assert layers_done(desk) == [0]
    desk.session.layer_profile_controller.view_side("text")
    assert desk.state.profile.estimate is None
    desk.qtbot.waitUntil(lambda: desk.state.profile.estimate is not None)
    assert profile_of(desk).layers == (0, 1, 2)
    desk.session.layer_profile_controller.request_profile("text")
    finished(desk)
    estimates = len(desk.engine.estimate_requests)
    desk.session.layer_profile_controller.view_side("text")  # complete: nothing is left to foretell
    assert len(desk.engine.estimate_requests) == estimates == 2
    assert [request.side for request in desk.engine.estimate_requests] == ["image", "text"]


def test_a_profile_stays_until_the_next_request(desk: Desk) -> None:
    desk.session.layer_profile_controller.request_profile("image")
    finished(desk)
    made = profile_of(desk)
    desk.session.explain_controller.type_caption("a cat")
    desk.settle()
    desk.session.layer_profile_controller.view_side("image")
    desk.qtbot.waitUntil(lambda: desk.state.profile.estimate is not None)
    assert profile_of(desk) is made
    assert desk.state.profile.stale
    assert desk.engine.estimate_requests[-1].caption == "a cat"


def test_no_request_without_a_current_explanation(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explain_controller.type_caption("a cat"))
    desk.session.layer_profile_controller.request_profile("image")
    desk.session.layer_profile_controller.view_side("image")
    assert desk.state.profile == ProfileProgress()
    desk.engine.gate.set()
    desk.settle()
    desk.state.change(answer=None)
    desk.session.layer_profile_controller.request_profile("image")
    desk.session.layer_profile_controller.view_side("image")
    assert (desk.engine.profile_requests, desk.engine.estimate_requests) == ([], [])


def test_the_estimate_of_the_previous_pair_is_dropped(desk: Desk) -> None:
    desk.session.layer_profile_controller.view_side("image")
    desk.hold(lambda: desk.session.explain_controller.type_caption("a cat"))
    desk.engine.gate.set()
    desk.settle()
    assert desk.state.profile.estimate is None


def test_the_bar_counts_layers_by_their_estimated_seconds(desk: Desk) -> None:
    desk.session.layer_profile_controller.view_side("image")
    desk.qtbot.waitUntil(lambda: desk.state.profile.estimate is not None)
    estimate = desk.state.profile.estimate
    seconds = ((0, 0.0), (1, 40.0), (2, 30.0), (3, 20.0), ("pool", 10.0))
    desk.state.change(profile=replace(desk.state.profile, estimate=replace(estimate, seconds=seconds)))
    start(desk, upto=2)
    desk.qtbot.waitUntil(lambda: desk.state.work.done == 600)  # 10 + 20 + all passes of 30, of 100
