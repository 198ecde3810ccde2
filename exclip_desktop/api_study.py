"""The public function ``study``: methods × metrics × pairs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.listed_pair import ListedPair, PairList
from exclip_desktop.core.places import Unread
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.study import ALL_METHODS, Outcome, Study, StudySettings, summarise
from exclip_desktop.core.version import __version__
from exclip_desktop.evaluate.study import options_of, study_pairs
from exclip_desktop.models.model import Model
from exclip_desktop.storage.masks import unread
from exclip_desktop.storage.pair_lists.reading import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS
from exclip_desktop.storage.scenes import scene_picture, scenes
from exclip_desktop.storage.studies import append_outcome, check_options, fingerprint_of_pairs, opened_study

BUNDLED = "the bundled scenes"
Methods = Sequence[str] | Mapping[str, Mapping[str, object]]


def study(
    model: Model,
    pairs: str | Path | PairList | None = None,
    methods: Methods = ALL_METHODS,
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
        methods: keys of ``core.study.ALL_METHODS``, or options by key: ``{"rise": {"masks": 500}, "game": {}}``.
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
    asked = StudySettings(**settings)
    told = _told(methods)
    if count is not None and count < 1:
        raise SettingsError("A study needs at least one pair.", "Give 1 or more (--count).")
    options = {method: options_of(method, texts) for method, texts in told.items()}
    name, listed, waiting = _listed(pairs, max_megapixels)
    folder = None if out is None else Path(out)
    kept = [] if folder is None else opened_study(folder, _header(model, listed, asked))
    check_options(kept, options)
    outcomes = {(one.pair, one.method): one for one in kept}
    captions, chosen = [pair.caption for pair in waiting], waiting[:count]
    with_what = {"captions": captions, "done": outcomes.keys(), "progress": progress, "cancel": cancel}
    for outcome in study_pairs(model, chosen, told, asked, **with_what):  # type: ignore[arg-type]  # by name
        if folder is not None:
            append_outcome(folder, outcome)
        outcomes[outcome.pair, outcome.method] = outcome
        if each is not None:
            each(outcome)
    wanted = [outcomes[pair.id, method] for method in told for pair in chosen]
    return summarise(model.name, name, asked, wanted)


def _told(methods: Methods) -> dict[str, dict[str, str]]:
    """Return options as text by name, by method."""
    if not isinstance(methods, Mapping):
        return {method: {} for method in methods}
    return {method: {name: str(value) for name, value in told.items()} for method, told in methods.items()}


def _listed(
    pairs: str | Path | PairList | None, max_megapixels: float
) -> tuple[str, tuple[ListedPair, ...], list[Unread]]:
    """Return a list's name, its pairs, and those to be read."""
    if pairs is None:
        return BUNDLED, scenes(), unread(scenes(), scene_picture, max_megapixels)
    found = pairs if isinstance(pairs, PairList) else read_pairs(pairs)
    return found.source.name, found.pairs, unread(found.pairs, found.path_of, max_megapixels)


def _header(model: Model, pairs: tuple[ListedPair, ...], settings: StudySettings) -> dict[str, Any]:
    """Return what decides the outcomes beside the methods, as plain values."""
    return {
        "version": __version__,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "device": model.device.type,
        "pairs": fingerprint_of_pairs(pairs),
        "settings": asdict(settings),
    }
