"""Hostile project files and files of findings: what acts, what has no end, what is not what it should be."""

import csv
import io
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from PIL import Image

from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.exports.finding_tables import format_csv, format_jsonl
from exclip_desktop.storage.finding_columns import to_values
from exclip_desktop.storage.project.finding_rows import add_finding
from exclip_desktop.storage.project.pair_rows import add_pairs, save_boxes
from exclip_desktop.storage.project.project import save_setting
from exclip_desktop.storage.project.project_files import create_project
from tests.hostile.runner import OUT, HostileInput
from tests.unit.storage.findings import kept, make_finding

REFUSED: Final = (2,)
READ: Final = (0,)
PAIRS, FINDINGS = 6, 12
DOG: Final = Region((0, 0, 5, 5), name="dog")

PAGE: Final = ("report", "p.exclip", "--out", f"{OUT}/report.html")
FIGURE: Final = ("report", "p.exclip", "--out", f"{OUT}/report.png")
MARKDOWN: Final = ("report", "p.exclip", "--out", f"{OUT}/report.md")
SHEET: Final = ("report", "p.exclip", "--out", f"{OUT}/report.pdf")
TABLE: Final = ("report", "p.exclip", "--out", f"{OUT}/report.csv")
BOXES: Final = ("report", "p.exclip", "--out", f"{OUT}/boxes.json")
LIST: Final = ("convert", "p.exclip", f"{OUT}/pairs.jsonl")
COCO: Final = ("convert", "p.exclip", f"{OUT}/coco", "--to", "coco")
_QUICK: Final = ("--image-layer", "-1", "--text-layer", "-1", "--quadrature", "gauss-legendre", "--steps", "1")
BATCH: Final = ("batch", "p.exclip", "--out", f"{OUT}/batch", "--device", "cpu", *_QUICK)
IMPORT: Final = f"{OUT}/mine.exclip"

ENDLESS: Final = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
NOT_TEXT: Final = "CAST(X'61FF62' AS TEXT)"
LONG: Final = "replace(hex(zeroblob({0})), '0', 'w')"


@cache
def sound_project() -> bytes:
    """Return the bytes of a small project; its pictures have the names 0.png, 1.png …."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "p.exclip"
        with create_project(path) as project:
            pairs = (ListedPair(str(at), f"{at}.png", f"a dog {at}", "dog", (DOG,)) for at in range(PAIRS))
            add_pairs(project, PairList(path, path.parent, tuple(pairs)))
            save_boxes(project, "0.png", (DOG, Region((1, 1, 5, 5), name="cat")))
            save_setting(project, "list", {"by": "score"})
            for seed in range(FINDINGS):
                add_finding(project, make_finding(seed, pair=str(seed)))
        return path.read_bytes()


def edit(path: Path, *statements: str) -> None:
    """Change a project as another program could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)


def _put(folder: Path, arguments: Sequence[str], *statements: str) -> list[str]:
    """Write the project, changed by ``statements``, and two of its pictures."""
    (folder / "p.exclip").write_bytes(sound_project())
    for name in ("0.png", "1.png"):
        Image.new("RGB", (64, 48), "red").save(folder / name)
    if statements:
        edit(folder / "p.exclip", *statements)
    return list(arguments)


def _schema(old: str, new: str, name: str) -> tuple[str, str]:
    change = f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') WHERE name = '{name}'"
    return "PRAGMA writable_schema = ON", change


