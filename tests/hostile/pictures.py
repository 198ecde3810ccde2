"""Hostile pictures: programs in place of pictures, bombs, damaged and endless files."""

import os
import struct
import zlib
from pathlib import Path
from typing import Final

from tests.hostile.runner import HostileInput

EXPLAIN: Final = ("explain", "--device", "cpu")
REFUSED: Final = (2,)
POSTSCRIPT: Final = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(../canary/kept.txt) deletefile {} loop showpage\n"
)


def _chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return struct.pack(">I", size) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def _postscript(folder: Path) -> list[str]:
    (folder / "photo.jpg").write_bytes(POSTSCRIPT)
    return [*EXPLAIN, "photo.jpg", "a dog"]


def _bomb(folder: Path) -> list[str]:
    (folder / "bomb.png").write_bytes(_png(100_000, 100_000, _chunk(b"IDAT", zlib.compress(bytes(1 << 20)))))
    return [*EXPLAIN, "bomb.png", "a dog"]


def _absurd_chunk(folder: Path) -> list[str]:
    (folder / "absurd.png").write_bytes(_png(9, 9, _chunk(b"IDAT", b"x", length=0x7FFFFFFF)))
    return [*EXPLAIN, "absurd.png", "a dog"]


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "pipe.png")
    return [*EXPLAIN, "pipe.png", "a dog"]


INPUTS: Final = (
    HostileInput("PostScript named jpg", _postscript, fast=True, codes=REFUSED, says="EPS"),
    HostileInput("a header of 10,000 megapixels", _bomb, fast=True, codes=REFUSED, says="megapixels"),
    HostileInput("a chunk of 2 GB", _absurd_chunk, fast=True, codes=REFUSED, says="damaged"),
    HostileInput("a named pipe", _pipe, fast=True, codes=REFUSED),
)
"""What a picture file may hold in place of a picture."""
