"""Hostile lists of pairs of every format: values of a wrong kind, bombs, endless files, folders of special files."""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.hostile.runner import OUT, HostileInput

Write = Callable[[Path], list[str]]
READ: Final = (0,)
REFUSED: Final = (2,)
HONEST: Final = '{"path": "a.png", "caption": "a dog"}'
BOMB_LEVELS: Final = 30
DEEP: Final = "[" * 100_000 + "]" * 100_000
SPARSE_BYTES: Final = 1 << 30
WRONG: Final[Mapping[str, str]] = {
    "a list": "[[1]]",
    "an object": '{"a": {"b": 1}}',
    "true": "true",
    "an infinite number": "Infinity",
    "no number": "NaN",
    "1e999": "1e999",
    "400 digits": "1" * 400,
    "5,000 digits": "1" * 5000,
    "deep nesting": DEEP,
    "a lone surrogate": r'"\ud800"',
    "a control character": r'"a\u001b[31m\u0000b"',
    "bytes that are not UTF-8": '"\udcff"',
    "a million letters": '"' + "ab" * 500_000 + '"',
}
"""Values as JSON writes them, for a field where none of them belongs."""


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def converts(files: Mapping[str, str | bytes], name: str) -> Write:
    """Return a function that writes files and converts the list ``name``."""

    def write(folder: Path) -> list[str]:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(as_bytes(text))
        return ["convert", name, f"{OUT}/out.jsonl"]

    return write


def writes_file(name: str, text: str | bytes) -> Write:
    return converts({name: text}, name)


