"""Findings in a whole window: noted, listed, changed, removed, and opened again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QPlainTextEdit, QRadioButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.render.findings_report import write_report
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.storage.exports.formats import ReportOptions
from exclip_desktop.storage.pictures import Picture
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.findings_tab import NO_FINDINGS
from exclip_desktop.ui.lists.note_dialog import NoteDialog
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.findings_desk import CHOSEN, REMARK, Desk


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    return Desk(qtbot, tmp_path, make_explanation).start()


def test_a_finding_has_the_view_and_the_remark(desk: Desk) -> None:
    state = desk.session.state
    state.change(selection=CHOSEN)
    desk.note()
    (found,) = desk.kept()
    assert found.view.caption == "a red balloon"
    assert found.view.selection == CHOSEN
    assert Path(found.view.picture) == Path("../a.png")
    assert len(found.view.picture_sha256) == 64
    assert (found.rating, found.tags, found.note) == ("mismatch", ("colour", "left and right"), REMARK.note)
    assert found.numbers.score == state.explanation.score
    assert np.allclose(found.numbers.heat, state.explanation.interactions.patch_heat(CHOSEN.rows))
    assert found.view.settings["how"]["quadrature"] == "adaptive"


def test_no_project_is_created_before_it_is_needed(desk: Desk) -> None:
    desk.look()
    assert not desk.file.exists()
    assert desk.tab.empty.text() == NO_FINDINGS
    assert desk.tab.empty.isVisible()


def test_n_opens_the_note_dialog_and_adds_a_finding(desk: Desk) -> None:
    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, NoteDialog)
        next(button for button in dialog.findChildren(QRadioButton) if "Unsure" in button.text()).click()
        QTest.keyClicks(dialog.findChild(QLineEdit), " snow ,  snow, two  words")
        QTest.keyClicks(dialog.findChild(QPlainTextEdit), "look again")
        dialog.accept()

    QTimer.singleShot(0, answer)
    with desk.qtbot.waitSignal(desk.session.findings.findings_changed):
        QTest.keyClick(desk.window, Qt.Key.Key_N)
    desk.qtbot.waitUntil(lambda: len(desk.kept()) == 1)
    (found,) = desk.kept()
    assert (found.rating, found.tags, found.note) == ("unsure", ("snow", "two words"), "look again")


def test_a_finding_opens_again_with_its_view(desk: Desk) -> None:
    state = desk.session.state
    state.change(selection=CHOSEN)
    key = desk.note()
    desk.session.explain_controller.open_file(make_blank_picture(desk.folder / "b.png", (320, 200)), "a dog")
    desk.settle("a dog")
    desk.look()
    desk.tab.view.setCurrentIndex(desk.tab.view.model().index(0, 0))
    with desk.qtbot.waitSignal(desk.session.finding_restorer.restored) as blocker:
        QTest.keyClick(desk.tab.view, Qt.Key.Key_Return)
    assert blocker.args == [key]
    desk.settle("a red balloon")
    assert state.canvas_picture.title == "a.png"
    assert state.selection == CHOSEN
    assert state.notice is None


def test_numbers_that_differ_now_are_reported(desk: Desk, make_explanation: Callable[..., Explanation]) -> None:
    key = desk.note()
    desk.session.explain_controller.type_caption("a dog")
    desk.settle("a dog")
    make = desk.engine.make
    desk.engine.make = lambda caption: replace(make(caption), score=0.5)
    desk.session.explain_controller.ready.clear()
    desk.session.finding_restorer.restore(desk.session.findings.finding(key))
    desk.settle("a red balloon")
    notice = desk.session.state.notice
    assert notice is not None
    assert "score +0.3100 then, +0.5000 now" in notice.message


def test_a_finding_whose_picture_is_gone_is_reported(desk: Desk) -> None:
    key = desk.note()
    (desk.folder / "a.png").unlink()
    desk.session.finding_restorer.restore(desk.session.findings.finding(key))
    assert "a.png" in desk.session.state.notice.message
    assert desk.session.state.canvas_picture.title == "a.png"


def test_removal_is_undone(desk: Desk) -> None:
    key = desk.note()
    desk.look()
    desk.tab.view.setCurrentIndex(desk.tab.view.model().index(0, 0))
    QTest.keyClick(desk.tab.view, Qt.Key.Key_Delete)
    assert desk.kept() == []
    assert desk.tab.empty.isVisible()
    desk.session.undo.undo()
    assert [found.id for found in desk.kept()] == [key]
    desk.session.undo.undo()
    assert desk.kept() == []
    desk.session.undo.redo()
    assert desk.kept()[0].note == REMARK.note


def test_a_remark_can_be_changed_and_undone(desk: Desk) -> None:
    key = desk.note()
    desk.session.findings.edit([key], lambda _: Remark("match", (), "It is."))
    assert (desk.kept()[0].rating, desk.kept()[0].note) == ("match", "It is.")
    desk.session.undo.undo()
    assert (desk.kept()[0].rating, desk.kept()[0].tags) == ("mismatch", REMARK.tags)


def test_the_tab_filters_and_sorts(desk: Desk) -> None:
    desk.look()
    desk.note()
    desk.note(Remark("match", (), "fine"))
    tab = desk.tab
    rows = tab.view.model()
    assert [rows.finding(row).rating for row in range(rows.rowCount())] == ["match", "mismatch"]
    tab.view.sort_by("created", descending=False)
    assert rows.finding(0).rating == "mismatch"
    tab.filter.write("rating:match")
    assert rows.rowCount() == 1
    tab.filter.write("")
    tab.filter.write("left and")
    assert [rows.finding(row).note for row in range(rows.rowCount())] == [REMARK.note]
    tab.filter.write("whale")
    assert tab.empty.isVisible()
    assert tab.filter.answer.text() == "No match"
    assert tab.project.text() == "personal file"


def test_a_pasted_picture_is_saved_in_the_projects_folder(desk: Desk) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    desk.session.explain_controller.open_image(lambda: Picture(pixels), "pasted picture")
    desk.qtbot.waitUntil(lambda: desk.session.state.canvas_picture.title == "pasted picture")
    desk.settle("a red balloon")
    key = desk.note()
    (found,) = desk.kept()
    assert found.view.picture.startswith("pasted/")
    assert (desk.file.parent / found.view.picture).is_file()
    desk.session.finding_restorer.restore(desk.session.findings.finding(key))
    desk.qtbot.waitUntil(lambda: desk.session.state.canvas_picture.title.endswith(".png"))
    assert np.array_equal(desk.session.state.canvas_picture.picture.pixels, pixels)


def test_what_is_not_explained_yet_cannot_be_noted(desk: Desk) -> None:
    desk.engine.gate.clear()
    desk.session.explain_controller.type_caption("a dog")
    desk.look()
    desk.tab.note.click()
    assert desk.session.state.notice.message == "There is nothing to note yet."
    desk.engine.gate.set()
    assert not desk.file.exists()


def test_a_cancelled_dialog_notes_nothing(desk: Desk) -> None:
    seen: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        seen.append(dialog.remark().rating)
        dialog.reject()

    QTimer.singleShot(0, look)
    desk.window.commands["note"].trigger()
    assert seen == [""]
    assert not desk.file.exists()


def test_exported_findings_are_imported_as_one_step(desk: Desk) -> None:
    desk.note()
    desk.note(Remark("match", (), "fine"))
    out, session = desk.folder / "out.jsonl", desk.session
    write_report(desk.file, out, ReportOptions(FindingQuery()))
    desk.look()
    session.projects.create(desk.folder / "study.exclip")
    for expected in (
        "2 findings imported from out.jsonl.",
        "0 findings imported from out.jsonl; 2 were in the project already.",
    ):
        with desk.qtbot.waitSignal(session.state.notice_changed):
            session.findings_export.import_file(out)
        assert session.state.notice.message == expected
        assert desk.tab.view.model().rowCount() == 2
    assert desk.tab.view.model().finding(0).view.picture == "a.png"
    session.undo.undo()
    assert desk.tab.view.model().rowCount() == 0
    session.undo.redo()
    assert [desk.tab.view.model().finding(row).note for row in range(2)] == ["fine", REMARK.note]


def test_a_file_of_no_findings_is_refused(desk: Desk) -> None:
    (desk.folder / "out.jsonl").write_text("{}\n")
    desk.session.findings_export.import_file(desk.folder / "out.jsonl")
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None)
    assert "finding 1 of out.jsonl" in desk.session.state.notice.message
    assert desk.kept() == []


def test_import_opens_a_file_dialog(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[Path] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/x/out.csv", ""))
    monkeypatch.setattr(desk.session.findings_export, "import_file", requested.append)
    desk.window.commands["import_findings"].trigger()
    assert requested == [Path("/x/out.csv")]
