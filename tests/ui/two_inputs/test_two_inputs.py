"""Two pictures in a session: what is requested when, and what each of the two shows."""

from dataclasses import replace

import pytest

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.two_inputs.two_inputs_controller import TwoInputsController
from exclip_desktop.ui.canvas.heat_item import current_heat
from tests.ui.fakes import make_blank_picture
from tests.ui.session.session_desk import Desk, count_requests
from tests.ui.two_inputs.two_input_factors import explain_fake_inputs

BOX = Region((40.0, 40.0, 200.0, 160.0))
OTHER = Region((300.0, 200.0, 420.0, 330.0))


def two(desk: Desk) -> TwoInputsController:
    return desk.session.two_inputs


def path_of(desk: Desk, name: str, shade: int) -> str:
    return make_blank_picture(desk.folder / name, shade=shade)


def open_two(desk: Desk, name: str = "second.png", shade: int = 30) -> None:
    two(desk).open_file(path_of(desk, name, shade))
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)


def hold(desk: Desk) -> None:
    """Open two pictures, and let the engine wait before it answers."""
    desk.engine.picture_gate.clear()
    two(desk).open_file(path_of(desk, "second.png", 30))
    desk.qtbot.waitUntil(lambda: bool(desk.engine.picture_requests))


def test_a_box_in_the_first_picture_colours_the_second(desk: Desk) -> None:
    open_two(desk)
    explanation = two(desk).explanation
    desk.session.selection_controller.show_regions((BOX,))
    heat = explanation.heat("second", Selection(regions=(BOX,)))
    assert current_heat(two(desk).second) == pytest.approx(heat)
    assert heat != pytest.approx(explanation.heat("second", Selection()))
    assert current_heat(two(desk).first) == pytest.approx(explanation.heat("first", Selection()))


def test_a_box_in_the_second_picture_colours_the_first(desk: Desk) -> None:
    open_two(desk)
    two(desk).second_selection.show_regions((BOX, replace(OTHER, subtract=True)))
    heat = two(desk).explanation.heat("first", Selection(regions=(BOX, replace(OTHER, subtract=True))))
    assert current_heat(two(desk).first) == pytest.approx(heat)
    assert desk.state.selection.regions == ()  # the first picture's own


def test_with_boxes_in_both_each_shows_the_heat_of_the_others(desk: Desk) -> None:
    open_two(desk)
    desk.session.selection_controller.show_regions((BOX,))
    two(desk).second_selection.show_regions((OTHER,))
    explanation = two(desk).explanation
    assert current_heat(two(desk).first) == pytest.approx(explanation.heat("first", Selection(regions=(OTHER,))))
    assert current_heat(two(desk).second) == pytest.approx(explanation.heat("second", Selection(regions=(BOX,))))


def test_a_hovered_patch_is_previewed_in_the_other_picture(desk: Desk) -> None:
    open_two(desk)
    two(desk).hover_patch("first", (2, 3))
    heat = two(desk).explanation.heat("second", Selection(), Preview(patch=(2, 3)))
    assert current_heat(two(desk).second) == pytest.approx(heat)
    two(desk).hover_patch("first", None)
    assert current_heat(two(desk).second) == pytest.approx(two(desk).explanation.heat("second", Selection()))


def test_nothing_reaches_the_worker_while_boxes_are_drawn(desk: Desk) -> None:
    open_two(desk)
    for step in range(5):
        desk.session.selection_controller.show_regions((replace(BOX, box=(0.0, 0.0, 50.0 + step, 60.0)),))
        two(desk).second_selection.show_regions((replace(BOX, box=(0.0, 0.0, 70.0 + step, 60.0)),))
    assert count_requests(desk) == 1


def test_boxes_of_both_are_undone_in_their_order(desk: Desk) -> None:
    open_two(desk)
    desk.session.selection_controller.commit_regions((), (BOX,), "draw box")
    two(desk).second_selection.commit_regions((), (OTHER,), "draw box")
    desk.undo.undo()
    assert two(desk).second.selection.regions == ()
    assert desk.state.selection.regions == (BOX,)
    desk.undo.undo()
    assert desk.state.selection.regions == ()
    desk.undo.redo()
    desk.undo.redo()
    assert two(desk).second.selection.regions == (OTHER,)


