"""Formats of pair lists, one module each: a module here that declares ``FORMAT`` is all that a format needs.

| format | what it is |
|---|---|
| folder | pictures with captions and boxes in files of the same name: .txt, .caption, .json, .xml (VOC), YOLO |
| table | CSV, TSV, Excel's text, token files; ``list_format.NAMES`` lists the accepted names of columns |
| jsonl | an object a line, or one JSON array of them, each in a form of ``record_forms`` |
| json-document | a document that holds such objects: Karpathy's splits, FiftyOne, SugarCrepe, one labelme file |
| coco | COCO's captions and instances, in one file or two; also LVIS, MDETR and CVAT's COCO |
| xml-boxes | Pascal VOC, as a folder or one file, and CVAT for images |
| tar-shard | a shard of a web data set; its pictures stay in the archive |
| parquet | a table of paths, img2dataset's table, or pictures inside the file |
| flickr30k | Flickr30k Entities: ``Sentences/`` and ``Annotations/``; boxes have the words of their phrase as names |
| imagenet-s | ImageNet-S: ``validation/`` and ``validation-segmentation/``; the class's name is caption and label |
| batch | the folder of a finished batch; read only |
| project | a project's pairs; read only |

A format is recognised by content. A folder that holds its list in a file is that list, see ``list_files.inner_lists``.
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
