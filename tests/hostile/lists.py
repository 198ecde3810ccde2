"""Hostile lists of pairs of every format: values of a wrong kind, bombs, endless files, folders of special files."""

import io
import os
import socket
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from exclip_desktop.storage.pair_lists.list_files import read_pairs
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


def _data(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _convert(files: Mapping[str, str | bytes], name: str) -> Write:
    """Return a function that writes files and converts the list ``name``."""

    def write(folder: Path) -> list[str]:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(_data(text))
        return ["convert", name, f"{OUT}/out.jsonl"]

    return write


def _file(name: str, text: str | bytes) -> Write:
    return _convert({name: text}, name)


def _sparse(name: str, start: str | bytes = b"", listed: str = "") -> Write:
    """Return a function that writes a file of a gigabyte of NUL bytes after ``start``."""

    def write(folder: Path) -> list[str]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as file:
            file.write(_data(start))
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
            written = _file("pairs.jsonl", f"{HONEST}\n{line}\n{HONEST}\n")
            yield HostileInput(f"JSON lines, {field} is {kind}", written, codes=READ, fast=(field, kind) in fast)


def _boxes() -> Iterator[HostileInput]:
    """Yield lists whose boxes hold numbers that are none."""
    for kind, value in WRONG.items():
        line = f'{{"path": "b.png", "boxes": [[0, 0, 5, {value}], [1, 1, 2, 2]]}}'
        yield HostileInput(f"JSON lines, an edge is {kind}", _file("x.jsonl", f"{HONEST}\n{line}\n"), codes=READ)
    cell = '"[[0, 0, 5, {}], [1, 1, 2, 2]]"'
    for kind in ("an infinite number", "400 digits", "5,000 digits", "deep nesting", "true"):
        text = f"path,caption,boxes\na.png,a dog,\nb.png,a cat,{cell.format(WRONG[kind])}\n"
        yield HostileInput(f"table, an edge is {kind}", _file("x.csv", text), codes=READ, fast=kind == "400 digits")


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
            yield HostileInput(f"COCO, {part} are {kind}", _file("c.json", document), fast=fast)
    for key in ("id", "image_id", "bbox", "category_id", "iscrowd", "caption", "region"):
        for kind in ("a list", "an infinite number", "400 digits", "5,000 digits", "an object"):
            box = {"id": "7", "image_id": "1", "bbox": "[1, 1, 2, 2]", "category_id": "1"} | {key: WRONG[kind]}
            one = "{" + ", ".join(f'"{k}": {v}' for k, v in box.items()) + "}"
            document = '{"images": %s, "categories": %s, "annotations": [{"id": 1, "image_id": 1, "caption": "x"}, %s]}'
            text = document % (good["images"], good["categories"], one)
            fast = (key, kind) == ("bbox", "400 digits")
            yield HostileInput(f"COCO, {key} is {kind}", _file("c.json", text), codes=READ, fast=fast)
    for key in ("width", "file_name", "id"):
        for kind in ("a list", "400 digits", "an infinite number"):
            image = {"id": "1", "file_name": '"a.png"', "width": "9", "height": "9"} | {key: WRONG[kind]}
            one = "{" + ", ".join(f'"{k}": {v}' for k, v in image.items()) + "}"
            box = '{"id": 1, "image_id": 1, "bbox": [1, 1, 2, 2]}, {"id": 2, "image_id": 2, "caption": "x"}'
            text = f'{{"images": [{one}, {{"id": 2, "file_name": "b.png"}}], "annotations": [{box}]}}'
            yield HostileInput(f"COCO, an image's {key} is {kind}", _file("c.json", text), codes=READ)


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
        yield HostileInput(f"records of {name}", _file("x.jsonl", f"{HONEST}\n{lines}"), codes=READ, fast=fast)


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
        yield HostileInput(f"table, {name}", _file("x.csv", text), fast=name in fast)
    yield HostileInput("table, a line of 1 GB", _sparse("x.csv", head + row + "b.png,"), codes=READ)
    yield HostileInput("token file, a line of 1 GB", _sparse("x.token", "a.png#0\ta dog\nb.png#1\t"))
    yield HostileInput("table, a first line of 1 GB", _sparse("x.csv", "path"), codes=REFUSED)


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
        yield HostileInput(f"JSON, {name}", _file("x.json", text), fast=fast)
    good = f'[{HONEST}, {{"path": "b.png", "caption": {WRONG["5,000 digits"]}}}, {HONEST}]'
    yield HostileInput("JSON, a number of 5,000 digits in one entry", _file("x.json", good), codes=READ)
    bad_byte = f'[{HONEST}, {{"path": "b.png", "caption": "\udcff"}}, {HONEST}]'
    yield HostileInput("JSON, a byte that is not UTF-8 in one entry", _file("x.json", bad_byte), codes=READ, fast=True)
    yield HostileInput(
        "JSON lines, a line of 1 GB", _sparse("x.jsonl", f'{HONEST}\n{{"path": "'), codes=READ, fast=True
    )
    yield HostileInput("JSON, 1 GB of NUL bytes", _sparse("x.json", "["), codes=REFUSED)
    yield HostileInput("no list, 1 GB of NUL bytes", _sparse("x.dat"), codes=REFUSED)


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
        yield HostileInput(f"XML, {name}", _file("x.xml", text), fast=fast)


def _archive(add: Callable[[tarfile.TarFile], None], change: Callable[[bytes], bytes] = bytes) -> Write:
    def write(folder: Path) -> list[str]:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, "a.png", PNG)
            _add(archive, "a.txt", b"a dog")
            add(archive)
        (folder / "x.tar").write_bytes(change(buffer.getvalue()))
        return ["convert", "x.tar", f"{OUT}/out", "--to", "imagefolder"]

    return write


