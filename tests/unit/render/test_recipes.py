"""What is copied runs as it is pasted, and gives the same view."""

import argparse
import ast
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import exclip_desktop
from exclip_desktop import Result, explain
from exclip_desktop.cli.main import command_parser
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.models.model import Model
from exclip_desktop.render.figure import FigureOptions
from exclip_desktop.render.recipes import PLACEHOLDER, Recipe, as_command, as_python

CAPTION = "a red balloon and a hydrant"
BOX = (10.0, 20.5, 30.25, 40.0)
LASSO = Region.lasso(((1.0, 2.0), (30.0, 4.5), (9.0, 28.0)), subtract=True, name='the "sky"\'s')
CHOICE = {"name": "demo", "pretrained": None, "checkpoint": None, "preprocess": None, "device": None}
HOW = {"image_layer": None, "text_layer": None, "quadrature": "adaptive", "steps": None, "text_reference": "matched"}
DEFAULT_VIEW = Recipe(CHOICE, HOW, "photo.jpg", CAPTION)
DASHED = Recipe(
    {
        "name": "-odd",
        "pretrained": "laion2b_s34b_b79k",
        "checkpoint": "it's here/w.pt",
        "preprocess": "imagenet",
        "device": "cuda:1",
    },
    {
        "image_layer": -2,
        "text_layer": "pool",
        "quadrature": "riemann-right",
        "steps": 10,
        "text_reference": "published",
    },
    "-my photo $HOME.jpg",
    '--help # a "dog" & `cat`; it\'s 5 > 3\n\ttwo',
    FigureOptions(span="-- x", box=(-5.5, 0, 1e-7, 12345678.5)),
)


@pytest.fixture(scope="module")
def caption(tiny: Model) -> Caption:
    return tiny.reader.read(CAPTION)


def showing(caption: Caption | str, **options: Any) -> Recipe:
    return replace(DEFAULT_VIEW, caption=caption, figure=FigureOptions(**options))


def selecting(
    caption: Caption, words: str = "", rows: tuple[int, ...] = (), regions: tuple[Region, ...] = ()
) -> Recipe:
    return showing(caption, selection=Selection(caption.rows_of(words) if words else rows, regions))


