"""Decodes picture files by Pillow: allowed formats, orientation, and values of any depth as RGB."""

import importlib.util
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
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.storage.archives import InputFile

FORMATS: Final = (
    *("PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO", "TGA", "PCX"),
    *("HEIF",),
)
"""The only formats that are opened. Others act on opening: Pillow gives EPS to Ghostscript, which runs programs."""
UNREAD: Final = (
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"%!PS", "EPS"),
    (b"%PDF", "PDF"),
    (b"8BPS", "Photoshop"),
)
HEIF_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
TEXT_LIMIT_BYTES: Final = (
    256 << 20
)  # of a PNG's texts and colour profile; Pillow's own is 1 MB, which sound files exceed
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
BLOCK_ROWS: Final = 256
DEPTHS: Final = (255, 4095, 65535)  # of 8, 12 and 16 bits

Pixels = NDArray[np.uint8]


@contextmanager
def open_image(file: InputFile, name: str) -> Iterator[Image.Image]:
    """Open a picture of one of ``FORMATS``; its pixels are not decoded yet.

    Raises:
        PictureError: the file has another format, and the message names it.
        OSError, SyntaxError, ValueError: it is damaged.

    """
    head = file.read(512)
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
    kind = next((kind for start, kind in UNREAD if head.startswith(start)), "SVG" if b"<svg" in head else "")
    if kind:
        return PictureError(f"{name} is a {kind} file, which this program does not read.", "Convert it to PNG or JPEG.")
    return PictureError(f"This file is not a picture that this program reads: {name}.", "Convert it to PNG or JPEG.")


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


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of an opened picture that is not decoded yet, after its turn."""
    size = image.size
    if isinstance(image, TiffImagePlugin.TiffImageFile):  # recent versions of Pillow swap it already
        size = (image.tag_v2[ExifTags.Base.ImageWidth], image.tag_v2[ExifTags.Base.ImageLength])
    return (size[1], size[0]) if _turn_of(image) in SIDEWAYS else size


def decode_upright(image: Image.Image) -> Image.Image:
    """Decode a picture and turn it upright.

    It is decoded before its orientation is read: Pillow turns TIFF itself while it decodes, and reading the orientation
    of a damaged PNG would decode it, and hide the error from whoever decodes it again.
    """
    image.load()
    turn = _turn_of(image)
    return image if turn is None else image.transpose(turn)


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    """Return the turn that EXIF orders; None where there is none, or where EXIF cannot be read."""
    try:
        return TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, SyntaxError, TypeError, ValueError, KeyError, struct.error):
        return None


def to_rgb(image: Image.Image, name: str) -> tuple[Pixels, tuple[str, ...]]:
    """Return a decoded picture as RGB, uint8 (H, W, 3), with notes on how its values were read."""
    if image.mode.startswith("I") or image.mode == "F":
        return _scale_values(np.asarray(image), name)
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.asarray(image.convert("RGB")), ()


def _scale_values(values: NDArray[Any], name: str) -> tuple[Pixels, tuple[str, ...]]:
    """Return values of more than 8 bits as grey, by what they are: fractions, or integers of 8, 12, 16 or more bits."""
    finite = np.isfinite(values) if values.dtype.kind == "f" else None
    lost = 0 if finite is None else int(values.size - np.count_nonzero(finite))
    if lost:
        assert finite is not None
        values = np.where(finite, values, values[finite].min() if lost < values.size else 0)
    low, high = float(values.min()), float(values.max())
    start, top, note = _range_of(low, high, is_float=finite is not None)
    grey = np.empty(values.shape, np.uint8)
    for row in range(0, len(values), BLOCK_ROWS):  # 100 megapixels as float64 would take 0.8 GB
        block = (values[row : row + BLOCK_ROWS].astype(np.float64) - start) / (top - start)
        grey[row : row + BLOCK_ROWS] = (np.clip(block, 0, 1) * 255).round()
    notes = [f"{name} has values from {low:g} to {high:g}; {note}."] if note else []
    if lost:
        notes.append(f"{name} has {format_count(lost, 'pixel')} without a number, which are shown dark.")
    return np.repeat(grey[..., None], 3, axis=2), tuple(notes)


def _range_of(low: float, high: float, *, is_float: bool) -> tuple[float, float, str]:
    """Return the values that become black and white, and a note where they are not those of 16 bits."""
    if is_float and low >= 0 and high <= 1:
        return 0, 1, ""
    depth = next((depth for depth in DEPTHS if high <= depth), None)
    if low >= 0 and depth is not None:
        bits = depth.bit_length()
        return 0, depth, "" if bits == 16 and not is_float else f"they are read as {bits} bits"
    return low, high if high > low else low + 1, "the lowest is black, the highest white"