ACTING: Final[dict[str, tuple[str, ...]]] = {
    "a trigger that grows": (
        "CREATE TRIGGER grow AFTER INSERT ON box BEGIN INSERT INTO box (picture, region) SELECT picture, region "
        "FROM box; END",
    ),
    "a trigger on findings": ("CREATE TRIGGER t AFTER UPDATE ON finding BEGIN DELETE FROM finding; END",),
    "a view of pairs without end": ("ALTER TABLE pair RENAME TO hidden", f"CREATE VIEW pair AS {ENDLESS}"),
    "a view of findings without end": ("ALTER TABLE finding RENAME TO hidden", f"CREATE VIEW finding AS {ENDLESS}"),
    "a view of endless blobs": (
        "ALTER TABLE finding_view RENAME TO hidden",
        "CREATE VIEW finding_view AS SELECT 1 AS finding, randomblob(1000000000) AS heat",
    ),
    "a view that nobody needs": ("CREATE VIEW more AS SELECT load_extension('evil.so')",),
    "a virtual table": ("CREATE VIRTUAL TABLE words USING fts5(x)",),
    "a table of others": ("CREATE TABLE extra (x)",),
    "an index that computes": ("CREATE INDEX slow ON pair (hex(zeroblob(length(caption) * 1000000)))",),
    "a name of control characters": ('CREATE TABLE "\x1b[2J\x07" (x)',),
    "a name of 100,000 characters": (f'CREATE TABLE "{"x" * 100_000}" (x)',),
}
"""Statements after which a project has something that acts; it is refused by name."""

REWRITTEN: Final[dict[str, tuple[str, ...]]] = {
    "a column that computes": _schema("note TEXT", "note TEXT AS (hex(zeroblob(400000000)))", "finding"),
    "a default that computes": _schema("DEFAULT ''", "DEFAULT (randomblob(100000000))", "pair"),
    "a check that computes": _schema("note TEXT", "note TEXT CHECK (length(hex(zeroblob(400000000))))", "finding"),
    "a column of another name": _schema("caption", "captiom", "pair"),
    "a table of another name": _schema("TABLE finding", "TABLE fimding", "finding"),
    "no SQL": _schema("CREATE", "CRE?TE", "finding"),
    "a schema that is not text": (
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = {NOT_TEXT} WHERE name = 'finding'",
    ),
    "two tables on one page": (
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'pair') "
        "WHERE name = 'finding'",
    ),
    "a table on a page far away": (
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET rootpage = 2000000000 WHERE name = 'finding'",
    ),
    "a table that is gone": ("PRAGMA writable_schema = ON", "DELETE FROM sqlite_master WHERE name = 'box'"),
    "a sequence at its end": ("UPDATE sqlite_sequence SET seq = 9223372036854775807",),
    "a sequence of text": ("UPDATE sqlite_sequence SET seq = 'many'",),
}
"""Statements after which the tables are not those of a project; it is rescued."""

