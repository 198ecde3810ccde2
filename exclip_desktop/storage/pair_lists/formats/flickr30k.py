"""Flickr30k Entities (Plummer et al., ICCV 2015): captions whose phrases have boxes."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.regular_files import CAPTION_FILE, read_regular
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource, unreadable_error
from exclip_desktop.storage.pair_lists.xml_files import parse_xml
from exclip_desktop.storage.regions import EDGES, region_from_value

SENTENCES, ANNOTATIONS = "Sentences", "Annotations"
PLACES: Final = ("flickr30k-images", "flickr30k_images", "images", "Images", ".")
PHRASE: Final = re.compile(r"\[/EN#(\d+)/[^\s\[]+ ([^\[\]]*)\]")  # stops at "[": linear time for what is not closed
EDGE_NAMES: Final = dict(zip(EDGES, ("xmin", "ymin", "xmax", "ymax"), strict=True))


def is_flickr30k(source: ListSource) -> bool:
    """Return whether a folder has sentences and annotations."""
    return source.has(SENTENCES) and source.has(ANNOTATIONS)


def read_flickr30k(source: ListSource) -> PairReader:
    """Read ``Sentences/*.txt``, with the boxes of ``Annotations/*.xml`` joined by their entities.

    A pair's id is ``picture#line``, from 0, as Flickr30k's own; its regions are the boxes of its phrases, with the
    phrase as name. Pictures are in ``pictures``, or in a usual folder in ``path`` or its parent.

    Raises:
        ListError: the folder cannot be read, or has no sentences.

    """
    path = source.path
    try:
        files = sorted((path / SENTENCES).glob("*.txt"))
    except OSError as error:
        raise unreadable_error(path, error) from error
    if not files:
        raise ListError(f"There are no sentences in {path / SENTENCES}.", "Unpack Flickr30k Entities' archive there.")
    return PairReader(source.pictures or _folder_of(path, files[0].stem), _entries(path, files))


def _folder_of(path: Path, first: str) -> Path:
    places = [base / name for base in (path, path.parent) for name in PLACES]
    return next((place for place in places if is_file(place / f"{first}.jpg")), path)


def _entries(root: Path, files: list[Path]) -> Iterator[Entry]:
    for file in files:
        place = f"{SENTENCES}/{file.name}"
        try:
            lines = read_regular(file, CAPTION_FILE, ListError).decode("utf-8-sig").split("\n")
        except (ListError, UnicodeError) as error:
            yield ListNote(place, f"this cannot be read ({_reason(error)}); left out.")
            continue
        try:
            boxes = _boxes(root / ANNOTATIONS / f"{file.stem}.xml")
        except (ListError, ValueError) as error:
            why = f"no boxes can be read ({_reason(error)}); the captions are kept."
            yield ListNote(f"{ANNOTATIONS}/{file.stem}.xml", why)
            boxes = {}
        for number, line in enumerate(line.strip() for line in lines):
            if line:
                yield _pair(f"{file.stem}.jpg", number, line, boxes)


def _reason(error: Exception) -> str:
    return error.message.rstrip(".") if isinstance(error, ListError) else str(error)


def _pair(picture: str, number: int, line: str, boxes: dict[str, list[Region]]) -> ListedPair:
    regions = [
        Region(region.box, name=words) for entity, words in PHRASE.findall(line) for region in boxes.get(entity, ())
    ]
    return ListedPair(f"{picture}#{number}", picture, PHRASE.sub(r"\2", line), regions=tuple(regions))


def _boxes(path: Path) -> dict[str, list[Region]]:
    """Return the boxes of every entity in an annotation; scenes and invisible things have none."""
    boxes_by_entity: dict[str, list[Region]] = defaultdict(list)
    for thing in parse_xml(path).iter("object"):
        box = thing.find("bndbox")
        if box is not None:
            region = region_from_value({edge: float(box.findtext(name, "nan")) for edge, name in EDGE_NAMES.items()})
            for name in thing.findall("name"):
                boxes_by_entity[name.text or ""].append(region)
    return boxes_by_entity


FORMAT: Final = ListFormat(name="flickr30k", recognises=is_flickr30k, read=read_flickr30k)
