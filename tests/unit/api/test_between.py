"""Two inputs from Python and from the command line: what is a picture, what files hold, what is refused."""

import csv
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import TwoInputResult, explain, explain_between, open_cache
from exclip_desktop.api.two_input_results import kind_of_input
from exclip_desktop.cli.main import main
from exclip_desktop.core.errors import (
    CaptionError,
    ModelError,
    OutputError,
    PictureError,
    SelectionError,
    SettingsError,
)
from exclip_desktop.models.model import Model

TEXT = "a dog and a red balloon"
BOX = (4.0, 4.0, 30.0, 30.0)


@pytest.fixture
def files(tmp_path: Path, picture: NDArray[np.uint8]) -> tuple[Path, Path]:
    """Two picture files."""
    for name, pixels in (("a.png", picture), ("b.png", 255 - picture)):
        Image.fromarray(pixels).save(tmp_path / name)
    return tmp_path / "a.png", tmp_path / "b.png"


def test_a_path_and_an_existing_file_are_pictures_other_text_is_a_caption(
    tiny: Model, files: tuple[Path, Path], picture: NDArray[np.uint8], tmp_path: Path
) -> None:
    (tmp_path / "a dog").write_bytes(files[0].read_bytes())
    for source in (files[0], picture, Image.fromarray(picture), str(files[0]), str(tmp_path / "a dog")):
        assert kind_of_input(source) == "image"
    for source in (TEXT, "a photo.", "e.g. a dog", "", "a" * 5000, "\0", "a cat/dog"):
        assert kind_of_input(source) == "text"
    for source in ("lost.JPG", "folder/lost.png", "https://host/a", "file:///lost", tmp_path.as_posix()):
        assert kind_of_input(source) == "image"
    with pytest.raises(PictureError, match="folder"):
        explain_between(tiny, tmp_path.as_posix(), TEXT)
    named = explain_between(tiny, "a.png", TEXT, kind="text")
    assert [side.kind for side in (named.first, named.second)] == ["text", "text"]
    mixed = explain_between(tiny, files[0], TEXT, kind=("image", "text"))
    assert np.array_equal(mixed.matrix.T, explain(tiny, files[0], TEXT).matrix)


