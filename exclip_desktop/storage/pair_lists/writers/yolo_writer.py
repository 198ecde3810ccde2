"""Writes a folder for YOLO: pictures, files of labels in fractions of the picture, and the names of the classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import yaml

from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.formats.folder import YOLO_IMAGES, YOLO_LABELS
from exclip_desktop.storage.pair_lists.list_writer import ListWriter, WrittenPicture
from exclip_desktop.storage.pair_lists.side_captions import format_captions

NAMES_FILE: Final = "data.yaml"


def write_yolo(folder: Path, pictures: Sequence[WrittenPicture]) -> None:
    """Write ``labels/NAME.txt`` for pictures with boxes, ``images/NAME.txt`` for captions, and ``data.yaml``."""
    names = sorted({region.name for picture in pictures for region in picture.regions})
    numbers = {name: number for number, name in enumerate(names)}
    for picture in pictures:
        captions = format_captions(picture.captions)
        if captions:
            (folder / YOLO_IMAGES / picture.name).with_suffix(".txt").write_bytes(captions)
        if picture.regions:
            labels = (folder / YOLO_LABELS / picture.name).with_suffix(".txt")
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text(_lines(picture, numbers), "utf-8")
    (folder / YOLO_LABELS).mkdir(exist_ok=True)
    classes = {number: name for name, number in numbers.items()}
    data = {"path": ".", "train": YOLO_IMAGES, "val": YOLO_IMAGES, "names": classes}
    (folder / NAMES_FILE).write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")


def _lines(picture: WrittenPicture, numbers: dict[str, int]) -> str:
    """Return a line per region; where one is an outline all are, because YOLO does not mix them in a file."""
    assert picture.size is not None
    is_outlined = any(region.outline for region in picture.regions)
    lines = []
    for region in picture.regions:
        values = _corners(region) if is_outlined else _centre(region)
        parts = [_fraction(value, picture.size[at % 2]) for at, value in enumerate(values)]
        lines.append(" ".join((str(numbers[region.name]), *parts)) + "\n")
    return "".join(lines)


def _centre(region: Region) -> list[float]:
    x0, y0, x1, y1 = region.box
    return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]


def _corners(region: Region) -> list[float]:
    x0, y0, x1, y1 = region.box
    outline = region.outline or ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    return [edge for corner in outline for edge in corner]


def _fraction(value: float, side: int) -> str:
    """Return a fraction of a side, exact to a millionth of a pixel, without zeros at its end."""
    text = f"{value / side:.11f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


WRITER: Final = ListWriter(
    key="yolo",
    name="YOLO",
    description="A folder with images, labels and data.yaml; captions are in text files next to the images.",
    holds=frozenset(("outlines",)),
    picture_folder=YOLO_IMAGES,
    clips=True,
    write_folder=write_yolo,
)
