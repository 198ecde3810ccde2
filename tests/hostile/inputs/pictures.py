"""Hostile pictures: programs in place of pictures, bombs, damaged and endless files."""

import io
import os
import random
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, PngImagePlugin

from tests.hostile.runner import OUT, HostileInput

EXPLAIN: Final = ("explain", "--device", "cpu")
QUICK: Final = ("--device", "cpu", "--quadrature", "gauss-legendre", "--steps", "2")
REFUSED: Final = (2,)
POSTSCRIPT: Final = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(../canary/kept.txt) deletefile {} loop showpage\n"
)
MAGIC: Final = b"\x89PNG\r\n\x1a\n"
DAMAGED: Final = {
    **{"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif", "AVIF": "avif"},
    **{"JPEG2000": "jp2", "PPM": "ppm", "ICO": "ico", "TGA": "tga", "PCX": "pcx"},
}
"""Endings by Pillow's name of the format."""

Write = Callable[[Path], list[str]]


def _chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return struct.pack(">I", size) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return MAGIC + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def _sound(kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    values = np.random.default_rng(5).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    Image.fromarray(values).save(file, kind, **options)
    return file.getvalue()


def _explain(name: str, data: bytes | Callable[[], bytes]) -> Write:
    """Return a writer of a picture file that is explained."""

    def write(folder: Path) -> list[str]:
        (folder / name).write_bytes(data if isinstance(data, bytes) else data())
        return [*EXPLAIN, name, "a dog"]

    return write


def _zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def _icon(inner: bytes) -> bytes:
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22) + inner


def _tiff(*tags: tuple[int, int, int, int], data: bytes = b"", following: int = 0) -> bytes:
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + data


def make_pages(count: int) -> bytes:
    """Return a TIFF of so many pages of one pixel."""
    tags = ((256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (278, 1), (279, 1))
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    size = len(body) + 4
    starts = [16 + size * number for number in range(count)]
    links = [*starts[1:], 0]
    return b"II*\0\x10\0\0\0" + bytes(8) + b"".join(body + struct.pack("<I", link) for link in links)


def make_frames(count: int) -> bytes:
    """Return a GIF of so many frames of one pixel."""
    file = io.BytesIO()
    Image.new("P", (1, 1)).save(file, "GIF")
    start = file.getvalue().index(b",")
    return file.getvalue()[:start] + file.getvalue()[start:-1] * count + b";"


def _texts(count: int, size: int) -> bytes:
    """Return a PNG with so many compressed texts of ``size`` bytes."""
    text = b"Comment\0\0" + _zeros(size)
    return MAGIC + _sound()[8:33] + _chunk(b"zTXt", text) * count + _sound()[33:]


def _profile() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, "PNG", icc_profile=bytes(300 << 20))
    return file.getvalue()


def _nested_exif() -> bytes:
    exif = b"Exif\0\0" + _tiff((0x8769, 4, 1, 8), (0x112, 3, 0xFFFFFFFF, 6), following=8)
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + _sound("JPEG")[2:]


def _damaged(kind: str, seed: int) -> Write:
    """Return a writer of a sound file with a few bytes of its first kilobyte changed."""

    def change() -> bytes:
        draw = random.Random(seed)
        options = {"save_all": True, "append_images": [Image.new("RGB", (64, 48))]} if kind == "GIF" else {}
        data = bytearray(_sound(kind, **options))
        for _ in range(draw.choice((1, 3, 9))):
            data[draw.randrange(min(1000, len(data)))] = draw.choice((0, 127, 255, draw.randrange(256)))
        return bytes(data)

    return _explain(f"damaged.{DAMAGED[kind]}", change)