def _add(archive: tarfile.TarFile, name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **values: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.type = len(data), kind
    for key, value in values.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(data))


def _set_size(text: bytes) -> Callable[[bytes], bytes]:
    """Return a function that sets the size of an archive's first member, with the right checksum."""

    def change(data: bytes) -> bytes:
        head = bytearray(data[:512])
        head[124:136] = text.ljust(12, b"\0")
        head[148:156] = b" " * 8
        head[148:156] = f"{sum(head):06o}\0 ".encode()
        return bytes(head) + data[512:]

    return change


def _archives() -> Iterator[HostileInput]:
    """Yield tar archives with strange members and headers."""
    kinds = {
        "a symbolic link": lambda a: _add(a, "b.png", kind=tarfile.SYMTYPE, linkname="/etc/passwd"),
        "a hard link": lambda a: _add(a, "b.png", kind=tarfile.LNKTYPE, linkname="../canary/kept.txt"),
        "a device": lambda a: _add(a, "b.png", kind=tarfile.CHRTYPE, devmajor=1, devminor=5),
        "a named pipe": lambda a: _add(a, "b.png", kind=tarfile.FIFOTYPE),
        "a path that leads out": lambda a: _add(a, "../../canary/b.png", PNG),
        "an absolute path": lambda a: _add(a, "/tmp/hostile/b.png", PNG),
        "a path to another file": lambda a: [_add(a, "../canary/kept.txt.png", PNG), _add(a, "../kept.txt", b"x")],
        "a caption of 50 MB": lambda a: [_add(a, "b.png", PNG), _add(a, "b.txt", b"a dog " * 8_000_000)],
        "deep facts": lambda a: [_add(a, "b.png", PNG), _add(a, "b.json", DEEP.encode())],
        "facts of another kind": lambda a: [
            _add(a, "b.png", PNG),
            _add(a, "b.json", b'{"caption": 7, "boxes": 1e999}'),
        ],
        "facts that are not JSON": lambda a: [_add(a, "b.png", PNG), _add(a, "b.json", b"\xff")],
        "a name that is not UTF-8": lambda a: _add(a, "b\udcff.png", PNG),
        "control characters in a name": lambda a: _add(a, "b\x1b[31m.png", PNG),
        "an endless name": lambda a: _add(a, "b" * 1_000_000 + ".png", PNG),
        "twenty thousand members": lambda a: [_add(a, f"{i}.txt", b"x") for i in range(20_000)],
        "wrong headers of pax": lambda a: _add(a, "b.png", PNG, pax_headers={"GNU.sparse.size": "-1", "size": "x"}),
        "a sparse member": lambda a: _add(
            a, "b.png", PNG, pax_headers={"GNU.sparse.size": "99999999999", "GNU.sparse.map": "0,1"}
        ),
    }
    for name, add in kinds.items():
        fast = name in ("a path to another file", "a caption of 50 MB")
        yield HostileInput(f"tar, {name}", _archive(add), fast=fast)
    sizes = {
        "a size of 8 GB": b"77777777777",
        "a negative size": b"\xff" * 12,
        "a size of 2^80": b"\x80" + b"\xff" * 11,
        "a size that is no number": b"xyz",
    }
    for name, size in sizes.items():
        yield HostileInput(f"tar, {name}", _archive(lambda _: None, _set_size(size)), fast="8 GB" in name)
    yield HostileInput("tar, cut short", _archive(lambda _: None, lambda data: data[:700]))
    yield HostileInput("tar, 1 GB of NUL bytes", _sparse("x.tar"))
    yield HostileInput("tar, only its mark", _file("x.tar", b"\0" * 257 + b"ustar" + b"\0" * 250), codes=REFUSED)


