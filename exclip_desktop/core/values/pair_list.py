"""A list of pairs of pictures and captions, with known regions, figures of explained pairs, and the order by them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.paths import expand_home, is_address
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings
from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail, make_heat_thumbnail
from exclip_desktop.core.values.selection import Region, coverage, is_rest
from exclip_desktop.core.values.settings import UNRECORDED_TOLERANCE

EDGE_SLACK_PX: Final = 1  # a box may end this far beyond its picture without a note: tools count pixels from 0 or 1
MORE_PLACES: Final = 2  # of a kind of note, after the first


@dataclass(frozen=True, slots=True)
class ListedPair:
    """One entry of a list; a picture with several captions is several entries.

    Attributes:
        id: unique in its list.
        picture: the picture's path as the list writes it; a relative one starts at the list's folder.
        caption: the caption; may be empty.
        label: the pair's label in the list, such as its class; may be empty.
        regions: labelled areas of the picture, in source pixels; a region's name is the words of the caption (else the
            category) that it belongs to.
        mask: the path of a picture whose pixels that are not black belong to the label, but for those that ImageNet-S
            ignores, (232, 3, 0); empty where there is none.

    """

    id: str
    picture: str
    caption: str
    label: str = ""
    regions: tuple[Region, ...] = ()
    mask: str = ""


@dataclass(frozen=True, slots=True)
class ListNote:
    """A part of a list that could not be read, or was read with a doubt.

    Attributes:
        place: its file and line.
        text: a sentence.
        kind: equal for notes that differ in numbers only; empty: the text is its kind.

    """

    place: str
    text: str
    kind: str = ""

    def __str__(self) -> str:
        """Return place and text as one line."""
        return f"{self.place}: {self.text}"


def summarize_notes(notes: Sequence[ListNote]) -> list[str]:
    """Return one line per kind of note, in the order of their first ones: that note, the count, two more places."""
    by_kind: dict[str, list[ListNote]] = {}
    for note in notes:
        by_kind.setdefault(note.kind or note.text, []).append(note)
    return [_summarize_kind(alike) for alike in by_kind.values()]


def _summarize_kind(alike: Sequence[ListNote]) -> str:
    first, more = str(alike[0]), alike[1 : 1 + MORE_PLACES]
    if not more:
        return first
    places = ", ".join(note.place for note in more) + (", …" if len(alike) > 1 + len(more) else "")
    return f"{first} {len(alike) - 1:,} more like this: {places}."


@dataclass(frozen=True, slots=True)
class PairList:
    """A list of pairs as it was read.

    Attributes:
        source: the file or folder.
        folder: where relative paths of its pictures and masks start.
        pairs: what could be read, in the list's order; ids differ.
        notes: what could not be read.

    """

    source: Path
    folder: Path
    pairs: tuple[ListedPair, ...]
    notes: tuple[ListNote, ...] = ()

    def path_of(self, written: str) -> Path:
        """Return the place of a picture or mask whose path the list writes as ``written``; an address stays one."""
        return Path(written) if is_address(written) else self.folder / expand_home(written)


SortKey = Literal["list", "score", "residual", "share", "rating", "file", "caption", "label", "tags", "state"]
PairStatus = Literal["all", "open", "explained", "failed"]
SORT_KEYS: Final[tuple[SortKey, ...]] = get_args(SortKey)
STATUS_TERMS: Final[dict[PairStatus, str]] = {
    "all": "",
    "open": "is:unexplained",
    "explained": "is:explained",
    "failed": "is:failed",
}
"""The terms of a filter that stand for the status in older projects."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The filter and the order of a pair list; the field names are those of project files.

    Attributes:
        holding: the query of the filter; see ``core.text.list_filter``.
        shown: the status of the pairs, which older projects store apart from the query.
        by: the sort key; pairs without that figure come last, in the list's order.
        descending: whether the largest comes first.

    """

    holding: str = ""
    shown: PairStatus = "all"
    by: SortKey = "list"
    descending: bool = False

    @property
    def query(self) -> str:
        """The whole query."""
        return " ".join(part for part in (self.holding, STATUS_TERMS[self.shown]) if part)


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Figures of a pair.

    Attributes:
        score: the cosine.
        residual: the completeness residual.
        share: the share of the labelled words' positive heat in their regions, 0 to 1; None without labels.
        failure: why the pair could not be explained; empty where it was.
        rating: by a person; empty where the pair is not rated.
        by: the ``comparison_key`` of the explanation; figures with another key are not comparable.
        heat: over all words; None where it is not known here. It does not count in comparisons.

    """

    score: float | None = None
    residual: float | None = None
    share: float | None = None
    failure: str = ""
    rating: str = ""
    by: str = ""
    heat: HeatThumbnail | None = field(default=None, compare=False, repr=False)

    @property
    def rated_only(self) -> "PairFigures":
        """The rating without the figures."""
        return PairFigures(rating=self.rating)


