"""The canvas's parts without a window: hit testing, gestures, camera, and the pixels of picture and heat."""

import weakref

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage

from exclip_desktop.core.maths.colour import interpolate, to_rgb
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region
from exclip_desktop.ui.canvas import camera as cameras
from exclip_desktop.ui.canvas.camera import Camera
from exclip_desktop.ui.canvas.gestures import (
    DrawBox,
    DrawLasso,
    Move,
    Resize,
    contains,
    find_handle,
    find_region,
    resize_region,
)
from exclip_desktop.ui.canvas.heat_item import HeatItem, HeatLook, make_heat_image
from exclip_desktop.ui.canvas.picture_images import SLICE, PictureLevels, grey_pixels, shared_levels
from exclip_desktop.ui.canvas.picture_item import find_unread_parts

BOUNDS = (0.0, 0.0, 100.0, 80.0)
BOX = Region((10.0, 20.0, 50.0, 60.0), name="hat")
TRIANGLE = Region.lasso(((40.0, 10.0), (90.0, 10.0), (40.0, 60.0)))
LOOK = HeatLook(2.0, "red-blue", "scale", 1.0, False)


def heat_pixels(values: NDArray[np.float64], look: HeatLook) -> NDArray[np.uint32]:
    """Return the premultiplied ARGB pixels that the heat's item draws: uint32."""
    item = HeatItem()
    item.set_heat(values, look, (0.0, 0.0, 100.0, 80.0))
    item.render()
    image: QImage = item.qimage
    assert image.format() == QImage.Format.Format_ARGB32_Premultiplied
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def test_patch_under_a_point() -> None:
    geometry = Geometry((100, 80), (10.0, 0.0, 90.0, 80.0), (4, 8))
    assert geometry.patch_at(10.0, 0.0) == (0, 0)
    assert geometry.patch_at(19.9, 20.0) == (1, 0)
    assert geometry.patch_at(89.999999, 79.999999) == (3, 7)
    assert geometry.patch_at(9.9, 5.0) is None
    assert geometry.patch_at(90.0, 5.0) is None


def test_the_region_drawn_last_is_on_top() -> None:
    regions = (BOX, TRIANGLE)
    assert find_region(regions, (45.0, 30.0)) == 1
    assert find_region(regions, (20.0, 30.0)) == 0
    assert find_region(regions, (80.0, 50.0)) is None  # in the box around the lasso, not in the lasso
    assert find_region(regions, (8.0, 30.0)) is None
    assert find_region(regions, (8.0, 30.0), slack=3.0) == 0


def test_a_lasso_that_crosses_itself_is_even_odd() -> None:
    bow = Region.lasso(((0.0, 0.0), (10.0, 10.0), (10.0, 0.0), (0.0, 10.0)))
    assert contains(bow, (1.0, 5.0))
    assert not contains(bow, (5.0, 1.0))


@pytest.mark.parametrize(
    ("point", "handle"),
    [((10, 20), (-1, -1)), ((50, 60), (1, 1)), ((30, 20), (0, -1)), ((50, 40), (1, 0)), ((30, 40), None)],
)
def test_handles(point: tuple[float, float], handle: tuple[int, int] | None) -> None:
    assert find_handle(BOX.box, point, 4.0) == handle


def test_handles_of_a_small_box_leave_its_middle_to_move_it() -> None:
    small = (10.0, 10.0, 14.0, 14.0)
    assert find_handle(small, (12.0, 12.0), 8.0) is None
    assert find_handle(small, (5.0, 5.0), 8.0) == (-1, -1)  # outwards the reach is whole


def test_drawing_is_cut_to_the_picture() -> None:
    gesture = DrawBox((BOX,), (90.0, 70.0), BOUNDS, subtract=True)
    assert gesture.regions_at((130.0, 20.0)) == (BOX, Region((90.0, 20.0, 100.0, 70.0), subtract=True))
    assert gesture.regions_at((90.0, 20.0)) == (BOX,)  # no width, no box
    assert DrawBox((), (110.0, 5.0), BOUNDS, False).regions_at((150.0, 30.0)) == ()


def test_drawing_a_lasso_keeps_corners_apart_and_in_the_picture() -> None:
    gesture = DrawLasso((), (10.0, 10.0), BOUNDS, False, spacing=5.0)
    assert gesture.regions_at((12.0, 12.0)) == ()
    assert gesture.regions_at((30.0, 10.0)) == ()
    (region,) = gesture.regions_at((30.0, -40.0))
    assert region.outline == ((10.0, 10.0), (30.0, 10.0), (30.0, 0.0))
    assert region.box == (10.0, 0.0, 30.0, 10.0)


