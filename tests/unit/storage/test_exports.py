"""Numbers and figures are written wholly or not at all, and hold what they should."""

import copy
import csv
import io
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import Result, explain
from exclip_desktop.cli.text_report import describe_selection, explanation_as_text, matrix_as_text
from exclip_desktop.core.errors import OutputError, UserError
from exclip_desktop.core.values.selection import Region, Selection, block_sum, coverage
from exclip_desktop.models.model import Model
from exclip_desktop.render.figure import FigureOptions, draw_figure
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.number_files import save_matrix, selection_to_values
from tests.conftest import CAPTION

LASSO = Region.lasso(((6.0, 2.0), (40.0, 6.0), (24.0, 38.0)), name="the sky")
REGIONS = (Region((4.0, 4.0, 30.0, 30.0), name="dog & $x$"), Region((4.0, 4.0, 9.0, 9.0), subtract=True), LASSO)


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
        result_text = json.loads(str(data["provenance"]))
    assert result_text["settings"]["weights_sha256"] == result.settings.weights_sha256
    assert result_text["score"] == result.score


def test_json_holds_everything(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "a.json")
    result_text = json.loads((tmp_path / "a.json").read_text("utf-8"))
    np.testing.assert_array_equal(np.array(result_text["matrix"], np.float32), result.matrix)
    assert [word["text"] for word in result_text["words"]] == [word.text for word in result.words]
    assert result_text["ledger"]["total"] == pytest.approx(result_text["score"], abs=1e-5)
    assert result_text["geometry"]["grid"] == [4, 4]


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_what_should_be_known_is_saved_with_the_numbers(
    tiny: Model, picture: NDArray[np.uint8], tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a.{ending}"
    doubtful = explain(tiny, picture, f"{CAPTION} {CAPTION}", quadrature="riemann-right", steps=1)
    assert len(doubtful.notes) >= 2
    doubtful.save(path)
    text = path.read_text("utf-8") if ending == "json" else str(np.load(path)["provenance"])
    assert json.loads(text)["notes"] == list(doubtful.notes)


def test_the_text_names_the_part_that_the_model_sees(tiny: Model, result: Result, picture: NDArray[np.uint8]) -> None:
    chosen = describe_selection(result, None, None)
    assert "The model sees x 4–44, y 0–40 of 48 × 40 px; the rest is cut off." in explanation_as_text(result, chosen)
    assert "The model sees x 4–44" in matrix_as_text(result, chosen)
    for framing in ("squash", "pad"):
        whole = explain(tiny, picture, CAPTION, framing=framing, quadrature="gauss-legendre", steps=1)
        assert "cut off" not in explanation_as_text(whole, describe_selection(whole, None, None))


def test_csv_is_words_by_patches(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = list(csv.reader(file))
    assert len(header) == 3 + 16
    assert [line[0] for line in lines] == [word.text for word in result.words]
    values = np.array([[float(cell) for cell in line[3:]] for line in lines])
    assert values.sum() == pytest.approx(result.ledger.words_patches, abs=1e-6)


@pytest.fixture(scope="module")
def selection(result: Result) -> Selection:
    return Selection(result.caption.rows_of("red balloon"), REGIONS)


def heats(result: Result, selection: Selection) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return patch and token heat from the matrix, in few words of its own."""
    share = coverage(result.geometry, selection.regions)
    share = np.ones(result.geometry.grid) if share is None else share
    rows = list(selection.rows) or list(range(len(result.rows)))
    grid = result.grid.astype(np.float64)
    return grid[rows].sum(0), (grid * share).sum((1, 2))


def test_json_carries_the_selection(result: Result, selection: Selection, tmp_path: Path) -> None:
    save_matrix(result, tmp_path / "a.json", selection)
    result_text = json.loads((tmp_path / "a.json").read_text("utf-8"))
    chosen, (patches, tokens) = result_text["selection"], heats(result, selection)
    np.testing.assert_allclose(chosen["patch_heat"], patches, atol=1e-9)
    np.testing.assert_allclose(chosen["token_heat"], tokens, atol=1e-9)
    assert chosen["sum"] == pytest.approx(tokens[list(selection.rows)].sum(), abs=1e-9)
    assert chosen["sum"] == pytest.approx((patches * chosen["coverage"]).sum(), abs=1e-9)
    assert tuple(chosen["rows"]) == selection.rows
    assert chosen["tokens"] == ["red", "balloon"]
    words = chosen["words"]
    assert [CAPTION[word["start"] : word["end"]] for word in words] == [word.text for word in result.words]
    assert [word["text"] for word in words if word["selected"]] == ["red", "balloon"]
    expected = [tokens[list(word.rows)].sum() for word in result.words]
    np.testing.assert_allclose([word["value"] for word in words], expected, atol=1e-9)
    assert chosen["share"] == result.share_of_all(chosen["sum"])
    adds = patches * chosen["coverage"]
    strongest = chosen["strongest_patch"]
    assert (strongest["row"], strongest["column"]) == np.unravel_index(abs(adds).argmax(), adds.shape)
    assert strongest["value"] == pytest.approx(adds[strongest["row"], strongest["column"]])
    read = [
        Region(tuple(r["box"]), tuple(map(tuple, r["outline"])), r["subtract"], r["name"]) for r in chosen["regions"]
    ]
    assert tuple(read) == REGIONS
    assert result_text["settings"]["weights_sha256"] == result.settings.weights_sha256
    assert {"versions", "image_layer", "steps", "text_reference", "device"} <= set(result_text["settings"])
    assert result_text["image_side"]["nodes"] == result.image_side.nodes
    assert result_text["geometry"]["seen"] == list(result.geometry.visible)


@pytest.mark.parametrize("ending", ["json", "npz", "csv"])
def test_words_and_a_box_are_saved_as_a_selection(result: Result, tmp_path: Path, ending: str) -> None:
    box = (5.0, 5.0, 20.0, 20.0)
    result.save(tmp_path / f"a.{ending}", span="red balloon", box=box)
    save_matrix(result, tmp_path / f"b.{ending}", Selection(result.caption.rows_of("red balloon"), (Region(box),)))
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    for wrong in ({"span": "cat"}, {"box": (900.0, 900.0, 990.0, 990.0)}):
        with pytest.raises(UserError):
            result.save(tmp_path / f"c.{ending}", **wrong)
    assert not (tmp_path / f"c.{ending}").exists()


def test_regions_that_hold_no_patch_have_no_strongest(result: Result) -> None:
    gone = Selection((), (REGIONS[0], Region(REGIONS[0].box, subtract=True)))
    assert selection_to_values(result, gone)["strongest_patch"] is None


def test_npz_carries_the_selection(result: Result, selection: Selection, tmp_path: Path) -> None:
    save_matrix(result, tmp_path / "a.npz", selection)
    patches, tokens = heats(result, selection)
    with np.load(tmp_path / "a.npz") as data:
        assert tuple(data["selection_rows"]) == selection.rows
        np.testing.assert_array_equal(data["selection_coverage"], coverage(result.geometry, REGIONS))
        np.testing.assert_allclose(data["patch_heat"], patches, atol=1e-9)
        np.testing.assert_allclose(data["token_heat"], tokens, atol=1e-9)
        np.testing.assert_array_equal(data["matrix"], result.matrix)
        result_text = json.loads(str(data["provenance"]))
    assert result_text["selection"]["sum"] == block_sum(result.interactions, result.geometry, selection)
    assert result_text["selection"]["regions"][2]["name"] == "the sky"


def test_csv_carries_the_selection_in_two_columns(result: Result, selection: Selection, tmp_path: Path) -> None:
    save_matrix(result, tmp_path / "plain.csv")
    save_matrix(result, tmp_path / "a.csv", selection)
    plain, chosen = (
        list(csv.reader(io.StringIO((tmp_path / name).read_text("utf-8"), newline="")))
        for name in ("plain.csv", "a.csv")
    )
    assert chosen[0][3:5] == ["selected", "value"]
    assert [line[:3] + line[5:] for line in chosen] == plain
    assert {line[0] for line in chosen[1:] if line[3] == "1"} == {"red", "balloon"}
    tokens = heats(result, selection)[1]
    values = [tokens[list(word.rows)].sum() for word in result.words]
    np.testing.assert_allclose([float(line[4]) for line in chosen[1:]], values, atol=1e-9)


def test_an_empty_selection_means_everything(result: Result, tmp_path: Path) -> None:
    for ending in ("csv", "json", "npz"):
        save_matrix(result, tmp_path / f"a.{ending}", Selection())
    result_text = json.loads((tmp_path / "a.json").read_text("utf-8"))["selection"]
    assert result_text["sum"] == pytest.approx(float(result.grid.sum(dtype=np.float64)), abs=1e-9)
    assert (result_text["rows"], result_text["regions"], result_text["coverage"]) == ([], [], None)
    np.testing.assert_allclose(result_text["patch_heat"], result.patch_heat(), atol=1e-9)
    with np.load(tmp_path / "a.npz") as data:
        assert data["selection_coverage"].min() == 1.0
        assert data["selection_rows"].shape == (0,)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert {line["selected"] for line in csv.DictReader(file)} == {"1"}


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plots_are_written_in_their_format(result: Result, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    result.plot(path, span="red balloon", box=(5, 5, 20, 20))
    start = path.read_bytes()[:200]
    assert {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending] in start
    assert list(tmp_path.iterdir()) == [path]


def test_a_plot_shows_heat_where_the_patches_were(result: Result, picture: NDArray[np.uint8]) -> None:
    figure = draw_figure(result, picture, FigureOptions(span="balloon"))
    heat, seen = figure.axes[0].images[1], result.geometry.visible
    assert heat.get_extent() == [seen[0], seen[2], seen[3], seen[1]]
    values = result.patch_heat("balloon")
    colours = np.asarray(heat.get_array())
    assert colours.shape == (4, 4, 4)
    colours = colours[..., :3].astype(float)
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
        raise OSError(5, "Input/output error")

    with pytest.raises(OutputError, match="Input/output error"):
        write_atomically(path, fail)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.npz", "a.json", "a.csv", "a.png", "a.svg", "a.pdf"])
@pytest.mark.parametrize("room", [0, 300])
def test_a_full_disk_is_reported_and_leaves_the_old_file(
    result: Result, tmp_path: Path, fill_disk: Callable[[int], None], name: str, room: int
) -> None:
    path = tmp_path / name
    path.write_text("before")
    fill_disk(room)
    with pytest.raises(OutputError) as caught:
        (result.save if name in ("a.npz", "a.json", "a.csv") else result.plot)(path)
    assert str(caught.value) == f"{path} cannot be written: the disk is full. Make room, then try again."
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_result_is_copied_and_pickled_with_its_picture(result: Result) -> None:
    for other in (copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        np.testing.assert_array_equal(other.matrix, result.matrix)
        np.testing.assert_array_equal(other.pixels, result.pixels)
        assert (other.notes, other.caption) == (result.notes, result.caption)


def test_long_names_that_fit_can_be_written(result: Result, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 245 + ".json")
    result.save(path)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_nothing_is_written_for_a_span_that_does_not_fit(result: Result, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        result.plot(tmp_path / "a.png", span="cat")
    with pytest.raises(UserError):
        result.plot(tmp_path / "a.png", box=(900, 900, 990, 990))
    assert list(tmp_path.iterdir()) == []
