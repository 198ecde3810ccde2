"""Measures the parts of the bundled scenes: ``python -m exclip_desktop.demo.parts_quality``.

For every object the part that covers it best: its intersection over union with the object's box and with its drawn
pixels, and how often it exceeds one half. Parts that do are named: how often the object is the best word, and among the
best five, of the scenes' own vocabulary; and how often the caption's best word for the part is the object's noun or
colour. Intervals are 95 %, by scenes.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exclip_desktop.attribution.formulas.patch_groups import find_picture_parts
from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    explain_factors,
)
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.maths.picture_parts import (
    DEFAULT_PARTS,
    PARTS_METHODS,
    PartsMethod,
    PicturePart,
    PictureParts,
    WordEmbeddings,
    name_part,
    value_part,
)
from exclip_desktop.core.values.explanation import Explanation, Factor
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_matrix import SMALL_SUM
from exclip_desktop.demo.evaluate import HELD_OUT_SEED
from exclip_desktop.demo.scene_factors import read_scenes, scene_settings
from exclip_desktop.demo.scenes import Placed, make_scene
from exclip_desktop.demo.sprites import sprite
from exclip_desktop.demo.vocabulary import OBJECTS, PAINTABLE, SHAPES, Thing
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.word_embeddings import embed_words

Mask = NDArray[np.bool_]
COUNTS: Final = (3, 4, 5, 6, 8, 12)
CLEAR: Final = 0.5
CENTRAL: Final = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True, slots=True)
class DrawnObject:
    """An object of a scene: its thing, and the pixels of its box and of itself, (H, W)."""

    thing: Thing
    box: Mask
    pixels: Mask


@dataclass(frozen=True, slots=True)
class DrawnScene:
    """A scene with its factor, explanation and objects."""

    factor: Factor
    explanation: Explanation
    objects: tuple[DrawnObject, ...]


def draw_scenes(model: Model, count: int) -> Iterator[DrawnScene]:
    """Yield the first bundled scenes, explained, with their objects drawn again."""
    settings = scene_settings(model)
    for index, one in enumerate(read_scenes(model, count)):
        width, height = one.image_factor.geometry.source_size
        objects = tuple(_draw(item, width) for item in make_scene(HELD_OUT_SEED, index).items)
        caption = model.reader.read(one.pair.caption)
        factor = one.image_factor.factor
        words = caption_factor(model, caption, settings)
        yield DrawnScene(factor, explain_factors(model, (width, height), caption, words, factor, settings), objects)


def _draw(item: Placed, side: int) -> DrawnObject:
    image = sprite(item.thing.noun, item.thing.colour, max(4, round(item.side * side)))
    if item.mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    corner = round(item.x * side - image.width / 2), round(item.y * side - image.height / 2)
    pixels, box = Image.new("L", (side, side)), Image.new("L", (side, side))
    pixels.paste(255, corner, image.getchannel("A"))
    box.paste(255, (*corner, corner[0] + image.width, corner[1] + image.height))
    return DrawnObject(item.thing, np.asarray(box) > 127, np.asarray(pixels) > 127)


def overlap_with_parts(truth: Mask, parts: PictureParts, geometry: Geometry) -> NDArray[np.float64]:
    """Return the intersection over union of pixels (H, W) with every part: (parts,)."""
    height, width = truth.shape
    x0, y0, x1, y1 = geometry.visible
    rows, columns = geometry.grid
    down = np.clip(((np.arange(height) + 0.5 - y0) * rows / (y1 - y0)).astype(int), 0, rows - 1)
    across = np.clip(((np.arange(width) + 0.5 - x0) * columns / (x1 - x0)).astype(int), 0, columns - 1)
    masks = np.stack([part.mask for part in parts.parts])[:, down][:, :, across]
    return np.asarray((masks & truth).sum((1, 2)) / (masks | truth).sum((1, 2)))


def measure_parts(scenes: Sequence[DrawnScene], method: PartsMethod, count: int, words: WordEmbeddings) -> list[str]:
    """Return the cells of a row of the table."""
    by_box, by_pixels, names, of_caption = [], [], [], []
    for scene in scenes:
        explanation, geometry = scene.explanation, scene.explanation.geometry
        grouped = find_picture_parts(scene.factor, explanation.interactions.prefix, geometry.grid, count, method)
        boxes = [overlap_with_parts(one.box, grouped, geometry) for one in scene.objects]
        by_box.append([float(overlaps.max()) for overlaps in boxes])
        by_pixels.append([float(overlap_with_parts(one.pixels, grouped, geometry).max()) for one in scene.objects])
        pairs = zip(scene.objects, boxes, strict=True)
        clear = [(one.thing, grouped.parts[int(iou.argmax())]) for one, iou in pairs if iou.max() > CLEAR]
        names.append([_place_of(thing.noun, part, words) for thing, part in clear])
        pair = explanation.interactions, explanation.caption, SMALL_SUM
        best = [value_part(part, *pair).words[0] for _, part in clear]
        of_caption.append(
            [
                float(word.word.lower() in (thing.noun, thing.colour))
                for (thing, _), word in zip(clear, best, strict=True)
            ]
        )
    return [
        _mean(by_box),
        _mean(by_pixels),
        _mean([[float(value > CLEAR) for value in values] for values in by_box]),
        _mean([[float(place == 0) for place in places] for places in names]),
        _mean([[float(place < 5) for place in places] for places in names]),
        _mean(of_caption),
    ]


def _place_of(noun: str, part: PicturePart, words: WordEmbeddings) -> int:
    """Return the place of a noun among the names of a part, from 0."""
    return [one.word for one in name_part(part, words, len(words.words))].index(noun)


def _mean(groups: list[list[float]]) -> str:
    """Return the mean of all values with its interval; values of one group depend on each other."""
    values = np.array([value for group in groups for value in group])
    if not len(values):
        return "–"
    mean = float(values.mean())
    deviations = np.array([sum(group) - mean * len(group) for group in groups])
    half = CENTRAL * float(np.sqrt((deviations**2).sum())) / len(values)
    return f"{mean:.2f} ± {half:.2f}"


def main(arguments: list[str] | None = None) -> int:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.parts_quality", description=__doc__)
    parser.add_argument("--model", default="demo", help="demo or a model folder (default demo)")
    parser.add_argument("--count", type=int, default=200, help="number of scenes, at most 200 (default 200)")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("--count takes 1 or more")
    try:
        model = load_model(options.model)
        scenes = list(draw_scenes(model, options.count))
        words = embed_words(model, [*OBJECTS, *PAINTABLE, *SHAPES])
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    objects = sum(len(scene.objects) for scene in scenes)
    print(f"{objects} objects in {len(scenes)} scenes, {len(words.words)} words; default {DEFAULT_PARTS} parts\n")
    print("| method | parts | IoU with box | IoU with object | box > 0.5 | named | among five | caption's word |")
    print("|---|---|---|---|---|---|---|---|")
    for method in PARTS_METHODS:
        for count in COUNTS:
            print(f"| {method} | {count} | {' | '.join(measure_parts(scenes, method, count, words))} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
