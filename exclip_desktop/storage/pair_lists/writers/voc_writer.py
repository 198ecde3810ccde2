"""Writes a folder of Pascal VOC: pictures, and an XML file of boxes for each."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from exclip_desktop.storage.pair_lists.formats.xml_boxes import VOC_EDGES, VOC_FOLDER, VOC_PICTURES
from exclip_desktop.storage.pair_lists.list_writer import ListWriter, WrittenPicture
from exclip_desktop.storage.pair_lists.side_captions import format_captions
from exclip_desktop.storage.pair_lists.written_numbers import box_numbers

NO_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_voc(folder: Path, pictures: Sequence[WrittenPicture]) -> None:
    """Write ``Annotations/NAME.xml`` for every picture, and ``JPEGImages/NAME.txt`` for its captions."""
    for picture in pictures:
        captions = format_captions(picture.captions)
        if captions:
            (folder / VOC_PICTURES / picture.name).with_suffix(".txt").write_bytes(captions)
        path = (folder / VOC_FOLDER / picture.name).with_suffix(".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_xml(picture))
    (folder / VOC_FOLDER).mkdir(exist_ok=True)


def _xml(picture: WrittenPicture) -> bytes:
    assert picture.size is not None
    root = ElementTree.Element("annotation")
    _add(root, "folder", VOC_PICTURES)
    _add(root, "filename", picture.name)
    size = ElementTree.SubElement(root, "size")
    for name, side in zip(("width", "height", "depth"), (*picture.size, 3), strict=True):
        _add(size, name, str(side))
    _add(root, "segmented", "0")
    for region in picture.regions:
        thing = ElementTree.SubElement(root, "object")
        _add(thing, "name", NO_XML.sub(" ", region.name))
        for name, text in (("pose", "Unspecified"), ("truncated", "0"), ("difficult", "0")):
            _add(thing, name, text)
        box = ElementTree.SubElement(thing, "bndbox")
        for name, edge in zip(VOC_EDGES, box_numbers(region), strict=True):
            _add(box, name, str(edge))
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8")
    return data + b"\n"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


WRITER: Final = ListWriter(
    key="voc",
    name="Pascal VOC",
    description="A folder with JPEGImages and Annotations; captions are in text files next to the pictures.",
    picture_folder=VOC_PICTURES,
    clips=True,
    write_folder=write_voc,
)