ROWS: Final[dict[str, tuple[str, ...]]] = {
    "a note that is not UTF-8": (f"UPDATE finding SET note = {NOT_TEXT} WHERE id = 3",),
    "all notes that are not UTF-8": (f"UPDATE finding SET note = {NOT_TEXT} WHERE id > 1",),
    "a caption that is not UTF-8": (f"UPDATE pair SET caption = {NOT_TEXT} WHERE number = 3",),
    "a picture that is not UTF-8": (f"UPDATE finding SET picture = {NOT_TEXT}",),
    "a NUL in a picture": ("UPDATE finding SET picture = 'a' || char(0) || 'b.png'",),
    "a picture of 100,000 characters": (f"UPDATE finding SET picture = {LONG.format(50_000)}",),
    "bytes as texts": ("UPDATE finding SET note = X'00FF', model = X'01'", "UPDATE pair SET label = X'00'"),
    "text as numbers": ("UPDATE finding SET score = 'high', block = 'low'", "UPDATE pair SET score = 'x'"),
    "bytes as numbers": ("UPDATE finding SET score = X'0000', residual = X'FF'", "UPDATE pair SET residual = X''"),
    "infinite numbers": ("UPDATE finding SET score = 9e999, share = -9e999", "UPDATE pair SET box_share = 9e999"),
    "ratings that there are not": ("UPDATE finding SET rating = 'good'", "UPDATE pair SET rating = char(27)"),
    "a note of 3,000,000 characters": (f"UPDATE finding SET note = {LONG.format(1_500_000)} WHERE id = 3",),
    "a note of 20,000,000 characters": (f"UPDATE finding SET note = {LONG.format(10_000_000)} WHERE id = 3",),
    "notes of 900,000 characters": (f"UPDATE finding SET note = {LONG.format(450_000)}",),
    "captions of 900,000 characters": (f"UPDATE finding SET caption = {LONG.format(450_000)}",),
    "captions of 100,000 words": ("UPDATE finding SET caption = replace(hex(zeroblob(100000)), '00', 'dog ')",),
    "regions that are not JSON": (
        "UPDATE finding_view SET regions = '['",
        "UPDATE pair SET regions = '['",
        "UPDATE box SET region = '['",
    ),
    "regions nested 100,000 deep": (
        "UPDATE finding_view SET regions = replace(hex(zeroblob(50000)), '0', '[')",
        "UPDATE pair SET regions = replace(hex(zeroblob(50000)), '0', '[')",
        "UPDATE box SET region = replace(hex(zeroblob(50000)), '0', '[')",
    ),
    "boxes of 400 digits": (
        f"UPDATE pair SET regions = '[[0, 0, {'9' * 400}, 5]]'",
        f"UPDATE box SET region = '[0, 0, {'9' * 400}, 5]'",
    ),
    "boxes of 5,000 digits": (f"UPDATE box SET region = '[0, 0, {'9' * 5000}, 5]'",),
    "boxes that are infinite": ("UPDATE box SET region = '[0, 0, Infinity, NaN]'",),
    "boxes of text": ('UPDATE box SET region = \'["a", "b", "c", "d"]\'', "UPDATE pair SET regions = '{\"a\": 1}'"),
    "outlines without points": ('UPDATE box SET region = \'{"box": [0, 0, 5, 5], "outline": [1, 2]}\'',),
    "names that are lists": ('UPDATE box SET region = \'{"box": [0, 0, 5, 5], "name": [[]]}\'',),
    "boxes as bytes": ("UPDATE box SET region = X'5B00FF'", "UPDATE pair SET regions = X'5B'"),
    "words of another kind": ("UPDATE finding_view SET words = '[[1, 2], {}, \"a\", null]'",),
    "second inputs of another kind": (
        "INSERT INTO finding_second SELECT id, X'FF', 'a', '[[]]' FROM finding",
        "UPDATE finding_second SET rest = replace(hex(zeroblob(50000)), '0', '[') WHERE finding = 1",
    ),
    "a second input with a grid of a billion": (
        "INSERT INTO finding_second SELECT id, 'b.png', '', '"
        '{"caption": "", "rows": [], "regions": [], "words": [], "heat": [], '
        '"geometry": [[640, 480], [0, 0, 640, 480], [1000000000, 1000000000]]}'
        "' FROM finding",
    ),
    "heat of text": ("UPDATE finding_view SET heat = 'warm'",),
    "heat of a byte too few": ("UPDATE finding_view SET heat = CAST(substr(heat, 2) AS BLOB)",),
    "heat that is infinite": ("UPDATE finding_view SET heat = CAST(X'0000807F' || substr(heat, 5) AS BLOB)",),
    "a grid of a billion": (
        "UPDATE finding_view SET geometry = '[[640, 480], [0, 0, 640, 480], [1000000000, 1000000000]]'",
    ),
    "a grid of a billion without heat": (
        "UPDATE finding_view SET heat = X'', geometry = '[[640, 480], [0, 0, 640, 480], [1000000000, 1000000000]]'",
    ),
    "a picture of no size": ("UPDATE finding_view SET geometry = '[[0, 0], [0, 0, 0, 0], [0, 0]]', heat = X''",),
    "settings of another kind": ('UPDATE finding_view SET settings = \'{"options": [1], "target": 5, "choice": 1}\'',),
    "options that are null": ('UPDATE finding_view SET settings = \'{"options": null, "target": null}\'',),
    "100,000 words with values": (
        "UPDATE finding_view SET words = (SELECT json_group_array(json_array('dog', i, i + 3, json('true'), 0.5)) "
        f"FROM ({ENDLESS} LIMIT 100000)) WHERE finding = 3",
    ),
    "100,000 selected regions": (
        "UPDATE finding_view SET regions = (SELECT json_group_array(json_array(i, 0, i + 1, 5)) "
        f"FROM ({ENDLESS} LIMIT 100000)) WHERE finding = 3",
    ),
    "a lasso of 100,000 corners": (
        "UPDATE finding_view SET regions = (SELECT json_array(json_object('box', json('[0, 0, 9, 9]'), 'outline', "
        f"json_group_array(json_array(i % 9, i % 7)))) FROM ({ENDLESS} LIMIT 100000)) WHERE finding = 3",
    ),
    "views that are gone": ("DELETE FROM finding_view",),
    "tags that are not UTF-8": (f"UPDATE OR IGNORE finding_tag SET tag = {NOT_TEXT}",),
    "tags of bytes": ("UPDATE OR IGNORE finding_tag SET tag = X'0001'",),
    "tags of no finding": ("UPDATE finding_tag SET finding = finding + 1000",),
    "100,000 tags": (f"INSERT INTO finding_tag SELECT 3, i, 'tag ' || i FROM ({ENDLESS} LIMIT 100000)",),
    "settings that are not JSON": ("UPDATE setting SET value = '{'", "INSERT INTO setting VALUES ('caption 1', '[')"),
    "settings of bytes": ("INSERT INTO setting VALUES (X'00', X'FF')", f"INSERT INTO setting VALUES ({NOT_TEXT}, '1')"),
    "control characters": (
        "UPDATE finding SET note = char(27) || '[2J', caption = char(7) || 'a', model = char(27, 0x202e)",
        "UPDATE pair SET caption = char(27) || '[2J', id = char(27) || id",
    ),
    "ids below zero and far above": (
        "UPDATE finding SET id = -5 WHERE id = 1",
        "UPDATE finding SET id = 1 << 60 WHERE id = 2",
    ),
}
"""Statements after which rows are not as a project writes them; they are left out, or shown in part."""


