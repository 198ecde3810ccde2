"""Lists of pairs: every format is read as meant, what is wrong is named, and writing and reading changes nothing."""

import json
from dataclasses import replace
from io import BufferedReader
from pathlib import Path

import pytest

from exclip_desktop.core.errors import Cancelled, ListError, OutputError
from exclip_desktop.core.paths import resource_path
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists import formats
from exclip_desktop.storage.pair_lists.formats import FORMATS
from exclip_desktop.storage.pair_lists.list_files import find_format, read_pairs, write_pairs
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.writers import WRITERS

NASTY = (
    'he said "a dog", twice',
    "a dog\nand a cat\r\nand\ra cow",
    "комета 🦄 über 犬 👩‍👩‍👧 \u202e\u2028end",
    "a, b; c\td\\n 'e' `f` {g} <h>",
    "  spaces before and behind\u00a0 ",
    "",
    '"',
    "=1+1",
    "\ufeffa mark that stays",
    "null",
    "x" * 4000,
)
NASTY_PICTURES = (
    "a.png",
    "ünï/日本 🐶.jpg",
    "with, comma; and space.png",
    'quote".webp',
    "deep/er/'x'.gif",
    "/abs/x.png",
)
EDGES = (
    Region((0, 0, 640, 480), name="all"),
    Region((0.1, 0.2, 0.7000000000000001, 1e-9 + 0.3)),
    Region((-3.5, 0, 1e-3, 1), name='a "red" dog, 犬'),
    Region((639, 479, 640, 480), name="a dog"),
    Region((1 / 3, 2 / 3, 1e6 + 0.1, 1e6 + 1 / 3)),
    Region.lasso(((0, 0), (10.5, 3), (4, 9.25)), subtract=True, name="around"),
)


def nasty_pairs(picture_of: int = 1) -> tuple[ListedPair, ...]:
    """Return pairs whose texts, paths, ids and boxes are hard to write."""
    pairs = []
    for at, caption in enumerate(NASTY):
        picture = NASTY_PICTURES[at // picture_of % len(NASTY_PICTURES)]
        key = str(at) if at % 2 else f'id "{at}", ü'
        regions = EDGES[: at % (len(EDGES) + 1)]
        pairs.append(ListedPair(key, picture, caption, "låbel" * (at % 2), regions, "masks/m.png" * (at % 3 == 0)))
    return tuple(pairs)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".json"])
@pytest.mark.parametrize("picture_of", [1, 3])
def test_what_is_written_reads_the_same(tmp_path: Path, ending: str, picture_of: int) -> None:
    listed = PairList(tmp_path, tmp_path, nasty_pairs(picture_of))
    first, second = tmp_path / f"ä list{ending}", tmp_path / f"again{ending}"
    write_pairs(listed, first)
    found = read_pairs(first)
    assert found.pairs == listed.pairs
    assert found.notes == ()
    assert found.folder == tmp_path
    write_pairs(found, second)
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".json"])
def test_a_list_written_elsewhere_names_the_same_pictures(tmp_path: Path, ending: str) -> None:
    listed = PairList(tmp_path, tmp_path / "pictures", nasty_pairs())
    (tmp_path / "lists").mkdir()
    write_pairs(listed, tmp_path / "lists" / f"x{ending}")
    found = read_pairs(tmp_path / "lists" / f"x{ending}")
    for before, after in zip(listed.pairs, found.pairs, strict=True):
        assert found.path_of(after.picture).resolve() == listed.path_of(before.picture).resolve()
        assert replace(after, picture="", mask="") == replace(before, picture="", mask="")


