"""The real window, its models dialog and the commands, offline: no socket is opened."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from exclip_desktop.cli.main import main
from exclip_desktop.session.session import Session
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.models.models_dialog import ModelsDialog
from exclip_desktop.ui.window import Window
from tests.ui.window.test_widgets import child
from tests.unit.models.test_download import no_network


def test_the_window_starts_and_explains_without_a_socket(qtbot: QtBot, tmp_path: Path) -> None:
    session = Session(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat), None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    state = session.state
    with no_network():
        session.start()
        qtbot.waitUntil(lambda: state.explanation is not None, timeout=60_000)
        session.explain_controller.type_caption("a red dog")
        qtbot.waitUntil(lambda: state.explanation.caption.text == "a red dog", timeout=60_000)
        session.library.refresh()
        qtbot.waitUntil(lambda: bool(session.library.models), timeout=60_000)
        session.library.set_default(ModelChoice("ViT-L-14", pretrained="openai"))
        session.explain_controller.choose_model(
            ModelChoice("ViT-L-14", pretrained="openai")
        )  # not here: refused, not fetched
        qtbot.waitUntil(lambda: state.notice is not None, timeout=60_000)
        window.close()
    assert "the network is off" in state.notice.message


@pytest.mark.parametrize(
    "command",
    [
        ["explain", "--sample", "1", "--span", "cat", "--box", "10,10,90,90", "--measure", "mean"],
        ["profile", "--sample", "1", "--quadrature", "gauss-legendre", "--steps", "1"],
        ["map", "--sample", "1"],
        ["models", "list", "--all"],
        ["doctor"],
    ],
)
def test_commands_open_no_socket(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with no_network():
        assert main(command) == 0
    assert capsys.readouterr().out


def test_the_dialog_shows_the_real_list_and_opens_no_socket(qtbot: QtBot, tmp_path: Path) -> None:
    session = Session(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat), None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    with no_network():
        window.commands["models"].trigger()
        dialog = window.findChild(ModelsDialog)
        rows = child(dialog, "Models").model()
        qtbot.waitUntil(lambda: rows.rowCount() > 190, timeout=60_000)
        for row in range(rows.rowCount()):
            child(dialog, "Models").selectRow(row)
        child(dialog, "Search").setText("siglip")
        dialog.reject()
    assert session.library.models[0].name == "demo"
    assert child(window.status, "Network").text() == "Offline: nothing leaves this computer"
