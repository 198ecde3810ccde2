"""Methods of installed packages in the window: in the Compare menu, and in Details if they are broken."""

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.ui.commands.compare_commands import MethodsMenu
from exclip_desktop.ui.inspector.details_tab import list_details
from tests.ui.conftest import Opened
from tests.unit.attribution.plugin_package import BROKEN, GOOD, Install


def test_the_window_offers_installed_methods_and_names_broken_ones(
    qtbot: QtBot, install_methods: Install, request: pytest.FixtureRequest
) -> None:
    install_methods({**GOOD, **BROKEN})
    opened: Opened = request.getfixturevalue("opened")
    menu = opened.window.findChild(MethodsMenu)
    assert [entry.text() for entry in menu.actions()][-3:] == ["Array", "Fails", "Ramp"]
    opened.session.compare_methods(("second-order", "ramp"))
    opened.session.compare_controller.open()
    panes = opened.session.compare_controller.panes
    assert [pane.key.method for pane in panes] == ["second-order", "ramp"]
    qtbot.waitUntil(lambda: all(pane.status.kind == "done" for pane in panes))
    details = list_details(opened.state.explanation, opened.state.provenance, None, "")
    (errors,) = [detail.text for detail in details if detail.name == "Methods that could not be loaded"]
    assert "absent (ramps): ModuleNotFoundError" in errors


def test_details_have_no_such_line_without_installed_methods(opened: Opened) -> None:
    details = list_details(opened.state.explanation, opened.state.provenance, None, "")
    assert "Methods that could not be loaded" not in [detail.name for detail in details]
