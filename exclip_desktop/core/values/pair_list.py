"""A list of pairs of pictures and captions, with known regions of the pictures."""

from dataclasses import dataclass
from pathlib import Path

from exclip_desktop.core.paths import expand_home
from exclip_desktop.core.values.selection import Region


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
    """A part of a list that could not be read: ``place`` is its file and line, ``text`` a sentence."""

    place: str
    text: str

    def __str__(self) -> str:
        """Return both as one line."""
        return f"{self.place}: {self.text}"


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
        """Return the place of a picture or mask whose path the list writes as ``written``."""
        return self.folder / expand_home(written)
