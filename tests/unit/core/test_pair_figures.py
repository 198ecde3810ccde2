"""Figures of listed pairs, and their arrangement."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.values.pair_list import (
    Arrangement,
    ListedPair,
    PairFigures,
    arrange_pairs,
    compute_labelled_share,
    make_search_texts,
)
from exclip_desktop.core.values.selection import Region
from exclip_desktop.models.model import Model
from exclip_desktop.storage.pictures import read_thumbnail

PAIRS = (
    ListedPair("a", "1.png", "A Dog", "animals"),
    ListedPair("b", "2.png", "a cat"),
    ListedPair("c", "3.png", "a fish"),
    ListedPair("d", "4.png", "a dogfish"),
)
FIGURES = {
    0: PairFigures(0.3, 1e-4, rating="unsure"),
    1: PairFigures(rating="match"),
    2: PairFigures(0.1, 2e-4, 0.5),
    3: PairFigures(failure="No picture."),
}


@pytest.mark.parametrize(
    ("requested", "places"),
    [
        ({}, (0, 1, 2, 3)),
        ({"descending": True}, (3, 2, 1, 0)),
        ({"holding": " DOG "}, (0, 3)),
        ({"holding": "animals"}, (0,)),
        ({"holding": "3.png"}, (2,)),
        ({"shown": "open"}, (1,)),
        ({"shown": "explained"}, (0, 2)),
        ({"shown": "failed"}, (3,)),
        ({"by": "score"}, (2, 0, 1, 3)),
        ({"by": "score", "descending": True}, (0, 2, 1, 3)),
        ({"by": "share"}, (2, 0, 1, 3)),
        ({"by": "rating"}, (1, 0, 2, 3)),
        ({"by": "rating", "descending": True}, (0, 1, 2, 3)),
        ({"by": "residual", "shown": "explained", "descending": True}, (2, 0)),
    ],
)
def test_arrangement(requested: dict[str, object], places: tuple[int, ...]) -> None:
    assert arrange_pairs(make_search_texts(PAIRS), FIGURES, Arrangement(**requested)) == places  # type: ignore[arg-type]


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
