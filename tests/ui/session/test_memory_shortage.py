"""An accelerator with too little memory even for the smallest chunk: the window offers the CPU."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import MemoryShortage, ModelError
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.worker.requests import ModelChoice
from tests.ui.conftest import Opened
from tests.ui.session.session_desk import Desk
from tests.ui.window.test_widgets import button

SHORT = MemoryShortage("There is not enough memory for this.", "Close other programs.")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose model runs on an accelerator."""
    desk.settle()
    desk.engine.device = "cuda:0"
    desk.session.explain_controller.choose_model(ModelChoice("large"))
    desk.settle()
    return desk


def test_the_same_request_is_repeated_on_the_cpu(desk: Desk) -> None:
    explain_settings = ExplainSettings(2, 1, "gauss-legendre", 20)
    desk.fail(SHORT, lambda: desk.session.explain_controller.choose_settings(explain_settings, None))
    assert desk.state.notice.offers_cpu
    assert desk.state.explain_settings == ExplainSettings()
    desk.session.explain_controller.use_cpu()
    desk.settle()
    assert desk.state.provenance.choice == ModelChoice("large", device="cpu")
    assert desk.state.provenance.explain_settings == explain_settings
    assert desk.state.notice is None


def test_another_picture_and_caption_are_not_lost(desk: Desk) -> None:
    desk.fail(SHORT, lambda: desk.session.explain_controller.open_file(desk.picture("b.png"), "a cat"))
    assert (desk.state.canvas_picture.title, desk.state.caption) == ("b.png", "a cat")
    desk.explain(desk.session.explain_controller.use_cpu)
    assert (desk.state.canvas_picture.title, desk.state.explanation.caption.text) == ("b.png", "a cat")


def test_a_profile_goes_over_to_the_cpu_with_all_else(desk: Desk) -> None:
    desk.engine.profile_raises.append(SHORT)
    with desk.qtbot.waitSignal(desk.state.notice_changed):
        desk.session.layer_profile_controller.request_profile("image")
    assert desk.state.notice.offers_cpu
    desk.session.explain_controller.use_cpu()
    desk.settle()
    assert desk.state.choice == desk.state.provenance.choice == ModelChoice("large", device="cpu")
    assert desk.state.provenance.explain_settings == ExplainSettings()


def test_it_is_not_offered_where_it_would_not_help(desk: Desk) -> None:
    desk.fail(
        ModelError("No.", "Do."), lambda: desk.session.explain_controller.choose_settings(ExplainSettings(1), None)
    )
    assert not desk.state.notice.offers_cpu
    desk.engine.device = "cpu"
    desk.session.explain_controller.choose_settings(ExplainSettings(), "cpu")
    desk.settle()
    desk.fail(SHORT, lambda: desk.session.explain_controller.choose_settings(ExplainSettings(1), "cpu"))
    assert not desk.state.notice.offers_cpu


def test_the_banner_carries_the_button(opened: Opened, qtbot: QtBot) -> None:
    opened.engine.device = "cuda:0"
    opened.session.explain_controller.choose_model(ModelChoice("large"))
    qtbot.waitUntil(lambda: opened.state.provenance.choice.name == "large" and opened.state.work is None)
    opened.engine.raises.append(SHORT)
    with qtbot.waitSignal(opened.state.notice_changed):
        opened.session.explain_controller.type_caption("a cat")
    asks = button(opened.window.banner, "Use the CPU")
    assert asks.isVisible()
    qtbot.mouseClick(asks, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.state.provenance.choice.device == "cpu")
    assert opened.state.explanation.caption.text == "a cat"
    assert not opened.window.banner.isVisible()
    opened.session.explain_controller.show_error(ModelError("No.", "Do."))
    assert opened.window.banner.isVisible()
    assert not asks.isVisible()
