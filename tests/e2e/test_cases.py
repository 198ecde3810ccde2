"""The cases of ``tests/cases`` on the command line, with a tiny model: exit codes, notes, and what the index holds."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from exclip_desktop.cli.main import main

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a tiny model with random weights."""
    folder = tmp_path_factory.mktemp("tiny")
    make_case("checkpoint-with-sizes", folder)
    return str(folder / "plain")


def make_case(case: str, folder: Path) -> Path:
    """Run a case's ``make.py`` into a folder."""
    arguments = sys.argv
    sys.argv = ["make.py", str(folder)]
    try:
        runpy.run_path(str(CASES / case / "make.py"), run_name="__main__")
    finally:
        sys.argv = arguments
    return folder


def batch(tiny: str, listed: Path | str, out: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code of ``batch``, and the lines of its index."""
    code = main(["batch", str(listed), "--out", str(out), "--model", tiny, "--device", "cpu", *more])
    index = out / "index.jsonl"
    return code, [json.loads(line) for line in index.read_text().splitlines()] if index.exists() else []


@pytest.mark.parametrize(
    ("case", "code", "captions", "failed"),
    [
        ("caption-table-in-txt/archive", 0, 3, 0),
        ("labelme-json", 0, 2, 1),
        ("labelme-json/a.json", 2, 1, 1),
        ("yolo-labels/beside", 2, 2, 2),
        ("yolo-labels/split", 2, 1, 1),
        ("voc-xml", 2, 1, 1),
        ("instances-without-captions/annotations/instances_default.json", 2, 2, 2),
        ("instances-without-captions/cvat_images.xml", 2, 1, 1),
        ("webdataset-shard/00000.tar", 0, 2, 0),
        ("webdataset-shard/00000.parquet", 0, 2, 0),
        ("objects-bbox/metadata.jsonl", 0, 1, 0),
    ],
)
def test_batches_of_lists_that_people_have(
    tiny: str, tmp_path: Path, case: str, code: int, captions: int, failed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found, index = batch(tiny, CASES / case, tmp_path / "out")
    printed = capsys.readouterr()
    assert found == code
    assert len(index) == captions
    assert [bool(line.get("error")) for line in index].count(True) == failed
    assert "Traceback" not in printed.err
    assert ("has no caption" in printed.err) == bool(failed)


def test_an_address_is_called_one_whatever_the_folder(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, listed in ((CASES, "address-lists/encoded.jsonl"), (CASES / "address-lists", "encoded.jsonl")):
        monkeypatch.chdir(folder)
        code, index = batch(tiny, listed, tmp_path / folder.name)
        printed = capsys.readouterr().err
        assert code == 0
        assert len(index) == 2
        assert "https://example.invalid/a.jpg is an address" in printed
        assert "There is no picture" not in printed


def test_pictures_by_file_address(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"file://{CASES}/address-lists/a%20b.jpg"
    assert main(["explain", address, "a ball", "--model", tiny, "--device", "cpu"]) == 0
    (tmp_path / "list.jsonl").write_text(json.dumps({"image": address, "caption": "a red ball"}) + "\n")
    code, index = batch(tiny, tmp_path / "list.jsonl", tmp_path / "out")
    assert (code, len(index)) == (0, 1)
    assert capsys.readouterr().err == ""


def test_evaluating_a_list_without_captions_gives_the_true_reason(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = CASES / "instances-without-captions/annotations/instances_default.json"
    methods = ["--methods", "grad-eclip", "--metrics", "pointing,energy"]
    assert main(["evaluate", str(listed), "--out", str(tmp_path / "out"), "--model", tiny, *methods]) == 2
    assert "No pair of the list has a caption" in capsys.readouterr().err


def test_a_damaged_picture_in_a_list(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "image,caption\nbroken_at_the_start.png,a red ball\nsound.png,a red ball\n"
    (tmp_path / "list.csv").write_text(lines)
    pictures = ["--pictures", str(CASES / "png-broken-data")]
    code, index = batch(tiny, tmp_path / "list.csv", tmp_path / "out", *pictures)
    assert (code, len(index)) == (0, 2)
    assert "damaged or cut short" in capsys.readouterr().err


def test_turned_pictures_give_the_numbers_of_the_upright_one(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    def explain(name: str) -> dict[str, Any]:
        path = CASES / "tiff-orientation" / name
        assert main(["explain", str(path), "a red ball", "--json", "--model", tiny, "--device", "cpu"]) == 0
        values: dict[str, Any] = json.loads(capsys.readouterr().out)
        return values

    upright = explain("upright.png")
    for path in sorted((CASES / "tiff-orientation").glob("orientation_*")):
        values = explain(path.name)
        assert values["geometry"]["source_size"] == [150, 100], path.name
        lossy = path.suffix not in (".png", ".tif")
        assert values["score"] == pytest.approx(upright["score"], abs=0.01 if lossy else 0), path.name


def test_boxes_outside_of_pictures_whose_sizes_the_list_does_not_name(
    tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = [[500, 600, 700, 800, "cat"], [16, 24, 72, 96, "ball"]]
    record = {"image": "spreadsheet-csv/a.jpg", "caption": "a red ball", "boxes": boxes}
    (tmp_path / "list.jsonl").write_text(json.dumps(record) + "\n")
    code, index = batch(tiny, tmp_path / "list.jsonl", tmp_path / "out", "--pictures", str(CASES))
    assert (code, len(index)) == (0, 1)
    expected = "Pair 1: 1 box of the list is outside of the picture, or beyond its edge (160 × 120 pixels)."
    assert expected in " ".join(capsys.readouterr().err.split())
