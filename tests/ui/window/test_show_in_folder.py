"""Written files: each export offers to show its file in the file manager, and its note goes by itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtDBus import QDBusConnection
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.state import Notice, State
from exclip_desktop.storage.exports.formats import ReportOptions
from exclip_desktop.ui.canvas.banner import Banner
from exclip_desktop.ui.widgets import file_manager
from exclip_desktop.ui.widgets.file_manager import BUTTON_TEXT, show_in_folder
from tests.ui.conftest import Opened
from tests.ui.lists.findings_desk import Desk
from tests.ui.window.test_widgets import button


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that were opened, without any file manager."""
    opened: list[Path] = []
    monkeypatch.setattr(file_manager, "open_folder", opened.append)
    return opened


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that the window showed in the file manager."""
    requested: list[Path] = []
    for module in ("exclip_desktop.ui.window", "exclip_desktop.ui.study.study_dialog"):
        monkeypatch.setattr(f"{module}.show_in_folder", requested.append)
    return requested


def test_without_a_session_bus_the_folder_is_opened(
    folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(file_manager, "QDBusConnection", _NoBus)
    show_in_folder(tmp_path / "a b.png")
    assert folders == [tmp_path]


def test_of_a_picture_in_an_archive_the_archive_is_shown(
    folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(file_manager, "QDBusConnection", _NoBus)
    (tmp_path / "shard.tar").write_bytes(b"")
    show_in_folder(tmp_path / "shard.tar" / "0.png")
    assert folders == [tmp_path]


class _NoBus:
    @staticmethod
    def sessionBus() -> QDBusConnection:  # noqa: N802  Qt's name
        return QDBusConnection("no such connection")


@pytest.mark.parametrize(
    ("platform", "command"),
    [("darwin", ("open", ["-R", "{}"])), ("win32", ("explorer", ["/select,", "{}"]))],
)
def test_other_systems_select_the_file_too(
    platform: str, command: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(file_manager, "QProcess", type("P", (), {"startDetached": lambda *call: started.append(call)}))
    show_in_folder(tmp_path / "a.png")
    program, arguments = command
    assert started == [(program, [one.format(tmp_path / "a.png") for one in arguments])]


@pytest.mark.parametrize("kind", ["picture", "numbers"])
def test_an_exported_file_is_shown_by_the_banners_button(
    kind: str, files: list[Path], opened: Opened, qtbot: QtBot
) -> None:
    export, path = opened.session.export_controller, opened.folder / "out.png"
    if kind == "picture":
        export.write_picture(path, 300)
    else:
        path = path.with_suffix(".csv")
        export.write_numbers(path)
    qtbot.waitUntil(lambda: opened.state.notice is not None and path.exists(), timeout=30_000)
    button(opened.window.banner, BUTTON_TEXT).click()
    assert files == [path]


def test_exported_findings_are_shown_too(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation], files: list[Path]
) -> None:
    desk = Desk(qtbot, tmp_path, make_explanation).start()
    desk.note()
    path = tmp_path / "findings.csv"
    desk.session.findings_export.write_report(path, ReportOptions(desk.tab.query, (), "", None, None, False))
    qtbot.waitUntil(lambda: desk.session.state.notice is not None and path.exists(), timeout=30_000)
    button(desk.window.banner, BUTTON_TEXT).click()
    assert files == [path]


def test_other_notices_offer_no_folder(opened: Opened) -> None:
    opened.session.show_note("Only a note.")
    assert not button(opened.window.banner, BUTTON_TEXT).isVisible()


def test_the_log_file_is_shown_from_the_help_menu(opened: Opened, files: list[Path]) -> None:
    assert not opened.window.commands["log_folder"].isEnabled()
    opened.window.commands["log_folder"].setEnabled(True)
    opened.window._log_path = "/var/log/program.txt"
    opened.window.commands["log_folder"].trigger()
    assert files == [Path("/var/log/program.txt")]


def written_banner(qtbot: QtBot) -> tuple[State, Banner, list[None]]:
    state, closed = State(), list[None]()
    banner = Banner(state)
    qtbot.addWidget(banner)
    banner.closed.connect(lambda: closed.append(None))
    state.change(notice=Notice("Written: a.png", kind="note", file=Path("a.png")))
    return state, banner, closed


def test_the_note_of_a_written_file_goes_by_itself(qtbot: QtBot) -> None:
    state, banner, closed = written_banner(qtbot)
    assert banner._timer.isActive()
    banner._timer.timeout.emit()
    assert closed == [None]
    state.change(notice=Notice("An error stays."))
    assert not banner._timer.isActive()


def test_the_note_stays_while_the_keyboard_is_in_it(qtbot: QtBot) -> None:
    _, banner, closed = written_banner(qtbot)
    with qtbot.waitActive(banner):
        banner.show()
    button(banner, BUTTON_TEXT).setFocus()
    qtbot.waitUntil(button(banner, BUTTON_TEXT).hasFocus)
    banner._timer.timeout.emit()
    assert closed == []
    assert banner._timer.isActive()
