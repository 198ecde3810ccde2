"""A finding holds what was seen, and says what is no longer so."""

from dataclasses import replace

import numpy as np
import pytest

from exclip_desktop.core.finding import RATINGS, TOLERANCE, differences, numbers_of, view_of
from exclip_desktop.core.selection import Preview, Region, Selection, block_sum, patch_heat, token_heat
from tests.unit.test_captions import make_explanation

CHOSEN = Selection((2, 3), (Region((0, 0, 15, 40), name="left"),))


def test_a_view_is_all_that_is_needed_to_see_it_again() -> None:
    found = make_explanation()
    view = view_of(found, CHOSEN, picture="a.png", picture_sha256="0" * 64, pair="7")
    assert (view.caption, view.selection, view.pair, view.method) == ("a red balloon", CHOSEN, "7", "second-order")
    assert (view.model, view.weights_sha256) == ("demo", "0" * 64)
    assert {**view.settings, "versions": view.versions} == {
        name: getattr(found.settings, name) for name in found.settings.__slots__
    }


@pytest.mark.parametrize("selection", [Selection(), CHOSEN])
def test_the_numbers_are_those_on_screen(selection: Selection) -> None:
    found = make_explanation()
    numbers = numbers_of(found, selection)
    by_token = token_heat(found.interactions, found.geometry, selection, Preview())
    assert numbers.score == found.score
    assert numbers.block == block_sum(found.interactions, found.geometry, selection)
    assert numbers.share == found.share_of_all(numbers.block)
    assert dict(numbers.ledger) == dict(found.ledger.lines())
    np.testing.assert_allclose(numbers.heat, patch_heat(found.interactions, selection, Preview()), atol=1e-9)
    assert [word.text for word in numbers.words] == ["a", "red", "balloon"]
    assert [word.value for word in numbers.words] == [by_token[1], by_token[2], by_token[3]]
    assert [word.selected for word in numbers.words] == [False, bool(selection.rows), bool(selection.rows)]
    hash(numbers.heat)


def test_what_differs_now_is_said() -> None:
    before = numbers_of(make_explanation(), CHOSEN)
    assert differences(before, before) == ()
    little = replace(before, score=before.score * (1 + TOLERANCE / 2))
    assert differences(before, little) == ()
    assert differences(before, replace(before, score=0.25)) == ("score +0.3000 then, +0.2500 now",)
    other = numbers_of(make_explanation(seed=2), CHOSEN)
    told = differences(before, other)
    assert told[0].startswith("selected block ")
    assert told[1].startswith("patches differ by up to ")
    assert differences(before, replace(before, heat=((1.0, 2.0),))) == ("patches 4 × 4 then, 1 × 2 now",)
    assert differences(before, replace(before, heat=(), block=None)) == ("patches 4 × 4 then, 0 now",)


def test_the_ratings() -> None:
    assert RATINGS == ("", "match", "mismatch", "artefact", "unsure")
