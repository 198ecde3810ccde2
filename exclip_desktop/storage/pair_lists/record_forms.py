"""Records of annotation tools and data sets, as records with the names of ``list_format.NAMES``.

A record is one JSON object: an entry of an array, a line of JSON lines, a file beside a picture, or a row of a table
whose cells are JSON. ``convert_record`` recognises its form by its keys; a record of any other form is unchanged.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from exclip_desktop.storage.pair_lists.box_forms import (
    Size,
    Value,
    circle_box,
    corner_box,
    describe_dropped,
    ellipse_box,
    fraction_box,
    fraction_points,
    middle_box,
    objects_of,
    or_raw,
    points_box,
)
from exclip_desktop.storage.pair_lists.label_studio_records import (
    convert_fields,
    convert_task,
    has_percent_boxes,
    is_task,
)
from exclip_desktop.storage.pair_lists.list_format import NAMES, size_value

Record = Mapping[str, Any]
SizeOf = Callable[[str], Size]
"""Returns the size of a listed picture; raises ``ValueError`` where it cannot be opened."""
PLACEHOLDER: Final = "<image>"  # of the picture, in the text of a conversation
IN_TEXT: Final = re.compile(r"<img>([^<>]+)</img>")
AREAS: Final[Mapping[str, Callable[..., Value]]] = {
    **dict.fromkeys(("rectangle", "polygon", "rotation", "quadrilateral", "mask"), points_box),
    "circle": circle_box,
}
"""Kinds of labelme's shapes that are areas; of a mask, its box is read."""
HARD_NEGATIVES: Final = (("caption", "negative_caption"), ("true_caption", "false_caption"))
COMPOSITION: Final = ("image_0", "image_1", "caption_0", "caption_1")
OBJECT_NAMES: Final = ("categories", "category", "labels", "label", "name")
"""Accepted names of the list with the names of ``objects``; the first one that a record has counts."""


def is_known_form(record: Record) -> bool:
    """Return whether a record has one of ``FORMS``."""
    return any(is_form(record) for is_form, _ in FORMS)


def convert_record(record: Record, size_of: SizeOf) -> Iterator[Record]:
    """Yield the records of one record of any known form; boxes that cannot be read stay, for the reader to name."""
    is_flat = not any(isinstance(value, list | dict) or str(value).startswith("[{") for value in record.values())
    if is_flat and not has_wrong_caption(record):
        yield record
        return
    for is_form, convert in FORMS:
        if is_form(record):
            yield from convert(record, size_of)
            return
    yield record


def _labelme(record: Record, _: SizeOf) -> Iterator[Record]:
    """labelme and X-AnyLabeling: ``shapes`` of a picture, whose path may be of another computer."""
    boxes, dropped = [], Counter[str]()
    for shape in objects_of(record["shapes"]):
        make = AREAS.get(str(shape.get("shape_type") or "polygon"))
        if make is None:
            dropped[str(shape["shape_type"])] += 1
        else:
            boxes.append(or_raw(make, shape, shape.get("points"), shape.get("label", "")))
    flags = record.get("flags")
    yield {
        "path": record["imagePath"],
        "caption": record.get("captions") or record.get("description") or "",  # this program writes several captions
        "label": ", ".join(name for name, is_set in flags.items() if is_set is True) if isinstance(flags, dict) else "",
        "boxes": boxes,
        "size": size_value(record.get("imageWidth"), record.get("imageHeight")),
        "notes": tuple(describe_dropped(dropped)),
    }


def _conversation(record: Record, _: SizeOf) -> Iterator[Record]:
    """LLaVA's and ShareGPT's conversations: the model's first answer is the caption."""
    turns = objects_of(record["conversations"] if "conversations" in record else record["messages"])
    answers = (
        turn.get("value", turn.get("content"))
        for turn in turns
        if turn.get("from", turn.get("role")) in ("gpt", "assistant", "model")
    )
    answer = next((answer for answer in answers if isinstance(answer, str)), "")
    pictures = record.get("image", record.get("images"))
    if pictures is None:  # Qwen-VL names the picture in the text
        pictures = IN_TEXT.findall(" ".join(str(turn.get("value", turn.get("content"))) for turn in turns))
    if isinstance(pictures, list) and len(pictures) > 1:
        raise ValueError("it names several pictures")
    yield {
        **{name: value for name, value in record.items() if name not in ("image", "images")},
        "path": next(iter(pictures), "") if isinstance(pictures, list) else pictures,
        "caption": answer.replace(PLACEHOLDER, "").strip(),
    }


