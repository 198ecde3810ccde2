"""The public function ``study``: methods × metrics × pairs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from exclip_desktop.core.errors import Remedy, SettingsError
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.study import Outcome, Study, StudySettings, study_methods, summarise
from exclip_desktop.core.values.study_errors import check_places, describe_unnamed_boxes, find_study_error
from exclip_desktop.evaluate.study_run import StudyTask, compute_outcomes, open_outcomes, parse_method_options
from exclip_desktop.models.model import Model
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS

Methods = Sequence[str] | Mapping[str, Mapping[str, object]]


def study(
    model: Model,
    pairs: str | Path | PairList | None = None,
    methods: Methods | None = None,
    *,
    count: int | None = None,
    out: str | Path | None = None,
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    cache: FactorCache | None = None,
    each: Callable[[Outcome], None] | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> Study:
    """Evaluate the heat of methods over many pairs.

    Args:
        model: a loaded model.
        pairs: a list's file or folder, or a ``PairList``; None: the two hundred bundled scenes.
        methods: keys of methods, or options by key: ``{"rise": {"masks": 500}, "game": {}}``; None: all.
        count: number of pairs, from the first; None: all.
        out: a folder that stores every outcome at once; stored outcomes are not computed again.
        max_megapixels: largest picture read.
        cache: stores the matrices of our own method, as ``open_cache()`` does for the window.
        each: called with every outcome.
        progress: called with the number of finished heats.
        cancel: polled once per batch.
        settings: fields of ``core.study.StudySettings``, by name.

    Raises:
        ListError: the list cannot be read, or nothing of it can be measured.
        OutputError: ``out`` cannot be written, or holds outcomes of other settings.
        SettingsError: a setting, method or option is wrong.
        Cancelled: the person cancelled; ``out`` keeps the finished outcomes.

    """
    chosen = StudySettings(**settings)
    options = _options_by_method(study_methods() if methods is None else methods)
    if count is not None and count < 1:
        raise SettingsError("A study needs at least one pair.", Remedy.CHOOSE_PAIR_COUNT)
    for method, texts in options.items():
        parse_method_options(method, texts)  # refused before the list is read
    listed = pairs if pairs is None or isinstance(pairs, PairList) else read_pairs(pairs)
    task, folder = StudyTask(listed, options, chosen, count, max_megapixels), None if out is None else Path(out)
    listed_pairs = task.evaluated_pairs()
    check_places(chosen, listed_pairs)
    stored = [] if folder is None else open_outcomes(model, task, folder)
    outcomes = {(one.pair, one.method): one for one in stored}
    for outcome in compute_outcomes(model, task, stored, folder, progress, cancel, store=cache):
        outcomes[outcome.pair, outcome.method] = outcome
        if each is not None:
            each(outcome)
    selected = [outcomes[pair.id, method] for method in options for pair in task.unread_pairs()[:count]]
    note = describe_unnamed_boxes(listed_pairs, model.reader.read) if chosen.needs("place") else ""
    notes = (note,) if note else ()
    error = find_study_error(chosen, selected, listed_pairs, notes)
    if error is not None:
        raise error
    return summarise(model.name, task.name, chosen, selected, notes)


def _options_by_method(methods: Methods) -> dict[str, dict[str, str]]:
    """Return options as text by name, by method."""
    if not isinstance(methods, Mapping):
        return {method: {} for method in methods}
    return {method: {name: str(value) for name, value in options.items()} for method, options in methods.items()}
