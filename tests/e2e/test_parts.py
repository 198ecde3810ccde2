"""The command ``parts`` on the bundled model: text, JSON, files, names and directions."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exclip_desktop.cli.main import main
from exclip_desktop.storage.samples import load_samples

QUICK = ["--device", "cpu", "--quadrature", "gauss-legendre", "--steps", "3", "--no-cache"]


def test_a_sample_is_grouped_named_drawn_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample, words = load_samples()[0], tmp_path / "words.txt"
    words.write_text("cat\nballoon\ngrass\npizza\n", "utf-8")
    mask, figure = tmp_path / "mask.png", tmp_path / "figure.png"
    outputs = ["--out", str(mask), "--picture", str(figure)]
    command = ["parts", *QUICK, str(sample.path), "--caption", sample.caption, "--vocabulary", str(words), *outputs]
    assert main([*command, "--directions", "2"]) == 0
    printed = capsys.readouterr()
    assert "5 parts by kmeans" in printed.out
    assert "vocabulary: " in printed.out
    assert "cat +" in printed.out
    assert "directions of words × patches" in printed.out
    assert f"Written: {mask}" in printed.err
    with Image.open(mask) as image:
        numbers = np.asarray(image)
    with Image.open(sample.path) as picture:
        assert numbers.shape == (picture.height, picture.width)
    assert set(np.unique(numbers)) == {1, 2, 3, 4, 5}
    # The part that covers the cat best is named by it.
    assert main([*command, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    cat = next(one for one in sample.objects if "cat" in one.words)
    x0, y0, x1, y1 = (int(value) for value in cat.box)
    covered = np.bincount(numbers[y0:y1, x0:x1].ravel(), minlength=6) / np.bincount(numbers.ravel(), minlength=6).clip(
        1
    )
    part = values["parts"][int(covered[1:].argmax())]
    assert part["words"][0]["word"] == part["label"] == "cat"
    assert part["names"][0]["word"] == "cat"


def test_json_has_directions_whose_words_and_patches_belong_together(capsys: pytest.CaptureFixture[str]) -> None:
    sample = load_samples()[0]
    command = ["parts", *QUICK, str(sample.path), "--caption", "a cat and a balloon", "--method", "nmf", "--parts", "3"]
    assert main([*command, "--directions", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["method"] == "nmf"
    assert len(values["parts"]) == 3
    first = values["directions"][0]
    assert list(first["words"]) == ["a", "cat", "and", "a 2", "balloon"]
    assert 0 < first["share"] <= 1
    assert 0 < values["block_share"] <= 1
    assert np.shape(first["patch_heat"]) == (12, 12)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--directions"], "--caption"),
        (["--parts", "1"], "cannot have 1 parts"),
        (["--out", "parts.csv"], "no ending"),
        (["--vocabulary", "none.txt"], "no file"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["parts", *QUICK, str(load_samples()[0].path), *arguments]) == 2
    assert reason in capsys.readouterr().err
