"""Names, captions and arguments with control characters, undecoded bytes and endless text: what a terminal is shown."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image

from tests.hostile.runner import OUT, HostileInput

EXPLAIN: Final = ("explain", "--device", "cpu")
QUICK: Final = ("--device", "cpu", "--quadrature", "gauss-legendre", "--steps", "2")
RED: Final = "\x1b[31m\x1b]0;owned\x07"
REFUSED: Final = (2,)
MARKUP: Final = "<script>alert(1)</script>&\"'`${x}\\input{/etc/passwd}%_#]](javascript:0)|\n# a heading"

Write = Callable[[Path], list[str]]


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (48, 32), "red").save(file, "PNG")
    return file.getvalue()


def _with(caption: str, *options: str, name: str = "a.png") -> Write:
    """Return a writer of a picture that is explained with a caption."""

    def write(folder: Path) -> list[str]:
        (folder / name).write_bytes(_picture())
        return [EXPLAIN[0], *QUICK, name, caption, *options]

    return write


def _missing(name: str) -> Write:
    return lambda _: [*EXPLAIN, name, "a dog"]


def _arguments(*words: str) -> Write:
    return lambda _: list(words)


def _undecoded(folder: Path) -> list[str]:
    name = os.fsdecode(b"\xff\xfe.png")
    (folder / name).write_bytes(_picture())
    return [EXPLAIN[0], *QUICK, name, "a dog", "--out", f"{OUT}/a.json"]


def _list_of(*pairs: tuple[str, str], command: tuple[str, ...] = ("batch",)) -> Write:
    """Return a writer of a list of pairs, JSON lines, with a picture of each name that a file can have."""

    def write(folder: Path) -> list[str]:
        lines = []
        for name, caption in pairs:
            if "/" not in name and "\0" not in name and len(name) < 200:
                (folder / name).write_bytes(_picture())
            lines.append(json.dumps({"image": name, "caption": caption}))
        (folder / "pairs.jsonl").write_text("\n".join(lines))
        return [*command, "pairs.jsonl", *(QUICK if command == ("batch",) else ()), "--out", f"{OUT}/out"]

    return write


def _model_named(name: str) -> Write:
    def write(folder: Path) -> list[str]:
        (folder / name).mkdir()
        (folder / name / "open_clip_config.json").write_text('{"model_cfg": 3}')
        return [*EXPLAIN, "--sample", "1", "--model", name]

    return write


INPUTS: Final = (
    HostileInput("a caption with escapes", _with(f"a {RED}dog"), fast=True, codes=(0,)),
    HostileInput("a missing picture with escapes", _missing(f"{RED}.png"), True, REFUSED, r"\\x1b"),
    HostileInput("a folder of a model with escapes", _model_named(f"m{RED}"), True, REFUSED),
    HostileInput("a name of bytes that are no text", _undecoded, fast=True, codes=(0,)),
    HostileInput("a list with escapes", _list_of((f"a{RED}.png", f"dog {RED}"), (f"b{RED}", "gone")), fast=True),
    HostileInput("a name of 50,000 letters", _missing("x" * 50_000), True, REFUSED),
    HostileInput("an unknown option with escapes", _arguments("explain", f"--{RED}"), True, REFUSED),
    HostileInput("a caption with bytes that are no text", _with(os.fsdecode(b"a \xff dog")), True, REFUSED, "UTF-8"),
    HostileInput("a caption of markup, in SVG", _with(MARKUP, "--picture", f"{OUT}/a.svg"), fast=True, codes=(0,)),
    HostileInput("a caption of controls, in SVG", _with(f"\x01 dog {RED}", "--picture", f"{OUT}/a.svg"), codes=(0,)),
    HostileInput("a caption of mathematics, in PNG", _with("$\\frac{1}{$ dog $x^$", "--picture", f"{OUT}/a.png")),
    HostileInput("a caption of 20,000 words, in PDF", _with("dog " * 20_000, "--picture", f"{OUT}/a.pdf")),
    HostileInput("a caption of 90,000 letters, in PNG", _with("x" * 90_000, "--picture", f"{OUT}/a.png")),
    HostileInput("a caption of 3,000 lines, in PNG", _with("dog\n" * 3000, "--picture", f"{OUT}/a.png")),
    HostileInput("a caption of 90,000 letters, as JSON", _with("x" * 90_000, "--json")),
    HostileInput("a caption of combining marks", _with("e" + "\u0301" * 5000)),
    HostileInput("a caption that turns text around", _with("a \u202e dog \u2066 cat", "--json"), codes=(0,)),
    HostileInput("a caption of C1 controls, as JSON", _with("a \x9b31m dog", "--json"), codes=(0,)),
    HostileInput("a span with escapes", _with("a dog", "--span", f"{RED}"), codes=REFUSED),
    HostileInput("a box with escapes", _with("a dog", "--box", f"{RED}"), True, REFUSED),
    HostileInput("an option's value with escapes", _with("a dog", "--framing", f"{RED}"), codes=REFUSED),
    HostileInput("a number with escapes", _with("a dog", "--steps", f"3{RED}"), codes=REFUSED),
    HostileInput("a number of 5,000 digits", _with("a dog", "--steps", "9" * 5000), True, REFUSED),
    HostileInput("a model's name with escapes", _with("a dog", "--model", f"ViT{RED}"), codes=REFUSED),
    HostileInput("a tag with escapes", _with("a dog", "--model", "ViT-B-32", "--pretrained", RED), codes=REFUSED),
    HostileInput("a place to write with escapes", _with("a dog", "--out", f"{OUT}/{RED}/a.json"), codes=REFUSED),
    HostileInput("a written file with escapes", _with("a dog", "--out", f"{OUT}/a\n\x1b[2J.json"), codes=(0,)),
    HostileInput("an ending with escapes", _with("a dog", "--out", f"{OUT}/a.{RED}"), codes=REFUSED),
    HostileInput("a picture of another name", _with("a dog", name=f"{RED}\n.png"), codes=(0,)),
    HostileInput("a list of the same name", _list_of(("a.png", "dog"), ("a.png", "dog")), codes=(0,)),
    HostileInput("a list of long captions", _list_of(("a.png", "dog " * 5000), ("b.png", "x" * 60_000))),
    HostileInput(
        "a list of markup", _list_of(("a.png", MARKUP), (f"<b>{RED}.png", "dog"), command=("convert",)), codes=REFUSED
    ),
    HostileInput("a topic with escapes", _arguments("help", f"{RED}"), True, REFUSED),
    HostileInput("a cache limit of letters", _arguments("cache", "--limit", f"{RED}"), codes=REFUSED),
    HostileInput("a project that is missing", _arguments("report", f"{RED}.exclip", "--out", f"{OUT}/a.html"), False),
    HostileInput("findings that are missing", _arguments("import", f"{OUT}/a.exclip", f"{RED}.csv"), codes=REFUSED),
    HostileInput("a method with escapes", _arguments("map", "--sample", "1", "--method", RED), codes=REFUSED),
    HostileInput("a target with escapes", _arguments("map", "--device", "cpu", "--target", f"dog{RED}"), codes=(0,)),
    HostileInput("a metric with escapes", _arguments("evaluate", "--metrics", RED, "--out", f"{OUT}/s"), codes=REFUSED),
    HostileInput("a thousand arguments", _arguments("explain", *("dog",) * 1000), codes=REFUSED),
    HostileInput("an argument of NUL", _missing("a\0b.png"), True, REFUSED),
    HostileInput("no argument but a dash", _arguments("explain", "-"), codes=REFUSED),
    HostileInput("a device with escapes", _with("a dog", "--device", RED), True, REFUSED),
)
"""What arguments, names and captions may hold."""
