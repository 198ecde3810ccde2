"""Measures the rules of search on the bundled scenes: ``python -m exclip_desktop.demo.search_quality``.

Queries are "a picture of a …" for each object that at least two scenes show, and the box of each such object. A picture
is true if it shows the object. The table has the mean average precision of each ranking, its difference from the cosine
of the embeddings for the same queries, and how often the strongest place of a true picture's heat lies in the object's
box. Intervals are 95 %, by objects.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from tqdm import tqdm

from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    resolve_settings,
)
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.maths.factor_search import (
    BACKGROUND_PICTURES,
    Background,
    Products,
    SearchQuery,
    add_contrast,
    make_query,
    make_region_query,
    measure_background,
    multiply_query,
    scale_patches,
)
from exclip_desktop.core.maths.hit_truth import judge_hit
from exclip_desktop.core.maths.search_ranking import RANKINGS, Ranking, rank_pictures
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.core.values.study import Interval, bootstrap_interval
from exclip_desktop.demo.scene_factors import NODES, ExplainedScene, read_scenes
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model

PLAIN: Final = "combined, without contrast"
COSINE: Final = "score"


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What one query gave: the average precision by each rule, and the judgements of the true pictures."""

    name: str
    precision: dict[str, float]
    in_box: list[bool]


def average_precision(order: Sequence[int], true: Sequence[bool]) -> float:
    """Return the mean, over the true pictures, of the share of true ones up to each of them."""
    hits = np.array([true[place] for place in order])
    return float((np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)).mean())


def measure_texts(model: Model, scenes: Sequence[ExplainedScene]) -> list[QueryResult]:
    """Return the results of the text queries; the factors of texts are adaptive."""
    settings, results = resolve_settings(model, ExplainSettings()), []
    for name in tqdm(_searched_names(scenes), desc="texts", disable=not sys.stderr.isatty()):
        caption = model.reader.read(f"a picture of a {name}")
        query = make_query(caption_factor(model, caption, settings))
        results.append(_measure(name, query, scenes))
    return results


def measure_boxes(scenes: Sequence[ExplainedScene], background: Background | None) -> list[QueryResult]:
    """Return the results of the box queries; the scene of the box itself is not searched."""
    names, results = _searched_names(scenes), []
    for scene in tqdm(scenes, desc="boxes", disable=not sys.stderr.isatty()):
        others = [one for one in scenes if one is not scene]
        for region in scene.pair.regions:
            if region.name not in names or not any(region.name in one.names for one in others):
                continue
            share = scene.image_factor.geometry.coverage(region.box)
            query = add_contrast(
                make_region_query(scene.image_factor.factor, scene.image_factor.prefix, share), background
            )
            results.append(_measure(region.name, query, others))
    return results


def _searched_names(scenes: Sequence[ExplainedScene]) -> list[str]:
    """Return the objects that at least two scenes show."""
    counts = Counter(name for scene in scenes for name in scene.names)
    return sorted(name for name, count in counts.items() if count > 1)


def _measure(name: str, query: SearchQuery, scenes: Sequence[ExplainedScene]) -> QueryResult:
    true = [name in scene.names for scene in scenes]
    products = [
        multiply_query(one.image_factor.factor, one.image_factor.prefix, one.image_factor.geometry.grid, query)
        for one in scenes
    ]
    precision: dict[str, float] = {ranking: _precision(products, ranking, true) for ranking in RANKINGS}
    if query.contrast is not None:
        plain = [replace(one, contrast=None) for one in products]
        precision[PLAIN] = _precision(plain, "combined", true)
    heats = [(one, product.heat) for one, product, is_true in zip(scenes, products, true, strict=True) if is_true]
    in_box = [
        bool(judge_hit(heat, one.image_factor.geometry, one.pair.regions, frozenset({name}))) for one, heat in heats
    ]
    return QueryResult(name, precision, in_box)


def _precision(products: Sequence[Products], ranking: Ranking, true: Sequence[bool]) -> float:
    order = [one.place for one in rank_pictures(products, ranking)]
    return average_precision(order, true)


def summarize(results: Sequence[QueryResult], value: Callable[[QueryResult], Sequence[float]]) -> Interval:
    """Return the mean over queries with its interval; queries for one object depend on each other."""
    groups: dict[str, list[float]] = {}
    for one in results:
        groups.setdefault(one.name, []).extend(value(one))
    return bootstrap_interval([np.array(values) for values in groups.values()])


def format_table(results: Sequence[QueryResult]) -> list[str]:
    """Return the rows of the table."""
    rows = []
    for rule in results[0].precision:
        own = summarize(results, lambda one, rule=rule: [one.precision[rule]])  # type: ignore[misc]
        more = summarize(results, lambda one, rule=rule: [one.precision[rule] - one.precision[COSINE]])  # type: ignore[misc]
        rows.append(f"| {rule} | {_format(own)} | {_format(more)} |")
    return rows


def _format(figure: Interval) -> str:
    return f"{figure.mean:.3f} ({figure.low:.3f} … {figure.high:.3f})"


def main(arguments: list[str] | None = None) -> int:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.search_quality", description=__doc__)
    parser.add_argument("--model", default="demo", help="demo or a model folder (default demo)")
    parser.add_argument("--count", type=int, default=200, help="number of scenes, at most 200 (default 200)")
    parser.add_argument("--nodes", type=int, default=NODES, help=f"nodes for the pictures (default {NODES})")
    options = parser.parse_args(arguments)
    if options.count < 2:
        parser.error("--count takes 2 or more")
    try:
        model = load_model(options.model)
        scenes = read_scenes(model, options.count, options.nodes)
        texts = measure_texts(model, scenes)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    background = measure_background(
        [scale_patches(one.image_factor.factor, one.image_factor.prefix) for one in scenes[:BACKGROUND_PICTURES]]
    )
    for title, results in (("Text", texts), ("Box", measure_boxes(scenes, background))):
        if not results:
            print(f"{title}: no object is in two of the scenes.")
            continue
        box = summarize(results, lambda one: [float(value) for value in one.in_box])
        print(f"\n{title} queries: {len(results)}; strongest place of true pictures in the box: {_format(box)}\n")
        print("| ranking | mean average precision | difference from `score` |\n|---|---|---|")
        print("\n".join(format_table(results)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
