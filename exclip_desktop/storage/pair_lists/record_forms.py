"""Records of annotation tools and data sets, as records with the names of ``list_format.NAMES``.

A record is one JSON object: an entry of an array, a line of JSON lines, a file beside a picture, or a row of a table
whose cells are JSON. ``convert_record`` recognises its form by its keys; a record of any other form is unchanged.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from exclip_desktop.storage.pair_lists.box_forms import (
    Size,
    Value,
    corner_box,
    fraction_box,
    percent_box,
    percent_points,
    points_box,
)
from exclip_desktop.storage.pair_lists.list_format import size_value

Record = Mapping[str, Any]
SizeOf = Callable[[str], Size]
"""Returns the size of a listed picture; raises ``ValueError`` where it cannot be opened."""
OBJECT_NAMES: Final = ("categories", "category", "labels", "label", "name")
"""Accepted names of the list with the names of ``objects``; the first one that a record has counts."""


def convert_record(record: Record, size_of: SizeOf) -> Iterator[Record]:
    """Yield the records of one record of any known form; boxes that cannot be read stay, for the reader to name."""
    if not any(isinstance(value, list | dict) or str(value).startswith("[{") for value in record.values()):
        yield from _hard_negative(record, size_of) if "negative_caption" in record else (record,)
        return
    for is_form, convert in FORMS:
        if is_form(record):
            yield from convert(record, size_of)
            return
    yield record


def _labelme(record: Record, _: SizeOf) -> Iterator[Record]:
    """labelme and X-AnyLabeling: ``shapes`` of a picture, whose path may be of another computer."""
    boxes = [
        _or_raw(points_box, shape, shape.get("points"), shape.get("label", ""))
        for shape in _objects(record["shapes"])
        if shape.get("shape_type", "polygon") in ("rectangle", "polygon", "rotation")
    ]
    size = size_value(record.get("imageWidth"), record.get("imageHeight"))
    caption = record.get("captions") or record.get("description") or ""  # captions: this program writes several so
    yield {"path": record["imagePath"], "caption": caption, "boxes": boxes, "size": size}


def _label_studio(record: Record, _: SizeOf) -> Iterator[Record]:
    """Label Studio's JSON: a task with ``data`` and ``annotations``, whose results are boxes and texts."""
    data = record["data"] if isinstance(record["data"], dict) else {}
    annotations = _objects(record.get("annotations"))
    results = [one for annotation in annotations[:1] for one in _objects(annotation.get("result"))]
    boxes, captions = [], []
    for result in results:
        value = result.get("value")
        if not isinstance(value, dict):
            continue
        sized = {**result, **value}
        if "rectanglelabels" in value:
            boxes.append(_or_raw(percent_box, sized, sized, value["rectanglelabels"]))
        elif "polygonlabels" in value:
            boxes.append(_or_raw(percent_points, sized, sized, value["polygonlabels"]))
        elif isinstance(value.get("text"), list):
            captions += value["text"]
    picture = next((value for value in data.values() if isinstance(value, str) and _is_picture(value)), "")
    known = next((data[name] for name in ("caption", "text") if isinstance(data.get(name), str)), None)
    yield {
        "path": picture or data.get("image") or record.get("file_upload"),
        "caption": captions or known or "",
        "label": data["label"] if isinstance(data.get("label"), str) else "",
        "boxes": boxes,
        "id": data.get("pair_id", record.get("id")),
    }


def _percent_labels(record: Record, _: SizeOf) -> Iterator[Record]:
    """Label Studio's JSON-MIN and CSV: the boxes of a task in a field of its own, often ``label``."""
    fields = {name: _percent_boxes(value) for name, value in record.items()}
    boxes = [box for found in fields.values() for box in found]
    yield {**{name: value for name, value in record.items() if not fields[name]}, "boxes": boxes}


def _percent_boxes(value: Any) -> list[Value]:
    """Return the boxes of a field, or none where it has no boxes of Label Studio."""
    if isinstance(value, str) and value.startswith("[{") and '"original_width"' in value:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    entries = value if isinstance(value, list) else []
    if not any(isinstance(entry, dict) and "original_width" in entry for entry in entries):
        return []
    return [_or_raw(percent_box, entry, entry, entry.get("rectanglelabels", "")) for entry in _objects(entries)]


def _conversation(record: Record, _: SizeOf) -> Iterator[Record]:
    """LLaVA's conversations: the model's first answer is the caption."""
    answers = (
        turn.get("value")
        for turn in _objects(record["conversations"])
        if turn.get("from") in ("gpt", "assistant", "model")
    )
    yield {**record, "caption": next((answer for answer in answers if isinstance(answer, str)), "")}


