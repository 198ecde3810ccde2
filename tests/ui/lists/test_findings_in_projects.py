"""Projects in a whole window: their findings, lists, ratings and labels; and projects that cannot be written."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.session.project import findings as findings_module
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.storage.project.finding_rows import load_findings
from exclip_desktop.storage.project.pair_rows import PairQuery, load_all_boxes, load_pairs
from exclip_desktop.storage.project.project import load_settings, save_setting
from exclip_desktop.storage.project.project_files import open_project
from exclip_desktop.ui.lists.note_dialog import NoteDialog
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.findings_desk import BOX, REMARK, Desk
from tests.ui.window.test_widgets import child
from tests.unit.storage.findings import remove_findings


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    return Desk(qtbot, tmp_path, make_explanation).start()


def test_findings_are_there_after_another_start(desk: Desk, make_explanation: Callable[..., Explanation]) -> None:
    desk.note()
    desk.window.close()
    again = Desk(desk.qtbot, desk.folder, make_explanation).start()
    again.look()
    assert again.tab.view.model().rowCount() == 1


def test_another_project_takes_its_place(desk: Desk) -> None:
    desk.note()
    desk.session.projects.create(desk.folder / "study.exclip")
    desk.look()
    assert desk.tab.view.model().rowCount() == 0
    desk.session.projects.create(desk.folder / "study.exclip")
    assert "already" in desk.session.state.notice.message
    desk.session.projects.open(desk.file)
    assert desk.tab.view.model().rowCount() == 1
    desk.session.projects.save_copy(desk.folder / "copy.exclip")
    desk.qtbot.waitUntil(lambda: desk.session.projects.project.path.name == "copy.exclip")
    with open_project(desk.folder / "copy.exclip") as project:
        assert load_findings(project)[0].view.picture == "a.png"


def test_what_is_noted_while_a_copy_is_written_is_in_the_copy(desk: Desk) -> None:
    desk.note()
    projects, gate = desk.session.projects, threading.Event()
    desk.session._tasks.run(lambda _: gate.wait(10), lambda _: None, lambda _: None)
    projects.save_copy(desk.folder / "copy.exclip")
    assert projects.project.path == desk.file
    save_setting(projects.project, "said", "meanwhile")
    gate.set()
    desk.qtbot.waitUntil(lambda: projects.project.path.name == "copy.exclip")
    with open_project(desk.folder / "copy.exclip") as project:
        assert load_settings(project)["said"] == "meanwhile"


def test_a_copy_does_not_take_the_person_back_from_another_project(desk: Desk) -> None:
    desk.note()
    projects, gate = desk.session.projects, threading.Event()
    desk.session._tasks.run(lambda _: gate.wait(10), lambda _: None, lambda _: None)
    projects.save_copy(desk.folder / "copy.exclip")
    projects.create(desk.folder / "other.exclip")
    gate.set()
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None)
    assert "copy.exclip" in desk.session.state.notice.message
    assert projects.project.path.name == "other.exclip"


def test_a_copy_that_cannot_be_written_is_reported(desk: Desk) -> None:
    desk.note()
    desk.session.projects.save_copy(desk.folder / "none" / "copy.exclip")
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None)
    assert "none" in desk.session.state.notice.message
    assert desk.session.projects.project.path == desk.file


def test_a_project_that_cannot_be_written_is_reported(desk: Desk) -> None:
    desk.note()
    desk.file.rename(desk.folder / "elsewhere.exclip")
    desk.session.findings.note(desk.session.active_pane.active_answer, lambda _: Remark("match"))
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None)
    assert "moved" in desk.session.state.notice.message


def test_a_finding_of_a_listed_pair_rates_it(desk: Desk) -> None:
    make_blank_picture(desk.folder / "one.png")
    (desk.folder / "list.csv").write_text("id,path,caption\np1,one.png,a cat\n")
    desk.session.pair_navigation.open(desk.folder / "list.csv")
    desk.settle("a cat")
    desk.note()
    assert desk.kept()[0].view.pair == "p1"
    assert desk.session.pair_navigation.figures(0).rating == "mismatch"


def test_another_caption_or_picture_than_the_listed_pairs_neither_names_nor_rates_nor_measures_it(desk: Desk) -> None:
    make_blank_picture(desk.folder / "one.png")
    (desk.folder / "list.csv").write_text("id,path,caption\np1,one.png,a cat\np2,one.png,a dog\n")
    navigation, explain_controller = desk.session.pair_navigation, desk.session.explain_controller
    navigation.open(desk.folder / "list.csv")
    desk.settle("a cat")
    found = navigation.figures(0)
    explain_controller.type_caption("a cat on a red mat")
    desk.settle("a cat on a red mat")
    desk.note()
    assert navigation.current == 0
    assert navigation.figures(0) == found
    explain_controller.type_caption("a cat")
    desk.settle("a cat")
    desk.note(Remark("match"))
    explain_controller.open_file(str(desk.folder / "a.png"), "a cat")
    desk.qtbot.waitUntil(lambda: desk.session.state.canvas_picture.title == "a.png")
    desk.settle("a cat")
    desk.note(Remark("artefact"))
    assert [one.view.pair for one in desk.kept()] == ["", "p1", ""]
    assert navigation.figures(0) == replace(found, rating="match")
    assert navigation.figures(1) is None


def test_a_project_saves_a_list_with_figures_and_ratings(
    desk: Desk, make_explanation: Callable[..., Explanation]
) -> None:
    file = desk.folder / "study.exclip"
    desk.session.projects.create(file)
    make_blank_picture(desk.folder / "one.png")
    (desk.folder / "list.csv").write_text("id,path,caption\np1,one.png,a cat\np2,a.png,a dog\n")
    desk.session.pair_navigation.open(desk.folder / "list.csv")
    desk.settle("a cat")
    with desk.qtbot.waitSignal(desk.session.findings.findings_changed):
        desk.session.findings.note(desk.session.active_pane.active_answer, lambda _: REMARK)
    desk.qtbot.waitUntil(lambda: desk.session.state.work is None)
    score = desk.session.state.explanation.score
    desk.window.close()
    again = Desk(desk.qtbot, desk.folder, make_explanation).start()
    again.session.projects.open(file)
    navigation = again.session.pair_navigation
    again.qtbot.waitUntil(lambda: len(navigation.pairs) == 2)
    assert (navigation.figures(0).score, navigation.figures(0).rating) == (score, "mismatch")
    assert navigation.figures(1) is None
    again.settle("a cat")  # the pair that was left
    assert navigation.current == 0
    navigation.open(again.folder / "list.csv")
    again.qtbot.waitUntil(lambda: again.session.state.work is None)
    assert [pair.id for pair in navigation.pairs] == ["p1", "p2"]


def test_figures_by_other_settings_do_not_stay(desk: Desk) -> None:
    make_blank_picture(desk.folder / "one.png")
    (desk.folder / "list.csv").write_text("path,caption\none.png,a cat\none.png,a dog\n")
    desk.session.pair_navigation.open(desk.folder / "list.csv")
    desk.settle("a cat")
    navigation = desk.session.pair_navigation
    navigation.set_rating("1", navigation.path(navigation.pairs[0]), "match")
    navigation.step(1)
    desk.settle("a dog")
    assert navigation.figures(0).score is not None
    with desk.qtbot.waitSignal(desk.session.state.answer_changed):
        desk.session.explain_controller.choose_settings(
            replace(desk.session.state.explain_settings, image_layer=3), None
        )
    assert navigation.figures(0) == PairFigures(rating="match")
    assert navigation.figures(1).score is not None


def test_regions_are_saved_as_labels_and_selected_again(desk: Desk) -> None:
    state, actions = desk.session.state, desk.window.commands
    assert not actions["take_labels"].isEnabled()
    assert not actions["keep_labels"].isEnabled()
    state.change(selection=Selection((), (BOX, replace(BOX, subtract=True))))
    said = child(desk.window.status, "Message")
    assert not said.isVisible()
    QTest.keyClick(desk.window, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    assert (said.text(), said.isVisible(), state.notice) == ("1 label kept in your personal file", True, None)
    state.change(selection=Selection())
    QTest.keyClick(desk.window, Qt.Key.Key_E)
    assert state.selection.regions == (BOX,)
    desk.session.undo.undo()
    desk.session.undo.undo()
    assert desk.session.picture_labels.labels == ()
    assert said.text() == "No labels of this picture are kept"
    desk.session.undo.redo()
    assert said.text() == "1 label kept in your personal file"
    desk.file.rename(desk.folder / "elsewhere.exclip")
    desk.session.undo.undo()
    assert (said.text(), state.notice.kind) == ("1 label kept in your personal file", "error")
    (desk.folder / "elsewhere.exclip").rename(desk.file)
    with open_project(desk.file) as project:
        assert load_all_boxes(project) == {"../a.png": (BOX,)}
    desk.session.projects.create(desk.folder / "study.exclip")
    state.change(selection=Selection((), (BOX,)))
    QTest.keyClick(desk.window, Qt.Key.Key_E, Qt.KeyboardModifier.ShiftModifier)
    assert said.text() == "1 label kept in study.exclip"
    desk.session.explain_controller.open_file(make_blank_picture(desk.folder / "b.png"), "a dog")
    desk.settle("a dog")
    assert desk.session.picture_labels.labels == ()


def test_findings_of_another_window_appear(desk: Desk) -> None:
    desk.look()
    desk.note()
    with open_project(desk.file) as other:
        remove_findings(other, [desk.kept()[0].id])
    desk.session.projects.check_for_changes()
    assert desk.tab.view.model().rowCount() == 0
    emitted: list[None] = []
    desk.session.findings.findings_changed.connect(lambda: emitted.append(None))
    desk.session.projects.check_for_changes()
    assert emitted == []


@pytest.mark.parametrize("way", ["create", "save_copy"])
def test_an_open_list_goes_into_a_new_project_with_what_is_known_of_it(desk: Desk, way: str) -> None:
    make_blank_picture(desk.folder / "one.png")
    (desk.folder / "list.csv").write_text("id,path,caption\np1,one.png,a cat\np2,a.png,a dog\n")
    navigation = desk.session.pair_navigation
    navigation.open(desk.folder / "list.csv")
    desk.settle("a cat")
    desk.note()
    navigation.step(1)
    desk.settle("a dog")
    scores = [navigation.figures(place).score for place in range(2)]
    getattr(desk.session.projects, way)(desk.folder / "study.exclip")
    desk.qtbot.waitUntil(lambda: navigation.is_project_list and desk.session.state.work is None)
    assert (navigation.current, [pair.id for pair in navigation.pairs]) == (1, ["p1", "p2"])
    assert navigation.figures(0).rating == ("mismatch" if way == "save_copy" else "")
    with open_project(desk.folder / "study.exclip") as project:
        kept = load_pairs(project, PairQuery(), 0, -1)
    assert [one.measured.score for one in kept] == scores
    assert [one.rating for one in kept] == ["mismatch" if way == "save_copy" else "", ""]


def test_a_copy_of_a_project_brings_no_pair_twice(desk: Desk) -> None:
    desk.session.projects.create(desk.folder / "study.exclip")
    (desk.folder / "list.csv").write_text("path,caption\na.png,a dog\n")
    desk.session.pair_navigation.open(desk.folder / "list.csv")
    desk.settle("a dog")
    desk.session.projects.save_copy(desk.folder / "copy.exclip")
    desk.qtbot.waitUntil(lambda: desk.session.pair_navigation.list.source.name == "copy.exclip")
    assert len(desk.session.pair_navigation.pairs) == 1


def test_what_was_typed_is_not_lost_where_it_cannot_be_saved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    requested = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, NoteDialog)
        requested.append(dialog.remark().note)
        if not dialog.remark().note:
            QTest.keyClicks(dialog.findChild(QPlainTextEdit), "long thought")
        dialog.accept()

    def press_n() -> None:
        QTimer.singleShot(0, answer)
        desk.window.commands["note"].trigger()
        desk.qtbot.waitUntil(lambda: desk.session.state.work is None)

    desk.note(Remark())
    for name in ("change_findings", "add_finding"):  # the view is a finding already; that of another word is not
        with monkeypatch.context() as patch:
            patch.setattr(findings_module, name, _full)
            press_n()
            assert "disk is full" in desk.session.state.notice.message
        press_n()
        desk.qtbot.waitUntil(lambda: desk.kept()[-1].note == "long thought")
        desk.session.state.change(notice=None, selection=Selection((1,)))
    desk.session.state.change(selection=Selection((2,)))
    press_n()
    assert requested == ["", "long thought", "", "long thought", ""]


def _full(*_: object) -> int:
    raise ProjectError("The disk is full.", "Make room.")


@pytest.mark.parametrize("way", ["note", "change"])
def test_a_moved_project_is_reported_before_the_note_dialog_opens(desk: Desk, way: str) -> None:
    key = desk.note()
    desk.file.rename(desk.folder / "elsewhere.exclip")
    if way == "note":
        desk.window.commands["note"].trigger()
    else:
        desk.tab.change_requested.emit((key,))
    assert "moved" in desk.session.state.notice.message
    assert QApplication.activeModalWidget() is None
