"""XML of annotation tools: Pascal VOC, a file per picture, and CVAT for images, one file for all."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.pair_lists.box_forms import describe_dropped, ellipse_box, or_raw, points_box, turned_box
from exclip_desktop.storage.pair_lists.formats.flickr30k import is_flickr30k
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader, size_value
from exclip_desktop.storage.pair_lists.list_source import ListSource, unreadable_error
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder
from exclip_desktop.storage.pair_lists.side_captions import read_captions
from exclip_desktop.storage.pair_lists.xml_files import iterate_xml, parse_xml

VOC_ROOT, CVAT_ROOT = "annotation", "annotations"
VOC_FOLDER, VOC_PICTURES = "Annotations", "JPEGImages"
MOST_FRAMES: Final = 10**7  # of a video
TURNED: Final = ("cx", "cy", "w", "h", "angle")
VOC_EDGES, CVAT_EDGES = ("xmin", "ymin", "xmax", "ymax"), ("xtl", "ytl", "xbr", "ybr")


def is_voc_folder(source: ListSource) -> bool:
    """Return whether a folder has Pascal VOC's annotations; Flickr30k's are in a folder of the same name."""
    return source.has(VOC_FOLDER) and not is_flickr30k(source)


def read_voc_folder(source: ListSource) -> PairReader:
    """Read ``Annotations/*.xml``; pictures are in ``JPEGImages`` or another usual folder, captions in its ``*.txt``."""
    try:
        files = sorted((source.path / VOC_FOLDER).rglob("*.xml"))
    except OSError as error:
        raise unreadable_error(source.path, error) from error
    return PairReader(source.picture_folder, (entry for file in files for entry in _voc_file(file)))


def read_xml(source: ListSource) -> PairReader:
    """Read one file of Pascal VOC or of CVAT for images.

    Raises:
        ListError: the file is not XML, or of another program.

    """
    if source.xml_root == VOC_ROOT:
        return PairReader(source.picture_folder, _voc(parse_xml(source.path), source.path))
    return PairReader(source.picture_folder, _cvat(source.path))


def _voc_file(path: Path) -> Iterator[Entry]:
    try:
        yield from _voc(parse_xml(path), path)
    except (ListError, UnicodeError) as error:
        why = error.message if isinstance(error, ListError) else "Its captions are not UTF-8 text."
        yield ListNote(f"{path.parent.name}/{path.name}", f"{why} Left out.", "VOC")


def _voc(root: Element, path: Path) -> Iterator[Entry]:
    picture = (root.findtext("filename") or "").strip() or path.stem  # without an ending, which the finder adds
    record = {**voc_record(root), "captions": _side_captions(path)}
    yield from read_object(record, path.name, path.stem, _no_size, picture=picture)


def _no_size(written: str) -> tuple[int, int]:
    raise ValueError(f"the size of {written} is not known")


def _side_captions(path: Path) -> list[str]:
    """Return the captions of ``JPEGImages/NAME.txt`` for ``Annotations/NAME.xml``; none without such a file."""
    parts = list(path.parts)
    if VOC_FOLDER not in parts:
        return []
    at = len(parts) - 1 - parts[::-1].index(VOC_FOLDER)
    side = Path(*parts[:at], VOC_PICTURES, *parts[at + 1 :]).with_suffix(".txt")
    return read_captions(side) if is_file(side) else []


def voc_record(root: Element) -> dict[str, Any]:
    """Return boxes, size and notes of a Pascal VOC annotation; the boxes of parts of an object are left out."""
    boxes, dropped = [], Counter[str]()
    for thing in root.iter("object"):
        name, box, turned = thing.findtext("name") or "", thing.find("bndbox"), thing.find("robndbox")
        if box is not None:
            boxes.append({"box": [_number(box.findtext(edge)) for edge in VOC_EDGES], "name": name})
        elif turned is not None:  # of roLabelImg, whose angle is in radians
            boxes.append(or_raw(_turned_box, [name], *(_number(turned.findtext(key)) for key in TURNED), name))
        else:
            dropped["object without a bndbox"] += 1
    size = size_value(_number(root.findtext("size/width")), _number(root.findtext("size/height")))
    return {"boxes": boxes, "size": size, "notes": tuple(describe_dropped(dropped))}


def _turned_box(x: float, y: float, width: float, height: float, angle: float, name: str) -> Any:
    corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return turned_box(corners, math.degrees(angle), (x, y), name)


def _cvat(path: Path) -> Iterator[Entry]:
    """Yield the entries of images as they are read, then those of a video's tracks."""
    finder, number = PictureFinder(path.parent), 0
    frames: dict[int, _CvatShapes] = defaultdict(_CvatShapes)
    try:
        for element in iterate_xml(path):
            if element.tag == "image":
                number += 1
                yield from _cvat_image(element, path, number, finder)
            elif element.tag == "track":
                _add_track(element, frames)
    except ListError as error:
        yield ListNote(path.name, f"{error.message} The rest is left out.", "CVAT")
    for frame in sorted(frames):
        known = {"picture": f"frame_{frame:06d}", "id": f"frame_{frame:06d}"}
        place = f"{path.name}, frame {frame}"
        yield from read_object(frames[frame].record(), place, str(frame), finder.size_of, **known)


def _cvat_image(image: Element, path: Path, number: int, finder: PictureFinder) -> Iterator[Entry]:
    shapes = _CvatShapes()
    for shape in image:
        shapes.add(shape)
    record = {
        **shapes.record(),
        "captions": [text for name in ("caption", "description") for text in _attributes(image, name)],
        "size": size_value(_number(image.get("width")), _number(image.get("height"))),
    }
    known = {"picture": image.get("name") or "", "id": image.get("id") or str(number)}
    yield from read_object(record, f"{path.name}, image {number}", str(number), finder.size_of, **known)


def _add_track(track: Element, frames: dict[int, "_CvatShapes"]) -> None:
    """Add the shapes of a video's track to its frames, which CVAT saves as ``frame_000000.PNG`` …"""
    for shape in track:
        frame = _number(shape.get("frame"))
        is_frame = isinstance(frame, float) and 0 <= frame <= MOST_FRAMES and frame.is_integer()
        if is_frame and shape.get("outside") != "1":
            frames[int(frame)].add(shape, track.get("label") or "")


class _CvatShapes:
    """The shapes of one picture of CVAT."""

    def __init__(self) -> None:
        self._boxes: list[Any] = []
        self._labels: list[str] = []
        self._dropped: Counter[str] = Counter()

    def add(self, shape: Element, label: str = "") -> None:
        """Add a shape, or count it as dropped; ``label``: of the track that it belongs to."""
        name = label or shape.get("label") or ""
        if shape.tag == "tag":
            self._labels.append(name)
        elif shape.tag in ("attribute", "tags"):
            pass
        elif shape.tag in CVAT_MAKERS:
            self._boxes.append(or_raw(CVAT_MAKERS[shape.tag], {"box": dict(shape.attrib)}, shape, name))
        else:
            self._dropped[shape.tag] += 1

    def record(self) -> dict[str, Any]:
        """Return the record of the shapes."""
        notes = tuple(describe_dropped(self._dropped))
        return {"boxes": self._boxes, "label": ", ".join(self._labels), "notes": notes}


def _cvat_box(shape: Element, name: str) -> Any:
    edges = [_number(shape.get(edge)) for edge in CVAT_EDGES]
    degrees = _number(shape.get("rotation") or "0")
    if not degrees:
        return {"box": edges, "name": name}
    x0, y0, x1, y1 = edges
    return turned_box(edges, degrees, ((x0 + x1) / 2, (y0 + y1) / 2), name)


def _cvat_polygon(shape: Element, name: str) -> Any:
    points = [[_number(part) for part in point.split(",")] for point in (shape.get("points") or "").split(";")]
    return points_box(points, name)


def _cvat_ellipse(shape: Element, name: str) -> Any:
    x, y, across, down = (_number(shape.get(key)) for key in ("cx", "cy", "rx", "ry"))
    return ellipse_box((x, y), (across, down), _number(shape.get("rotation") or "0"), name)


CVAT_MAKERS: Final = {"box": _cvat_box, "polygon": _cvat_polygon, "ellipse": _cvat_ellipse}


def _attributes(image: Element, name: str) -> list[str]:
    """Return the texts of an image's attributes or tags of this name."""
    return [one.text for one in image.iter("attribute") if one.get("name") == name and one.text]


def _number(text: str | None) -> Any:
    """Return a number, or the text where it is none: the reader names it in a note."""
    try:
        return float(text or "")
    except ValueError:
        return text


FORMAT: Final = ListFormat(
    name="xml-boxes",
    recognises=lambda source: source.xml_root in (VOC_ROOT, CVAT_ROOT) or is_voc_folder(source),
    read=lambda source: read_voc_folder(source) if source.content == "folder" else read_xml(source),
    endings=(".xml",),
)
