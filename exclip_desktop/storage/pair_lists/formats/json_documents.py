"""JSON documents that hold records: Karpathy's splits, FiftyOne's, one labelme file, objects by picture, columns."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from exclip_desktop.storage.pair_lists.box_forms import objects_of
from exclip_desktop.storage.pair_lists.formats.jsonl import read_array
from exclip_desktop.storage.pair_lists.list_format import NAMES, ListFormat, PairReader, find_columns
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.picture_finder import is_picture_name
from exclip_desktop.storage.pair_lists.record_forms import is_known_form

WRAPPERS: Final = (
    "data",
    "annotations",
    "samples",
    "images",
    "items",
    "pairs",
    "records",
    "rows",
    "examples",
    "dataset",
)
"""Names of the one list in a document."""
ROWS: Final = ("columns", "data")  # of pandas, orient="split"


def read_document(source: ListSource) -> PairReader:
    """Read the records of a document."""
    records = _records(source.document, source.path.stem)
    assert records is not None
    return PairReader(source.picture_folder, read_array(source.path, records, source.finder.size_of))


def _records(document: Any, stem: str = "") -> Iterable[Any] | None:
    """Return the records of a document, or None where it is none of these; ``stem``: of its file."""
    if not isinstance(document, dict):
        return None
    images = document.get("images")
    if isinstance(images, list) and any(isinstance(image, dict) and "sentences" in image for image in images):
        return (_with_folder(image) for image in images)
    if "shapes" in document and "imagePath" in document:
        return [{**document, "imagePath": document["imagePath"] or stem}]  # the finder adds the ending
    if isinstance(document.get("samples"), list):
        return document["samples"]  # type: ignore[no-any-return]  # it is a list
    if _is_record(document):
        return [document]
    return _wrapped(document) or _columns(document) or _by_picture(document) or _labels(document)


def _is_record(value: Any) -> bool:
    """Return whether a value names a picture, or has a form that does."""
    if not isinstance(value, dict):
        return False
    picture = value.get(find_columns(tuple(map(str, value))).get("picture", ""))
    return is_known_form(value) or (isinstance(picture, str) and is_picture_name(picture))


def _wrapped(document: Mapping[str, Any]) -> list[Any] | None:
    """Return the records of the one list in a document."""
    if isinstance(document.get("images"), list) and isinstance(document.get("annotations"), list):
        return None  # COCO's
    lists = [document[name] for name in WRAPPERS if isinstance(document.get(name), list)]
    return next((one for one in lists if one and _is_record(one[0])), None)


def _columns(document: Mapping[str, Any]) -> list[Any] | None:
    """Return the records of a table that pandas or NumPy wrote by columns."""
    if all(isinstance(document.get(name), list) for name in ROWS):
        names = [str(name) for name in document["columns"]]
        rows = [dict(zip(names, row, strict=False)) for row in document["data"] if isinstance(row, list)]
        return rows if "picture" in find_columns(tuple(names)) else None
    names = list(document)
    picture = document.get(find_columns(tuple(names)).get("picture", ""))
    if isinstance(picture, list) and not any(isinstance(one, dict) for one in picture):
        lists = {name: value for name, value in document.items() if isinstance(value, list)}
        columns = {name: dict(enumerate(value)) for name, value in lists.items()}
        picture = dict(enumerate(picture))
    else:
        columns = {name: value for name, value in document.items() if isinstance(value, dict)}
    if not isinstance(picture, dict):
        return None
    return [{name: value.get(row) for name, value in columns.items()} for row in picture] or None


def _by_picture(document: Mapping[str, Any]) -> list[Any] | None:
    """Return the records of an object whose keys are pictures, or whose values are records."""
    values = list(document.values())
    are_objects = values and all(isinstance(value, dict) for value in values)
    if are_objects and any(_is_record(value) or "caption" in value for value in values):
        return [value if _is_record(value) else {**value, NAMES["picture"][0]: key} for key, value in document.items()]
    is_text = all(isinstance(value, str | list) for value in values)
    if values and is_text and all(is_picture_name(key) for key in document):
        return [{NAMES["picture"][0]: key, NAMES["caption"][0]: value} for key, value in document.items()]
    return None


def _labels(document: Mapping[str, Any]) -> list[Any] | None:
    """Return the records of FiftyOne's labels.json: boxes in fractions, or one class, by the picture's name."""
    labels, classes = document.get("labels"), document.get("classes")
    if not isinstance(labels, dict) or not isinstance(classes, list):
        return None
    return [_labelled(picture, value, classes) for picture, value in labels.items()]


def _labelled(picture: str, value: Any, classes: list[Any]) -> dict[str, Any]:
    def name(label: Any) -> str:
        is_number = isinstance(label, int) and not isinstance(label, bool) and 0 <= label < len(classes)
        return str(classes[label] if is_number else label)

    if not isinstance(value, list):
        return {"filepath": picture, "label": name(value)}
    detections = [{**one, "label": name(one.get("label", ""))} for one in objects_of(value)]
    return {"filepath": picture, "labels": {"detections": detections}}


def _with_folder(image: Any) -> Any:
    """Return an image of Karpathy's splits with its folder in its file name."""
    if isinstance(image, dict) and isinstance(image.get("filepath"), str) and isinstance(image.get("filename"), str):
        path = "/".join(part for part in (image["filepath"], image["filename"]) if part)
        return {**{name: value for name, value in image.items() if name != "filepath"}, "filename": path}
    return image


FORMAT: Final = ListFormat(
    name="json-document",
    recognises=lambda source: source.content == "json" and _records(source.document) is not None,
    read=read_document,
)
