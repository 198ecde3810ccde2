"""Every way to another picture shows it at once, without an answer; a change of the same pair keeps a stale answer."""

from collections.abc import Callable

import pytest

from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.pictures import read_picture
from exclip_desktop.storage.samples import load_samples
from tests.ui.session.session_desk import Desk

BOX = Region((10.0, 10.0, 60.0, 50.0))


def _open(desk: Desk) -> str:
    desk.session.open(desk.picture("b.png"))
    return "b.png"


def _paste(desk: Desk) -> str:
    path = desk.picture("b.png")
    desk.session.explain_controller.open_image(lambda: read_picture(path), "pasted picture")
    return "pasted picture"


def _open_sample(desk: Desk) -> str:
    desk.session.open_sample(3)
    return load_samples()[3].path.name


def _restore(desk: Desk) -> str:
    settings = ExplainSettings(image_layer=2)
    selection = Selection((1,), (BOX,))
    desk.session.explain_controller.restore(desk.picture("b.png"), "a dog", ModelChoice(), settings, selection)
    return "b.png"


WAYS: list[Callable[[Desk], str]] = [_open, _paste, _open_sample, _restore]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_another_picture_is_there_before_its_answer(desk: Desk, way: Callable[[Desk], str]) -> None:
    desk.session.selection_controller.commit_rows((), (2,))
    title: list[str] = []
    desk.hold(lambda: title.append(way(desk)))
    state = desk.state
    assert state.canvas_picture.title == title[0]
    assert (state.explanation, state.stale, state.selection.rows) == (None, False, ())
    assert state.selection.regions == ((BOX,) if way is _restore else ())
    assert desk.session.active_pane.active_answer is None
    assert not desk.undo.canUndo()
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: state.explanation is not None)
    assert state.explanation.caption.text == state.caption


@pytest.mark.parametrize(
    "change",
    [
        lambda desk: desk.session.explain_controller.type_caption("a cat"),
        lambda desk: desk.session.explain_controller.choose_model(ModelChoice("other")),
        lambda desk: desk.session.framing_controller.choose("squash"),
        lambda desk: desk.session.explain_controller.choose_settings(ExplainSettings(image_layer=2), None),
    ],
    ids=["caption", "model", "framing", "settings"],
)
def test_a_stale_answer_of_the_pair_cannot_be_noted(desk: Desk, change: Callable[[Desk], None]) -> None:
    before = desk.state.explanation
    desk.hold(lambda: change(desk))
    assert (desk.state.explanation, desk.state.stale) == (before, True)
    assert desk.session.active_pane.active_answer is None


def test_undo_of_a_caption_shows_a_ready_answer_at_once(desk: Desk) -> None:
    desk.session.explain_controller.type_caption("a cat")
    desk.qtbot.waitUntil(lambda: not desk.state.stale)
    desk.engine.gate.clear()  # the worker answers nothing
    desk.undo.undo()
    assert (desk.state.explanation.caption.text, desk.state.stale) == ("a red balloon", False)
    assert desk.state.provenance.cached
