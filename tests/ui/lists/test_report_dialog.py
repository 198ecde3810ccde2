"""Findings exported from the window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from exclip_desktop.storage.exports.formats import LIST_REPORTS, REPORT_FORMATS, ReportOptions
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.ui.lists.report_dialog import ReportDialog
from tests.ui.lists.findings_desk import Desk
from tests.ui.lists.test_findings import desk  # noqa: F401  a fixture

QUERY = FindingQuery(rating="match")


def _choose(dialog: ReportDialog, ending: str) -> None:
    kinds = next(box for box in dialog.findChildren(QComboBox) if box.findData(ending) >= 0)
    kinds.setCurrentIndex(kinds.findData(ending))


def test_every_report_format_can_be_chosen(qtbot: QtBot) -> None:
    dialog = ReportDialog(QUERY, 7, ())
    qtbot.addWidget(dialog)
    for one in (*REPORT_FORMATS, *LIST_REPORTS):
        _choose(dialog, one.list_format or one.ending)
        assert dialog.report_format is one
        assert dialog.options().list_format == one.list_format


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        (".html", ReportOptions(QUERY)),
        (".csv", ReportOptions(QUERY)),
        (".pdf", ReportOptions(QUERY, columns=3)),
        (".svg", ReportOptions(QUERY, columns=3, width_in=6.75)),
    ],
)
def test_the_options_depend_on_the_format(qtbot: QtBot, ending: str, options: ReportOptions) -> None:
    dialog = ReportDialog(QUERY, 7, ())
    qtbot.addWidget(dialog)
    _choose(dialog, ending)
    assert dialog.options() == options


def test_enter_exports(qtbot: QtBot) -> None:
    dialog = ReportDialog(QUERY, 7, ())
    qtbot.addWidget(dialog)
    dialog.show()
    with qtbot.waitSignal(dialog.accepted):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)


def test_several_selected_findings_are_exported(qtbot: QtBot) -> None:
    dialog = ReportDialog(QUERY, 7, (3, 5))
    qtbot.addWidget(dialog)
    assert dialog.options().only == (3, 5)


def test_a_page_is_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811  the fixture
    desk.note()
    out = desk.folder / "out.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ReportDialog)
        dialog.accept()

    QTimer.singleShot(0, answer)
    desk.window.commands["report"].trigger()
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None, timeout=60_000)
    assert desk.session.state.notice.message == f"Written: {out} (1 finding)"
    assert "is not red." in Path(out).read_text("utf-8")


def test_findings_are_written_as_a_folder_for_other_programs(
    desk: Desk,  # noqa: F811  the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk.note()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(desk.folder))

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ReportDialog)
        _choose(dialog, "labelme")
        dialog.accept()

    QTimer.singleShot(0, answer)
    desk.window.commands["report"].trigger()
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None, timeout=60_000)
    assert f"Written: {desk.folder / 'findings'} (1 finding)" in desk.session.state.notice.message
    assert len(read_pairs(desk.folder / "findings").pairs) == 1


def test_without_findings_there_is_nothing_to_export(desk: Desk) -> None:  # noqa: F811  the fixture
    desk.window.commands["report"].trigger()
    assert "no findings" in desk.session.state.notice.message


def test_formulas_of_a_table_are_escaped_unless_the_person_keeps_them(qtbot: QtBot) -> None:
    dialog = ReportDialog(QUERY, 7, ())
    qtbot.addWidget(dialog)
    dialog.show()
    box = next(one for one in dialog.findChildren(QCheckBox) if "formulas" in one.text())
    assert not box.isVisible()
    _choose(dialog, ".csv")
    assert box.isVisible()
    assert dialog.options().formulas == "escape"
    box.click()
    assert dialog.options().formulas == "keep"
