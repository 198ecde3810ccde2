"""Numbers and figures are written wholly or not at all, and hold what they should."""

import csv
import json
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import Result, explain
from exclip_desktop.core.errors import OutputError, UserError
from exclip_desktop.models.model import Model
from exclip_desktop.render.figure import FigureOptions, draw_figure
from exclip_desktop.storage.atomic import write_atomically
from tests.conftest import CAPTION


@pytest.fixture(scope="module")
def result(tiny: Model, picture: NDArray[np.uint8]) -> Result:
    return explain(tiny, picture, CAPTION)


def test_npz_holds_everything(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as data:
        np.testing.assert_array_equal(data["matrix"], result.matrix)
        np.testing.assert_array_equal(data["grid"], result.grid)
        assert data["rows"].tolist() == list(result.rows)
        assert data["columns"].tolist() == list(result.columns)
        told = json.loads(str(data["provenance"]))
    assert told["settings"]["weights_sha256"] == result.settings.weights_sha256
    assert told["score"] == result.score


def test_json_holds_everything(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "a.json")
    told = json.loads((tmp_path / "a.json").read_text("utf-8"))
    np.testing.assert_array_equal(np.array(told["matrix"], np.float32), result.matrix)
    assert [word["text"] for word in told["words"]] == [word.text for word in result.words]
    assert told["ledger"]["total"] == pytest.approx(told["score"], abs=1e-5)
    assert told["geometry"]["grid"] == [4, 4]


def test_csv_is_words_by_patches(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file))
    assert len(header) == 3 + 16
    assert [line[0] for line in lines] == [word.text for word in result.words]
    values = np.array([[float(cell) for cell in line[3:]] for line in lines])
    assert values.sum() == pytest.approx(result.ledger.words_patches, abs=1e-6)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plots_are_written_in_their_format(result: Result, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    result.plot(path, span="red balloon", box=(5, 5, 20, 20))
    start = path.read_bytes()[:200]
    assert {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending] in start
    assert list(tmp_path.iterdir()) == [path]


def test_a_plot_shows_heat_where_the_patches_were(result: Result, picture: NDArray[np.uint8]) -> None:
    figure = draw_figure(result, picture, FigureOptions(span="balloon"))
    heat, seen = figure.axes[0].images[1], result.geometry.seen
    assert heat.get_extent() == [seen[0], seen[2], seen[3], seen[1]]
    values = result.patch_heat("balloon")
    colours = np.asarray(heat.get_array())
    assert colours.shape == (4, 4, 3)
    strongest = np.unravel_index(np.abs(values).argmax(), values.shape)
    saturation = colours.max(-1) - colours.min(-1)
    assert np.unravel_index(saturation.argmax(), saturation.shape) == strongest
    shown = {text.get_text() for text in figure.axes[2].texts}
    assert {word.text for word in result.words} <= shown


@pytest.mark.parametrize("size", [(2000, 20), (20, 2000), (1, 1)])
def test_odd_shapes_can_be_plotted(tiny: Model, tmp_path: Path, size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "orange")
    explain(tiny, image, "$x_1$ {curly} \\frac a 🐕 b " + "long " * 30).plot(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as figure:
        assert max(figure.size) < 3000


@pytest.mark.parametrize("name", ["a.txt", "a", "missing/a.npz", "folder.npz"])
def test_places_that_cannot_be_written_are_refused(result: Result, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(OutputError) as caught:
        result.save(tmp_path / name)
    assert caught.value.hint
    with pytest.raises(OutputError):
        result.plot(tmp_path / name)


def test_folders_without_write_permission_are_refused(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere, so the answer is forced
    with pytest.raises(OutputError, match="cannot be written to"):
        result.save(tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")

    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_atomically(path, fail)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_written_for_a_span_that_does_not_fit(result: Result, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        result.plot(tmp_path / "a.png", span="cat")
    with pytest.raises(UserError):
        result.plot(tmp_path / "a.png", box=(900, 900, 990, 990))
    assert list(tmp_path.iterdir()) == []
