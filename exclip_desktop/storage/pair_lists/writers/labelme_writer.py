"""Writes a folder for labelme and X-AnyLabeling: a JSON file with captions and shapes beside each picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_writer import ListWriter, WrittenPicture
from exclip_desktop.storage.pair_lists.written_numbers import box_numbers, written_number

VERSION: Final = "5.5.0"  # of labelme's files


def write_labelme(folder: Path, pictures: Sequence[WrittenPicture]) -> None:
    """Write a file for every picture with captions or boxes; labelme keeps ``captions`` when it saves the file."""
    for picture in pictures:
        if picture.captions or picture.regions:
            path = (folder / picture.name).with_suffix(".json")
            path.write_text(json.dumps(_document(picture), ensure_ascii=False, indent=2) + "\n", "utf-8")


def _document(picture: WrittenPicture) -> dict[str, Any]:
    assert picture.size is not None
    width, height = picture.size
    captions = picture.captions
    document: dict[str, Any] = {
        "version": VERSION,
        "flags": {},
        "shapes": [_shape(region) for region in picture.regions],
        "imagePath": Path(picture.name).name,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
        "description": captions[0] if captions else "",
    }
    return {**document, "captions": captions} if len(captions) > 1 else document


def _shape(region: Region) -> dict[str, Any]:
    x0, y0, x1, y1 = box_numbers(region)
    corners = [[written_number(x), written_number(y)] for x, y in region.outline]
    return {
        "label": region.name,
        "points": corners or [[x0, y0], [x1, y1]],
        "group_id": None,
        "description": "",
        "shape_type": "polygon" if corners else "rectangle",
        "flags": {},
    }


WRITER: Final = ListWriter(
    key="labelme",
    name="labelme",
    description="A folder of pictures, with a JSON file next to each. Also for X-AnyLabeling.",
    holds=frozenset(("outlines", "caption lines", "no caption")),
    write_folder=write_labelme,
)
