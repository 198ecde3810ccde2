"""The evaluation of methods over many pairs: settings, outcomes, and the table of means with intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.errors import Remedy, SettingsError
from exclip_desktop.core.method_registry import OURS, all_methods, method_name
from exclip_desktop.core.metric_table import METRICS, THRESHOLDS
from exclip_desktop.core.values.occlusion_scores import FILLS
from exclip_desktop.core.values.settings import Framing

RESAMPLES: Final = 2000
PERCENTILES: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, the ends of its 95 % confidence interval, and the numbers of values and of pictures.

    One picture alone has no interval: both ends are the mean.
    """

    mean: float
    low: float
    high: float
    count: int
    pictures: int

    @property
    def is_known(self) -> bool:
        """Whether the values are of several pictures, so that the ends are those of an interval."""
        return self.pictures > 1


def bootstrap_interval(groups: list[NDArray[np.float64]]) -> Interval:
    """Return the mean over all values, with its interval; ``groups`` are the values of each scene, at least one.

    The method is that of ``bootstrap_band``.
    """
    mean, low, high = bootstrap_band([np.asarray(group, dtype=np.float64)[:, None] for group in groups])
    return Interval(float(mean[0]), float(low[0]), float(high[0]), sum(map(len, groups)), len(groups))


def bootstrap_band(
    groups: list[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean, low and high, (n,) each, over the rows of all ``groups``, (k, n) each.

    The percentile bootstrap (Efron 1979) over groups, always with the same draws: whole groups are drawn with
    replacement, since values of one scene are not independent. It stays within the values' range, as shares must.
    """
    sums = np.stack([group.sum(axis=0) for group in groups])
    sizes = np.array([len(group) for group in groups], dtype=np.float64)
    drawn = np.random.default_rng(0).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), RESAMPLES)
    means = (drawn @ sums) / (drawn @ sizes)[:, None]
    low, high = np.percentile(means, PERCENTILES, axis=0)
    return sums.sum(axis=0) / sizes.sum(), low, high


Floats = NDArray[np.float64]
SCORES: Final = ("cosine", "softmax")
SPREAD_FILLS: Final = tuple(name for name in FILLS if name != "mirror")  # scattered patches have no surroundings
RANDOM: Final = "random"
NOTHING_THERE: Final = "The pairs have no boxes or masks of what their captions name."
BETWEEN: Final = 20  # places along which captions' curves, of any number of words, are averaged


@dataclass(frozen=True, slots=True)
class StudySettings:
    """The settings of a study.

    Attributes:
        metrics: keys of ``METRICS``.
        steps: number of steps in which patches are deleted or inserted.
        fill: the fill of deleted patches: ``mean`` or ``blur``.
        score: ``cosine``, or ``softmax`` among all captions of the list, by the model's own scale.
        masks, share: of p-faithfulness: number of random masks, and the share p of patches (and words) that each keeps.
        threshold: a key of ``THRESHOLDS``.
        smooth: whether the heat is interpolated between the patches' centres instead of painted in squares.
        tolerance_px: distance from the mask at which the pointing game still hits, in pixels of the picture.
        framing: of the pictures.
        seed: of random masks and of the random control.

    """

    metrics: tuple[str, ...] = tuple(METRICS)
    steps: int = 12
    fill: str = "mean"
    score: str = "cosine"
    masks: int = 100
    share: float = 0.5
    threshold: str = "mean"
    smooth: bool = False
    tolerance_px: float = 0.0
    framing: Framing = "model"
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise ``SettingsError`` for a wrong value."""
        for metric in self.metrics:
            _check_choice("metric", metric, tuple(METRICS), Remedy.CHOOSE_METRICS)
        _check_choice("fill", self.fill, SPREAD_FILLS, Remedy.CHOOSE_STUDY_FILL)
        _check_choice("score", self.score, SCORES, Remedy.CHOOSE_STUDY_SCORE)
        _check_choice("threshold rule", self.threshold, tuple(THRESHOLDS), Remedy.CHOOSE_THRESHOLD)
        if self.steps < 1 or self.masks < 3:
            raise SettingsError("At least one step and three masks are needed.", Remedy.ADD_STUDY_STEPS)
        if not 0 < self.share < 1 or self.tolerance_px < 0:
            raise SettingsError(
                f"The share {self.share:g} or the pointing distance {self.tolerance_px:g} is out of range.",
                Remedy.CHOOSE_SHARE_AND_TOLERANCE,
            )

    def needs(self, kind: str) -> bool:
        """Return whether a chosen metric is of a kind."""
        return any(METRICS[key].kind == kind for key in self.metrics)


def study_methods() -> tuple[str, ...]:
    """Return the keys of all methods that a study can evaluate, the random control last."""
    return (*all_methods(), RANDOM)


def study_method_name(method: str) -> str:
    """Return a method's name as written in papers."""
    return "Random" if method == RANDOM else method_name(method)


def _check_choice(what: str, value: str, known: tuple[str, ...], remedy: Remedy) -> None:
    if value not in known:
        raise SettingsError(f'There is no {what} "{value}".', remedy, choices=", ".join(known))


@dataclass(frozen=True, slots=True)
class Curve:
    """``scores`` while ``shares``, from 0 to 1, of the patches or words are deleted or inserted."""

    shares: tuple[float, ...]
    scores: tuple[float, ...]

    @property
    def area(self) -> float:
        """The area under the curve by trapezoids, the mean score."""
        heights, widths = np.array(self.scores), np.diff(self.shares)
        return float((heights[:-1] + heights[1:]) @ widths / 2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One method on one pair.

    Attributes:
        pair: the pair's id; ``picture``: its picture, whose pairs belong together.
        method: the method's key, with all its ``options``.
        values: by metric, one value for every labelled place, or one for the pair.
        curves: by metric; their areas are the values.
        reasons: by metric, why there is no value.

    """

    pair: str
    picture: str
    method: str
    options: Mapping[str, Any]
    values: Mapping[str, tuple[float, ...]]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Band:
    """A mean curve with its 95 % confidence band, (n,) each, over ``shares``."""

    shares: Floats
    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A method's figures.

    Attributes:
        method: its key, with all its ``options``.
        pairs, pictures: number of pairs and of pictures in the figures.
        figures: by metric; ``reasons``: why there is none.
        curves: mean curves by metric.
        left_out: why a pair has no figure at all, by its id.
        gaps: by metric, the difference to our method on the same places, where both are measured.

    """

    method: str
    options: Mapping[str, Any]
    pairs: int
    pictures: int
    figures: Mapping[str, Interval]
    reasons: Mapping[str, str]
    curves: Mapping[str, Band]
    left_out: Mapping[str, str]
    gaps: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Study:
    """The table of figures with its settings.

    Attributes:
        model: the model's name; ``pairs``: that of the list.
        rows: the figures of each method.
        notes: sentences on parts of the list that are left out.

    """

    model: str
    pairs: str
    settings: StudySettings
    rows: tuple[StudyRow, ...]
    notes: tuple[str, ...] = ()

    def row(self, method: str) -> StudyRow:
        """Return a method's row; raises ``KeyError``."""
        return {row.method: row for row in self.rows}[method]


def summarise(
    model: str, pairs: str, settings: StudySettings, outcomes: Iterable[Outcome], notes: tuple[str, ...] = ()
) -> Study:
    """Return the figures of outcomes, methods in the order of the outcomes; intervals are over pictures."""
    by_method: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_method.setdefault(outcome.method, []).append(outcome)
    ours = {one.pair: one for one in by_method.get(OURS, ())}
    rows = tuple(_row(measured, ours, settings) for measured in by_method.values())
    return Study(model, pairs, settings, rows, notes)


def _row(outcomes: list[Outcome], ours: Mapping[str, Outcome], settings: StudySettings) -> StudyRow:
    measured = [one for one in outcomes if one.values]
    figures = {key: _figure(measured, key) for key in settings.metrics}
    return StudyRow(
        method=outcomes[0].method,
        options=outcomes[0].options,
        pairs=len(measured),
        pictures=len({one.picture for one in measured}),
        figures={key: figure for key, figure in figures.items() if figure is not None},
        reasons={key: _why_none(measured or outcomes, key) for key, figure in figures.items() if figure is None},
        curves={key: _band(measured, key) for key in settings.metrics if any(key in one.curves for one in measured)},
        left_out={one.pair: next(iter(one.reasons.values()), "") for one in outcomes if not one.values}
        if measured
        else {},
        gaps={} if outcomes[0].method == OURS else _gaps(measured, ours, settings.metrics),
    )


def _gaps(measured: list[Outcome], ours: Mapping[str, Outcome], keys: Iterable[str]) -> dict[str, Interval]:
    """Return by metric the mean of one method's values less ours, place by place, with its interval over pictures."""
    gaps = {}
    for key in keys:
        groups: dict[str, list[Floats]] = {}
        for one in measured:
            own, other = one.values.get(key, ()), ours[one.pair].values.get(key, ()) if one.pair in ours else ()
            if own and len(own) == len(other):
                groups.setdefault(one.picture, []).append(np.array(own) - np.array(other))
        if groups:
            gaps[key] = bootstrap_interval([np.concatenate(parts) for parts in groups.values()])
    return gaps


def _why_none(outcomes: list[Outcome], key: str) -> str:
    """Return why no pair has a value; where a pair could be measured and has none, the list has no labelled places."""
    reasons = [one.reasons.get(key, NOTHING_THERE) for one in outcomes]
    return NOTHING_THERE if NOTHING_THERE in reasons else reasons[-1]


def _figure(measured: list[Outcome], key: str) -> Interval | None:
    groups: dict[str, list[float]] = {}
    for one in measured:
        groups.setdefault(one.picture, []).extend(one.values.get(key, ()))
    values = [np.array(group) for group in groups.values() if group]
    return bootstrap_interval(values) if values else None


def _band(measured: list[Outcome], key: str) -> Band:
    """Average curves along the same shares; where they differ, along ``BETWEEN`` even ones, straight between points."""
    curves = [(one.picture, one.curves[key]) for one in measured if key in one.curves]
    shares = np.array(curves[0][1].shares)
    if any(curve.shares != curves[0][1].shares for _, curve in curves):
        shares = np.linspace(0.0, 1.0, BETWEEN + 1)
    groups: dict[str, list[Floats]] = {}
    for picture, curve in curves:
        groups.setdefault(picture, []).append(np.interp(shares, curve.shares, curve.scores))
    return Band(shares, *bootstrap_band([np.stack(rows) for rows in groups.values()]))
