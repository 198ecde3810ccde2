"""Backgrounds: grass, snow, night, beach, water and plain. They look the same at every size."""

from collections.abc import Callable

import numpy as np
from PIL import Image

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