def run_python(source: str, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Run the program with functions that only record their arguments."""
    request = SimpleNamespace(plot=None, drawn=None)

    def load(name: str, **content: Any) -> str:
        request.choice = {"name": name, **content}
        return "the model"

    def explain(model: str, picture: str, text: str, **content: Any) -> SimpleNamespace:
        assert model == "the model"
        request.what, request.settings = (picture, text), content
        return SimpleNamespace(score=0.25, pixels="the pixels", plot=note_plot)

    def note_plot(path: str, **content: Any) -> None:
        request.plot = (path, content)

    def draw(result: SimpleNamespace, pixels: str, options: FigureOptions) -> str:
        assert pixels == result.pixels
        request.drawn = options
        return "the figure"

    figures = "exclip_desktop.render.figure"
    monkeypatch.setattr(exclip_desktop, "load_model", load, raising=False)
    monkeypatch.setattr(exclip_desktop, "explain", explain, raising=False)
    monkeypatch.setattr(f"{figures}.draw_figure", draw)
    monkeypatch.setattr(f"{figures}.save_figure", lambda figure, file, ending: file.write(ending.encode()))
    exec(compile(source, "recipe", "exec"), {})
    return request


def parsed(command: str) -> argparse.Namespace:
    words = shlex.split(command, comments=True)
    assert words[0] == "exclip-desktop"
    return command_parser().parse_args(words[1:])


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


# Python


def test_python_repeats_the_explanation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for recipe in (DEFAULT_VIEW, DASHED):
        request = run_python(as_python(recipe), monkeypatch)
        usual = {"quadrature": "adaptive", "text_reference": "matched"}
        assert request.choice == {name: value for name, value in recipe.choice.items() if value is not None}
        assert {**usual, **request.settings} == {
            name: value for name, value in recipe.settings.items() if value is not None
        }
        assert request.what == (recipe.picture, recipe.text)
        assert capsys.readouterr().out == "0.25\n"
        assert comments(as_python(recipe)) == []


def test_a_default_view_needs_one_line(caption: Caption) -> None:
    recipe = selecting(caption, "red balloon", regions=(Region(BOX),))
    assert as_python(recipe) == (
        "from exclip_desktop import explain, load_model\n"
        "\n"
        'model = load_model("demo")\n'
        'result = explain(model, "photo.jpg", "a red balloon and a hydrant")\n'
        "print(result.score)\n"
        'result.plot("figure.png", span="red balloon", box=(10, 20.5, 30.25, 40))\n'
    )
    assert as_command(recipe) == (
        "exclip-desktop explain --model demo --span 'red balloon' --box 10,20.5,30.25,40 --picture figure.png "
        "photo.jpg 'a red balloon and a hydrant'\n"
    )


def test_python_names_exactly_the_selected_tokens(caption: Caption, monkeypatch: pytest.MonkeyPatch) -> None:
    both_as, first_a = caption.rows_of("a"), caption.rows_of((0, 1))
    assert both_as != first_a
    for rows in (both_as, first_a, caption.rows_of("red balloon"), caption.rows_of((20, 27)), caption.content_rows):
        request = run_python(as_python(selecting(caption, rows=rows)), monkeypatch)
        assert request.plot is not None
        assert caption.rows_of(request.plot[1]["span"]) == rows


@pytest.mark.parametrize(
    "options",
    [
        {"selection": Selection((0, 1))},
        {"selection": Selection((2, 6))},
        {"selection": Selection((2,), (Region(BOX, name="dog"),))},
        {"selection": Selection((), (Region(BOX, subtract=True),))},
        {"selection": Selection((2, 3), (Region(BOX), LASSO))},
        {"selection": Selection((2, 3), (LASSO,)), "colours": "safe", "picture_limit": 0.0125, "smooth": True},
        {"drawing": "magnitude", "opacity": 0.5, "grey": False, "heat": False, "specials": True, "width_px": 4000},
        {"span": "red", "box": BOX, "dpi": 300.0},
        {"span": (2, 5), "words_limit": 1e-9},
    ],
)
def test_python_keeps_every_other_view_exactly(
    caption: Caption, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    request = run_python(as_python(showing(caption, **options)), monkeypatch)
    assert request.plot is None
    assert request.drawn == FigureOptions(**options)
    assert (tmp_path / "figure.png").read_bytes() == b".png"


def test_rows_of_an_unread_caption_are_numbers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = showing(CAPTION, selection=Selection((2, 3)))
    assert run_python(as_python(recipe), monkeypatch).drawn == recipe.figure
    assert parsed(as_command(recipe)).span is None
    assert len(comments(as_command(recipe))) == 1


def test_numbers_have_no_rounding_errors() -> None:
    region = Region((np.float64(0.1) + np.float64(0.2), 0.0, np.float64(7), 8.0), name="x")
    source = as_python(showing(CAPTION, selection=Selection((np.int64(3),), (region,))))
    assert 'Selection(rows=(3,), regions=(Region((0.3, 0, 7, 8), name="x"),))' in source
    ast.parse(source)


# Command


def test_the_command_repeats_the_explanation() -> None:
    for recipe in (DEFAULT_VIEW, DASHED):
        request = vars(parsed(as_command(recipe)))
        content = {"model": recipe.choice["name"], **recipe.choice, **recipe.settings}
        assert {name: request[name] for name in content if name != "name"} == {
            k: v for k, v in content.items() if k != "name"
        }
        assert (request["image"], request["caption"]) == (recipe.picture, recipe.text)
        assert (request["span"], request["box"]) == (recipe.figure.span, recipe.figure.box)
        assert request["picture"] == Path("figure.png")
        assert comments(as_command(recipe)) == []


def test_a_model_without_a_name_is_recognised_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = Recipe(CHOICE | {"name": "", "checkpoint": "w.pt"}, HOW, "photo.jpg", CAPTION)
    assert 'load_model(checkpoint="w.pt")' in as_python(recipe)
    request = parsed(as_command(recipe))
    assert (request.model, request.checkpoint) == (None, "w.pt")


@pytest.mark.parametrize(
    "text", ["", "'", '"', "$(rm x)", "a\nb", "-", "---", "--span", "-5", "\\", "!", "*", "#", "é🐕"]
)
def test_any_text_survives_the_shell(text: str) -> None:
    recipe = Recipe(CHOICE | {"checkpoint": text}, HOW, text or None, text, FigureOptions(span=text))
    request = parsed(as_command(recipe))
    assert (request.checkpoint, request.image, request.caption, request.span) == (text, text or PLACEHOLDER, text, text)
    compile(as_python(recipe), "recipe", "exec")


def test_a_real_shell_parses_the_command() -> None:
    command = as_command(DASHED).replace("exclip-desktop", shlex.join([sys.executable, "-c", SHOW]), 1)
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == shlex.split(as_command(DASHED))[1:]


SHOW = "import sys; print(sys.argv[1:])"


@pytest.mark.parametrize(
    ("rows", "regions", "options", "message"),
    [
        ((), (), {}, 0),
        ((), (Region(BOX),), {}, 0),
        ((), (Region(BOX), Region(BOX)), {}, 1),
        ((), (LASSO,), {}, 1),
        ((0,), (), {}, 1),
        ((1,), (), {}, 1),  # the first "a" only
        ((2, 6), (LASSO,), {"smooth": True}, 3),
    ],
)
def test_comments_name_what_the_command_cannot_keep(
    caption: Caption, rows: tuple[int, ...], regions: tuple[Region, ...], options: dict[str, Any], message: int
) -> None:
    command = as_command(showing(caption, selection=Selection(rows, regions), **options))
    assert len(comments(command)) == message
    assert not any(re.search("['\"`()*?!;&|<>]", line) for line in comments(command))
    assert parsed(command).caption == CAPTION


def test_a_picture_without_a_file_gets_a_name_and_a_comment() -> None:
    recipe = replace(DEFAULT_VIEW, picture=None)
    for text in (as_python(recipe), as_command(recipe)):
        assert comments(text) == [f"# The picture was pasted: save it as {PLACEHOLDER} first."]
    assert parsed(as_command(recipe)).image == PLACEHOLDER
    assert f'explain(model, "{PLACEHOLDER}"' in as_python(recipe)


# Both for once with nothing replaced


def test_the_pasted_program_writes_the_figure(tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (48, 40), "teal").save("photo.png")
    caption = tiny.reader.read(CAPTION)
    monkeypatch.setattr(exclip_desktop, "load_model", lambda name: tiny, raising=False)
    monkeypatch.setattr(exclip_desktop, "explain", explain, raising=False)
    regions = (Region((5.0, 5.0, 20.0, 20.0)), replace(LASSO, subtract=False))
    for recipe in (
        selecting(caption, "red balloon", regions=regions[:1]),
        selecting(caption, rows=(2, 6), regions=regions),
    ):
        exec(compile(as_python(replace(recipe, picture="photo.png")), "recipe", "exec"), space := {})
        assert isinstance(space["result"], Result)
        with Image.open("figure.png") as figure:
            assert figure.width == 1050
        Path("figure.png").unlink()