def make_figures(explanation: Explanation, regions: Sequence[Region]) -> PairFigures:
    """Return the figures of an explained pair; ``regions`` are its labelled ones."""
    share = compute_labelled_share(explanation, regions)
    return PairFigures(
        explanation.score,
        explanation.residual,
        share,
        by=comparison_key(explanation.settings),
        heat=make_heat_thumbnail(explanation),
    )


def comparison_key(settings: ResolvedSettings) -> str:
    """Return model and settings as a line; figures with equal lines are comparable.

    Any quadrature gives the same numbers within the tolerance, so it is left out. The tolerance is added where it is
    not that of the lines in older projects.
    """
    decided = [settings.image_layer, settings.text_layer, settings.text_reference, settings.framing, settings.precision]
    if settings.tolerance != UNRECORDED_TOLERANCE:
        decided.append(f"{settings.tolerance:g}")
    return " ".join(map(str, (settings.model, settings.weights_sha256[:16], *decided)))


def compute_labelled_share(explanation: Explanation, regions: Sequence[Region]) -> float | None:
    """Return the share of positive heat in the region it belongs to, the mean over regions, 0 to 1.

    Regions whose name is not in the caption are left out; None where none is left.
    """
    shares, of_rest = [], is_rest(regions)
    for region in regions:
        try:
            heat = np.clip(explanation.patch_heat(region.name), 0.0, None)
        except CaptionError:
            continue
        inside = coverage(explanation.geometry, (region,), of_rest=of_rest)
        assert inside is not None
        shares.append(float((heat * inside).sum() / heat.sum()) if heat.any() else 0.0)
    return float(np.mean(shares)) if shares else None


def lies_within(region: Region, size: tuple[float, float]) -> bool:
    """Return whether a region lies in a picture of ``size`` (width, height) with all its edges."""
    x0, y0, x1, y1 = region.box
    return min(x0, y0) >= -EDGE_SLACK_PX and x1 <= size[0] + EDGE_SLACK_PX and y1 <= size[1] + EDGE_SLACK_PX


def describe_outside(regions: Sequence[Region], size: tuple[int, int]) -> str:
    """Return a sentence on the regions beyond the edges of a picture of ``size``; empty where there are none.

    A list that names no sizes shows this only when its pictures are opened.
    """
    outside = sum(not lies_within(region, size) for region in regions)
    count = f"{format_count(outside, 'box', 'boxes')} of the list {'is' if outside == 1 else 'are'}"
    return f"{count} outside of the picture, or beyond its edge ({size[0]} × {size[1]} pixels)." if outside else ""


def make_search_texts(pairs: Sequence[ListedPair]) -> tuple[str, ...]:
    """Return the text of each pair for the filter."""
    return tuple(f"{pair.caption}\n{pair.label}\n{pair.id}\n{pair.picture}".casefold() for pair in pairs)
