"""Regions and patches on the canvas: mouse and keys in, signals out."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.pair.scene import Tool
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.picture_images import shared_levels
from tests.ui.canvas.canvas_desk import ALT, BOX, LEFT, NONE, Desk, open_desk


@pytest.fixture
def desk(make_state: Callable[..., State], qtbot: QtBot) -> Iterator[Desk]:
    """A canvas of 660×500 with a picture of 640×480: one source pixel is one logical pixel."""
    yield from open_desk(make_state, qtbot)


def box_of(region: Region) -> tuple[int, ...]:
    return tuple(round(edge) for edge in region.box)


def test_drawing_a_box_follows_the_mouse_and_commits_once(desk: Desk) -> None:
    desk.press((100, 100))
    assert not desk.live
    desk.move((150, 130))
    desk.move((200, 180))
    assert [box_of(regions[0]) for regions in desk.live] == [(100, 100, 150, 130), (100, 100, 200, 180)]
    assert not desk.committed
    desk.release((200, 180))
    assert desk.committed == [((), desk.regions, "draw box")]
    assert desk.state.current_region == 0


def test_boxes_add_up_and_are_cut_to_the_picture(desk: Desk) -> None:
    desk.select(BOX)
    desk.drag((600, 400), (700, 600))
    assert desk.regions[0] == BOX
    assert box_of(desk.regions[1]) == (600, 400, 640, 480)
    assert desk.state.current_region == 1


def test_alt_subtracts_even_inside_a_box(desk: Desk) -> None:
    desk.select(BOX)
    desk.drag((150, 150), (200, 200), keys=ALT)
    before, after, what = desk.committed[0]
    assert (before, what) == ((BOX,), "draw box")
    assert after[1] == Region(after[1].box, subtract=True)
    assert box_of(after[1]) == (150, 150, 200, 200)


def test_the_box_tool_draws_inside_a_box_and_the_select_tool_moves_it(desk: Desk) -> None:
    desk.select(BOX)
    desk.use(tool="box")
    desk.drag((150, 150), (200, 200))
    assert [box_of(region) for region in desk.regions] == [box_of(BOX), (150, 150, 200, 200)]
    assert desk.committed[-1][2] == "draw box"
    desk.use(tool="select")
    desk.drag((250, 250), (260, 250))
    assert box_of(desk.regions[0]) == (130, 100, 290, 260)


def test_a_click_with_the_box_tool_makes_the_box_under_it_the_current_one(desk: Desk) -> None:
    desk.select(BOX)
    desk.use(tool="box")
    desk.click((200, 200))
    assert desk.state.current_region == 0
    assert desk.regions == (BOX,)


@pytest.mark.parametrize("tool", ["select", "box", "lasso"])
def test_the_subtract_mode_subtracts_with_every_tool_inside_a_box(desk: Desk, tool: Tool) -> None:
    desk.select(BOX)
    desk.use(tool=tool, subtract=True)
    desk.drag((150, 150), (200, 150), (200, 200))
    assert desk.regions[0] == BOX
    assert desk.regions[1].subtract
    assert bool(desk.regions[1].outline) == (tool == "lasso")


def test_each_tool_has_its_cursor(desk: Desk) -> None:
    shape, viewport = Qt.CursorShape, desk.canvas.view.viewport()
    desk.select(BOX)
    desk.move((200, 200), held=NONE)
    assert viewport.cursor().shape() == shape.SizeAllCursor
    desk.move((400, 400), held=NONE)
    assert viewport.cursor().shape() == shape.CrossCursor
    drawn = set()
    for changes in ({"tool": "box"}, {"tool": "lasso"}, {"tool": "box", "subtract": True}):
        desk.use(**changes)
        desk.move((400, 400), held=NONE)
        assert viewport.cursor().shape() == shape.BitmapCursor
        drawn.add(viewport.cursor().pixmap().cacheKey())
    assert len(drawn) == 3


def test_a_short_drag_is_a_click_that_deselects_only_the_current_region(desk: Desk) -> None:
    desk.select(BOX)
    desk.click((200, 200))
    assert desk.state.current_region == 0
    desk.drag((400, 300), (401, 301))
    assert desk.state.current_region is None
    assert desk.regions == (BOX,)
    assert not desk.live
    assert not desk.committed


def test_a_drag_that_comes_back_leaves_nothing(desk: Desk) -> None:
    desk.drag((400, 300), (450, 350), (401, 350))
    assert desk.regions == ()
    assert desk.live[-1] == ()
    assert not desk.committed


def test_moving_keeps_name_and_size(desk: Desk) -> None:
    named = replace(BOX, name="hat")
    desk.select(named)
    desk.drag((200, 200), (220, 190), (230, 180))
    assert desk.committed == [((named,), desk.regions, "move box")]
    assert desk.regions[0].name == "hat"
    assert box_of(desk.regions[0]) == (150, 80, 310, 240)


def test_resizing_by_each_handle_of_the_current_box(desk: Desk) -> None:
    x0, y0, x1, y1 = BOX.box
    for across, down in [(-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)]:
        desk.select(BOX)
        desk.click((200, 200))
        start = ((x0 + x1 + across * (x1 - x0)) / 2, (y0 + y1 + down * (y1 - y0)) / 2)
        desk.drag(start, (start[0] + 10, start[1] + 20))
        shifts = (10 * (across < 0), 20 * (down < 0), 10 * (across > 0), 20 * (down > 0))
        expected = tuple(round(edge + shift) for edge, shift in zip(BOX.box, shifts, strict=True))
        assert box_of(desk.regions[0]) == expected
        assert desk.committed[-1][2] == "resize box"


def test_the_topmost_region_is_taken(desk: Desk) -> None:
    desk.select(BOX, Region((200.0, 200.0, 400.0, 400.0)))
    desk.drag((240, 240), (250, 250))
    assert desk.regions[0] == BOX
    assert box_of(desk.regions[1]) == (210, 210, 410, 410)


def test_lasso(desk: Desk) -> None:
    desk.use(tool="lasso")
    corners = [(100, 100), (200, 100), (200, 200), (100, 200)]
    desk.drag(*corners)
    (region,) = desk.regions
    assert [tuple(round(value) for value in corner) for corner in region.outline] == corners
    assert desk.committed == [((), (region,), "draw lasso")]
    desk.drag((150, 150), (170, 150))
    assert desk.committed[-1][2] == "move lasso"
    assert box_of(desk.regions[0]) == (120, 100, 220, 200)


def test_double_click_on_a_region_requests_a_name_and_elsewhere_draws(desk: Desk) -> None:
    desk.select(BOX, Region((300.0, 300.0, 400.0, 400.0)))
    desk.double_click((350, 350))
    assert desk.named == [1]
    desk.mouse(QEvent.Type.MouseButtonDblClick, desk.place((500, 100)), LEFT, LEFT)
    desk.move((550, 150))
    desk.release((550, 150))
    assert desk.named == [1]
    assert len(desk.regions) == 3


def test_escape_cancels_a_gesture_and_otherwise_reaches_the_window(desk: Desk, qtbot: QtBot) -> None:
    heard: list[str] = []
    shortcut = QShortcut(QKeySequence(Qt.Key.Key_Escape), desk.canvas)
    shortcut.activated.connect(lambda: heard.append("window"))
    desk.canvas.activateWindow()
    desk.canvas.setFocus()
    qtbot.waitUntil(lambda: desk.canvas.view.hasFocus())
    desk.select(BOX)
    desk.press((200, 200))
    desk.move((300, 300))
    assert desk.regions != (BOX,)
    QTest.keyClick(desk.canvas.view, Qt.Key.Key_Escape)
    assert desk.regions == (BOX,)
    assert not heard
    desk.move((320, 320))
    desk.release((320, 320))
    assert desk.regions == (BOX,)
    assert not desk.committed
    QTest.keyClick(desk.canvas.view, Qt.Key.Key_Escape)
    assert heard == ["window"]


def test_a_change_of_the_regions_from_elsewhere_ends_the_gesture(desk: Desk) -> None:
    desk.select(BOX)
    desk.press((200, 200))
    desk.move((250, 250))
    desk.select()
    desk.move((300, 300))
    desk.release((300, 300))
    assert desk.regions == ()
    assert not desk.committed


def test_deleting_a_region_resets_the_current_region(desk: Desk) -> None:
    desk.select(BOX, Region((300.0, 300.0, 400.0, 400.0)))
    indices: list[int | None] = []
    desk.state.current_region_changed.connect(lambda: indices.append(desk.state.current_region))
    desk.click((350, 350))
    desk.select(BOX)
    assert desk.state.current_region is None
    assert indices == [1, None]


def test_hovering_reports_each_patch_once_and_shows_its_value(desk: Desk) -> None:
    explanation: Explanation = desk.state.explanation  # type: ignore[assignment]
    for point in [(85, 5), (90, 8), (125, 5), (30, 5), (125, 45)]:
        desk.move(point, held=NONE)
    # The model does not read the picture's left 80 pixels; patches are 40 pixels wide.
    assert desk.hovered == [(0, 0), (0, 1), None, (1, 1)]
    value = float(explanation.patch_heat()[1, 1])
    assert QToolTip.text() == f"{format_signed(value)} · row 1, column 1"
    rows = explanation.words[2].rows
    desk.select(rows=rows)
    assert QToolTip.text() == f"{format_signed(float(explanation.grid[list(rows), 1, 1].sum()))} · row 1, column 1"
    QApplication.sendEvent(desk.canvas.view, QEvent(QEvent.Type.Leave))
    assert desk.hovered[-1] is None


def test_a_coarser_grid_under_the_mouse(desk: Desk, make_explanation: Callable[..., Explanation]) -> None:
    desk.move((555, 475), held=NONE)
    assert desk.hovered == [(11, 11)]
    desk.state.change(answer=make_explanation(grid=(7, 7)))
    desk.move((556, 475), held=NONE)
    assert desk.hovered == [(11, 11), None, (6, 6)]


def test_a_drag_hides_the_hovered_patch(desk: Desk) -> None:
    desk.move((125, 45), held=NONE)
    desk.drag((125, 45), (200, 200), (300, 300))
    assert desk.hovered == [(1, 1), None]
    desk.move((301, 301), held=NONE)
    assert desk.hovered == [(1, 1), None]  # still on the patch where the drag ended
    desk.move((345, 301), held=NONE)
    assert desk.hovered[-1] == (7, 6)


def test_canvases_share_levels_in_colour_and_grey(make_state: Callable[..., State], qtbot: QtBot) -> None:
    state = make_state(size=(1600, 1200))
    canvases = Canvas(state), Canvas(make_state())
    canvases[1]._state.change(
        canvas_picture=state.canvas_picture, answer=None
    )  # in colour, the other's picture is grey
    for canvas in canvases:
        qtbot.addWidget(canvas)
        canvas.resize(300, 240)
        canvas.show()
    levels = shared_levels(state.canvas_picture.picture.pixels)
    assert [canvas._picture_item._levels for canvas in canvases] == [levels, levels]
    qtbot.waitUntil(lambda: {(2, True), (2, False)} <= levels._made.keys())


def test_a_moved_region_leaves_no_trace(desk: Desk) -> None:
    """What is on screen after many small repaints is what a whole repaint draws."""

    def on_screen() -> QImage:
        QApplication.processEvents()
        window = desk.canvas.window()
        return window.screen().grabWindow(window.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)

    def repainted() -> QImage:
        return desk.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)

    desk.select(
        replace(BOX, name="a name that is longer than its box"),
        Region((300.0, 50.0, 330.0, 80.0), subtract=True, name="hole"),
        Region.lasso(((200.0, 60.0), (250.0, 80.0), (220.0, 170.0))),
    )
    for start, *way in (
        ((130, 240), (300, 300), (500, 200), (20, 20)),
        ((310, 60), (320, 300), (600, 440)),
        ((215, 90), (400, 200), (330, 260)),
    ):
        desk.press(start)
        for point in way:
            desk.move(point)
            assert on_screen() == repainted()
        desk.release(way[-1])
    desk.move((500, 100), held=NONE)
    desk.move((300, 200), held=NONE)
    assert on_screen() == repainted()
    desk.wheel((300, 200), 2)
    assert on_screen() == repainted()
    desk.select()
    assert on_screen() == repainted()
