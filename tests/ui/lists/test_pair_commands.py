"""The menu of selected pairs: rating, tags, copying, explaining, exporting and removing several at once."""

import hashlib
import tarfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists import list_export
from exclip_desktop.storage.pair_lists.list_files import read_pairs, write_pairs
from exclip_desktop.storage.project.finding_rows import load_findings
from exclip_desktop.storage.project.pair_rows import save_boxes
from exclip_desktop.storage.project.project_files import open_project
from exclip_desktop.ui.commands import pair_commands
from exclip_desktop.ui.commands.pair_commands import PairCommands
from exclip_desktop.ui.dialogs.list_export_dialog import ListExportDialog
from exclip_desktop.ui.lists.tag_field import TagDialog
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.list_desk import ListDesk, settle

PAIRS = tuple(ListedPair(f"p{n}", f"{n}.png", f"a dog and {n} cats") for n in range(6))


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> ListDesk:
    return ListDesk(tmp_path, make_explanation, PAIRS).start(qtbot)


def commands(desk: ListDesk) -> PairCommands:
    return desk.window.findChild(PairCommands)


def choose(desk: ListDesk, places: list[int], *path: str) -> None:
    """Choose an entry of the menu of these pairs."""
    menu: QMenu | None = commands(desk).make_menu(places)
    for part in path[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == part)
    next(action for action in menu.actions() if action.text() == path[-1]).trigger()


def explain_all(desk: ListDesk) -> None:
    desk.session.list_explainer.start()
    desk.qtbot.waitUntil(lambda: not desk.session.list_explainer.is_running)


def ratings(desk: ListDesk) -> list[str]:
    return [desk.navigation.values.remark(place).rating for place in range(len(desk.navigation.pairs))]


def wait_saved(desk: ListDesk) -> None:
    desk.qtbot.waitUntil(lambda: desk.session.state.work is None or desk.session.state.work.idle)


def kept(desk: ListDesk) -> list:
    with open_project(desk.folder / "mine" / "findings.exclip") as project:
        return load_findings(project)


def select(desk: ListDesk, *rows: int) -> None:
    for row in rows:
        control = Qt.KeyboardModifier.ControlModifier if row != rows[0] else Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(desk.dock.view.viewport(), Qt.MouseButton.LeftButton, control, desk.point(row))


def test_a_right_click_opens_the_menu_of_the_selected_pairs(desk: ListDesk) -> None:
    texts: list[list[str]] = []

    def look() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts.append([action.text() for action in menu.actions() if action.text()])
        menu.close()

    select(desk, 1, 3)
    QTimer.singleShot(0, look)
    desk.dock.menu_requested.emit(desk.dock.selected_places, desk.dock.mapToGlobal(QPoint(9, 9)))
    assert texts[0] == [
        *("Open", "Explain 2 pairs", "Rate", "Tags…", "Copy paths", "Copy captions", "Show picture in folder"),
        *("Export 2 pairs as a list…", "Remove 2 pairs from the list"),
    ]


def test_the_menu_key_opens_the_menu(desk: ListDesk) -> None:
    select(desk, 2)
    texts: list[list[str]] = []

    def look() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts.append([action.text() for action in menu.actions() if action.text()])
        menu.close()

    QTimer.singleShot(0, look)
    QApplication.sendEvent(desk.dock.view, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint()))
    assert texts[0][:2] == ["Open", "Explain"]
    assert texts[0][-1] == "Remove from the list"


def test_several_pairs_are_rated_by_one_key_and_undone_at_once(desk: ListDesk) -> None:
    explain_all(desk)
    select(desk, 1, 2, 4)
    wait_saved(desk)
    on_screen = desk.navigation.current
    QTest.keyClick(desk.dock.view, Qt.Key.Key_2)
    desk.qtbot.waitUntil(lambda: ratings(desk).count("mismatch") == 3)
    assert ratings(desk) == ["", "mismatch", "mismatch", "", "mismatch", ""]
    assert desk.navigation.current == on_screen
    findings = kept(desk)
    assert [one.view.pair for one in findings] == ["p1", "p2", "p4"]
    assert findings[0].numbers.score == desk.navigation.figures(1).score
    assert all(one.view.picture_sha256 for one in findings)
    desk.session.undo.undo()
    assert ratings(desk) == [""] * 6
    desk.session.undo.redo()
    assert ratings(desk).count("mismatch") == 3


