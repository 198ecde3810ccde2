"""The selection of words and regions, and the heat that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.interactions import InteractionMatrix
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.geometry import Box, Geometry

Floats = NDArray[np.float64]
Point = tuple[float, float]
LASSO_LINES = 8  # sample lines per patch row; along a line the overlap is exact


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture, in source pixels: a box, or a lasso.

    Attributes:
        box: (x0, y0, x1, y1); of a lasso, the box around it.
        outline: the lasso's corners; empty for a box.
        subtract: whether it is subtracted from the regions before it; see ``coverage``.
        name: may be empty.

    """

    box: Box
    outline: tuple[Point, ...] = ()
    subtract: bool = False
    name: str = ""

    @staticmethod
    def lasso(outline: tuple[Point, ...], subtract: bool = False, name: str = "") -> "Region":
        """Return the region inside ``outline``, at least three corners."""
        xs, ys = zip(*outline, strict=True)
        return Region((min(xs), min(ys), max(xs), max(ys)), outline, subtract, name)


@dataclass(frozen=True, slots=True)
class Selection:
    """Selected rows of the matrix (tokens) and regions of the picture; empty means everything.

    Attributes:
        rows: the tokens.
        regions: in the order they were drawn.
        absent: whether the words selected with another model do not exist for this one, so that nothing is selected.
        hidden: regions that a person has hidden, each with its place among all regions, in ascending order. They are
            drawn nowhere and no value depends on them.

    """

    rows: tuple[int, ...] = ()
    regions: tuple[Region, ...] = ()
    absent: bool = False
    hidden: tuple[tuple[int, Region], ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether no token and no region is selected."""
        return not (self.rows or self.regions or self.absent)


@dataclass(frozen=True, slots=True)
class ListedRegion:
    """A region in the list of all regions: itself, and whether it is visible, and so selected."""

    region: Region
    visible: bool = True


def list_regions(selection: Selection) -> tuple[ListedRegion, ...]:
    """Return all regions, hidden ones too, in the order they were drawn."""
    listed = [ListedRegion(region) for region in selection.regions]
    for place, region in selection.hidden:
        listed.insert(place, ListedRegion(region, visible=False))
    return tuple(listed)


def with_regions(selection: Selection, listed: Sequence[ListedRegion]) -> Selection:
    """Return the selection with these regions instead of its own."""
    hidden = tuple((place, one.region) for place, one in enumerate(listed) if not one.visible)
    return replace(selection, regions=tuple(one.region for one in listed if one.visible), hidden=hidden)


@dataclass(frozen=True, slots=True)
class Preview:
    """The rows of the word, or the patch (row, column) or regions, under the mouse; shown without being selected."""

    rows: tuple[int, ...] = ()
    patch: tuple[int, int] | None = None
    regions: tuple[Region, ...] = ()


def follow_region(before: Sequence[Region], after: Sequence[Region], index: int | None) -> int | None:
    """Return the index in ``after`` of the region at ``index`` in ``before``; None where it is gone.

    Where as many regions are drawn as before, the region at ``index`` was changed.
    """
    if index is None or index >= len(before):
        return None
    if len(before) == len(after) or (index < len(after) and after[index] == before[index]):
        return index
    return next((place for place, region in enumerate(after) if region == before[index]), None)


def is_rest(regions: Sequence[Region]) -> bool:
    """Return whether all regions are subtracted, so that they select the rest of the picture; False without regions."""
    return bool(regions) and all(region.subtract for region in regions)


@lru_cache(maxsize=8)  # canvas, words and inspector ask for the same one within a mouse move
def coverage(geometry: Geometry, regions: tuple[Region, ...], *, of_rest: bool = True) -> Floats | None:
    """Return each patch's selected share, (rows, columns) in [0, 1], read-only; None where no region is drawn.

    Regions add up to at most a whole patch, in the order they were drawn; subtracted ones are subtracted. Where all of
    them are subtracted, they are subtracted from the whole picture; not so with ``of_rest`` False, for regions that are
    only some of those drawn.
    """
    if not regions:
        return None
    total = np.ones(geometry.grid) if of_rest and is_rest(regions) else np.zeros(geometry.grid)
    for region in regions:
        share = _lasso_coverage(geometry, region.outline) if region.outline else geometry.coverage(region.box)
        total = np.clip(total - share if region.subtract else total + share, 0.0, 1.0)
    total.flags.writeable = False
    return total


class HeatSource(Protocol):
    """Values of patches and tokens under a selection."""

    @property
    def content(self) -> NDArray[np.bool_]:
        """(rows,): True for tokens of words, False for specials."""

    @property
    def values_words(self) -> bool:
        """Whether the method values tokens."""

    @property
    def fixed(self) -> bool:
        """Whether the values are the same for every selection."""

    def patch_heat(self, rows: tuple[int, ...] | None = None) -> Floats:
        """Return each patch's value for ``rows`` (None: all): (grid_h, grid_w)."""

    def token_heat(self, coverage: Floats | None = None) -> Floats:
        """Return each row's value for the patches, each by its ``coverage`` (grid_h, grid_w; None: all): (rows,)."""

    def heat_of_patch(self, patch: tuple[int, int]) -> Floats:
        """Return each row's value for one patch (row, column): (rows,)."""


def patch_heat(matrix: HeatSource, selection: Selection, preview: Preview) -> Floats:
    """Return the sum of each patch over the hovered word, else the selected tokens, else all: (grid_h, grid_w)."""
    return matrix.patch_heat(preview.rows or selection.rows or None)


def token_heat(matrix: HeatSource, geometry: Geometry, selection: Selection, preview: Preview) -> Floats:
    """Return each token's sum over the hovered patch or regions, else the drawn ones, else all patches: (rows,)."""
    if preview.patch is not None:
        return matrix.heat_of_patch(preview.patch)
    return matrix.token_heat(coverage(geometry, preview.regions or selection.regions))


def block_sum(matrix: InteractionMatrix, geometry: Geometry, selection: Selection) -> float:
    """Return the sum over the selected tokens and the selected patches, each by its covered share."""
    by_token = matrix.token_heat(coverage(geometry, selection.regions))
    return float(by_token[list(selection.rows)].sum() if selection.rows else by_token.sum())


def positive_share(heat: Floats, geometry: Geometry, regions: tuple[Region, ...]) -> float | None:
    """Return the share of positive heat (grid_h, grid_w) in regions; None without regions or positive heat."""
    share, positive = coverage(geometry, regions), np.clip(heat, 0.0, None)
    whole = float(positive.sum())
    return None if share is None or not whole else float((positive * share).sum()) / whole


def carry_rows(before: Caption, rows: tuple[int, ...], after: Caption) -> tuple[int, ...]:
    """Return the rows in ``after`` of the words and specials that ``rows`` touch in ``before``.

    Words are matched by text and occurrence, special tokens by kind.
    """
    if before == after:
        return rows
    names = {name for name, word in _named(before) if set(word).intersection(rows)}
    return tuple(sorted(row for name, word in _named(after) if name in names for row in word))


def carry_selection(before: Caption, selection: Selection, after: Caption) -> Selection:
    """Return the selection in ``before`` as a selection in ``after``, with the same regions."""
    rows = carry_rows(before, selection.rows, after)
    return replace(selection, rows=rows, absent=bool(selection.rows) and not rows)


def _named(caption: Caption) -> list[tuple[tuple[str, int], tuple[int, ...]]]:
    """Return each word's (text, how many the same before it) and its rows; of special tokens (kind, −1)."""
    occurrences: dict[str, int] = {}
    named = []
    for word in caption.words:
        text = word.text.casefold()
        named.append(((text, occurrences.setdefault(text, 0)), word.rows))
        occurrences[text] += 1
    kinds = {token.kind for token in caption.tokens} - {"content"}
    rows_of = {kind: tuple(row for row, token in enumerate(caption.tokens) if token.kind == kind) for kind in kinds}
    return [*named, *(((kind, -1), rows) for kind, rows in rows_of.items())]


def _lasso_coverage(geometry: Geometry, outline: tuple[Point, ...]) -> Floats:
    """Return each patch's share inside a closed outline (even–odd), sampled on lines, exact along each line."""
    rows, columns = geometry.grid
    x0, y0, x1, y1 = geometry.visible
    lines = y0 + (np.arange(rows * LASSO_LINES) + 0.5) * (y1 - y0) / (rows * LASSO_LINES)
    edges = np.linspace(x0, x1, columns + 1)
    start = np.array(outline, dtype=np.float64)
    end = np.roll(start, -1, axis=0)
    inside = np.zeros((len(lines), columns))
    for index, y in enumerate(lines):
        crossing = (start[:, 1] <= y) != (end[:, 1] <= y)
        if not crossing.any():
            continue
        a, b = start[crossing], end[crossing]
        xs = np.sort(a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1]))
        shared = np.minimum(edges[1:], xs[1::2, None]) - np.maximum(edges[:-1], xs[::2, None])
        inside[index] = np.clip(shared, 0.0, None).sum(axis=0) / (edges[1] - edges[0])
    return np.asarray(inside.reshape(rows, LASSO_LINES, columns).mean(axis=1))
