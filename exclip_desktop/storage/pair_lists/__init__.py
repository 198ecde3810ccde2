"""Lists of pairs: read from what people have, written as what they can go on with.

| format | what it is |
|---|---|
| folder | pictures with captions of the same name: ``.txt`` (a caption a line), or ``.json`` (as JSONL's objects) |
| table | CSV or TSV with a line of names; those that mean the same are in ``records.NAMES`` |
| jsonl | an object a line, or one JSON array of them, with the table's names; ``captions`` may be several |
| coco | COCO's captions, with the boxes of its instances, in one file or in ``captions_X`` and ``instances_X`` |
| flickr30k | Flickr30k Entities: ``Sentences/`` and ``Annotations/``; boxes bear the words that name them |
| imagenet-s | ImageNet-S: ``validation/`` and ``validation-segmentation/``; the class's name is caption and label |
| project | a project's pairs; it is only read so |

``boxes`` is JSON: a list of [x0, y0, x1, y1] in source pixels or of objects, see ``storage.regions.region_of``.
"""
