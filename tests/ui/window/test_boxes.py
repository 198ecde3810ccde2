"""Boxes in the whole window: tools, keys, undo; by real mouse and key events."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QToolBar

from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.pair.scene import Tool, View
from exclip_desktop.ui.actions import keep_keys
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.lists.box_list_dock import EMPTY, LABELLED
from tests.ui.conftest import Opened

Key, Mod = Qt.Key, Qt.KeyboardModifier
Point = tuple[float, float]


def place(canvas: Canvas, point: Point) -> QPoint:
    """Return where a source pixel is on the viewport."""
    x, y = canvas.view.camera.to_canvas(point)
    return QPoint(round(x), round(y))


def drag(canvas: Canvas, start: Point, end: Point, keys: Qt.KeyboardModifier = Mod.NoModifier) -> None:
    viewport, left = canvas.view.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(viewport, left, keys, place(canvas, start))
    QTest.mouseMove(viewport, place(canvas, end) - QPoint(5, 5))
    QTest.mouseMove(viewport, place(canvas, end))
    QTest.mouseRelease(viewport, left, keys, place(canvas, end))


def box_of(region: Region, grain: float = 10.0) -> tuple[int, ...]:
    """Return the box, rounded: the picture is smaller on screen than in the file."""
    return tuple(round(edge / grain) * round(grain) for edge in region.box)


def regions(opened: Opened) -> tuple[Region, ...]:
    return opened.state.selection.regions


def press(opened: Opened, key: Key, keys: Qt.KeyboardModifier = Mod.NoModifier, times: int = 1) -> None:
    """Press a key in the window, wherever the focus is."""
    for _ in range(times):
        QTest.keyClick(opened.window.focusWidget() or opened.window, key, keys)


def test_a_newcomers_first_drag_makes_a_box(opened: Opened) -> None:
    drag(opened.window.canvas, (100, 100), (300, 300))
    assert [box_of(region) for region in regions(opened)] == [(100, 100, 300, 300)]
    assert opened.window.commands["select_tool"].isChecked()


def test_tools_by_key_one_at_a_time_and_undo(opened: Opened) -> None:
    canvas, commands = opened.window.canvas, opened.window.commands
    canvas.view.setFocus()
    drag(canvas, (100, 100), (300, 300))
    press(opened, Key.Key_B)
    assert opened.state.view.tool == "box"
    assert [commands[name].isChecked() for name in ("select_tool", "box_tool", "lasso")] == [False, True, False]
    drag(canvas, (150, 150), (250, 250))
    assert [box_of(region) for region in regions(opened)] == [(100, 100, 300, 300), (150, 150, 250, 250)]
    press(opened, Key.Key_V)
    drag(canvas, (120, 120), (170, 120))
    assert [box_of(region) for region in regions(opened)] == [(150, 100, 350, 300), (150, 150, 250, 250)]
    press(opened, Key.Key_Z, Mod.ControlModifier, times=2)
    assert [box_of(region) for region in regions(opened)] == [(100, 100, 300, 300)]


def test_the_lassos_key_chooses_it_and_ends_it(opened: Opened) -> None:
    opened.window.canvas.view.setFocus()
    press(opened, Key.Key_L)
    assert opened.state.view.tool == "lasso"
    press(opened, Key.Key_L)
    assert opened.state.view.tool == "select"
    assert opened.window.commands["select_tool"].isChecked()


def test_the_subtract_mode_by_key_gives_the_rest_of_the_picture(opened: Opened) -> None:
    canvas = opened.window.canvas
    canvas.view.setFocus()
    press(opened, Key.Key_Minus)
    assert opened.window.commands["subtract"].isChecked()
    drag(canvas, (100, 100), (300, 300))
    assert regions(opened)[0].subtract
    assert "the picture without 1 box" in opened.window.inspector.findChild(QLabel, "selection").text()


@pytest.mark.parametrize(("name", "key"), [("select_tool", "V"), ("box_tool", "B"), ("lasso", "L"), ("subtract", "-")])
def test_the_toolbar_has_the_tools_with_name_and_key(opened: Opened, name: str, key: str) -> None:
    action = opened.window.commands[name]
    button = opened.window.findChild(QToolBar).widgetForAction(action)
    assert button.accessibleName() == action.text()
    assert action.toolTip().endswith(f"({key})")
    assert not action.icon().isNull()


def test_tools_are_not_kept_for_the_next_start(opened: Opened) -> None:
    tool: Tool = "box"
    opened.session.show(tool=tool, subtract=True)
    assert opened.session.settings.view() == View()


BOX = Region((200.0, 200.0, 300.0, 300.0))
SHIFT, CTRL, ALT = Mod.ShiftModifier, Mod.ControlModifier, Mod.AltModifier


def draw(opened: Opened, *boxes: Region) -> None:
    """Select boxes as one undo step, and give the picture the keyboard."""
    opened.session.selection_controller.commit_regions(regions(opened), boxes, "draw box")
    opened.window.canvas.view.setFocus()


def test_arrow_keys_move_the_current_box_and_repeated_ones_are_one_undo_step(opened: Opened) -> None:
    draw(opened, BOX)
    steps = opened.session.undo.count()
    press(opened, Key.Key_Right, times=5)
    press(opened, Key.Key_Up, times=2)
    assert regions(opened)[0].box == (205.0, 198.0, 305.0, 298.0)
    assert opened.session.undo.count() == steps + 1
    press(opened, Key.Key_Down, SHIFT)  # by a patch of 40 pixels
    assert regions(opened)[0].box == (205.0, 238.0, 305.0, 338.0)
    press(opened, Key.Key_Z, CTRL)
    assert regions(opened) == (BOX,)


def test_with_ctrl_they_move_the_right_or_lower_side_and_with_alt_the_other_ones(opened: Opened) -> None:
    draw(opened, BOX)
    press(opened, Key.Key_Right, CTRL, times=3)
    press(opened, Key.Key_Up, CTRL | SHIFT)
    assert regions(opened)[0].box == (200.0, 200.0, 303.0, 260.0)
    press(opened, Key.Key_Left, ALT, times=2)
    press(opened, Key.Key_Down, ALT)
    assert regions(opened)[0].box == (198.0, 201.0, 303.0, 260.0)
    press(opened, Key.Key_Up, CTRL | SHIFT, times=3)  # no side turns over
    assert regions(opened)[0].box == (198.0, 201.0, 303.0, 202.0)
    press(opened, Key.Key_Z, CTRL)
    assert regions(opened) == (BOX,)


def test_another_box_or_another_change_is_another_undo_step(opened: Opened) -> None:
    other = Region((400.0, 100.0, 500.0, 200.0))
    draw(opened, BOX, other)
    steps = opened.session.undo.count()
    opened.session.selection_controller.choose_region(0)
    press(opened, Key.Key_Right)
    press(opened, Key.Key_R)
    press(opened, Key.Key_Right)
    press(opened, Key.Key_Right, CTRL)
    assert opened.session.undo.count() == steps + 3
    for _ in range(3):
        press(opened, Key.Key_Z, CTRL)
    assert regions(opened) == (BOX, other)


def test_a_box_stays_in_the_picture(opened: Opened) -> None:
    draw(opened, BOX)
    press(opened, Key.Key_Left, SHIFT, times=9)
    assert regions(opened)[0].box == (0.0, 200.0, 100.0, 300.0)


def test_arrow_keys_move_words_while_the_words_have_the_focus(opened: Opened) -> None:
    draw(opened, BOX)
    opened.window.strip.setFocus()
    rows = opened.state.selection.rows
    press(opened, Key.Key_Right)
    assert regions(opened) == (BOX,)
    assert opened.state.selection.rows != rows


def test_the_picture_shows_that_it_has_the_keys_until_the_mouse_is_used(opened: Opened) -> None:
    draw(opened, BOX)
    view = opened.window.canvas.view
    corner = view.viewport().grab().toImage().pixelColor(0, 0)
    press(opened, Key.Key_Right)
    ring = view.viewport().grab().toImage().pixelColor(0, 0)
    assert ring != corner
    assert ring == view.palette().highlight().color()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert view.viewport().grab().toImage().pixelColor(0, 0) == corner


def test_a_box_is_made_named_resized_and_removed_by_keys_alone(opened: Opened) -> None:
    opened.window.strip.setFocus()
    press(opened, Key.Key_P)
    (made,) = regions(opened)
    x0, y0, x1, y1 = made.box
    assert (round((x0 + x1) / 2), round((y0 + y1) / 2)) == (320, 240)
    assert opened.state.current_region == 0
    press(opened, Key.Key_Right)
    press(opened, Key.Key_Down, CTRL)
    assert regions(opened)[0].box == (x0 + 1, y0, x1 + 1, y1 + 1)
    press(opened, Key.Key_F2)
    QTest.keyClicks(opened.window.focusWidget(), "dog")
    press(opened, Key.Key_Return)
    assert regions(opened)[0].name == "dog"
    press(opened, Key.Key_Delete)
    assert regions(opened) == ()
    press(opened, Key.Key_Z, CTRL)
    assert regions(opened)[0].name == "dog"


def test_a_box_is_placed_at_the_hovered_patch(opened: Opened) -> None:
    canvas = opened.window.canvas
    QTest.mouseMove(canvas.view.viewport(), place(canvas, (300, 300)))
    press(opened, Key.Key_P)
    assert [box_of(region) for region in regions(opened)] == [(280, 280, 320, 320)]


def test_a_placed_box_is_subtracted_in_the_subtract_mode(opened: Opened) -> None:
    opened.session.show(subtract=True)
    press(opened, Key.Key_P)
    assert regions(opened)[0].subtract


def test_next_and_previous_box_go_round(opened: Opened) -> None:
    draw(opened, BOX, Region((400.0, 100.0, 500.0, 200.0)), Region((50.0, 100.0, 90.0, 200.0)))
    opened.window.strip.setFocus()
    order = []
    for keys in (*[Mod.NoModifier] * 4, SHIFT, SHIFT):
        press(opened, Key.Key_R, keys)
        order.append(opened.state.current_region)
    assert order == [0, 1, 2, 0, 2, 1]
    assert opened.window.canvas.view.hasFocus()


def test_hidden_boxes_are_not_selected_and_come_back(opened: Opened) -> None:
    other = Region((400.0, 100.0, 500.0, 200.0))
    draw(opened, BOX, other)
    opened.session.selection_controller.choose_region(0)
    press(opened, Key.Key_H, SHIFT)
    assert regions(opened) == (other,)
    press(opened, Key.Key_Z, CTRL)
    assert regions(opened) == (BOX, other)
    opened.session.selection_controller.choose_region(0)
    press(opened, Key.Key_H, SHIFT)
    opened.window.commands["show_boxes"].trigger()
    assert regions(opened) == (BOX, other)
    assert not opened.window.commands["show_boxes"].isEnabled()


def test_subtracting_duplicating_and_copying_the_current_box(opened: Opened) -> None:
    draw(opened, BOX)
    press(opened, Key.Key_S, SHIFT)
    assert regions(opened)[0].subtract
    assert opened.window.commands["flip_box"].text() == "Add box"
    press(opened, Key.Key_S, SHIFT)
    press(opened, Key.Key_D, CTRL)
    assert [region.box for region in regions(opened)] == [BOX.box, (225.0, 225.0, 325.0, 325.0)]
    assert opened.state.current_region == 1
    opened.window.commands["copy_box"].trigger()
    assert QGuiApplication.clipboard().text() == "225,225,325,325"
    draw(opened, Region((0.0, 0.0, 640.0, 480.0)))
    press(opened, Key.Key_D, CTRL)
    assert len(regions(opened)) == 2


def open_menu(opened: Opened, point: Point) -> QMenu:
    viewport, at = opened.window.canvas.view.viewport(), place(opened.window.canvas, point)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at))
    QApplication.sendEvent(viewport, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_the_menu_of_a_box_makes_it_the_current_one(opened: Opened) -> None:
    draw(opened, BOX, Region((400.0, 100.0, 500.0, 200.0)))
    menu = open_menu(opened, (450, 150))
    assert opened.state.current_region == 1
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts[:5] == ["Name box…", "Subtract box", "Hide box", "Duplicate box", "Remove box"]
    for _ in range(5):
        QTest.keyClick(menu, Key.Key_Down)
    QTest.keyClick(menu, Key.Key_Return)
    assert regions(opened) == (BOX,)


def test_the_menu_of_the_picture(opened: Opened) -> None:
    menu = open_menu(opened, (600, 400))
    names = [action.objectName() for action in menu.actions() if not action.isSeparator()]
    for name in ("note", "copy_picture", "paste", "fit", "actual_size", "export_picture", "framing"):
        assert name in names
    menu.close()


def test_the_menu_key_opens_the_menu_of_the_current_box(opened: Opened) -> None:
    draw(opened, BOX)
    opened.session.selection_controller.choose_region(0)
    viewport = opened.window.canvas.view.viewport()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), viewport.mapToGlobal(QPoint(1, 1)))
    QApplication.sendEvent(viewport, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.actions()[0].objectName() == "name_box"
    menu.close()


def test_the_select_tool_ends_subtracting(opened: Opened) -> None:
    opened.window.canvas.view.setFocus()
    press(opened, Key.Key_Minus)
    assert opened.state.view.subtract
    press(opened, Key.Key_B)
    assert opened.state.view.subtract  # any tool can subtract
    press(opened, Key.Key_V)
    assert (opened.state.view.tool, opened.state.view.subtract) == ("select", False)
    assert not opened.window.commands["subtract"].isChecked()


def test_letters_typed_into_an_open_menu_are_no_shortcuts(opened: Opened) -> None:
    window, view = opened.window, opened.state.view
    for menu in (window.menuBar().actions()[0].menu(), window.menuBar().actions()[3].menu()):
        menu.popup(window.mapToGlobal(QPoint(20, 20)))
        QApplication.processEvents()
        for key in (Key.Key_B, Key.Key_Minus, Key.Key_1, Key.Key_G):
            QTest.keyClick(menu, key)
        menu.close()
    assert opened.state.view == view
    assert opened.session.findings.count() == 0
    assert opened.session.state.work is None


def test_submenus_and_context_menus_claim_letters_too(opened: Opened) -> None:
    window, view = opened.window, opened.state.view
    parent, menu = QMenu(window), QMenu("More", window)
    parent.addMenu(menu)
    keep_keys(parent)
    parent.aboutToShow.emit()
    menu.popup(window.mapToGlobal(QPoint(20, 20)))
    QTest.keyClick(menu, Key.Key_G)
    menu.close()
    assert opened.state.view == view


def test_return_in_the_caption_explains_and_gives_the_keys_back(opened: Opened) -> None:
    window = opened.window
    window.caption.setFocus()
    QTest.keyClicks(window.focusWidget(), " and a cat")
    QTest.keyClick(window.focusWidget(), Key.Key_Return)
    assert "and a cat" in opened.state.caption
    assert window.canvas.view.hasFocus()
    press(opened, Key.Key_B)
    assert opened.state.view.tool == "box"


def test_an_empty_list_of_boxes_says_what_to_do(opened: Opened) -> None:
    window, dock = opened.window, opened.window.box_list_dock
    window.commands["panel_boxes"].trigger()
    assert dock._stack.currentWidget().text() == EMPTY
    drag(window.canvas, (100, 100), (300, 300))
    assert dock._stack.currentWidget() is dock.table
    opened.session.region_controller.remove([0])
    opened.state.change(labels=(Region((10.0, 10.0, 50.0, 50.0), name="dog"),))
    assert dock._stack.currentWidget().text() == LABELLED
