"""A finding: a noted view with its numbers, and the rating, tags and note of a person."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.maths.word_values import WordsBy, word_values
from exclip_desktop.core.method_registry import OURS, method_name
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.answers import Answer
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_matrix import PairMatrix
from exclip_desktop.core.values.selection import Preview, Selection, block_sum, patch_heat, positive_share
from exclip_desktop.core.values.settings import DEFAULT_TOLERANCE
from exclip_desktop.core.values.two_inputs import WHICH, PictureSide, TwoInputExplanation, Which

PictureId = tuple[str, str]
"""Path and SHA-256 of a picture's file; both empty where there is none."""

Rating = Literal["", "match", "mismatch", "artefact", "unsure"]
RATINGS: Final[tuple[Rating, ...]] = get_args(Rating)
"""Ratings of a finding; empty: not rated."""

RATING_NAMES: Final[dict[Rating, str]] = {
    "match": "Match",
    "mismatch": "Mismatch",
    "artefact": "Artefact",
    "unsure": "Unsure",
    "": "Not rated",
}
"""What the window calls the ratings, in the order of their keys."""

NUMBERS_TOLERANCE: Final = 2 * DEFAULT_TOLERANCE
"""Largest difference of two exact integrals, relative to the largest number."""


@dataclass(frozen=True, slots=True)
class FindingWord:
    """A word of the caption: its characters, whether it was selected, and its sum over the selected regions.

    ``value`` is None where the method does not value words.
    """

    text: str
    start: int
    end: int
    selected: bool
    value: float | None


@dataclass(frozen=True, slots=True)
class SecondInput:
    """The second of two inputs, a picture or a caption, of a finding whose first one is of the same kind.

    Attributes:
        picture, picture_sha256: as in ``FindingView``; empty for a caption.
        caption: the text; empty for a picture.
        selection: its selected tokens or regions.
        words: every word of a caption with its sum over what is selected in the first input.
        heat, geometry: of a picture, as in ``FindingNumbers``, for what is selected in the first input.

    """

    picture: str = ""
    picture_sha256: str = ""
    caption: str = ""
    selection: Selection = Selection()
    words: tuple[FindingWord, ...] = ()
    heat: tuple[tuple[float, ...], ...] = ()
    geometry: Geometry | None = None

    @property
    def name(self) -> str:
        """The caption, or the name of the picture's file."""
        return self.caption or re.split(r"[/\\\\]", self.picture)[-1]


@dataclass(frozen=True, slots=True)
class FindingView:
    """The view of a finding: all that is needed to show it again.

    Attributes:
        picture: the picture's path, from the project's folder where it lies there.
        picture_sha256: of the file's bytes; empty where there is no file.
        caption: the caption.
        selection: selected tokens and regions.
        method: the method's key.
        settings: everything that decides the numbers, by name, as plain values: model, weights, layers …
        versions: of the programs that computed them.
        pair: the id of the pair in the list; empty where it is not from the list.
        second: the second input of two pictures, whose caption is empty, or of two captions, which have no picture;
            None for a picture and its caption.

    """

    picture: str
    picture_sha256: str
    caption: str
    selection: Selection = Selection()
    method: str = OURS
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    pair: str = ""
    second: SecondInput | None = None

    @property
    def inputs_line(self) -> str:
        """The caption; of two inputs, what they are."""
        if self.second is None:
            return self.caption
        first = SecondInput(self.picture, caption=self.caption)
        return f"{first.name} ↔ {self.second.name}"

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.settings.get("model", ""))

    @property
    def weights_sha256(self) -> str:
        """The SHA-256 of its weights."""
        return str(self.settings.get("weights_sha256", ""))

    @property
    def method_name(self) -> str:
        """The method's name; its key where this program does not know it."""
        return method_name(self.method)

    @property
    def method_line(self) -> str:
        """The method's name, and all of its options."""
        options = ", ".join(f"{name} {value}" for name, value in (self.settings.get("options") or {}).items())
        return f"{self.method_name}: {options}" if options else self.method_name


