"""Runs a study: methods × metrics × pairs, in a folder that keeps every outcome and continues where it stopped."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.second_order.stored_explain import ResultStore
from exclip_desktop.core.errors import PictureError, Remedy, SettingsError, UserError
from exclip_desktop.core.method_registry import all_methods
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.places import UnreadPair
from exclip_desktop.core.values.study import RANDOM, Outcome, StudySettings, study_methods
from exclip_desktop.core.version import __version__
from exclip_desktop.evaluate.heats import MethodRun, compute_heats
from exclip_desktop.evaluate.metric_values import compute_metrics
from exclip_desktop.evaluate.subject import Subject
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import encode_captions
from exclip_desktop.storage.masks import list_unread
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS
from exclip_desktop.storage.samples import BUNDLED, load_scenes, open_scene
from exclip_desktop.storage.study_folder import append_outcome, check_options, fingerprint_of_pairs, open_study

OptionTexts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StudyTask:
    """The pairs, methods and settings of a study, without the model.

    Attributes:
        pairs: a list that was read; None: the bundled scenes.
        methods: options as text by name, by the methods' keys.
        settings: everything that decides the figures.
        count: only the first so many pairs; None: all.
        max_megapixels: largest picture read.

    """

    pairs: PairList | None
    methods: Mapping[str, OptionTexts]
    settings: StudySettings
    count: int | None = None
    max_megapixels: float = DEFAULT_MEGAPIXELS

    @property
    def name(self) -> str:
        """Name of the list of pairs."""
        return BUNDLED if self.pairs is None else self.pairs.source.name

    @property
    def listed(self) -> tuple[ListedPair, ...]:
        """All pairs of the list."""
        return load_scenes() if self.pairs is None else self.pairs.pairs

    def unread_pairs(self) -> list[UnreadPair]:
        """Return all pairs that have words, to be read one by one."""
        find_path = open_scene if self.pairs is None else self.pairs.path_of
        return list_unread(self.listed, find_path, self.max_megapixels)

    def evaluated_pairs(self) -> list[ListedPair]:
        """Return the first ``count`` pairs that have words."""
        ids = {pair.id for pair in self.unread_pairs()[: self.count]}
        return [pair for pair in self.listed if pair.id in ids]


@dataclass(frozen=True, slots=True)
class _Cell:
    """One method on one pair: a pair's id and picture, a method's key and all its options."""

    pair: str
    picture: str
    method: str
    options: Mapping[str, object]

    def fail(self, settings: StudySettings, error: UserError) -> Outcome:
        """Return the outcome without values, with the reason for every metric."""
        return Outcome(
            self.pair, self.picture, self.method, self.options, {}, {}, dict.fromkeys(settings.metrics, error.message)
        )


def evaluate_pairs(
    model: Model,
    pairs: Sequence[UnreadPair],
    methods: Mapping[str, OptionTexts],
    settings: StudySettings,
    *,
    captions: Sequence[str] = (),
    done: Collection[tuple[str, str]] = frozenset(),
    store: ResultStore | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Iterator[Outcome]:
    """Yield every method's outcome on every pair, pair by pair, as soon as it is computed.

    A method that does not fit, or a picture that cannot be read, gives an outcome with the reason instead of values.

    Args:
        model: a loaded model.
        pairs: the pairs to evaluate on.
        methods: options as text by name, by the methods' keys.
        settings: everything else that decides the figures.
        captions: those among which ``softmax`` scores, a pair's own included or not.
        done: (pair, method) to leave out; the other outcomes do not depend on them.
        store: receives the explanations of our own method, under their cache keys.
        progress: called with the number of heats.
        cancel: polled once per batch of pictures.

    Raises:
        SettingsError: there is no such method or option.
        Cancelled: the person cancelled.

    """
    options = {method: parse_method_options(method, texts) for method, texts in methods.items()}
    embeddings = _embed(model, captions if settings.score == "softmax" else ())
    report, token, total = progress or ignore_progress, cancel or CancelToken(), len(pairs) * len(methods)
    for place, pair in enumerate(pairs):
        missing = [method for method in methods if (pair.id, method) not in done]
        if not missing:
            continue
        token.check()
        subject = _read_subject(model, pair, settings, embeddings, token)
        for method in missing:
            report(Report("heats", place * len(methods) + list(methods).index(method), total))
            cell = _Cell(pair.id, pair.picture, method, options[method])
            if isinstance(subject, PictureError):
                yield cell.fail(settings, subject)
            else:
                yield _evaluate_cell(cell, MethodRun(model, method, methods[method], settings, token, store), subject)
    report(Report("heats", total, total))


def parse_method_options(method: str, texts: OptionTexts) -> dict[str, object]:
    """Return all options of a method by name, from text.

    Raises:
        SettingsError: there is no such method or option, or a text is not a value of it.

    """
    if method not in study_methods():
        raise SettingsError(
            f'There is no method "{method}".', Remedy.CHOOSE_STUDY_METHODS, choices=", ".join(study_methods())
        )
    if method == RANDOM:
        return {}
    return dict(all_methods()[method].parse_options(texts))


def _embed(model: Model, captions: Sequence[str]) -> dict[str, Tensor]:
    return {caption: encode_captions(model, [caption])[0] for caption in dict.fromkeys(captions)}


def _read_subject(
    model: Model, pair: UnreadPair, settings: StudySettings, embeddings: Mapping[str, Tensor], cancel: CancelToken
) -> Subject | PictureError:
    """Return a pair for evaluation, or the error of a picture that cannot be read."""
    rows = [row for caption, row in embeddings.items() if caption != pair.caption]
    others = torch.stack(rows) if rows else torch.zeros(0)
    try:
        return Subject(model, pair.id, pair.read(), settings, others, cancel)
    except PictureError as error:
        return error


def _evaluate_cell(cell: _Cell, run: MethodRun, subject: Subject) -> Outcome:
    settings = run.settings
    try:
        with convert_memory_errors():
            heats = compute_heats(run, subject)
            values, curves = compute_metrics(heats, subject, settings)
    except UserError as error:
        return cell.fail(settings, error)
    kinds = {key: METRICS[key].kind for key in settings.metrics}
    reasons = {key: heats.reasons[kind] for key, kind in kinds.items() if kind in heats.reasons}
    return Outcome(cell.pair, cell.picture, cell.method, cell.options, values, curves, reasons)


def open_outcomes(model: Model, task: StudyTask, folder: Path) -> list[Outcome]:
    """Make the folder or open it again, and return its outcomes, those of other methods included.

    Raises:
        OutputError: it cannot be written, or holds outcomes of other settings.
        SettingsError: there is no such method or option.

    """
    outcomes = open_study(folder, _header(model, task))
    options = {method: parse_method_options(method, texts) for method, texts in task.methods.items()}
    check_options(outcomes, options)
    return outcomes


def study_folder(model: Model, task: StudyTask, parent: Path) -> Path:
    """Return the folder within ``parent`` for all studies of this model, list and settings, whatever the methods."""
    header = json.dumps(_header(model, task), sort_keys=True).encode("utf-8")
    return parent / f"study-{hashlib.sha256(header).hexdigest()[:12]}"


def compute_outcomes(
    model: Model,
    task: StudyTask,
    done: Iterable[Outcome],
    folder: Path | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    *,
    store: ResultStore | None = None,
) -> Iterator[Outcome]:
    """Yield the outcomes that are not ``done``, each written to ``folder`` first.

    ``store`` and errors are those of ``evaluate_pairs``.
    """
    pairs = task.unread_pairs()
    outcomes = evaluate_pairs(
        model,
        pairs[: task.count],
        task.methods,
        task.settings,
        captions=[pair.caption for pair in pairs],
        done={(one.pair, one.method) for one in done},
        store=store,
        progress=progress,
        cancel=cancel,
    )
    for outcome in outcomes:
        if folder is not None:
            append_outcome(folder, outcome)
        yield outcome


def _header(model: Model, task: StudyTask) -> dict[str, Any]:
    """Return everything that decides the outcomes but the methods, as plain values."""
    return {
        "version": __version__,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "device": model.device.type,
        "pairs": fingerprint_of_pairs(task.listed),
        "settings": asdict(task.settings),
    }
