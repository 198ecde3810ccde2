"""The public function ``study``: methods × metrics × pairs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.study import Outcome, Study, StudySettings, study_methods, summarise
from exclip_desktop.evaluate.study_run import StudyTask, compute_outcomes, open_outcomes, parse_method_options
from exclip_desktop.models.model import Model
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
    each: Callable[[Outcome], None] | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> Study:
    """Measure what methods' heat is worth, over many pairs.

    Args:
        model: a loaded model.
        pairs: a list's file or folder, or a list that was read; None: the two hundred bundled scenes.
        methods: keys of methods, or options by key: ``{"rise": {"masks": 500}, "game": {}}``; None: all.
        count: only the first so many pairs.
        out: a folder that keeps every outcome at once; what is there already is not computed again.
        max_megapixels: largest picture read.
        each: told every outcome as it is there.
        progress: told how many heats are measured.
        cancel: polled once per batch.
        settings: fields of ``core.study.StudySettings``, by name.

    Raises:
        ListError: the list cannot be read.
        OutputError: ``out`` cannot be written, or holds outcomes of other settings.
        SettingsError: a setting, method or option makes no sense.
        Cancelled: the person cancelled; ``out`` keeps what is done.

    """
    chosen = StudySettings(**settings)
    told = _told(study_methods() if methods is None else methods)
    if count is not None and count < 1:
        raise SettingsError("A study needs at least one pair.", Remedy.CHOOSE_PAIR_COUNT)
    for method, texts in told.items():
        parse_method_options(method, texts)  # refused before the list is read
    listed = pairs if pairs is None or isinstance(pairs, PairList) else read_pairs(pairs)
    asked, folder = StudyTask(listed, told, chosen, count, max_megapixels), None if out is None else Path(out)
    kept = [] if folder is None else open_outcomes(model, asked, folder)
    outcomes = {(one.pair, one.method): one for one in kept}
    for outcome in compute_outcomes(model, asked, kept, folder, progress, cancel):
        outcomes[outcome.pair, outcome.method] = outcome
        if each is not None:
            each(outcome)
    wanted = [outcomes[pair.id, method] for method in told for pair in asked.unread_pairs()[:count]]
    return summarise(model.name, asked.name, chosen, wanted)


def _told(methods: Methods) -> dict[str, dict[str, str]]:
    """Return options as text by name, by method."""
    if not isinstance(methods, Mapping):
        return {method: {} for method in methods}
    return {method: {name: str(value) for name, value in told.items()} for method, told in methods.items()}
