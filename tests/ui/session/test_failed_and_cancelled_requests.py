"""A session with a blocking engine: failed, cancelled and overtaken requests leave no trace."""

import pytest

from exclip_desktop.core.errors import ModelError, UserError
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.samples import load_samples
from tests.ui.session.session_desk import Desk

BOX, OTHER_BOX = Region((10, 10, 60, 50)), Region((20, 20, 70, 60))
MISSING = ModelError("There is no such model.", "Choose another.")


def test_a_sample_selects_its_object_even_if_the_caption_changes_meanwhile(desk: Desk) -> None:
    desk.hold(lambda: desk.session.open_sample(0))
    desk.session.explain_controller.type_caption("nothing of it")
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not None)
    assert desk.state.explanation.caption.text == "nothing of it"
    assert desk.state.canvas_picture.path == str(load_samples()[0].path)
    assert desk.state.selection == Selection()
    desk.open("b.png", "a cat")
    assert desk.state.canvas_picture.title == "b.png"


@pytest.mark.parametrize("loading", [True, False])
def test_a_model_that_fails_is_taken_back(desk: Desk, loading: bool) -> None:
    before = desk.snapshot()
    choose = lambda: desk.session.explain_controller.choose_model(ModelChoice("/wrong/folder"))  # noqa: E731  done at once
    desk.fail(MISSING, choose, loading)
    assert desk.state.notice.message == MISSING.message
    assert desk.snapshot() == before
    assert "wrong" not in desk.session.export_controller.python()
    desk.session.explain_controller.type_caption("a cat")
    desk.qtbot.waitUntil(lambda: desk.state.explanation.caption.text == "a cat")
    assert desk.engine.loaded[-1] == ModelChoice()


def test_settings_that_fail_are_reverted_and_not_saved(desk: Desk) -> None:
    before = desk.snapshot()
    desk.fail(
        UserError("The model has no layer 11."),
        lambda: desk.session.explain_controller.choose_settings(ExplainSettings(11), None),
    )
    assert desk.snapshot() == before
    assert desk.session.settings.explain_settings() == ExplainSettings()


def test_copies_are_of_the_model_on_screen_while_another_is_on_its_way(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explain_controller.choose_model(ModelChoice("other")))
    assert "other" not in desk.session.export_controller.python()
    desk.engine.gate.set()
    desk.settle()
    assert "other" in desk.session.export_controller.python()


def test_a_newer_question_does_not_take_the_model_back(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explain_controller.choose_model(ModelChoice("other")))
    desk.session.explain_controller.type_caption("a cat")
    desk.engine.gate.set()
    desk.settle()
    assert desk.state.choice == desk.state.provenance.choice == ModelChoice("other")


def test_what_can_be_undone_belongs_to_one_picture(desk: Desk) -> None:
    desk.session.selection_controller.commit_regions((), (BOX,), "draw box")
    desk.hold(lambda: desk.session.explain_controller.open_file(desk.picture("b.png"), "a cat"))
    assert not desk.undo.canUndo()
    assert desk.state.selection == Selection()
    desk.session.selection_controller.commit_regions((), (OTHER_BOX,), "draw box")  # on the new picture already
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not None)
    assert desk.state.selection == Selection((), (OTHER_BOX,))
    desk.undo.undo()
    assert desk.state.selection == Selection()


@pytest.mark.parametrize("way", ["cancel", "failure"])
def test_a_picture_that_comes_to_nothing_stays_without_heat(desk: Desk, way: str) -> None:
    desk.session.selection_controller.commit_rows((), (2,))
    opens = lambda: desk.session.explain_controller.open_file(desk.picture("b.png"), "a cat")  # noqa: E731  done at once
    if way == "cancel":
        desk.hold(opens)
        desk.session.explain_controller.cancel()
        desk.engine.gate.set()
    else:
        desk.fail(UserError("No."), opens)
    assert (desk.state.canvas_picture.title, desk.state.caption) == ("b.png", "a cat")
    assert (desk.state.explanation, desk.state.stale, desk.state.work) == (None, False, None)
    assert desk.session.active_pane.active_answer is None
    assert not desk.undo.canUndo()
    desk.explain(lambda: desk.session.explain_controller.type_caption("a red dog"))
    assert desk.state.canvas_picture.title == "b.png"
    assert desk.state.explanation.caption.text == "a red dog"
    assert desk.words() == ["red"]  # selected in the last answer


def test_a_cancelled_model_is_taken_back(desk: Desk) -> None:
    before = desk.snapshot()
    desk.hold(lambda: desk.session.explain_controller.choose_model(ModelChoice("other")))
    desk.qtbot.waitUntil(lambda: desk.state.facts.name == "other")
    desk.session.explain_controller.cancel()
    assert desk.snapshot() == before
    assert desk.state.facts.name == "demo"


def test_a_caption_error_is_settled_by_emptying_the_caption(desk: Desk) -> None:
    desk.fail(UserError("The caption has 2,100 characters."), lambda: desk.session.explain_controller.type_caption("x"))
    assert desk.state.notice.kind == "error"
    desk.session.explain_controller.type_caption("")
    assert desk.state.notice is None
    assert desk.state.stale


def test_a_loading_note_disappears_with_its_model(desk: Desk) -> None:
    desk.engine.note = "Its weights are of another kind."
    desk.hold(lambda: desk.session.explain_controller.choose_model(ModelChoice("other")))
    desk.qtbot.waitUntil(lambda: desk.state.notice is not None)
    desk.session.explain_controller.cancel()
    desk.engine.gate.set()
    assert (desk.state.notice, desk.state.choice) == (None, ModelChoice())


@pytest.mark.parametrize("way", ["cancel", "failure"])
def test_the_same_caption_can_be_requested_again(desk: Desk, way: str) -> None:
    types = lambda: desk.session.explain_controller.type_caption("a cat")  # noqa: E731  done at once
    if way == "cancel":
        desk.hold(types)
        desk.session.explain_controller.cancel()
        desk.engine.gate.set()
    else:
        desk.fail(UserError("No."), types)
    assert desk.state.stale
    assert desk.state.caption == "a cat"
    desk.session.explain_controller.type_caption("a cat")
    desk.settle()
    assert desk.state.explanation.caption.text == "a cat"
    assert desk.undo.count() == 1


def test_the_same_caption_is_not_requested_twice_at_once(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explain_controller.type_caption("a cat"))
    desk.session.explain_controller.type_caption("a cat")
    desk.engine.gate.set()
    desk.settle()
    assert [request.caption for request in desk.engine.explain_requests].count("a cat") == 1


def test_undo_of_words_finds_them_in_the_caption_on_screen(desk: Desk) -> None:
    desk.open("b.png", "a dog and a red balloon")
    desk.session.selection_controller.commit_rows((), (2,))
    desk.session.selection_controller.commit_rows((2,), (5,))
    assert desk.words() == ["red"]
    desk.session.explain_controller.type_caption("a red balloon and a dog")
    desk.settle()
    desk.hold(desk.undo.undo)
    desk.undo.undo()  # the newer caption is still on screen
    assert desk.words() == ["dog"]
    desk.engine.gate.set()
    desk.settle()
    assert desk.words() == ["dog"]
    assert desk.state.selection.rows == (2,)
