"""The command line as a person uses it, with the bundled model."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from exclip_desktop import explain, load_model, score
from exclip_desktop.cli.main import main
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.models.model import Model
from exclip_desktop.storage.samples import Sample, load_samples

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = load_samples()


@pytest.fixture(scope="module")
def demo() -> Model:
    return load_model("demo", device="cpu")


def test_with_no_files_a_sample_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--device", "cpu"]) == 0
    printed = capsys.readouterr()
    for expected in (SAMPLES[0].caption, "score", "words × patches", "residual", "↔"):
        assert expected in printed.out
    assert printed.err == ""


def test_everything_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = SAMPLES[0]
    words, box = sample.objects[1].words, sample.objects[1].box
    numbers, figure = tmp_path / "a.npz", tmp_path / "a.png"
    values = [
        "--span",
        words,
        "--box",
        ",".join(map(str, box)),
        "--picture",
        str(figure),
        "--out",
        str(numbers),
        "--json",
    ]
    assert main(["explain", str(sample.path), sample.caption, *values]) == 0
    printed = capsys.readouterr()
    actual = json.loads(printed.out)
    assert actual["selection"]["span"] == words
    assert actual["selection"]["share"] > 0.1  # of a matrix of three things, a place and a dozen other tokens
    assert actual["ledger"]["total"] == pytest.approx(actual["score"], abs=1e-5)
    x0, y0, x1, y1 = actual["selection"]["strongest_patch"]["box"]
    assert box[0] <= (x0 + x1) / 2 < box[2]
    assert box[1] <= (y0 + y1) / 2 < box[3]
    assert printed.err.count("Written") == 2
    with np.load(numbers) as data:
        assert data["matrix"].shape[1] == 1 + actual["geometry"]["grid"][0] ** 2
    with Image.open(figure) as image:
        assert image.width == 1050


def test_printed_json_is_the_file_without_its_arrays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.json"
    assert explain_here("--span", "cat", "--box", "0,0,200,200", "--json", "--out", str(file)) == 0
    printed, written = json.loads(capsys.readouterr().out), json.loads(file.read_text("utf-8"))
    assert Path(printed.pop("image")) == SAMPLES[0].path
    assert printed["notes"] == []
    chosen, saved = printed.pop("selection"), written.pop("selection")
    assert (chosen.pop("span"), chosen.pop("box")) == ("cat", [0, 0, 200, 200])
    assert set(saved) - set(chosen) == {"coverage", "patch_heat", "token_heat"}
    assert chosen == {name: saved[name] for name in chosen}
    assert set(written) - set(printed) == {"columns", "matrix"}
    assert printed == {name: written[name] for name in printed}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path.stem)
def test_every_sample_is_complete_and_its_ledger_adds_up(demo: Model, sample: Sample) -> None:
    result = explain(demo, sample.path, sample.caption)
    assert result.image_side.converged
    assert result.text_side.converged
    assert result.residual <= 1e-3
    exact = score(demo, sample.path, [sample.caption]).cosine[0]
    assert result.ledger.total == pytest.approx(exact, abs=1e-5)


def test_samples_have_their_boxes_and_three_are_wrong(demo: Model) -> None:
    assert len(SAMPLES) == 12
    assert sorted(sample.wrong for sample in SAMPLES if sample.wrong) == ["colour", "object", "side"]
    values = json.loads((ROOT / "resources" / "samples" / "samples.json").read_text())
    for sample, record in zip(SAMPLES, values, strict=True):
        with Image.open(sample.path) as image:
            size = image.size
        assert all(Geometry(size, (0, 0, *size), (4, 4)).coverage(entry.box).any() for entry in sample.objects)
        if sample.wrong and sample.wrong != "side":  # the bundled model is weak on left and right: see its card
            actual = score(demo, sample.path, [record["true_caption"], sample.caption])
            assert actual.cosine[0] > actual.cosine[1]


def explain_here(*arguments: str) -> int:
    return main(["explain", "--device", "cpu", *arguments])


def _picture(folder: Path) -> str:
    Image.new("RGB", (60, 40), "teal").save(folder / "good.png")
    return str(folder / "good.png")


BAD = {
    "no such file": (["missing.png", "a dog"], "There is no picture"),
    "not a picture": (["text.png", "a dog"], "not a picture that this program reads"),
    "truncated": (["short.png", "a dog"], "damaged or cut short"),
    "empty file": (["empty.png", "a dog"], "empty"),
    "too large": (["good.png", "a dog", "--max-megapixels", "0.001"], "raise the limit"),
    "empty caption": (["good.png", "  "], "The caption is empty"),
    "no caption": (["good.png"], "one of them is missing. Give both, the caption in quotes: exclip-desktop explain"),
    "no picture": (["a dog"], "one of them is missing. Give both"),
    "a picture and a sample": (["good.png", "a dog", "--sample", "2"], "Leave out --sample, or the others."),
    "a caption and a sample": (["a dog", "--sample", "2"], "Leave out --sample, or the others."),
    "part of a word": (["good.png", "a bored dog", "--span", "red"], 'Give whole words of "a bored dog"'),
    "span": (["good.png", "a dog", "--span", "cat"], '"cat" is not in the caption'),
    "box outside": (
        ["good.png", "a dog", "--box", "70,0,90,10"],
        "outside the picture. Give one within its 60 × 40 pixels",
    ),
    "box empty": (["good.png", "a dog", "--box", "9,9,3,3"], "is empty"),
    "unknown model": (["good.png", "a dog", "--model", "ViT-B32"], "Did you mean ViT-B-32"),
    "weights elsewhere": (
        ["good.png", "a dog", "--model", "ViT-L-14", "--pretrained", "laion2b_s32b_b82k"],
        "not on this computer, and the network is off",
    ),
    "another architecture": (
        ["good.png", "a dog", "--model", "ViT-B-32", "--checkpoint", "demo.safetensors"],
        "do not fit",
    ),
    "unsafe": (["good.png", "a dog", "--model", "ViT-B-32", "--checkpoint", "bomb.pt"], "could run code"),
    "layer": (["good.png", "a dog", "--image-layer", "9"], "has no layer 9"),
    "steps": (["good.png", "a dog", "--steps", "3"], "cannot take 3 steps"),
    "sample": (["--sample", "13"], "There is no sample 13"),
    "output ending": (["good.png", "a dog", "--out", "a.xyz"], "has no ending"),
    "output is the picture": (["good.png", "a dog", "--picture", "./good.png"], "is the picture itself"),
    "output folder": (["good.png", "a dog", "--picture", "nowhere/a.png"], "cannot be written"),
}


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch exploded",)


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_clear_line_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    good = Path(_picture(tmp_path))
    (tmp_path / "short.png").write_bytes(good.read_bytes()[:80])
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "empty.png").touch()
    if "demo.safetensors" in BAD[name][0]:
        (tmp_path / "demo.safetensors").symlink_to(ROOT / "resources/models/demo/open_clip_model.safetensors")
    torch.save({"state_dict": Bomb()}, tmp_path / "bomb.pt")
    before = sorted(tmp_path.iterdir())
    arguments, expected = BAD[name]
    outputs = [] if "--out" in arguments or "--picture" in arguments else ["--out", "new.json", "--picture", "new.png"]
    assert explain_here(*arguments, *outputs) == 2
    printed = capsys.readouterr()
    assert expected in printed.err
    assert printed.err.startswith("exclip-desktop: ")
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "arguments", [["--box", "1,2,3"], ["--box", "a,b,c,d"], ["--image-layer", "x"], ["--nonsense"]]
)
def test_wrong_arguments_exit_with_2_and_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_here(*arguments) == 2
    _check_usage_error(capsys, "explain")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["--nonsense"], ""),
        (["batch"], "batch"),
        (["models"], "models"),
        (["models", "list", "--nonsense"], "models list"),
        (["models", "fetch", "ViT-B-32"], "models fetch"),
        (["models", "steal"], "models"),
        (["report", "a.exclip", "--out", "b.html", "--rating", "lovely"], "report"),
    ],
)
def test_wrong_arguments_of_every_command_name_its_help(
    arguments: list[str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    _check_usage_error(capsys, command)


def _check_usage_error(capsys: pytest.CaptureFixture[str], command: str) -> None:
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("exclip-desktop: ")
    assert printed.err.endswith(f" Run {f'exclip-desktop {command}'.strip()} --help.\n")
    assert printed.err.count("\n") == 1


def test_a_long_caption_is_explained_up_to_the_limit_and_the_rest_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain_here(_picture(tmp_path), "a dog " * 15 + "and a zebra") == 0
    printed = capsys.readouterr()
    assert "this model reads 32 tokens" in printed.err
    assert "and a zebra" in printed.err


def test_an_animation_is_explained_by_its_first_frame_with_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (40, 40), "red").save(
        tmp_path / "a.gif", save_all=True, append_images=[Image.new("RGB", (40, 40), "blue")]
    )
    assert explain_here(str(tmp_path / "a.gif"), "a red square") == 0
    assert "first is used" in capsys.readouterr().err


def test_doctor_prints_versions_devices_and_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for expected in ("Versions", "torch", "Devices", "cpu", "Models on this computer", "demo", "cache"):
        assert expected in printed


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "doctor" in capsys.readouterr().out


def test_every_option_that_a_message_or_the_manual_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("explain", "compare", "parts", "profile", "map", "batch", "convert", "search", "evaluate"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    parts = [path for path in (ROOT / "exclip_desktop").rglob("*.py") if "demo" not in path.parts]
    named = {
        name
        for path in parts
        for hint in re.findall(r"\(--[^)]*\)", path.read_text("utf-8"))
        for name in re.findall(r"--[a-z-]+", hint)
    }
    assert {"--pretrained", "--checkpoint", "--download", "--model", "--device", "--steps"} <= named
    texts = [ROOT / "README.md", *(ROOT / "resources/manual").glob("*.md")]
    in_texts = {name for text in texts for name in re.findall(r"`(--[a-z-]+)", text.read_text("utf-8"))}
    assert named | in_texts <= known


@pytest.mark.parametrize("expected", [[], ["a.png"], ["a.png", "a dog"]])
def test_without_a_command_the_window_opens(monkeypatch: pytest.MonkeyPatch, expected: list[str]) -> None:
    opened: list[tuple[str, ...]] = []
    monkeypatch.setattr("exclip_desktop.app.run_window", lambda *what: opened.append(what) or 0)
    assert main(expected) == 0
    assert opened == [tuple(expected)]


def test_more_than_a_picture_and_a_caption_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["a.png", "a", "dog"]) == 2
    assert "quotes" in capsys.readouterr().err


@pytest.mark.parametrize("start", [["main.py"], ["-m", "exclip_desktop"]])
def test_the_program_starts_from_a_checkout(start: list[str]) -> None:
    done = subprocess.run([sys.executable, *start, "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("exclip-desktop ")


def test_an_installed_wheel_finds_its_resources_from_an_empty_folder(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    run = [sys.executable, "-W", "error", "-c", CHECK, str(tmp_path / "site")]
    done = subprocess.run(run, cwd=empty, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert SAMPLES[0].caption in done.stdout
    assert done.stdout.startswith("# The window\n")
    assert list(empty.iterdir()) == []


CHECK = """
import sys
import exclip_desktop
assert exclip_desktop.__file__.startswith(sys.argv[1]), exclip_desktop.__file__
from exclip_desktop.cli.main import main
assert main(["help", "window"]) == 0
raise SystemExit(main(["explain", "--device", "cpu", "--image-layer", "-1", "--text-layer", "-1"]))
"""