def _truncated(kind: str) -> Write:
    return _explain(f"cut.{DAMAGED[kind]}", lambda: (data := _sound(kind))[: len(data) * 2 // 3])


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "pipe.png")
    return [*EXPLAIN, "pipe.png", "a dog"]


def _socket(folder: Path) -> list[str]:
    before = os.getcwd()
    os.chdir(folder)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket.png")
    finally:
        os.chdir(before)
    return [*EXPLAIN, "socket.png", "a dog"]


def _link_to(target: str) -> Write:
    def write(folder: Path) -> list[str]:
        (folder / "link.png").symlink_to(target)
        return [*EXPLAIN, "link.png", "a dog"]

    return write


def _named(name: str) -> Write:
    return lambda _: [*EXPLAIN, name, "a dog"]


def _hostile_list(folder: Path) -> list[str]:
    """Write a folder of hostile pictures and a sound one, which is explained."""
    (folder / "pictures").mkdir()
    made = {"a.png": _sound(), "b.jpg": POSTSCRIPT, "c.png": _png(60_000, 60_000, _chunk(b"IDAT", _zeros(1 << 20)))}
    made |= {"d.png": _sound()[:900], "e.ico": _icon(_png(50_000, 50_000)), "f.tif": make_pages(3), "g.gif": b"GIF89a"}
    for name, data in made.items():
        (folder / "pictures" / name).write_bytes(data)
    os.mkfifo(folder / "pictures" / "h.png")
    lines = [f"{name},a dog" for name in (*made, "h.png")]
    (folder / "pictures" / "list.csv").write_text("\n".join(("image,caption", *lines)))
    return ["batch", "pictures/list.csv", *QUICK, "--out", f"{OUT}/batch"]


def _mask(folder: Path) -> list[str]:
    """Write a list whose mask is a program."""
    (folder / "a.png").write_bytes(_sound())
    (folder / "mask.png").write_bytes(POSTSCRIPT)
    (folder / "list.jsonl").write_text('{"image": "a.png", "caption": "a dog", "mask": "mask.png"}\n')
    options = ["--methods", "random", "--metrics", "pointing", "--deletion-steps", "2", "--masks", "3"]
    return ["evaluate", "list.jsonl", "--device", "cpu", *options, "--out", f"{OUT}/study"]


def _large(mode: str, **options: object) -> Write:
    """Return a writer of a picture of 25 megapixels in a deep mode."""

    def write(folder: Path) -> list[str]:
        Image.new(mode, (5000, 5000)).save(folder / "large.tif", **options)
        return [*EXPLAIN, *QUICK[2:], "large.tif", "a dog"]

    return write


def _metadata() -> bytes:
    facts = PngImagePlugin.PngInfo()
    facts.add_text("XML:com.adobe.xmp", "<a>" * 200_000)
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "PNG", pnginfo=facts)
    return file.getvalue()


