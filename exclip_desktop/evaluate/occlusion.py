"""Occludes a selection's regions and words, and scores the rest with the model."""

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from exclip_desktop.core.errors import Remedy, SelectionError, SettingsError
from exclip_desktop.core.values.answers import MatrixAnswer
from exclip_desktop.core.values.caption import NO_ID, Caption
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.occlusion_scores import FILLS, OcclusionScores
from exclip_desktop.core.values.selection import Region, Selection, block_sum, coverage, is_rest
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_ids, encode_picture

Pixels = NDArray[np.uint8]
BLUR_SHARE: Final = 0.06  # of the longer side: objects become blurs of their colours


def score_occlusion(
    model: Model, pixels: Pixels, explanation: Explanation | MatrixAnswer, selection: Selection, fill: str = "mean"
) -> OcclusionScores:
    """Score a pair with the selected regions, words, both and neither occluded: two pictures × two captions.

    Args:
        model: the model of the explanation.
        pixels: the upright RGB picture, (H, W, 3).
        explanation: the picture's, or another method's matrix; occluded words become the tokenizer's fill, as in
            the matched reference.
        selection: tokens and regions; both must select something.
        fill: the content of occluded regions, a key of ``FILLS``.

    Raises:
        SelectionError: no word, or no region, is selected.
        SettingsError: there is no such fill.

    """
    if not selection.rows or not selection.regions:
        raise SelectionError("Words and a box are needed to occlude.", Remedy.SELECT_WORDS_AND_BOX)
    caption, framing = explanation.caption, explanation.framing
    pictures = pixels, occlude_regions(pixels, selection.regions, fill, _mean_colour(model))
    images = torch.stack([encode_picture(model, one, framing) for one in pictures])
    texts = torch.stack(
        [encode_ids(model, ids) for ids in (caption.ids, occlude_words(model, caption, selection.rows))]
    )
    scores = (images @ texts.T).cpu().double().numpy()
    return OcclusionScores(
        both=float(scores[0, 0]),
        without_regions=float(scores[1, 0]),
        without_words=float(scores[0, 1]),
        neither=float(scores[1, 1]),
        attributed=block_sum(explanation.interactions, explanation.geometry, selection),
        fill=fill,
    )


def occlude_words(model: Model, caption: Caption, rows: tuple[int, ...]) -> list[int]:
    """Return the caption's token ids with the content tokens among ``rows`` replaced by the tokenizer's fill."""
    fill = model.reader.fill_id
    return [
        fill if row in rows and token.kind == "content" else token.id
        for row, token in enumerate(caption.tokens)
        if token.id != NO_ID
    ]


def occlude_regions(pixels: Pixels, regions: tuple[Region, ...], fill: str, mean: NDArray[np.float64]) -> Pixels:
    """Return a picture (H, W, 3) whose ``regions`` are filled; pixels at edges in proportion to their covered part.

    Raises:
        SettingsError: there is no such fill.

    """
    fills: dict[str, Callable[[], NDArray[np.float64]]] = {
        "mean": lambda: np.broadcast_to(mean, pixels.shape),
        "blur": lambda: blur(pixels),
        "mirror": lambda: _mirror(pixels, regions),
    }
    if fill not in fills:
        raise SettingsError(f'There is no fill "{fill}".', Remedy.CHOOSE_OCCLUSION_FILL, choices=", ".join(FILLS))
    height, width = pixels.shape[:2]
    share = coverage(Geometry((width, height), (0.0, 0.0, float(width), float(height)), (height, width)), regions)
    assert share is not None
    mixed = pixels + share[..., None] * (fills[fill]() - pixels)
    return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)


def _mean_colour(model: Model) -> NDArray[np.float64]:
    """Return the colour that normalises to zeros, (3,) in [0, 255]: that of the image reference."""
    return np.array(model.preprocess.mean, dtype=np.float64) * 255


def blur(pixels: Pixels) -> NDArray[np.float64]:
    """Return the picture (H, W, 3), blurred so that no object can be recognised."""
    radius = BLUR_SHARE * max(pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)), dtype=np.float64)


def _mirror(pixels: Pixels, regions: tuple[Region, ...]) -> NDArray[np.float64]:
    """Return the picture with every region's box filled from left and right, mirrored at its edges and blended."""
    filled = pixels.astype(np.float64)
    height, width = pixels.shape[:2]
    whole = (0.0, 0.0, float(width), float(height))
    for x0, y0, x1, y1 in [whole] if is_rest(regions) else [one.box for one in regions if not one.subtract]:
        left, right = max(int(np.floor(x0)), 0), min(int(np.ceil(x1)), width)
        top, bottom = max(int(np.floor(y0)), 0), min(int(np.ceil(y1)), height)
        if left >= right or top >= bottom:
            continue
        across = np.arange(left, right)
        before, after = 2 * left - 1 - across, 2 * right - 1 - across
        weight = (across - left + 0.5) / (right - left)
        weight = np.where(before < 0, 1.0, np.where(after >= width, 0.0, weight))
        rows = pixels[top:bottom].astype(np.float64)
        sides = [rows[:, np.clip(places, 0, width - 1)] for places in (before, after)]
        filled[top:bottom, left:right] = sides[0] * (1 - weight)[:, None] + sides[1] * weight[:, None]
    return filled