def test_pictures_in_an_archive_are_rated_alone_and_together(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]
) -> None:
    with tarfile.open(tmp_path / "shard.tar", "w") as archive:
        for number in range(3):
            archive.add(make_blank_picture(tmp_path / f"{number}.png", shade=number), f"{number}.png")
    pairs = tuple(replace(pair, picture=f"shard.tar/{pair.picture}") for pair in PAIRS[:3])
    write_pairs(PairList(tmp_path, tmp_path, pairs), tmp_path / "list.csv")
    desk = ListDesk(tmp_path, make_explanation, pairs, writes=False).start(qtbot)
    explain_all(desk)
    QTest.keyClick(desk.window, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: ratings(desk)[0] == "match")
    choose(desk, [1, 2], "Rate", "Unsure")
    qtbot.waitUntil(lambda: ratings(desk) == ["match", "unsure", "unsure"])
    files = [hashlib.sha256((tmp_path / f"{number}.png").read_bytes()).hexdigest() for number in range(3)]
    assert [one.view.picture_sha256 for one in kept(desk)] == files


def test_pairs_with_findings_are_rated_again_and_cleared(desk: ListDesk) -> None:
    explain_all(desk)
    choose(desk, [0, 1, 2], "Rate", "Match")
    desk.qtbot.waitUntil(lambda: ratings(desk)[:3] == ["match"] * 3)
    choose(desk, [1, 2, 3], "Rate", "Unsure")
    desk.qtbot.waitUntil(lambda: ratings(desk)[:4] == ["match", "unsure", "unsure", "unsure"])
    assert len(kept(desk)) == 4
    choose(desk, [0, 1, 5], "Rate", "Not rated")
    desk.qtbot.waitUntil(lambda: ratings(desk)[:2] == ["", ""])
    assert len(kept(desk)) == 4, "an unrated pair gets no finding"


def test_pairs_that_are_not_explained_are_left_and_said(desk: ListDesk) -> None:
    said: list[str] = []
    desk.session.pair_ratings.reported.connect(lambda text, _: said.append(text))
    choose(desk, [0, 4, 5], "Rate", "Artefact")
    desk.qtbot.waitUntil(lambda: bool(said))
    assert ratings(desk) == ["artefact", "", "", "", "", ""]
    assert said == ["1 of 3 selected pairs changed; 2 are not explained yet."]
    assert desk.session.undo.undoText() == "rate artefact, 1 pair"
    said.clear()
    choose(desk, [4, 5], "Rate", "Artefact")
    desk.qtbot.waitUntil(lambda: bool(said))
    assert said == ["2 pairs are not explained yet and did not change. Explain first."]


