"""JSON documents that hold an array of records: Karpathy's splits, FiftyOne's samples, one labelme file, SugarCrepe."""

from collections.abc import Iterable
from typing import Any, Final

from exclip_desktop.storage.pair_lists.formats.jsonl import read_array
from exclip_desktop.storage.pair_lists.list_format import ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource


def read_document(source: ListSource) -> PairReader:
    """Read the records of a document."""
    records = _records(source.document)
    assert records is not None
    return PairReader(source.picture_folder, read_array(source.path, records, source.finder.size_of))


def _records(document: Any) -> Iterable[Any] | None:
    """Return the records of a document, or None where it is none of these."""
    if not isinstance(document, dict):
        return None
    images, samples = document.get("images"), document.get("samples")
    if isinstance(images, list) and any(isinstance(image, dict) and "sentences" in image for image in images):
        return (_with_folder(image) for image in images)
    if isinstance(samples, list):
        return samples
    if "shapes" in document and "imagePath" in document:
        return [document]
    values = list(document.values())
    if values and all(isinstance(value, dict) and "caption" in value for value in values):
        return values
    return None


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