def _bytes_put(change: Callable[[bytes], bytes], arguments: Sequence[str], folder: Path) -> list[str]:
    _put(folder, arguments)
    path = folder / "p.exclip"
    path.write_bytes(change(path.read_bytes()))
    return list(arguments)


def _set_bytes(place: int, data: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content[:place] + data + content[place + len(data) :]


BYTES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "an empty file": lambda _: b"",
    "zeros": lambda content: bytes(len(content)),
    "text": lambda _: b"hello\n" * 5000,
    "the head alone": lambda content: content[:100],
    "half of it": lambda content: content[: len(content) // 2],
    "no page but the first": lambda content: content[:4096] + bytes(len(content) - 4096),
    "no first page": lambda content: bytes(4096) + content[4096:],
    "another application": _set_bytes(68, b"NONE"),
    "a newer version": _set_bytes(60, (99).to_bytes(4)),
    "a version below zero": _set_bytes(60, b"\xff" * 4),
    "version 0": _set_bytes(60, bytes(4)),
    "a page size of 1": _set_bytes(16, b"\0\1"),
    "a write-ahead log": _set_bytes(18, b"\2\2"),
    "UTF-16": _set_bytes(56, (2).to_bytes(4)),
    "a list of free pages in a circle": _set_bytes(32, (5).to_bytes(4) + (1000).to_bytes(4)),
    "pages that are the first one": lambda content: content[:4096] + content[:4096] * (len(content) // 4096 - 1),
}


def _beside(folder: Path, ending: str, make: Callable[[Path], object]) -> list[str]:
    arguments = _put(folder, PAGE)
    make(folder / f"p.exclip{ending}")
    return arguments


def _super_journal(path: Path) -> None:
    name = os.fsencode("../canary/kept.txt")
    ending = (1).to_bytes(4) + name + len(name).to_bytes(4) + sum(name).to_bytes(4)
    path.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504) + ending + bytes.fromhex("d9d505f920a163d7"))


def _device(folder: Path) -> list[str]:
    (folder / "p.exclip").symlink_to("/dev/zero")
    return list(PAGE)


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "p.exclip")
    return list(PAGE)


def _records() -> list[dict[str, Any]]:
    return [to_values(kept(make_finding(seed), seed + 1)) for seed in range(3)]


def _import(folder: Path, name: str, data: bytes) -> list[str]:
    (folder / name).write_bytes(data)
    return ["import", IMPORT, name]


