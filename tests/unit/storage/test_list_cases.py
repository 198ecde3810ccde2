"""Lists as people have them, ``tests/cases``: every pair with its boxes is read, and every doubt has a note."""

from pathlib import Path

import pytest

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import read_picture

CASES = Path(__file__).parents[2] / "cases"
BALL, BOX = (16, 24, 72, 96), (96, 36, 144, 96)
SIZED_BALL = ("ball", BALL)
Pairs = list[tuple[str, str]]
THREE = [("1000.jpg", "A red ball beside a box ."), ("1000.jpg", "Something round ."), ("1001.jpg", "A green ball .")]
ARCHIVE = [
    ("Images/1000_aa.jpg", "A red ball beside a box ."),
    ("Images/1000_aa.jpg", "A round , red thing ."),
    ("Images/1001_bb.jpg", "A green ball ."),
]
PIPE = [
    ("1000.jpg", "A red ball beside a box ."),
    ("1000.jpg", "Something round , and a box ."),
    ("1001.jpg", "A green ball ."),
]
FOLDER = [("0001.png", "a red ball"), ("0002.png", "a green ball")]
SPLIT = [("train/0001.png", "a red ball"), ("train/0002.png", "a green ball")]
SHARD = [("000000000.jpg", "a red ball"), ("000000001.jpg", "a green ball")]
RED = [("a.jpg", "a red ball")]


def places_of(listed: PairList) -> Pairs:
    """Return picture and caption of each pair; every picture exists."""
    for pair in listed.pairs:
        assert read_picture(listed.path_of(pair.picture)).pixels.shape == (120, 160, 3)
    return [(pair.picture, pair.caption) for pair in listed.pairs]


