"""Writes the parts of a picture: masks as PNG, arrays as NPZ, numbers as JSON, annotations as COCO."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.core.maths.picture_parts import PART_COLOURS
from exclip_desktop.core.values.parts_report import PartsReport, parts_to_values
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import ExportFormat, check_path, format_for


@dataclass(frozen=True, slots=True)
class PartFormat(ExportFormat):
    """A format of parts, with its writer, which takes the name of the picture."""

    write: Callable[[PartsReport, str, BinaryIO], None]


def save_parts(report: PartsReport, picture: str, path: Path) -> None:
    """Write the parts of ``picture`` by the file's ending.

    - PNG: one pixel for each pixel of the picture: the part's number from 1, in its colour; 0 where the model does not
      look.
    - NPZ: ``labels``, ``weights`` (parts, grid_h, grid_w), ``directions`` (parts, D); the rest as JSON text in
      ``provenance``.
    - COCO: a JSON object with the picture, one annotation for each part with its box, area and run-length mask, and its
      label as category.
    - JSON: what ``parts_to_values`` returns.

    Raises:
        OutputError: the ending is not one of ``PART_FORMATS``, or the file cannot be written.

    """
    check_part_path(path)
    write = _format_of(path).write
    write_atomically(path, lambda file: write(report, picture, file))


def check_part_path(path: Path) -> None:
    """Raise ``OutputError`` unless a file of parts with this name can be written."""
    check_path(path, PART_FORMATS)


def pixel_labels(report: PartsReport) -> NDArray[np.uint8]:
    """Return the number of the part, from 1, of every pixel of the picture, (H, W); 0 where the model does not look."""
    width, height = report.geometry.source_size
    x0, y0, x1, y1 = report.geometry.visible
    rows, columns = report.geometry.grid
    down = np.floor((np.arange(height) + 0.5 - y0) * rows / (y1 - y0)).astype(int)
    across = np.floor((np.arange(width) + 0.5 - x0) * columns / (x1 - x0)).astype(int)
    numbers = np.zeros((rows + 2, columns + 2), np.uint8)  # with a border that the model does not see
    numbers[1:-1, 1:-1] = report.grouped.labels + 1
    return np.asarray(numbers[np.clip(down + 1, 0, rows + 1)[:, None], np.clip(across + 1, 0, columns + 1)])


def _write_png(report: PartsReport, picture: str, file: BinaryIO) -> None:
    image = Image.fromarray(pixel_labels(report))
    image.putpalette([0, 0, 0, *(value for colour in PART_COLOURS for value in colour)])
    image.save(file, "PNG")


def _write_npz(report: PartsReport, picture: str, file: BinaryIO) -> None:
    arrays: dict[str, Any] = {
        "labels": report.grouped.labels,
        "weights": np.stack([part.weights for part in report.parts]),
        "directions": np.stack([part.direction for part in report.parts]),
    }
    provenance = json.dumps({"picture": picture, **parts_to_values(report)}, ensure_ascii=False)
    np.savez_compressed(file, allow_pickle=False, provenance=np.array(provenance), **arrays)


def _write_json(report: PartsReport, picture: str, file: BinaryIO) -> None:
    _dump({"picture": picture, **parts_to_values(report)}, file)


def _write_coco(report: PartsReport, picture: str, file: BinaryIO) -> None:
    width, height = report.geometry.source_size
    labels = pixel_labels(report)
    names = list(dict.fromkeys(report.label(place) for place in range(len(report.parts))))
    annotations = []
    for place, part in enumerate(report.parts):
        mask = labels == place + 1
        if not mask.any():  # all of it lies beyond the picture's edge
            continue
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        left, top = int(columns[0]), int(rows[0])
        annotations.append(
            {
                "id": place + 1,
                "image_id": 1,
                "category_id": names.index(report.label(place)) + 1,
                "bbox": [left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top],
                "area": int(mask.sum()),
                "iscrowd": 0,
                "segmentation": {"size": [height, width], "counts": _run_lengths(mask)},
                "share": part.share,
            }
        )
    images = [{"id": 1, "file_name": picture, "width": width, "height": height}]
    categories = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
    _dump({"images": images, "annotations": annotations, "categories": categories}, file)


def _run_lengths(mask: NDArray[np.bool_]) -> list[int]:
    """Return the lengths of runs of pixels outside and inside in turn, column by column, as COCO counts them."""
    flat = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=False, append=not flat[-1]))
    return [int(length) for length in np.diff(edges, prepend=0)]


def _dump(values: dict[str, Any], file: BinaryIO) -> None:
    file.write(json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8"))


PART_FORMATS: Final = (
    PartFormat(".png", "PNG", "A mask: the number of the part at every pixel.", _write_png),
    PartFormat(".npz", "NPZ", "Labels, weights and directions as NumPy arrays.", _write_npz),
    PartFormat(".coco.json", "COCO", "Annotations: a box and a run-length mask for each part.", _write_coco),
    PartFormat(".json", "JSON", "Everything but weights and directions.", _write_json),
)
"""Formats of parts; the first whose ending fits is written."""


def _format_of(path: Path) -> PartFormat:
    return next((one for one in PART_FORMATS if path.name.lower().endswith(one.ending)), format_for(path, PART_FORMATS))
