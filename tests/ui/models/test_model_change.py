"""Choosing another model while layers are set by hand: layers that it lacks are left out, with a note."""

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.worker.requests import ModelChoice, ModelFacts
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.ui.models.models_dialog import ModelsDialog
from tests.ui.conftest import Opened
from tests.ui.models.test_models_dialog import click, column_texts, select
from tests.ui.session.session_desk import Desk

BY_HAND = ExplainSettings(9, -10, "gauss-legendre", 20)


@pytest.mark.parametrize(
    ("asked", "kept", "told"),
    [
        (
            ExplainSettings(9, 3),
            ExplainSettings(None, 3),
            "This model has no image layer 9. The model's default layer is used.",
        ),
        (
            ExplainSettings(3, -7),
            ExplainSettings(3, None),
            "This model has no text layer −7. The model's default layer is used.",
        ),
        (
            ExplainSettings(-7, 6),
            ExplainSettings(),
            "This model has no image layer −7 and no text layer 6. The model's default layers are used.",
        ),
        (
            ExplainSettings("pool"),
            ExplainSettings(),
            "This model has no image layer “pool”. The model's default layer is used.",
        ),
        (ExplainSettings(-4, -6), ExplainSettings(-4, -6), ""),
        (ExplainSettings(3, "pool"), ExplainSettings(3, "pool"), ""),
        (ExplainSettings(3, 5), ExplainSettings(3, 5), ""),
    ],
)
def test_layers_that_another_model_lacks(desk: Desk, asked: ExplainSettings, kept: ExplainSettings, told: str) -> None:
    desk.engine.pools = (True, True)
    desk.session.explain_controller.choose_model(ModelChoice("pooling"))
    desk.settle()
    desk.session.explain_controller.choose_settings(asked, None)
    desk.settle()
    before, desk.engine.layers, desk.engine.pools = desk.state.explanation, (4, 6), (False, True)
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not before)
    desk.settle()
    assert desk.state.choice == desk.state.provenance.choice == ModelChoice("other")
    assert (
        desk.state.explain_settings
        == desk.state.provenance.explain_settings
        == desk.engine.explain_requests[-1].explain_settings
        == kept
    )
    assert desk.engine.loaded == [ModelChoice(), ModelChoice("pooling"), ModelChoice("other")]
    notice = desk.state.notice
    assert (notice.message if notice is not None else "") == told
    assert notice is None or notice.kind == "note"


def test_a_note_on_missing_layers_disappears_with_the_next_model(desk: Desk) -> None:
    desk.session.explain_controller.choose_settings(BY_HAND, None)
    desk.settle()
    desk.engine.layers, desk.engine.note = (4, 4), "The model runs on the CPU."
    desk.session.explain_controller.choose_model(ModelChoice("small"))
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice.name == "small")
    told = "This model has no image layer 9 and no text layer −10. The model's default layers are used."
    assert desk.state.notice.message == f"The model runs on the CPU. {told}"
    desk.engine.note = ""
    desk.session.explain_controller.choose_model(ModelChoice("third"))
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice.name == "third")
    assert desk.state.notice is None


@pytest.mark.parametrize("way", ["cancel", "failure"])
def test_a_model_that_fails_restores_the_layers(desk: Desk, way: str) -> None:
    desk.session.explain_controller.choose_settings(BY_HAND, None)
    desk.settle()
    before, desk.engine.layers = desk.snapshot(), (4, 4)
    desk.hold(lambda: desk.session.explain_controller.choose_model(ModelChoice("small")))
    desk.qtbot.waitUntil(lambda: desk.state.explain_settings == ExplainSettings(None, None, "gauss-legendre", 20))
    if way == "cancel":
        desk.session.explain_controller.cancel()
    else:
        desk.engine.raises.append(ValueError("x"))
        desk.engine.gate.set()
        desk.qtbot.waitUntil(lambda: desk.state.notice.kind == "error")
    assert desk.snapshot() == before
    assert desk.state.explain_settings == BY_HAND


def test_a_model_of_the_list_is_opened_with_layers_of_its_own(opened: Opened, qtbot: QtBot) -> None:
    opened.session.explain_controller.choose_settings(ExplainSettings(11, 11), None)
    qtbot.waitUntil(lambda: opened.state.provenance.explain_settings == ExplainSettings(11, 11))
    opened.engine.layers = (4, 4)
    opened.session.library.add(ModelChoice(str(opened.folder)))
    opened.window.commands["models"].trigger()
    dialog = opened.window.findChild(ModelsDialog)
    qtbot.waitUntil(lambda: opened.folder.name in column_texts(dialog))
    select(dialog, opened.folder.name)
    click(dialog, "Use")
    qtbot.waitUntil(lambda: opened.state.provenance.choice.name == str(opened.folder))
    assert opened.state.provenance.explain_settings == ExplainSettings()
    assert opened.window.banner.isVisible()
    assert "no image layer 11 and no text layer 11" in opened.state.notice.message


def test_facts_of_a_cancelled_model_are_ignored(desk: Desk) -> None:
    facts = ModelFacts("late", "cpu", 1, 1, 77, "Late.")
    desk.session.findChild(Worker).model_loaded.emit(ModelChoice("late"), facts)
    assert (desk.state.facts.name, desk.state.notice) == ("demo", None)
