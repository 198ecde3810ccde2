"""The table of findings: several are rated, tagged and removed at once; its filter, its menu, what is selected."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.ui.commands import project_commands
from exclip_desktop.ui.lists.findings_table import PICTURE
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE, HEAT_ROLE, TITLE_ROLE
from tests.ui.lists.findings_desk import Desk
from tests.ui.lists.rating_desk import CAPTIONS, RatingDesk

Key = Qt.Key
REMARKS = (Remark("match", ("snow", "dark")), Remark("unsure", ("snow",), "look"), Remark("", (), "again"))


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    """Three findings are listed, the newest one first."""
    made = Desk(qtbot, tmp_path, make_explanation).start()
    for remark in REMARKS:
        made.note(remark)
    made.window.activateWindow()
    made.look()
    made.tab.view.setFocus()
    return made


@pytest.fixture
def rating_desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> RatingDesk:
    return RatingDesk(qtbot, tmp_path, make_explanation).start()


def select(desk: Desk, *rows: int) -> None:
    """Select rows by clicks, all but the first with Ctrl."""
    view = desk.tab.view
    for at, row in enumerate(rows):
        where = view.visualRect(view.model().index(row, 1)).center()
        held = Qt.KeyboardModifier.ControlModifier if at else Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, held, where)


def menu_entry(menu: QMenu, text: str) -> Callable[[], None]:
    return next(action for action in menu.actions() if action.text() == text).trigger


def test_a_key_rates_all_selected_findings_as_one_step(desk: Desk) -> None:
    select(desk, 0, 1)
    QTest.keyClick(desk.tab.view, Key.Key_3)
    assert [one.rating for one in desk.kept()] == ["match", "artefact", "artefact"]
    assert desk.tab.selected_ids == (3, 2), "they stay selected"
    assert desk.window.status._message.text() == "2 findings rated Artefact"
    desk.session.undo.undo()
    assert [one.rating for one in desk.kept()] == ["match", "unsure", ""]
    desk.session.undo.redo()
    assert [one.rating for one in desk.kept()] == ["match", "artefact", "artefact"]


def test_several_findings_are_removed_as_one_step_and_come_back(desk: Desk) -> None:
    before = desk.kept()
    select(desk, 0, 2)
    QTest.keyClick(desk.tab.view, Key.Key_Delete)
    assert [one.id for one in desk.kept()] == [2]
    assert desk.session.undo.undoText() == "remove 2 findings"
    assert desk.tab.selected_ids == (2,), "the one that took their place is selected"
    desk.session.undo.undo()
    assert desk.kept() == before


def test_tags_of_several_findings_are_those_they_share_and_each_keeps_its_own(desk: Desk) -> None:
    def answer() -> None:
        field = QApplication.activeModalWidget().field
        assert field.tags == ("snow",)
        field.setText("left")
        QTest.keyClick(field, Key.Key_Return)

    select(desk, 1, 2)
    QTimer.singleShot(0, answer)
    QTest.keyClick(desk.tab.view, Key.Key_W)
    assert [one.tags for one in desk.kept()] == [("dark", "left"), ("left",), ()]
    desk.session.undo.undo()
    assert [one.tags for one in desk.kept()] == [("snow", "dark"), ("snow",), ()]


def test_an_edit_of_several_findings_changes_what_was_entered_only(desk: Desk) -> None:
    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        note = dialog.findChild(QPlainTextEdit)
        assert note.placeholderText().startswith("Different notes")
        assert dialog.remark() == Remark()
        QTest.keyClick(note, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    select(desk, 0, 1)
    QTimer.singleShot(0, answer)
    desk.tab.edit.click()
    assert [one.note for one in desk.kept()] == ["", "look", "again"]
    assert desk.session.undo.undoText() == "note finding"


def test_the_menu_of_the_findings_acts_on_all_of_them(desk: Desk) -> None:
    select(desk, 0, 1)
    menu = desk.tab.make_menu()
    entries = {action.text(): action for action in menu.actions()}
    assert not entries["Open"].isEnabled()
    menu_entry(entries["Rate"].menu(), "Mismatch")()
    assert [one.rating for one in desk.kept()] == ["match", "mismatch", "mismatch"]
    entries["Copy"].trigger()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0][:3] == ["Picture", "Caption", "Rating"]
    assert [line[2] for line in lines[1:]] == ["mismatch", "mismatch"]
    entries["Remove 2 findings"].trigger()
    assert len(desk.kept()) == 1


def test_a_right_click_opens_the_menu_of_the_finding(desk: Desk) -> None:
    view = desk.tab.view
    where = view.visualRect(view.model().index(1, 1)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=where)
    view.customContextMenuRequested.emit(where)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.actions()[0].text() == "Open"
    assert menu.actions()[0].isEnabled()
    assert desk.tab.selected_ids == (2,)
    menu.close()
    view.clearSelection()
    view.customContextMenuRequested.emit(QPoint(1, 1))
    assert QApplication.activePopupWidget() is None


def test_the_menu_opens_a_finding_and_the_folder_of_its_picture(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(project_commands, "show_in_folder", opened.append)
    select(desk, 2)
    menu = desk.tab.make_menu()
    menu_entry(menu, "Show picture in folder")()
    assert opened == [desk.folder / "a.png"]
    with desk.qtbot.waitSignal(desk.session.finding_restorer.restored) as blocker:
        menu_entry(menu, "Open")()
    assert blocker.args == [1]


def test_ctrl_c_copies_the_findings_and_not_the_picture(desk: Desk) -> None:
    select(desk, 0)
    QTest.keyClick(desk.tab.view, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("Picture\tCaption\tRating")


def test_ctrl_a_selects_all_findings_and_not_the_words(desk: Desk) -> None:
    desk.tab.view.clearSelection()
    QTest.keyClick(desk.tab.view, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(desk.tab.selected_ids) == 3
    assert not desk.session.state.selection.rows


def test_the_footer_is_shortened_and_not_cut(desk: Desk) -> None:
    desk.tab.view.selectAll()
    footer = desk.tab.project
    assert footer.text() == "3 · 3 selected · personal file"
    assert footer.minimumSizeHint().width() < footer.sizeHint().width(), "a narrow tab shortens it"
    desk.tab.setFixedWidth(220)
    desk.qtbot.waitUntil(lambda: footer.is_cut)
    assert footer.width() >= footer.minimumSizeHint().width()


def test_the_filter_is_left_by_return_and_escape_and_says_no_match(desk: Desk) -> None:
    line = desk.tab.filter.line
    line.setFocus()
    QTest.keyClicks(line, "rating:unsure ")
    assert desk.tab.count == 1
    assert desk.tab.filter.answer.text() == "1 of 3"
    QTest.keyClick(line, Key.Key_Return)
    assert desk.tab.view.hasFocus()
    assert desk.tab.selected_ids == (2,)
    line.setFocus()
    line.clear()
    QTest.keyClicks(line, "whale")
    assert desk.tab.filter.answer.text() == "No match"
    QTest.keyClick(line, Key.Key_Escape)
    assert desk.tab.count == 3
    QTest.keyClick(line, Key.Key_Escape)
    assert desk.window.stage.canvas.view.hasFocus()


def test_a_new_finding_does_not_move_what_is_selected(desk: Desk) -> None:
    select(desk, 1)
    desk.window.stage.canvas.view.setFocus()
    desk.note(Remark("match"))
    assert desk.tab.selected_ids == (2,)


def test_no_finding_stays_selected_after_moving_on(rating_desk: RatingDesk) -> None:
    desk = rating_desk
    desk.press(Key.Key_1)
    (found,) = desk.wait_findings(1)
    desk.press(Key.Key_D)
    desk.wait_pair(1)
    desk.look()
    select(desk, 0)
    with desk.qtbot.waitSignal(desk.session.finding_restorer.restored):
        QTest.keyClick(desk.tab.view, Key.Key_Return)
    assert desk.tab.selected_ids == (found.id,), "it is on screen"
    assert desk.navigation.current == 0, "its pair is the current one of the list"
    desk.press(Key.Key_D)
    desk.wait_pair(1)
    assert desk.tab.selected_ids == ()
    desk.press(Key.Key_2)
    ratings = [(one.view.caption, one.rating) for one in desk.wait_findings(2)]
    assert ratings == [(CAPTIONS[0], "match"), (CAPTIONS[1], "mismatch")], "the key rates what is on screen"


def test_opening_a_finding_keeps_what_can_be_undone(rating_desk: RatingDesk) -> None:
    desk = rating_desk
    desk.press(Key.Key_1)
    (found,) = desk.wait_findings(1)
    desk.press(Key.Key_D)
    desk.wait_pair(1)
    desk.session.finding_restorer.restore(found)
    desk.settle(CAPTIONS[0])
    desk.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert desk.kept() == []


def test_findings_are_a_grid_with_their_heat_and_share_the_selection(desk: Desk) -> None:
    tab = desk.tab
    select(desk, 1)
    tab.view.setFocus()
    tab.as_grid.click()
    assert tab.grid.isVisible()
    assert not tab.view.isVisible()
    assert tab.selected_ids == (2,)
    index = tab.grid.model().index(1, PICTURE)
    image, part, _ = index.data(HEAT_ROLE)
    assert (image.width(), image.height()) == (12, 12)
    assert part.width() == 0.75, "the part of the picture that the model saw"
    assert index.data(TITLE_ROLE) == "a red balloon"
    assert index.data(BELOW_ROLE) == "Unsure · +0.3100 · snow"
    tab.grid.setFocus()
    QTest.keyClick(tab.grid, Key.Key_2)
    assert desk.kept()[1].rating == "mismatch"
    where = tab.grid.visualRect(tab.grid.model().index(0, PICTURE)).center()
    QTest.mouseClick(tab.grid.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert tab.selected_ids == (3,)
    QTest.keyClick(tab.grid, Key.Key_Delete)
    assert [one.id for one in desk.kept()] == [1, 2]
    desk.window.commands["heat"].trigger()
    assert tab.grid.model().index(0, PICTURE).data(HEAT_ROLE) is None
    tab.as_grid.click()
    assert tab.view.isVisible()
