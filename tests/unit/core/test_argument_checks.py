"""Arguments of a wrong type are refused with a sentence on what to pass."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop import explain, load_model, map_by, matrix_by, measure, profile, score
from exclip_desktop.api.explain import Result
from exclip_desktop.cli.main import main
from exclip_desktop.core.argument_checks import as_numbers, as_whole_number
from exclip_desktop.core.errors import (
    CaptionError,
    MethodError,
    ModelError,
    PictureError,
    SelectionError,
    SettingsError,
    UserError,
)
from exclip_desktop.models.model import Model
from exclip_desktop.storage.pictures import read_picture

Picture = NDArray[np.uint8]
QUICK: dict[str, Any] = {"quadrature": "gauss-legendre", "steps": 1}
BOX = (0, 0, 20, 20)


@pytest.fixture(scope="module")
def result(make_tiny: Callable[..., Model], picture: Picture) -> Result:
    return explain(make_tiny(), picture, "a dog", **QUICK)


def refused(kind: type[UserError], ask: Callable[[], object], text: str) -> None:
    with pytest.raises(kind) as caught:
        ask()
    assert caught.value.message == text
    assert caught.value.hint


@pytest.mark.parametrize("model", ["demo", None])
def test_a_model_must_be_loaded(model: Any, picture: Picture, result: Result) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: explain(model, picture, "a dog"),
        lambda: profile(model, picture, "a dog"),
        lambda: map_by(model, picture, "a dog"),
        lambda: matrix_by(model, picture, "a dog", "itsm"),
        lambda: score(model, picture, ["a dog"]),
        lambda: measure(model, result, span="dog", box=BOX),
    )
    for call in calls:
        refused(ModelError, call, f"{model!r} is no loaded model.")


@pytest.mark.parametrize("caption", [None, ["a dog"], 5, b"a dog"])
def test_a_caption_is_text(tiny: Model, picture: Picture, caption: Any) -> None:
    text = f"The caption is not text: {caption!r}."
    refused(CaptionError, lambda: explain(tiny, picture, caption, **QUICK), text)
    refused(CaptionError, lambda: profile(tiny, picture, caption, **QUICK), text)
    refused(CaptionError, lambda: map_by(tiny, picture, caption), text)
    refused(CaptionError, lambda: score(tiny, picture, ["a dog", caption]), text)


@pytest.mark.parametrize("captions", ["a dog", b"a dog", None, 5, []])
def test_captions_are_a_list(tiny: Model, picture: Picture, captions: Any) -> None:
    refused(CaptionError, lambda: score(tiny, picture, captions), "A list of captions is expected.")


def test_captions_may_be_of_any_collection(tiny: Model, picture: Picture) -> None:
    expected = score(tiny, picture, ["a dog", "a cat"]).cosine
    for captions in (("a dog", "a cat"), np.array(["a dog", "a cat"]), iter(["a dog", "a cat"])):
        np.testing.assert_array_equal(score(tiny, picture, captions).cosine, expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("box", [(1, 2, 3), 5, "1,2,3,4", ("a", 1, 2, 3), [[1, 2], [3, 4]]])
def test_a_box_is_four_numbers(result: Result, box: Any) -> None:
    for ask in (lambda: result.token_heat(box=box), lambda: result.select(None, box)):
        refused(SelectionError, ask, f"{box!r} is no box.")


def test_a_box_may_be_a_list_or_an_array(result: Result) -> None:
    expected = result.token_heat(box=BOX)
    for box in (list(BOX), np.array(BOX)):
        np.testing.assert_array_equal(result.token_heat(box=box), expected)  # type: ignore[arg-type]
        assert result.select(None, box).regions[0].box == BOX  # type: ignore[arg-type]


@pytest.mark.parametrize("span", [5, (1,), ["a"], ("a", "b"), (0.5, 2), b"dog", (True, 4)])
def test_a_span_is_words_or_two_characters(result: Result, span: Any) -> None:
    refused(CaptionError, lambda: result.patch_heat(span=span), f"{span!r} are no words of the caption.")


@pytest.mark.parametrize("layer", [1.5, True, "1", "last", [1]])
def test_a_layer_is_a_whole_number(tiny: Model, picture: Picture, layer: Any) -> None:
    ask = lambda: explain(tiny, picture, "a dog", image_layer=layer, **QUICK)  # noqa: E731  used right here
    refused(SettingsError, ask, f"The image tower of {tiny.name} has no layer {layer!r}.")


@pytest.mark.parametrize("steps", [2.5, True, "10"])
def test_steps_are_a_whole_number(tiny: Model, picture: Picture, steps: Any) -> None:
    ask = lambda: explain(tiny, picture, "a dog", quadrature="gauss-legendre", steps=steps)  # noqa: E731
    refused(SettingsError, ask, f"gauss-legendre cannot take {steps!r} steps.")


def test_numpys_numbers_are_numbers(tiny: Model, picture: Picture) -> None:
    actual = explain(
        tiny,
        picture,
        "a dog",
        image_layer=np.int64(1),
        quadrature="gauss-legendre",
        steps=np.int32(1),  # type: ignore[arg-type]
    )
    assert (actual.settings.image_layer, actual.image_side.nodes) == (1, 1)
    assert (as_whole_number(np.bool_(True)), as_whole_number(np.array([1, 2])), as_whole_number(3.0)) == (
        None,
        None,
        None,
    )
    assert (as_numbers("12", 2), as_numbers([1, "x"], 2), as_numbers([1, 2, 3], 2)) == (None, None, None)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (None, "None is no picture."),
        ([[1, 2], [3, 4]], "[[1, 2], [3, 4]] is no picture."),
        ("", "The name of the picture is empty."),
        (
            "https://a.org/b.jpg",
            "https://a.org/b.jpg is an address, and this program does not use the network for pictures.",
        ),
        (
            Path("https://a.org/b.jpg"),
            "https://a.org/b.jpg is an address, and this program does not use the network for pictures.",
        ),
    ],
)
def test_other_sources_than_pictures_are_refused(source: Any, text: str) -> None:
    refused(PictureError, lambda: read_picture(source), text)


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    refused(PictureError, lambda: read_picture(tmp_path), f"{tmp_path} is a folder, not a picture.")


def test_megapixels_are_a_number(picture: Picture) -> None:
    refused(SettingsError, lambda: read_picture(picture, None), "None is no number of megapixels.")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [5, ["demo"], True])
def test_a_models_name_is_text(name: Any) -> None:
    refused(ModelError, lambda: load_model(name), f"{name!r} is not the name of a model.")


def test_a_models_folder_may_be_a_path(tiny: Model) -> None:
    assert load_model(Path(tiny.name), device="cpu").fingerprint == tiny.fingerprint


def test_measure_takes_results_only(tiny: Model) -> None:
    refused(MethodError, lambda: measure(tiny, "x", span="dog", box=BOX), "'x' is no result.")  # type: ignore[arg-type]


def test_a_caption_without_quotes_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "photo.jpg", "a", "red", "dog"]) == 2
    assert "There is more than explain takes: red dog. Put a caption in quotes." in capsys.readouterr().err
    assert main(["explain", "photo.jpg", "a", "red", "--speed", "9"]) == 2
    assert "Unrecognized arguments: red --speed 9. Run exclip-desktop explain --help." in capsys.readouterr().err
    assert main(["explain", "", "a dog"]) == 2
    assert "The name of the picture is empty." in capsys.readouterr().err
    assert main(["models"]) == 2
    assert "required: COMMAND. Run exclip-desktop models --help." in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "suggestion"), [("explan", "explain"), ("modles", "models"), ("profil", "profile")])
def test_a_misspelt_command_is_not_taken_for_a_picture(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str, suggestion: str
) -> None:
    opened: list[tuple[str, ...]] = []
    app = SimpleNamespace(run_window=lambda *what: opened.append(what) or 0)
    monkeypatch.setitem(sys.modules, "exclip_desktop.app", app)  # type: ignore[arg-type]
    monkeypatch.chdir(tmp_path)
    for more in ([], ["photo.jpg"], ["photo.jpg", "a dog"]):
        assert main([typed, *more]) == 2
        text = capsys.readouterr().err
        assert f'There is no command "{typed}", and no such picture. The nearest command: {suggestion}.' in text
    assert opened == []
    (tmp_path / typed).touch()
    assert main([typed, "a dog"]) == 0
    assert main(["photo.jpg", "a dog"]) == 0
    assert opened == [(typed, "a dog"), ("photo.jpg", "a dog")]


NOT_UTF_8 = b"a caf\xe9 ball".decode("utf-8", "surrogateescape")  # how Python passes such a byte on


@pytest.mark.parametrize(
    ("arguments", "subject"),
    [
        (("explain", "ball.png", NOT_UTF_8), "The caption"),
        (("explain", "ball.png", NOT_UTF_8, "--picture", "a.png"), "The caption"),
        (("explain", "ball.png", NOT_UTF_8, "--out", "a.json"), "The caption"),
        (("profile", "ball.png", NOT_UTF_8), "The caption"),
        (("map", "ball.png", NOT_UTF_8, "--picture", "a.png"), "The caption"),
        (("map", "ball.png", "a ball", "--target", NOT_UTF_8, "--picture", "a.png"), "The text of --target"),
        (("explain", "ball.png", "a ball", "--span", NOT_UTF_8, "--out", "a.npz"), "The text of --span"),
        (("ball.png", NOT_UTF_8), "The caption"),
    ],
)
def test_bytes_that_are_no_utf_8_are_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    subject: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "ball.png")
    assert main(list(arguments)) == 2
    message = f"exclip-desktop: {subject} is not valid UTF-8 text. Type it in a terminal that uses UTF-8.\n"
    assert capsys.readouterr().err == message
    assert [path.name for path in tmp_path.iterdir()] == ["ball.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are Unicode on Windows")
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_terminals_bytes_are_refused_in_a_sentence(tmp_path: Path, locale: str) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "ball.png")
    command = [sys.executable, "-m", "exclip_desktop", "explain", "ball.png", b"a caf\xe9 ball", "--out", "a.json"]
    environment = {**os.environ, "LC_ALL": locale, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"exclip-desktop: The caption is not valid UTF-8 text.")
    assert not (tmp_path / "a.json").exists()


def test_python_and_the_window_refuse_lone_surrogates(make_tiny: Callable[..., Model], picture: Picture) -> None:
    for ask in (
        lambda: explain(make_tiny(), picture, NOT_UTF_8),
        lambda: score(make_tiny(), picture, ["a dog", NOT_UTF_8]),
        lambda: map_by(make_tiny(), picture, "a dog", "grad-eclip", target=NOT_UTF_8),
        lambda: make_tiny().reader.read(NOT_UTF_8),
    ):
        refused(CaptionError, ask, "The caption is no valid UTF-8 text.")