def write(path: Path, text: str | bytes) -> Path:
    """Write a text file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def make_folder(root: Path) -> Path:
    """Make a folder of pictures with captions in every form."""
    for name in ("a.png", "b.JPG", "ü/犬.webp", "ü/none.png", "c.png", "d.png", ".hidden.png", ".git/x.png"):
        write(root / name, b"")
    write(root / "a.txt", "a dog\r\n\n  a cat, “quoted”\n")
    write(root / "b.json", json.dumps(["one", "two"]))
    write(root / "ü/犬.json", json.dumps({"caption": "犬 🐶", "boxes": [[0, 0, 5, 5, "犬"]], "label": "dog"}))
    write(root / "c.json", '"just text"')
    write(root / "d.txt", b"latin-1: \xe9")
    return root


def test_a_folder(tmp_path: Path) -> None:
    found = read_pairs(make_folder(tmp_path / "f"))
    expected = [(pair.picture, pair.caption, pair.label, pair.regions) for pair in found.pairs]
    assert expected == [
        ("a.png", "a dog", "", ()),
        ("a.png", "a cat, “quoted”", "", ()),
        ("b.JPG", "one", "", ()),
        ("b.JPG", "two", "", ()),
        ("c.png", "just text", "", ()),
        ("ü/none.png", "", "", ()),
        ("ü/犬.webp", "犬 🐶", "dog", (Region((0, 0, 5, 5), name="犬"),)),
    ]
    assert [pair.id for pair in found.pairs][:2] == ["a.png", "a.png-2"]
    assert [note.place for note in found.notes] == ["d.txt"]
    assert found.path_of("a.png").is_file()


def make_flickr(root: Path) -> Path:
    """Make two pictures of Flickr30k Entities, one without an annotation."""
    write(
        root / "Sentences/36979.txt",
        "[/EN#1/people A group of friends] playing [/EN#2/other cards] at [/EN#0/notvisual night] .\n"
        "[/EN#1/people/other Friends] , “quoted” 🃏 , \n",
    )
    write(root / "Sentences/5.txt", "[/EN#9/animals A dog] .\n")
    boxes = "".join(
        f"<object>{''.join(f'<name>{name}</name>' for name in names)}{inside}</object>"
        for names, inside in (
            (("1",), "<bndbox><xmin>0</xmin><ymin>10</ymin><xmax>500</xmax><ymax>333</ymax></bndbox>"),
            (("1", "2"), "<bndbox><xmin>7</xmin><ymin>8</ymin><xmax>9</xmax><ymax>10</ymax></bndbox>"),
            (("0",), "<scene>1</scene><nobndbox>1</nobndbox>"),
        )
    )
    write(root / "Annotations/36979.xml", f"<annotation><filename>36979.jpg</filename>{boxes}</annotation>")
    write(root / "flickr30k-images/36979.jpg", b"")
    return root


def test_flickr30k_entities(tmp_path: Path) -> None:
    found = read_pairs(make_flickr(tmp_path / "f"))
    large, small = (0, 10, 500, 333), (7, 8, 9, 10)
    assert found.folder == tmp_path / "f" / "flickr30k-images"
    assert found.pairs[0] == ListedPair(
        "36979.jpg#0",
        "36979.jpg",
        "A group of friends playing cards at night .",
        regions=(
            Region(large, name="A group of friends"),
            Region(small, name="A group of friends"),
            Region(small, name="cards"),
        ),
    )
    assert found.pairs[1].caption == "Friends , “quoted” 🃏 ,"
    assert [region.name for region in found.pairs[1].regions] == ["Friends", "Friends"]
    assert found.pairs[2] == ListedPair("5.jpg#0", "5.jpg", "A dog .")
    assert [note.place for note in found.notes] == ["Annotations/5.xml"]
    assert read_pairs(tmp_path / "f", tmp_path / "other").folder == tmp_path / "other"


def make_coco(root: Path) -> Path:
    """Make COCO's pair of files as they are published, in their folders."""
    images = [{"id": 9, "file_name": "000009.jpg", "width": 640}, {"id": 25, "file_name": "000025.jpg"}]
    captions = [
        {"id": 661611, "image_id": 9, "caption": "Closeup of bins of food."},
        {"id": 127076, "image_id": 25, "caption": "A giraffe eating food 🦒"},
        {"id": 133315, "image_id": 9, "caption": 'A "meal"'},
    ]
    boxes = [
        {"id": 1, "image_id": 9, "category_id": 51, "bbox": [1.08, 187.69, 611.59, 285.84]},
        {"id": 2, "image_id": 25, "category_id": 25, "bbox": [0, 0, 640, 426]},
        {"id": 3, "image_id": 77, "category_id": 25, "bbox": [0, 0, 640, 426]},
        {"id": 4, "image_id": 25, "category_id": 25, "bbox": [0, 0, 0, 426]},
    ]
    categories = [{"id": 25, "name": "giraffe"}, {"id": 51, "name": "bowl"}]
    expected = {"images": images, "annotations": captions}
    write(
        root / "annotations/instances_val2017.json",
        json.dumps({**expected, "annotations": boxes, "categories": categories}),
    )
    write(root / "val2017/000009.jpg", b"")
    return write(root / "annotations/captions_val2017.json", json.dumps(expected))


