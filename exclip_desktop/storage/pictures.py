"""Reads pictures of any kind Pillow knows into upright RGB."""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from exclip_desktop.core.argument_checks import as_numbers, short_repr
from exclip_desktop.core.errors import ListError, PictureError, Remedy, SettingsError
from exclip_desktop.core.inputs.regular_files import InputKind, open_regular
from exclip_desktop.core.paths import expand_home, is_address, is_dir, is_file_address, path_of_file_address
from exclip_desktop.storage.archives import InputFile, archive_of, has_input, open_input
from exclip_desktop.storage.picture_decoding import (
    PILLOW_ERRORS,
    Pixels,
    count_frames,
    decode_rgb,
    decode_thumbnail,
    open_image,
    upright_size,
)

DEFAULT_MEGAPIXELS = 100.0
PICTURE_FILE: Final = InputKind("picture file", 4_000_000_000)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Picture:
    """An upright RGB picture, uint8 (H, W, 3), with notes on how it was read; equal only to itself."""

    pixels: Pixels
    notes: tuple[str, ...] = ()


def read_picture(
    source: str | Path | Image.Image | Pixels | Picture, max_megapixels: float = DEFAULT_MEGAPIXELS
) -> Picture:
    """Read a picture file, a PIL image or an HWC uint8 array; a ``Picture`` is returned unchanged.

    EXIF rotation is applied, transparency is laid on white, 16-bit and CMYK are converted, the first frame of an
    animation is used, with a note.

    Raises:
        PictureError: the file is missing, not a picture, damaged, or larger than ``max_megapixels``.

    """
    if isinstance(source, Picture):
        return source
    if as_numbers((max_megapixels,), 1) is None:
        raise SettingsError(f"{short_repr(max_megapixels)} is no number of megapixels.", Remedy.CHOOSE_MEGAPIXELS)
    if isinstance(source, np.ndarray):
        return Picture(_checked_array(source, max_megapixels))
    if isinstance(source, Image.Image):
        with _convert_errors("the picture"):
            return _read(source, max_megapixels, "The picture")
    path = _picture_file(source)
    with (
        _convert_errors(path.name),
        _open_picture(path) as file,
        open_image(_refuse_empty(file, path), path.name) as image,
    ):
        return _read(image, max_megapixels, path.name)


def read_picture_size(path: Path) -> tuple[int, int]:
    """Return width and height of a picture file, upright, from its header.

    Raises:
        PictureError: the file is missing, or not a picture.

    """
    source = _picture_file(path)
    with _convert_errors(path.name), _open_picture(source) as file, open_image(file, path.name) as image:
        return upright_size(image)


def read_thumbnail(path: Path, side_px: int) -> Pixels | None:
    """Return a picture file shrunk to at most ``side_px`` along its longer side; None where it cannot be read.

    A JPEG is decoded no larger than needed.
    """
    try:
        with _open_picture(path) as file, open_image(file, path.name) as image:
            if image.width * image.height > DEFAULT_MEGAPIXELS * 1e6:
                return None
            image.draft("RGB", (2 * side_px, 2 * side_px))
            return decode_thumbnail(image, path.name, side_px)
    except Exception:  # any error of Pillow: no thumbnail; opening the pair reports the error
        return None


def _picture_file(source: object) -> Path:
    """Return the path of a picture file; raise ``PictureError`` for anything else."""
    if not isinstance(source, str | Path):
        raise PictureError(f"{short_repr(source)} is no picture.", "Give a path, a PIL image or an array of pixels.")
    if is_address(source):
        address = re.sub(":/+", "://", str(source), count=1)  # a Path has made one slash of two
        raise PictureError(
            f"{address} is an address, and this program does not use the network for pictures.",
            "Save the picture to a file, and give that.",
        )
    path = Path(path_of_file_address(source)) if is_file_address(source) else expand_home(source)
    if not str(source).strip():
        raise PictureError("The name of the picture is empty.", "Give the path of a picture file.")
    if is_dir(path):
        raise PictureError(f"{path} is a folder, not a picture.", "Give one of the pictures in it.")
    if not has_input(path) and not os.path.exists(path):
        raise PictureError(f"There is no picture {path}.", "Check the path.")
    return path


def _open_picture(path: Path) -> InputFile:
    """Open a picture in an archive, or a regular file: a named pipe or a device raises ``PictureError``."""
    return open_regular(path, PICTURE_FILE, PictureError) if archive_of(path) is None else open_input(path)


def _refuse_empty(file: InputFile, path: Path) -> InputFile:
    if not file.read(1):
        raise PictureError(f"This file is empty: {path.name}.", "Fetch or save it again.")
    file.seek(0)
    return file


def picture_sha256(path: Path) -> str:
    """Return the SHA-256 of a picture's file, by which a finding recognises it; empty where it cannot be read."""
    try:
        with open_input(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ListError):  # the second: of a damaged archive
        return ""


@contextmanager
def _convert_errors(name: str) -> Iterator[None]:
    """Turn Pillow's errors into ``PictureError``."""
    try:
        yield
    except PermissionError as error:
        raise PictureError(
            f"This file cannot be read: {name}. Permission was denied.", "Ask for permission, or copy it."
        ) from error
    except PILLOW_ERRORS as error:
        raise PictureError(f"This picture is damaged or cut short: {name}.", "Fetch or save it again.") from error


def _read(image: Image.Image, limit: float, name: str) -> Picture:
    _check_size(image.width, image.height, limit, name)
    notes = []
    frames = count_frames(image)
    if frames != 1:
        notes.append(f"{name} has {frames or 'many'} frames; the first is used.")
    pixels, more = decode_rgb(image, name)
    return Picture(pixels, (*notes, *more))


def _check_size(width: int, height: int, limit: float, name: str) -> None:
    megapixels = width * height / 1e6
    if megapixels > limit:
        raise PictureError(
            f"{name} has {megapixels:.0f} megapixels; the limit is {limit:g}.",
            Remedy.SHRINK_PICTURE,
        )


def _checked_array(pixels: Pixels, limit: float) -> Pixels:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or 0 in pixels.shape:
        raise PictureError(
            f"The array has shape {pixels.shape} and type {pixels.dtype}.",
            "Give an RGB picture of shape (height, width, 3) and type uint8.",
        )
    _check_size(pixels.shape[1], pixels.shape[0], limit, "The array")
    return pixels
