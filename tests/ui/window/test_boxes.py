"""Boxes in the whole window: tools, keys, undo; by real mouse and key events."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolBar

from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.pair.scene import Tool, View
from exclip_desktop.ui.canvas.canvas import Canvas
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
    assert "the picture less 1 box" in opened.window.inspector.findChild(QLabel, "selection").text()


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