def test_coco(tmp_path: Path) -> None:
    found = read_pairs(make_coco(tmp_path))
    bowl, giraffe = (
        Region((1.08, 187.69, 1.08 + 611.59, 187.69 + 285.84), name="bowl"),
        Region((0, 0, 640, 426), name="giraffe"),
    )
    assert found.folder == tmp_path / "val2017"
    assert found.pairs == (
        ListedPair("661611", "000009.jpg", "Closeup of bins of food.", regions=(bowl,)),
        ListedPair("127076", "000025.jpg", "A giraffe eating food 🦒", regions=(giraffe,)),
        ListedPair("133315", "000009.jpg", 'A "meal"', regions=(bowl,)),
    )
    assert [str(note) for note in found.notes] == [
        "instances_val2017.json, annotation 3: there is no image 77 with a file name; left out.",
        "instances_val2017.json, annotation 4: its bbox is missing or wrong (the box 0,0,0,426 is empty; it needs "
        "x0 < x1 and y0 < y1); left out.",
    ]


def test_coco_instances_alone_give_pairs_without_captions(tmp_path: Path) -> None:
    make_coco(tmp_path).unlink()
    found = read_pairs(tmp_path / "annotations/instances_val2017.json")
    assert [(pair.id, pair.picture, pair.caption, len(pair.regions)) for pair in found.pairs] == [
        ("9", "000009.jpg", "", 1),
        ("25", "000025.jpg", "", 1),
    ]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".json"])
@pytest.mark.parametrize("make", [make_folder, make_flickr, make_coco])
def test_every_format_written_as_any_other_reads_the_same(tmp_path: Path, make: object, ending: str) -> None:
    found = read_pairs(make(tmp_path / "in"))  # type: ignore[operator]
    place = found.folder / f"out{ending}"
    write_pairs(found, place)
    again = read_pairs(place, found.folder)
    assert again.pairs == found.pairs
    assert again.notes == ()


def test_names_of_columns_may_be_any_usual_ones(tmp_path: Path) -> None:
    for sign, head in ((",", "Title,FilePath"), (";", "text;image path"), ("\t", "sentence\tfile_name\tclass")):
        found = read_pairs(write(tmp_path / "x.csv", f"\ufeff{head}\r\na dog{sign}d.png\r\n"))
        assert found.pairs == (ListedPair("1", "d.png", "a dog"),), head
    wide = read_pairs(write(tmp_path / "w.tsv", "path\tcaption\n犬.png\ta 犬\n".encode("utf-16")))
    assert wide.pairs == (ListedPair("1", "犬.png", "a 犬"),)


def test_our_own_scenes_and_samples_are_lists(tmp_path: Path) -> None:
    found = read_pairs(resource_path("samples", "samples.json"))
    assert len(found.pairs) == 12
    assert found.notes == ()
    assert found.pairs[0].regions[0] == Region((77, 126, 235, 303), name="cat")
    assert found.path_of(found.pairs[0].picture).is_file()


def test_a_bad_line_does_not_stop_a_table(tmp_path: Path) -> None:
    lines = (
        b"path,caption,boxes,id",
        b"a.png,a dog,,7",
        b"b.png",
        b",no picture,,",
        b"c.png,latin-1 \xe9,,",
        b"",
        b'd.png,"two\nlines","[[0,0,1,1],[5,5,5,9],[1,2],""x""]",7',
        b'e.png,a box that is none,"0 0 1 1",7',
        b"f.png,extra,,8,more,columns",
        b'g.png,"left open,,',
        b"h.png,which swallows this",
    )
    found = read_pairs(write(tmp_path / "x.csv", b"\n".join(lines)))
    assert [(pair.id, pair.picture) for pair in found.pairs] == [
        *(("7", "a.png"), ("7-2", "d.png"), ("7-3", "e.png")),
    ]
    assert found.pairs[1].regions == (Region((0, 0, 1, 1)),)
    assert [note.place.split()[-1] for note in found.notes] == ["3", "4", "5", "7", "7", "7", "9", "10", "11"]
    assert str(found.notes[0]) == "x.csv, line 3: 1 columns where 4 are named; left out."
    assert all(note.text.endswith((".", "?")) for note in found.notes)


