"""What a writer of pair lists declares: its name, what it holds, and its function."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.formula_cells import Formulas
from exclip_desktop.storage.pair_lists.side_captions import fits_side_file

Part = Literal["ids", "labels", "masks", "outlines", "subtracted", "caption boxes", "caption lines", "no caption"]
"""Parts of pairs that not every writer holds; all of them hold pictures, captions, boxes and their names."""
EVERYTHING: Final[frozenset[Part]] = frozenset(
    ("ids", "labels", "masks", "outlines", "subtracted", "caption boxes", "caption lines", "no caption")
)

NUMBER_AT_END: Final = re.compile(r"[-#]\d+$")


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """A picture with its pairs, as a writer receives it.

    Attributes:
        name: its path from the new file or folder, with slashes.
        size: width and height in pixels, upright; None where it cannot be opened and the writer does not copy it.
        pairs: its pairs; their regions are what the writer holds, and inside of the picture.

    """

    name: str
    size: tuple[int, int] | None
    pairs: tuple[ListedPair, ...]

    @property
    def captions(self) -> list[str]:
        """The captions; none for a single pair without one."""
        captions = [pair.caption for pair in self.pairs]
        return [] if captions == [""] else captions

    @property
    def regions(self) -> list[Region]:
        """The regions of all pairs, each once."""
        return list(dict.fromkeys(region for pair in self.pairs for region in pair.regions))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWriter:
    """A way to write pairs; exactly one of the three functions is not None.

    Attributes:
        key: its name on the command line.
        name: its name in dialogs.
        description: a sentence on what it writes.
        holds: the parts of pairs that reading it gives back.
        endings: of its files, the usual one first; empty: it writes a folder.
        picture_folder: where a folder's pictures are, relative to it.
        has_side_files: whether files belong to a picture by its name without the ending, which is unique then.
        clips: whether boxes beyond the picture's edge are clipped to it, because programs refuse the whole file.
        takes_sizes: whether ``format_pairs`` writes the sizes of pictures.
        format_pairs: returns pairs as text; its second argument has the known sizes of pictures by their paths;
            its third one says what is done with cells that look like formulas.
        format_pictures: returns pictures with their pairs as text.
        write_folder: writes everything but the pictures into a folder that contains these.

    """

    key: str
    name: str
    description: str
    holds: frozenset[Part] = frozenset()
    endings: tuple[str, ...] = ()
    picture_folder: str = ""
    has_side_files: bool = True
    clips: bool = False
    takes_sizes: bool = False
    format_pairs: Callable[[Sequence[ListedPair], Mapping[str, tuple[int, int]], Formulas], str] | None = None
    format_pictures: Callable[[Sequence[WrittenPicture]], str] | None = None
    write_folder: Callable[[Path, Sequence[WrittenPicture]], None] | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it writes a folder with copies of the pictures."""
        return self.write_folder is not None


def group_by_picture(pairs: Sequence[ListedPair]) -> dict[str, list[ListedPair]]:
    """Return the pairs of every picture, in the order of their first ones."""
    groups: dict[str, list[ListedPair]] = {}
    for pair in pairs:
        groups.setdefault(pair.picture, []).append(pair)
    return groups


def keep_held(pair: ListedPair, writer: ListWriter) -> ListedPair:
    """Return a pair with the regions that a writer holds: without subtracted ones, outlines as boxes."""
    regions = pair.regions
    if "subtracted" not in writer.holds:
        regions = tuple(region for region in regions if not region.subtract)
    if "outlines" not in writer.holds:
        regions = tuple(replace(region, outline=()) for region in regions)
    return pair if regions == pair.regions else replace(pair, regions=regions)


def describe_losses(counts: Mapping[Part, int], writer: ListWriter) -> tuple[str, ...]:
    """Return one sentence for each part that a writer does not hold; ``counts`` are those of ``count_parts``."""
    lost = {part: count for part, count in counts.items() if count and part not in writer.holds}
    return tuple(f"{writer.name} holds no {LOSSES[part].format(f'{count:,}')}" for part, count in lost.items())


LOSSES: Final[dict[Part, str]] = {
    "ids": "ids ({}): left out.",
    "labels": "labels of pairs ({}): left out.",
    "masks": "masks ({}): left out.",
    "outlines": "outlines ({}): their boxes are written.",
    "subtracted": "subtracted regions ({}): left out.",
    "caption boxes": "boxes of single captions (pictures: {}): every caption of a picture gets all its boxes.",
    "caption lines": "line breaks in captions and spaces around them ({}): every caption becomes one line.",
    "no caption": "pairs without a caption where the picture has one ({}): left out.",
}
"""The end of the sentence on each part, with the count."""


def count_parts(pairs: Sequence[ListedPair]) -> dict[Part, int]:
    """Return how many of each part these pairs have, in the order of the notes."""
    groups = group_by_picture(pairs).values()
    regions = [region for pair in pairs for region in pair.regions]
    captioned = (group for group in groups if any(pair.caption for pair in group))
    return {
        "ids": sum(has_own_id(pair) for pair in pairs),
        "labels": sum(bool(pair.label) for pair in pairs),
        "masks": sum(bool(pair.mask) for pair in pairs),
        "outlines": sum(bool(region.outline) and not region.subtract for region in regions),
        "subtracted": sum(region.subtract for region in regions),
        "caption boxes": sum(any(not _same_regions(one, group[0]) for one in group) for group in groups),
        "caption lines": sum(bool(pair.caption) and not fits_side_file(pair.caption) for pair in pairs),
        "no caption": sum(not pair.caption for group in captioned for pair in group),
    }


def _same_regions(first: ListedPair, second: ListedPair) -> bool:
    return first.regions == second.regions or set(first.regions) == set(second.regions)


def has_own_id(pair: ListedPair) -> bool:
    """Return whether an id is neither a number nor the picture's name, as readers make them for pairs without ids."""
    if pair.id.isdecimal() or pair.id == pair.picture:
        return False
    name = pair.picture.rpartition("/")[2]
    usual = {pair.picture, name, os.path.splitext(name)[0], os.path.splitext(pair.picture)[0]}
    return not any(key.isdecimal() or key in usual for key in (pair.id, NUMBER_AT_END.sub("", pair.id)))