@dataclass(frozen=True, slots=True)
class FindingNumbers:
    """The numbers of a finding; heat and words in the method's own unit: the score's, where they add up to it.

    Attributes:
        score: the cosine of picture and caption.
        block: the sum of the selected tokens × the selected patches; None where the method has no such sum.
        share: of ``block`` in the whole matrix; None where that is too small for shares.
        residual: the completeness residual, a relative error; None where the method has none.
        ledger: the parts of the score, by name; empty where the method has none.
        words: every word with its value.
        heat: each patch's value for the selected tokens: float32, (rows, columns).
        geometry: where the patches lie on the picture; None where that is lost.

    """

    score: float
    block: float | None = None
    share: float | None = None
    residual: float | None = None
    ledger: Mapping[str, float] = field(default_factory=dict)
    words: tuple[FindingWord, ...] = ()
    heat: tuple[tuple[float, ...], ...] = ()
    geometry: Geometry | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A noted view with its numbers, and a person's rating, tags and note.

    Attributes:
        view, numbers: the view and its numbers.
        rating, tags, note: by a person.
        created, changed: times, as ISO 8601 in UTC; empty before the finding is stored.
        id: its number in the project; 0 before the finding is stored.

    """

    view: FindingView
    numbers: FindingNumbers
    rating: Rating = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    created: str = ""
    changed: str = ""
    id: int = 0

    @property
    def share_inside(self) -> float | None:
        """The share of positive heat in the selected regions; None without regions or positive heat."""
        heat, geometry = np.array(self.numbers.heat), self.numbers.geometry
        return (
            None if geometry is None or not heat.size else positive_share(heat, geometry, self.view.selection.regions)
        )


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding before and after a change: None before it is added, and after it is removed."""

    before: Finding | None
    after: Finding | None

    @property
    def reverse(self) -> "FindingChange":
        """The change that undoes it."""
        return FindingChange(self.after, self.before)


def is_same_view(one: FindingView, other: FindingView) -> bool:
    """Return whether two views show the same: pair, method, model, settings and selection.

    Device and versions do not matter. An empty SHA-256 is any picture's.
    """
    sides = []
    for view in (one, other):
        decided = {name: value for name, value in view.settings.items() if name not in _IRRELEVANT}
        picture = "" if not (one.picture_sha256 and other.picture_sha256) else view.picture_sha256
        second = None if view.second is None else (view.second.picture, view.second.caption, view.second.selection)
        place = view.picture, picture, view.caption, view.method, view.selection, second
        sides.append((place, json.dumps(decided, sort_keys=True, default=str)))
    return sides[0] == sides[1]


_IRRELEVANT: Final = ("device", "weights", "target_score")  # settings that change no number, or follow from others


def make_view(
    answer: Answer, selection: Selection, *, picture: str, picture_sha256: str, pair: str = ""
) -> FindingView:
    """Return the view of an answer, by whichever method, through a selection."""
    provenance = answer.provenance()
    settings = dict(provenance.get("settings") or {name: provenance[name] for name in provenance if name != "geometry"})
    versions = settings.pop("versions", {})
    method = settings.pop("method", OURS)
    return FindingView(picture, picture_sha256, answer.caption.text, selection, method, settings, versions, pair)


def make_numbers(answer: Answer, selection: Selection, score: float | None = None) -> FindingNumbers:
    """Return the numbers of an answer under a selection; sums only of a matrix, a ledger only of an explanation.

    ``score`` is the pair's cosine where the answer's own score is of the target words.
    """
    numbers = FindingNumbers(
        score=answer.score if score is None else score,
        words=list_words(answer, selection),
        heat=to_rows(patch_heat(answer.interactions, selection, Preview())),
        geometry=answer.geometry,
    )
    if not isinstance(answer, PairMatrix):
        return numbers
    block = block_sum(answer.interactions, answer.geometry, selection)
    numbers = replace(numbers, block=block, share=answer.share_of_all(block))
    if not isinstance(answer, Explanation):
        return numbers
    return replace(numbers, residual=answer.residual, ledger=dict(answer.ledger.lines()))


