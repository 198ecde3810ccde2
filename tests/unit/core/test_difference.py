"""The difference of two explanations of one picture, against explicit sums."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.maths.difference import find_partner_rows, subtract_explanation
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.models.model import Model
from tests.ui.conftest import caption_of


def _partners(now: str, before: str) -> list[tuple[str, str]]:
    captions = [caption_of(tuple(text.split())) for text in (now, before)]
    message = []
    for pair in find_partner_rows(*captions):
        sides = (
            " ".join(caption.tokens[row].text for row in rows) for caption, rows in zip(captions, pair, strict=True)
        )
        message.append(tuple(sides))
    return message


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        ("a red balloon", "a blue balloon", ["a:a", "red:blue", "balloon:balloon"]),
        ("a balloon", "a red balloon", ["a:a", "balloon:balloon"]),
        ("a red hot balloon", "a blue balloon", ["a:a", "balloon:balloon"]),
        ("a Dog and a cat", "a dog", ["a:a", "Dog:dog"]),
        ("a hydrant", "a dog", ["a:a", "hydr ant:dog"]),
        ("dog", "cat", ["dog:cat"]),
    ],
)
def test_words_are_paired_with_the_words_they_replace(now: str, before: str, words: list[str]) -> None:
    expected = [*(tuple(pair.split(":")) for pair in words), ("[SOT]", "[SOT]"), ("[EOT]", "[EOT]")]
    assert _partners(now, before) == expected


@pytest.fixture(scope="module")
def explained(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> tuple[Explanation, Explanation]:
    model = make_tiny()
    return explain_pair(model, picture, "a dog and a cat"), explain_pair(model, picture, "a red dog")


def test_difference_of_all_rows_is_the_difference_of_sums(explained: tuple[Explanation, Explanation]) -> None:
    now, before = explained
    actual = subtract_explanation(now, before)
    assert actual.score == now.score - before.score
    assert np.allclose(actual.interactions.patch_heat(), now.patch_heat() - before.patch_heat())


def test_difference_of_words_subtracts_their_partners(explained: tuple[Explanation, Explanation]) -> None:
    now, before = explained
    heats = subtract_explanation(now, before).interactions
    dog, cat = now.caption.rows_of("dog"), now.caption.rows_of("cat")
    assert np.allclose(heats.patch_heat(dog), now.patch_heat("dog") - before.patch_heat("dog"))
    assert np.allclose(heats.patch_heat(cat), now.patch_heat("cat"))
    box = np.zeros(now.geometry.grid)
    box[0, 1] = 0.5
    assert np.allclose(
        heats.token_heat(box)[list(dog)].sum(),
        now.interactions.token_heat(box)[list(dog)].sum()
        - before.interactions.token_heat(box)[list(before.caption.rows_of("dog"))].sum(),
    )
    assert np.allclose(heats.heat_of_patch((0, 1)), 2 * heats.token_heat(box))
    assert np.allclose(heats.token_heat()[list(cat)], now.token_heat()[list(cat)])
