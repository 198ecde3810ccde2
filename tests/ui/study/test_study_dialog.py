"""The window of a study: what it asks, its table, and its curves."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyqtgraph import ErrorBarItem, ScatterPlotItem
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.study import RANDOM
from exclip_desktop.session.study.study_controller import StudyChoice
from exclip_desktop.ui.study import study_dialog
from exclip_desktop.ui.study.study_dialog import StudyDialog
from exclip_desktop.ui.widgets.plots import NumberAxis
from tests.ui.conftest import Opened

LEFT = Qt.MouseButton.LeftButton
ROLE = Qt.ItemDataRole
WHY = "This tower pools by an attention of its own."
KEYS = "second-order", "grad-cam", RANDOM


def _open(opened: Opened) -> StudyDialog:
    opened.session.study_controller.set_folder(opened.folder / "studies")
    opened.window.commands["study"].trigger()
    (visible,) = (one for one in opened.window.findChildren(StudyDialog) if one.isVisible())
    return visible


@pytest.fixture
def dialog(opened: Opened) -> Iterator[StudyDialog]:
    visible = _open(opened)
    yield visible
    visible.close()


def _switch(switches: QListWidget, keys: tuple[str, ...]) -> None:
    for row in range(switches.count()):
        item = switches.item(row)
        item.setCheckState(Qt.CheckState.Checked if item.data(ROLE.UserRole) in keys else Qt.CheckState.Unchecked)


def _ask(dialog: StudyDialog, metrics: tuple[str, ...] = ("pointing", "deletion")) -> None:
    dialog.options.count.setValue(2)
    _switch(dialog.options.methods, KEYS)
    _switch(dialog.options.metrics, metrics)


def _measure(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    _ask(dialog)
    dialog.start_button.click()
    controller = opened.session.study_controller
    qtbot.waitUntil(
        lambda: (
            not controller.is_running
            and controller.study is not None
            and all(row.pairs == 2 or row.reasons for row in controller.study.rows)
            and len(controller.study.rows) == len(KEYS)
            and _is_shown(dialog)
        )
    )


def _is_shown(dialog: StudyDialog) -> bool:
    """Return whether the table and the plot show what is known."""
    return not dialog._pause.isActive()


def _cells(dialog: StudyDialog) -> list[list[str]]:
    model = dialog.table.model()
    rows, columns = range(model.rowCount()), range(model.columnCount())
    return [[model.data(model.index(row, column)) for column in columns] for row in rows]


def _click_heading(dialog: StudyDialog, column: int) -> None:
    heading = dialog.table.horizontalHeader()
    x = heading.sectionViewportPosition(column) + heading.sectionSize(column) // 2
    QTest.mouseClick(heading.viewport(), LEFT, pos=QPoint(x, heading.height() // 2))


def test_the_choice_becomes_the_request(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    assert dialog.options.choice() == StudyChoice()
    assert not dialog.copy_button.isEnabled()
    _measure(opened, dialog, qtbot)
    (request,) = opened.engine.studies
    assert (request.count, request.methods, request.settings.metrics) == (2, KEYS, ("pointing", "deletion"))
    assert [row[0] for row in _cells(dialog)] == ["Second-order attributions", "Grad-CAM", "Random"]
    assert _cells(dialog)[1][1] == "0.130 ± 0.050"


def test_the_open_list_is_offered_first_until_a_study_has_started(opened: Opened, qtbot: QtBot) -> None:
    opened.picture("p-0.png")
    (opened.folder / "list.csv").write_text("id,path,caption\nx-4,p-0.png,a dog\n")
    dialog = _open(opened)
    pairs = dialog.options.pairs
    assert not dialog.options.choice().from_list
    with qtbot.waitSignal(opened.session.pair_navigation.list_changed):
        opened.session.open(str(opened.folder / "list.csv"))
    assert [pairs.itemText(row) for row in range(pairs.count())] == ["list.csv", "The bundled scenes"]
    assert dialog.options.choice().from_list
    assert dialog.options.choice().count == 1
    dialog.close()
    again = _open(opened)
    assert again.options.choice().from_list
    pairs = again.options.pairs
    pairs.setCurrentIndex(1)
    _measure(opened, again, qtbot)
    again.close()
    assert not _open(opened).options.choice().from_list  # the study on screen is of the scenes


def test_what_a_study_leaves_out_is_shown(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    assert not dialog.notes.isVisible()
    opened.engine.study_notes = ("1 box has no matching words in its caption: cup (pair scene-000).",)
    _measure(opened, dialog, qtbot)
    assert dialog.notes.isVisible()
    assert dialog.notes.text() == opened.engine.study_notes[0]


def test_a_figure_of_one_picture_has_a_dot_and_no_error_bar(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    opened.engine.study_gates["scene-001", "second-order"] = gate = threading.Event()
    _ask(dialog, ("pointing",))
    dialog.start_button.click()
    qtbot.waitUntil(lambda: _drawn(dialog) == (1, 0))
    gate.set()
    qtbot.waitUntil(lambda: _drawn(dialog) == (3, 3))


def _drawn(dialog: StudyDialog) -> tuple[int, int]:
    """Return the numbers of dots and of error bars."""
    items = dialog.plot._intervals.plot_item.items
    return tuple(sum(isinstance(item, kind) for item in items) for kind in (ScatterPlotItem, ErrorBarItem))


def test_nothing_can_begin_without_methods_metrics_or_a_folder(dialog: StudyDialog) -> None:
    assert dialog.start_button.isEnabled()
    for switches in (dialog.options.methods, dialog.options.metrics):
        states = [switches.item(row).checkState() for row in range(switches.count())]
        _switch(switches, ())
        assert not dialog.start_button.isEnabled()
        for row, state in enumerate(states):
            switches.item(row).setCheckState(state)
        assert dialog.start_button.isEnabled()


def test_many_changes_are_shown_together(
    opened: Opened, dialog: StudyDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[object] = []
    monkeypatch.setattr(dialog.table, "show_study", lambda *what: shown.append(what))
    opened.session.study_controller.total = 10
    for done in range(10):
        opened.session.study_controller.done = done
        opened.session.study_controller.changed.emit()
    assert shown == []
    qtbot.waitUntil(lambda: _is_shown(dialog))
    assert len(shown) == 1
    assert "9 of 10" in dialog._progress.text()


def test_while_it_runs_it_can_be_paused_and_nothing_else_changed(
    opened: Opened, dialog: StudyDialog, qtbot: QtBot
) -> None:
    opened.engine.study_gates["scene-000", "grad-cam"] = gate = threading.Event()
    _ask(dialog)
    dialog.start_button.click()
    assert dialog.start_button.text() == "&Pause"  # at once
    assert not dialog.options.isEnabled()
    qtbot.waitUntil(lambda: opened.session.study_controller.study is not None and _is_shown(dialog))
    assert dialog.start_button.text() == "&Pause"
    assert not dialog.options.isEnabled()
    assert [row[1] or "" for row in _cells(dialog)] == ["0.120 ± —", "", ""]
    assert dialog.copy_button.isEnabled()
    dialog.start_button.click()
    assert dialog.start_button.text() == "&Start"
    assert dialog.options.isEnabled()
    gate.set()


def test_closing_it_stops_nothing(opened: Opened, qtbot: QtBot) -> None:
    opened.engine.study_gates["scene-000", "grad-cam"] = gate = threading.Event()
    dialog, controller = _open(opened), opened.session.study_controller
    _ask(dialog)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: controller.study is not None)
    dialog.close()
    assert controller.is_running
    again = _open(opened)  # at once, while the one before is still being deleted
    assert again.options.choice().methods == KEYS
    assert _cells(again)[0][1] == "0.120 ± —"
    gate.set()
    qtbot.waitUntil(lambda: not controller.is_running)
    assert again.start_button.text() == "&Start"
    again.close()


def test_a_method_that_failed_shows_its_reason(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    opened.engine.study_reasons["grad-cam"] = WHY
    _measure(opened, dialog, qtbot)
    assert _cells(dialog)[1][1] == WHY
    assert dialog.table.columnSpan(1, 1) == 2
    assert dialog.table.columnSpan(0, 1) == 1
    dialog.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [row[0] for row in _cells(dialog)] == ["Random", "Second-order attributions", "Grad-CAM"]
    assert dialog.table.columnSpan(2, 1) == 2


def test_a_click_on_a_heading_sorts_and_draws(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    _measure(opened, dialog, qtbot)
    assert dialog.table.drawn_metric == "deletion"  # the first that has curves
    curves = dialog.plot.grab().toImage()
    dialog.table.selectRow(1)
    assert dialog.table.selected_method() == "grad-cam"
    assert dialog.plot.grab().toImage() != curves  # its line is thicker
    _click_heading(dialog, 1)
    assert dialog.table.drawn_metric == "pointing"
    assert dialog.plot.accessibleName() == "pointing, drawn"
    assert dialog.table.selected_method() == "grad-cam"
    first = [row[0] for row in _cells(dialog)]
    _click_heading(dialog, 1)
    assert [row[0] for row in _cells(dialog)] == first[::-1]


def test_the_best_of_a_column_is_bold(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    _measure(opened, dialog, qtbot)
    model = dialog.table.model()
    fonts = [[model.data(model.index(row, column), ROLE.FontRole) for column in (1, 2)] for row in range(3)]
    assert [[font is not None and font.bold() for font in row] for row in fonts] == [
        [True, False],
        [False, False],
        [False, True],
    ]


def test_the_table_is_copied_in_three_ways(opened: Opened, dialog: StudyDialog, qtbot: QtBot) -> None:
    _measure(opened, dialog, qtbot)
    starts = {"For a spreadsheet": "method\t", "As Markdown": "| method |", "As LaTeX": "% demo on 2 pairs"}
    for entry in dialog.copy_button.menu().actions():
        entry.trigger()
        assert QGuiApplication.clipboard().text().startswith(starts[entry.text()])


def test_it_is_exported(
    opened: Opened, dialog: StudyDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _measure(opened, dialog, qtbot)
    suggested: list[Path] = []
    monkeypatch.setattr(
        study_dialog, "ask_path", lambda *arguments: suggested.append(arguments[2]) or tmp_path / "out.md"
    )
    for _ in range(2):
        with qtbot.waitSignal(opened.session.study_controller.written):
            dialog.export_button.click()
    assert suggested == [opened.session.study_controller.study_folder / "study.csv", tmp_path / "study.csv"]
    assert (tmp_path / "out.md").read_text("utf-8").startswith("| method | pointing ↑ | deletion ↓ |")


@pytest.mark.usefixtures("qapp")
def test_numbers_of_an_axis_have_a_true_minus_sign() -> None:
    axis = NumberAxis("left")
    assert axis.tickStrings([-0.2, 0.0, 0.2], 1.0, 0.2) == ["−0.2", "0", "0.2"]