def test_moving_stops_at_the_edge() -> None:
    gesture = Move((BOX, TRIANGLE), 0, (20.0, 30.0), BOUNDS)
    assert gesture.what == "move box"
    assert gesture.regions_at((25.0, 28.0)) == (Region((15.0, 18.0, 55.0, 58.0), name="hat"), TRIANGLE)
    assert gesture.regions_at((500.0, -500.0))[0].box == (60.0, 0.0, 100.0, 40.0)
    lasso = Move((TRIANGLE,), 0, (45.0, 15.0), BOUNDS)
    assert lasso.what == "move lasso"
    assert lasso.regions_at((45.0, 20.0))[0] == Region.lasso(((40.0, 15.0), (90.0, 15.0), (40.0, 65.0)))


def test_resizing() -> None:
    gesture = Resize((BOX,), 0, (1, 1), (50.0, 60.0), BOUNDS)
    assert gesture.regions_at((60.0, 200.0)) == (Region((10.0, 20.0, 60.0, 80.0), name="hat"),)
    assert resize_region(BOX, (0, -1), (99.0, 5.0), BOUNDS).box == (10.0, 25.0, 50.0, 60.0)
    assert resize_region(BOX, (-1, 0), (60.0, 0.0), BOUNDS).box == (50.0, 20.0, 70.0, 60.0)  # turned over
    assert resize_region(BOX, (-1, 0), (40.0, 0.0), BOUNDS).box == (49.0, 20.0, 50.0, 60.0)  # never without width
    edge = Region((100.0 - 1e-9, 0.0, 100.0, 80.0))
    assert resize_region(edge, (1, 0), (0.0, 0.0), BOUNDS).box[0] >= 98.9  # nor find_unread_parts the picture
    stretched = resize_region(TRIANGLE, (1, 0), (-25.0, 0.0), BOUNDS)
    assert stretched.outline == ((40.0, 10.0), (65.0, 10.0), (40.0, 60.0))


def test_camera_fits_and_maps_both_ways() -> None:
    camera = cameras.fit_camera((0.0, 0.0, 400.0, 100.0), (420.0, 320.0))
    assert camera == Camera(1.0, (200.0, 50.0), (420.0, 320.0))
    assert camera.to_canvas((0.0, 0.0)) == (10.0, 110.0)
    assert camera.to_source((10.0, 110.0)) == (0.0, 0.0)
    assert camera.visible == (-10.0, -110.0, 410.0, 210.0)


def test_zooming_keeps_what_is_under_the_mouse() -> None:
    content = (0.0, 0.0, 400.0, 300.0)
    camera = cameras.fit_camera(content, (800.0, 600.0))
    place = (300.0, 250.0)
    zoomed = cameras.zoom_camera(camera, 3.0, place, content)
    assert zoomed.scale == pytest.approx(3 * camera.scale)
    assert zoomed.to_source(place) == pytest.approx(camera.to_source(place))


def test_the_picture_stays_reachable() -> None:
    content, size = (0.0, 0.0, 4000.0, 3000.0), (800.0, 600.0)
    camera = cameras.fit_camera(content, size)
    far = cameras.pan_camera(camera, (1e6, -1e6), content)
    assert far.centre == (0.0, 3000.0)  # a corner stays in the middle
    assert cameras.zoom_camera(camera, 1e-9, (0.0, 0.0), content).scale == pytest.approx(camera.scale / 4)
    assert cameras.zoom_camera(camera, 1e9, (0.0, 0.0), content).scale == cameras.LARGEST_SCALE
    tiny = (0.0, 0.0, 4.0, 4.0)
    assert cameras.place_camera(1.0, (2.0, 2.0), tiny, size).scale == 1.0  # 100 % is always allowed
    assert cameras.place_camera(1e9, (2.0, 2.0), tiny, size).scale == cameras.fit_camera(tiny, size).scale


def test_crisp_heat_has_the_colours_of_the_map(qapp: object) -> None:
    values = np.array([[-2.0, 0.0], [1.0, 5.0]])
    pixels = heat_pixels(values, LOOK)
    assert pixels.shape == (2, 2)
    expected = np.rint(to_rgb(values, 2.0) * 255).astype(int)
    for place in np.ndindex(2, 2):
        assert list(QColor.fromRgba(int(pixels[place])).getRgb()) == [*expected[place], 255]


@pytest.mark.parametrize("limit", [1e-9, 0.0016703, 1.0, 3.0e4])
def test_every_value_has_the_colour_nearest_to_it(qapp: object, limit: float) -> None:
    steps = (np.arange(2550) + 0.5) / 2550  # none halfway between two colours
    values = (2 * steps[None] - 1) * limit
    pixels = heat_pixels(values, HeatLook(limit, "red-blue", "scale", 1.0, False))[0]
    expected = np.rint(to_rgb(values[0], limit) * 255).astype(np.uint32)
    assert np.array_equal(pixels & 0xFFFFFF, expected @ np.array([1 << 16, 1 << 8, 1], np.uint32))


