"""Decodes picture files by Pillow: allowed formats, orientation, and values of any depth as RGB."""

import importlib.util
import math
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.free_memory import free_of_computer
from exclip_desktop.core.text.number_format import format_count, format_memory
from exclip_desktop.storage.archives import InputFile

FORMATS: Final = (
    *("PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO", "TGA", "PCX"),
    *("HEIF",),
)
"""The only formats that are opened. Others act on opening: Pillow gives EPS to Ghostscript, which runs programs."""
UNREAD: Final = (
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL file"),
    (b"%!PS", "an EPS file"),
    (b"%PDF", "a PDF file"),
    (b"8BPS", "a Photoshop file"),
    (b"<!DOCTYPE html", "a web page"),
    (b"<html", "a web page"),
    (b"version https://git-lfs", "a Git LFS pointer"),
)
HEIF_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
TEXT_LIMIT_BYTES: Final = 64 << 20  # of a PNG's texts and colour profile; Pillow's 1 MB is less than sound files have
TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → how to turn the picture upright."""
SIDEWAYS: Final = (TURNS[5], TURNS[6], TURNS[7], TURNS[8])
HALF_TURNS: Final = (Image.Transpose.ROTATE_180, Image.Transpose.TRANSVERSE)
BAND_PIXELS: Final = 2**22
DECODED_BYTES: Final = {"WEBP": 16}  # a pixel, in memory while a picture is decoded; of other formats:
USUAL_BYTES: Final = 4
RGB_BYTES: Final = 3
CHECKED_PIXELS: Final = 10**7  # of a picture that is read without a look at the free memory
COUNTED_GIF_BYTES: Final = 8 << 20  # read in at most 3 s, however short its frames are
MOST_PAGES: Final = 500
ICON_PIXELS: Final = 4096 * 4096
ICON_ENTRY: Final = struct.Struct("<12xI")
DEPTHS: Final = (255, 4095, 65535)  # of 8, 12 and 16 bits
PILLOW_ERRORS: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, TypeError, AttributeError, LookupError, ArithmeticError),
    *(struct.error, RuntimeError, AssertionError),
)
"""What Pillow raises on damaged files."""

Pixels = NDArray[np.uint8]


@contextmanager
def open_image(file: InputFile, name: str) -> Iterator[Image.Image]:
    """Open a picture of one of ``FORMATS``; its pixels are not decoded yet.

    Raises:
        PictureError: the file has another format, and the message names it.
        OSError, SyntaxError, ValueError: it is damaged.

    """
    head = file.read(512)
    _refuse_icon_bomb(file, head, name)
    file.seek(0)
    with _own_limits():
        try:
            image = Image.open(file, formats=_known_formats())
        except UnidentifiedImageError as error:
            raise _unread_error(head, name) from error
        with image:
            yield image


def _unread_error(head: bytes, name: str) -> PictureError:
    """Return the error of a file that is no picture of ``FORMATS``."""
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return PictureError(
            f"{name} is a HEIC picture, which needs pillow-heif.",
            'Install it: pip install "exclip-desktop[heif]". Or convert the picture to PNG or JPEG.',
        )
    is_svg = b"<svg" in head or (name.lower().endswith(".svg") and head.lstrip().startswith(b"<"))
    kind = next((kind for start, kind in UNREAD if head.startswith(start)), "an SVG file" if is_svg else "")
    if kind in ("a web page", "a Git LFS pointer"):
        return PictureError(f"{name} is {kind}, not a picture.", "Fetch the picture itself.")
    if kind:
        return PictureError(f"{name} is {kind}, which this program does not read.", "Convert it to PNG or JPEG.")
    return PictureError(f"This file is not a picture that this program reads: {name}.", "Convert it to PNG or JPEG.")


def _refuse_icon_bomb(file: InputFile, head: bytes, name: str) -> None:
    """Refuse an icon that holds a larger picture than its own header can say; Pillow would decode it on opening."""
    if not head.startswith(b"\0\0\1\0"):
        return
    for number in range(min(int.from_bytes(head[4:6], "little"), (len(head) - 6) // ICON_ENTRY.size)):
        file.seek(ICON_ENTRY.unpack_from(head, 6 + number * ICON_ENTRY.size)[0])
        inner = file.read(24).ljust(24, b"\0")
        is_png = inner.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", inner[16:]) if is_png else struct.unpack("<ii", inner[4:12])
        if abs(width * height) > ICON_PIXELS:
            raise PictureError(f"{name} is an icon of {abs(width)} × {abs(height)} pixels.", "Convert it to PNG.")


class _Limits:
    """Pillow's limits, which are global: raised while any thread reads, and restored by the last one."""

    lock, readers = threading.Lock(), 0
    before: tuple[Any, int, int] = (None, 0, 0)