def _tables_of_parquet() -> Iterator[HostileInput]:
    """Yield parquet files with columns of another kind, and damaged ones."""
    columns: dict[str, dict[str, Any]] = {
        "captions that are numbers": {"path": ["a.png", "b.png"], "caption": [1, 2]},
        "captions that are bytes": {"path": ["a.png"], "caption": [b"\xff\x00"]},
        "paths that are numbers": {"path": [1.5], "caption": ["a dog"]},
        "paths that are missing": {"path": [None, "a.png"], "caption": ["a dog", None]},
        "boxes that are no numbers": {"path": ["a.png"], "caption": ["x"], "boxes": [[[1.0, 2.0, float("inf"), 4.0]]]},
        "pictures that are missing": {"image": [{"bytes": None, "path": "a.png"}], "caption": ["x"]},
        "pictures that are none": {"image": [{"bytes": b"%!PS", "path": "a.png"}], "caption": ["x"]},
        "a status of another kind": {"key": [1], "status": [None], "caption": ["x"]},
        "one long caption in every row": {"path": ["a.png"] * 2000, "caption": ["dog " * 12_000] * 2000},
    }

    def table(values: dict[str, Any]) -> Write:
        def write(folder: Path) -> list[str]:
            import pyarrow  # noqa: PLC0415  an extra
            from pyarrow import parquet  # noqa: PLC0415

            parquet.write_table(pyarrow.table(values), folder / "x.parquet")
            return ["convert", "x.parquet", f"{OUT}/out.jsonl"]

        return write

    for name, values in columns.items():
        yield HostileInput(f"parquet, {name}", table(values))
    yield HostileInput("parquet, a text that is not UTF-8", _parquet_of_bad_text, fast=True)
    yield HostileInput("parquet, only its mark", _file("x.parquet", b"PAR1"), codes=REFUSED)
    yield HostileInput("parquet, damaged", _file("x.parquet", b"PAR1" + b"\xff" * 4000 + b"\xff\xff\0\0PAR1"))


def _parquet_of_bad_text(folder: Path) -> list[str]:
    import pyarrow  # noqa: PLC0415  an extra
    from pyarrow import parquet  # noqa: PLC0415

    data = pyarrow.array([b"a dog", b"\xff\xfe"]).view(pyarrow.string())
    parquet.write_table(pyarrow.table({"path": ["a.png", "b.png"], "caption": data}), folder / "x.parquet")
    return ["convert", "x.parquet", f"{OUT}/out.jsonl"]


def _folder(fill: Callable[[Path], object], *more: str) -> Write:
    """Return a function that makes a folder with one good picture and what ``fill`` adds, and converts it."""

    def write(folder: Path) -> list[str]:
        pictures = folder / "pictures"
        pictures.mkdir()
        (pictures / "good.png").write_bytes(PNG)
        (pictures / "good.txt").write_text("a dog")
        fill(pictures)
        return ["convert", "pictures", *(more or (f"{OUT}/out.jsonl",))]

    return write


