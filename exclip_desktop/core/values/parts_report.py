"""The parts of one picture with their values for a caption and their names, and all that decides them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from exclip_desktop.core.maths.mask_outlines import mask_regions
from exclip_desktop.core.maths.picture_parts import NamedValue, PartValues, PicturePart, PictureParts, suitable_words
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region


@dataclass(frozen=True, slots=True)
class PartsReport:
    """The parts of a picture.

    Attributes:
        grouped: the parts.
        geometry: the places of the patches on the picture.
        caption: the caption that ``values`` belong to; "" without one.
        values: of every part for the caption; empty without one.
        vocabulary: name of the vocabulary that ``names`` come from; "" without one.
        names: of every part the best words of the vocabulary, each with the cosine of its direction and the part's;
            empty without one.
        made_by: everything that decides the picture's factor, as plain values.

    """

    grouped: PictureParts
    geometry: Geometry
    caption: str
    values: tuple[PartValues, ...]
    vocabulary: str
    names: tuple[tuple[NamedValue, ...], ...]
    made_by: dict[str, Any]

    @property
    def parts(self) -> tuple[PicturePart, ...]:
        """The parts in their order."""
        return self.grouped.parts

    def caption_words(self, place: int) -> tuple[NamedValue, ...]:
        """Return the caption's words that can name a part: of positive value, without function words."""
        return suitable_words(self.values[place].words) if self.values else ()

    def label(self, place: int) -> str:
        """Return the name of a part: the caption's word or the vocabulary's that suits it best, else its number."""
        words = (*self.caption_words(place), *(self.names[place] if self.names else ()))
        return words[0].word if words else f"part {place + 1}"

    def regions(self, place: int) -> tuple[Region, ...]:
        """Return the regions that select a part's patches, in source pixels."""
        return mask_regions(self.parts[place].mask, self.geometry, self.label(place))


def parts_to_values(report: PartsReport) -> dict[str, Any]:
    """Return everything but the weights and directions as plain values for JSON."""
    return {
        "method": report.grouped.method,
        "requested": report.grouped.count,
        "caption": report.caption,
        "vocabulary": report.vocabulary,
        "geometry": report.geometry.as_dict(),
        "labels": report.grouped.labels.tolist(),
        "parts": [_part_to_values(report, place) for place in range(len(report.parts))],
        "settings": report.made_by,
    }


def _part_to_values(report: PartsReport, place: int) -> dict[str, Any]:
    part = report.parts[place]
    rows, columns = np.nonzero(part.mask)
    first = report.geometry.patch_box(int(rows.min()), int(columns.min()))
    last = report.geometry.patch_box(int(rows.max()), int(columns.max()))
    values: dict[str, Any] = {
        "part": place + 1,
        "label": report.label(place),
        "patches": part.size,
        "share": part.share,
        "box": (*first[:2], *last[2:]),
    }
    if report.values:
        of_caption = report.values[place]
        words = [{"word": one.word, "value": one.value} for one in of_caption.words]
        values |= {"value": of_caption.value, "value_share": of_caption.share, "words": words}
    if report.names:
        values["names"] = [{"word": one.word, "cosine": one.value} for one in report.names[place]]
    return values
