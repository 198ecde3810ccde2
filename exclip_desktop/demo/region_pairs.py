"""Measures rules for the strongest pair of regions of two pictures: ``python -m exclip_desktop.demo.region_pairs``.

Two bundled scenes that share an object are compared. A rule is right where the two places that it finds lie in the
boxes of the same object.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.explain import describe_settings
from exclip_desktop.core.errors import UserError
from exclip_desktop.core.maths.factor_search import scale_patches
from exclip_desktop.core.maths.patch_places import smooth_heat
from exclip_desktop.core.maths.region_pairs import find_strongest_matches, measure_places
from exclip_desktop.core.values.explanation import Factor, ResolvedSettings
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.two_inputs import PictureSide, multiply_inputs
from exclip_desktop.demo.scene_factors import NODES, ExplainedScene, read_scenes, scene_settings
from exclip_desktop.models.loading import load_model

Floats = NDArray[np.float64]
Place = tuple[int, int]
SAMPLES: Final = 2000
SEED: Final = 18


@dataclass(frozen=True, slots=True)
class MeasuredScene:
    """A scene with its factor; ``smooth`` and ``rows`` are (patches, D), with and without averaged neighbours."""

    scene: ListedPair
    geometry: Geometry
    prefix: int
    factor: Factor
    rows: Floats
    smooth: Floats

    @property
    def side(self) -> PictureSide:
        """The scene as one of two inputs."""
        lengths = measure_places(self.factor, self.prefix, self.geometry.grid)
        return PictureSide(self.geometry, self.prefix, self.factor.report, lengths)

    def objects_at(self, place: Place) -> set[str]:
        """Return the objects whose boxes hold the centre of a patch."""
        x, y = self.geometry.patch_centre(*place)
        boxes = ((region.name, region.box) for region in self.scene.regions)
        return {name for name, (x0, y0, x1, y1) in boxes if x0 <= x < x1 and y0 <= y < y1}


def measure_scene(one: ExplainedScene) -> MeasuredScene:
    """Return a scene with the rows of its patches, divided by ‖e_v‖, and their averages over neighbours."""
    geometry, prefix = one.image_factor.geometry, one.image_factor.prefix
    rows = scale_patches(one.image_factor.factor, prefix)
    smooth = smooth_heat(rows.reshape(*geometry.grid, -1)).reshape(rows.shape)
    return MeasuredScene(one.pair, geometry, prefix, one.image_factor.factor, rows, smooth)


def draw_pairs(scenes: list[MeasuredScene], count: int) -> list[Place]:
    """Return the numbers of ``count`` pairs of scenes that share an object, drawn at random, in ascending order."""
    names = [{region.name for region in one.scene.regions} for one in scenes]
    shared = [(i, j) for i in range(len(scenes)) for j in range(i + 1, len(scenes)) if names[i] & names[j]]
    chosen = np.random.default_rng(SEED).permutation(len(shared))[:count]
    return [shared[number] for number in sorted(chosen)]


def shorten(rows: Floats, power: float) -> Floats:
    """Return rows divided by this power of their lengths; rows of length 0 stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0) ** power)


def level(rows: Floats, quantile: float) -> Floats:
    """Return rows divided by their lengths, short ones by this quantile of all lengths."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.quantile(lengths, quantile)))


def centre(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the rows of both without their common mean."""
    mean = np.concatenate([first, second]).mean(0)
    return first - mean, second - mean


