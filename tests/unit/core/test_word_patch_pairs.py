"""Sums of rows by word, and the strongest pairs of a selection."""

from dataclasses import replace

import numpy as np
import pytest

from exclip_desktop.core.maths.interactions import InteractionMatrix, Ledger
from exclip_desktop.core.maths.word_patch_pairs import (
    RowGroup,
    WordPatchPair,
    _repeated_words,
    find_strongest_pairs,
    group_rows,
    group_selected_rows,
    sum_row_groups,
    sum_words,
)
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.caption import NO_ID, Caption, Token, Word
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, Selection, block_sum

GRID = (3, 4)
TOKENS = (
    Token(1, "[SOT]", "start", 0, 0),
    Token(2, "red", "content", 0, 3),
    Token(2, "hydr", "content", 4, 8),
    Token(2, "ant", "content", 8, 11),
    Token(3, "[EOT]", "end", 11, 11),
    Token(0, "padding", "padding", 11, 11),
    Token(0, "padding", "padding", 11, 11),
    Token(NO_ID, "[CLS]", "class", 11, 11),
)
CAPTION = Caption("red hydrant", TOKENS, (Word("red", 0, 3, (1,)), Word("hydrant", 4, 11, (2, 3))), None, 7)


@pytest.fixture
def explanation() -> Explanation:
    """Eight rows, one prefix column, 3 × 4 patches of 10 × 10 pixels."""
    values = np.random.default_rng(5).normal(0, 1e-2, (8, 13)).astype(np.float32)
    content = np.array([token.kind == "content" for token in TOKENS])
    side = SideReport(9, 1e-6, None, True, "pair")
    settings = ResolvedSettings("m", "w", "0", 0, 0, "adaptive", 9, "matched", "cpu", {})
    return Explanation(
        InteractionMatrix(values, content, 1, GRID),
        CAPTION,
        Geometry((40, 30), (0, 0, 40, 30), GRID),
        0.3,
        Ledger(0, 0, 0, 0, 0, 0, 0),
        side,
        side,
        settings,
    )


def test_rows_in_reading_order() -> None:
    assert group_rows(CAPTION, by_word=True, specials=False) == (RowGroup("red", (1,)), RowGroup("hydrant", (2, 3)))
    by_token = group_rows(CAPTION, by_word=False, specials=True)
    assert [group.name for group in by_token] == ["[SOT]", "red", "hydr", "ant", "[EOT]", "padding", "[CLS]"]
    assert by_token[-2].rows == (5, 6)


def test_a_part_of_a_word_is_named_by_its_tokens() -> None:
    assert group_selected_rows(CAPTION, ()) == group_rows(CAPTION, by_word=True, specials=False)
    assert group_selected_rows(CAPTION, (3, 0)) == (RowGroup("[SOT]", (0,)), RowGroup("ant", (3,)))
    assert group_selected_rows(CAPTION, (2, 3)) == (RowGroup("hydrant", (2, 3)),)
    assert group_selected_rows(CAPTION, (6,)) == (RowGroup("padding", (6,)),)


def test_sums_over_rows(explanation: Explanation) -> None:
    sums = sum_row_groups(explanation.interactions, group_rows(CAPTION, by_word=True, specials=True))
    patches = explanation.matrix[:, 1:].astype(np.float64)
    expected = [patches[0], patches[1], patches[2] + patches[3], patches[4], patches[5] + patches[6], patches[7]]
    np.testing.assert_allclose(sums, expected, rtol=0, atol=1e-12)
    assert sum_row_groups(explanation.interactions, ()).shape == (0, 12)


def test_pairs_of_everything_are_the_largest_of_every_word_and_patch(explanation: Explanation) -> None:
    pairs = find_strongest_pairs(explanation, Selection(), 12)
    height, width = explanation.geometry.grid
    every = [
        (word, (row, column), float(explanation.interactions.patch_heat(word.rows)[row, column]))
        for word in explanation.words
        for row in range(height)
        for column in range(width)
    ]
    own = sorted(every, key=lambda entry: -abs(entry[2]))[:12]
    assert [(pair.name, pair.rows, pair.patch) for pair in pairs] == [
        (word.text, word.rows, patch) for word, patch, _ in own
    ]
    np.testing.assert_allclose([pair.value for pair in pairs], [value for _, _, value in own], atol=1e-7)


def test_pairs_follow_the_selection(explanation: Explanation) -> None:
    # The box covers patch (1, 1) whole and half of (1, 2).
    selection = Selection((3,), (Region((10, 10, 25, 20)),))
    pairs = find_strongest_pairs(explanation, selection, 12)
    whole, half = explanation.grid[3, 1, 1], explanation.grid[3, 1, 2] / 2
    expected = [WordPatchPair("ant", (3,), (1, 1), float(whole)), WordPatchPair("ant", (3,), (1, 2), float(half))]
    expected.sort(key=lambda pair: -abs(pair.value))
    assert [(pair.name, pair.rows, pair.patch) for pair in pairs] == [(p.name, p.rows, p.patch) for p in expected]
    assert [pair.value for pair in pairs] == pytest.approx([pair.value for pair in expected], abs=1e-8)
    assert sum(pair.value for pair in pairs) == pytest.approx(
        block_sum(explanation.interactions, explanation.geometry, selection), abs=1e-8
    )


def test_repeated_words_are_numbered(explanation: Explanation) -> None:
    words = [Word("dog", 4 * at, 4 * at + 3, (at + 1,)) for at in range(3)]
    caption = replace(CAPTION, text="dog dog dog", words=(*words[:2], Word("cat", 8, 11, (3,))))
    names = {
        pair.rows: pair.name for pair in find_strongest_pairs(replace(explanation, caption=caption), Selection(), 40)
    }
    assert names == {(1,): "dog (1st)", (2,): "dog (2nd)", (3,): "cat"}
    many = replace(CAPTION, words=tuple(Word("a", at, at + 1, (at,)) for at in range(23)))
    assert [_repeated_words(many)[at,] for at in (2, 3, 10, 11, 12, 20, 21)] == [
        *("a (3rd)", "a (4th)", "a (11th)", "a (12th)", "a (13th)", "a (21st)", "a (22nd)")
    ]


def test_no_pairs_without_coverage_or_count(explanation: Explanation) -> None:
    assert find_strongest_pairs(explanation, Selection((1,), (Region((-20, -20, -5, -5)),)), 12) == []
    assert find_strongest_pairs(explanation, Selection(), 0) == []
    assert len(find_strongest_pairs(explanation, Selection(), 99)) == 24


@pytest.mark.parametrize("rows", [(), (1,), (2, 4), (0, 1, 2, 3, 4, 5, 6)])
def test_word_values_add_up_to_the_block(explanation: Explanation, rows: tuple[int, ...]) -> None:
    selection = Selection(rows, (Region((3, 3, 27, 22)),))
    values = sum_words(explanation, selection)
    assert sum(value for _, value in values) == pytest.approx(
        block_sum(explanation.interactions, explanation.geometry, selection), abs=1e-9
    )
    if rows == (2, 4):
        assert [name for name, _ in values] == ["hydr", "[EOT]"]


@pytest.mark.parametrize(
    ("value", "message"),
    [(0.0031, "+0.0031"), (-0.25, "−0.2500"), (0.0, "+0.0000"), (-0.00004, "−0.000040"), (-1e-7, "+0.0000")],
)
def test_format_signed(value: float, message: str) -> None:
    assert format_signed(value) == message
