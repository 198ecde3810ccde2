"""Measures rules that colour words, on the bundled scenes: ``python -m exclip_desktop.demo.word_colours``.

A word's patches become one value, whose sign is the word's colour. A good rule colours the nouns of objects in the
picture red, and a noun that replaces one of them blue. Every scene is explained by its own caption and by one that
names an object which is not there.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tqdm import tqdm

from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.maths.word_values import find_strongest_region
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.demo.evaluate import HELD_OUT_SEED
from exclip_desktop.demo.scenes import make_scene
from exclip_desktop.demo.vocabulary import caption_of, change_one
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.storage.samples import load_scenes, open_scene

Heat = NDArray[np.float64]
CLEAR: Final = 0.25  # of the caption's colour range: a colour that is seen at once


def sum_largest(heat: Heat, share: float) -> float:
    """Return the sum of the ``share`` of patches with the largest magnitude."""
    count = max(1, round(share * heat.size))
    return float(heat.reshape(-1)[np.argsort(-np.abs(heat), axis=None)[:count]].sum())


def sum_window(heat: Heat, side: int) -> float:
    """Return the sum of largest magnitude over a square of ``side`` patches."""
    side = min(side, *heat.shape)
    sums = sliding_window_view(heat, (side, side)).sum((2, 3)).reshape(-1)
    return float(sums[np.abs(sums).argmax()])


RULES: Final[dict[str, Callable[[Heat], float]]] = {
    "sum over the whole picture": lambda heat: float(heat.sum()),
    "strongest patch": lambda heat: sum_window(heat, 1),
    "strongest 2 × 2 patches": lambda heat: sum_window(heat, 2),
    "strongest 3 × 3 patches": lambda heat: sum_window(heat, 3),
    "strongest region (a third of the side)": lambda heat: float(heat[find_strongest_region(heat).patches].sum()),
    "strongest 5 × 5 patches": lambda heat: sum_window(heat, 5),
    "tenth of the patches with the largest magnitude": lambda heat: sum_largest(heat, 0.1),
    "sum of the positive patches": lambda heat: float(np.clip(heat, 0, None).sum()),
    "mean of the highest tenth": lambda heat: float(np.sort(heat, axis=None)[-max(1, heat.size // 10) :].mean()),
}


@dataclass(frozen=True, slots=True)
class NounHeat:
    """The heat of a noun (grid_h, grid_w), those of all words of its caption, and whether the picture shows it."""

    heat: Heat
    of_words: tuple[Heat, ...]
    is_present: bool


def measure_nouns(model: Model, count: int) -> Iterator[NounHeat]:
    """Yield the nouns of ``count`` bundled scenes: all objects, and one that is not there."""
    pairs = list(enumerate(load_scenes()[:count]))
    for index, pair in tqdm(pairs, desc="explaining", disable=not sys.stderr.isatty()):
        scene, picture = make_scene(HELD_OUT_SEED, index), np.asarray(open_scene(pair.picture).convert("RGB"))
        rng = np.random.default_rng((*scene.seed, 4))
        things, place, _ = change_one(scene.things, scene.place, scene.style, rng, "object")
        absent = [new.noun for new, old in zip(things, scene.things, strict=True) if new != old]
        for caption, nouns, is_present in (
            (scene.caption, [thing.noun for thing in scene.things], True),
            (caption_of(things, place, scene.style), absent, False),
        ):
            result = explain_pair(model, picture, caption, ExplainSettings())
            of_words = tuple(result.patch_heat((word.start, word.end)) for word in result.words)
            for noun in nouns:
                yield NounHeat(result.patch_heat(noun), of_words, is_present)


def area_under_curve(present: Heat, absent: Heat) -> float:
    """Return how often a value of ``present`` is above one of ``absent``; equal values count half."""
    gaps = present[:, None] - absent[None]
    return float(((gaps > 0) + 0.5 * (gaps == 0)).mean())


def main(arguments: list[str] | None = None) -> int:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.word_colours", description=__doc__)
    parser.add_argument("--model", default="demo", help="demo or a model folder (default demo)")
    parser.add_argument("--count", type=int, default=200, help="number of scenes, at most 200 (default 200)")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("--count takes 1 or more")
    try:
        nouns = list(measure_nouns(load_model(options.model), options.count))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    present, absent = ([noun for noun in nouns if noun.is_present is there] for there in (True, False))
    print(f"{len(present)} nouns of objects that are there, {len(absent)} of objects that are not\n")
    print("| colour of a word | there: red | not there: blue | there: clearly blue | not there: clearly red | AUC |")
    print("|---|---|---|---|---|---|")
    for name, rule in RULES.items():
        values = [np.array([rule(noun.heat) for noun in group]) for group in (present, absent)]
        ranges = [
            np.array([max(abs(rule(heat)) for heat in noun.of_words) for noun in group]) for group in (present, absent)
        ]
        shares = (
            *((values[0] > 0).mean(), (values[1] < 0).mean()),
            *((values[0] < -CLEAR * ranges[0]).mean(), (values[1] > CLEAR * ranges[1]).mean()),
        )
        cells = [*(f"{100 * share:.1f} %" for share in shares), f"{area_under_curve(*values):.3f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
