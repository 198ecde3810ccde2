"""First and saved sizes: windows are within the screens that exist now."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.ui.widgets.form_dialog import FormDialog
from exclip_desktop.ui.widgets.screen_size import TITLE_PX, ScreenKeeper, keep_on_screen, place_within
from exclip_desktop.ui.window import Window
from tests.ui.conftest import Opened

LEFT, RIGHT = QRect(0, 0, 1920, 1080), QRect(1920, 100, 1366, 728)


@pytest.mark.parametrize(
    ("frame", "placed"),
    [
        (QRect(100, 50, 800, 600), QRect(100, 50, 800, 600)),
        (QRect(1500, 900, 800, 600), QRect(1120, 480, 800, 600)),  # sticks out at the corner of the left screen
        (QRect(-50, -80, 800, 600), QRect(0, 0, 800, 600)),
        (QRect(2000, 0, 1280, 840), QRect(2000, 100, 1280, 728)),  # higher than the right screen
        (QRect(5000, 3000, 800, 600), QRect(1120, 480, 800, 600)),  # on a screen that is gone
        (QRect(0, 0, 4000, 3000), LEFT),
    ],
)
def test_a_frame_is_moved_and_shrunk_into_the_screen_with_most_of_it(frame: QRect, placed: QRect) -> None:
    assert place_within(frame, [LEFT, RIGHT]) == placed


def test_a_window_that_is_off_the_screen_comes_back_when_it_is_shown(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    ScreenKeeper(window)
    window.setMinimumSize(900, 5000)
    window.setGeometry(4000, -700, 900, 5000)
    window.show()
    area = QApplication.primaryScreen().availableGeometry()
    assert area.contains(window.frameGeometry())
    assert window.frameGeometry().height() <= area.height() - TITLE_PX


def test_a_window_without_a_title_bar_on_screen_yet_leaves_room_for_it(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(100, 0, 300, 200)
    keep_on_screen(window)
    assert window.geometry().top() == TITLE_PX


def test_a_dialog_opens_in_the_middle_of_its_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(500, 300, 900, 600)
    window.show()
    dialog = FormDialog(window)
    dialog.lay_out(QVBoxLayout(), QDialogButtonBox(QDialogButtonBox.StandardButton.Ok), 300)
    with qtbot.waitActive(dialog):
        dialog.show()
    assert (dialog.geometry().center() - window.geometry().center()).manhattanLength() < 60
    dialog.hide()


def test_a_saved_place_on_a_screen_that_is_gone_is_not_used(opened: Opened, qtbot: QtBot) -> None:
    opened.window.setGeometry(3000, 2000, 1000, 700)
    opened.window.close()
    again = Window(opened.session)
    qtbot.addWidget(again)
    again.show()
    assert QApplication.primaryScreen().availableGeometry().contains(again.geometry())


def test_a_closed_window_is_off_the_screen_while_its_threads_end(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, session = opened.window, opened.session
    window.commands["manual"].trigger()
    manual = next(part for part in window.findChildren(QWidget) if part.isWindow() and part.isVisible())
    stop, visible = session.stop, []

    def wait() -> None:
        visible.extend([window.isVisible(), manual.isVisible()])
        stop()

    monkeypatch.setattr(session, "stop", wait)
    window.close()
    assert visible == [False, False]


START = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.ui.window import Window

app = QApplication([])
window = Window(Session(SettingsFile(Path(sys.argv[1])), None))
window.show()
app.processEvents()
window.resize(window.size())
app.processEvents()
area = window.screen().availableGeometry()
inside = [window.frameGeometry()]
for part in (window.caption, window.strip, window.alternatives, window.statusBar()):
    inside.append(part.rect().translated(part.mapToGlobal(part.rect().topLeft())))
print(all(area.contains(one) for one in inside), window.height(), area.height())
window.close()
"""


@pytest.mark.parametrize(("size", "scaling"), [((1366, 768), 1), ((1280, 720), 1), ((1024, 600), 1), ((1920, 1080), 2)])
def test_the_first_start_shows_captions_and_status_on_small_screens(
    size: tuple[int, int], scaling: int, tmp_path: Path
) -> None:
    width, height = size
    screen = {"name": "screen", "x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96,
              "logicalBaseDpi": 96, "dpr": 1}  # fmt: skip
    config = tmp_path / "screen.json"
    config.write_text(json.dumps({"synchronousWindowSystemEvents": False, "screens": [screen]}))
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
        "QT_SCALE_FACTOR": str(scaling),
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    settings = tmp_path / "settings.json"
    command = [sys.executable, "-c", START, str(settings)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    within, window_px, screen_px = run.stdout.split()
    assert within == "True", run.stdout
    assert int(window_px) <= int(screen_px) == height // scaling
    assert SettingsFile(settings).read_geometry("window")