def test_a_bad_line_does_not_stop_json_lines(tmp_path: Path) -> None:
    lines = (
        '{"image": "a.png", "captions": ["one", "two"], "id": 3}',
        "{not json",
        "[1, 2]",
        '{"caption": "no picture"}',
        '{"path": "b.png", "caption": 7}',
        '{"path": "c.png", "caption": "\\ud83d"}',
        "",
        '{"path": "d.png"}',
        '{"path": "e.png", "caption": null, "box": {"x0": 0, "y0": 0, "x1": 2, "y1": 3, "words": "dog"}}',
        '{"path": "f.png", "caption": "", "boxes": [[0, 0, 1e999, 1], [0, 0, true, 1], [0, 0, 1, 1, 4]]}',
    )
    found = read_pairs(write(tmp_path / "x.jsonl", "\n".join(lines)))
    assert [(pair.id, pair.picture, pair.caption) for pair in found.pairs] == [
        *(("3", "a.png", "one"), ("3-2", "a.png", "two"), ("8", "d.png", ""), ("9", "e.png", ""), ("10", "f.png", "")),
    ]
    assert found.pairs[3].regions == (Region((0, 0, 2, 3), name="dog"),)
    assert [note.place.split()[-1] for note in found.notes] == ["2", "3", "4", "5", "6", "10", "10", "10"]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("x.csv", b"a,b\n1,2\n", "x.csv, line 1, names no column of pictures: 'a,b'."),
        ("x.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF", "x.csv, line 1, names no column of pictures."),
        ("x.csv", b"", "x.csv has no line that names the columns."),
        ("x.csv", b"path,caption\n", "There are no pairs"),
        ("x.csv", b"path,caption\n,x\n", "x.csv, line 2: no picture is named"),
        ("x.csv", b"\xff\xfe\x00", "is not text"),
        ("x.jsonl", b"\x80\n", "x.jsonl, line 1: this is not JSON"),
        ("x.json", b'{"images": [],\n "annotations"', "x.json, line 2, is not JSON"),
        ("x.json", b"\x80", "is not JSON"),
        ("x.json", b"[" * 100_000, "is not JSON"),
        ("x.json", b'{"a": 1}', "is not a pair list"),
        ("x.json", b'{"images": [], "annotations": [3, {"id": []}]}', "annotation 1: this is not an object;"),
        ("x.json", b'["x"]', "x.json, entry 1: this is not an object"),
        (
            "x.doc",
            b"\xd0\xcf\x11\xe0\0\0",
            "x.doc is no pair list that this program knows. Give a folder of pictures, or a file that ends in ",
        ),
    ],
)
def test_a_list_that_cannot_be_read_reports_why_and_what_to_do(
    tmp_path: Path, name: str, data: bytes, expected: str
) -> None:
    with pytest.raises(ListError) as caught:
        read_pairs(write(tmp_path / name, data))
    assert expected in str(caught.value)
    assert caught.value.hint


def test_lists_that_are_not_there(tmp_path: Path) -> None:
    for name in ("x.csv", "x.jsonl", "x.json"):
        with pytest.raises(ListError, match="There is no list"):
            read_pairs(tmp_path / name)
    (tmp_path / "Sentences").mkdir()
    with pytest.raises(ListError, match="There are no pairs"):
        read_pairs(tmp_path)
    (tmp_path / "Annotations").mkdir()
    assert find_format(ListSource(tmp_path)).name == "flickr30k"
    with pytest.raises(ListError, match="There are no sentences"):
        read_pairs(tmp_path)


def test_a_name_that_is_no_text_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "a.png", b"")
    Path(str(tmp_path / "b").encode().decode() + b"\xff.png".decode("utf-8", "surrogateescape")).write_bytes(b"")
    found = read_pairs(tmp_path)
    assert [pair.picture for pair in found.pairs] == ["a.png"]
    assert "Rename" in found.notes[0].text


def test_what_cannot_be_written_is_reported(tmp_path: Path) -> None:
    listed = PairList(tmp_path, tmp_path, nasty_pairs())
    for place, expected in (
        (tmp_path / "x.doc", "does not have the ending of a pair list"),
        (tmp_path / "none/x.csv", "there is no folder"),
    ):
        with pytest.raises(OutputError, match=expected):
            write_pairs(listed, place)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        read_pairs(write(tmp_path / "x.csv", "path,caption\na.png,a\n"), cancel=token)