def test_nudges_of_both_are_steps_of_their_own(desk: Desk) -> None:
    open_two(desk)
    moved = replace(BOX, box=(41.0, 40.0, 201.0, 160.0))
    again = replace(BOX, box=(42.0, 40.0, 202.0, 160.0))
    for controller in (desk.session.selection_controller, two(desk).second_selection):
        controller.commit_regions((), (BOX,), "draw box")
        controller.nudge_regions((BOX,), (moved,), "move box", 0)
    before = desk.undo.count()
    desk.session.selection_controller.nudge_regions((moved,), (again,), "move box", 0)
    assert desk.undo.count() == before + 1
    desk.undo.undo()
    assert desk.state.selection.regions == (moved,)
    assert two(desk).second.selection.regions == (moved,)


def test_walking_keeps_the_second_picture_and_its_boxes(desk: Desk) -> None:
    open_two(desk)
    two(desk).second_selection.commit_regions((), (BOX,), "draw box")
    pinned = two(desk).second.canvas_picture
    desk.session.explain_controller.open_file(path_of(desk, "b.png", 200), "a cat")
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2 and two(desk).explanation is not None)
    assert two(desk).second.canvas_picture is pinned
    assert two(desk).second.selection.regions == (BOX,)
    assert two(desk).first.canvas_picture is desk.state.canvas_picture
    assert desk.engine.picture_requests[-1].other is pinned.picture
    heat = two(desk).explanation.heat("first", Selection(regions=(BOX,)))
    assert current_heat(two(desk).first) == pytest.approx(heat)


def test_another_first_picture_shows_nothing_of_the_previous_one(desk: Desk) -> None:
    open_two(desk)
    desk.engine.picture_gate.clear()
    desk.session.explain_controller.open_file(path_of(desk, "b.png", 200), "a cat")
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    assert two(desk).explanation is None
    assert current_heat(two(desk).first) is None
    assert current_heat(two(desk).second) is None


def test_walking_on_while_it_computes_answers_the_last_pair_only(desk: Desk) -> None:
    hold(desk)
    desk.session.explain_controller.open_file(path_of(desk, "b.png", 200), "a cat")
    desk.qtbot.waitUntil(lambda: count_requests(desk) >= 2)
    desk.engine.picture_gate.set()
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    last = desk.engine.picture_requests[-1]
    assert last.first is desk.state.canvas_picture.picture
    assert two(desk).explanation.score == pytest.approx(explain_fake_inputs(desk.engine.make, last).score)


def test_a_second_picture_replaced_while_it_computes(desk: Desk) -> None:
    hold(desk)
    two(desk).open_file(path_of(desk, "third.png", 220))
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    desk.engine.picture_gate.set()
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    assert two(desk).second.canvas_picture.title == "third.png"
    wanted = explain_fake_inputs(desk.engine.make, desk.engine.picture_requests[-1])
    assert two(desk).explanation.score == pytest.approx(wanted.score)
    assert desk.engine.picture_requests[-1].other is two(desk).second.canvas_picture.picture


def test_another_second_picture_has_no_boxes_of_the_previous_one(desk: Desk) -> None:
    open_two(desk)
    two(desk).second_selection.commit_regions((), (BOX,), "draw box")
    two(desk).open_file(path_of(desk, "third.png", 220))
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    assert two(desk).second.selection.regions == ()
    assert not desk.undo.canUndo()


def test_a_model_changed_while_it_computes_asks_again_by_the_other_model(desk: Desk) -> None:
    hold(desk)
    other = replace(desk.state.choice, name="other")
    desk.hold(lambda: desk.session.explain_controller.choose_model(other))
    assert desk.engine.picture_requests[-1].choice.name != "other"  # the pair on screen comes first
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: desk.engine.picture_requests[-1].choice == other)
    desk.engine.picture_gate.set()
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    assert desk.engine.loaded[-1] == other


def test_the_answer_is_stale_until_the_other_model_answers(desk: Desk) -> None:
    open_two(desk)
    desk.hold(lambda: desk.session.explain_controller.choose_model(replace(desk.state.choice, name="other")))
    assert two(desk).explanation is not None
    assert two(desk).first.stale
    assert two(desk).second.stale
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: not two(desk).second.stale)
    assert desk.engine.picture_requests[-1].choice.name == "other"


