"""The list of boxes: linked with the picture both ways, edited by mouse and keys."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Region
from exclip_desktop.ui.lists.box_list_dock import NAME, PLACE, SIGN, UNNAMED, BoxTable
from exclip_desktop.ui.window import LEAST_PX
from tests.ui.conftest import Opened
from tests.ui.window.test_boxes import Key, Mod, draw, place, press, regions

DOG = Region((200.0, 200.0, 300.0, 300.0), name="dog")
CAT = Region((400.0, 100.0, 500.0, 200.0), name="cat")
HOLE = Region((220.0, 220.0, 240.4, 240.0), subtract=True)


@pytest.fixture
def listed(opened: Opened, qtbot: QtBot) -> Opened:
    """A window with three boxes and their list."""
    opened.window.commands["panel_boxes"].trigger()
    draw(opened, DOG, CAT, HOLE)
    return opened


def table_of(opened: Opened) -> BoxTable:
    return opened.window.box_list_dock.table


def cell(opened: Opened, row: int, column: int, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> object:
    model = table_of(opened).model()
    return model.data(model.index(row, column), role)


def click(opened: Opened, row: int, column: int, shift: QPoint | None = None) -> None:
    table = table_of(opened)
    at = table.visualRect(table.model().index(row, column))
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=shift + at.topLeft() if shift else at.center())


def test_the_list_is_closed_at_first_and_opened_by_a_key(opened: Opened) -> None:
    assert not opened.window.box_list_dock.isVisible()
    press(opened, Key.Key_B, Mod.ControlModifier)
    assert opened.window.box_list_dock.isVisible()


def test_names_signs_and_places(listed: Opened) -> None:
    rows = [tuple(cell(listed, row, column) for column in (NAME, SIGN, PLACE)) for row in range(3)]
    assert rows == [
        ("dog", "+", "200, 200 – 300, 300"),
        ("cat", "+", "400, 100 – 500, 200"),
        (UNNAMED, "−", "220, 220 – 240, 240"),
    ]
    accessible = cell(listed, 2, NAME, Qt.ItemDataRole.AccessibleTextRole)
    assert accessible == "no name, box, subtracted, 220, 220 – 240, 240"


def test_a_row_makes_its_box_the_current_one_and_the_other_way_round(listed: Opened) -> None:
    click(listed, 1, NAME)
    assert listed.state.current_region == 1
    canvas = listed.window.canvas
    QTest.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=place(canvas, (280, 280)))
    assert [index.row() for index in table_of(listed).selectionModel().selectedRows()] == [0]
    QTest.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=place(canvas, (600, 400)))
    assert table_of(listed).selectionModel().selectedRows() == []


def test_the_rows_follow_a_box_that_moves(listed: Opened) -> None:
    listed.session.selection_controller.choose_region(0)
    press(listed, Key.Key_Right)
    assert cell(listed, 0, PLACE) == "201, 200 – 301, 300"


def test_the_tick_hides_a_box_and_shows_it_again_at_its_place(listed: Opened) -> None:
    table = table_of(listed)
    table.setFocus()
    click(listed, 0, NAME, QPoint(12, table.rowHeight(0) // 2))
    assert regions(listed) == (CAT, HOLE)
    assert [cell(listed, row, NAME) for row in range(3)] == ["dog", "cat", UNNAMED]
    assert cell(listed, 0, NAME, Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Unchecked
    press(listed, Key.Key_Space)
    assert regions(listed) == (DOG, CAT, HOLE)
    listed.session.undo.undo()
    listed.session.undo.undo()
    assert regions(listed) == (DOG, CAT, HOLE)


def test_the_sign_by_mouse_and_by_keys(listed: Opened) -> None:
    click(listed, 0, SIGN)
    assert regions(listed)[0] == replace(DOG, subtract=True)
    table_of(listed).setFocus()
    press(listed, Key.Key_Plus)
    assert regions(listed)[0] == DOG
    press(listed, Key.Key_Minus)
    assert regions(listed)[0].subtract
    assert not listed.state.view.subtract  # the key is the list's own


def test_a_name_is_edited_in_place_with_earlier_labels(listed: Opened, qtbot: QtBot) -> None:
    table = table_of(listed)
    table.setFocus()
    click(listed, 2, PLACE)
    press(listed, Key.Key_F2)
    editor = table.viewport().findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    names = [editor.completer().model().index(row, 0).data() for row in range(2)]
    assert names == ["dog", "cat"]
    QTest.keyClicks(editor, "hole d")
    QTest.keyClick(editor, Key.Key_Return)
    qtbot.waitUntil(lambda: [region.name for region in regions(listed)] == ["dog", "cat", "hole d"])


def test_delete_removes_the_selected_rows_hidden_ones_too(listed: Opened) -> None:
    listed.session.region_controller.set_visible(0, False)
    table_of(listed).setFocus()
    click(listed, 0, NAME, QPoint(60, 5))
    assert listed.state.current_region is None
    press(listed, Key.Key_Delete)
    listed.window.commands["show_boxes"].trigger()
    assert regions(listed) == (CAT, HOLE)
    table_of(listed).selectAll()
    press(listed, Key.Key_Delete)
    assert regions(listed) == ()
    listed.session.undo.undo()
    assert regions(listed) == (CAT, HOLE)


def test_hidden_boxes_go_with_the_picture_and_with_escape(listed: Opened) -> None:
    listed.session.region_controller.set_visible(1, False)
    listed.session.selection_controller.clear()
    assert table_of(listed).model().rowCount() == 0
    listed.session.undo.undo()
    assert table_of(listed).model().rowCount() == 3


def test_the_smallest_window_has_room_for_the_list(listed: Opened) -> None:
    assert listed.window.minimumSizeHint().width() <= LEAST_PX[0]
    assert listed.window.minimumSizeHint().height() <= LEAST_PX[1]
