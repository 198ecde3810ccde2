"""Measures a model on held-out scenes: ``python -m exclip_desktop.demo.evaluate``.

Recall@1 of 100 (mean of both directions), how often a caption wrong in one thing scores below the true one, how often
the strongest patch of an object's words lies in its box, and the share of positive heat in the box; each with its
standard error.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from tqdm import tqdm

from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.demo.scenes import ComposedScene, Drawn, draw_scene, make_scene
from exclip_desktop.demo.vocabulary import CHANGES, caption_of, change_one
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions

HELD_OUT_SEED = 7_000_001  # training uses TrainingRecipe.seed, samples their own
SIZE_PX = 448
HUNDRED = 100


@dataclass(frozen=True, slots=True)
class MeanWithError:
    """A mean, its standard error and the number of values."""

    mean: float
    error: float
    count: int

    def __str__(self) -> str:
        """Return ``0.980 ± 0.005 (n = 800)``."""
        return f"{self.mean:.3f} ± {self.error:.3f} (n = {self.count})"


def held_out(count: int) -> list[tuple[ComposedScene, Drawn]]:
    """Return ``count`` held-out scenes whose captions differ, drawn."""
    scenes: dict[str, ComposedScene] = {}
    index = 0
    while len(scenes) < count:
        scene = make_scene(HELD_OUT_SEED, index)
        scenes.setdefault(scene.caption, scene)
        index += 1
    return [(scene, draw_scene(scene, SIZE_PX)) for scene in scenes.values()]


@torch.no_grad()
def recall_at_1(model: Model, scenes: list[tuple[ComposedScene, Drawn]]) -> MeanWithError:
    """Return recall@1 of 100, both directions pooled; the scenes are taken in disjoint hundreds."""
    hits: list[bool] = []
    for start in range(0, len(scenes) - HUNDRED + 1, HUNDRED):
        some = scenes[start : start + HUNDRED]
        cosines = _pictures(model, some) @ encode_captions(model, [scene.caption for scene, _ in some]).T
        own = torch.arange(HUNDRED, device=cosines.device)
        for axis in (0, 1):
            hits += (cosines.argmax(axis) == own).tolist()
    return _share(hits)


@torch.no_grad()
def wrong_scores_lower(model: Model, scenes: list[tuple[ComposedScene, Drawn]], what: str) -> MeanWithError:
    """Return how often a caption in which only ``what`` (of ``CHANGES``) is wrong scores below the true one."""
    changed_scenes, pairs = [], []
    for scene, drawn in scenes:
        rng = np.random.default_rng((*scene.seed, 4))
        things, place, changed = change_one(scene.things, scene.place, scene.style, rng, what)
        if changed == what:
            changed_scenes.append((scene, drawn))
            pairs.append((scene.caption, caption_of(things, place, scene.style)))
    if not changed_scenes:
        return MeanWithError(0.0, 0.0, 0)
    image = _pictures(model, changed_scenes)
    right, wrong = ((image * encode_captions(model, list(texts))).sum(-1) for texts in zip(*pairs, strict=True))
    return _share((wrong < right).tolist())


def _pictures(model: Model, scenes: list[tuple[ComposedScene, Drawn]]) -> torch.Tensor:
    """Return the unit embeddings of the scenes' pictures, (scenes, D), a hundred at a time."""
    parts = []
    for start in range(0, len(scenes), HUNDRED):
        some = scenes[start : start + HUNDRED]
        pixels = torch.stack([model.pixels(np.asarray(drawn.picture)) for _, drawn in some])
        parts.append(functional.normalize(model.network.encode_image(pixels), dim=-1))
    return torch.cat(parts)


def _share(hits: list[bool]) -> MeanWithError:
    values = np.array(hits, dtype=float)
    return MeanWithError(float(values.mean()), float(values.std() / np.sqrt(len(values))), len(values))


def pointing(result: Explanation, words: str, box: Box) -> tuple[float, float]:
    """Return whether the centre of the strongest patch of ``words`` lies in ``box``, and its share of positive heat."""
    heat = result.patch_heat(words)
    row, column = np.unravel_index(int(np.argmax(heat)), heat.shape)
    x, y = result.geometry.patch_centre(int(row), int(column))
    x0, y0, x1, y1 = box
    positive = np.clip(heat, 0, None)
    share = float((positive * result.geometry.coverage(box)).sum() / max(float(positive.sum()), 1e-12))
    return float(x0 <= x < x1 and y0 <= y < y1), share


def grounding(
    model: Model,
    scenes: list[tuple[ComposedScene, Drawn]],
    image_layer: int | str | None = None,
    text_layer: int | str | None = None,
) -> tuple[MeanWithError, MeanWithError, float]:
    """Return the two figures of ``pointing`` over every object of the scenes, and the largest residual.

    Standard errors treat the objects of one scene as dependent.
    """
    per_scene: list[NDArray[np.float64]] = []
    worst = 0.0
    for scene, drawn in tqdm(scenes, desc="explaining", disable=not sys.stderr.isatty()):
        settings = ExplainSettings(image_layer, text_layer)
        result = explain_pair(model, np.asarray(drawn.picture), scene.caption, settings)
        worst = max(worst, result.residual)
        hits = [pointing(result, thing.words, box) for thing, box in zip(scene.things, drawn.boxes, strict=True)]
        per_scene.append(np.array(hits))
    everything = np.concatenate(per_scene)
    means = everything.mean(axis=0)
    deviations = np.stack([(values - means).sum(axis=0) for values in per_scene])
    errors = np.sqrt((deviations**2).sum(axis=0)) / len(everything)
    figures = [MeanWithError(float(m), float(e), len(everything)) for m, e in zip(means, errors, strict=True)]
    return figures[0], figures[1], worst


def main(arguments: list[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="demo", help="demo or a model folder (default demo)")
    parser.add_argument("--count", type=int, default=400, help="number of held-out scenes (default 400)")
    parser.add_argument("--image-layer", type=int, help="default: the model card's")
    parser.add_argument("--text-layer", type=int, help="default: the model card's")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("--count takes 1 or more")
    try:
        model = load_model(options.model)
        layers = model.resolve_layer("image", options.image_layer), model.resolve_layer("text", options.text_layer)
        scenes = held_out(options.count)
        print(f"{options.count} held-out scenes, {options.model}, image layer {layers[0]}, text layer {layers[1]}")
        if options.count >= HUNDRED:
            _print_row("recall@1 of 100", recall_at_1(model, scenes))
        for what in CHANGES:
            _print_row(f"a wrong {what} scores lower", wrong_scores_lower(model, scenes, what))
        strongest, share, worst = grounding(model, scenes, *layers)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    _print_row("strongest patch in the box", strongest)
    _print_row("positive heat in the box", share)
    _print_row("largest residual", f"{worst:.1e}")
    return 0


def _print_row(what: str, value: object) -> None:
    print(f"{what:<29}{value}")


if __name__ == "__main__":
    raise SystemExit(main())
