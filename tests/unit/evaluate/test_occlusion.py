"""Occlusion of words and regions: pictures, captions and scores, against the model called directly."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from exclip_desktop import explain, measure
from exclip_desktop.core.errors import SelectionError, SettingsError
from exclip_desktop.core.values.occlusion_scores import FILLS, OcclusionScores
from exclip_desktop.core.values.selection import Region
from exclip_desktop.evaluate.occlusion import occlude_regions, occlude_words
from exclip_desktop.models.model import Model
from tests.conftest import CAPTION

BOX = (16.0, 8.0, 32.0, 24.0)
MEAN = np.array([10.0, 20.0, 30.0])


def _cosine(model: Model, pixels: NDArray[np.uint8], ids: list[int]) -> float:
    padded = torch.tensor([ids + [0] * (model.reader.context - len(ids))])
    image, text = model.network.encode_image(model.pixels(pixels)[None])[0], model.network.encode_text(padded)[0]
    return float(image @ text / image.norm() / text.norm())


def test_the_four_scores_are_the_models_own(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    model = make_tiny()
    result = explain(model, picture, CAPTION, quadrature="gauss-legendre", steps=4)
    answer = measure(model, result, span="red balloon", box=BOX)
    ids, fewer = list(result.caption.ids), list(result.caption.ids)
    fewer[2] = fewer[3] = 0  # [SOT] a red balloon …
    filled = picture.copy()
    filled[8:24, 16:32] = np.rint(np.array(model.preprocess.mean) * 255)
    expected = [
        _cosine(model, picture, ids),
        _cosine(model, filled, ids),
        _cosine(model, picture, fewer),
        _cosine(model, filled, fewer),
    ]
    scores = [answer.both, answer.without_regions, answer.without_words, answer.neither]
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert answer.interaction == pytest.approx(expected[0] - expected[1] - expected[2] + expected[3], abs=1e-6)
    block = result.grid[2:4] * result.geometry.coverage(BOX)
    assert answer.attributed == pytest.approx(float(block.sum()), abs=1e-6)


def test_the_interaction_of_additive_scores_is_zero() -> None:
    assert OcclusionScores(0.5, 0.4, 0.3, 0.2, 0.0, "mean").interaction == pytest.approx(0)
    assert OcclusionScores(1.0, 0.0, 0.0, 0.0, 1.0, "mean").interaction == 1


def test_fills(picture: NDArray[np.uint8]) -> None:
    region = Region(BOX)
    inside = (slice(8, 24), slice(16, 32))
    for fill in FILLS:
        result = occlude_regions(picture, (region,), fill, MEAN)
        outside = np.ones(picture.shape[:2], bool)
        outside[inside] = False
        np.testing.assert_array_equal(result[outside], picture[outside])
        assert (result[inside] != picture[inside]).any()
    np.testing.assert_array_equal(
        occlude_regions(picture, (region,), "mean", MEAN)[inside], np.broadcast_to(MEAN, (16, 16, 3))
    )
    with pytest.raises(SettingsError, match='no fill "noise".*mean, blur, mirror'):
        occlude_regions(picture, (region,), "noise", MEAN)


def test_mirror_fill_blends_both_sides_inside_the_picture() -> None:
    pixels = np.zeros((4, 12, 3), np.uint8)
    pixels[:, :4], pixels[:, 8:] = 50, 150
    middle = occlude_regions(pixels, (Region((4.0, 0.0, 8.0, 4.0)),), "mirror", MEAN)[0, 4:8, 0]
    np.testing.assert_array_equal(middle, np.rint(50 + 100 * np.array([0.125, 0.375, 0.625, 0.875])))
    edge = occlude_regions(pixels, (Region((0.0, 0.0, 4.0, 4.0)),), "mirror", MEAN)[0, :4, 0]
    np.testing.assert_array_equal(edge, [0, 0, 0, 0])  # what is mirrored at its right edge
    beyond = occlude_regions(pixels, (Region((-5.0, -5.0, 40.0, 40.0)),), "mirror", MEAN)
    assert beyond.shape == pixels.shape


def test_regions_are_filled_by_coverage_and_subtracted_ones_are_not(picture: NDArray[np.uint8]) -> None:
    regions = (Region((0.0, 0.0, 10.5, 10.0)), Region((0.0, 0.0, 5.0, 10.0), subtract=True))
    result = occlude_regions(picture, regions, "mean", MEAN).astype(float)
    np.testing.assert_array_equal(result[:10, :5], picture[:10, :5])
    np.testing.assert_array_equal(result[:10, 5:10], np.broadcast_to(MEAN, (10, 5, 3)))
    np.testing.assert_allclose(result[:10, 10], (picture[:10, 10] + MEAN) / 2, atol=0.51)


@pytest.mark.parametrize("fill", ["mean", "blur", "mirror"])
def test_a_lone_subtracted_region_stays_and_the_rest_is_filled(picture: NDArray[np.uint8], fill: str) -> None:
    result = occlude_regions(picture, (Region((5.0, 5.0, 15.0, 15.0), subtract=True),), fill, MEAN)
    np.testing.assert_array_equal(result[5:15, 5:15], picture[5:15, 5:15])
    assert (result != picture).any()


def test_only_content_tokens_are_occluded(make_tiny: Callable[..., Model]) -> None:
    model = make_tiny()
    caption = model.reader.read("red dog")
    assert occlude_words(model, caption, (0, 1, 3)) == [caption.ids[0], 0, *caption.ids[2:]]


def test_both_sides_must_be_selected(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    model = make_tiny()
    result = explain(model, picture, CAPTION, quadrature="gauss-legendre", steps=2)
    for chosen in ({"span": "dog"}, {"box": BOX}, {}):
        with pytest.raises(SelectionError, match="Words and a box are needed"):
            measure(model, result, **chosen)
