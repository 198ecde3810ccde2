"""The findings table: its columns, sorting by a heading, and what it remembers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.storage.finding_columns import LISTED
from exclip_desktop.storage.project.finding_rows import add_findings
from exclip_desktop.storage.project.project_files import open_project
from exclip_desktop.ui.lists.findings_table import CACHED_PAGES, KEYS, PAGE, FindingsTable
from exclip_desktop.ui.window import Window
from tests.ui.lists.findings_desk import CHOSEN, Desk
from tests.unit.storage.findings import make_finding

COUNT = 3 * PAGE * CACHED_PAGES


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    return Desk(qtbot, tmp_path, make_explanation).start()


def text(desk: Desk, row: int, key: str) -> str:
    return str(desk.tab.view.model().index(row, KEYS.index(key)).data())


def click_heading(view: FindingsTable, key: str) -> None:
    header = view.horizontalHeader()
    at = header.sectionViewportPosition(KEYS.index(key)) + 20
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, header.height() // 2))


def test_every_listed_column_has_a_heading_and_a_cell(desk: Desk) -> None:
    desk.session.state.change(selection=CHOSEN)
    desk.note()
    desk.look()
    model = desk.tab.view.model()
    headings = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    assert headings == [column.heading for column in LISTED]
    assert text(desk, 0, "caption") == "a red balloon"
    assert text(desk, 0, "score") == "+0.3100"
    assert text(desk, 0, "rating") == "mismatch"
    assert text(desk, 0, "tags") == "colour, left and right"
    assert text(desk, 0, "note") == "The balloon\nis not red."
    assert text(desk, 0, "selection").endswith("× the dog")
    assert text(desk, 0, "method") == "Second-order attributions"


def test_a_heading_sorts_and_sorts_the_other_way(desk: Desk) -> None:
    desk.note(Remark("unsure", (), "b"))
    desk.note(Remark("match", (), "c"))
    desk.note(Remark("artefact", (), "a"))
    desk.look()
    view = desk.tab.view
    assert [text(desk, row, "note") for row in range(3)] == ["a", "c", "b"], "the newest comes first"
    click_heading(view, "rating")
    assert [text(desk, row, "rating") for row in range(3)] == ["artefact", "match", "unsure"]
    click_heading(view, "rating")
    assert [text(desk, row, "rating") for row in range(3)] == ["unsure", "match", "artefact"]
    click_heading(view, "selection")
    assert view.sort == ("selection", False), "columns that are computed have an order, too"
    assert view.horizontalHeader().sortIndicatorSection() == KEYS.index("selection")


def test_numbers_sort_from_the_largest_first(desk: Desk) -> None:
    desk.note()
    desk.look()
    click_heading(desk.tab.view, "score")
    assert desk.tab.view.sort == ("score", True)


def test_the_columns_menu_hides_columns_but_the_last_and_sorts(desk: Desk) -> None:
    desk.note()
    desk.look()
    view = desk.tab.view
    menu = view.columns_menu
    menu.aboutToShow.emit()
    actions = {action.text(): action for action in menu.actions()}
    assert actions["Caption"].isChecked()
    assert not actions["Residual"].isChecked()
    for column in LISTED:
        actions[column.heading].setChecked(column.key == "residual")
    assert [key for key in KEYS if not view.isColumnHidden(KEYS.index(key))] == ["residual"]
    menu.aboutToShow.emit()
    assert not actions["Residual"].isEnabled()
    sort = {action.text(): action for action in actions["Sort by"].menu().actions()}
    assert set(sort) - {"", "Largest or newest first"} == {column.heading for column in LISTED}
    sort["Model"].trigger()
    assert view.sort == ("model", True)
    menu.aboutToShow.emit()
    sort["Largest or newest first"].trigger()
    assert view.sort == ("model", False)


def test_the_columns_are_as_they_were_left(qtbot: QtBot, desk: Desk) -> None:
    desk.look()
    header = desk.tab.view.horizontalHeader()
    header.moveSection(header.visualIndex(KEYS.index("note")), 0)
    header.resizeSection(KEYS.index("caption"), 333)
    header.setSectionHidden(KEYS.index("model"), True)
    desk.window.close()
    again = Window(desk.session)
    qtbot.addWidget(again)
    header = again.findings.view.horizontalHeader()
    assert header.visualIndex(KEYS.index("note")) == 0
    assert header.sectionSize(KEYS.index("caption")) == 333
    assert header.isSectionHidden(KEYS.index("model"))


def test_the_grid_and_its_size_are_as_they_were_left(qtbot: QtBot, desk: Desk) -> None:
    desk.look()
    desk.tab.view.horizontalHeader().resizeSection(KEYS.index("caption"), 333)
    desk.tab.as_grid.click()
    desk.tab.grid.set_side(192)
    desk.window.close()
    again = Window(desk.session)
    qtbot.addWidget(again)
    assert again.findings.as_grid.isChecked()
    assert (again.findings._shown, again.findings.grid.side_px) == (again.findings.grid, 192)
    assert again.findings.view.horizontalHeader().sectionSize(KEYS.index("caption")) == 333


def test_columns_that_an_older_version_saved_are_restored(desk: Desk) -> None:
    assert desk.tab.restoreState(QByteArray(b'[["caption",99,false]]'))
    assert desk.tab.view.horizontalHeader().sectionSize(KEYS.index("caption")) == 99
    assert not desk.tab.as_grid.isChecked()


@pytest.mark.parametrize("saved", [b"", b"{", b'{"a":1}', b'[["gone",50,false],["caption","wide",false]]'])
def test_a_damaged_arrangement_is_ignored(desk: Desk, saved: bytes) -> None:
    before = bytes(desk.tab.view.saveState().data())
    assert not desk.tab.view.restoreState(QByteArray(saved))
    assert bytes(desk.tab.view.saveState().data()) == before


def test_columns_of_another_version_are_ignored(desk: Desk) -> None:
    assert desk.tab.view.restoreState(QByteArray(b'[["gone",50,false],["caption",99,false]]'))
    assert desk.tab.view.horizontalHeader().visualIndex(KEYS.index("caption")) == 0


def test_scrolling_and_sorting_many_findings_reads_only_the_rows_on_screen(desk: Desk) -> None:
    desk.note()
    one = make_finding(1)
    with open_project(desk.file) as project:
        add_findings(project, [replace(one, note=f"note {at}") for at in range(COUNT)])
    read: list[int] = []
    load = desk.session.findings.load
    desk.session.findings.load = lambda ids: (read.extend(ids), load(ids))[1]  # type: ignore[method-assign]
    desk.look()
    view = desk.tab.view
    assert desk.tab.count == COUNT + 1
    view.viewport().grab()
    click_heading(view, "caption")
    view.viewport().grab()
    view.scrollToBottom()
    view.viewport().grab()
    view.setFocus()
    QTest.keyClicks(view, "z")
    assert 0 < len(read) <= 6 * PAGE
