"""Hostile vocabularies: files of words that name the parts of a picture."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image

from tests.hostile.runner import HostileInput

QUICK: Final = ("--device", "cpu", "--quadrature", "gauss-legendre", "--steps", "2", "--no-cache")
RED: Final = "\x1b[31m\x1b]0;owned\x07"
READ: Final = (0,)
REFUSED: Final = (2,)
SPARSE_BYTES: Final = 1 << 30

Write = Callable[[Path], list[str]]


def _names(data: bytes, name: str = "words.txt") -> Write:
    """Return a writer of a picture and of a vocabulary that names its parts."""

    def write(folder: Path) -> list[str]:
        (folder / name).write_bytes(data)
        return _command(folder, name)

    return write


def _command(folder: Path, name: str) -> list[str]:
    Image.new("RGB", (48, 32), "red").save(folder / "a.png")
    return ["parts", *QUICK, "a.png", "--parts", "2", "--vocabulary", name]


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "words.txt")
    return _command(folder, "words.txt")


def _folder(folder: Path) -> list[str]:
    (folder / "words.txt").mkdir()
    return _command(folder, "words.txt")


def _sparse(folder: Path) -> list[str]:
    with open(folder / "words.txt", "wb") as file:
        file.truncate(SPARSE_BYTES)
    return _command(folder, "words.txt")


def _device(folder: Path) -> list[str]:
    return _command(folder, "/dev/zero")


INPUTS = (
    HostileInput("an empty vocabulary", _names(b""), True, REFUSED, "no two different words"),
    HostileInput("a vocabulary of one word", _names(b"dog\nDOG\n".lower()), codes=REFUSED),
    HostileInput("a vocabulary that is not UTF-8", _names(b"d\xf6g\ncat\n"), True, REFUSED, "not UTF-8"),
    HostileInput("a vocabulary in UTF-16", _names("dog\ncat\n".encode("utf-16")), codes=REFUSED),
    HostileInput("a vocabulary of escapes", _names(f"dog\ncat\n{RED}\n".encode()), True, READ, "left out"),
    HostileInput("a vocabulary of endless lines", _names(b"x" * 3_000_000 + b"\ndog\ncat\n"), True, READ, "left out"),
    HostileInput(
        "a vocabulary of a million words", _names(b"\n".join(b"%d" % n for n in range(600_000))), True, REFUSED
    ),
    HostileInput("a vocabulary of a gigabyte", _sparse, codes=REFUSED, says="is larger than"),
    HostileInput("a vocabulary that is a picture", _names(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), codes=REFUSED),
    HostileInput("a vocabulary that is a pipe", _pipe, True, REFUSED, "named pipe"),
    HostileInput("a vocabulary that is a folder", _folder, codes=REFUSED),
    HostileInput("a vocabulary that is a device", _device, codes=REFUSED, says="a device"),
    HostileInput("a vocabulary with escapes in its name", _names(b"dog\ncat\n", f"{RED}.txt"), codes=READ),
    HostileInput("a vocabulary of markup", _names(b"<script>alert(1)</script>\n=cmd|'/c calc'!A1\ndog\n"), codes=READ),
)
"""What a file of words may hold."""
