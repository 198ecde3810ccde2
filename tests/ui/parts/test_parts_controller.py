"""Parts in a session: what is requested when, what is kept, and how parts become regions."""

import json
from dataclasses import replace

import numpy as np
import pytest

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.selection import Region, coverage, token_heat
from exclip_desktop.session.parts.parts_controller import PartsController
from exclip_desktop.storage.regions import region_from_value, region_to_value
from tests.ui.session.session_desk import Desk, count_requests


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with three parts, which are stripes of columns."""
    desk.settle()
    parts = desk.session.one_picture.parts
    parts.choose(replace(parts.settings, count=3))
    return desk


def parts_of(desk: Desk) -> PartsController:
    return desk.session.one_picture.parts


def view(desk: Desk) -> PartsController:
    """View the parts, and wait until they are named."""
    parts_of(desk).view(True)
    wait(desk, "done")
    return parts_of(desk)


def wait(desk: Desk, status: str) -> None:
    desk.qtbot.waitUntil(lambda: parts_of(desk).status == status)


def test_nothing_is_requested_until_the_parts_are_viewed(desk: Desk) -> None:
    desk.session.explain_controller.type_caption("a dog")
    desk.settle()
    assert desk.engine.picture_requests == []
    assert desk.state.part_marks is None


def test_parts_come_before_their_names(desk: Desk) -> None:
    desk.engine.names_gate.clear()
    parts_of(desk).view(True)
    wait(desk, "naming")
    assert len(parts_of(desk).parts) == 3
    assert all(part.names == () for part in parts_of(desk).parts)
    assert desk.state.part_marks is not None
    assert desk.state.work is not None
    desk.engine.names_gate.set()
    wait(desk, "done")
    assert [part.names[0].word for part in parts_of(desk).parts] == ["bundled"] * 3
    assert desk.state.work is None


def test_their_first_word_is_the_captions_best_without_function_words(desk: Desk) -> None:
    for part in view(desk).parts:
        best = next(word.word for word in part.values.words if word.word != "a")
        assert part.name in (best, "bundled")
        assert part.region.name == part.name


def test_selecting_a_part_selects_exactly_its_patches_as_one_undo_step(desk: Desk) -> None:
    parts = view(desk)
    steps = desk.undo.count()
    parts.select((1,))
    selected = coverage(desk.state.explanation.geometry, desk.state.selection.regions)
    assert selected == pytest.approx(parts.parts[1].part.mask.astype(float), abs=1e-9)
    assert parts.selected == (1,)
    assert desk.undo.count() == steps + 1
    assert desk.undo.undoText() == "select part"
    desk.undo.undo()
    assert parts.selected == ()


def test_several_parts_add_up_and_drawn_boxes_stay(desk: Desk) -> None:
    parts = view(desk)
    box = Region((0.0, 0.0, 10.0, 10.0), name="own")
    desk.session.selection_controller.show_regions((box,))
    parts.select((0, 2))
    assert desk.state.selection.regions[0] == box
    assert parts.selected == (0, 2)
    parts.select((2,))
    assert [region.name for region in desk.state.selection.regions] == ["own", parts.parts[2].name]


def test_a_click_selects_the_part_under_it_and_ctrl_several(desk: Desk) -> None:
    parts = view(desk)
    place = {int(part.part.mask[0].argmax()): number for number, part in enumerate(parts.parts)}
    parts.click((3, 0), False)
    assert parts.selected == (place[0],)
    parts.click((3, 4), True)
    assert parts.selected == tuple(sorted((place[0], place[4])))
    parts.click((3, 0), True)
    assert parts.selected == (place[4],)
    parts.view(False)
    parts.click((3, 0), False)  # they are not on the picture
    assert parts.selected == (place[4],)


def test_hovering_previews_the_values_of_the_part(desk: Desk) -> None:
    parts = view(desk)
    parts.hover(1)
    state, matrix = desk.state, desk.state.explanation.interactions
    mask = parts.parts[1].part.mask.astype(float)
    shown = token_heat(matrix, state.explanation.geometry, state.selection, state.preview)
    assert shown == pytest.approx(matrix.token_heat(mask))
    assert state.part_marks.hovered == 1
    parts.view(False)
    assert state.preview.regions == ()


def test_another_caption_keeps_the_parts_and_names_them_again(desk: Desk) -> None:
    parts = view(desk)
    masks = [part.part.mask for part in parts.parts]
    desk.explain(lambda: desk.session.explain_controller.type_caption("hydrant"))
    wait(desk, "done")
    assert all(np.array_equal(part.part.mask, mask) for part, mask in zip(parts.parts, masks, strict=True))
    assert {part.name for part in parts.parts} <= {"hydrant", "bundled"}
    assert count_requests(desk) == 1


def test_a_caption_typed_while_they_are_computed_comes_first(desk: Desk) -> None:
    desk.engine.picture_gate.clear()
    parts_of(desk).view(True)
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 1)
    desk.session.explain_controller.type_caption("hydrant")
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    assert desk.state.explanation.caption.text == "hydrant"
    desk.engine.picture_gate.set()
    wait(desk, "done")


def test_another_picture_shows_no_parts_of_the_previous_one(desk: Desk) -> None:
    view(desk)
    desk.engine.picture_gate.clear()
    path = desk.picture("b.png")
    desk.session.explain_controller.open_file(path, "a cat")
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    assert parts_of(desk).parts == ()
    assert desk.state.part_marks is None
    desk.engine.picture_gate.set()
    wait(desk, "done")


def test_another_model_shows_the_previous_parts_faintly_until_its_own_come(desk: Desk) -> None:
    view(desk)
    make = desk.engine.make
    desk.engine.make = lambda caption: replace(
        make(caption), settings=replace(make(caption).settings, weights_sha256="1" * 64)
    )
    desk.hold(lambda: desk.session.explain_controller.choose_model(replace(desk.state.choice, name="other")))
    assert desk.state.part_marks is None or desk.state.part_marks.faint
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    wait(desk, "done")
    assert desk.engine.picture_requests[1].choice.name == "other"
    assert not desk.state.part_marks.faint


def test_parts_of_a_picture_are_kept_for_each_choice(desk: Desk) -> None:
    parts = view(desk)
    for count, requests in ((5, 2), (3, 2), (5, 2)):
        parts.choose(replace(parts.settings, count=count))
        wait(desk, "done")
        assert len(parts.parts) == count
        assert count_requests(desk) == requests


def test_another_vocabulary_keeps_the_parts_while_it_is_read(desk: Desk) -> None:
    parts = view(desk)
    desk.engine.names_gate.clear()
    parts.choose(replace(parts.settings, vocabulary="/tmp/own.txt"))
    desk.qtbot.waitUntil(lambda: count_requests(desk) == 2)
    assert len(parts.parts) == 3
    desk.engine.names_gate.set()
    wait(desk, "done")
    assert parts.parts[0].names[0].word == "own"
    parts.choose(replace(parts.settings, vocabulary=None))
    assert parts.status == "done"
    assert parts.parts[0].names == ()


def test_a_vocabulary_that_cannot_be_read_leaves_the_parts(desk: Desk) -> None:
    desk.engine.names_raises.append(CaptionError("own.txt is not UTF-8 text.", "Save it as UTF-8."))
    parts_of(desk).view(True)
    wait(desk, "failed")
    assert desk.state.notice.message == "own.txt is not UTF-8 text."
    assert len(parts_of(desk).parts) == 3
    parts_of(desk).retry()
    wait(desk, "done")


def test_cancelling_leaves_the_parts_and_is_not_started_again(desk: Desk) -> None:
    desk.engine.names_gate.clear()
    parts_of(desk).view(True)
    wait(desk, "naming")
    desk.session.cancel()
    assert parts_of(desk).status == "cancelled"
    assert desk.state.work is None
    desk.explain(lambda: desk.session.explain_controller.type_caption("hydrant"))
    assert parts_of(desk).status == "cancelled"
    assert len(parts_of(desk).parts) == 3
    desk.engine.names_gate.set()
    parts_of(desk).retry()
    wait(desk, "done")


def test_the_choices_are_remembered(desk: Desk) -> None:
    parts = parts_of(desk)
    parts.choose(replace(parts.settings, method="nmf", count=7, vocabulary="own.txt", tinted=False))
    assert desk.session.settings.parts.read() == parts.settings
    assert (parts.settings.method, parts.settings.count, parts.settings.tinted) == ("nmf", 7, False)


def test_a_selected_part_is_stored_as_any_region(desk: Desk) -> None:
    parts = view(desk)
    parts.select((2,))
    (region,) = desk.state.selection.regions
    stored = json.loads(json.dumps(region_to_value(region)))
    assert region_from_value(stored) == region
    assert region.name == parts.parts[2].name
