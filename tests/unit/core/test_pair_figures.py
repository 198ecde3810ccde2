"""Figures of listed pairs."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.values.pair_list import compute_labelled_share
from exclip_desktop.core.values.selection import Region
from exclip_desktop.models.model import Model
from exclip_desktop.storage.pictures import read_thumbnail


def test_labelled_share_is_of_positive_heat(tiny: Model, picture: NDArray[np.uint8]) -> None:
    result = explain_pair(tiny, picture, "a dog and a cat")
    heat = np.clip(result.patch_heat("dog"), 0, None)
    width, height = result.geometry.source_size
    left = Region((0.0, 0.0, width / 2, float(height)), name="dog")
    expected = heat[:, : heat.shape[1] // 2].sum() / heat.sum()
    assert compute_labelled_share(result, [left]) == pytest.approx(expected)
    assert compute_labelled_share(result, [left, Region(left.box, name="whale")]) == pytest.approx(expected)
    assert compute_labelled_share(result, [Region(left.box, name="whale")]) is None
    assert compute_labelled_share(result, []) is None


def test_a_thumbnail_keeps_its_shape_and_stands_upright(tmp_path: Path) -> None:
    turned = Image.new("RGB", (400, 200), (250, 10, 10))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    actual = read_thumbnail(tmp_path / "turned.jpg", 64)
    assert actual is not None
    assert actual.shape == (64, 32, 3)
    assert actual[32, 16, 0] > 240


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0cut"])
def test_other_files_than_pictures_have_no_thumbnail(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert read_thumbnail(tmp_path / "a.jpg", 64) is None
