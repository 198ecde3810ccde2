"""Tasks of Label Studio as records: its JSON, JSON-MIN and CSV, with boxes, outlines, texts and choices."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.storage.pair_lists.box_forms import Value, describe_dropped, objects_of, or_raw, percent_shape
from exclip_desktop.storage.pair_lists.picture_finder import is_picture_name

ANSWERS: Final = ("annotations", "completions", "predictions")
"""Where a task has its results; ``completions`` is the name in old versions."""
SHAPE_NAMES: Final = ("rectanglelabels", "polygonlabels", "ellipselabels", "labels")
"""Where a shape has its name."""
SHAPE_KEYS: Final = (("points",), ("radiusX", "radiusY"), ("x", "y", "width", "height"))

Record = Mapping[str, Any]


def is_task(record: Record) -> bool:
    """Return whether a record is a task of the JSON export."""
    return "data" in record and any(name in record for name in ANSWERS)


def convert_task(record: Record) -> Iterator[Record]:
    """Yield the record of a task of the JSON export."""
    data = record["data"] if isinstance(record["data"], dict) else {}
    results, notes = _choose_results(record)
    shapes = _Shapes()
    captions: list[Any] = []
    labels: list[Any] = []
    regions = {one.get("id") for one in results if _is_shape(one.get("value"))}
    for result in results:
        value = result.get("value")
        if not isinstance(value, dict):
            continue
        is_of_region = _is_shape(value) or (result.get("id") in regions and result.get("id") is not None)
        if is_of_region or not ({"text", "choices"} & set(value)):
            shapes.add(result, value)
        else:
            captions += value["text"] if isinstance(value.get("text"), list) else []
            labels += value["choices"] if isinstance(value.get("choices"), list) else []
    picture = next((value for value in data.values() if isinstance(value, str) and is_picture_name(value)), "")
    known = next((data[name] for name in ("caption", "text") if isinstance(data.get(name), str)), None)
    yield {
        "path": picture or data.get("image") or record.get("file_upload"),
        "caption": captions or known or "",
        "label": data["label"] if isinstance(data.get("label"), str) else next(iter(labels), ""),
        "boxes": list(shapes.boxes.values()),
        "id": data.get("pair_id", record.get("id")),
        "notes": (*notes, *describe_dropped(shapes.dropped)),
    }


def _choose_results(record: Record) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the results of one answer to a task, and notes on the others."""
    given = [one for name in ANSWERS[:2] for one in objects_of(record.get(name))]
    valid = [one for one in given if not one.get("was_cancelled") and not one.get("skipped")]
    if not valid:
        guesses = objects_of(record.get(ANSWERS[2]))
        notes = ["nobody has annotated it; the prediction of a model is read."] if guesses else []
        return objects_of(guesses[0].get("result")) if guesses else [], notes
    chosen = next((one for one in valid if one.get("ground_truth")), valid[0])
    notes = [f"it has {len(valid)} annotations; one of them is read."] if len(valid) > 1 else []
    return objects_of(chosen.get("result")), notes


def _is_shape(value: Any) -> bool:
    return isinstance(value, dict) and any(all(key in value for key in keys) for keys in SHAPE_KEYS)


class _Shapes:
    """The shapes of a task; shape and name of one region may be in several results."""

    def __init__(self) -> None:
        self.boxes: dict[Any, Value] = {}
        self.dropped: Counter[str] = Counter()

    def add(self, result: Mapping[str, Any], value: Mapping[str, Any]) -> None:
        """Add the shape or the name in a result, or count it as dropped."""
        kind = str(result.get("type") or "shape").removesuffix("labels")
        name = next((value[key] for key in SHAPE_NAMES if value.get(key)), "")
        key = result.get("id") or f"unnamed {len(self.boxes)}"
        known = self.boxes.get(key)
        if known is not None:
            if name and not known.get("name"):
                known["name"] = name[0] if isinstance(name, list) else str(name)
            if "text" in value:
                self.dropped["text of a box"] += 1
        elif _is_shape(value):
            sized = {**result, **value}
            self.boxes[key] = or_raw(percent_shape, sized, sized, name)
        else:
            self.dropped[kind] += 1


def has_percent_boxes(record: Record) -> bool:
    """Return whether a record is one of JSON-MIN or CSV: a field of it holds shapes in percent."""
    return any(_percent_shapes(value) is not None for value in record.values())


def convert_fields(record: Record) -> Iterator[Record]:
    """Yield the record of JSON-MIN and CSV: the shapes are in a field of their own, often ``label``."""
    fields = {name: _percent_shapes(value) for name, value in record.items()}
    found = [shapes for shapes in fields.values() if shapes is not None]
    yield {
        **{name: value for name, value in record.items() if fields[name] is None},
        "boxes": [box for shapes in found for box in shapes.boxes.values()],
        "notes": tuple(note for shapes in found for note in describe_dropped(shapes.dropped)),
    }


def _percent_shapes(value: Any) -> _Shapes | None:
    """Return the shapes of a field, or None where it has no shapes of Label Studio."""
    if isinstance(value, str) and value.startswith("[{") and '"original_width"' in value:
        try:
            value = decode_json(value)
        except JsonError:
            return None
    entries = objects_of(value)
    if not any("original_width" in entry for entry in entries):
        return None
    shapes = _Shapes()
    for entry in entries:
        shapes.add({}, entry)
    return shapes
