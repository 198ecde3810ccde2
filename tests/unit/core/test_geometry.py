"""The geometry locates each patch after open_clip's own preprocessing."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.values.geometry import Geometry, whole_size
from exclip_desktop.models.model import Model

SIZES = [(64, 64), (200, 120), (120, 200), (97, 331), (16, 16), (640, 33)]
RESNET: dict[str, Any] = {
    "vision": {"layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "image_size": 64, "patch_size": None}
}
WAYS: dict[str, dict[str, Any]] = {
    "shortest": {"preprocess": {"resize_mode": "shortest"}},
    "squash": {"preprocess": {"resize_mode": "squash"}},
    "longest": {"preprocess": {"resize_mode": "longest"}},
    "oblong": {"preprocess": {"resize_mode": "shortest"}, "vision": {"image_size": [32, 48]}},
    "remainder": {"vision": {"image_size": 36}},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", SIZES)
def test_geometry_locates_a_lit_patch(make_tiny: Callable[..., Model], way: str, size: tuple[int, int]) -> None:
    checked = _check_patches(make_tiny(**WAYS[way]), size, "model")
    assert checked or min(size) < 20 or way == "longest"


def _check_patches(model: Model, size: tuple[int, int], framing: str) -> int:
    """Light one patch's place on the picture after the other; return how many could be."""
    geometry = model.geometry(size, 0, framing)
    width, height = size
    rows, columns = geometry.grid
    patch_h, patch_w = model.image.cut(0).patch_size
    dark = model.pixels(np.zeros((height, width, 3), np.uint8), framing).numpy()
    checked = 0
    for row, column in [(0, 0), (1, 2), (rows - 1, columns - 1), (rows // 2, columns // 2)]:
        x0, y0, x1, y1 = (round(v) for v in geometry.patch_box(row, column))
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height or x1 - x0 < 3 or y1 - y0 < 3:
            continue  # padded, or too small for a mark to survive resampling
        picture = np.zeros((height, width, 3), np.uint8)
        picture[y0:y1, x0:x1] = 255
        light = model.pixels(picture, framing).numpy() - dark
        blocks = light[:, : rows * patch_h, : columns * patch_w].reshape(3, rows, patch_h, columns, patch_w)
        brightness = blocks.mean((0, 2, 4))
        assert np.unravel_index(brightness.argmax(), brightness.shape) == (row, column)
        assert brightness[row, column] > 0.7 * brightness.sum()
        checked += 1
    return checked


def test_coverage_counts_shares() -> None:
    geometry = Geometry((100, 50), (25.0, 0.0, 75.0, 50.0), (2, 2))
    np.testing.assert_allclose(geometry.coverage((25, 0, 75, 50)), 1)
    np.testing.assert_allclose(geometry.coverage((25, 0, 37.5, 25)), [[0.5, 0], [0, 0]])
    np.testing.assert_allclose(geometry.coverage((0, 0, 50, 12.5)), [[0.5, 0], [0, 0]])
    assert not geometry.coverage((0, 0, 25, 50)).any()
    assert geometry.patch_centre(1, 0) == (37.5, 37.5)


@pytest.mark.parametrize("framing", ["crop", "squash", "pad", "whole"])
@pytest.mark.parametrize("size", SIZES)
def test_geometry_locates_a_lit_patch_in_every_framing(
    make_tiny: Callable[..., Model], framing: str, size: tuple[int, int]
) -> None:
    _check_patches(make_tiny(), size, framing)


def test_framings_cover_the_expected_part_of_the_picture(make_tiny: Callable[..., Model]) -> None:
    model, size = make_tiny(), (200, 120)
    visible = {framing: model.geometry(size, 0, framing) for framing in ("model", "crop", "squash", "pad", "whole")}
    assert visible["model"] == visible["crop"]
    assert visible["crop"].visible == pytest.approx((40, 0, 160, 120), abs=4)
    assert visible["squash"] == Geometry(size, (0.0, 0.0, 200.0, 120.0), (4, 4))
    assert visible["pad"].visible == pytest.approx((0, -40, 200, 160), abs=6)
    assert visible["whole"] == Geometry(size, (0.0, 0.0, 200.0, 120.0), (3, 5))


@pytest.mark.parametrize(
    ("source", "expected"),
    [((40, 48), (32, 32)), ((120, 200), (24, 40)), ((200, 120), (40, 24)), ((10, 1000), (8, 128)), ((1, 9), (8, 96))],
)
def test_a_whole_picture_has_about_as_many_patches(source: tuple[int, int], expected: tuple[int, int]) -> None:
    assert whole_size(source, (32, 32), (8, 8)) == expected


def test_unknown_framings_are_refused(make_tiny: Callable[..., Model]) -> None:
    with pytest.raises(SettingsError, match='no framing "tilted".*whole'):
        make_tiny().check_framing("tilted")
    resnet = make_tiny(**RESNET)
    with pytest.raises(SettingsError, match=r"its own input size only.*model, crop, squash, pad\."):
        resnet.check_framing("whole")
    for framing in ("model", "crop", "squash", "pad"):
        resnet.check_framing(framing)