@contextmanager
def _own_limits() -> Iterator[None]:
    """Raise Pillow's limits: pixels are counted from the header, before any is decoded."""
    with _Limits.lock:
        if _Limits.readers == 0:
            _Limits.before = (
                Image.MAX_IMAGE_PIXELS,
                PngImagePlugin.MAX_TEXT_CHUNK,
                PngImagePlugin.MAX_TEXT_MEMORY,
            )
            _set_limits(None, TEXT_LIMIT_BYTES, TEXT_LIMIT_BYTES)
        _Limits.readers += 1
    try:
        yield
    finally:
        with _Limits.lock:
            _Limits.readers -= 1
            if _Limits.readers == 0:
                _set_limits(*_Limits.before)


def _set_limits(pixels: int | None, text_chunk: int, text_memory: int) -> None:
    Image.MAX_IMAGE_PIXELS = pixels
    PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY = text_chunk, text_memory


@lru_cache(maxsize=1)
def _known_formats() -> tuple[str, ...]:
    """Return those of ``FORMATS`` that this computer can open; HEIC needs pillow-heif."""
    Image.init()
    if importlib.util.find_spec("pillow_heif") is not None:
        importlib.import_module("pillow_heif").register_heif_opener()
    return tuple(one for one in FORMATS if one in Image.OPEN)


def count_frames(image: Image.Image) -> int | None:
    """Return how many frames a picture has; None for several that would take long to count.

    Pillow reads every frame of a GIF, and of a TIFF compares each with all before it.
    """
    if not getattr(image, "is_animated", False):
        return 1
    file = getattr(image, "fp", None)
    if image.format == "GIF" and file is not None and file.seek(0, os.SEEK_END) > COUNTED_GIF_BYTES:
        return None
    try:
        return _count_pages(image) if image.format == "TIFF" else int(image.n_frames)  # type: ignore[attr-defined]
    finally:
        image.seek(0)


