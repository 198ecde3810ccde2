"""The metrics of finding a place: by hand on tiny pictures, and against loops over pixels."""

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.places import Truth, places_of_regions
from exclip_desktop.core.values.selection import Region
from exclip_desktop.evaluate.heat_metrics import (
    MARKING_RULES,
    accuracy,
    average_precision,
    energy,
    iou,
    paint,
    pointing,
)

Floats = NDArray[np.float64]


def truth_of(inside: NDArray[np.bool_]) -> Truth:
    return Truth(inside, np.ones(inside.shape, bool))


def boxed(x0: int, y0: int, x1: int, y1: int, size: tuple[int, int] = (4, 4)) -> Truth:
    inside = np.zeros((size[1], size[0]), bool)
    inside[y0:y1, x0:x1] = True
    return truth_of(inside)


FOUR = Geometry((4, 4), (0.0, 0.0, 4.0, 4.0), (2, 2))  # four patches of 2 × 2 pixels
HEAT = np.array([[4.0, 1.0], [-1.0, 0.0]])


def test_metrics_of_a_small_example() -> None:
    truth = boxed(0, 0, 2, 3)  # the first patch and half of the third: 6 pixels
    painted = paint(HEAT, FOUR, truth)
    assert painted.inside.tolist() == [4, 0, 2, 0]
    assert painted.total.tolist() == [4, 4, 4, 4]
    assert energy(painted) == pytest.approx(16 / 20)
    # The mean is 1, so only the first patch is above it; half of 4 − (−1) is at 1.5; positive are the first two.
    assert accuracy(painted, "mean") == accuracy(painted, "half") == pytest.approx((4 + 10) / 16)
    assert iou(painted, "mean") == pytest.approx(4 / 6)
    assert iou(painted, "zero") == pytest.approx(4 / 10)
    # Ranked: 4 pixels all inside, 4 outside, 4 outside, 4 of which 2 are inside.
    assert average_precision(painted) == pytest.approx((4 * 1 + 2 * 6 / 16) / 6)


def test_pointing_takes_the_centre_and_a_tolerance() -> None:
    assert pointing(HEAT, FOUR, boxed(1, 1, 2, 2)) == 1  # the centre, (1, 1), is its pixel
    assert pointing(HEAT, FOUR, boxed(0, 0, 1, 1)) == 0
    assert pointing(HEAT, FOUR, boxed(3, 1, 4, 2)) == 0
    assert pointing(HEAT, FOUR, boxed(3, 1, 4, 2), tolerance_px=1.9) == 0
    assert pointing(HEAT, FOUR, boxed(3, 1, 4, 2), tolerance_px=2) == 1
    beyond = Geometry((4, 4), (-4.0, -4.0, 4.0, 4.0), (2, 2))  # the strongest patch lies outside the picture
    assert pointing(HEAT, beyond, boxed(0, 0, 4, 4)) == 0


def test_a_heat_without_positive_values_has_no_energy() -> None:
    assert energy(paint(-np.ones((2, 2)), FOUR, boxed(0, 0, 2, 2))) == 0


def test_hidden_and_unknown_pixels_do_not_count() -> None:
    cropped = Geometry((6, 4), (1.0, 0.0, 5.0, 4.0), (2, 2))
    truth = boxed(0, 0, 3, 2, (6, 4))
    unknown = Truth(truth.inside, np.ones((4, 6), bool))
    unknown.counted[0] = False
    assert paint(HEAT, cropped, truth).inside.tolist() == [4, 0, 0, 0]
    assert paint(HEAT, cropped, unknown).inside.tolist() == [2, 0, 0, 0]
    assert paint(HEAT, cropped, unknown).total.tolist() == [2, 2, 4, 4]
    smooth = paint(HEAT, cropped, unknown, smooth=True)
    assert (smooth.inside.sum(), smooth.total.sum()) == (2, 12)


