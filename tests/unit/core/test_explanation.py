"""Sums over the matrix, selections, and their errors."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.errors import CaptionError, SelectionError
from exclip_desktop.core.maths.word_patch_pairs import find_strongest_pairs
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Selection, carry_rows
from exclip_desktop.models.model import Model
from tests.conftest import CAPTION


@pytest.fixture(scope="module")
def result(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> Explanation:
    return explain_pair(make_tiny(), picture, CAPTION)


def test_shapes_and_names(result: Explanation) -> None:
    assert result.matrix.shape == (len(result.rows), len(result.columns)) == (len(result.tokens), 17)
    assert result.matrix.dtype == np.float32
    assert result.grid.shape == (len(result.rows), 4, 4)
    assert np.shares_memory(result.grid, result.matrix)
    assert result.rows[0] == "[SOT]"
    assert result.rows[-1] == "[EOT]"
    assert result.columns[:3] == ("[CLS]", "0,0", "0,1")


def test_heat_sums_the_selection(result: Explanation) -> None:
    rows = list(result.caption.rows_of("red balloon"))
    np.testing.assert_allclose(result.patch_heat("red balloon"), result.grid[rows].sum(0), atol=1e-6)
    np.testing.assert_allclose(result.patch_heat(), result.grid.sum(0), atol=1e-6)
    assert result.token_heat().sum() == pytest.approx(result.patch_heat().sum(), abs=1e-6)


def test_a_box_counts_patches_by_the_covered_share(result: Explanation) -> None:
    x0, y0, x1, y1 = result.geometry.patch_box(1, 2)
    np.testing.assert_allclose(result.token_heat((x0, y0, x1, y1)), result.grid[:, 1, 2], atol=1e-6)
    half = result.token_heat((x0, y0, (x0 + x1) / 2, y1))
    np.testing.assert_allclose(half, result.grid[:, 1, 2] / 2, atol=1e-6)
    whole = result.token_heat((0, 0, *result.geometry.source_size))
    np.testing.assert_allclose(whole, result.token_heat(), atol=1e-6)
    assert result.word_heat().sum() == pytest.approx(result.ledger.words_patches, abs=1e-6)


@pytest.mark.parametrize(
    "box", [(0, 0, 0, 10), (10, 10, 5, 20), (100, 0, 200, 10), (-9, -9, 0, 0), (0, 0, 3, 40), (0, 0, np.nan, 4)]
)
def test_boxes_that_select_nothing_are_refused(result: Explanation, box: tuple[float, float, float, float]) -> None:
    with pytest.raises(SelectionError) as caught:
        result.token_heat(box)
    assert caught.value.hint


def test_a_span_outside_the_caption_is_refused(result: Explanation) -> None:
    with pytest.raises(CaptionError):
        result.patch_heat("cat")


def test_strongest_pairs_are_sorted_by_magnitude(result: Explanation) -> None:
    pairs = find_strongest_pairs(result, Selection(), 5)
    values = [abs(pair.value) for pair in pairs]
    assert values == sorted(values, reverse=True)
    row, column = pairs[0].patch
    assert pairs[0].value == pytest.approx(result.grid[list(pairs[0].rows), row, column].sum(), abs=1e-6)
    every = [abs(result.grid[list(w.rows)].sum(0)).max() for w in result.words]
    assert values[0] == pytest.approx(max(every), abs=1e-6)


def _caption(*kinds: str) -> Caption:
    """Return a caption "a dog a" whose content tokens are its words, in order."""
    places = iter(((0, 1), (2, 5), (6, 7)))
    at = [next(places) if kind == "content" else (0, 0) for kind in kinds]
    tokens = tuple(Token(7, kind, kind, *place) for kind, place in zip(kinds, at, strict=True))
    rows = [row for row, kind in enumerate(kinds) if kind == "content"]
    words = tuple(Word("a dog a"[slice(*at[row])], *at[row], (row,)) for row in rows)
    return Caption("a dog a", tokens, words, None, 77)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [((3,), (2,)), ((0,), ()), ((4,), (3,)), ((2, 4), (1, 3)), ((), ())],
)
def test_a_selection_carries_over_to_another_tokenisation(rows: tuple[int, ...], expected: tuple[int, ...]) -> None:
    first = _caption("start", "content", "content", "content", "end")
    other = _caption("content", "content", "content", "end", "padding", "padding")
    assert carry_rows(first, rows, other) == expected
    assert carry_rows(other, (5,), _caption("content", "padding", "padding")) == (1, 2)
    assert carry_rows(first, rows, first) == rows