def _put(name: str, text: str | bytes, *pictures: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(_data(text))
        for picture in pictures:
            (folder / picture).write_bytes(PNG)

    return fill


def _put_sparse(name: str, *pictures: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        _put(name, b"a", *pictures)(folder)
        os.truncate(folder / name, SPARSE_BYTES)

    return fill


def _put_link(name: str, target: str, *pictures: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / name).symlink_to(target)
        for picture in pictures:
            (folder / picture).write_bytes(PNG)

    return fill


def _put_socket(folder: Path) -> None:
    place = os.getcwd()
    os.chdir(folder)  # the path of a socket has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("b.png")
    finally:
        os.chdir(place)


def _put_pipes(folder: Path) -> None:
    for name in ("b.png", "c.txt", "classes.txt", "data.yaml", "metadata.csv"):
        os.mkfifo(folder / name)
    (folder / "c.png").write_bytes(PNG)


def _put_many(folder: Path) -> None:
    start = folder.as_posix()
    for number in range(100_000):
        os.mknod(f"{start}/{number:06}.jpg")


def read_list(arguments: list[str]) -> int:
    """Read the list of a command as the window does, and print the number of its pairs."""
    print(len(read_pairs(arguments[1]).pairs))
    return 0


def _put_loops(folder: Path) -> None:
    (folder / "again").symlink_to(".")
    (folder / "up").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "self.png").symlink_to("self.png")
    (folder / "a").mkdir()
    (folder / "a" / "b").symlink_to("../a")


def _folders() -> Iterator[HostileInput]:
    """Yield folders with special files, links and side files of every kind."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(../canary/kept.txt) deletefile {} loop showpage\n"
    laughs = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    merges = "b0: &b0 {x: 1}\n" + "".join(
        f"b{i}: &b{i} {{<<: [{', '.join([f'*b{i - 1}'] * 9)}]}}\n" for i in range(1, 9)
    )
    yolo = "0 0.5 0.5 0.2 0.2\n"
    to_folder = (f"{OUT}/out", "--to", "yolo")
    fills: dict[str, Write] = {
        "named pipes": _folder(_put_pipes),
        "a socket": _folder(_put_socket),
        "a link to a device": _folder(_put_link("b.png", "/dev/zero"), *to_folder),
        "a caption that is a device": _folder(_put_link("b.txt", "/dev/zero", "b.png")),
        "a caption of 1 GB": _folder(_put_sparse("b.txt", "b.png")),
        "loops of links": _folder(_put_loops),
        "a link to everything": _folder(_put_link("all", "/")),
        "a link to processes": _folder(_put_link("all", "/proc")),
        "a link to devices": _folder(_put_link("all", "/dev")),
        "PostScript named jpg": _folder(_put("b.jpg", postscript), *to_folder),
        "a deep folder": _folder(lambda folder: os.makedirs(folder / "/".join(["d"] * 500))),
        "a name that is not UTF-8": _folder(lambda folder: (folder / "b\udcff.png").write_bytes(PNG)),
        "control characters in a name": _folder(lambda folder: (folder / "b\x1b[31m\n.png").write_bytes(PNG)),
        "deep JSON beside a picture": _folder(_put("b.json", DEEP, "b.png")),
        "JSON of another kind beside a picture": _folder(_put("b.json", '[1, {"a": 2}, [3]]', "b.png")),
        "JSON of 1 GB beside a picture": _folder(_put_sparse("b.json", "b.png")),
        "entities beside a picture": _folder(
            _put("b.xml", '<!DOCTYPE a [<!ENTITY e "x">]><annotation>&e;</annotation>', "b.png")
        ),
        "a caption that is not UTF-8": _folder(_put("b.txt", b"\xff\xfe\xff", "b.png")),
        "a caption of 99 kB of spaces": _folder(_put("b.txt", " " * 99_000 + "a", "b.png")),
        "a caption of 99 kB that looks like labels": _folder(_put("b.txt", "1" + " 11" * 33_000 + " x", "b.png")),
        "a caption of 99 kB of digits": _folder(_put("b.txt", "1 " + "1" * 98_000 + " x", "b.png")),
        "labels of 5,000 digits": _folder(_put("b.txt", "1" * 5000 + " 0.5 0.5 0.2 0.2\n", "b.png")),
        "labels without end": _folder(_put("b.txt", f"0 0.5 0.5 0.2 1e{'9' * 400}\n", "b.png")),
        "labels of 8,000 corners": _folder(_put("b.txt", "0" + " 0.5 0.25" * 8000 + "\n", "b.png")),
        "names of classes that repeat": _folder(_put("data.yaml", laughs + "names: *a11\n", "b.png")),
        "names of classes that merge": _folder(_put("data.yaml", merges + "names: *b8\n", "b.png")),
        "names of classes without end": _folder(_put_sparse("data.yaml", "b.png")),
        "names of classes that are deep": _folder(_put("data.yaml", "names: " + "[" * 100_000, "b.png")),
        "names of classes of another kind": _folder(_put("data.yaml", "names: {x: [1], 7: {a: 1}}\n", "b.png")),
        "names of classes that build objects": _folder(
            _put("data.yaml", "names: !!python/object/apply:os.system ['touch ../canary/owned']\n", "b.png")
        ),
        "numbers of base 60": _folder(_put("data.yaml", "names: [" + "1" + ":59" * 300_000 + "]\n", "b.png")),
    }
    labelled = ("names of classes", "numbers of base")
    fast = ("named pipes", "loops of links", "a caption of 1 GB")
    fast += ("a caption of 99 kB that looks like labels", "names of classes that repeat")
    for name, fill in fills.items():
        write = _with_labels(fill, yolo) if name.startswith(labelled) else fill
        yield HostileInput(f"folder, {name}", write, codes=READ, fast=name in fast)
    entry = f"{__name__}:read_list"  # writing as many pairs takes longer
    yield HostileInput("folder, a hundred thousand names", _folder(_put_many), codes=READ, entry=entry)
    yield HostileInput(
        "folder, empty", _folder(lambda folder: [path.unlink() for path in folder.iterdir()]), codes=REFUSED
    )
    yield HostileInput("a named pipe as list", _special(lambda path: os.mkfifo(path)), codes=REFUSED, fast=True)
    yield HostileInput("a device as list", _special(lambda path: path.symlink_to("/dev/zero")), codes=REFUSED)
    yield HostileInput("a terminal as list", _special(lambda path: path.symlink_to("/dev/tty")), codes=REFUSED)
    yield HostileInput("a loop of links as list", _special(lambda path: path.symlink_to(path.name)), codes=REFUSED)
    yield HostileInput(
        "memory of a process as list", _special(lambda path: path.symlink_to("/proc/self/mem")), codes=REFUSED
    )


def _with_labels(write: Write, labels: str) -> Write:
    def written(folder: Path) -> list[str]:
        arguments = write(folder)
        (folder / "pictures" / "b.txt").write_text(labels)
        return arguments

    return written


def _special(make: Callable[[Path], object]) -> Write:
    def write(folder: Path) -> list[str]:
        make(folder / "x.csv")
        return ["convert", "x.csv", f"{OUT}/out.jsonl"]

    return write


def _data_sets() -> Iterator[HostileInput]:
    """Yield folders of data sets whose parts are hostile."""
    sentence = "[/EN#1/people A man] sits .\n"
    flickr = {"Sentences/1.txt": sentence, "Annotations/1.xml": "<annotation/>"}
    boxes = "<annotation><object><name>1</name><bndbox><xmin>{}</xmin><ymin>0</ymin><xmax>5</xmax><ymax>5</ymax>"
    texts: dict[str, Mapping[str, str | bytes]] = {
        "Flickr30k, marks that are not closed": {"Sentences/2.txt": "[/EN#1/" * 14_000 + "\n"},
        "Flickr30k, phrases that are not closed": {"Sentences/2.txt": "[/EN#1/a " * 11_000 + "\n"},
        "Flickr30k, entities": {"Annotations/1.xml": "<!DOCTYPE a [<!ENTITY e 'x'>]><annotation>&e;</annotation>"},
        "Flickr30k, an edge that is no number": {
            "Annotations/1.xml": boxes.format("1e999") + "</bndbox></object></annotation>"
        },
        "Flickr30k, sentences that are not UTF-8": {"Sentences/2.txt": b"\xff\n"},
        "VOC, deep elements": {"VOC/Annotations/1.xml": "<annotation>" + "<a>" * 100_000},
        "VOC, entities": {"VOC/Annotations/1.xml": "<!DOCTYPE a [<!ENTITY e 'x'>]><annotation>&e;</annotation>"},
        "VOC, captions of 1 MB": {
            "VOC/Annotations/1.xml": "<annotation><filename>1.jpg</filename></annotation>",
            "VOC/JPEGImages/1.txt": "a dog " * 170_000,
        },
        "Hugging Face, a wrong table": {"HF/metadata.csv": "file_name,text\n" + '"' * 99_999, "HF/a.png": PNG},
        "Hugging Face, wrong lines": {"HF/metadata.jsonl": "[]\n{}\nnull\n" + DEEP, "HF/a.png": PNG},
        "a batch, a wrong head": {"B/batch.json": '{"version": "x"}', "B/index.jsonl": HONEST},
        "ImageNet-S, masks without pictures": {"I/validation-segmentation/n0/a.png": PNG, "I/validation/x/a.png": PNG},
    }
    for name, files in texts.items():
        start = next(iter(files)).partition("/")[0]
        is_flickr = start in ("Sentences", "Annotations")
        listed = {f"F/{path}": text for path, text in (flickr | dict(files)).items()} if is_flickr else files
        fast = name == "Flickr30k, marks that are not closed"
        yield HostileInput(name, _convert(listed, "F" if is_flickr else start), fast=fast)


INPUTS: Final = (
    *_fields(),
    *_boxes(),
    *_coco(),
    *_records(),
    *_tables(),
    *_documents(),
    *_xml(),
    *_archives(),
    *_tables_of_parquet(),
    *_folders(),
    *_data_sets(),
)
"""What a list of pairs may hold in place of one."""