@pytest.mark.parametrize(
    ("first", "second", "kind", "error", "words"),
    [
        (TEXT, " ", None, CaptionError, "The caption is empty"),
        (TEXT, "lost.png", None, PictureError, "There is no picture lost.png"),
        (TEXT, TEXT, "image", PictureError, "There is no picture"),
        (TEXT, 5, None, PictureError, "5 is no picture"),
        (TEXT, None, "text", CaptionError, "None is no caption"),
        (TEXT, TEXT, "sound", SettingsError, "no kind of two inputs"),
        (TEXT, TEXT, ("text",), SettingsError, "no kind of two inputs"),
        (np.zeros((0, 4, 3), np.uint8), TEXT, None, PictureError, "picture"),
    ],
)
def test_wrong_inputs_are_refused(
    tiny: Model, first: object, second: object, kind: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        explain_between(tiny, first, second, kind=kind)  # type: ignore[arg-type]


def test_wrong_parts_and_files_are_refused(tiny: Model, files: tuple[Path, Path], tmp_path: Path) -> None:
    result = explain_between(tiny, files[0], TEXT)
    with pytest.raises(SelectionError, match="outside"):
        result.second_heat(of=(100, 100, 120, 120))
    with pytest.raises(SelectionError, match="no box"):
        result.second_heat(of="dog")
    with pytest.raises(CaptionError):
        result.first_heat(of="cat")
    with pytest.raises(CaptionError):
        result.first_heat(of=BOX)
    with pytest.raises(OutputError):
        result.save(tmp_path / "a.txt")
    with pytest.raises(ModelError):
        explain_between("demo", files[0], TEXT)  # type: ignore[arg-type]


def test_files_hold_the_numbers(tiny: Model, files: tuple[Path, Path], tmp_path: Path) -> None:
    result = explain_between(tiny, *files)
    assert isinstance(result, TwoInputResult)
    result.save(tmp_path / "a.npz", first=BOX)
    with np.load(tmp_path / "a.npz") as arrays:
        assert np.array_equal(arrays["matrix"], result.matrix)
        np.testing.assert_array_equal(arrays["second_heat"], result.second_heat(of=BOX))
        np.testing.assert_array_equal(arrays["first_heat"], result.first_heat())
        assert tuple(arrays["rows"]) == result.rows
        values = json.loads(str(arrays["provenance"]))
    assert values["ledger"]["total"] == pytest.approx(result.score, abs=1e-5)
    assert values["selection"]["sum"] == pytest.approx(
        result.block_sum(result.first.select(BOX), result.second.select(None))
    )
    assert values["first"]["integral"]["residual"] <= 1e-3
    assert [side["kind"] for side in (values["first"], values["second"])] == ["image", "image"]
    result.save(tmp_path / "a.json", first=BOX)
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert np.array_equal(np.array(document["matrix"], np.float32), result.matrix)
    result.save(tmp_path / "a.csv")
    rows = list(csv.reader((tmp_path / "a.csv").read_text("utf-8").splitlines()))
    assert rows[0][1:] == list(result.columns[1:])  # without the class token
    np.testing.assert_allclose(np.array(rows[1:])[:, 1:].astype(float), result.matrix[1:, 1:], rtol=1e-6)


def test_a_table_of_words_escapes_formulas(tiny: Model, tmp_path: Path) -> None:
    result = explain_between(tiny, "=dog and @cat", TEXT)
    notes = result.save(tmp_path / "a.csv")
    rows = list(csv.reader((tmp_path / "a.csv").read_text("utf-8").splitlines()))
    assert rows[0] == ["", "a", "dog", "and", "a", "red", "balloon"]
    assert len(notes) == 1
    assert rows[1][0].startswith("'=")
    table = np.array(rows[1:])[:, 1:].astype(float)
    content = np.ix_(result.first.content, result.second.content)
    assert table.sum() == pytest.approx(result.matrix[content].sum(), abs=1e-5)


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
@pytest.mark.parametrize("kinds", ["pictures", "captions", "picture and caption"])
def test_figures(tiny: Model, files: tuple[Path, Path], tmp_path: Path, ending: str, kinds: str) -> None:
    inputs = {"pictures": files, "captions": (TEXT, "a $cat$"), "picture and caption": (files[0], TEXT)}[kinds]
    result = explain_between(tiny, *inputs)
    place = tmp_path / f"figure{ending}"
    result.plot(place, first=None if kinds == "captions" else BOX)
    assert place.stat().st_size > 1000
    if ending == ".png":
        with Image.open(place) as image:
            assert image.width == 1050


def test_results_can_be_copied_and_cached(tiny: Model, files: tuple[Path, Path], tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "cache")
    result = explain_between(tiny, *files, cache=cache)
    again = explain_between(tiny, files[1], files[0], cache=cache)
    assert np.array_equal(again.matrix, result.matrix.T)
    copied = pickle.loads(pickle.dumps(result))
    assert np.array_equal(copied.matrix, result.matrix)
    assert copied.notes == result.notes
    assert np.array_equal(copied.pictures[0], result.pictures[0])
    assert "score" in repr(copied)
    assert "32 × 32" not in repr(copied)


def run(*arguments: str) -> int:
    return main(["compare", *arguments, "--no-cache", "--device", "cpu"])


def test_the_command_prints_pairs_and_writes_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbers, figure = tmp_path / "a.csv", tmp_path / "a.png"
    fast = ["--quadrature", "gauss-legendre", "--steps", "8"]
    assert (
        run("a red balloon", "a blue balloon", "--span", "red", *fast, "--out", str(numbers), "--picture", str(figure))
        == 0
    )
    printed = capsys.readouterr().out
    for expected in ("words × words", "reference terms", "Selected: “red” × all of B", "red ↔ blue", "of A", "of B"):
        assert expected in printed
    assert numbers.exists()
    assert figure.exists()
    assert run("a red balloon", "a blue balloon", *fast, "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert values["a"] == "a red balloon"
    assert values["ledger"]["total"] == pytest.approx(values["score"], abs=1e-5)
    assert values["strongest_pairs"][0]["value"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Two inputs are needed"),
        (("a dog",), "Two inputs are needed"),
        (("a dog", ""), "The caption is empty"),
        (("a dog", "lost.png"), "There is no picture lost.png"),
        (("a dog", "a cat", "--box", "0,0,5,5"), "A is a caption, which has no boxes."),
        (("a dog", "{picture}", "--span-b", "dog"), "B is a picture, which has no words."),
        (("{picture}", "{picture}", "--box", "900,900,950,950"), "lies outside the picture"),
        (("a dog", "a cat", "--span", "horse"), "is not in the caption"),
        (("a dog", "a cat", "--kind", "sound"), "no kind of two inputs"),
        (("a dog", "a cat", "--kind", "image"), "There is no picture"),
        (("a dog", "a cat", "--out", "a.txt"), "has no ending"),
        (("{picture}", "a cat", "--picture", "{picture}"), "is the picture itself"),
        (("a dog", "a cat", "--image-layer", "99"), "no layer 99"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert run(*(one.format(picture=files[0]) for one in arguments)) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.out == ""
    assert printed.err.count("\n") == 1
