"""Formats of pair lists, one module each: a module here that declares ``FORMAT`` is all that a format needs.

| format | what it is |
|---|---|
| folder | pictures with captions of the same name: ``.txt`` (a caption a line), or ``.json`` (as JSONL's objects) |
| table | CSV or TSV whose first line names the columns; ``records.NAMES`` lists the accepted names |
| jsonl | an object a line, or one JSON array of them, with the table's names; ``captions`` may be several |
| coco | COCO's captions, with the boxes of its instances, in one file or in ``captions_X`` and ``instances_X`` |
| flickr30k | Flickr30k Entities: ``Sentences/`` and ``Annotations/``; boxes have the words of their phrase as names |
| imagenet-s | ImageNet-S: ``validation/`` and ``validation-segmentation/``; the class's name is caption and label |
| batch | the folder of a finished batch; read only |
| project | a project's pairs; read only |

``boxes`` is JSON: a list of [x0, y0, x1, y1] in source pixels or of objects, see ``storage.regions.region_from_value``.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from exclip_desktop.storage.pair_lists.list_format import ListFormat


def _load_formats() -> tuple[ListFormat, ...]:
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return tuple(sorted((module.FORMAT for module in modules), key=lambda one: (one.is_fallback, one.name)))


FORMATS: Final = _load_formats()
"""The formats that this program knows: specific ones, then those that read whatever has the right content."""