INPUTS: Final = (
    HostileInput("PostScript named jpg", _explain("photo.jpg", POSTSCRIPT), True, REFUSED, "EPS"),
    HostileInput(
        "a header of 10,000 megapixels",
        _explain("bomb.png", lambda: _png(100_000, 100_000, _chunk(b"IDAT", _zeros(1 << 20)))),
        *(True, REFUSED, "megapixels"),
    ),
    HostileInput(
        "a chunk of 2 GB",
        _explain("absurd.png", _png(9, 9, _chunk(b"IDAT", b"x", length=0x7FFFFFFF))),
        *(True, REFUSED, "damaged"),
    ),
    HostileInput("a named pipe", _pipe, True, REFUSED, "named pipe"),
    HostileInput("a link to an endless device", _link_to("/dev/zero"), True, REFUSED, "device"),
    HostileInput("an icon of 2,500 megapixels", _explain("a.ico", _icon(_png(50_000, 50_000))), True, REFUSED, "icon"),
    HostileInput("100,000 pages", _explain("pages.tif", lambda: make_pages(100_000)), True, (0,), "many frames"),
    HostileInput("a profile of 300 MB", _explain("profile.png", _profile), True, REFUSED),
    HostileInput("a JPEG cut short", _truncated("JPEG"), True, REFUSED, "cut short"),
    HostileInput("a list of hostile pictures", _hostile_list, fast=True),
    HostileInput("a mask that is a program", _mask),
    HostileInput(
        "600,000 frames", _explain("frames.gif", lambda: make_frames(600_000)), codes=(0,), says="many frames"
    ),
    HostileInput("20,000 frames", _explain("frames.gif", lambda: make_frames(20_000)), codes=(0,), says="20000 frames"),
    HostileInput("a hundred texts of 10 MB", _explain("texts.png", lambda: _texts(100, 10 << 20)), codes=REFUSED),
    HostileInput("a text of 200 MB", _explain("text.png", lambda: _texts(1, 200 << 20)), codes=REFUSED),
    HostileInput("metadata that never ends", _explain("xmp.png", _metadata)),
    HostileInput("orientation that never ends", _explain("exif.jpg", _nested_exif)),
    HostileInput("more pixels than data", _explain("few.png", _png(9000, 9000, _chunk(b"IDAT", _zeros(99)))), False),
    HostileInput("no height", _explain("flat.png", _png(100, 0))),
    HostileInput("an unknown depth", _explain("depth.png", _png(9, 9, depth=77))),
    HostileInput(
        "a TIFF that repeats itself", _explain("loop.tif", _tiff((256, 4, 1, 9), (257, 4, 1, 9), following=8))
    ),
    HostileInput("a TIFF of 4 billion values", _explain("many.tif", _tiff((258, 3, 0xFFFFFFFF, 8), (256, 4, 1, 9)))),
    HostileInput(
        "a TIFF of 16,000 megapixels",
        _explain("wide.tif", _tiff((256, 4, 1, 0xFFFFFF), (257, 4, 1, 999), (262, 3, 1, 1))),
    ),
    HostileInput("an icon of 65,535 entries", _explain("many.ico", struct.pack("<HHH", 0, 1, 65535) + bytes(100))),
    HostileInput("an icon that points at itself", _explain("self.ico", _icon(b"")[:-4] + bytes(4))),
    HostileInput("PPM of a billion columns", _explain("wide.ppm", b"P6\n1000000000 1\n255\n"), codes=REFUSED),
    HostileInput("PPM of endless digits", _explain("digits.ppm", b"P6\n" + b"1" * 100_000), codes=REFUSED),
    HostileInput("an empty file", _explain("empty.png", b""), codes=REFUSED, says="empty"),
    HostileInput("a program", _explain("program.png", b"\x7fELF" + bytes(4000)), codes=REFUSED),
    HostileInput(
        "SVG that includes a file", _explain("a.svg", b'<svg><image href="file:///etc/passwd"/></svg>'), False
    ),
    HostileInput("an address", _named("https://example.invalid/a.png"), codes=REFUSED, says="address"),
    HostileInput("an address of a file", _named("file:///dev/zero"), codes=REFUSED, says="device"),
    HostileInput("the folder", _named("."), codes=REFUSED, says="folder"),
    HostileInput("a name of 5,000 letters", _named("x" * 5000), codes=REFUSED),
    HostileInput("the terminal", _named("/dev/tty"), codes=REFUSED),
    HostileInput("random numbers", _named("/dev/urandom"), codes=REFUSED, says="device"),
    HostileInput("the memory", _named("/proc/self/mem"), codes=REFUSED),
    HostileInput("a socket", _socket, codes=REFUSED),
    HostileInput("a link to itself", _link_to("link.png"), codes=REFUSED),
    HostileInput("25 megapixels of fractions", _large("F"), codes=(0,)),
    HostileInput("25 megapixels of 16 bits", _large("I;16"), codes=(0,)),
    *(
        HostileInput(f"{kind} cut short", _truncated(kind), codes=REFUSED)
        for kind in DAMAGED
        if kind not in ("ICO", "TGA")
    ),
    *(HostileInput(f"{kind} damaged, {seed}", _damaged(kind, seed)) for kind in DAMAGED for seed in range(2)),
)
"""What a picture file may hold in place of a picture."""
