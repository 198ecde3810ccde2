"""A finding has the view and the numbers on screen, and describes later differences."""

from dataclasses import replace

import numpy as np
import pytest

from exclip_desktop.core.values.answers import MapAnswer, Maps
from exclip_desktop.core.values.finding import (
    NUMBERS_TOLERANCE,
    RATINGS,
    Finding,
    FindingNumbers,
    describe_differences,
    describe_strongest_patch,
    make_numbers,
    make_view,
    to_rows,
)
from exclip_desktop.core.values.selection import Preview, Region, Selection, block_sum, coverage, patch_heat, token_heat
from tests.unit.storage.test_caption_markup import make_explanation

CHOSEN = Selection((2, 3), (Region((0, 0, 15, 40), name="left"),))


def test_a_view_has_everything_to_restore_it() -> None:
    actual = make_explanation()
    view = make_view(actual, CHOSEN, picture="a.png", picture_sha256="0" * 64, pair="7")
    assert (view.caption, view.selection, view.pair, view.method) == ("a red balloon", CHOSEN, "7", "second-order")
    assert (view.model, view.weights_sha256) == ("demo", "0" * 64)
    assert {**view.settings, "versions": view.versions} == {
        name: getattr(actual.settings, name) for name in actual.settings.__slots__
    }


@pytest.mark.parametrize("selection", [Selection(), CHOSEN])
def test_numbers_equal_those_on_screen(selection: Selection) -> None:
    actual = make_explanation()
    numbers = make_numbers(actual, selection)
    by_token = token_heat(actual.interactions, actual.geometry, selection, Preview())
    assert numbers.score == actual.score
    assert numbers.block == block_sum(actual.interactions, actual.geometry, selection)
    assert numbers.share == actual.share_of_all(numbers.block)
    assert dict(numbers.ledger) == dict(actual.ledger.lines())
    np.testing.assert_allclose(numbers.heat, patch_heat(actual.interactions, selection, Preview()), atol=1e-9)
    assert [word.text for word in numbers.words] == ["a", "red", "balloon"]
    assert [word.value for word in numbers.words] == [by_token[1], by_token[2], by_token[3]]
    assert [word.selected for word in numbers.words] == [False, bool(selection.rows), bool(selection.rows)]
    hash(numbers.heat)


def make_maps(words: bool = True, peak: float = 5.0) -> MapAnswer:
    """Return a map of the same pair whose strongest patch, (1, 2), is ``peak``."""
    actual = make_explanation()
    patches = np.ones(actual.geometry.grid)
    patches[1, 2] = peak
    tokens = np.arange(len(actual.caption.tokens), dtype=np.float64) if words else None
    message = {"method": "game", "options": {"start": 0}, "model": "demo", "weights_sha256": "0" * 64, "device": "cpu"}
    maps = Maps(patches, tokens, actual.interactions.content)
    return MapAnswer(
        maps, actual.caption, actual.geometry, 0.5, "red balloon", {**message, "versions": {"torch": "2.15"}}
    )


def test_the_view_of_a_map_has_method_options_and_target() -> None:
    view = make_view(make_maps(), CHOSEN, picture="a.png", picture_sha256="")
    assert (view.method, view.method_name, view.method_line) == ("game", "GAME", "GAME: start 0")
    assert (view.model, view.weights_sha256, view.versions) == ("demo", "0" * 64, {"torch": "2.15"})
    assert view.settings["options"] == {"start": 0}
    assert (view.settings["target"], view.settings["target_score"]) == ("red balloon", 0.5)
    assert replace(view, method="of a later version").method_line == "of a later version: start 0"


@pytest.mark.parametrize("words", [True, False])
def test_a_map_has_no_sums_and_the_score_of_the_pair(words: bool) -> None:
    actual = make_maps(words)
    numbers = make_numbers(actual, CHOSEN, score=0.3)
    assert (numbers.score, numbers.block, numbers.share, numbers.residual) == (0.3, None, None, None)
    assert numbers.ledger == {}
    assert numbers.heat == to_rows(actual.interactions.patches)
    assert [word.value for word in numbers.words] == ([1.0, 2.0, 3.0] if words else [None] * 3)
    assert [word.selected for word in numbers.words] == [False, True, True]
    assert describe_strongest_patch(numbers) == "+5.0000 in row 1, column 2"
    assert describe_differences(numbers, make_numbers(make_maps(words, peak=6.0), CHOSEN, score=0.3)) == (
        "patches differ by up to 1.0e+00",
    )


def test_share_inside_is_of_positive_heat() -> None:
    actual, left = make_maps(), Region((0, 0, 20, 40))
    view = make_view(actual, Selection((), (left,)), picture="", picture_sha256="")
    share = coverage(actual.geometry, (left,))
    heat = actual.interactions.patches
    inside = Finding(view, make_numbers(actual, view.selection)).share_inside
    assert inside == pytest.approx((heat * share).sum() / heat.sum())
    assert 0 < inside < 1
    assert Finding(replace(view, selection=Selection()), make_numbers(actual, Selection())).share_inside is None
    assert Finding(view, FindingNumbers(0.3)).share_inside is None
    assert describe_strongest_patch(FindingNumbers(0.3)) == ""


def test_differences_are_described() -> None:
    before = make_numbers(make_explanation(), CHOSEN)
    assert describe_differences(before, before) == ()
    little = replace(before, score=before.score * (1 + NUMBERS_TOLERANCE / 2))
    assert describe_differences(before, little) == ()
    assert describe_differences(before, replace(before, score=0.25)) == ("score +0.3000 then, +0.2500 now",)
    other = make_numbers(make_explanation(seed=2), CHOSEN)
    message = describe_differences(before, other)
    assert message[0].startswith("selected block ")
    assert message[1].startswith("patches differ by up to ")
    assert describe_differences(before, replace(before, heat=((1.0, 2.0),))) == ("patches 4 × 4 then, 1 × 2 now",)
    assert describe_differences(before, replace(before, heat=(), block=None)) == ("patches 4 × 4 then, 0 now",)


def test_the_ratings() -> None:
    assert RATINGS == ("", "match", "mismatch", "artefact", "unsure")
