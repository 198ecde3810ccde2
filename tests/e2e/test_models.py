"""The models dialog on the real list, offline."""

from pathlib import Path

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from exclip_desktop.session.session import Session
from exclip_desktop.ui.models_dialog import ModelsDialog
from exclip_desktop.ui.window import Window
from tests.ui.test_parts import child
from tests.unit.test_download import no_network


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
