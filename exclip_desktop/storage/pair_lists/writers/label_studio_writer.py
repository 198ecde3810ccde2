"""Writes tasks for Label Studio: one per pair, with its boxes and outlines in percent of the picture."""

import json
from collections.abc import Sequence
from typing import Any, Final

from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_writer import ListWriter, WrittenPicture

Size = tuple[int, int]


def format_label_studio(pictures: Sequence[WrittenPicture]) -> str:
    """Return a JSON array of tasks, whose ``data`` has image, caption and label; boxes need the picture's size."""
    tasks = [_task(picture, pair) for picture in pictures for pair in picture.pairs]
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _task(picture: WrittenPicture, pair: ListedPair) -> dict[str, Any]:
    own = {"label": pair.label, "pair_id": pair.id}
    data = {"image": picture.name, "caption": pair.caption, **{name: value for name, value in own.items() if value}}
    results = [_result(region, picture.size, number) for number, region in enumerate(pair.regions, 1) if picture.size]
    return {"data": data, "annotations": [{"result": results}] if results else []}


def _result(region: Region, size: Size, number: int) -> dict[str, Any]:
    labels = [region.name] if region.name else []
    if region.outline:
        points = [_percent(corner, size) for corner in region.outline]
        kind, value = "polygonlabels", {"points": points, "polygonlabels": labels}
    else:
        x0, y0, x1, y1 = region.box
        (x, y), (width, height) = _percent((x0, y0), size), _percent((x1 - x0, y1 - y0), size)
        box = {"x": x, "y": y, "width": width, "height": height}
        kind, value = "rectanglelabels", {**box, "rotation": 0, "rectanglelabels": labels}
    return {
        "id": str(number),
        "type": kind,
        "from_name": "polygon" if region.outline else "label",
        "to_name": "image",
        "original_width": size[0],
        "original_height": size[1],
        "image_rotation": 0,
        "value": value,
    }


def _percent(point: tuple[float, float], size: Size) -> list[float]:
    """Return x and y in percent of a picture, exact to a millionth of a pixel."""
    return [round(100 * part / side, 10) for part, side in zip(point, size, strict=True)]


WRITER: Final = ListWriter(
    key="label-studio",
    name="Label Studio",
    description="One JSON file of tasks. Label Studio opens the pictures itself.",
    holds=frozenset(("ids", "labels", "outlines", "caption boxes", "caption lines", "no caption")),
    endings=(".json",),
    format_pictures=format_label_studio,
)