def _grounding(record: Record, _: SizeOf) -> Iterator[Record]:
    """ODVG: a caption whose phrases have boxes x0, y0, x1, y1."""
    grounding = record["grounding"]
    boxes: list[Any] = []
    for region in objects_of(grounding.get("regions")):
        box, phrase = region.get("bbox"), region.get("phrase")
        each = box if isinstance(box, list) and box and isinstance(box[0], list) else [box]
        if isinstance(phrase, list):  # several words for one thing
            phrase = phrase[0] if phrase else ""
        boxes += [{"box": one, "name": phrase if isinstance(phrase, str) else str(phrase or "")} for one in each]
    size = size_value(record.get("width"), record.get("height"))
    yield {"path": record.get("filename"), "caption": grounding.get("caption"), "boxes": boxes, "size": size}


def _detection(record: Record, _: SizeOf) -> Iterator[Record]:
    """ODVG's detections: ``instances`` with a box and a category; there is no caption."""
    instances = objects_of(record["detection"].get("instances"))
    boxes = [{"box": one.get("bbox"), "name": str(one.get("category") or one.get("label") or "")} for one in instances]
    size = size_value(record.get("width"), record.get("height"))
    yield {"path": record.get("filename"), "boxes": boxes, "size": size}


def _fiftyone(record: Record, size_of: SizeOf) -> Iterator[Record]:
    """FiftyOne's sample: boxes and outlines are fractions of the picture, in any field that holds them."""
    boxes: list[Any] = []
    dropped = Counter[str]()
    for value in record.values():
        field = value if isinstance(value, dict) else {}
        for one in objects_of(field.get("detections")):
            box, label = one.get("bounding_box"), one.get("label", "")
            boxes.append(or_raw(fraction_box, one, box, _size_of(record, size_of), label))
        for one in objects_of(field.get("polylines")):
            is_area = one.get("closed") or one.get("filled")
            dropped["line"] += not is_area
            for points in one.get("points") or () if is_area else ():
                boxes.append(or_raw(fraction_points, one, points, _size_of(record, size_of), one.get("label", "")))
        dropped["keypoint"] += len(objects_of(field.get("keypoints")))
    yield {**record, "boxes": boxes, "notes": tuple(describe_dropped(+dropped))}


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
        or_raw(corner_box, box, box, names[at] if isinstance(names, list) and at < len(names) else "")
        for at, box in enumerate(objects["bbox"])
    ]
    yield {**{name: value for name, value in record.items() if name != "objects"}, "boxes": boxes}


def _separate_objects(record: Record, _: SizeOf) -> Iterator[Record]:
    """Hugging Face's ``objects`` as a list with ``bbox`` each, and Visual Genome's with ``x``, ``y``, ``w``, ``h``."""
    boxes = []
    for one in objects_of(record["objects"]):
        box = one["bbox"] if "bbox" in one else [one.get(key) for key in ("x", "y", "w", "h")]
        name = next((one[key] for key in ("names", *OBJECT_NAMES) if key in one), "")
        boxes.append(or_raw(corner_box, box, box, name))
    numbered = {"path": f"{record['image_id']}.jpg"} if "image_id" in record else {}  # Visual Genome's
    yield {**numbered, **{name: value for name, value in record.items() if name != "objects"}, "boxes": boxes}


def _centred_annotations(record: Record, _: SizeOf) -> Iterator[Record]:
    """CreateML: ``annotations`` with ``coordinates``, whose x and y are those of the box's centre, in pixels."""
    boxes = []
    for one in objects_of(record["annotations"]):
        at = one.get("coordinates")
        boxes.append(or_raw(middle_box, one, at, one.get("label", "")))
    yield {**{name: value for name, value in record.items() if name != "annotations"}, "boxes": boxes}


def _annotator_regions(record: Record, _: SizeOf) -> Iterator[Record]:
    """VGG Image Annotator: ``regions`` with shapes in pixels; the first of their attributes is their name."""
    boxes, dropped = [], Counter[str]()
    regions = record["regions"]
    for region in objects_of(list(regions.values()) if isinstance(regions, dict) else regions):
        shape, names = region.get("shape_attributes") or {}, region.get("region_attributes") or {}
        make = ANNOTATOR_SHAPES.get(str(shape.get("name")))
        if make is None:
            dropped[str(shape.get("name"))] += 1
        else:
            name = next((one for one in names.values() if isinstance(one, str)), "")
            boxes.append(or_raw(make, shape, shape, name))
    facts = {name: value for name, value in (record.get("file_attributes") or {}).items() if name in NAMES["caption"]}
    yield {"filename": record["filename"], **facts, "boxes": boxes, "notes": tuple(describe_dropped(dropped))}


