"""The command ``evaluate``, and the bundled scenes."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from exclip_desktop.cli.main import command_parser, main
from exclip_desktop.core.paths import resource_path
from exclip_desktop.core.values.study import StudySettings
from exclip_desktop.storage.samples import load_scenes, open_scene

QUICK = ["--device", "cpu", "--methods", "game,random", "--deletion-steps", "4", "--masks", "10"]


def test_three_scenes_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    arguments = ["evaluate", *QUICK, "--count", "3", "--metrics", "pointing,energy,iou,insertion", "--out", str(out)]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert "pointing ↑" in printed.out
    assert "Marked, by the rule mean: pixels whose heat is above the mean" in printed.out
    assert "Mask: the pixels of the boxes" in printed.out
    assert "demo on 3 pairs of the bundled scenes" in printed.out
    names = {path.name for path in out.iterdir()}
    assert names == {"outcomes.jsonl", "table.csv", "table.md", "table.tex", "curves.svg", "curves.png"}
    rows = list(csv.DictReader((out / "table.csv").read_text("utf-8").splitlines()))
    energy = {row["method"]: float(row["mean"]) for row in rows if row["metric"] == "energy"}
    assert energy["game"] > 0.25 > energy["random"]
    before = (out / "outcomes.jsonl").read_bytes()
    assert main(arguments) == 0
    assert (out / "outcomes.jsonl").read_bytes() == before
    assert main([*arguments, "--threshold", "half"]) == 2
    assert "threshold is mean, now half" in capsys.readouterr().err


def test_a_persons_list_and_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = load_scenes()[0]
    open_scene(scene.picture).save(tmp_path / "one.png")
    boxes = [{"box": region.box, "name": region.name} for region in scene.regions]
    record = {"path": "one.png", "caption": scene.caption, "boxes": boxes}
    (tmp_path / "list.jsonl").write_text(json.dumps(record), "utf-8")
    arguments = ["evaluate", str(tmp_path / "list.jsonl"), "--device", "cpu", "--out", str(tmp_path / "out")]
    arguments += ["--methods", "rise,random", "--metrics", "pointing,energy"]
    assert main([*arguments, "--option", "rise.masks=8"]) == 0
    printed = capsys.readouterr()
    assert "on 1 pair of list.jsonl" in printed.out
    line = json.loads((tmp_path / "out" / "outcomes.jsonl").read_text("utf-8").splitlines()[1])
    assert line["options"]["masks"] == 8
    assert len(line["values"]["pointing"]) == len(scene.regions)
    assert main([*arguments, "--option", "game.start=1"]) == 2
    assert "is not an option of a chosen method" in capsys.readouterr().err


def test_a_list_without_boxes_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "one.png")
    (tmp_path / "list.jsonl").write_text(json.dumps({"path": "one.png", "caption": "a red ball"}), "utf-8")
    out = tmp_path / "out"
    arguments = ["evaluate", str(tmp_path / "list.jsonl"), "--device", "cpu", "--metrics", "pointing"]
    assert main([*arguments, "--methods", "random", "--out", str(out)]) == 2
    printed = capsys.readouterr()
    assert "No pair of the list has boxes or masks, which pointing needs. Add boxes, or" in printed.err
    assert printed.out == ""
    assert not out.exists()


def test_ctrl_c_keeps_finished_outcomes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("exclip_desktop.evaluate.heats._matrix_heats", interrupted)
    out = tmp_path / "out"
    arguments = ["evaluate", "--device", "cpu", "--methods", "random,itsm", "--metrics", "pointing", "--out", str(out)]
    assert main(arguments) == 130
    assert f"The finished part is in {out}; the same command resumes the work." in capsys.readouterr().err
    assert len((out / "outcomes.jsonl").read_text("utf-8").splitlines()) == 2


def test_the_scenes_are_two_hundred_small_pictures_whose_captions_name_their_boxes() -> None:
    pairs = load_scenes()
    assert len({pair.id for pair in pairs}) == 200
    assert resource_path("scenes.zip").stat().st_size < 2_000_000
    for pair in pairs:
        assert all(region.name in pair.caption for region in pair.regions)
        assert all(0 <= x0 < x1 <= 224 and 0 <= y0 < y1 <= 224 for x0, y0, x1, y1 in (r.box for r in pair.regions))
    picture: Image.Image = open_scene(pairs[-1].picture)
    assert picture.size == (224, 224)


def test_former_names_of_options_still_count_and_name_the_present_ones(capsys: pytest.CaptureFixture[str]) -> None:
    options = command_parser().parse_args(["evaluate", "--out", "x", "--steps", "4", "--tolerance", "15"])
    assert (options.steps, options.tolerance) == (4, 15.0)
    notes = capsys.readouterr().err.splitlines()
    assert [note.partition(":")[0] for note in notes] == [
        "--steps is now called --deletion-steps",
        "--tolerance is now called --pointing-distance",
    ]
    options = command_parser().parse_args(
        ["evaluate", "--out", "x", "--deletion-steps", "5", "--pointing-distance", "3"]
    )
    assert (options.steps, options.tolerance) == (5, 3.0)
    options = command_parser().parse_args(["evaluate", "--out", "x"])
    assert (options.steps, options.tolerance) == (StudySettings().steps, StudySettings().tolerance_px)
    assert capsys.readouterr().err == ""
    with pytest.raises(SystemExit):
        command_parser().parse_args(["evaluate", "--help"])
    shown = capsys.readouterr().out
    assert "--deletion-steps" in shown
    assert "--steps" not in shown.replace("--deletion-steps", "")