def _grounding(record: Record, _: SizeOf) -> Iterator[Record]:
    """ODVG: a caption whose phrases have boxes x0, y0, x1, y1."""
    grounding = record["grounding"]
    boxes: list[Any] = []
    for region in _objects(grounding.get("regions")):
        box, phrase = region.get("bbox"), region.get("phrase")
        each = box if isinstance(box, list) and box and isinstance(box[0], list) else [box]
        boxes += [{"box": one, "name": phrase if isinstance(phrase, str) else str(phrase or "")} for one in each]
    size = size_value(record.get("width"), record.get("height"))
    yield {"path": record.get("filename"), "caption": grounding.get("caption"), "boxes": boxes, "size": size}


def _detection(record: Record, _: SizeOf) -> Iterator[Record]:
    """ODVG's detections: ``instances`` with a box and a category; there is no caption."""
    instances = _objects(record["detection"].get("instances"))
    boxes = [{"box": one.get("bbox"), "name": str(one.get("category") or one.get("label") or "")} for one in instances]
    size = size_value(record.get("width"), record.get("height"))
    yield {"path": record.get("filename"), "boxes": boxes, "size": size}


def _fiftyone(record: Record, size_of: SizeOf) -> Iterator[Record]:
    """FiftyOne's sample: boxes are fractions of the picture, in any field that holds detections."""
    boxes: list[Any] = []
    for value in record.values():
        for one in _objects(value.get("detections") if isinstance(value, dict) else None):
            size = _size_of(record, size_of)
            boxes.append(_or_raw(fraction_box, one, one.get("bounding_box"), size, one.get("label", "")))
    yield {**record, "boxes": boxes}


def _size_of(record: Record, size_of: SizeOf) -> Size:
    metadata = record.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    width, height = known.get("width"), known.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    return size_of(str(record["filepath"]))


def _object_lists(record: Record, _: SizeOf) -> Iterator[Record]:
    """Hugging Face's imagefolder: ``objects`` with a list of boxes x, y, width, height, and lists of their facts."""
    objects = record["objects"]
    names: Any = next((objects[key] for key in OBJECT_NAMES if key in objects), [])
    boxes = [
        _or_raw(corner_box, box, box, names[at] if isinstance(names, list) and at < len(names) else "")
        for at, box in enumerate(objects["bbox"])
    ]
    yield {**{name: value for name, value in record.items() if name != "objects"}, "boxes": boxes}


def _described_regions(record: Record, _: SizeOf) -> Iterator[Record]:
    """Visual Genome: every region of a picture has a phrase, which is a caption with one box."""
    for region in _objects(record["regions"]):
        box = [region.get(key) for key in ("x", "y", "width", "height")]
        picture = region.get("image_id", record.get("image_id", record.get("id")))
        phrase = region.get("phrase")
        yield {
            "path": f"{picture}.jpg",
            "caption": phrase,
            "boxes": [_or_raw(corner_box, box, box, phrase)],
            "id": str(region.get("region_id", picture)),
        }


def _hard_negative(record: Record, _: SizeOf) -> Iterator[Record]:
    """SugarCrepe: a caption, and a wrong one, which is labelled so."""
    yield {**record, "caption": record["caption"]}
    yield {**record, "caption": record["negative_caption"], "label": "negative"}


def _has_percent_boxes(record: Record) -> bool:
    return any(_percent_boxes(value) for value in record.values())


def _has_detections(record: Record) -> bool:
    return "filepath" in record and any(isinstance(value, dict) and "detections" in value for value in record.values())


def _has_object_lists(record: Record) -> bool:
    objects = record.get("objects")
    return isinstance(objects, dict) and isinstance(objects.get("bbox"), list)


def _has_phrases(record: Record) -> bool:
    regions = record.get("regions")
    return isinstance(regions, list) and any(isinstance(one, dict) and "phrase" in one for one in regions)


FORMS: Final[tuple[tuple[Callable[[Record], bool], Callable[[Record, SizeOf], Iterator[Record]]], ...]] = (
    (lambda record: "shapes" in record and "imagePath" in record, _labelme),
    (lambda record: "data" in record and "annotations" in record, _label_studio),
    (lambda record: isinstance(record.get("conversations"), list), _conversation),
    (lambda record: isinstance(record.get("grounding"), dict), _grounding),
    (lambda record: isinstance(record.get("detection"), dict), _detection),
    (_has_detections, _fiftyone),
    (_has_object_lists, _object_lists),
    (_has_phrases, _described_regions),
    (lambda record: "caption" in record and "negative_caption" in record, _hard_negative),
    (_has_percent_boxes, _percent_labels),
)
"""Each form: how its records are recognised, and how they are converted."""


def _objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none for anything else."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _is_picture(text: str) -> bool:
    return text.lower().rpartition(".")[2] in ("jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "avif")


def _or_raw(make: Callable[..., Value], raw: Any, *values: Any) -> Any:
    """Return the value of a box, or what the list writes where that is none: the reader names it in a note."""
    try:
        return make(*values)
    except (KeyError, TypeError, ValueError):
        return raw if isinstance(raw, list) else {"box": raw}