def test_a_refused_model_leaves_the_answer_as_it_was(desk: Desk) -> None:
    open_two(desk)
    before = two(desk).explanation
    other = replace(desk.state.choice, name="other")
    desk.fail(PictureError("No.", "Choose another."), lambda: desk.session.explain_controller.choose_model(other))
    desk.qtbot.waitUntil(lambda: not desk.state.stale)
    assert two(desk).explanation is before
    assert not two(desk).second.stale
    assert count_requests(desk) == 1


def test_a_failure_is_a_banner_on_the_second_canvas_and_not_repeated(desk: Desk) -> None:
    desk.engine.picture_raises.append(PictureError("Too narrow.", "Choose another."))
    two(desk).open_file(path_of(desk, "second.png", 30))
    desk.qtbot.waitUntil(lambda: two(desk).second.notice is not None)
    assert two(desk).second.notice.message == "Too narrow."
    assert desk.state.notice is None
    desk.session.explain_controller.type_caption("a cat")
    desk.settle()
    assert count_requests(desk) == 1
    two(desk).open_file(path_of(desk, "third.png", 220))
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    assert two(desk).second.notice is None


def test_a_file_that_is_no_picture_leaves_what_was_there(desk: Desk) -> None:
    open_two(desk)
    before = two(desk).second.canvas_picture, two(desk).explanation
    (desk.folder / "no.png").write_text("no picture")
    two(desk).open_file(str(desk.folder / "no.png"))
    desk.qtbot.waitUntil(lambda: two(desk).second.notice is not None)
    assert (two(desk).second.canvas_picture, two(desk).explanation) == before
    assert desk.state.notice is None


def test_cancelling_leaves_both_pictures_without_heat(desk: Desk) -> None:
    hold(desk)
    assert desk.state.work is not None
    desk.session.cancel()
    desk.qtbot.waitUntil(lambda: desk.state.work is None)
    assert two(desk).kind == "pictures"
    assert two(desk).explanation is None
    desk.engine.picture_gate.set()
    desk.session.selection_controller.show_regions((BOX,))
    assert count_requests(desk) == 1


def test_a_caption_typed_meanwhile_interrupts_and_does_not_lose_the_request(desk: Desk) -> None:
    hold(desk)
    desk.session.explain_controller.type_caption("a cat")
    desk.qtbot.waitUntil(lambda: len(desk.engine.picture_requests) == 2)
    desk.engine.picture_gate.set()
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    assert desk.state.explanation.caption.text == "a cat"


def test_pinning_compares_the_picture_with_the_next_ones(desk: Desk) -> None:
    pinned = desk.state.canvas_picture
    two(desk).pin()
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    assert two(desk).second.canvas_picture is pinned
    desk.explain(lambda: desk.session.explain_controller.open_file(path_of(desk, "b.png", 200), "a cat"))
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2 and two(desk).explanation is not None)
    assert two(desk).second.canvas_picture is pinned


def test_closing_shows_the_pair_and_opening_again_the_same_second_picture(desk: Desk) -> None:
    open_two(desk)
    two(desk).second_selection.commit_regions((), (BOX,), "draw box")
    two(desk).close()
    assert two(desk).explanation is None
    assert two(desk).first.canvas_picture is None
    two(desk).open("pictures")
    desk.qtbot.waitUntil(lambda: two(desk).explanation is not None)
    assert two(desk).second.selection.regions == (BOX,)


def test_similar_patches_close_two_pictures(desk: Desk) -> None:
    open_two(desk)
    desk.session.one_picture.similar_patches.open()
    assert two(desk).kind is None


def test_a_locked_range_belongs_to_one_picture(desk: Desk) -> None:
    open_two(desk)
    two(desk).lock("second", 0.5)
    assert two(desk).second.view.picture_limit == 0.5
    assert two(desk).first.view.picture_limit is None
    assert desk.state.view.picture_limit is None
    desk.session.show(smooth=True)
    assert two(desk).second.view.smooth
    assert two(desk).second.view.picture_limit == 0.5


def test_a_picture_without_a_caption_can_be_compared(desk: Desk) -> None:
    desk.session.explain_controller.put_caption("")
    open_two(desk)
    assert current_heat(two(desk).second) is not None
