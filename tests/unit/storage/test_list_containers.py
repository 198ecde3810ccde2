"""Tables, JSON and archives as programs write them: every caption is read, whatever holds it."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from exclip_desktop.core.errors import ListError
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from tests.unit.storage.made_lists import Files, make_list, texts_of

ONE, BOTH = [("a.jpg", "one")], [("a.jpg", "one"), ("b.jpg", "two")]
TWICE = [("a.jpg", "one"), ("a.jpg", "two")]
TABLE, LINE = "image,caption\na.jpg,one\nb.jpg,two\n", '{"image": "a.jpg", "caption": "one"}\n'
CAPTIONS = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": "one"}]}


@pytest.mark.parametrize(
    ("files", "target", "expected"),
    [
        # tables: separators, encodings, ends of lines, names of columns, lists in cells
        ({"x.csv": '"sep=;"\r\nimage;caption\r\na.jpg;one\r\nb.jpg;two\r\n'}, "x.csv", BOTH),
        ({"x.csv": "sep=\t\r\nimage\tcaption\r\na.jpg\tone\r\nb.jpg\ttwo\r\n"}, "x.csv", BOTH),
        ({"x.csv": 'image|caption\na.jpg|"one"\nb.jpg|two\n'}, "x.csv", BOTH),
        ({"x.csv": b"image,caption\r\na.jpg,one\nb.jpg,two\r"}, "x.csv", BOTH),
        ({"x.csv": TABLE.encode("utf-16-le")}, "x.csv", BOTH),
        ({"x.csv": TABLE.encode("utf-16-be")}, "x.csv", BOTH),
        ({"x.csv": TABLE.encode("utf-32")}, "x.csv", BOTH),
        ({"x.csv": " Image Path , CAPTION \na.jpg,one\n"}, "x.csv", ONE),
        ({"x.csv": "image\u00a0,\u200bcaption\na.jpg,one\n"}, "x.csv", ONE),
        ({"x.csv": ",image,caption\n0,a.jpg,one\n1,b.jpg,two\n"}, "x.csv", BOTH),
        ({"x.csv": "image,caption,\na.jpg,one,\nb.jpg,two,,\n"}, "x.csv", BOTH),
        ({"x.csv": "image,caption_0,caption_1\na.jpg,one,two\n"}, "x.csv", TWICE),
        ({"x.csv": 'image,captions\na.jpg,"[""one"", ""two""]"\n'}, "x.csv", TWICE),
        ({"x.csv": "image,captions\na.jpg,\"['one', 'two']\"\n"}, "x.csv", TWICE),
        ({"x.csv": "image,captions\na.jpg,\"['one' 'two']\"\n"}, "x.csv", TWICE),
        ({"x.csv": "image,captions\na.jpg,\"['it\\'s \\u00e9']\"\n"}, "x.csv", [("a.jpg", "it's é")]),
        ({"x.csv": "image,captions\na.jpg,[SEP] a dog\n"}, "x.csv", [("a.jpg", "[SEP] a dog")]),
        ({"x.csv": "image,true_caption,false_caption\na.jpg,one,two\n"}, "x.csv", TWICE),
        # JSON: by lines, by columns, by pictures, in a list of the document
        ({"x.jsonl": LINE.encode("utf-16")}, "x.jsonl", ONE),
        ({"x.jsonl": b"\xef\xbb\xbf" + LINE.encode()}, "x.jsonl", ONE),
        ({"x.jsonl": LINE.replace("\n", "\r") + LINE.replace("one", "two")}, "x.jsonl", TWICE),
        ({"x.jsonl": "[" + LINE.strip() + "]"}, "x.jsonl", ONE),
        ({"x.jsonl": LINE.replace(", ", ",\n")}, "x.jsonl", ONE),
        ({"x.json": {"image": "a.jpg", "caption": "one"}}, "x.json", ONE),
        ({"x.json": {"data": [{"image": "a.jpg", "caption": "one"}], "version": 1}}, "x.json", ONE),
        ({"x.json": {"image": {"0": "a.jpg", "1": "b.jpg"}, "caption": {"0": "one", "1": "two"}}}, "x.json", BOTH),
        ({"x.json": {"image": ["a.jpg", "b.jpg"], "caption": ["one", "two"]}}, "x.json", BOTH),
        ({"x.json": {"columns": ["image", "caption"], "index": [0], "data": [["a.jpg", "one"]]}}, "x.json", ONE),
        ({"x.json": {"a.jpg": "one", "b.jpg": "two"}}, "x.json", BOTH),
        ({"x.json": {"a.jpg": ["one", "two"]}}, "x.json", TWICE),
        ({"x.json": {"a.jpg": {"caption": "one", "tags": "x"}, "b": {"caption": "two"}}}, "x.json", BOTH),
        ({"x.jsonl": {"image": {"path": "a.jpg", "bytes": None}, "text": "one"}}, "x.jsonl", ONE),
        ({"x.json": CAPTIONS}, "x.json", ONE),
        # conversations
        ({"x.json": [{"images": ["a.jpg"], "messages": [{"role": "assistant", "content": "one"}]}]}, "x.json", ONE),
        ({"x.json": [{"image": "a.jpg", "conversations": [{"from": "gpt", "value": "<image>\none"}]}]}, "x.json", ONE),
        (
            {"x.json": [{"conversations": [{"from": "user", "value": "<img>a.jpg</img> what?"},
                                           {"from": "assistant", "value": "one"}]}]},
            "x.json",
            ONE,
        ),
        # folders that hold their lists
        ({"data/train/metadata.csv": "file_name,text\n../../a.jpg,one\n"}, "", ONE),
        ({"annotations/captions_x.json": CAPTIONS}, "", ONE),
        ({"_annotations.coco.json": CAPTIONS}, "", ONE),
        ({"a.txt": "one\n".encode("utf-16"), "b.txt": "two"}, "", BOTH),
    ],
)  # fmt: skip
def test_every_caption_is_read(tmp_path: Path, files: Files, target: str, expected: Any) -> None:
    make_list(tmp_path, files)
    listed = read_pairs(tmp_path / target)
    assert texts_of(listed) == expected
    assert not listed.notes


def test_winoground_gives_right_and_wrong_pairs(tmp_path: Path) -> None:
    make_list(tmp_path, {"x.jsonl": {"image_0": "a.jpg", "image_1": "b.jpg", "caption_0": "one", "caption_1": "two"}})
    listed = read_pairs(tmp_path / "x.jsonl")
    assert texts_of(listed) == [("a.jpg", "one"), ("b.jpg", "two"), ("a.jpg", "two"), ("b.jpg", "one")]
    assert [pair.label for pair in listed.pairs] == ["", "", "negative", "negative"]


@pytest.mark.parametrize(
    ("name", "data", "parts"),
    [
        ("x.csv.gz", gzip.compress(TABLE.encode(), mtime=0), ("is compressed (gzip), not a list", "Unpack it")),
        ("x.tar", gzip.compress(b"x" * 9, mtime=0), ("is compressed (gzip), not a list", "Unpack it")),
        ("x.arrow", b"ARROW1\0\0", ("is an Arrow file, not a list", "to_parquet")),
        ("x.pkl", b"\x80\x04]\x94.", ("is a pickle, which could run programs", "JSON or CSV")),
    ],
)
def test_files_that_hold_no_list_say_what_they_are(
    tmp_path: Path, name: str, data: bytes, parts: tuple[str, ...]
) -> None:
    make_list(tmp_path, {name: data})
    with pytest.raises(ListError) as caught:
        read_pairs(tmp_path / name)
    assert all(part in str(caught.value) for part in parts)


def test_a_spreadsheet_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(ListError, match="is a ZIP archive or a spreadsheet, not a list"):
        read_pairs(tmp_path / "x.xlsx")


@pytest.mark.parametrize(
    ("record", "note"),
    [
        ({"image": ["a.jpg", "b.jpg"], "conversations": []}, "it names several pictures; left out."),
        ({"image": "a.jpg", "boxes": {"cat": [1, 2, 3, 4]}}, "a box is [x0, y0, x1, y1], or an object with box"),
    ],
)
def test_what_is_not_read_is_said_of_the_record(tmp_path: Path, record: Any, note: str) -> None:
    make_list(tmp_path, {"x.json": [record, {"image": "b.jpg", "caption": "two"}]})
    assert [str(found) for found in read_pairs(tmp_path / "x.json").notes][0].startswith(f"x.json, entry 1: {note}")


def test_a_folder_with_several_tables_says_so(tmp_path: Path) -> None:
    make_list(tmp_path, {"train.csv": TABLE, "val.csv": TABLE})
    listed = read_pairs(tmp_path)
    assert texts_of(listed) == [("a.jpg", ""), ("b.jpg", "")]
    assert "it also holds lists of pictures (train.csv, val.csv)" in str(listed.notes[0])


def make_shard(path: Path, members: dict[str, bytes]) -> None:
    """Write a tar archive."""
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_shards_with_names_of_several_parts_classes_and_compressed_facts(tmp_path: Path) -> None:
    make_list(tmp_path, {}, ["pictures/a.jpg"])
    data = (tmp_path / "pictures/a.jpg").read_bytes()
    (tmp_path / "shards").mkdir()
    make_shard(
        tmp_path / "shards/0.tar",
        {
            "./0.jpg": data, "./0.txt": b"one", "./._0.jpg": b"x",
            "1.left.jpg": data, "1.right.jpg": data, "1.caption.txt": b"two",
            "2.jpg": data, "2.cls": b"7", "2.json.gz": gzip.compress(b'{"caption": "three"}'),
            "3.jpg": data, "3.txt": "caf\xe9".encode("latin-1"),
        },
    )  # fmt: skip
    make_shard(tmp_path / "shards/1.tar", {"v1.0/4.JPG": data, "v1.0/4.TXT": b"four"})
    listed = read_pairs(tmp_path / "shards")
    assert [(pair.caption, pair.label) for pair in listed.pairs] == [
        *(("one", ""), ("two", ""), ("three", "7"), ("four", "")),
    ]
    assert len(texts_of(listed)) == 4
    assert [note.text for note in listed.notes] == [
        "it has 2 pictures; the first is read.",
        "its caption or facts is not UTF-8 text; left out.",
    ]


@pytest.mark.parametrize(
    ("columns", "captions"),
    [
        ({"image": [{"bytes": b"", "path": "a.jpg"}], "caption": [["one", "two"]]}, ["one", "two"]),
        ({"image": [b""], "text": ["one"]}, ["one"]),
        ({"jpg": [b""], "txt": ["one"], "json": ["{}"]}, ["one"]),
        ({"image": ["a.jpg"], "caption": [["one", "two"]], "sentids": [["1", "2"]], "split": ["test"]}, ["one", "two"]),
    ],
)
def test_parquet_with_pictures_and_lists_of_captions(tmp_path: Path, columns: Any, captions: list[str]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet  # noqa: PLC0415  an extra

    make_list(tmp_path, {}, ["a.jpg"])
    data = (tmp_path / "a.jpg").read_bytes()
    filled = {
        name: [{**cell, "bytes": data} if isinstance(cell, dict) else data if cell == b"" else cell for cell in cells]
        for name, cells in columns.items()
    }
    (tmp_path / "data").mkdir()
    parquet.write_table(pyarrow.table(filled), tmp_path / "data/train-00000-of-00001.parquet")
    (tmp_path / "a.jpg").rename(tmp_path / "data/a.jpg")
    listed = read_pairs(tmp_path / "data/train-00000-of-00001.parquet")
    assert [caption for _, caption in texts_of(listed)] == captions