def make_two_input_finding(
    explanation: TwoInputExplanation, selections: tuple[Selection, Selection], pictures: tuple[PictureId, PictureId]
) -> Finding:
    """Return the finding of two inputs of one kind through their selections.

    ``pictures`` are path and SHA-256 of each input's picture file, both empty for a caption.
    """
    first, second = (
        _describe_input(explanation, which, selections, picture) for which, picture in zip(WHICH, pictures, strict=True)
    )
    settings = asdict(explanation.settings)
    versions = settings.pop("versions")
    block = explanation.block_sum(*selections)
    view = FindingView(
        first.picture,
        first.picture_sha256,
        first.caption,
        first.selection,
        settings=settings,
        versions=versions,
        second=second,
    )
    numbers = FindingNumbers(
        score=explanation.score,
        block=block,
        share=explanation.share_of_all(block),
        residual=explanation.residual,
        ledger=dict(explanation.ledger.lines()),
        words=first.words,
        heat=first.heat,
        geometry=first.geometry,
    )
    return Finding(view, numbers)


def _describe_input(
    explanation: TwoInputExplanation, which: Which, selections: tuple[Selection, Selection], picture: PictureId
) -> SecondInput:
    own, opposite = selections if which == "first" else selections[::-1]
    side, heat = explanation.side(which), explanation.heat(which, opposite)
    if isinstance(side, PictureSide):
        return SecondInput(*picture, selection=own, heat=to_rows(heat), geometry=side.geometry)
    chosen = set(own.rows)
    words = tuple(
        FindingWord(
            word.text, word.start, word.end, not chosen.isdisjoint(word.rows), float(heat[list(word.rows)].sum())
        )
        for word in side.caption.words
    )
    return SecondInput(caption=side.caption.text, selection=own, words=words)


def list_words(answer: Answer, selection: Selection, words_by: WordsBy = "picture") -> tuple[FindingWord, ...]:
    """Return every word with its value through the selected regions; where there is none, by ``words_by``."""
    rows = [word.rows for word in answer.caption.words]
    by_token = word_values(answer.interactions, answer.geometry, selection, Preview(), rows, words_by)
    chosen, valued = set(selection.rows), answer.interactions.values_words
    return tuple(
        FindingWord(
            *(word.text, word.start, word.end, not chosen.isdisjoint(word.rows)),
            float(by_token[list(word.rows)].sum()) if valued else None,
        )
        for word in answer.caption.words
    )


def to_rows(heat: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    """Return heat (rows, columns) as tuples of float32 values."""
    return tuple(map(tuple, heat.astype(np.float32).tolist()))


def describe_strongest_patch(numbers: FindingNumbers) -> str:
    """Return the patch with the largest value, counted from 0, as text; empty without heat."""
    heat = np.array(numbers.heat)
    if not heat.size:
        return ""
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    return f"{format_signed(float(heat[row, column]))} in row {row}, column {column}"


def describe_changes(before: FindingView, now: FindingView) -> tuple[str, ...]:
    """Return a phrase for each change of the weights and the method's options; empty without changes."""
    parts = [] if before.weights_sha256 == now.weights_sha256 else ["the weights differ"]
    for kind in ("options", "caption_options"):
        old, new = (dict(view.settings.get(kind) or {}) for view in (before, now))
        parts += [
            f"{name} {old.get(name, 'none')} then, {new.get(name, 'none')} now"
            for name in dict.fromkeys((*old, *new))
            if old.get(name) != new.get(name)
        ]
    return tuple(parts)


def describe_differences(before: FindingNumbers, now: FindingNumbers) -> tuple[str, ...]:
    """Return a phrase for each change of the numbers beyond the tolerance of exact integrals; empty without changes."""
    parts = [
        f"{name} {format_signed(old)} then, {format_signed(new)} now"
        for name, old, new in (("score", before.score, now.score), ("selected block", before.block, now.block))
        if old is not None and new is not None and _differ(old, new, max(abs(before.score), abs(old)))
    ]
    old_heat, new_heat = np.array(before.heat), np.array(now.heat)
    if not old_heat.size:  # a finding of several pairs at once holds no heat
        return tuple(parts)
    if old_heat.shape != new_heat.shape:
        sizes = [" × ".join(map(str, heat.shape)) or "none" for heat in (old_heat, new_heat)]
        return (*parts, f"patches {sizes[0]} then, {sizes[1]} now")
    largest = float(np.abs(old_heat).max(initial=0.0))
    gap = float(np.abs(new_heat - old_heat).max(initial=0.0))
    return (*parts, f"patches differ by up to {gap:.1e}") if gap > NUMBERS_TOLERANCE * largest else tuple(parts)


def _differ(old: float, new: float, scale: float) -> bool:
    return abs(new - old) > NUMBERS_TOLERANCE * scale