def test_cancelled_reading_closes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, token, files = write(tmp_path / "x.csv", "path,caption\na.png,a\nb.png,b\n"), CancelToken(), []
    open_file = ListSource.open

    def remember(opened: ListSource) -> BufferedReader:
        files.append(open_file(opened))
        return files[-1]

    monkeypatch.setattr(ListSource, "open", remember)
    token.cancel()
    with pytest.raises(Cancelled) as raised:
        read_pairs(source, cancel=token)
    assert files
    assert all(file.closed for file in files)
    assert raised.tb is not None  # whoever keeps the error keeps its frames


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".json"])
def test_long_captions_and_many_boxes_that_are_written_are_read(tmp_path: Path, ending: str) -> None:
    boxes = tuple(Region((at, 0.5, at + 10.25, 20), name=f"box {at}") for at in range(3000))
    captions = ("x" * 200_000, "line\n" * 60_000 + "end", 'a "quoted" word, ' * 20_000)
    pairs = tuple(ListedPair(str(at), "a.png", caption, regions=boxes) for at, caption in enumerate(captions))
    write_pairs(PairList(tmp_path, tmp_path, pairs), tmp_path / f"x{ending}")
    found = read_pairs(tmp_path / f"x{ending}")
    assert found.pairs == pairs
    assert found.notes == ()


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".token"])
def test_a_line_above_the_limit_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setenv("EXCLIP_MAX_LIST_LINE_MB", "0.1")
    rows = {
        ".csv": ("path,caption", "a.png,a dog", "b.png,{}", "c.png,a cat"),
        ".jsonl": ('{"path": "a.png"}', '{"path": "a.png"}', '{"path": "b.png", "caption": "{}"}', '{"path": "c.png"}'),
        ".token": ("a.png#0\ta dog", "a.png#1\ta dog", "b.png#0\t{}", "c.png#0\ta cat"),
    }[ending]
    found = read_pairs(write(tmp_path / f"x{ending}", "\n".join(rows).replace("{}", "x" * 100_000)))
    assert [pair.picture for pair in found.pairs][-2:] == ["a.png", "c.png"]
    assert [str(note) for note in found.notes] == [
        f"x{ending}, line 3: this line is larger than 100 kB, the limit of a list line; left out."
    ]


def test_a_quote_left_open_costs_its_own_line_only(tmp_path: Path) -> None:
    rows = "".join(f"{at}.png,a dog\n" for at in range(20_000))
    found = read_pairs(write(tmp_path / "x.csv", f'path,caption\nx.png,"left open\n{rows}'))
    assert len(found.pairs) == 20_000
    assert [note.place for note in found.notes] == ["x.csv, line 2"]


def test_an_entry_that_cannot_be_decoded_is_left_out_alone(tmp_path: Path) -> None:
    good = '{"path": "a.png", "caption": "a dog"}'
    for bad in (b'{"path": "b.png", "caption": "\xff"}', b'{"path": "b.png", "id": ' + b"1" * 5000 + b"}"):
        data = b"[" + good.encode() + b", " + bad + b", " + good.encode() + b"]"
        found = read_pairs(write(tmp_path / "x.json", data))
        assert len(found.pairs) == 2
        assert [note.place for note in found.notes] == ["x.json, entry 2"]
        images = b'{"images": [{"id": 1, "file_name": "a.png"}], "annotations": ['
        caption = b'{"id": 1, "image_id": 1, "caption": "a dog"}, '
        found = read_pairs(write(tmp_path / "c.json", images + caption + bad + b"]}"))
        assert len(found.pairs) == 1
        assert [note.place for note in found.notes] == ["c.json, annotation 2"]


def test_every_module_of_formats_declares_one_and_none_claims_what_another_has() -> None:
    modules = [path.stem for path in Path(formats.__file__).parent.glob("*.py") if path.stem != "__init__"]
    assert len(FORMATS) == len(modules)
    assert len({one.name for one in FORMATS}) == len(FORMATS)
    endings = [ending for one in FORMATS for ending in one.endings]
    assert len(set(endings)) == len(endings)
    assert [one.name for one in FORMATS if one.is_fallback] == ["coco", "folder", "jsonl", "table"]


@pytest.mark.parametrize("ending", [ending for one in WRITERS if one.format_pairs for ending in one.endings])
def test_every_format_that_is_written_reads_the_same_again(tmp_path: Path, ending: str) -> None:
    listed = PairList(tmp_path, tmp_path, nasty_pairs())
    write_pairs(listed, tmp_path / f"x{ending}")
    assert set(read_pairs(tmp_path / f"x{ending}").pairs) == set(listed.pairs)
