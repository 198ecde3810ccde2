"""A picture and a caption as a list names them, with what is known of the picture."""

from dataclasses import dataclass

from exclip_desktop.core.selection import Region


@dataclass(frozen=True, slots=True)
class ListedPair:
    """One entry of a list; a picture with several captions is several entries.

    Attributes:
        id: unique in its list.
        picture: the picture's path as the list writes it; a relative one starts at the list's folder.
        caption: the caption; may be empty.
        label: what the list calls the pair, such as its class; may be empty.
        regions: areas of the picture that are known to show something, in source pixels; a region's name is the words
            of the caption (else the category) that it belongs to.
        mask: the path of a picture whose pixels that are not black belong to the label; empty where there is none.

    """

    id: str
    picture: str
    caption: str
    label: str = ""
    regions: tuple[Region, ...] = ()
    mask: str = ""
