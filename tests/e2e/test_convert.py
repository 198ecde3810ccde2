"""The command ``convert`` and ``convert_list``: every list becomes another one, and what is lost is printed."""

from pathlib import Path

import pytest
from PIL import Image

import exclip_desktop
from exclip_desktop.cli.main import main
from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.writers import WRITERS
from exclip_desktop.storage.project.pair_rows import add_pairs, save_boxes
from exclip_desktop.storage.project.project_files import create_project

CASES = Path(__file__).parents[1] / "cases"
LISTS = (
    *("caption-splits-json/dataset_splits.json", "labelme-json", "yolo-labels/split", "voc-xml", "objects-bbox"),
    *(
        "grounding-lists/odvg.jsonl",
        "fiftyone-export/native",
        "label-studio-export/project.json",
        "webdataset-shard/00000.tar",
    ),
)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda one: one.key)
@pytest.mark.parametrize("case", [case for case in LISTS if (CASES / case).exists()])
def test_lists_that_people_have_become_those_of_other_programs(
    tmp_path: Path, case: str, writer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    key, endings = writer.key, writer.endings  # type: ignore[attr-defined]
    out = tmp_path / f"out{endings[0] if endings else ''}"
    assert main(["convert", str(CASES / case), str(out), "--to", key]) == 0
    assert f"Written: {out} (" in capsys.readouterr().err
    before, after = read_pairs(CASES / case), read_pairs(out)
    readable = {pair.caption for pair in before.pairs if before.path_of(pair.picture).is_file()}
    assert readable <= {pair.caption for pair in after.pairs}
    assert all(after.path_of(pair.picture).is_file() for pair in after.pairs if pair.caption in readable)


def make_list(folder: Path) -> Path:
    """Make a list of two pairs, with boxes."""
    Image.new("RGB", (160, 120)).save(folder / "a.png")
    path = folder / "list.csv"
    path.write_text(
        'path,caption,label,boxes,mask\na.png,a dog,x,"[[1,2,30,40,""dog""]]",m.png\na.png,a cat,,,\n', "utf-8"
    )
    return path


def test_what_is_lost_is_printed_with_its_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = make_list(tmp_path)
    assert main(["convert", str(listed), str(tmp_path / "new"), "--to", "yolo"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "YOLO holds no labels of pairs (1): left out.",
        "YOLO holds no masks (1): left out.",
        "YOLO holds no boxes of single captions (pictures: 1): every caption of a picture gets all its boxes.",
        f"Written: {tmp_path / 'new'} (2 pairs)",
    ]


def test_the_ending_chooses_where_no_format_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = make_list(tmp_path)
    assert main(["convert", str(listed), str(tmp_path / "x.json")]) == 0
    assert read_pairs(tmp_path / "x.json").pairs == read_pairs(listed).pairs
    capsys.readouterr()
    for words, reason in (
        ([str(tmp_path / "folder")], "folder does not have the ending of a pair list. Use .csv"),
        ([str(tmp_path / "x"), "--to", "doc"], "invalid choice: 'doc'"),
        ([str(listed), "--to", "csv"], "is the list itself"),
        ([str(tmp_path), "--to", "voc"], "is not empty"),
    ):
        assert main(["convert", str(listed), *words]) == 2
        assert reason in capsys.readouterr().err


def test_a_project_has_its_labels_drawn_by_hand(tmp_path: Path) -> None:
    listed = read_pairs(make_list(tmp_path))
    with create_project(tmp_path / "work.exclip") as project:
        add_pairs(project, listed)
        save_boxes(project, "a.png", (Region((5, 6, 70, 80), name="cat"),))
    assert main(["convert", str(tmp_path / "work.exclip"), str(tmp_path / "out"), "--to", "labelme"]) == 0
    assert [pair.regions for pair in read_pairs(tmp_path / "out").pairs] == [(Region((5, 6, 70, 80), name="cat"),)] * 2


def test_pictures_in_another_folder(tmp_path: Path) -> None:
    listed = make_list(tmp_path)
    (tmp_path / "lists").mkdir()
    moved = listed.rename(tmp_path / "lists" / "list.csv")
    words = ["convert", str(moved), str(tmp_path / "out"), "--to", "imagefolder", "--pictures", str(tmp_path)]
    assert main(words) == 0
    assert {pair.picture for pair in read_pairs(tmp_path / "out").pairs} == {"a.png"}


def test_from_python(tmp_path: Path) -> None:
    listed, reports = make_list(tmp_path), list[Report]()
    done = exclip_desktop.convert_list(listed, tmp_path / "out", "voc", progress=reports.append)
    assert (done.path, done.pairs, done.notes) == (tmp_path / "out", 2, ())
    assert [(one.done, one.total) for one in reports] == [(0, 1), (1, 1)]
    assert exclip_desktop.convert_list(read_pairs(listed), tmp_path / "x.jsonl").pairs == 2
    with pytest.raises(OutputError, match="no list format 'doc'"):
        exclip_desktop.convert_list(listed, tmp_path / "x", "doc")
