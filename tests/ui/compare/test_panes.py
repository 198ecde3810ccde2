"""The compare controller: panes fill one after another, follow the selection, and keep their errors apart."""

from collections.abc import Callable

import numpy as np
import pytest

from exclip_desktop.core.errors import MethodError, ModelError
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.render.figure_options import FigureOptions
from exclip_desktop.session.compare.pane import Pane, PaneKey
from exclip_desktop.session.pair.export_controller import make_panes_figure
from exclip_desktop.session.window_settings import USUAL_METHODS
from exclip_desktop.session.worker.requests import ModelChoice
from tests.ui.session.session_desk import Desk

THREE = ("second-order", "grad-eclip", "itsm")
OTHER = ModelChoice("/models/other")
BOX = Region((100.0, 100.0, 300.0, 300.0))


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A session with an explained picture, and three methods to compare."""
    made = make_desk()
    made.session.start(made.picture("first.png"), "a red balloon and a dog")
    made.qtbot.waitUntil(lambda: made.state.explanation is not None and made.state.work is None)
    made.session.compare_methods(THREE)
    return made


def _pane(desk: Desk, method: str, second_model: bool = False) -> Pane:
    return next(pane for pane in desk.session.compare_controller.panes if pane.key == PaneKey(method, second_model))


def _kinds(desk: Desk) -> list[str]:
    return [pane.status.kind for pane in desk.session.compare_controller.panes]


def _fill(desk: Desk) -> None:
    desk.qtbot.waitUntil(lambda: all(kind in ("done", "failed") for kind in _kinds(desk)) and desk.state.work is None)


def _requested_answers(desk: Desk) -> list[tuple[str, str]]:
    return [(request.method, request.target) for request in desk.engine.pane_requests]


def _open(desk: Desk) -> None:
    desk.session.compare_controller.open()
    _fill(desk)
    desk.engine.pane_requests.clear()


def test_panes_fill_one_after_another_and_ours_is_there_at_once(desk: Desk) -> None:
    gate = desk.engine.pane_gates["grad-eclip"]
    gate.clear()
    desk.session.compare_controller.open()
    assert _pane(desk, "second-order").scene.answer is desk.state.explanation
    desk.qtbot.waitUntil(lambda: _pane(desk, "grad-eclip").status.share == 1.0)
    assert _kinds(desk) == ["done", "working", "waiting"]
    assert (desk.state.work.what, desk.state.work.done, desk.state.work.total) == ("Comparing methods", 200, 300)
    gate.set()
    _fill(desk)
    assert _requested_answers(desk) == [("grad-eclip", "a red balloon and a dog"), ("itsm", "")]
    shown = _pane(desk, "grad-eclip").scene
    assert shown.canvas_picture is desk.state.canvas_picture
    assert shown.answer.target == "a red balloon and a dog"


def test_another_selection_requests_first_order_methods_only(desk: Desk) -> None:
    _open(desk)
    with desk.qtbot.waitSignal(_pane(desk, "grad-eclip").scene.answer_changed):
        desk.session.selection_controller.commit_rows((), (2, 3))
    _fill(desk)
    assert _requested_answers(desk) == [("grad-eclip", "red balloon")]
    assert _pane(desk, "grad-eclip").scene.answer.interactions.patches[0, 0] == len("red balloon")


def test_a_drag_sends_one_request_when_it_rests_and_boxes_send_none(desk: Desk) -> None:
    _open(desk)
    for rows in ((2,), (2, 3), (3,)):
        desk.session.selection_controller.show_rows(rows)
    desk.session.selection_controller.commit_regions((), (BOX,), "draw box")
    with desk.qtbot.waitSignal(_pane(desk, "grad-eclip").scene.answer_changed):
        pass
    _fill(desk)
    assert _requested_answers(desk) == [("grad-eclip", "balloon")]


def test_selection_preview_and_drawing_go_to_every_pane(desk: Desk) -> None:
    _open(desk)
    desk.session.selection_controller.commit_rows((), (2,))
    desk.session.selection_controller.commit_regions((), (BOX,), "draw box")
    desk.session.selection_controller.hover_rows((3,))
    desk.session.selection_controller.hover_patch((1, 2))
    desk.session.show(smooth=True, picture_limit=0.5)
    for pane in desk.session.compare_controller.panes:
        assert pane.scene.selection == Selection((2,), (BOX,))
        assert pane.scene.preview == Preview((3,), (1, 2))
        assert pane.scene.view.smooth
        assert pane.scene.view.picture_limit is None
    desk.session.compare_controller.share_range(True)
    assert {pane.scene.view.picture_limit for pane in desk.session.compare_controller.panes} == {0.5}


def test_a_failing_method_reports_in_its_own_pane_and_the_others_continue(desk: Desk) -> None:
    desk.engine.pane_raises["grad-eclip"] = MethodError("No blocks to look into.", "Choose another model.")
    desk.session.compare_controller.open()
    _fill(desk)
    assert _kinds(desk) == ["done", "failed", "done"]
    status = _pane(desk, "grad-eclip").status
    assert (status.message, status.hint) == ("No blocks to look into.", "Choose another model.")
    assert desk.state.notice is None
    desk.engine.pane_requests.clear()
    desk.session.selection_controller.commit_regions((), (BOX,), "draw box")
    desk.session.compare_controller.choose((*THREE, "game"))  # a failed request is not repeated
    _fill(desk)
    assert [method for method, _ in _requested_answers(desk)] == ["game"]
    del desk.engine.pane_raises["grad-eclip"]
    desk.session.selection_controller.commit_rows((), (2,))
    desk.qtbot.waitUntil(lambda: _pane(desk, "grad-eclip").status.kind == "done")


def test_cancelling_stops_the_rest_until_something_changes(desk: Desk) -> None:
    desk.engine.pane_gates["grad-eclip"].clear()
    desk.session.compare_controller.open()
    desk.qtbot.waitUntil(lambda: _pane(desk, "grad-eclip").status.share is not None)
    desk.session.cancel()
    assert _kinds(desk) == ["done", "stopped", "stopped"]
    assert desk.state.work is None
    desk.engine.pane_gates["grad-eclip"].set()
    desk.session.selection_controller.commit_rows((), (2,))
    _fill(desk)
    assert _kinds(desk) == ["done"] * 3


def test_a_new_caption_interrupts_and_all_begin_anew_after_our_own_answer(desk: Desk) -> None:
    _open(desk)
    desk.engine.pane_gates["grad-eclip"].clear()
    desk.session.selection_controller.commit_rows((), (2,))
    desk.qtbot.waitUntil(lambda: _requested_answers(desk) == [("grad-eclip", "red")])
    desk.hold(lambda: desk.session.explain_controller.type_caption("a cat"))
    assert [pane.scene.stale for pane in desk.session.compare_controller.panes] == [True] * 3
    desk.engine.pane_gates["grad-eclip"].set()
    desk.engine.gate.set()
    _fill(desk)
    assert _requested_answers(desk)[1:] == [("grad-eclip", "a cat"), ("itsm", "")]
    assert {pane.scene.answer.caption.text for pane in desk.session.compare_controller.panes} == {"a cat"}
    assert not any(pane.scene.stale for pane in desk.session.compare_controller.panes)


def test_an_outdated_answer_is_dropped(desk: Desk) -> None:
    _open(desk)
    desk.engine.pane_gates["grad-eclip"].clear()
    desk.session.selection_controller.commit_rows((), (2,))
    desk.qtbot.waitUntil(lambda: _requested_answers(desk) == [("grad-eclip", "red")])
    desk.session.selection_controller.commit_rows((2,), (3,))
    desk.qtbot.waitUntil(lambda: len(_requested_answers(desk)) == 2)
    desk.engine.pane_gates["grad-eclip"].set()
    _fill(desk)
    assert _requested_answers(desk) == [("grad-eclip", "red"), ("grad-eclip", "balloon")]
    assert _pane(desk, "grad-eclip").scene.answer.target == "balloon"


def test_panes_continue_after_a_failed_caption(desk: Desk) -> None:
    gate = desk.engine.pane_gates["itsm"]
    gate.clear()
    desk.session.compare_controller.open()
    desk.qtbot.waitUntil(lambda: len(desk.engine.pane_requests) == 2)
    desk.engine.raises.append(ModelError("It cannot.", "Choose another."))
    desk.session.explain_controller.choose_model(ModelChoice("broken"))
    gate.set()
    _fill(desk)
    assert desk.state.notice.message == "It cannot."
    assert _pane(desk, "itsm").status.kind == "done"


def test_another_picture_empties_the_panes_before_they_fill(desk: Desk) -> None:
    _open(desk)
    desk.engine.pane_gates["grad-eclip"].clear()
    desk.session.explain_controller.open_file(desk.picture("second.png"))
    desk.qtbot.waitUntil(lambda: len(desk.engine.pane_requests) == 1)
    assert [pane.scene.answer is None for pane in desk.session.compare_controller.panes] == [False, True, True]
    assert {id(pane.scene.canvas_picture) for pane in desk.session.compare_controller.panes} == {
        id(desk.state.canvas_picture)
    }
    desk.engine.pane_gates["grad-eclip"].set()
    _fill(desk)


def test_going_back_to_a_picture_before_its_successor_was_answered(desk: Desk) -> None:
    _open(desk)
    before, caption = desk.state.canvas_picture, desk.state.caption
    desk.engine.pane_gates["grad-eclip"].clear()
    desk.session.explain_controller.open_file(desk.picture("second.png"))
    desk.qtbot.waitUntil(lambda: len(desk.engine.pane_requests) == 1)
    desk.session.explain_controller.show(before, caption)
    desk.qtbot.waitUntil(lambda: desk.state.canvas_picture is before)
    desk.engine.pane_gates["grad-eclip"].set()
    _fill(desk)
    assert all(pane.scene.answer is not None for pane in desk.session.compare_controller.panes)


def test_another_model_adds_a_second_pane_for_every_method(desk: Desk) -> None:
    desk.session.compare_controller.open()
    desk.session.second_model.open(OTHER)
    _fill(desk)
    names = [(pane.key.method, pane.key.of_second_model) for pane in desk.session.compare_controller.panes]
    assert names == [(method, second_model) for method in THREE for second_model in (False, True)]
    assert _pane(desk, "second-order", True).scene.answer is desk.session.second_model.state.explanation
    assert {request.choice for request in desk.engine.pane_requests if request.of_second_model} == {OTHER}
    desk.session.second_model.close()
    assert [pane.key.method for pane in desk.session.compare_controller.panes] == list(THREE)
    _fill(desk)


def test_a_second_model_that_cannot_explain_gets_no_pane_requests(desk: Desk) -> None:
    _open(desk)
    desk.engine.load_raises.append(ModelError("No such model.", "Choose another."))
    desk.session.second_model.open(OTHER)
    _fill(desk)
    assert [_pane(desk, method, True).status.message for method in THREE] == ["No such model."] * 3
    assert desk.engine.pane_requests == []


def test_closing_lets_go_and_methods_are_remembered(desk: Desk) -> None:
    _open(desk)
    desk.session.compare_controller.close()
    assert desk.session.compare_controller.panes == ()
    desk.session.selection_controller.commit_rows((), (2,))
    assert desk.session.settings.methods() == THREE
    desk.session.compare_methods(("itsm", "second-order"))
    assert desk.session.settings.methods() == ("second-order", "itsm")
    assert desk.engine.pane_requests == []
    assert len(USUAL_METHODS) == 9


def test_the_worker_alone_answers(desk: Desk) -> None:
    _open(desk)
    assert len(desk.engine.threads) == 1
    values = _pane(desk, "itsm").scene.answer.interactions.values
    assert np.isfinite(values).all()


def test_the_figure_names_method_model_words_and_range(desk: Desk) -> None:
    desk.engine.pane_raises["itsm"] = MethodError("No blocks to look into.", "Choose another model.")
    _open(desk)
    desk.session.selection_controller.commit_rows((), (2,))
    desk.qtbot.waitUntil(lambda: _pane(desk, "grad-eclip").scene.answer.target == "red")
    desk.session.selection_controller.commit_regions((), (BOX,), "draw box")
    state, compare_controller = desk.state, desk.session.compare_controller
    shown = make_panes_figure(compare_controller, state.explanation.caption, state.selection, FigureOptions())
    assert shown.heading == "“a red balloon and a dog” · red × 1 box"
    assert (shown.models, shown.regions, shown.one_range) == (1, (BOX,), False)
    ours, mapped, failed = shown.panels
    assert ours.title == "Second-order attributions"
    assert np.array_equal(ours.heat, state.explanation.interactions.patch_heat((2,)))
    assert ours.limit == np.abs(ours.heat).max()
    assert mapped.notes == ("demo, for “red”", "−3 … +3")
    assert failed.notes == ("demo", "No blocks to look into. Choose another model.")
    assert failed.heat is None
    compare_controller.share_range(True)
    again = make_panes_figure(compare_controller, state.explanation.caption, state.selection, FigureOptions())
    assert [panel.limit for panel in again.panels[:2]] == [3.0, 3.0]


def test_exporting_writes_the_panes_while_they_are_shown(desk: Desk) -> None:
    _open(desk)
    path = desk.folder / "panes.svg"
    desk.session.export_controller.write_picture(path, 900)
    desk.qtbot.waitUntil(path.exists, timeout=60_000)
    assert "Grad-ECLIP" in path.read_text()
    desk.qtbot.waitUntil(lambda: desk.state.work is None)


def test_the_enlarged_pane_alone_is_exported(desk: Desk) -> None:
    _open(desk)
    desk.session.active_pane.enlarge(_pane(desk, "grad-eclip"))
    path = desk.folder / "pane.svg"
    desk.session.export_controller.write_picture(path, 900)
    desk.qtbot.waitUntil(path.exists, timeout=60_000)
    text = path.read_text()
    assert "Grad-ECLIP" in text
    assert "ITSM" not in text
    assert "max" not in text  # its bar shows its own range
    desk.qtbot.waitUntil(lambda: desk.state.work is None)


def test_methods_of_many_runs_come_last(desk: Desk) -> None:
    desk.session.compare_methods(("second-order", "m2ib", "rise", "itsm", "grad-cam"))
    desk.session.compare_controller.open()
    _fill(desk)
    assert [method for method, _ in _requested_answers(desk)] == ["grad-cam", "itsm", "m2ib", "rise"]
