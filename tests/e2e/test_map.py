"""The command ``map``, and ``map_by`` from Python, on the bundled model."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exclip_desktop import load_model, map_by, matrix_by
from exclip_desktop.cli.main import main
from exclip_desktop.storage.samples import load_samples

QUICK = ["--device", "cpu"]


def test_a_sample_is_mapped_drawn_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure, numbers = tmp_path / "map.png", tmp_path / "map.csv"
    assert main(["map", *QUICK, "--target", "a dog", "--picture", str(figure), "--out", str(numbers)]) == 0
    printed = capsys.readouterr()
    assert "“a dog”" in printed.out
    assert "Grad-ECLIP: layers 1, likeness cosine" in printed.out
    assert f"Written: {figure}" in printed.err
    with Image.open(figure) as drawn:
        assert drawn.size[0] == 1050
    rows = list(csv.DictReader(numbers.read_text("utf-8").splitlines()))
    assert len(rows) == 144
    assert max(float(row["value"]) for row in rows) > 0


def test_json_and_python_give_the_same_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sample = load_samples()[2]
    requests = ["--method", "game", "--option", "start=2", "--framing", "squash"]
    assert main(["map", *QUICK, "--sample", "3", *requests, "--json", "--out", str(tmp_path / "m.npz")]) == 0
    text = json.loads(capsys.readouterr().out)
    model = load_model("demo", device="cpu")
    actual = map_by(model, sample.path, sample.caption, "game", framing="squash", start=2)
    np.testing.assert_allclose(text["values"], actual.values, rtol=1e-5, atol=1e-9)
    with np.load(tmp_path / "m.npz") as saved:
        np.testing.assert_allclose(saved["values"], text["values"])
    assert (text["method"], text["options"], text["grid"]) == ("game", {"start": 2}, [12, 12])
    assert (text["image"], text["framing"], text["device"]) == (str(sample.path), "squash", "cpu")
    assert text["weights_sha256"] == model.weights_sha256
    assert set(text["versions"]) == {"exclip_desktop", "torch", "open_clip"}


def test_a_caption_is_mapped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    numbers = tmp_path / "map.csv"
    assert main(["map", *QUICK, "--side", "text", "--out", str(numbers)]) == 0
    rows = list(csv.DictReader(numbers.read_text("utf-8").splitlines()))
    assert [row["token"] for row in rows][:3] == ["[SOT]", "a", "picture"]
    assert sum(float(row["value"]) for row in rows) == pytest.approx(1, abs=1e-6)
    assert "cat" in capsys.readouterr().out


def test_the_table_names_every_method(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "--methods"]) == 0
    printed = capsys.readouterr().out
    for name in ("Grad-ECLIP (Zhao et al., ICML 2024", "MaskCLIP", "masks=4000"):
        assert name in printed


def test_a_matrix_is_selected_from_drawn_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure, numbers = tmp_path / "matrix.pdf", tmp_path / "matrix.npz"
    requests = ["--method", "itsm", "--span", "cat", "--box", "78,125,236,302", "--framing", "squash"]
    assert main(["map", *QUICK, *requests, "--picture", str(figure), "--out", str(numbers)]) == 0
    printed = capsys.readouterr()
    assert "ITSM, picture squashed" in printed.out
    assert "Selected: “cat” × the box" in printed.out
    assert "Strongest word ↔ patch pairs" in printed.out
    assert f"Written: {figure}\nWritten: {numbers}" in printed.err
    assert figure.read_bytes().startswith(b"%PDF")
    model, sample = load_model("demo", device="cpu"), load_samples()[0]
    actual = matrix_by(model, sample.path, sample.caption, "itsm", framing="squash")
    with np.load(numbers) as saved:
        np.testing.assert_allclose(saved["matrix"], actual.matrix, rtol=1e-5, atol=1e-7)
    assert main(["map", *QUICK, *requests, "--json"]) == 0
    raw = json.loads(capsys.readouterr().out)
    assert (raw["method"], raw["selection"]["span"]) == ("itsm", "cat")
    assert (raw["image"], raw["weights_sha256"]) == (str(sample.path), model.weights_sha256)
    assert raw["versions"] == dict(actual.versions)
    assert raw["score"] == pytest.approx(actual.score)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--method", "second-order"], "Use the command explain"),
        (["--method", "itsm", "--target", "a dog"], "has both sides"),
        (["--method", "itsm", "--side", "text"], "has both sides"),
        (["--method", "fixlip", "--option", "steps=2"], "FIxLIP has no option"),
        (["--method", "fixlip", "--option", "share=1"], "out of range"),
        (["--span", "dog"], "computes a map"),
        (["--method", "lime"], "no method"),
        (["--option", "layers"], "name=value"),
        (["--option", "depth=2"], "no option"),
        (["--side", "text", "--picture", "x.png"], "no figure"),
        (["--side", "text", "--method", "rise"], "maps pictures only"),
        (["--out", "x.txt"], "Use .csv"),
        (["a.png", " "], "The caption is empty"),
    ],
)
def test_wrong_arguments_are_reported_before_any_work(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exclip_desktop.cli.map.load_chosen_model", None)
    assert main(["map", *arguments]) == 2
    assert expected in capsys.readouterr().err


def test_the_selection_of_a_matrix_is_occluded(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--span", "cat", "--box", "78,125,236,302"]
    assert main(["explain", *QUICK, *chosen, "--measure", "blur", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)["measured"]
    expected = values["both"] - values["without_words"] - values["without_regions"] + values["neither"]
    assert values["interaction"] == pytest.approx(expected)
    assert values["without_words"] < values["both"]
    assert main(["explain", *QUICK, *chosen, "--measure", "mean"]) == 0
    assert "measured interaction" in capsys.readouterr().out
    assert main(["explain", *QUICK, "--span", "cat", "--measure", "mean"]) == 2
    assert "Words and a box are needed" in capsys.readouterr().err