def whiten(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the rows of both, whitened by their common second moments."""
    both = np.concatenate([first, second])
    values, vectors = np.linalg.eigh(both.T @ both / len(both))
    scale = vectors / np.sqrt(np.maximum(values, 0) + 0.03 * values.max())
    return first @ scale, second @ scale


RULES: Final[dict[str, Callable[[MeasuredScene, MeasuredScene], Floats]]] = {
    "product of two patches": lambda a, b: a.rows @ b.rows.T,
    "cosine of two patches": lambda a, b: shorten(a.rows, 1) @ shorten(b.rows, 1).T,
    "product of two places": lambda a, b: a.smooth @ b.smooth.T,
    "product of two places, rows without their mean": lambda a, b: np.matmul(*_transposed(centre(a.smooth, b.smooth))),
    "directions: patches by the larger of length and 0.8 quantile, averaged": lambda a, b: (
        _average(a, level(a.rows, 0.8)) @ _average(b, level(b.rows, 0.8)).T
    ),
    "the same with the 0.9 quantile": lambda a, b: _average(a, level(a.rows, 0.9)) @ _average(b, level(b.rows, 0.9)).T,
    "whitened patches, product of two places": lambda a, b: np.matmul(*_transposed(whiten(a.smooth, b.smooth))),
    "places by lengths to the power 0.25": lambda a, b: shorten(a.smooth, 0.25) @ shorten(b.smooth, 0.25).T,
    "places by lengths to the power 0.5": lambda a, b: shorten(a.smooth, 0.5) @ shorten(b.smooth, 0.5).T,
    "places by lengths to the power 0.75": lambda a, b: shorten(a.smooth, 0.75) @ shorten(b.smooth, 0.75).T,
    "cosine of two places": lambda a, b: shorten(a.smooth, 1) @ shorten(b.smooth, 1).T,
}


def _transposed(rows: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return rows[0], rows[1].T


def _average(one: MeasuredScene, rows: Floats) -> Floats:
    return smooth_heat(rows.reshape(*one.geometry.grid, -1)).reshape(rows.shape)


def is_shared(first: MeasuredScene, at: Place, second: MeasuredScene, to: Place) -> bool:
    """Return whether two places lie in boxes of the same object."""
    return bool(first.objects_at(at) & second.objects_at(to))


def find_by_rule(strength: Floats, first: MeasuredScene, second: MeasuredScene) -> tuple[Place, Place]:
    """Return the two places that match most strongly."""
    at, to = divmod(int(strength.argmax()), strength.shape[1])
    return divmod(at, first.geometry.grid[1]), divmod(to, second.geometry.grid[1])


def measure_program(
    first: MeasuredScene, second: MeasuredScene, settings: ResolvedSettings
) -> tuple[tuple[Place, Place], bool]:
    """Return the places of the program's strongest pair, and whether most of both regions lies in the shared object."""
    explanation = multiply_inputs((first.side, first.factor), (second.side, second.factor), settings)
    pair = find_strongest_matches(explanation, 1)[0]
    shared = {region.name for region in first.scene.regions} & {region.name for region in second.scene.regions}
    inside = []
    for one, end in ((first, pair.first), (second, pair.second)):
        assert end.patches is not None
        at = [one.objects_at((int(row), int(column))) for row, column in np.argwhere(end.patches)]
        inside.append({name for name in shared if np.mean([name in names for names in at]) > 0.5})
    assert pair.first.place is not None
    assert pair.second.place is not None
    return (pair.first.place, pair.second.place), bool(inside[0] & inside[1])


def format_share(right: NDArray[np.bool_]) -> str:
    """Return a share with its 95 % interval, bootstrap over pairs."""
    drawn = np.random.default_rng(SEED).integers(0, len(right), (SAMPLES, len(right)))
    low, high = np.quantile(right[drawn].mean(1), (0.025, 0.975))
    return f"{right.mean():.3f} ({low:.3f}–{high:.3f})"


def main(arguments: list[str] | None = None) -> int:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.region_pairs", description=__doc__)
    parser.add_argument("--model", default="demo", help="demo or a model folder (default demo)")
    parser.add_argument("--scenes", type=int, default=200, help="number of scenes, at most 200 (default 200)")
    parser.add_argument("--pairs", type=int, default=200, help="number of pairs (default 200)")
    parser.add_argument("--nodes", type=int, default=NODES, help=f"Gauss–Legendre nodes (default {NODES})")
    options = parser.parse_args(arguments)
    if options.scenes < 2 or options.pairs < 1:
        parser.error("--scenes takes 2 or more, --pairs 1 or more")
    try:
        model = load_model(options.model)
        scenes = [measure_scene(one) for one in read_scenes(model, options.scenes, options.nodes)]
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    numbers = draw_pairs(scenes, options.pairs)
    if not numbers:
        parser.error("no two of these scenes share an object; take more --scenes")
    pairs = [(scenes[i], scenes[j]) for i, j in numbers]
    print(f"{len(pairs)} pairs of {len(scenes)} scenes that share an object\n")
    print("| two places by | in the same object (95 %) | each in some object |")
    print("|---|---|---|")
    settings = describe_settings(model, scene_settings(model, options.nodes))
    program = [measure_program(a, b, settings) for a, b in pairs]
    for name, rule in RULES.items():
        _print_row(name, pairs, [find_by_rule(rule(a, b), a, b) for a, b in pairs])
    _print_row("**the program's rule**", pairs, [places for places, _ in program])
    regions = np.array([is_inside for _, is_inside in program])
    print(f"\nMost patches of both regions of the program's pair in the same object: {format_share(regions)}")
    return 0


def _print_row(name: str, pairs: list[tuple[MeasuredScene, MeasuredScene]], places: list[tuple[Place, Place]]) -> None:
    same = [is_shared(a, at, b, to) for (a, b), (at, to) in zip(pairs, places, strict=True)]
    some = [bool(a.objects_at(at) and b.objects_at(to)) for (a, b), (at, to) in zip(pairs, places, strict=True)]
    print(f"| {name} | {format_share(np.array(same))} | {np.mean(some):.3f} |")


if __name__ == "__main__":
    raise SystemExit(main())