def test_several_pairs_are_tagged(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    explain_all(desk)
    desk.rate("match", "own")
    asked: list[tuple[str, ...]] = []

    def answer(dialog: TagDialog) -> int:
        asked.append(dialog.field.tags)
        dialog.field.setText("colour, left and right")
        return 1

    monkeypatch.setattr(TagDialog, "exec", answer)
    choose(desk, [0, 1], "Tags…")
    desk.qtbot.waitUntil(lambda: bool(desk.navigation.values.remark(1).tags))
    assert asked == [()]
    assert desk.navigation.values.remark(0).tags == ("own", "colour", "left and right")
    assert desk.navigation.values.remark(1).tags == ("colour", "left and right")
    assert desk.session.pair_ratings.shared_tags([0, 1]) == ("colour", "left and right")


def test_a_finding_of_several_pairs_opens_without_a_difference(desk: ListDesk) -> None:
    explain_all(desk)
    choose(desk, [1, 2], "Rate", "Match")
    desk.qtbot.waitUntil(lambda: ratings(desk)[1] == "match")
    desk.session.finding_restorer.restore(kept(desk)[0])
    settle(desk.qtbot, desk, PAIRS[1].caption)
    assert desk.session.state.notice is None


def test_paths_and_captions_are_copied(desk: ListDesk) -> None:
    clipboard = QGuiApplication.clipboard()
    choose(desk, [2], "Copy path")
    assert clipboard.text() == str(desk.folder / "2.png")
    choose(desk, [2, 3], "Copy captions")
    assert clipboard.text() == f"{PAIRS[2].caption}\n{PAIRS[3].caption}"


def test_the_pictures_folder_is_shown(desk: ListDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(pair_commands, "show_in_folder", shown.append)
    choose(desk, [3], "Show picture in folder")
    assert shown == [desk.folder / "3.png"]


def test_selected_pairs_are_explained(desk: ListDesk) -> None:
    choose(desk, [4, 2], "Explain 2 pairs")
    desk.qtbot.waitUntil(lambda: not desk.session.list_explainer.is_running)
    explained = [place for place in range(6) if getattr(desk.navigation.figures(place), "score", None) is not None]
    assert [request.caption for request in desk.engine.list_requests][:2] == [PAIRS[4].caption, PAIRS[2].caption]
    assert {0, 2, 4} <= set(explained)
    assert 5 not in explained
    assert desk.dock.batch.isEnabled()


def export(desk: ListDesk, monkeypatch: pytest.MonkeyPatch, fill: Callable[[ListExportDialog], None]) -> None:
    """Answer the next export dialog by its fields, and its button."""

    def answer(dialog: ListExportDialog) -> int:
        fill(dialog)
        dialog.show()
        button = next(one for one in dialog.findChildren(QPushButton) if one.text() == "&Export")
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        return dialog.result()

    monkeypatch.setattr(ListExportDialog, "exec", answer)


def test_selected_pairs_are_exported_as_a_list(desk: ListDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    target = desk.folder / "sub" / "some.csv"
    target.parent.mkdir()
    export(desk, monkeypatch, lambda dialog: dialog.findChild(QLineEdit).setText(str(target)))
    with qtbot.waitSignal(desk.session.list_edits.reported):
        choose(desk, [3, 1], "Export 2 pairs as a list…")
    read = read_pairs(target, cancel=CancelToken())
    assert [pair.caption for pair in read.pairs] == [PAIRS[3].caption, PAIRS[1].caption]
    assert [read.path_of(pair.picture).resolve() for pair in read.pairs] == [
        desk.folder / "3.png",
        desk.folder / "1.png",
    ]


def test_the_list_is_exported_as_a_folder_with_its_pictures_and_labels_drawn_by_hand(
    desk: ListDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, label = desk.session.projects.open_or_create(), Region((1, 2, 5, 6), name="dog")
    save_boxes(project, project.relative_path(desk.folder / "2.png"), (label,))
    (desk.folder / "4.png").write_bytes(b"damaged")
    target = desk.folder / "for yolo"

    def fill(dialog: ListExportDialog) -> None:
        scope, formats = dialog.findChildren(QComboBox)
        assert [scope.itemText(at) for at in range(scope.count())] == ["All pairs (6)"]
        dialog.findChild(QLineEdit).setText(str(target))
        formats.setCurrentText("YOLO (folder)")

    export(desk, monkeypatch, fill)
    with qtbot.waitSignal(desk.session.list_edits.reported) as reported:
        desk.window.commands["export_list"].trigger()
    assert reported.args == ["5 pairs written to for yolo", False]
    read = read_pairs(target)
    assert {pair.picture: pair.regions for pair in read.pairs}["images/2.png"] == (label,)
    assert {pair.caption for pair in read.pairs} == {pair.caption for pair in PAIRS if pair.picture != "4.png"}
    notice = desk.session.state.notice
    assert notice is not None
    assert "4.png: " in notice.message
    assert desk.session.state.work is None or desk.session.state.work.idle


def test_an_export_can_be_cancelled_and_leaves_nothing(
    desk: ListDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, started, released = desk.folder / "out", threading.Event(), threading.Event()
    read_size = list_export.read_picture_size

    def wait(path: Path) -> tuple[int, int]:
        started.set()
        assert released.wait(10)
        return read_size(path)

    monkeypatch.setattr(list_export, "read_picture_size", wait)
    desk.session.list_edits.export(list(range(6)), target, "voc")
    qtbot.waitUntil(started.is_set)
    assert desk.session.state.work is not None
    desk.session.cancel()
    released.set()
    qtbot.waitUntil(lambda: not any(path.name.startswith(".") for path in desk.folder.iterdir()))
    assert not target.exists()
    qtbot.waitUntil(lambda: desk.session.state.work is None or desk.session.state.work.idle)


def test_selected_pairs_are_removed_by_delete_and_come_back(desk: ListDesk) -> None:
    before = desk.navigation.figures(0)
    select(desk, 1, 3)
    QTest.keyClick(desk.dock.view, Qt.Key.Key_Delete)
    assert [pair.id for pair in desk.navigation.pairs] == ["p0", "p2", "p4", "p5"]
    assert desk.navigation.figures(0) == before
    assert all((desk.folder / f"{n}.png").exists() for n in range(6))
    undo: QAction = desk.window.commands["undo"]
    assert undo.text() == "Undo remove 2 pairs"
    undo.trigger()
    assert desk.navigation.pairs == PAIRS


def test_the_grid_is_switched_by_a_key(desk: ListDesk) -> None:
    control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(desk.window, Qt.Key.Key_G, control_shift)
    assert desk.dock.is_grid
    assert desk.window.commands["pair_grid"].isChecked()
    QTest.mouseClick(desk.dock.as_list, Qt.MouseButton.LeftButton)
    assert not desk.dock.is_grid
    assert not desk.window.commands["pair_grid"].isChecked()


def test_ctrl_shift_f_in_the_findings_goes_to_their_filter(desk: ListDesk) -> None:
    desk.window.inspector.setCurrentWidget(desk.window.findings)
    desk.window.findings.note.setFocus()
    QTest.keyClick(desk.window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert desk.window.findings.filter.isAncestorOf(focus) or focus is desk.window.findings.filter
