"""What the canvas shows: colours, hatching, zoom and pan."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.colour import range_limit, to_rgb
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview
from exclip_desktop.session.pair.scene import NO_PICTURE, CanvasPicture
from exclip_desktop.session.state import State
from exclip_desktop.storage.pictures import Picture
from exclip_desktop.ui.canvas.picture_item import PictureItem
from tests.ui.canvas.canvas_desk import BOX, LEFT, MIDDLE, NO_KEYS, NONE, Desk, open_desk


@pytest.fixture
def desk(make_state: Callable[..., State], qtbot: QtBot) -> Iterator[Desk]:
    """A canvas of 660×500 with a picture of 640×480: one source pixel is one logical pixel."""
    yield from open_desk(make_state, qtbot)


def painted(desk: Desk) -> NDArray[np.int64]:
    """Return the canvas as it is painted: (height, width, 4)."""
    image = desk.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(np.int64)


def test_colours_on_the_canvas_are_those_of_the_heat(desk: Desk) -> None:
    state, explanation = desk.state, desk.state.explanation
    assert explanation is not None
    state.change(view=replace(state.view, opacity=1.0))
    heat = explanation.patch_heat()
    limit = range_limit(heat)
    assert desk.canvas.current_limit() == pytest.approx(limit)
    for row, column in [(0, 0), (5, 7), (11, 11)]:
        expected = np.rint(to_rgb(heat[row, column], limit) * 255).astype(int).tolist()
        assert list(desk.colour(explanation.geometry.patch_centre(row, column))) == pytest.approx(expected, abs=1)
    state.change(view=replace(state.view, opacity=1.0, picture_limit=2 * limit, colours="safe"))
    assert desk.canvas.current_limit() == 2 * limit
    expected = np.rint(to_rgb(heat[5, 7], 2 * limit, "safe") * 255).astype(int).tolist()
    assert list(desk.colour(explanation.geometry.patch_centre(5, 7))) == pytest.approx(expected, abs=1)
    state.change(preview=Preview(rows=(2,)))
    assert desk.canvas.current_limit() == 2 * limit
    expected = np.rint(to_rgb(explanation.grid[2, 5, 7], 2 * limit, "safe") * 255).astype(int).tolist()
    assert list(desk.colour(explanation.geometry.patch_centre(5, 7))) == pytest.approx(expected, abs=1)


def test_picture_in_colour_grey_and_stale(desk: Desk) -> None:
    state, canvas_picture = desk.state, desk.state.canvas_picture
    assert canvas_picture is not None
    x, y = 301, 205
    red, green, blue = (int(value) for value in canvas_picture.picture.pixels[y, x])
    state.change(view=replace(state.view, heat=False))
    assert desk.colour((x, y)) == pytest.approx((red, green, blue), abs=1)  # grey is for under the heat
    state.change(view=replace(state.view, heat=True, opacity=0.0))
    assert desk.colour((x, y)) == pytest.approx([0.2126 * red + 0.7152 * green + 0.0722 * blue] * 3, abs=1)
    state.change(view=replace(state.view, grey=False))
    assert desk.colour((x, y)) == pytest.approx((red, green, blue), abs=1)
    state.change(view=replace(state.view, opacity=1.0))
    fresh = np.array(desk.colour((x, y)))
    state.change(stale=True)
    dimmed = np.array(desk.colour((x, y)))
    ground = np.array([red, green, blue])
    assert dimmed == pytest.approx(ground + 0.35 * (fresh - ground), abs=2)


def test_the_part_outside_the_patches_is_hatched(desk: Desk) -> None:
    desk.state.change(canvas_picture=CanvasPicture(Picture(np.full((480, 640, 3), 200, np.uint8)), "plain"))
    desk.state.change(view=replace(desk.state.view, heat=False))
    assert desk.colour((300, 200)) == (200, 200, 200)
    image = desk.canvas.grab().toImage()
    at = desk.place((20, 100)).toPoint()
    shades = {QColor(image.pixelColor(at + QPoint(step, 0))).red() for step in range(20)}
    assert len(shades) > 1
    assert max(shades) < 200


def test_an_explanation_of_a_picture_of_another_size_is_not_drawn(
    desk: Desk, make_explanation: Callable[..., Explanation]
) -> None:
    desk.state.change(answer=make_explanation(size=(480, 480)), view=replace(desk.state.view, grey=False))
    canvas_picture = desk.state.canvas_picture
    assert canvas_picture is not None
    assert desk.colour((301, 205)) == pytest.approx(tuple(canvas_picture.picture.pixels[205, 301].astype(int)), abs=1)
    desk.move((301, 205), held=NONE)
    assert desk.hovered == []


def test_one_mouse_event_is_one_frame(desk: Desk) -> None:
    class Paints(QObject):
        count = 0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
            self.count += event.type() == QEvent.Type.Paint
            return False

    paints = Paints()
    desk.canvas.view.viewport().installEventFilter(paints)
    desk.select(BOX, rows=(2,))
    desk.press((200, 200))
    QApplication.processEvents()
    paints.count = 0
    for step in range(1, 6):
        desk.move((200 + 10 * step, 200))
        desk.select(*desk.regions, rows=(2, step))  # and words follow, too
        QApplication.processEvents()
        assert paints.count == step
    desk.release((250, 200))


def test_wheel_zooms_at_the_mouse_and_the_picture_stays_visible(desk: Desk) -> None:
    at = desk.place((500, 100))
    desk.wheel((500, 100), 2)
    camera = desk.canvas.view.camera
    assert camera.scale == pytest.approx(1.44)
    assert camera.to_source((at.x(), at.y())) == pytest.approx((500, 100))
    for _ in range(40):
        desk.wheel((600, 400), -1)
    assert desk.canvas.view.camera.scale == pytest.approx(0.25)
    for _ in range(80):
        desk.wheel((0, 0), 3)
    assert desk.canvas.view.camera.scale == 32
    x, y = desk.canvas.view.camera.centre
    assert 0 <= x <= 640
    assert 0 <= y <= 480


def test_zoom_methods_and_resize(desk: Desk) -> None:
    canvas, view = desk.canvas, desk.canvas.view
    canvas.resize(1300, 980)
    QApplication.processEvents()
    assert view.camera.scale == 2  # still fitted
    canvas.zoom_100()
    assert view.camera.scale == 1
    canvas.resize(1000, 900)
    QApplication.processEvents()
    assert (view.camera.scale, view.camera.centre) == (1, (320, 240))
    canvas.zoom_in()
    assert view.camera.scale == 1.25
    canvas.zoom_out()
    canvas.fit()
    assert view.camera.scale == pytest.approx(min(980 / 640, 880 / 480))


def test_items_lie_where_the_camera_maps_them(desk: Desk) -> None:
    view: Any = desk.canvas.view
    desk.wheel((500, 100), 3)
    picture = next(item for item in view.scene().items() if isinstance(item, PictureItem))
    for point in [(0.0, 0.0), (640.0, 480.0), (123.0, 45.0)]:
        at = view.mapFromScene(picture.mapToScene(QPointF(*point)))
        assert (at.x(), at.y()) == pytest.approx(view.camera.to_canvas(point), abs=1)


def test_middle_drag_pans_and_space_drag_too(desk: Desk) -> None:
    desk.wheel((320, 240), 4)
    scale, (x, y) = desk.canvas.view.camera.scale, desk.canvas.view.camera.centre
    start = desk.place((320, 240))
    desk.press((320, 240), button=MIDDLE)
    desk.mouse(QEvent.Type.MouseMove, start + QPointF(40, -20), NONE, MIDDLE)
    desk.mouse(QEvent.Type.MouseButtonRelease, start, MIDDLE, NONE)
    assert desk.canvas.view.camera.centre == pytest.approx((x - 40 / scale, y + 20 / scale))
    QTest.keyPress(desk.canvas.view, Qt.Key.Key_Space)
    desk.mouse(QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    desk.mouse(QEvent.Type.MouseMove, start - QPointF(40, -20), NONE, LEFT)
    desk.mouse(QEvent.Type.MouseButtonRelease, start, LEFT, NONE)
    QTest.keyRelease(desk.canvas.view, Qt.Key.Key_Space)
    assert desk.canvas.view.camera.centre == pytest.approx((x, y))
    assert not desk.live
    desk.drag((300, 220), (320, 240))
    assert len(desk.live) == 1


def test_other_keys_reach_the_window(desk: Desk) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Left, NO_KEYS)
    event.accept()
    desk.canvas.view.keyPressEvent(event)
    assert not event.isAccepted()


@pytest.mark.parametrize("smooth", [False, True], ids=["crisp", "smooth"])
def test_panning_paints_the_same_pixels_as_a_whole_repaint(desk: Desk, smooth: bool) -> None:
    state = desk.state
    view = replace(state.view, smooth=smooth)
    state.change(view=view)
    desk.wheel((320, 240), 3)
    start = desk.place((320, 240))
    desk.press((320, 240), button=MIDDLE)
    for x, y in [(30, 0), (33, -41), (-80, 20), (-300, 500), (-250, 100)]:
        desk.mouse(QEvent.Type.MouseMove, start + QPointF(x, y), NONE, MIDDLE)
        panned = painted(desk)
    desk.mouse(QEvent.Type.MouseButtonRelease, start, MIDDLE, NONE)
    state.change(view=replace(view, grey=False, opacity=0.1))
    assert np.abs(painted(desk) - panned).max() > 20
    state.change(view=view)
    assert np.abs(painted(desk) - panned).max() <= 1  # rounding


def test_a_new_picture_is_fitted_and_an_empty_canvas_shows_a_hint(desk: Desk) -> None:
    desk.wheel((0, 0), 5)
    desk.click((200, 200))
    desk.state.change(canvas_picture=CanvasPicture(Picture(np.zeros((100, 50, 3), np.uint8)), "tall"), answer=None)
    assert desk.canvas.view.camera == replace(desk.canvas.view.camera, scale=4.8, centre=(25, 50))
    desk.state.change(canvas_picture=None)
    hint = next(child for child in desk.canvas.findChildren(QWidget) if getattr(child, "text", str)() == NO_PICTURE)
    assert hint.isVisible()
    desk.drag((10, 10), (30, 30))
    assert not desk.live


def test_the_background_follows_the_theme_and_the_heat_does_not(desk: Desk) -> None:
    before = desk.colour((320, 240))
    desk.canvas.setPalette(QPalette(QColor(40, 40, 44)))
    assert desk.colour((-5, -5)) == (40, 40, 44)
    assert desk.colour((320, 240)) == before


def test_patches_beyond_the_picture_are_visible(desk: Desk, make_explanation: Callable[..., Explanation]) -> None:
    explanation = make_explanation()
    padded = replace(explanation, geometry=replace(explanation.geometry, visible=(0.0, -80.0, 640.0, 560.0)))
    desk.state.change(answer=padded)
    assert desk.canvas.view.camera.scale == pytest.approx(480 / 640)
    desk.move((5, -70), held=NONE)
    assert desk.hovered == [(0, 0)]
