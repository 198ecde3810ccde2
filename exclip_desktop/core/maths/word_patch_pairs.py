"""Sums of matrix rows by word, and the strongest pairs of words and patches in a selection."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from exclip_desktop.core.maths.interactions import Floats, InteractionMatrix
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Selection, coverage


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows of the matrix shown as one: a word, a token, or all padding; at least one row."""

    name: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WordPatchPair:
    """The interaction of a word and a patch.

    Attributes:
        name: the word, or its selected part.
        rows: its rows of the matrix.
        patch: (row, column) in the grid.
        value: in the unit of the score; a patch partly selected counts by its selected share.

    """

    name: str
    rows: tuple[int, ...]
    patch: tuple[int, int]
    value: float


def group_rows(caption: Caption, *, by_word: bool, specials: bool) -> tuple[RowGroup, ...]:
    """Return the rows in reading order, one group for each word (or token), and for specials if ``specials``."""
    tokens = caption.tokens
    if by_word:
        groups = [RowGroup(word.text, word.rows) for word in caption.words if word.rows]
    else:
        groups = [RowGroup(tokens[row].text, (row,)) for row in caption.content_rows]
    if specials:
        single = ("start", "end", "class")
        groups += [RowGroup(token.text, (row,)) for row, token in enumerate(tokens) if token.kind in single]
        padding = tuple(row for row, token in enumerate(tokens) if token.kind == "padding")
        groups += [RowGroup("padding", padding)] if padding else []
    return tuple(sorted(groups, key=lambda group: group.rows[0]))


def group_selected_rows(caption: Caption, rows: tuple[int, ...]) -> tuple[RowGroup, ...]:
    """Return the words (and specials) that ``rows`` touch, each with its selected rows only; all words for no rows."""
    if not rows:
        return group_rows(caption, by_word=True, specials=False)
    chosen = frozenset(rows)
    groups = (group for group in group_rows(caption, by_word=True, specials=True) if not chosen.isdisjoint(group.rows))
    return tuple(_selected_part(caption, group, chosen) for group in groups)


def _selected_part(caption: Caption, group: RowGroup, chosen: frozenset[int]) -> RowGroup:
    if chosen.issuperset(group.rows):
        return group
    rows = tuple(row for row in group.rows if row in chosen)
    if caption.tokens[rows[0]].kind == "padding":
        return RowGroup(group.name, rows)
    return RowGroup("·".join(caption.tokens[row].text for row in rows), rows)


def sum_row_groups(matrix: InteractionMatrix, groups: tuple[RowGroup, ...]) -> Floats:
    """Return the patch columns summed over each group's rows: float64 (groups, patches)."""
    patches = matrix.values[:, matrix.prefix :]
    if not groups:
        return np.zeros((0, patches.shape[1]))
    order = [row for group in groups for row in group.rows]
    starts = np.cumsum([0, *(len(group.rows) for group in groups[:-1])])
    return np.asarray(np.add.reduceat(patches[order], starts, axis=0, dtype=np.float64))


def find_strongest_pairs(explanation: PairMatrix, selection: Selection, count: int) -> list[WordPatchPair]:
    """Return the pairs of largest magnitude within the selection, strongest first; at most ``count``.

    Words: those with selected tokens, all where none is selected. Patches: those in the drawn regions, all where
    none is drawn.
    """
    groups = group_selected_rows(explanation.caption, selection.rows)
    names = _repeated_words(explanation.caption)
    sums = sum_row_groups(explanation.interactions, groups)
    share = coverage(explanation.geometry, selection.regions)
    columns = np.arange(sums.shape[1]) if share is None else np.flatnonzero(share)
    if share is not None:
        sums = sums[:, columns] * share.reshape(-1)[columns]
    width = explanation.geometry.grid[1]
    return [
        WordPatchPair(
            names.get(groups[at].rows, groups[at].name),
            groups[at].rows,
            divmod(int(columns[place]), width),
            float(sums[at, place]),
        )
        for at, place in _largest(sums, count)
    ]


def _repeated_words(caption: Caption) -> dict[tuple[int, ...], str]:
    """Return rows → name with ordinal, for each word that occurs several times in the caption."""
    count = Counter(word.text for word in caption.words)
    occurrences: Counter[str] = Counter()
    named = {}
    for word in caption.words:
        occurrences[word.text] += 1
        if count[word.text] > 1:
            named[word.rows] = f"{word.text} ({_ordinal(occurrences[word.text])})"
    return named


def _ordinal(number: int) -> str:
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def find_strongest_patch(explanation: PairMatrix, selection: Selection) -> tuple[tuple[int, int], float] | None:
    """Return the patch (row, column) of largest magnitude within the selection, and its value; None for no patch.

    The value is summed over the selected tokens, all rows where none is selected; a patch partly selected counts by its
    selected share.
    """
    heat = explanation.interactions.patch_heat(selection.rows or None)
    share = coverage(explanation.geometry, selection.regions)
    share = np.ones_like(heat) if share is None else share
    if not share.any():
        return None
    sizes = np.where(share > 0, np.abs(heat * share), -1.0)
    row, column = divmod(int(sizes.argmax()), heat.shape[1])
    return (row, column), float(heat[row, column] * share[row, column])


def _largest(sums: Floats, count: int) -> list[tuple[int, int]]:
    """Return the positions of the values of largest magnitude, largest first, ties in reading order."""
    sizes = np.abs(sums).reshape(-1)
    count = min(count, sizes.size)
    if not count:
        return []
    least = np.partition(sizes, sizes.size - count)[sizes.size - count]
    places = np.flatnonzero(sizes >= least)
    places = places[np.lexsort((places, -sizes[places]))][:count]
    return [divmod(int(place), sums.shape[1]) for place in places]


def sum_words(explanation: PairMatrix, selection: Selection) -> list[tuple[str, float]]:
    """Return the sum of each selected word over the drawn regions; these add up to the selected block.

    With no rows selected that is every word and every special.
    """
    caption = explanation.caption
    if selection.rows:
        groups = group_selected_rows(caption, selection.rows)
    else:
        groups = group_rows(caption, by_word=True, specials=True)
    by_token = explanation.interactions.token_heat(coverage(explanation.geometry, selection.regions))
    return [(group.name, float(by_token[list(group.rows)].sum())) for group in groups]
