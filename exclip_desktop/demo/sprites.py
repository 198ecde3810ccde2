"""Pictures of single things (emoji, painted emoji, drawn shapes) and backgrounds that look the same at every size."""

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from exclip_desktop.core.errors import UserError
from exclip_desktop.demo.vocabulary import COLOURS, OBJECTS, PAINTABLE, SHAPES

FONT_PLACES = (
    Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/noto/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf"),
    Path("/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf"),
    Path("/usr/local/share/fonts/NotoColorEmoji.ttf"),
    Path.home() / ".local/share/fonts/NotoColorEmoji.ttf",
)
STRIKE_PX = 109  # the one size of the font's bitmap strike
SHAPE_PX = 256


def emoji_font() -> Path | None:
    """Return the path of Noto Color Emoji on this computer, or None."""
    return next((path for path in FONT_PLACES if path.is_file()), None)


def sprite(noun: str, colour: str | None, side_px: int) -> Image.Image:
    """Return the thing as a straight-alpha RGBA picture whose longer side is ``side_px``, cropped to its visible part.

    Raises:
        UserError: the font that holds the emoji is not installed.

    """
    return _sized(noun, colour, side_px)


@lru_cache(maxsize=8192)
def _sized(noun: str, colour: str | None, side_px: int) -> Image.Image:
    full = _full(noun, colour)
    scale = side_px / max(full.size)
    size = (max(1, round(full.width * scale)), max(1, round(full.height * scale)))
    # Premultiplied while resampling, so that transparent pixels do not colour the edge.
    return full.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")


@lru_cache(maxsize=1024)
def _full(noun: str, colour: str | None) -> Image.Image:
    if noun in SHAPES:
        return _shape(noun, COLOURS[colour or "red"])
    picture = _emoji(OBJECTS[noun] if noun in OBJECTS else PAINTABLE[noun])
    return _painted(picture, COLOURS[colour]) if colour else picture


def _emoji(character: str) -> Image.Image:
    path = emoji_font()
    if path is None:
        raise UserError(
            "The font Noto Color Emoji is not installed, so scenes cannot be drawn.",
            "Install it (Debian, Ubuntu: apt install fonts-noto-color-emoji) and try again.",
        )
    font = ImageFont.truetype(str(path), STRIKE_PX)
    canvas = Image.new("RGBA", (2 * STRIKE_PX, 2 * STRIKE_PX))
    ImageDraw.Draw(canvas).text((20, 20), character, font=font, embedded_color=True)
    return canvas.crop(canvas.getbbox())


def _painted(picture: Image.Image, rgb: tuple[int, int, int]) -> Image.Image:
    """Give every saturated pixel the colour's hue and saturation, keeping its own shading."""
    pixels = np.asarray(picture, dtype=np.float64)
    colours = pixels[..., :3]
    high, low = colours.max(-1), colours.min(-1)
    saturation = (high - low) / np.maximum(high, 1.0)
    share = np.clip((saturation - 0.25) / 0.2, 0.0, 1.0)[..., None]
    typical = np.median(high[(saturation > 0.45) & (pixels[..., 3] > 128)])
    shade = (high / typical)[..., None]
    target = np.array(rgb, dtype=np.float64)
    painted = np.where(shade <= 1, target * shade, target + (255 - target) * np.clip(shade - 1, 0, 1))
    pixels[..., :3] = share * painted + (1 - share) * colours
    return Image.fromarray(np.clip(pixels, 0, 255).round().astype(np.uint8), "RGBA")


def _shape(noun: str, rgb: tuple[int, int, int]) -> Image.Image:
    canvas = Image.new("RGBA", (SHAPE_PX, SHAPE_PX), (*rgb, 0))
    draw = ImageDraw.Draw(canvas)
    edge = tuple(int(channel * 0.7) for channel in rgb)
    _DRAW[noun](draw, (*rgb, 255), (*edge, 255))
    return canvas.crop(canvas.getbbox())


Ink: TypeAlias = tuple[int, ...]


def _circle(draw: ImageDraw.ImageDraw, fill: Ink, edge: Ink) -> None:
    draw.ellipse((4, 4, SHAPE_PX - 5, SHAPE_PX - 5), fill=fill, outline=edge, width=10)


def _square(draw: ImageDraw.ImageDraw, fill: Ink, edge: Ink) -> None:
    draw.rectangle((12, 12, SHAPE_PX - 13, SHAPE_PX - 13), fill=fill, outline=edge, width=10)