def _wrong(folder: Path, **values: Any) -> list[str]:
    """Write findings as JSON lines; the second has these values."""
    records = _records()
    records[1] |= values
    return _import(
        folder, "f.jsonl", "".join(json.dumps(one) + "\n" for one in records).encode("utf-8", "surrogatepass")
    )


def _cell(folder: Path, key: str, text: str) -> list[str]:
    """Write findings as CSV; a cell of the second has this text."""
    findings = [kept(make_finding(seed), seed + 1) for seed in range(3)]
    head, *rows = csv.reader(io.StringIO(format_csv(findings), newline=""))
    rows[1][head.index(key)] = text
    out = io.StringIO(newline="")
    csv.writer(out).writerows([head, *rows])
    return _import(folder, "f.csv", out.getvalue().encode())


def _device_import(folder: Path, target: str) -> list[str]:
    (folder / "f.jsonl").symlink_to(target)
    return ["import", IMPORT, "f.jsonl"]


def _pipe_import(folder: Path) -> list[str]:
    os.mkfifo(folder / "f.csv")
    return ["import", IMPORT, "f.csv"]


DEEP: Final = "[" * 100_000
WRONG: Final[dict[str, dict[str, Any]]] = {
    "an infinite score": {"score": float("inf")},
    "a share that is no number": {"share": float("nan")},
    "a score of 400 digits": {"score": 10**400},
    "an id of 30 digits": {"id": 10**30},
    "an id below zero": {"id": -1},
    "a list as a note": {"note": []},
    "a note of 2,000,000 characters": {"note": "x" * 2_000_000},
    "half a character": {"caption": "\ud83d"},
    "words of another kind": {"words": [[1, 2], {}]},
    "a ledger of text": {"ledger": {"a": "b"}},
    "heat of 400 digits": {"heat": [[10**400]]},
    "heat of two shapes": {"heat": [[1.0], [1.0, 2.0]]},
    "heat without a grid": {"heat": [[1.0]], "geometry": None},
    "a grid of a billion": {"heat": [], "geometry": [[640, 480], [0, 0, 640, 480], [10**9, 10**9]]},
    "a box of text": {"regions": [["a", "b", "c", "d"]]},
    "a box of 400 digits": {"regions": [[0, 0, 10**400, 5]]},
    "an outline of numbers": {"regions": [{"box": [0, 0, 5, 5], "outline": [1, 2]}]},
    "options that are a list": {"settings": {"options": [1]}},
    "a setting of 400 digits": {"settings": {"steps": 10**400}},
    "a time that is none": {"created": "\x1b[2J yesterday"},
    "no time": {"created": ""},
    "a NUL in the picture": {"picture": "a\0b.png"},
}
CELLS: Final = {
    "an id of 5,000 digits": ("id", "9" * 5000),
    "an id of text": ("id", "first"),
    "an infinite score": ("score", "inf"),
    "a score of text": ("score", "high"),
    "tags that are no JSON": ("tags", "[" * 1000),
    "heat nested 100,000 deep": ("heat", DEEP),
    "words that are an object": ("words", "{}"),
}
FILES: Final[dict[str, tuple[str, Callable[[], bytes]]]] = {
    "an empty file": ("f.jsonl", lambda: b""),
    "not UTF-8": ("f.jsonl", lambda: b'{"id": "\xff\xfe"}\n'),
    "a table that is not UTF-8": ("f.csv", lambda: b"id,note\n1,\xff\n"),
    "a line nested 100,000 deep": ("f.jsonl", lambda: DEEP.encode()),
    "a list": ("f.jsonl", lambda: b"[1, 2]\n"),
    "a number": ("f.jsonl", lambda: b"5\n"),
    "a number of 5,000 digits": ("f.jsonl", lambda: b"9" * 5000),
    "a line of 40 MB": ("f.jsonl", lambda: b'{"id": "' + b"x" * 40_000_000),
    "a cell of 40 MB": ("f.csv", lambda: b'id,note\n1,"' + b"x" * 40_000_000),
    "a cell of 40 MB in short lines": ("f.csv", lambda: b'id,note\n1,"' + b"xxxxxxxxx\n" * 4_000_000),
    "ten million commas": ("f.csv", lambda: b"id,note\n" + b"," * 10_000_000 + b"\n"),
    "a table without heads": ("f.csv", lambda: b"1,2,3\n4,5,6\n"),
    "a table without rows": ("f.csv", lambda: format_csv(()).encode()),
    "NUL characters": ("f.csv", lambda: bytes(1000)),
    "the same finding 3,000 times": (
        "f.jsonl",
        lambda: format_jsonl([kept(make_finding(1), 2)]).encode() * 3000,
    ),
}