@pytest.mark.parametrize(
    ("case", "expected", "notes"),
    [
        ("caption-table-in-txt/archive/captions.txt", ARCHIVE, ()),
        ("caption-table-in-txt/archive", ARCHIVE, ()),
        ("caption-table-in-txt/renamed/captions.csv", ARCHIVE, ()),
        ("pipe-table/results.csv", PIPE, ("line 5: 2 columns where 3 are named; left out.",)),
        ("token-files/captions.token", THREE, ()),
        ("token-files/captions.token.txt", THREE, ()),
        (
            "caption-splits-json/dataset_splits.json",
            [("1000.jpg", "A red ball."), ("1000.jpg", "Something round."), ("val/1001.jpg", "A green ball.")],
            (),
        ),
        (
            "caption-splits-json/captions_array.json",
            [("1000.jpg", "a red ball"), ("1000.jpg", "something round"), ("val/1001.jpg", "a green ball")],
            (),
        ),
        ("imagefolder-metadata/jsonl", FOLDER, ()),
        ("imagefolder-metadata/csv", FOLDER, ()),
        ("imagefolder-metadata/split", SPLIT, ()),
        ("objects-bbox/metadata.jsonl", [("0001.png", "a red ball")], ()),
        (
            "caption-files",
            [
                ("D.PNG", "a yellow ball"),
                ("a.png", "a red ball"),
                ("b.png", "a green ball, box, white background"),
                ("c.png", "a blue ball"),
            ],
            (),
        ),
        ("webdataset-shard/00000", SHARD, ()),
        ("webdataset-shard/00000.tar", SHARD, ()),
        ("webdataset-shard/00000.parquet", SHARD, ("row 3: its status is failed_to_download, so it has no picture",)),
        (
            "csv-unquoted-commas/unquoted.csv",
            [("a.jpg", "a red ball, a dark box, and a grey wall"), ("b.jpg", "a green ball")],
            ("line 2: 4 columns where 2 are named; the caption is the rest of the line.",),
        ),
        (
            "csv-unquoted-commas/spaces.csv",
            [("a.jpg", "a red ball, a dark box"), ("b.jpg", "a green ball")],
            (),
        ),
        ("spreadsheet-csv/bom_semicolon.csv", [("a.jpg", "a red ball, large"), ("bäll.jpg", "a red ball again")], ()),
        ("spreadsheet-csv/cp1252.csv", [("b.jpg", "a green ball")], ("line 2: this is not UTF-8 text",)),
        ("spreadsheet-csv/separator_line.csv", RED, ()),
        ("spreadsheet-csv/utf16.csv", [("a.jpg", "a réd ball")], ()),
        ("spreadsheet-csv/unicode_text.txt", [("a.jpg", "a réd ball")], ()),
        ("spreadsheet-csv/blank_first.csv", RED, ()),
        ("spreadsheet-csv/comment_first.csv", RED, ()),
        ("spreadsheet-csv/repeated_header.csv", [("a.jpg", "a red ball"), ("b.jpg", "a green ball")], ()),
        ("spreadsheet-csv/pipe.csv", [("a.jpg", "a red ball, large")], ()),
        ("spreadsheet-csv/carriage_returns.csv", [("a.jpg", "a red ball"), ("b.jpg", "a green ball")], ()),
        ("labelme-json", [("a.jpg", ""), ("b.jpg", "a green ball")], ()),
        ("labelme-json/a.json", [("a.jpg", "")], ()),
        ("yolo-labels/beside", [("a.jpg", ""), ("b.jpg", "")], ()),
        ("yolo-labels/split", [("images/train/a.jpg", "")], ()),
        ("voc-xml", [("JPEGImages/000001.jpg", "")], ()),
        ("voc-xml/Annotations/000001.xml", [("000001.jpg", "")], ()),
        ("label-studio-export/project.json", [("1a2b-a.jpg", "a red ball")], ()),
        ("label-studio-export/project_min.json", [("1a2b-a.jpg", "a red ball")], ()),
        ("label-studio-export/project.csv", [("1a2b-a.jpg", "a red ball")], ()),
        ("windows-separators/result.json", [("images/a.jpg", "a red ball")], ()),
        ("windows-separators/list.csv", [("images/a.jpg", "a red ball")], ()),
        ("instances-without-captions/annotations/instances_default.json", [("a.jpg", ""), ("b.jpg", "")], ()),
        ("instances-without-captions/cvat_images.xml", [("images/a.jpg", "")], ()),
        ("fiftyone-export/coco/labels.json", [("data/a.jpg", "a red ball")], ()),
        ("fiftyone-export/native/samples.json", [("data/a.jpg", "a red ball")], ()),
        ("conversations-json/chat.json", [("images/a.jpg", "a red ball next to a box")], ()),
        ("grounding-lists/mdetr.json", [("1000.jpg", "A red ball beside a box")], ()),
        ("grounding-lists/odvg.jsonl", [("1000.jpg", "A red ball beside a box")], ()),
    ],
)
def test_pairs_and_notes(case: str, expected: Pairs, notes: tuple[str, ...]) -> None:
    listed = read_pairs(CASES / case)
    found = places_of(listed)
    assert [caption for _, caption in found] == [caption for _, caption in expected]
    for (picture, _), (written, _) in zip(found, expected, strict=True):
        assert listed.path_of(picture).as_posix().endswith("/" + written)
    assert len(listed.notes) == len(notes)
    for note, start in zip(listed.notes, notes, strict=True):
        assert start in str(note)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("objects-bbox/metadata.jsonl", [[("0", BALL), ("1", BOX)]]),
        ("labelme-json", [[SIZED_BALL, ("box", BOX)], []]),
        ("labelme-json/a.json", [[SIZED_BALL, ("box", BOX)]]),
        ("yolo-labels/beside", [[SIZED_BALL, ("box", BOX)], []]),
        ("yolo-labels/split", [[SIZED_BALL, ("box", BOX)]]),
        ("voc-xml", [[SIZED_BALL]]),
        ("voc-xml/Annotations/000001.xml", [[SIZED_BALL]]),
        ("label-studio-export/project.json", [[SIZED_BALL]]),
        ("label-studio-export/project_min.json", [[SIZED_BALL]]),
        ("label-studio-export/project.csv", [[SIZED_BALL]]),
        ("windows-separators/result.json", [[SIZED_BALL]]),
        ("instances-without-captions/annotations/instances_default.json", [[SIZED_BALL, ("box", BOX)], []]),
        ("instances-without-captions/cvat_images.xml", [[SIZED_BALL]]),
        ("fiftyone-export/coco/labels.json", [[("ball", (16.5, 24.25, 72.5, 96.25))]]),
        ("fiftyone-export/native/samples.json", [[SIZED_BALL]]),
        ("grounding-lists/mdetr.json", [[("A red ball", BALL), ("a box", BOX)]]),
        ("grounding-lists/odvg.jsonl", [[("A red ball", BALL), ("a box", BOX)]]),
    ],
)
def test_boxes(case: str, expected: list[list[tuple[str, tuple[float, ...]]]]) -> None:
    listed = read_pairs(CASES / case)
    found = [[(region.name, region.box) for region in pair.regions] for pair in listed.pairs]
    assert [[name for name, _ in boxes] for boxes in found] == [[name for name, _ in boxes] for boxes in expected]
    for boxes, right in zip(found, expected, strict=True):
        for (_, box), (_, wanted) in zip(boxes, right, strict=True):
            assert box == pytest.approx(wanted, abs=1e-3)
    assert all(pair.label == "" for pair in listed.pairs)


@pytest.mark.parametrize(
    ("case", "parts"),
    [
        ("imagefolder-metadata/unknown-column", ("metadata.csv", "file_name", "additional_feature", "caption")),
        ("coco-results-list/captions_results.json", ("image_id", "annotations")),
        ("coco-results-list/detections.json", ("image_id", "annotations")),
        ("address-lists/url_table.csv", ("URL", "addresses", "network", "Save")),
        ("address-lists/caption_address.tsv", ("second column", "addresses", "network", "Save")),
    ],
)
def test_what_cannot_be_a_list_says_why(case: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(ListError) as caught:
        read_pairs(CASES / case)
    for part in parts:
        assert part in str(caught.value)


def test_an_address_in_a_list_stays_an_address() -> None:
    listed = read_pairs(CASES / "address-lists/encoded.jsonl")
    assert [pair.picture for pair in listed.pairs] == ["https://example.invalid/a.jpg", "a b.jpg"]


def test_a_backslash_before_a_quote() -> None:
    listed = read_pairs(CASES / "csv-unquoted-commas/backslash.csv")
    assert [pair.picture for pair in listed.pairs][-2:] == ["b.jpg", "c.jpg"]
    assert len(listed.pairs) + len(listed.notes) == 3