def _triangle(draw: ImageDraw.ImageDraw, fill: Ink, edge: Ink) -> None:
    draw.polygon([(SHAPE_PX // 2, 10), (SHAPE_PX - 8, SHAPE_PX - 16), (8, SHAPE_PX - 16)], fill, edge, 10)


def _star(draw: ImageDraw.ImageDraw, fill: Ink, edge: Ink) -> None:
    half = SHAPE_PX / 2
    radii = [half - 4 if k % 2 == 0 else half * 0.48 for k in range(10)]
    turns = [math.pi * (k / 5 - 0.5) for k in range(10)]
    points = [(half + r * math.cos(t), half + 8 + r * math.sin(t)) for r, t in zip(radii, turns, strict=True)]
    draw.polygon(points, fill, edge, 10)


_DRAW: dict[str, Callable[[ImageDraw.ImageDraw, Ink, Ink], None]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
}


Rgb = tuple[float, float, float]


def background(place: str, size_px: int, rng: np.random.Generator) -> Image.Image:
    """Return an RGB picture, ``size_px`` square, of ``place`` (a key of ``vocabulary.PLACES``)."""
    rows = _PAINT[place](np.linspace(0.0, 1.0, size_px, dtype=np.float32), rng)
    grain = _noise(rng, 6, size_px) * 8 + _noise(rng, 40, size_px) * (11 if place in ("grass", "water") else 5)
    pixels = rows[:, None, :] + grain[..., None]
    if place == "night":
        pixels += _speckles(rng, size_px, 26)[..., None] * 200
    if place == "snow":
        pixels += _speckles(rng, size_px, 34)[..., None] * 60
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _noise(rng: np.random.Generator, cells: int, size_px: int) -> np.ndarray:
    coarse = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((size_px, size_px), Image.Resampling.BICUBIC))


def _speckles(rng: np.random.Generator, size_px: int, count: int) -> np.ndarray:
    layer = np.zeros((size_px, size_px), np.float32)
    spots = rng.random((count, 3))
    for across, down, light in spots:
        side = max(1, round(size_px * (0.006 + 0.008 * light)))
        x, y = int(across * size_px), int(down * size_px)
        layer[y : y + side, x : x + side] = 0.5 + 0.5 * light
    return layer


def _blend(t: np.ndarray, *stops: tuple[float, Rgb]) -> np.ndarray:
    at = [stop[0] for stop in stops]
    return np.stack([np.interp(t, at, [stop[1][c] for stop in stops]) for c in range(3)], axis=-1).astype(np.float32)


def _jitter(rng: np.random.Generator, rgb: Rgb, by: float) -> Rgb:
    shift = rng.uniform(-by, by, 3)
    return (rgb[0] + shift[0], rgb[1] + shift[1], rgb[2] + shift[2])


def _grass(t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    horizon = rng.uniform(0.12, 0.4)
    sky, far, near = (_jitter(rng, c, 12) for c in ((190, 220, 240), (135, 185, 95), (80, 140, 60)))
    return _blend(t, (0, sky), (horizon, sky), (horizon + 0.02, far), (1, near))


def _snow(t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    horizon = rng.uniform(0.12, 0.4)
    sky, far, near = (_jitter(rng, c, 8) for c in ((185, 198, 214), (228, 234, 242), (246, 248, 252)))
    return _blend(t, (0, sky), (horizon, sky), (horizon + 0.03, far), (1, near))


def _night(t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    top, bottom = (_jitter(rng, c, 8) for c in ((14, 18, 44), (44, 44, 84)))
    return _blend(t, (0, top), (1, bottom))


def _beach(t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    shore = rng.uniform(0.3, 0.5)
    sky, sea, sand = (_jitter(rng, c, 10) for c in ((175, 218, 245), (70, 160, 190), (236, 214, 164)))
    return _blend(t, (0, sky), (shore - 0.2, sky), (shore - 0.18, sea), (shore, sea), (shore + 0.03, sand), (1, sand))


def _water(t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    top, bottom = (_jitter(rng, c, 12) for c in ((110, 180, 215), (30, 95, 150)))
    waves = np.sin(t * rng.uniform(40, 70) + rng.uniform(0, 6))[:, None] * 9
    return _blend(t, (0, top), (1, bottom)) + waves.astype(np.float32)


def _uniform(t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    base = rng.uniform(150, 245, 3)
    edge: Rgb = (base[0], base[1], base[2])
    return _blend(t, (0, edge), (1, _jitter(rng, edge, 14)))


_PAINT: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "grass": _grass,
    "snow": _snow,
    "night": _night,
    "beach": _beach,
    "water": _water,
    "plain": _uniform,
}