FAST: Final = frozenset(
    (
        "a view of pairs without end",
        "a trigger that grows",
        "a column that computes",
        "a note that is not UTF-8",
        "captions of 900,000 characters",
        "regions that are not JSON",
        "heat that is infinite",
        "another application",
        "a journal that names another file",
        "a score of 400 digits",
        "a cell of 40 MB",
    )
)


def _named(name: str, write: Callable[[Path], list[str]], codes: tuple[int, ...], says: str = "") -> HostileInput:
    return HostileInput(name, write, fast=name.rpartition(": ")[2] in FAST, codes=codes, says=says)


def _put_statements(statements: Sequence[str], arguments: Sequence[str], folder: Path) -> list[str]:
    return _put(folder, arguments, *statements)


COMMANDS: Final = (
    ("page", PAGE),
    ("figure", FIGURE),
    ("list", LIST),
    ("boxes", BOXES),
    ("table", TABLE),
    ("sheet", SHEET),
    ("Markdown", MARKDOWN),
    ("COCO", COCO),
)


def _of_statements(
    table: dict[str, tuple[str, ...]], codes: tuple[int, ...] = (0, 2), says: str = ""
) -> list[HostileInput]:
    """Return two inputs for each entry of a table, with the commands in turn."""
    inputs = []
    for at, (name, statements) in enumerate(table.items()):
        (_, first), (kind, second) = COMMANDS[at % len(COMMANDS)], COMMANDS[(at + 3) % len(COMMANDS)]
        inputs.append(_named(name, partial(_put_statements, statements, first), codes, says))
        inputs.append(HostileInput(f"{name}, {kind}", partial(_put_statements, statements, second), codes=codes))
    return inputs


def _made_import(folder: Path, name: str, make: Callable[[], bytes]) -> list[str]:
    return _import(folder, name, make())


_journal: Final = partial(_beside, ending="-journal", make=_super_journal)
INPUTS: Final = (
    *_of_statements(ACTING, REFUSED, "no project of this program has"),
    *_of_statements(REWRITTEN),
    *_of_statements(ROWS),
    *(_named(name, partial(_bytes_put, change, PAGE), (0, 2)) for name, change in BYTES.items()),
    _named("a journal that names another file", _journal, REFUSED, "names other files"),
    _named("a pipe as journal", partial(_beside, ending="-journal", make=os.mkfifo), REFUSED, "not a regular file"),
    _named("a pipe as log", partial(_beside, ending="-wal", make=os.mkfifo), REFUSED, "not a regular file"),
    _named("a device", _device, REFUSED),
    _named("a pipe", _pipe, REFUSED),
    *(_named(f"findings: {name}", partial(_wrong, **values), (0, 2)) for name, values in WRONG.items()),
    *(_named(f"cell: {name}", partial(_cell, key=key, text=text), REFUSED) for name, (key, text) in CELLS.items()),
    *(_named(f"file: {name}", partial(_made_import, name=at, make=make), (0, 2)) for name, (at, make) in FILES.items()),
    _named("findings from a device", partial(_device_import, target="/dev/zero"), REFUSED),
    _named("findings from a pipe", _pipe_import, REFUSED),
    _named(
        "a batch of a garbled region",
        partial(_put_statements, (*ROWS["regions that are not JSON"], "DELETE FROM pair WHERE number > 1"), BATCH),
        READ,
    ),
)
"""What a project, a file next to it and a file of findings may hold."""
