"""Two pictures in the window: real mouse and keys, the inspector's tab, exports, and release."""

import gc
import json
import weakref

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Selection
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.two_inputs.two_pictures_view import DropArea
from tests.ui.conftest import Opened


def open_two(opened: Opened, qtbot: QtBot) -> None:
    opened.session.two_inputs.open_file(opened.picture("second.png", (480, 480), shade=30))
    qtbot.waitUntil(lambda: opened.session.two_inputs.explanation is not None)


def drag(canvas: Canvas, start: QPoint, end: QPoint) -> None:
    view = canvas.view.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)


def middle(canvas: Canvas) -> QPoint:
    view = canvas.view.viewport()
    return QPoint(view.width() // 2, view.height() // 2)


def test_a_drag_in_either_picture_colours_the_other(opened: Opened, qtbot: QtBot) -> None:
    open_two(opened, qtbot)
    view, two_inputs = opened.window.two_pictures, opened.session.two_inputs
    assert view.isVisible()
    first, second = view.canvases["first"], view.canvases["second"]
    drag(second, middle(second) - QPoint(30, 30), middle(second) + QPoint(10, 10))
    regions = two_inputs.second.selection.regions
    assert len(regions) == 1
    assert opened.state.selection.regions == ()
    assert first.current_heat() == pytest.approx(two_inputs.explanation.heat("first", Selection(regions=regions)))
    drag(first, middle(first) - QPoint(20, 20), middle(first) + QPoint(20, 10))
    own = opened.state.selection.regions
    assert len(own) == 1
    assert second.current_heat() == pytest.approx(two_inputs.explanation.heat("second", Selection(regions=own)))


def test_keys_act_on_the_picture_in_use(opened: Opened, qtbot: QtBot) -> None:
    open_two(opened, qtbot)
    window, two_inputs = opened.window, opened.session.two_inputs
    for name in ("first", "second"):
        canvas = window.two_pictures.canvases[name]
        drag(canvas, middle(canvas) - QPoint(30, 30), middle(canvas))
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    assert two_inputs.second.selection.regions[0].subtract
    assert not opened.state.selection.regions[0].subtract
    QTest.keyClick(window, Qt.Key.Key_Delete)
    assert two_inputs.second.selection.regions == ()
    assert len(opened.state.selection.regions) == 1
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(two_inputs.second.selection.regions) == 1
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert two_inputs.second.selection.regions == ()
    window.two_pictures.canvases["first"].view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert opened.state.selection.regions == ()


def test_a_picture_is_pasted_and_dropped_on_the_second_canvas(opened: Opened, qtbot: QtBot) -> None:
    open_two(opened, qtbot)
    window, two_inputs = opened.window, opened.session.two_inputs
    own = opened.state.canvas_picture
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0x404040)
    QGuiApplication.clipboard().setImage(image)
    canvas = window.two_pictures.canvases["second"]
    QTest.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=middle(canvas))
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: two_inputs.second.canvas_picture.title == "pasted picture")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(opened.picture("third.png", shade=200))])
    area = window.two_pictures.findChild(DropArea)
    none = Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    area.dropEvent(QDropEvent(QPointF(5, 5), copy, data, Qt.MouseButton.LeftButton, none))
    qtbot.waitUntil(lambda: two_inputs.second.canvas_picture.title == "third.png")
    assert opened.state.canvas_picture is own


def test_the_tab_has_score_sum_ledger_and_pairs_that_can_be_selected(opened: Opened, qtbot: QtBot) -> None:
    window, two_inputs = opened.window, opened.session.two_inputs
    open_two(opened, qtbot)
    tab = window.inspector.currentWidget()
    assert window.inspector.tabText(window.inspector.currentIndex()) == "Two inputs"
    explanation = two_inputs.explanation
    lines = dict(line.split("\t") for line in tab.values_text().splitlines())
    assert set(lines) == {*dict(explanation.ledger.lines()), "score"}
    assert tab.pairs
    tab._list.setCurrentRow(0)
    tab._choose(0)
    boxes = (opened.state.selection.regions[0].box, two_inputs.second.selection.regions[0].box)
    assert boxes == (tab.pairs[0].first.box, tab.pairs[0].second.box)
    assert "1 box × 1 box" in tab.text
    two_inputs.close()
    assert window.inspector.currentIndex() == 0


def test_figure_and_numbers_are_those_of_two_pictures(opened: Opened, qtbot: QtBot) -> None:
    open_two(opened, qtbot)
    session = opened.session
    session.two_inputs_export.write_numbers(opened.folder / "two.json")
    qtbot.waitUntil((opened.folder / "two.json").exists)
    values = json.loads((opened.folder / "two.json").read_text())
    assert values["score"] == pytest.approx(session.two_inputs.explanation.score)
    session.two_inputs_export.write_picture(opened.folder / "two.png", 900)
    qtbot.waitUntil((opened.folder / "two.png").exists, timeout=30000)
    image = QImage(str(opened.folder / "two.png"))
    assert image.width() == 900


def test_each_bar_locks_its_own_range(opened: Opened, qtbot: QtBot) -> None:
    open_two(opened, qtbot)
    view, two_inputs = opened.window.two_pictures, opened.session.two_inputs
    assert not opened.window.bars[0].isVisible()
    view.bars["second"]._lock.click()
    locked = view.bars["second"].limit
    canvas = view.canvases["first"]
    drag(canvas, middle(canvas) - QPoint(30, 30), middle(canvas))
    assert view.bars["second"].limit == locked
    assert two_inputs.first.view.picture_limit is None
    two_inputs.close()
    assert opened.window.bars[0].isVisible()


def test_a_replaced_second_picture_is_released(opened: Opened, qtbot: QtBot) -> None:
    open_two(opened, qtbot)
    two_inputs = opened.session.two_inputs
    left = weakref.ref(two_inputs.second.canvas_picture.picture)
    two_inputs.pin()
    qtbot.waitUntil(lambda: two_inputs.explanation is not None)
    opened.session.shelf.clear()
    opened.engine.picture_requests.clear()  # they hold their pictures
    qtbot.waitUntil(lambda: gc.collect() >= 0 and left() is None)
