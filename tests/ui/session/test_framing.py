"""The menu of framings: chosen, scored while it is open, and fitted to the model."""

from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.settings import FRAMINGS, ExplainSettings
from exclip_desktop.session.worker.requests import ModelFacts
from exclip_desktop.ui.commands.view_commands import FramingMenu
from tests.ui.conftest import Opened
from tests.ui.session.session_desk import Desk


def _menu(opened: Opened) -> FramingMenu:
    menu = opened.window.commands["framing"].menu()
    assert isinstance(menu, FramingMenu)
    return menu


def test_the_menu_shows_what_each_framing_scores(opened: Opened, qtbot: QtBot) -> None:
    menu = _menu(opened)
    assert [entry.text() for entry in menu.actions()] == [told.capitalize() for told in FRAMINGS.values()]
    with qtbot.waitSignal(opened.state.framings_changed):
        menu.aboutToShow.emit()
    assert [entry.text() for entry in menu.actions()][:3] == [
        "The model's own\t+0.2500",
        "Cropped to its middle",
        "Squashed\t+0.1250",
    ]


def test_a_choice_explains_again_and_forgets_nothing_else(opened: Opened, qtbot: QtBot) -> None:
    menu, state = _menu(opened), opened.state
    with qtbot.waitSignal(state.answer_changed):
        menu.actions()[2].trigger()
    assert opened.state.provenance.explain_settings == ExplainSettings(framing="squash")
    assert [entry.isChecked() for entry in menu.actions()] == [False, False, True, False, False]
    assert opened.engine.explained == ["a red balloon and a dog"] * 2


def test_scores_are_of_the_pair_on_screen(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.state.framings_changed):
        desk.session.framing_controller.request_scores()
    desk.open("c.png", "a cat")
    assert desk.state.framings == ()


def test_a_model_of_one_size_takes_no_whole_pictures(opened: Opened) -> None:
    own = tuple(name for name in FRAMINGS if name != "whole")
    opened.state.change(facts=ModelFacts("RN50", "cpu", 4, 12, 77, framings=own))
    entries = dict(zip(FRAMINGS, _menu(opened).actions(), strict=True))
    assert [name for name, entry in entries.items() if not entry.isEnabled()] == ["whole"]
    assert "its own size only" in entries["whole"].toolTip()
    assert opened.state.facts.fitted(ExplainSettings(framing="whole")) == ExplainSettings()
