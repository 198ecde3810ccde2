"""The strongest pairs of regions and words: planted objects are found, whatever their length, within selections."""

import numpy as np
import pytest

from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.maths.region_pairs import find_strongest_matches, measure_places
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.explanation import Factor, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.core.values.two_inputs import CaptionSide, InputSide, PictureSide, multiply_inputs

REPORT = SideReport(5, 0.0, None, True, "closed form")
SETTINGS = ResolvedSettings("m", "w", "", 0, 0, "adaptive", 129, "matched", "cpu", {})
GRID, SIZE = (8, 8), 16
BALLOON, DOG, HAT = np.eye(SIZE)[:3]
Planted = tuple[np.ndarray, slice, slice, float]


def picture(seed: int, *objects: Planted) -> tuple[InputSide, Factor]:
    """Return a picture of 80 × 80 px whose objects are rows of these directions, places and lengths."""
    rows = np.random.default_rng(seed).normal(scale=0.01, size=(*GRID, SIZE))
    for direction, down, across, length in objects:
        rows[down, across] += length * direction
    whole = np.concatenate([np.zeros((1, SIZE)), rows.reshape(-1, SIZE)]).astype(np.float32)
    embedding = whole.sum(0).astype(np.float64) + 0.1
    factor = Factor(whole, Ends(embedding, np.zeros(SIZE) + 0.1, np.zeros(SIZE) + 0.1), REPORT)
    geometry = Geometry((80, 80), (0, 0, 80, 80), GRID)
    return PictureSide(geometry, 1, REPORT, measure_places(factor, 1, GRID)), factor


def caption(*directions: np.ndarray) -> tuple[InputSide, Factor]:
    """Return a caption with a token and a word for each direction, between [SOT] and [EOT]."""
    names = [f"w{number}" for number in range(len(directions))]
    tokens = [Token(1, "[SOT]", "start", 0, 0)]
    tokens += [Token(2, name, "content", 3 * at, 3 * at + 2) for at, name in enumerate(names)]
    tokens += [Token(3, "[EOT]", "end", 3 * len(names), 3 * len(names))]
    words = tuple(Word(name, 3 * at, 3 * at + 2, (at + 1,)) for at, name in enumerate(names))
    rows = np.array([np.zeros(SIZE), *directions, np.zeros(SIZE)], np.float32)
    factor = Factor(rows, Ends(rows.sum(0) + 0.1, np.zeros(SIZE) + 0.1, np.zeros(SIZE) + 0.1), REPORT)
    return CaptionSide(Caption(" ".join(names), tuple(tokens), words, None, 16), REPORT), factor


LOW, HIGH = slice(1, 3), slice(5, 7)


def test_the_shared_object_is_found_although_others_have_longer_rows() -> None:
    first = picture(1, (BALLOON, LOW, LOW, 1.0), (DOG + 0.5 * HAT, HIGH, HIGH, 2.0))
    second = picture(2, (BALLOON, HIGH, LOW, 1.0), (HAT + 0.2 * DOG, LOW, HIGH, 2.0))
    explanation = multiply_inputs(first, second, SETTINGS)
    products = explanation.values[1:, 1:]
    assert divmod(int(products.argmax()) // 64, 8)[0] in (5, 6)  # the product alone finds the dog
    best = find_strongest_matches(explanation, 1)[0]
    assert best.first.patches is not None
    assert best.second.patches is not None
    assert best.first.patches[LOW, LOW].all()
    assert best.second.patches[HIGH, LOW].all()
    assert not best.first.patches[HIGH, HIGH].any()
    assert best.first.place in {(1, 1), (1, 2), (2, 1), (2, 2)}
    x0, y0, x1, y1 = best.first.box or (0, 0, 0, 0)
    assert 0 <= x0 <= 10 < 30 <= x1 <= 50
    assert 0 <= y0 <= 10 < 30 <= y1 <= 50
    block = best.first.weights @ explanation.values.astype(np.float64) @ best.second.weights
    assert best.value == pytest.approx(block)
    assert best.first.weights[0] == 0  # the class token


def test_pairs_are_those_of_the_other_order_and_stay_in_selections() -> None:
    first = picture(1, (BALLOON, LOW, LOW, 1.0), (DOG, HIGH, HIGH, 1.2))
    second = picture(2, (BALLOON, HIGH, LOW, 1.0), (DOG, LOW, HIGH, 1.2))
    explanation = multiply_inputs(first, second, SETTINGS)
    pairs = find_strongest_matches(explanation, 6)
    assert len(pairs) == 2  # the background makes none
    back = find_strongest_matches(explanation.swapped, 6)
    assert [(one.first.box, one.second.box) for one in pairs] == [(one.second.box, one.first.box) for one in back]
    chosen = Selection(regions=(Region((0, 0, 40, 40)),))
    inside = find_strongest_matches(explanation, 6, first=chosen)
    assert inside[0].first.place in {(1, 1), (1, 2), (2, 1), (2, 2)}
    for one in inside:
        assert one.first.patches is not None
        assert not one.first.patches[4:].any()
    outside = Selection(regions=(Region((200, 200, 210, 210)),))
    assert find_strongest_matches(explanation, 6, first=outside) == []


def test_a_picture_without_heat_has_no_pairs() -> None:
    side, factor = picture(1)
    empty = Factor(np.zeros_like(factor.rows), factor.ends, REPORT)
    assert isinstance(side, PictureSide)
    still = PictureSide(side.geometry, 1, REPORT, measure_places(empty, 1, GRID))
    assert find_strongest_matches(multiply_inputs((still, empty), (still, empty), SETTINGS), 3) == []


def test_words_count_by_the_magnitude_of_their_sums() -> None:
    explanation = multiply_inputs(caption(BALLOON, DOG), caption(0.2 * BALLOON, -3 * DOG), SETTINGS)
    pairs = find_strongest_matches(explanation, 6)
    assert [(one.first.name, one.second.name) for one in pairs] == [("w1", "w1"), ("w0", "w0")]
    assert pairs[0].value < 0 < pairs[1].value
    chosen = find_strongest_matches(explanation, 6, first=Selection((1,)))
    assert [(one.first.name, one.second.name) for one in chosen] == [("w0", "w0")]


def test_a_word_and_a_region_are_a_pair() -> None:
    explanation = multiply_inputs(picture(1, (DOG, HIGH, LOW, 1.0)), caption(BALLOON, DOG), SETTINGS)
    best = find_strongest_matches(explanation, 1)[0]
    assert best.second.name == "w1"
    assert best.first.patches is not None
    assert best.first.patches[HIGH, LOW].all()