def _annotator_rectangle(shape: Record, name: str) -> Value:
    return corner_box([shape[key] for key in ("x", "y", "width", "height")], name)


def _annotator_outline(shape: Record, name: str) -> Value:
    return points_box(list(zip(shape["all_points_x"], shape["all_points_y"], strict=True)), name)


def _annotator_ellipse(shape: Record, name: str) -> Value:
    radii = (shape["r"], shape["r"]) if "r" in shape else (shape["rx"], shape["ry"])
    return ellipse_box((shape["cx"], shape["cy"]), radii, 0, name)


ANNOTATOR_SHAPES: Final[Mapping[str, Callable[..., Value]]] = {
    "rect": _annotator_rectangle,
    "polygon": _annotator_outline,
    **dict.fromkeys(("circle", "ellipse"), _annotator_ellipse),
}


def _compositions(record: Record, _: SizeOf) -> Iterator[Record]:
    """Winoground: two pictures with a caption each; the other caption is labelled as wrong."""
    for picture, caption in ((0, 0), (1, 1), (0, 1), (1, 0)):
        yield {
            "path": record[f"image_{picture}"],
            "caption": record[f"caption_{caption}"],
            "label": "" if picture == caption else "negative",
            "id": f"{record.get('id', '')}-{picture}{caption}",
        }


def _described_regions(record: Record, _: SizeOf) -> Iterator[Record]:
    """Visual Genome: every region of a picture has a phrase, which is a caption with one box."""
    for region in objects_of(record["regions"]):
        box = [region.get(key) for key in ("x", "y", "width", "height")]
        picture = region.get("image_id", record.get("image_id", record.get("id")))
        phrase = region.get("phrase")
        yield {
            "path": f"{picture}.jpg",
            "caption": phrase,
            "boxes": [or_raw(corner_box, box, box, phrase)],
            "id": str(region.get("region_id", picture)),
        }


def _hard_negative(record: Record, _: SizeOf) -> Iterator[Record]:
    """SugarCrepe and ARO: a caption, and a wrong one, which is labelled so."""
    right, wrong = next(keys for keys in HARD_NEGATIVES if all(key in record for key in keys))
    yield {**record, "caption": record[right]}
    yield {**record, "caption": record[wrong], "label": "negative"}


def has_wrong_caption(names: Iterable[str]) -> bool:
    """Return whether records with these names have a caption and a wrong one, or are Winoground's."""
    return any(all(key in names for key in keys) for keys in (*HARD_NEGATIVES, COMPOSITION))


def _has_detections(record: Record) -> bool:
    fields = [value for value in record.values() if isinstance(value, dict)]
    return "filepath" in record and any("detections" in field or "polylines" in field for field in fields)


def _has_object_lists(record: Record) -> bool:
    objects = record.get("objects")
    return isinstance(objects, dict) and isinstance(objects.get("bbox"), list)


def _has_separate_objects(record: Record) -> bool:
    objects = record.get("objects")
    first = objects[0] if isinstance(objects, list) and objects else None
    return isinstance(first, dict) and ("bbox" in first or {"x", "y", "w", "h"} <= set(first))


def _has_coordinates(record: Record) -> bool:
    return any("coordinates" in one for one in objects_of(record.get("annotations")))


def _has_phrases(record: Record) -> bool:
    regions = record.get("regions")
    return isinstance(regions, list) and any(isinstance(one, dict) and "phrase" in one for one in regions)


FORMS: Final[tuple[tuple[Callable[[Record], bool], Callable[[Record, SizeOf], Iterator[Record]]], ...]] = (
    (lambda record: "shapes" in record and "imagePath" in record, _labelme),
    (is_task, lambda record, _: convert_task(record)),
    (lambda record: isinstance(record.get("conversations", record.get("messages")), list), _conversation),
    (lambda record: isinstance(record.get("grounding"), dict), _grounding),
    (lambda record: isinstance(record.get("detection"), dict), _detection),
    (_has_detections, _fiftyone),
    (_has_object_lists, _object_lists),
    (_has_phrases, _described_regions),
    (lambda record: "regions" in record and "file_attributes" in record, _annotator_regions),
    (_has_separate_objects, _separate_objects),
    (_has_coordinates, _centred_annotations),
    (lambda record: all(key in record for key in COMPOSITION), _compositions),
    (has_wrong_caption, _hard_negative),
    (has_percent_boxes, lambda record, _: convert_fields(record)),
)
"""Each form: how its records are recognised, and how they are converted."""
