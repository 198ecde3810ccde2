"""Kinds of lists beside those of ``tests/cases``: a doubt has a note, and nothing is read wrongly in silence."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from exclip_desktop.core.errors import ListError, PictureError
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.archives import open_input
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import picture_sha256, read_picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with pictures of 160 × 120 pixels."""
    for name in ("a.jpg", "b.jpg", "c d.jpg"):
        Image.new("RGB", (160, 120), "red").save(tmp_path / name)
    return tmp_path


def read(path: Path, content: Any) -> PairList:
    """Write a list, JSON unless it is text, and read it."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return read_pairs(path)


def boxes(listed: PairList) -> list[tuple[str, tuple[float, ...]]]:
    """Return names and boxes of all pairs."""
    return [(region.name, region.box) for pair in listed.pairs for region in pair.regions]


def assert_missing(path: Path, message: str) -> None:
    """Assert that there is no such picture in an archive, whoever asks."""
    with pytest.raises(FileNotFoundError):
        open_input(path)
    assert picture_sha256(path) == ""
    with pytest.raises(PictureError, match=message):
        read_picture(path)


def coco(annotations: list[dict[str, Any]], **image: Any) -> dict[str, Any]:
    """Return a COCO document of one picture."""
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 160, "height": 120, **image}],
        "annotations": [{"id": at, "image_id": 1, **one} for at, one in enumerate(annotations)],
        "categories": [{"id": 1, "name": "ball"}],
    }


@pytest.mark.parametrize(
    ("annotation", "found", "note"),
    [
        ({"category_id": 1, "bbox": [1, 2, 30, 40]}, [("ball", (1, 2, 31, 42))], ""),
        ({"category_id": 1, "bbox": [1, 2, 30, 40], "iscrowd": 1}, [], "this is a crowd"),
        ({"category_id": 9, "bbox": [1, 2, 30, 40]}, [("", (1, 2, 31, 42))], "there is no category 9"),
        ({"category_id": 1, "bbox": [200, 2, 30, 40]}, [], "1 box outside of the picture, 160 × 120 pixels; left out."),
        (
            {"category_id": 1, "bbox": [150, 2, 30, 40]},
            [("ball", (150, 2, 180, 42))],
            "1 box beyond the picture's edge",
        ),
        ({"category_id": 1, "bbox": [100, 2, 60.5, 40]}, [("ball", (100, 2, 160.5, 42))], ""),
        ({"category_id": 1, "bbox": [1, 2, 0, 40]}, [], "is empty"),
        ({"category_id": 1, "bbox": [1, 2, float("nan"), 40]}, [], "its bbox is missing or wrong"),
    ],
)
def test_doubtful_boxes_of_coco(folder: Path, annotation: dict[str, Any], found: list[Any], note: str) -> None:
    listed = read(folder / "x.json", coco([annotation, {"caption": "a ball"}]))
    assert boxes(listed) == found
    assert len(listed.notes) == bool(note)
    assert note in " ".join(map(str, listed.notes))


def test_lvis_names_pictures_by_their_address(folder: Path) -> None:
    (folder / "train2017").mkdir()
    Image.new("RGB", (160, 120)).save(folder / "train2017/7.jpg")
    document = coco([{"category_id": 1, "bbox": [1, 2, 30, 40]}], coco_url="http://x.org/train2017/7.jpg")
    del document["images"][0]["file_name"]
    listed = read(folder / "lvis.json", document)
    assert listed.path_of(listed.pairs[0].picture) == folder / "train2017/7.jpg"
    assert boxes(listed) == [("ball", (1, 2, 31, 42))]


def test_boxes_that_are_fractions_are_read_so_with_a_note(folder: Path) -> None:
    rows = [{"path": "a.jpg", "caption": "x", "boxes": [[0.1, 0.2, 0.5, 0.5, "ball"]]}]
    listed = read(folder / "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert boxes(listed) == [("ball", (16, 24, 80, 60))]
    assert [str(note) for note in listed.notes] == [
        "x.jsonl, line 1: its boxes are within one pixel; they are read as fractions of the picture."
    ]


def test_a_quote_that_swallows_lines_is_named(folder: Path) -> None:
    text = 'path,caption\na.jpg,"a ball\nb.jpg,another\nc d.jpg,a third"\na.jpg,"a caption\nof two lines"\n'
    listed = read(folder / "x.csv", text)
    assert [pair.caption for pair in listed.pairs] == ["a caption\nof two lines"]
    assert [str(note) for note in listed.notes] == [
        "x.csv, line 2: a quote is left open until line 4; left out. Close the quote."
    ]


def test_rows_with_more_cells_are_left_out_where_the_caption_is_not_last(folder: Path) -> None:
    listed = read(folder / "x.csv", "caption,path\na ball, red,a.jpg\na ball,b.jpg,,\n")
    assert [(pair.picture, pair.caption) for pair in listed.pairs] == [("b.jpg", "a ball")]
    assert "line 2: 3 columns where 2 are named; left out." in str(listed.notes[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.jpg,a ball\nb.jpg,two\n", [("a.jpg", "a ball"), ("b.jpg", "two")]),
        ("a ball\ta.jpg\ntwo\tb.jpg\n", [("a.jpg", "a ball"), ("b.jpg", "two")]),
        ('path,caption\na.jpg,"[""one"", ""two""]"\n', [("a.jpg", "one"), ("a.jpg", "two")]),
        ("path,caption\na.jpg,[a] ball\n", [("a.jpg", "[a] ball")]),
        ("Image Path;Caption\n  a.jpg;x\n", None),
        ("image,caption\na.jpg,\n", [("a.jpg", "")]),
        ("file_name,width,height\na.jpg,160,120\n", [("a.jpg", "")]),
    ],
)
def test_tables_of_other_layouts(folder: Path, text: str, expected: list[tuple[str, str]] | None) -> None:
    listed = read(folder / "x.txt", text)
    if expected is not None:
        assert [(pair.picture, pair.caption) for pair in listed.pairs] == expected
        assert listed.notes == ()


def test_visual_genome_regions_are_pairs(folder: Path) -> None:
    regions = [
        {"region_id": 5, "image_id": "a", "x": 1, "y": 2, "width": 30, "height": 40, "phrase": "a red ball"},
        {"region_id": 6, "image_id": "a", "x": 5, "y": 6, "width": 7, "height": 8, "phrase": "a box"},
    ]
    listed = read(folder / "region_descriptions.json", [{"id": "a", "regions": regions}])
    assert [(pair.picture, pair.caption) for pair in listed.pairs] == [("a.jpg", "a red ball"), ("a.jpg", "a box")]
    assert boxes(listed) == [("a red ball", (1, 2, 31, 42)), ("a box", (5, 6, 12, 14))]


def test_sugarcrepe_gives_both_captions(folder: Path) -> None:
    entry = {"filename": "a.jpg", "caption": "a red ball", "negative_caption": "a blue ball"}
    listed = read(folder / "swap_att.json", {"0": entry})
    assert [(pair.caption, pair.label) for pair in listed.pairs] == [("a red ball", ""), ("a blue ball", "negative")]


def test_cvat_and_voc_doubts_are_named(folder: Path) -> None:
    shapes = (
        '<box label="ball" xtl="x" ytl="2" xbr="31" ybr="42"/><polygon label="box" points="1,2;31,2;31,42"/>'
        '<box label="far" xtl="900" ytl="2" xbr="931" ybr="42"/>'
    )
    text = f'<annotations><image id="0" name="a.jpg" width="160" height="120">{shapes}</image></annotations>'
    listed = read(folder / "x.xml", text)
    assert boxes(listed) == [("box", (1, 2, 31, 42))]
    assert len(listed.pairs[0].regions[0].outline) == 3
    assert [note.text.split(";")[0] for note in listed.notes] == [
        "'x' is not a number of pixels",
        "1 box outside of the picture, 160 × 120 pixels",
    ]


def test_yolo_polygons_and_unknown_classes(folder: Path) -> None:
    (folder / "a.txt").write_text("0 0.1 0.2 0.5 0.2 0.5 0.6\n7 0.5 0.5 0.2 0.2\n")
    listed = read_pairs(folder)
    assert boxes(listed)[0] == ("0", (16, 24, 80, 72))
    assert boxes(listed)[1] == ("7", (64, 48, 96, 72))


def test_pictures_of_other_kinds_in_a_folder_have_a_note(folder: Path) -> None:
    for name in ("x.heic", "y.HEIC", "z.svg"):
        (folder / name).write_bytes(b"")
    listed = read_pairs(folder)
    assert len(listed.pairs) == 3
    assert [note.text for note in listed.notes] == [
        "2 of its pictures end in .heic, which is not read here.",
        "1 of its pictures end in .svg, which is not read here.",
    ]


def test_a_shard_with_names_of_any_kind(folder: Path) -> None:
    data = (folder / "a.jpg").read_bytes()
    with tarfile.open(folder / "x.tar", "w") as archive:
        members = {"s/ä 1.jpg": data, "s/ä 1.txt": "größe 🎈".encode(), "s/2.txt": b"alone", "s/3.jpg": data}
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    listed = read_pairs(folder / "x.tar")
    assert [(pair.picture, pair.caption) for pair in listed.pairs] == [
        ("x.tar/s/ä 1.jpg", "größe 🎈"),
        ("x.tar/s/3.jpg", ""),
    ]
    assert [str(note) for note in listed.notes] == ["x.tar, s/2: there is no picture of this name; left out."]
    assert read_picture(listed.path_of("x.tar/s/ä 1.jpg")).pixels.shape == (120, 160, 3)
    assert_missing(listed.path_of("x.tar/s/none.jpg"), "There is no picture")


def test_damaged_archives_are_named(folder: Path) -> None:
    pytest.importorskip("pyarrow")
    (folder / "x.parquet").write_bytes(b"PAR1" + b"\0" * 40)
    with pytest.raises(ListError, match="x.parquet is no parquet file"):
        read_pairs(folder / "x.parquet")
    (folder / "x.tar").write_bytes(b"\x1f\x8b" + b"\0" * 600)
    for member in ("x.parquet/image/0", "x.tar/a.jpg"):
        assert picture_sha256(folder / member) == ""


def test_pictures_inside_parquet(folder: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet  # noqa: PLC0415  an extra

    data = (folder / "a.jpg").read_bytes()
    images = [{"bytes": data, "path": None}, {"bytes": b"none", "path": "x"}, {"bytes": data, "path": None}]
    table = pyarrow.table({"image": images, "caption": ["one", "two", "three"]})
    parquet.write_table(table, folder / "x.parquet", row_group_size=2)
    listed = read_pairs(folder / "x.parquet")
    assert [pair.caption for pair in listed.pairs] == ["one", "two", "three"]
    for at in (0, 2):
        assert read_picture(listed.path_of(listed.pairs[at].picture)).pixels.shape == (120, 160, 3)
    for member in ("image/3", "image/x", "none/0"):
        assert_missing(listed.path_of(f"x.parquet/{member}"), "damaged or cut short")


@pytest.mark.slow
def test_large_tables_and_archives_open_at_once(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet  # noqa: PLC0415  an extra

    rows = range(100_000)
    table = {"path": [f"{row}.jpg" for row in rows], "caption": [f"a red ball and {row}" for row in rows]}
    parquet.write_table(pyarrow.table(table), tmp_path / "x.parquet")
    with (tmp_path / "x.tar").open("wb") as file:  # 2.1 GB of holes
        for sample in range(200):
            for name, size in ((f"{sample:06}.jpg", 10 << 20), (f"{sample:06}.txt", 10)):
                member = tarfile.TarInfo(name)
                member.size = size
                file.write(member.tobuf())
                start = file.tell()
                file.write(b"a red ball" if name.endswith("txt") else b"")
                file.seek(start + (size + 511) // 512 * 512)
        file.write(b"\0" * 1024)
    for name, count in (("x.parquet", 100_000), ("x.tar", 200)):
        script = (
            "import resource, sys, time; from exclip_desktop.storage.pair_lists.list_files import read_pairs; "
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; start = time.process_time(); "
            "listed = read_pairs(sys.argv[1]); used = time.process_time() - start; "
            "print(len(listed.pairs), used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
        )
        run = [sys.executable, "-c", script, str(tmp_path / name)]
        found, seconds, kilobytes = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
        assert int(found) == count
        assert float(seconds) < 2, name
        assert float(kilobytes) < 300e3, name
