"""XML of annotation tools: Pascal VOC, a file per picture, and CVAT for images, one file for all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.pair_lists.box_forms import points_box
from exclip_desktop.storage.pair_lists.formats.flickr30k import is_flickr30k
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader, read_record, size_value
from exclip_desktop.storage.pair_lists.list_source import ListSource, unreadable_error
from exclip_desktop.storage.pair_lists.side_captions import split_captions

VOC_ROOT, CVAT_ROOT = "annotation", "annotations"
VOC_FOLDER, VOC_PICTURES = "Annotations", "JPEGImages"
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
    root = _parse(source.path)
    if root.tag == VOC_ROOT:
        return PairReader(source.picture_folder, _voc(root, source.path))
    return PairReader(source.picture_folder, _cvat(root, source.path))


def _parse(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()
    except OSError as error:
        raise unreadable_error(path, error) from error
    except (ElementTree.ParseError, UnicodeError, ValueError, LookupError) as error:
        raise ListError(f"{path.name} is not XML: {error}.", "Export it again.") from error


def _voc_file(path: Path) -> Iterator[Entry]:
    try:
        yield from _voc(_parse(path), path)
    except (ListError, OSError, UnicodeError) as error:
        why = error.message if isinstance(error, ListError) else f"Its captions cannot be read ({error})."
        yield ListNote(f"{path.parent.name}/{path.name}", f"{why} Left out.", "VOC")


def _voc(root: ElementTree.Element, path: Path) -> Iterator[Entry]:
    size = size_value(_number(root.findtext("size/width")), _number(root.findtext("size/height")))
    captions = _side_captions(path)
    record = {"picture": root.findtext("filename"), "caption": captions, "boxes": voc_boxes(root), "size": size}
    yield from read_record(record, path.name, path.stem)


def _side_captions(path: Path) -> list[str]:
    """Return the captions of ``JPEGImages/NAME.txt`` for ``Annotations/NAME.xml``; none without such a file."""
    parts = list(path.parts)
    if VOC_FOLDER not in parts:
        return []
    at = len(parts) - 1 - parts[::-1].index(VOC_FOLDER)
    side = Path(*parts[:at], VOC_PICTURES, *parts[at + 1 :]).with_suffix(".txt")
    return split_captions(side.read_text("utf-8-sig")) if is_file(side) else []


def voc_boxes(root: ElementTree.Element) -> list[Any]:
    """Return the boxes of a Pascal VOC annotation."""
    boxes = []
    for thing in root.iter("object"):
        box = thing.find("bndbox")
        if box is not None:
            edges = [_number(box.findtext(edge)) for edge in VOC_EDGES]
            boxes.append({"box": edges, "name": thing.findtext("name") or ""})
    return boxes


def _cvat(root: ElementTree.Element, path: Path) -> Iterator[Entry]:
    for number, image in enumerate(root.iter("image"), 1):
        boxes: list[Any] = [
            {"box": [_number(box.get(edge)) for edge in CVAT_EDGES], "name": box.get("label") or ""}
            for box in image.iter("box")
        ]
        boxes += [_polygon(shape) for shape in image.iter("polygon")]
        texts = [text for name in ("caption", "description") for text in _attributes(image, name)]
        size = size_value(_number(image.get("width")), _number(image.get("height")))
        record = {"picture": image.get("name"), "caption": texts, "boxes": boxes, "id": image.get("id"), "size": size}
        yield from read_record(record, f"{path.name}, image {number}", str(number))


def _polygon(shape: ElementTree.Element) -> Any:
    points = [[_number(part) for part in point.split(",")] for point in (shape.get("points") or "").split(";")]
    try:
        return points_box(points, shape.get("label"))
    except ValueError:
        return {"box": points}


def _attributes(image: ElementTree.Element, name: str) -> list[str]:
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