def writes_sparse(name: str, start: str | bytes = b"", listed: str = "") -> Write:
    """Return a function that writes a file of a gigabyte of NUL bytes after ``start``."""

    def write(folder: Path) -> list[str]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as file:
            file.write(as_bytes(start))
            file.truncate(SPARSE_BYTES)
        return ["convert", listed or name, f"{OUT}/out.jsonl"]

    return write


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"".join(b"\0" + bytes(range(24)) for _ in range(8)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


PNG: Final = _png()


def _fields() -> Iterator[HostileInput]:
    """Yield a list for every field and value that does not belong there; the other lines are read."""
    fast = {("caption", "deep nesting"), ("boxes", "5,000 digits")}
    for field in ("path", "caption", "id", "label", "boxes", "mask"):
        for kind, value in WRONG.items():
            record = {"path": '"b.png"', "caption": '"a cat"'} | {field: value}
            line = "{" + ", ".join(f'"{name}": {text}' for name, text in record.items()) + "}"
            written = writes_file("pairs.jsonl", f"{HONEST}\n{line}\n{HONEST}\n")
            yield HostileInput(f"JSON lines, {field} is {kind}", written, codes=READ, fast=(field, kind) in fast)


def _boxes() -> Iterator[HostileInput]:
    """Yield lists whose boxes hold numbers that are none."""
    for kind, value in WRONG.items():
        line = f'{{"path": "b.png", "boxes": [[0, 0, 5, {value}], [1, 1, 2, 2]]}}'
        yield HostileInput(f"JSON lines, an edge is {kind}", writes_file("x.jsonl", f"{HONEST}\n{line}\n"), codes=READ)
    cell = '"[[0, 0, 5, {}], [1, 1, 2, 2]]"'
    for kind in ("an infinite number", "400 digits", "5,000 digits", "deep nesting", "true"):
        text = f"path,caption,boxes\na.png,a dog,\nb.png,a cat,{cell.format(WRONG[kind])}\n"
        yield HostileInput(
            f"table, an edge is {kind}", writes_file("x.csv", text), codes=READ, fast=kind == "400 digits"
        )


def _coco() -> Iterator[HostileInput]:
    """Yield COCO files of which one part is of another kind."""
    good = {
        "images": '[{"id": 1, "file_name": "a.png", "width": 9, "height": 9}, {"id": 2, "file_name": "b.png"}]',
        "annotations": '[{"id": 1, "image_id": 1, "caption": "a dog"}]',
        "categories": '[{"id": 1, "name": "dog"}]',
    }
    for part in good:
        for kind in ("an object", "true", "deep nesting", "5,000 digits", "a million letters"):
            document = "{" + ", ".join(f'"{k}": {v}' for k, v in (good | {part: WRONG[kind]}).items()) + "}"
            fast = (part, kind) == ("annotations", "deep nesting")
            yield HostileInput(f"COCO, {part} are {kind}", writes_file("c.json", document), fast=fast)
    for key in ("id", "image_id", "bbox", "category_id", "iscrowd", "caption", "region"):
        for kind in ("a list", "an infinite number", "400 digits", "5,000 digits", "an object"):
            box = {"id": "7", "image_id": "1", "bbox": "[1, 1, 2, 2]", "category_id": "1"} | {key: WRONG[kind]}
            one = "{" + ", ".join(f'"{k}": {v}' for k, v in box.items()) + "}"
            document = '{"images": %s, "categories": %s, "annotations": [{"id": 1, "image_id": 1, "caption": "x"}, %s]}'
            text = document % (good["images"], good["categories"], one)
            fast = (key, kind) == ("bbox", "400 digits")
            yield HostileInput(f"COCO, {key} is {kind}", writes_file("c.json", text), codes=READ, fast=fast)
    for key in ("width", "file_name", "id"):
        for kind in ("a list", "400 digits", "an infinite number"):
            image = {"id": "1", "file_name": '"a.png"', "width": "9", "height": "9"} | {key: WRONG[kind]}
            one = "{" + ", ".join(f'"{k}": {v}' for k, v in image.items()) + "}"
            box = '{"id": 1, "image_id": 1, "bbox": [1, 1, 2, 2]}, {"id": 2, "image_id": 2, "caption": "x"}'
            text = f'{{"images": [{one}, {{"id": 2, "file_name": "b.png"}}], "annotations": [{box}]}}'
            yield HostileInput(f"COCO, an image's {key} is {kind}", writes_file("c.json", text), codes=READ)


def _records() -> Iterator[HostileInput]:
    """Yield records of annotation tools whose parts are of another kind."""
    values = ("5", '"x"', "[7]", '{"a": 1}', "null", "1e999", "1" * 400)
    forms = {
        "labelme": '{"imagePath": "b.png", "imageWidth": 9, "shapes": [{"label": "x", "points": %s}]}',
        "labelme shapes": '{"imagePath": "b.png", "shapes": %s}',
        "Label Studio": '{"data": {"image": "b.png"}, "annotations": [{"result": [{"value": {"rectanglelabels": ["x"], '
        '"x": %s, "y": 1, "width": 5, "height": 5}, "original_width": 9, "original_height": 9}]}]}',
        "Label Studio data": '{"data": %s, "annotations": []}',
        "grounding": '{"filename": "b.png", "grounding": {"caption": "x", "regions": [{"bbox": %s, "phrase": "x"}]}}',
        "detections": '{"filename": "b.png", "detection": {"instances": %s}}',
        "FiftyOne": '{"filepath": "b.png", "metadata": {"width": 9, "height": 9}, '
        '"d": {"detections": [{"bounding_box": [0, 0, 1, %s]}]}}',
        "objects": '{"file_name": "b.png", "objects": {"bbox": [%s], "categories": [1]}}',
        "objects' names": '{"file_name": "b.png", "objects": {"bbox": [[1, 1, 2, 2]], "categories": %s}}',
        "regions": '{"id": 7, "regions": [{"phrase": %s, "x": 1, "y": 1, "width": 3, "height": 3}]}',
        "conversations": '{"image": "b.png", "conversations": [{"from": "gpt", "value": %s}]}',
        "hard negatives": '{"image": "b.png", "caption": "x", "negative_caption": %s}',
        "sentences": '{"filename": "b.png", "sentences": [{"raw": %s}]}',
    }
    for name, form in forms.items():
        lines = "".join(f"{form % value}\n" for value in values)
        fast = name == "FiftyOne"
        yield HostileInput(f"records of {name}", writes_file("x.jsonl", f"{HONEST}\n{lines}"), codes=READ, fast=fast)


def _tables() -> Iterator[HostileInput]:
    """Yield tables with cells, lines and quotes without end."""
    head, row = "path,caption\n", "a.png,a dog\n"
    rows = row * 20_000
    texts: dict[str, str | bytes] = {
        "empty": "",
        "names only": head,
        "NUL bytes": b"path,caption\na.png,a\0dog\n" + b"\0" * 100_000,
        "half of UTF-16": "path,caption\na.png,a dog\n".encode("utf-16")[:-1],
        "lone halves of UTF-16": b"\xff\xfe" + "path,caption\na.png,".encode("utf-16-le") + b"\x00\xd8a\x00\n\x00",
        "UTF-32": (head + row).encode("utf-32"),
        "Latin-1": head.encode() + b"a.png,caf\xe9\n" + row.encode(),
        "a hundred thousand columns": ",".join(f"c{i}" for i in range(100_000)) + "\n" + "," * 100_000 + "\n",
        "commas": head + "," * 5_000_000,
        "an open quote": head + 'a.png,"a dog\n' + rows,
        "open quotes in every line": head + 'b","c\n' * 50_000,
        "quotes": head + '"' * 3_000_001,
        "a cell of 20 MB": head + row + 'b.png,"' + "ab" * 10_000_000 + '"\n' + row,
        "a line of 420 kB of spaces": "path" + " " * 420_000 + "\n" + row,
        "hashes": "#" * 420_000 + "\na.png#" + "1" * 420_000 + "\n",
        "hashes with numbers": "a#1" * 140_000 + "\n",
        "points": "." * 420_000 + "," + "." * 420_000 + "\n",
        "carriage returns": "path,caption\r" + "\r" * 2_000_000 + "a.png,a dog\r",
        "names of columns twice": "path,path,caption,caption\na,b,c,d\n",
        "addresses": "url,caption\nhttps://example.invalid/a.png,a dog\n",
        "formulas": head + '"=HYPERLINK(""http://example.invalid"")","+1"\n',
        "paths that lead out": head + "../../../../etc/passwd,a\n/dev/zero,b\n~root/x,c\nfile:///etc/passwd,d\n",
        "a path of a megabyte": head + "a/" * 500_000 + "b.png,a dog\n" + row,
        "twenty thousand folders": head + "".join(f"f{i}/a.png,a dog\n" for i in range(20_000)),
        "escaped control characters": head + "a.png,\x1b]0;owned\x07\x9b31m\n",
    }
    fast = ("open quotes in every line", "hashes with numbers")
    for name, text in texts.items():
        yield HostileInput(f"table, {name}", writes_file("x.csv", text), fast=name in fast)
    yield HostileInput("table, a line of 1 GB", writes_sparse("x.csv", head + row + "b.png,"), codes=READ)
    yield HostileInput("token file, a line of 1 GB", writes_sparse("x.token", "a.png#0\ta dog\nb.png#1\t"))
    yield HostileInput("table, a first line of 1 GB", writes_sparse("x.csv", "path"), codes=REFUSED)


def _documents() -> Iterator[HostileInput]:
    """Yield JSON of every other shape."""
    texts: dict[str, str | bytes] = {
        "empty": "",
        "a number": "7",
        "a text": '"a"',
        "an empty list": "[]",
        "an empty object": "{}",
        "cut short": '[{"path": "a.png", "caption": "a do',
        "two values": "{} {}",
        "a trailing comma": "[1,]",
        "deep lists": DEEP,
        "deep objects": '{"a":' * 100_000,
        "65 levels": "[" * 65 + "]" * 65,
        "a million keys": "{" + ",".join(f'"k{i}": {i}' for i in range(1_000_000)) + "}",
        "a million numbers": "[" + ",".join(["1"] * 1_000_000) + "]",
        "a number of a megabyte": "[" + "1" * 1_000_000 + "]",
        "a number with a megabyte of zeros": "[1e-" + "0" * 1_000_000 + "1]",
        "results": '[{"image_id": 1, "caption": "x"}]',
        "documents of other kinds": '[1, null, true, "x", [], {}, {"path": "a.png"}]',
        "equal keys": '{"images": [], "images": 7, "annotations": [], "annotations": []}',
        "sentences of another kind": '{"images": [{"filename": "a.png", "sentences": 7}, 5, {"sentences": [[]]}]}',
        "samples of another kind": '{"samples": [1, {"filepath": 7}, {"filepath": "a.png"}]}',
        "captions of another kind": '{"a": {"caption": 7, "filename": "a.png"}, "b": {"caption": [[]]}}',
    }
    for name, text in texts.items():
        fast = name == "deep lists"
        yield HostileInput(f"JSON, {name}", writes_file("x.json", text), fast=fast)
    good = f'[{HONEST}, {{"path": "b.png", "caption": {WRONG["5,000 digits"]}}}, {HONEST}]'
    yield HostileInput("JSON, a number of 5,000 digits in one entry", writes_file("x.json", good), codes=READ)
    bad_byte = f'[{HONEST}, {{"path": "b.png", "caption": "\udcff"}}, {HONEST}]'
    yield HostileInput(
        "JSON, a byte that is not UTF-8 in one entry", writes_file("x.json", bad_byte), codes=READ, fast=True
    )
    yield HostileInput(
        "JSON lines, a line of 1 GB", writes_sparse("x.jsonl", f'{HONEST}\n{{"path": "'), codes=READ, fast=True
    )
    yield HostileInput("JSON, 1 GB of NUL bytes", writes_sparse("x.json", "["), codes=REFUSED)
    yield HostileInput("no list, 1 GB of NUL bytes", writes_sparse("x.dat"), codes=REFUSED)


def _xml() -> Iterator[HostileInput]:
    """Yield XML with entities, and of other shapes."""
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, BOMB_LEVELS))
    laughs = f'<!DOCTYPE annotation [<!ENTITY e0 "ha">{levels}]>'
    body = "<annotation><filename>{}</filename></annotation>"
    texts: dict[str, str | bytes] = {
        "a billion laughs": f"<?xml version='1.0'?>{laughs}" + body.format(f"&e{BOMB_LEVELS - 1};"),
        "one long entity often": f'<!DOCTYPE annotation [<!ENTITY a "{"x" * 100_000}">]>' + body.format("&a;" * 10_000),
        "an entity in an attribute": f"{laughs}<annotations><image name='&e29;'/></annotations>",
        "an external entity": '<!DOCTYPE annotation [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + body.format("&a;"),
        "an external DTD": '<!DOCTYPE annotation SYSTEM "http://example.invalid/a.dtd">' + body.format("a.png"),
        "parameter entities": "<!DOCTYPE annotation [<!ENTITY % a \"<!ENTITY b 'x'>\"> %a;]>" + body.format("&b;"),
        "deep elements": "<annotation>" + "<a>" * 200_000 + "</a>" * 200_000 + "</annotation>",
        "deep elements that are not closed": "<annotation>" + "<a>" * 500_000,
        "a name of 10 MB": f"<annotation><filename>{'a' * 10_000_000}</filename></annotation>",
        "an attribute of 10 MB": f"<annotations><image name='{'a' * 10_000_000}'/></annotations>",
        "a million elements": "<annotation>" + "<object/>" * 1_000_000 + "</annotation>",
        "a million attributes": "<annotations><image "
        + " ".join(f"a{i}='1'" for i in range(500_000))
        + "/></annotations>",
        "numbers of another kind": "<annotation><filename>a.png</filename><size><width>1e999</width>"
        "<height>nan</height></size><object><bndbox><xmin>nan</xmin><ymin>1e999</ymin><xmax>-</xmax></bndbox>"
        "</object></annotation>",
        "numbers of CVAT of another kind": "<annotations><image name='a.png' id='1' width='nan' height='inf'>"
        "<box xtl='nan' ytl='inf' xbr='x' ybr=''/><polygon points='1;2,3;;'/><polygon points=''/></image>"
        "</annotations>",
        "numbers of 400 digits": "<annotations><image name='a.png' width='" + "1" * 400 + "'>"
        f"<box xtl='0' ytl='0' xbr='{'1' * 400}' ybr='5'/></image></annotations>",
        "an unknown encoding": b"<?xml version='1.0' encoding='klingon'?><annotation/>",
        "UTF-7": b"<?xml version='1.0' encoding='UTF-7'?><annotation><filename>a.png</filename></annotation>",
        "another root": "<svg/>",
        "cut short": "<annotation><filename>a.png",
        "processing instructions": "<?a " + "<?" * 30_000 + "?>" + body.format("a.png"),
        "comments that are not closed": "<!--" * 16_000,
    }
    for name, text in texts.items():
        fast = name in ("a billion laughs", "deep elements")
        yield HostileInput(f"XML, {name}", writes_file("x.xml", text), fast=fast)


INPUTS: Final = (
    *_fields(),
    *_boxes(),
    *_coco(),
    *_records(),
    *_tables(),
    *_documents(),
    *_xml(),
)
"""What a list in one file may hold in place of pairs."""
