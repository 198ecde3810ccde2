"""Parts of the picture on screen, with their names, values and regions."""

from dataclasses import dataclass, replace

from exclip_desktop.core.maths.mask_outlines import mask_region
from exclip_desktop.core.maths.picture_parts import (
    NamedValue,
    PartValues,
    PicturePart,
    PictureParts,
    suitable_words,
    value_part,
)
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_matrix import SMALL_SUM
from exclip_desktop.core.values.selection import Point, Region
from exclip_desktop.session.parts.part_marks import find_label_places
from exclip_desktop.session.worker.parts_requests import Names


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A part as it is listed.

    Attributes:
        part: its patches.
        region: what selects them, with the part's name.
        values: its values for the caption on screen.
        names: its best words of the vocabulary; empty without one, or until it is read.

    """

    part: PicturePart
    region: Region
    values: PartValues
    names: tuple[NamedValue, ...]

    @property
    def name(self) -> str:
        """Its first word."""
        return self.region.name


def outline_parts(parts: PictureParts, explanation: Explanation) -> tuple[tuple[Region, ...], tuple[Point, ...]]:
    """Return a region for each part, and the places of their numbers."""
    geometry = explanation.geometry
    masks = [part.mask for part in parts.parts]
    return tuple(mask_region(mask, geometry) for mask in masks), find_label_places(masks, geometry)


def make_shown_parts(
    parts: PictureParts, names: Names | None, regions: tuple[Region, ...], explanation: Explanation
) -> tuple[ShownPart, ...]:
    """Return the parts with their values for the explanation's caption."""
    shown = []
    for place, (part, region) in enumerate(zip(parts.parts, regions, strict=True)):
        values = value_part(part, explanation.interactions, explanation.caption, SMALL_SUM)
        own = names[place] if names is not None else ()
        shown.append(ShownPart(part, replace(region, name=_first_word(place, values, own)), values, own))
    return tuple(shown)


def _first_word(place: int, values: PartValues, names: tuple[NamedValue, ...]) -> str:
    """Return the best word of the caption, else of the vocabulary, else the part's number."""
    words = (*suitable_words(values.words), *names)
    return words[0].word if words else f"part {place + 1}"