def test_smooth_heat_is_bilinear_between_centres_and_flat_beyond() -> None:
    row = Geometry((8, 1), (0.0, 0.0, 8.0, 1.0), (1, 2))  # centres at 2 and 6
    painted = paint(np.array([[0.0, 4.0]]), row, boxed(0, 0, 8, 1, (8, 1)), smooth=True)
    np.testing.assert_allclose(painted.heat, [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4])


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_all_metrics_against_loops_over_pixels(seed: int, smooth: bool) -> None:
    rng = np.random.default_rng(seed)
    size = 11, 9
    geometry = Geometry(size, (-0.7, 0.6, 10.1, 8.8), (3, 4))
    heat = rng.normal(size=(3, 4)) if smooth else rng.integers(-3, 4, (3, 4)).astype(float)  # with ties
    truth = truth_of(rng.random((9, 11)) < 0.4)
    painted = paint(heat, geometry, truth, smooth)
    values, inside = pixel_by_pixel(heat, geometry, truth, smooth)
    positive = [max(value, 0) for value in values]
    assert energy(painted) == pytest.approx(sum(p for p, t in zip(positive, inside, strict=True) if t) / sum(positive))
    low, high = min(values), max(values)
    limits = {"mean": sum(values) / len(values), "half": (low + high) / 2, "zero": 0.0}
    for rule in MARKING_RULES:
        marked = [value > limits[rule] + 1e-12 * (rule == "mean") for value in values]
        both = sum(m and t for m, t in zip(marked, inside, strict=True))
        either = sum(m or t for m, t in zip(marked, inside, strict=True))
        right = sum(m == t for m, t in zip(marked, inside, strict=True))
        assert iou(painted, rule) == pytest.approx(both / either), rule
        assert accuracy(painted, rule) == pytest.approx(right / len(values)), rule
    assert average_precision(painted) == pytest.approx(precision_by_thresholds(values, inside))


def pixel_by_pixel(heat: Floats, geometry: Geometry, truth: Truth, smooth: bool) -> tuple[list[float], list[bool]]:
    """Return the heat and the truth of every pixel that was seen."""
    values, inside = [], []
    (x0, y0, x1, y1), (rows, columns) = geometry.visible, geometry.grid
    for y in range(truth.inside.shape[0]):
        for x in range(truth.inside.shape[1]):
            if not (x0 <= x + 0.5 < x1 and y0 <= y + 0.5 < y1):
                continue
            down, across = (y + 0.5 - y0) / (y1 - y0) * rows, (x + 0.5 - x0) / (x1 - x0) * columns
            if smooth:
                down, across = np.clip(down - 0.5, 0, rows - 1), np.clip(across - 0.5, 0, columns - 1)
                top, left = int(down), int(across)
                bottom, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
                a, b = down - top, across - left
                above = heat[top, left] * (1 - b) + heat[top, right] * b
                below = heat[bottom, left] * (1 - b) + heat[bottom, right] * b
                values.append(float(above * (1 - a) + below * a))
            else:
                values.append(float(heat[int(down), int(across)]))
            inside.append(bool(truth.inside[y, x]))
    return values, inside


def precision_by_thresholds(values: list[float], inside: list[bool]) -> float:
    """Return Σ (R_n − R_{n−1}) P_n, one threshold after the other."""
    text, recall = 0.0, 0.0
    rounded = [round(value, 9) for value in values]
    for threshold in sorted(set(rounded), reverse=True):
        taken = [truth for value, truth in zip(rounded, inside, strict=True) if value >= threshold]
        now = sum(taken) / sum(inside)
        text, recall = text + (now - recall) * sum(taken) / len(taken), now
    return text


def test_regions_of_one_name_are_one_place_of_whole_pixels() -> None:
    regions = (Region((0, 0, 2, 1), name="cat"), Region((3, 3, 4, 4), name="cat"), Region((1, 1, 2, 2), name="dog"))
    cat, dog = places_of_regions(regions, (4, 4))
    assert (cat.words, dog.words) == ("cat", "dog")
    assert np.argwhere(cat.truth.inside).tolist() == [[0, 0], [0, 1], [3, 3]]
    assert dog.truth.inside.sum() == 1
    assert cat.truth.counted.all()
