"""Writing lists for other programs: what is written reads the same in all that the writer holds."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from exclip_desktop.core.errors import Cancelled, OutputError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists import writers
from exclip_desktop.storage.pair_lists.list_export import ListExport, export_list
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.list_writer import (
    EVERYTHING,
    ListWriter,
    count_parts,
    describe_losses,
    group_by_picture,
    has_own_id,
)
from exclip_desktop.storage.pair_lists.writers import WRITERS, writer_of

WIDTH, HEIGHT = 160, 120
KEYS = [one.key for one in WRITERS]
FOLDERS = [one.key for one in WRITERS if one.is_folder]
CAPTIONS = (
    'a "red" dog, and a cat',
    "комета 🦄 犬 👩‍👩‍👧",
    "it's; <b>&amp;</b>\t`x` {y}",
    "null",
    "=1+1",
    "x" * 3000,
    "{}",
)
EDGES = (
    Region((0, 0, WIDTH, HEIGHT), name="all"),
    Region((0, 0, 1, HEIGHT), name='a "red" dog, 犬: #1'),
    Region((159, 119, 160, 120), name="<b>&amp;"),
    Region((10.25, 3, 20, 30.3333)),
    Region((1 / 3, 2 / 3, 100 / 3, 200 / 3), name="no"),
)
LASSO = Region.lasso(((5, 0), (100.5, 3), (40, 90.25)), name="around")
PAIRS = {
    "one pair": (ListedPair("1", "a.png", "a dog"),),
    "captions": tuple(ListedPair(str(at), f"{at}.png", text) for at, text in enumerate(CAPTIONS, 1)),
    "several captions": tuple(ListedPair(str(at), "a.png", text) for at, text in enumerate(CAPTIONS, 1)),
    "no captions": tuple(ListedPair(name, name, "") for name in ("a.png", "b/c.png")),
    "boxes at edges": (ListedPair("1", "a.png", "a dog", regions=EDGES), ListedPair("2", "b.png", "", regions=EDGES)),
    "outlines": (ListedPair("1", "a.png", "a dog", regions=(LASSO, EDGES[0], EDGES[3])),),
    "paths": tuple(
        ListedPair(str(at), name, "a dog", regions=EDGES[:1])
        for at, name in enumerate(
            (
                "ünï/日本 🐶.jpg",
                "a, b; c.png",
                'it\'s "q".webp',
                "x/same.png",
                "y/same.png",
                "deep/er/%41 #1&.png",
                "A.PNG",
            )
        )
    ),
    "several captions with boxes": tuple(ListedPair(str(at), "a.png", f"no {at}", regions=EDGES[:2]) for at in (1, 2)),
    "boxes of captions": tuple(ListedPair(str(at), "a.png", f"no {at}", regions=EDGES[at:]) for at in (1, 2)),
    "labels": (ListedPair("1", "a.png", "a dog", "låbel, 1"), ListedPair("2", "b.png", "a cat", "")),
    "ids": (ListedPair('id "ü"', "a.png", "a dog"), ListedPair("x", "a.png", "a cat"), ListedPair("y", "b.png", "")),
    "lines": (ListedPair("1", "a.png", "a dog\n\nand\r\na cat "), ListedPair("2", "a.png", "0 0.5 0.5 0.1 0.1")),
    "empty caption": (ListedPair("1", "a.png", "a dog"), ListedPair("2", "a.png", "")),
    "subtracted": (ListedPair("1", "a.png", "a dog", regions=(EDGES[0], replace(EDGES[1], subtract=True))),),
    "masks": (ListedPair("1", "a.png", "a dog", mask="masks/a.png"),),
}


def make_list(folder: Path, pairs: tuple[ListedPair, ...]) -> PairList:
    """Return a list whose pictures exist."""
    for picture in {pair.picture for pair in pairs}:
        path = folder / picture
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (WIDTH, HEIGHT), "red").save(path)
    return PairList(folder / "list", folder, pairs)


def place_of(folder: Path, writer: ListWriter) -> Path:
    """Return where a test writes."""
    return folder / f"ä out{writer.endings[0] if writer.endings else ''}"


def export(folder: Path, pairs: tuple[ListedPair, ...], key: str, name: str = "") -> ListExport:
    """Write pairs with their pictures."""
    writer, target = writer_of("", key), folder / name
    target.mkdir(exist_ok=True)
    return export_list(make_list(folder, pairs), place_of(target, writer), writer)


def contents(place: Path) -> dict[str, bytes]:
    """Return the bytes of a file, or of all files in a folder."""
    if place.is_file():
        return {"": place.read_bytes()}
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def expected(pairs: tuple[ListedPair, ...], writer: ListWriter) -> set[tuple[object, ...]]:
    """Return what reading gives back: everything that the writer holds."""
    holds, found = writer.holds, set()
    for picture, group in group_by_picture(pairs).items():
        shared = tuple(dict.fromkeys(region for pair in group for region in pair.regions))
        for pair in group:
            if "no caption" not in holds and not pair.caption and any(one.caption for one in group):
                continue
            lines = ["".join(pair.caption.splitlines())] if "caption lines" in holds else pair.caption.split()
            regions = pair.regions if "caption boxes" in holds else shared
            regions = tuple(one for one in regions if "subtracted" in holds or not one.subtract)
            found.add(
                (
                    f"{writer.picture_folder}/{picture}" if writer.picture_folder else picture,
                    "".join(lines).strip('"' if pair.caption[:2] == "0 " else ""),
                    pair.label if "labels" in holds else "",
                    tuple(rounded(one if "outlines" in holds else replace(one, outline=())) for one in regions),
                    pair.mask if "masks" in holds else "",
                )
            )
    return found


def rounded(region: Region) -> Region:
    """Return a region to a thousandth of a pixel."""
    corners = tuple((round(x, 3), round(y, 3)) for x, y in region.outline)
    x0, y0, x1, y1 = (round(edge, 3) for edge in region.box)
    return replace(region, box=(x0, y0, x1, y1), outline=corners)


def found_in(listed: PairList, writer: ListWriter, root: Path) -> set[tuple[object, ...]]:
    """Return the pairs of a list that was read, in the form of ``expected``."""
    start = listed.folder if writer.is_folder else root
    found = set()
    for pair in listed.pairs:
        path = listed.path_of(pair.picture)
        assert path.is_file()
        caption = pair.caption if "caption lines" in writer.holds else "".join(pair.caption.split())
        caption = "".join(caption.splitlines()).strip('"' if "0.5" in caption else "")
        mask = pair.mask.removeprefix("../")
        place = path.resolve().relative_to(start.resolve()).as_posix()
        found.add((place, caption, pair.label, tuple(map(rounded, pair.regions)), mask))
    return found


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("key", KEYS)
def test_what_is_written_reads_the_same_in_all_that_is_held(tmp_path: Path, key: str, kind: str) -> None:
    writer, pairs = writer_of("", key), PAIRS[kind]
    done = export(tmp_path, pairs, key, "new")
    again = read_pairs(done.path)
    assert [note for note in again.notes if note.kind != "formulas"] == []
    assert [note for note in done.notes if note.kind != "formulas"] == []
    assert done.pairs == len(pairs)
    assert found_in(again, writer, tmp_path) == expected(pairs, writer)
    if "ids" in writer.holds:
        assert {pair.id for pair in pairs if has_own_id(pair)} <= {pair.id for pair in again.pairs}


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("key", KEYS)
def test_writing_and_reading_again_changes_nothing_more(tmp_path: Path, key: str, kind: str) -> None:
    writer = writer_of("", key)
    first, second = (export(tmp_path, PAIRS[kind], key, name) for name in ("1", "2"))
    assert contents(first.path) == contents(second.path)
    (tmp_path / "3").mkdir()
    (tmp_path / "4").mkdir()
    third = export_list(read_pairs(first.path), place_of(tmp_path / "3", writer), writer)
    assert [note for note in third.notes if note.kind != "formulas"] == []
    read = read_pairs(third.path)
    assert set(read.pairs) == set(read_pairs(first.path).pairs)
    assert describe_losses(count_parts(read.pairs), writer) == ()
    fourth = export_list(read, place_of(tmp_path / "4", writer), writer)
    assert contents(fourth.path) == contents(third.path)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("key", KEYS)
def test_what_is_not_held_has_one_sentence_a_kind(key: str, kind: str) -> None:
    writer, pairs = writer_of("", key), PAIRS[kind]
    parts = {
        "boxes of captions": "caption boxes",
        "outlines": "outlines",
        "labels": "labels",
        "ids": "ids",
        "lines": "caption lines",
        "empty caption": "no caption",
        "subtracted": "subtracted",
        "masks": "masks",
    }
    lost = describe_losses(count_parts(pairs), writer)
    part = parts.get(kind)
    if part is None or part in writer.holds:
        assert [text for text in lost if "no caption" not in text] == []
        return
    counts = {"ids": 3, "lines": 2}
    assert any(text.startswith(f"{writer.name} holds no ") and f"{counts.get(kind, 1)})" in text for text in lost)


def test_csv_jsonl_and_coco_hold_everything() -> None:
    assert [one.key for one in WRITERS if one.holds == EVERYTHING] == ["csv", "tsv", "jsonl", "coco"]


def test_the_table_lists_every_module() -> None:
    modules = [path.stem for path in Path(writers.__file__).parent.glob("*_writer.py")]
    assert len(KEYS) == len(set(KEYS)) == len(modules) + 3
    assert all(key in str(writers.__doc__) for key in KEYS)
    for one in WRITERS:
        assert [one.format_pairs, one.format_pictures, one.write_folder].count(None) == 2
        assert one.is_folder == (not one.endings)


def test_names_that_side_files_would_share_get_a_number_with_a_note(tmp_path: Path) -> None:
    names = ("a.png", "a.jpg", "A.webp", "a.png.jpg", ".hidden.png")
    pairs = tuple(ListedPair(str(at), name, f"no {at}") for at, name in enumerate(names))
    done = export(tmp_path, pairs, "labelme")
    assert {pair.picture: pair.caption for pair in read_pairs(done.path).pairs} == {
        "a.png": "no 0",
        "a-2.jpg": "no 1",
        "A-3.webp": "no 2",
        "a.png-2.jpg": "no 3",
        "_hidden.png": "no 4",
    }
    assert [(note.place, note.kind) for note in done.notes] == [(name, "renamed") for name in names[1:4]]
    kept = export(tmp_path, pairs[:2], "imagefolder", "x")
    assert {pair.picture for pair in read_pairs(kept.path).pairs} == {"a.png", "a.jpg"}


@pytest.mark.parametrize("key", FOLDERS)
def test_pictures_elsewhere_keep_their_folders(tmp_path: Path, key: str) -> None:
    writer = writer_of("", key)
    names = (str(tmp_path / "o/x/1.png"), str(tmp_path / "o/y/1.png"), "in.png")
    listed = make_list(tmp_path / "list", tuple(ListedPair(name, name, "a dog") for name in names))
    done = export_list(listed, tmp_path / "out", writer)
    start = f"{writer.picture_folder}/" if writer.picture_folder else ""
    assert {pair.picture for pair in read_pairs(done.path).pairs} == {
        f"{start}{n}" for n in ("x/1.png", "y/1.png", "in.png")
    }


@pytest.mark.parametrize("key", FOLDERS)
def test_pictures_in_archives_are_extracted(tmp_path: Path, key: str) -> None:
    data = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT)).save(data, "png")
    with tarfile.open(tmp_path / "shard.tar", "w") as archive:
        for name, content in (("0.png", data.getvalue()), ("0.txt", b"a dog"), ("sub/1", data.getvalue())):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    pairs = tuple(ListedPair(name, f"shard.tar/{name}", "a dog") for name in ("0.png", "sub/1"))
    done = export_list(PairList(tmp_path / "shard.tar", tmp_path, pairs), tmp_path / "out", writer_of("", key))
    again = read_pairs(done.path)
    start = writer_of("", key).picture_folder
    assert sorted(pair.picture.removeprefix(f"{start}/") for pair in again.pairs) == ["shard/0.png", "shard/sub/1.png"]
    assert all(again.path_of(pair.picture).read_bytes() == data.getvalue() for pair in again.pairs)


def test_boxes_outside_are_left_out_and_cut_where_programs_refuse_them(tmp_path: Path) -> None:
    regions = (Region((-5, 10, 20, 130), name="over"), Region((200, 0, 210, 10), name="out"))
    pairs = (ListedPair("1", "a.png", "a dog", regions=regions),)
    for key in ("yolo", "voc"):
        done = export(tmp_path, pairs, key, key)
        assert [one.box for one in read_pairs(done.path).pairs[0].regions] == [(0, 10, 20, 120)]
        assert [note.kind for note in done.notes] == ["outside", "clipped"]
    done = export(tmp_path, pairs, "label-studio", "x")
    assert [one.box for one in read_pairs(done.path).pairs[0].regions] == [(-5, 10, 20, 130)]
    assert [str(note) for note in done.notes] == ["a.png: 1 box outside of the picture, 160 × 120 pixels; left out."]


@pytest.mark.parametrize("key", [*FOLDERS, "label-studio"])
def test_pictures_that_cannot_be_opened_have_a_note(tmp_path: Path, key: str) -> None:
    listed = make_list(tmp_path, (ListedPair("1", "a.png", "a dog", regions=EDGES[:1]),))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    missing = [ListedPair(name, name, "a cat", regions=EDGES[:1]) for name in ("bad.png", "gone.png")]
    writer = writer_of("", key)
    done = export_list(replace(listed, pairs=(*listed.pairs, *missing)), place_of(tmp_path, writer), writer)
    assert [note.place for note in done.notes] == ["bad.png", "gone.png"]
    assert len({note.kind for note in done.notes}) == 1
    assert done.pairs == len(read_pairs(done.path).pairs) == (1 if writer.is_folder else 3)
    if writer.is_folder:
        with pytest.raises(OutputError, match="There is no picture to write"):
            export_list(replace(listed, pairs=tuple(missing)), tmp_path / "new", writer)
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("key", FOLDERS)
def test_a_folder_is_new_or_empty_and_complete_or_not_there(tmp_path: Path, key: str) -> None:
    writer, listed = writer_of("", key), make_list(tmp_path / "list", PAIRS["paths"])
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").touch()
    with pytest.raises(OutputError, match="not empty"):
        export_list(listed, out, writer)
    (out / "mine").unlink()
    token = CancelToken()
    reports: list[Report] = []

    def cancel_later(report: Report) -> None:
        reports.append(report)
        if report.done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        export_list(listed, out, writer, cancel_later, token)
    assert [(one.done, one.total) for one in reports] == [(at, len(listed.pairs)) for at in range(4)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list", "out"]
    assert export_list(listed, out, writer).pairs == len(listed.pairs)
    assert out.stat().st_mode & 0o777 == (tmp_path / "list").stat().st_mode & 0o777
    with pytest.raises(OutputError, match="a file has that name"):
        export_list(listed, tmp_path / "list" / "A.PNG", writer)
    with pytest.raises(OutputError, match="there is no folder"):
        export_list(listed, tmp_path / "no" / "x", writer)


def test_the_list_itself_is_never_overwritten(tmp_path: Path) -> None:
    listed = make_list(tmp_path, PAIRS["one pair"])
    with pytest.raises(OutputError, match="the list itself"):
        export_list(listed, tmp_path / "list", writer_of("", "csv"))


def test_labelme_has_rectangles_and_polygons(tmp_path: Path) -> None:
    pair = ListedPair("1", "a.png", "a dog", regions=(Region((16, 12, 80, 60), name="dog"), LASSO))
    shape = json.loads((export(tmp_path, (pair,), "labelme").path / "a.json").read_bytes())
    assert (shape["imagePath"], shape["imageWidth"], shape["imageHeight"]) == ("a.png", WIDTH, HEIGHT)
    assert shape["shapes"][0]["points"] == [[16, 12], [80, 60]]
    assert [one["shape_type"] for one in shape["shapes"]] == ["rectangle", "polygon"]


def test_yolo_has_fractions_and_never_mixes_boxes_with_outlines(tmp_path: Path) -> None:
    pair = ListedPair("1", "a.png", "a dog", regions=(Region((16, 12, 80, 60), name="dog"),))
    done = export(tmp_path, (pair, replace(pair, id="2", picture="b.png", regions=(*pair.regions, LASSO))), "yolo")
    assert (done.path / "labels/a.txt").read_text() == "1 0.3 0.3 0.4 0.4\n"
    lines = (done.path / "labels/b.txt").read_text().splitlines()
    assert lines[0] == "1 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5"
    assert len(lines[1].split()) == 7
    assert (
        done.path / "data.yaml"
    ).read_text() == "path: .\ntrain: images\nval: images\nnames:\n  0: around\n  1: dog\n"
    assert (done.path / "images/a.txt").read_text() == "a dog\n"


def test_rows_of_an_imagefolder_have_the_same_columns(tmp_path: Path) -> None:
    done = export(tmp_path, (*PAIRS["several captions with boxes"], ListedPair("9", "b.png", "")), "imagefolder")
    rows = [json.loads(line) for line in (done.path / "metadata.jsonl").read_text("utf-8").splitlines()]
    assert [(row["file_name"], row["text"]) for row in rows] == [("a.png", ["no 1", "no 2"]), ("b.png", [""])]
    assert rows[1]["objects"] == {"bbox": [], "categories": []}
    assert [list(row) for row in rows] == [["file_name", "text", "objects"]] * 2


def test_tasks_of_label_studio_are_in_percent(tmp_path: Path) -> None:
    pair = ListedPair("7", "a.png", "a dog", "x", (Region((16, 12, 80, 60), name="dog"),))
    done = export(tmp_path, (pair,), "label-studio")
    task = json.loads(done.path.read_bytes())[0]
    assert task["data"] == {"image": "a.png", "caption": "a dog", "label": "x", "pair_id": "7"}
    value = task["annotations"][0]["result"][0]["value"]
    assert value == {"x": 10, "y": 10, "width": 40, "height": 40, "rotation": 0, "rectanglelabels": ["dog"]}


def test_coco_has_the_sizes_of_pictures_that_can_be_opened(tmp_path: Path) -> None:
    listed = make_list(tmp_path, PAIRS["one pair"])
    gone = ListedPair("2", "gone.png", "a cat")
    done = export_list(replace(listed, pairs=(*listed.pairs, gone)), tmp_path / "x.json", writer_of("x.json"))
    assert json.loads(done.path.read_bytes())["images"] == [
        {"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT},
        {"id": 2, "file_name": "gone.png"},
    ]
    assert done.notes == ()


def test_every_annotation_of_coco_has_a_category_as_pycocotools_needs(tmp_path: Path) -> None:
    listed = make_list(tmp_path, PAIRS["one pair"])
    done = export_list(listed, tmp_path / "x.json", writer_of("x.json"))
    annotations = json.loads(done.path.read_bytes())["annotations"]
    assert [one["category_id"] for one in annotations if "caption" in one] == [0]
    assert all(one["category_id"] > 0 for one in annotations if "caption" not in one)
