"""Reads pictures of any kind Pillow knows into upright RGB."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from exclip_desktop.core.errors import PictureError

DEFAULT_MEGAPIXELS = 100.0
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright RGB picture, uint8 (H, W, 3), and what a person should know of how it was read."""

    pixels: Pixels
    notes: tuple[str, ...] = ()


def read_picture(source: str | Path | Image.Image | Pixels, max_megapixels: float = DEFAULT_MEGAPIXELS) -> Picture:
    """Read a picture file, a PIL image or an HWC uint8 array.

    EXIF rotation is applied, transparency is laid on white, 16-bit and CMYK are converted, of an animation the first
    frame is taken, and said.

    Raises:
        PictureError: there is no such file, it is no picture, it is damaged, or larger than ``max_megapixels``.

    """
    if isinstance(source, np.ndarray):
        return Picture(_checked_array(source))
    if isinstance(source, Image.Image):
        return _converted(source, max_megapixels, "The picture")
    path = Path(source).expanduser()
    if not path.is_file():
        raise PictureError(f"There is no picture {path}.", "Check the path.")
    if path.stat().st_size == 0:
        raise PictureError(f"This file is empty: {path.name}.", "Fetch or save it again.")
    try:
        with _own_limit(), Image.open(path) as image:
            return _converted(image, max_megapixels, path.name)
    except UnidentifiedImageError as error:
        raise PictureError(
            f"This file is not a picture Pillow can read: {path.name}.", "Convert it to PNG or JPEG."
        ) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PictureError(f"This picture is damaged or cut short: {path.name}.", "Fetch or save it again.") from error


@contextmanager
def _own_limit() -> Iterator[None]:
    """Set Pillow's limit on pixels aside: ours is checked from the header, before any pixel is decoded."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _converted(image: Image.Image, limit: float, name: str) -> Picture:
    megapixels = image.width * image.height / 1e6
    if megapixels > limit:
        raise PictureError(
            f"{name} has {megapixels:.0f} megapixels; the limit is {limit:g}.",
            "Shrink it, or raise the limit (--max-megapixels).",
        )
    notes = []
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        image.seek(0)
        notes.append(f"{name} has {frames} frames; the first is used.")
    upright = ImageOps.exif_transpose(image)
    return Picture(np.asarray(_rgb(upright)), tuple(notes))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if image.mode.startswith("I") else max(1.0, float(values.max()))
        return Image.fromarray((np.clip(values / top, 0, 1) * 255).round().astype(np.uint8)).convert("RGB")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _checked_array(pixels: Pixels) -> Pixels:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or 0 in pixels.shape:
        raise PictureError(
            f"The array has shape {pixels.shape} and type {pixels.dtype}.",
            "Give an RGB picture of shape (height, width, 3) and type uint8.",
        )
    return pixels
