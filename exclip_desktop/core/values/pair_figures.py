"""What is known of a list's pairs once they were looked at, and the order that follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region, coverage
from exclip_desktop.core.values.settings import UNRECORDED_TOLERANCE

SortKey = Literal["list", "score", "residual", "share", "rating"]
PairStatus = Literal["all", "open", "explained", "failed"]
SORT_KEYS: Final[tuple[SortKey, ...]] = get_args(SortKey)
PAIR_STATUSES: Final[tuple[PairStatus, ...]] = get_args(PairStatus)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which pairs of a list are shown, and in which order.

    Attributes:
        holding: is part of a pair's text; the case does not count.
        shown: how much is known of a pair.
        by: what decides the order; pairs without such a figure come last, in the list's order.
        descending: whether the largest comes first.

    """

    holding: str = ""
    shown: PairStatus = "all"
    by: SortKey = "list"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class PairFigures:
    """What was found of a pair.

    Attributes:
        score: the cosine.
        residual: the completeness residual.
        share: how much of the labelled words' positive heat lies in their regions, 0 to 1; None: nothing is labelled.
        failure: why it could not be explained; "" where it was.
        rating: what a person called it; "" where they did not.
        by: the model and the settings that found it; figures by others do not compare.

    """

    score: float | None = None
    residual: float | None = None
    share: float | None = None
    failure: str = ""
    rating: str = ""
    by: str = ""

    @property
    def rated_only(self) -> "PairFigures":
        """What a person said, without what was found."""
        return PairFigures(rating=self.rating)


def make_figures(explanation: Explanation, regions: Sequence[Region]) -> PairFigures:
    """Return the figures of an explained pair; ``regions`` are its labelled ones."""
    share = compute_labelled_share(explanation, regions)
    return PairFigures(explanation.score, explanation.residual, share, by=comparison_key(explanation.settings))


def comparison_key(settings: ResolvedSettings) -> str:
    """Return model and settings as a line; equal lines mean figures that compare.

    Any quadrature gives the same numbers within the tolerance, so it is left out. The tolerance is added where it is
    not that of lines which older projects hold.
    """
    decided = [settings.image_layer, settings.text_layer, settings.text_reference, settings.framing, settings.precision]
    if settings.tolerance != UNRECORDED_TOLERANCE:
        decided.append(f"{settings.tolerance:g}")
    return " ".join(map(str, (settings.model, settings.weights_sha256[:16], *decided)))


def compute_labelled_share(explanation: Explanation, regions: Sequence[Region]) -> float | None:
    """Return how much of the positive heat lies in the region it belongs to, the mean over regions, 0 to 1.

    A region whose name the caption does not hold is left out; None where that leaves none.
    """
    shares = []
    for region in regions:
        try:
            heat = np.clip(explanation.patch_heat(region.name), 0.0, None)
        except CaptionError:
            continue
        inside = coverage(explanation.geometry, (region,))
        assert inside is not None
        shares.append(float((heat * inside).sum() / heat.sum()) if heat.any() else 0.0)
    return float(np.mean(shares)) if shares else None


def make_search_texts(pairs: Sequence[ListedPair]) -> tuple[str, ...]:
    """Return the text of each pair that a filter looks through."""
    return tuple(f"{pair.caption}\n{pair.label}\n{pair.id}\n{pair.picture}".casefold() for pair in pairs)


def arrange_pairs(
    texts: Sequence[str], figures: Mapping[int, PairFigures], arrangement: Arrangement = Arrangement()
) -> tuple[int, ...]:
    """Return the places of the pairs to show, in order; ``texts`` are those of ``searched``."""
    wanted, shown = arrangement.holding.casefold().strip(), arrangement.shown
    kept = [
        place for place, text in enumerate(texts) if (not wanted or wanted in text) and _is(figures.get(place), shown)
    ]
    if arrangement.by == "list":
        return tuple(reversed(kept) if arrangement.descending else kept)
    values = {place: getattr(figures[place], arrangement.by) for place in kept if place in figures}
    known = [place for place in kept if values.get(place) not in (None, "")]
    known.sort(key=values.__getitem__, reverse=arrangement.descending)
    sorted_in = set(known)
    return (*known, *(place for place in kept if place not in sorted_in))


def _is(found: PairFigures | None, shown: PairStatus) -> bool:
    if shown == "all":
        return True
    if found is None or (found.score is None and not found.failure):
        return shown == "open"
    return shown == ("failed" if found.failure else "explained")