def _count_pages(image: Image.Image) -> int | None:
    for page in range(1, MOST_PAGES):
        try:
            image.seek(page)
        except EOFError:
            return page
    return None


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of an opened picture that is not decoded yet, after its turn."""
    size = image.size
    if isinstance(image, TiffImagePlugin.TiffImageFile):  # recent versions of Pillow swap it already
        size = (image.tag_v2[ExifTags.Base.ImageWidth], image.tag_v2[ExifTags.Base.ImageLength])
    return (size[1], size[0]) if _turn_of(image) in SIDEWAYS else size


def decode_rgb(image: Image.Image, name: str) -> tuple[Pixels, tuple[str, ...]]:
    """Decode a picture; return it upright as RGB, uint8 (H, W, 3), with notes on how its values were read.

    It is converted and turned in bands of rows: a picture of 100 megapixels takes 0.4 GB decoded and 0.3 GB as RGB, and
    every copy between them would take as much again.

    It is decoded before its orientation is read: Pillow turns TIFF itself while it decodes, and reading the orientation
    of a damaged PNG would decode it, and hide the error from whoever decodes it again.
    """
    _check_memory(image, name)
    image.load()
    return _to_rgb(image, name, _turn_of(image))


def decode_thumbnail(image: Image.Image, name: str, side_px: int) -> Pixels:
    """Decode a picture; return it upright as RGB, at most ``side_px`` along its longer side."""
    _check_memory(image, name)
    image.load()
    turn = _turn_of(image)
    upright = image if turn is None else image.transpose(turn)
    upright.thumbnail((side_px, side_px))
    return _to_rgb(upright, name, None)[0]


def _check_memory(image: Image.Image, name: str) -> None:
    """Refuse a large picture that does not fit into the free memory, before it is decoded."""
    pixels = image.width * image.height
    if pixels <= CHECKED_PIXELS:
        return
    needed = pixels * (DECODED_BYTES.get(image.format or "", USUAL_BYTES) + RGB_BYTES)
    free = free_of_computer()
    if free is not None and needed > free:
        raise PictureError(
            f"Reading {name} takes about {format_memory(needed)} of memory, and {format_memory(free)} is free.",
            "Close other programs, or shrink the picture first.",
        )


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    """Return the turn that EXIF orders; None where there is none, or where EXIF cannot be read."""
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except PILLOW_ERRORS:
        return None


def _to_rgb(image: Image.Image, name: str, turn: Image.Transpose | None) -> tuple[Pixels, tuple[str, ...]]:
    turned = (image.width, image.height) if turn in SIDEWAYS else (image.height, image.width)
    upright = np.empty((*turned, 3), np.uint8)
    pixels = _before_turn(upright, turn)
    if image.mode.startswith("I") or image.mode == "F":
        return upright, _scale_values(image, name, pixels)
    is_clear = "A" in image.mode or "a" in image.mode or "transparency" in image.info
    for start, band in _bands(image):
        pixels[start : start + band.height] = np.asarray((_lay_on_white(band) if is_clear else band).convert("RGB"))
    return upright, ()


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield bands of rows of a decoded picture, each with its first row."""
    rows = max(1, BAND_PIXELS // image.width)
    if image.height <= rows:
        yield 0, image
        return
    for start in range(0, image.height, rows):
        yield start, image.crop((0, start, image.width, min(start + rows, image.height)))


def _before_turn(upright: Pixels, turn: Image.Transpose | None) -> Pixels:
    """Return a view of an upright picture in the rows and columns that it had before its turn."""
    view = upright.swapaxes(0, 1) if turn in SIDEWAYS else upright
    if turn in (Image.Transpose.FLIP_TOP_BOTTOM, *HALF_TURNS, Image.Transpose.ROTATE_270):
        view = view[::-1]
    if turn in (Image.Transpose.FLIP_LEFT_RIGHT, *HALF_TURNS, Image.Transpose.ROTATE_90):
        view = view[:, ::-1]
    return view


def _lay_on_white(band: Image.Image) -> Image.Image:
    layer = band.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)


def _scale_values(image: Image.Image, name: str, pixels: Pixels) -> tuple[str, ...]:
    """Write values of more than 8 bits as grey, by what they are: fractions, or integers of 8, 12, 16 or more bits."""
    is_float, low, high, lost = image.mode == "F", math.inf, -math.inf, 0
    for _, band in _bands(image):
        values = np.asarray(band)
        values = values[np.isfinite(values)] if is_float else values
        lost += band.width * band.height - values.size
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low > high:  # no value is finite
        low = high = 0.0
    start, top, note = _range_of(low, high, is_float=is_float)
    for row, band in _bands(image):
        values = np.asarray(band)
        if lost:
            values = np.where(np.isfinite(values), values, low)
        block = (values.astype(np.float64) - start) / (top - start)
        pixels[row : row + band.height] = (np.clip(block, 0, 1) * 255).round().astype(np.uint8)[..., None]
    notes = [f"{name} has values from {low:g} to {high:g}; {note}."] if note else []
    if lost:
        notes.append(f"{name} has {format_count(lost, 'pixel')} without a number, which are shown dark.")
    return tuple(notes)


def _range_of(low: float, high: float, *, is_float: bool) -> tuple[float, float, str]:
    """Return the values that become black and white, and a note where they are not those of 16 bits."""
    if is_float and low >= 0 and high <= 1:
        return 0, 1, ""
    depth = next((depth for depth in DEPTHS if high <= depth), None)
    if low >= 0 and depth is not None:
        bits = depth.bit_length()
        return 0, depth, "" if bits == 16 and not is_float else f"they are read as {bits} bits"
    return low, high if high > low else low + 1, "the lowest is black, the highest white"