def test_opacity_is_premultiplied_and_may_follow_magnitude(qapp: object) -> None:
    values = np.array([[-2.0, 0.0, 1.0]])
    even = heat_pixels(values, HeatLook(2.0, "red-blue", "scale", 0.5, False))
    assert ((even >> 24) == 128).all()
    assert int(even[0, 0] >> 16) & 255 == pytest.approx(to_rgb(np.array(-2.0), 2.0)[0] * 255 * 0.5, abs=1)
    weak = heat_pixels(values, HeatLook(2.0, "red-blue", "magnitude", 0.8, False)) >> 24
    assert weak[0].tolist() == [204, 1, 102] or weak[0].tolist() == pytest.approx([204, 0, 102], abs=1)


def test_smooth_heat_blends_values_not_colours(qapp: object) -> None:
    values = np.array([[-1.0, 1.0]])
    fine = interpolate(values, 4)
    assert fine.shape == (4, 8)
    assert fine[0].tolist() == [-1.0, -1.0, -0.75, -0.25, 0.25, 0.75, 1.0, 1.0]
    pixels = heat_pixels(values, HeatLook(1.0, "red-blue", "scale", 1.0, True))
    image = make_heat_image(values, smooth=True).astype(np.float64)
    assert image.shape == pixels.shape == (128, 256)
    assert np.array_equal(pixels, heat_pixels(image, HeatLook(1.0, "red-blue", "scale", 1.0, False)))
    rng = np.random.default_rng(0).normal(size=(5, 7))
    assert np.abs(interpolate(rng, 6)).max() <= np.abs(rng).max()  # no value stronger than a patch's


def test_grey_is_luminance() -> None:
    pixels = np.zeros((300, 3, 3), np.uint8)
    pixels[:, 0], pixels[:, 1], pixels[:, 2] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    assert grey_pixels(pixels)[[0, 299]].tolist() == [[54, 182, 18]] * 2


def test_picture_levels_halve_as_the_picture_shrinks() -> None:
    pixels = np.full((81, 161, 3), 7, np.uint8)
    pixels.flags.writeable = False  # as Pillow returns them
    levels = PictureLevels(pixels)
    assert [levels.image(scale, False).width() for scale in (3.0, 1.0, 0.51, 0.5, 0.26, 0.24)] == [
        161,
        161,
        161,
        80,
        80,
        40,
    ]
    assert levels.image(0.5, False) is levels.image(0.5, False)
    assert levels.image(0.5, True).pixelColor(5, 5).getRgb()[:3] == (7, 7, 7)
    assert levels.image(1.0, False).pixelColor(160, 80).getRgb()[:3] == (7, 7, 7)
    assert PictureLevels(np.zeros((1, 5000, 3), np.uint8)).image(0.01, False).height() == 1
    assert not levels.pending


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_a_large_picture_is_made_in_slices_with_a_coarse_image_at_once(scale: float, grey: bool) -> None:
    coarse = np.random.default_rng(4).integers(0, 255, (16, 25, 3), dtype=np.uint8)
    pixels = np.ascontiguousarray(coarse.repeat(100, 0).repeat(100, 1))[:-1]
    levels = PictureLevels(pixels)
    first = levels.image(scale, grey)
    assert levels.pending
    assert first.width() < 500
    turns = 0
    while levels.pending:
        levels.advance()
        turns += 1
    assert turns >= pixels.shape[0] * pixels.shape[1] // SLICE - 1
    made = levels.image(scale, grey)
    assert made.width() == (2500 if scale == 1.0 else 1250)
    for image in (first, made):
        for row, column in ((0, 0), (7, 12), (15, 24)):
            at = (round((column + 0.5) * image.width() / 25), round((row + 0.5) * image.height() / 16))
            colour = coarse[row, column].astype(int)
            expected = [int(grey_pixels(colour[None, None].astype(np.uint8))[0, 0])] * 3 if grey else colour.tolist()
            assert list(image.pixelColor(*at).getRgb()[:3]) == pytest.approx(expected, abs=1)
    assert levels.image(scale / 2, grey) == made  # the complete image until the next one is complete
    assert levels.pending


def test_canvases_share_a_picture_s_images_and_release_them_with_the_last() -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    first, second = shared_levels(pixels), shared_levels(pixels)
    assert first is second
    assert shared_levels(pixels.copy()) is not first
    gone = weakref.ref(first)
    del first, second
    assert gone() is None


def test_parts_outside_the_patches() -> None:
    picture = QRectF(0, 0, 640, 480)
    assert find_unread_parts(picture, (80.0, 0.0, 560.0, 480.0)) == [QRectF(0, 0, 80, 480), QRectF(560, 0, 80, 480)]
    assert find_unread_parts(picture, (-20.0, -20.0, 660.0, 500.0)) == []
    assert find_unread_parts(picture, (0.0, 0.1, 640.0, 479.9)) == []
    assert find_unread_parts(picture, (700.0, 0.0, 800.0, 480.0)) == [picture]
    inner = find_unread_parts(picture, (100.0, 100.0, 200.0, 200.0))
    assert sum(part.width() * part.height() for part in inner) == 640 * 480 - 100 * 100
