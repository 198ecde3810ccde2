"""The geometry says where open_clip's own preprocessing puts each patch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exclip_desktop.core.geometry import Geometry
from exclip_desktop.models.model import Model

SIZES = [(64, 64), (200, 120), (120, 200), (97, 331), (16, 16), (640, 33)]
WAYS: dict[str, dict[str, Any]] = {
    "shortest": {"preprocess": {"resize_mode": "shortest"}},
    "squash": {"preprocess": {"resize_mode": "squash"}},
    "longest": {"preprocess": {"resize_mode": "longest"}},
    "oblong": {"preprocess": {"resize_mode": "shortest"}, "vision": {"image_size": [32, 48]}},
    "remainder": {"vision": {"image_size": 36}},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", SIZES)
def test_a_lit_patch_is_where_the_geometry_says(
    make_tiny: Callable[..., Model], way: str, size: tuple[int, int]
) -> None:
    model = make_tiny(**WAYS[way])
    cut = model.image.cut(0)
    geometry = model.preprocess.geometry(size, cut)
    width, height = size
    rows, columns = geometry.grid
    patch_h, patch_w = cut.patch_size
    dark = model.pixels(np.zeros((height, width, 3), np.uint8)).numpy()
    checked = 0
    for row, column in [(0, 0), (1, 2), (rows - 1, columns - 1), (rows // 2, columns // 2)]:
        x0, y0, x1, y1 = (round(v) for v in geometry.patch_box(row, column))
        if x0 < 0 or y0 < 0 or x1 > width or y1 > height or x1 - x0 < 3 or y1 - y0 < 3:
            continue  # padded, or too small for a mark to survive resampling
        picture = np.zeros((height, width, 3), np.uint8)
        picture[y0:y1, x0:x1] = 255
        light = model.pixels(picture).numpy() - dark
        blocks = light[:, : rows * patch_h, : columns * patch_w].reshape(3, rows, patch_h, columns, patch_w)
        brightness = blocks.mean((0, 2, 4))
        assert np.unravel_index(brightness.argmax(), brightness.shape) == (row, column)
        assert brightness[row, column] > 0.7 * brightness.sum()
        checked += 1
    assert checked or min(size) < 20 or way == "longest"


def test_coverage_counts_shares() -> None:
    geometry = Geometry((100, 50), (25.0, 0.0, 75.0, 50.0), (2, 2))
    np.testing.assert_allclose(geometry.coverage((25, 0, 75, 50)), 1)
    np.testing.assert_allclose(geometry.coverage((25, 0, 37.5, 25)), [[0.5, 0], [0, 0]])
    np.testing.assert_allclose(geometry.coverage((0, 0, 50, 12.5)), [[0.5, 0], [0, 0]])
    assert not geometry.coverage((0, 0, 25, 50)).any()
    assert geometry.patch_centre(1, 0) == (37.5, 37.5)
