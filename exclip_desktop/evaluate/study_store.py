"""A study that is kept in a folder while it goes on, and goes on where it was interrupted."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.places import UnreadPair
from exclip_desktop.core.values.study import Outcome, StudySettings
from exclip_desktop.core.version import __version__
from exclip_desktop.evaluate.run_study import options_of, study_pairs
from exclip_desktop.models.model import Model
from exclip_desktop.storage.masks import unread
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS
from exclip_desktop.storage.samples import BUNDLED, scene_picture, scenes
from exclip_desktop.storage.study_folder import append_outcome, check_options, fingerprint_of_pairs, open_study


@dataclass(frozen=True, slots=True)
class AskedStudy:
    """What is studied, beside the model.

    Attributes:
        pairs: a list that was read; None: the bundled scenes.
        methods: options as text by name, by the methods' keys.
        settings: what decides the figures.
        count: only the first so many pairs; None: all.
        max_megapixels: largest picture read.

    """

    pairs: PairList | None
    methods: Mapping[str, Mapping[str, str]]
    settings: StudySettings
    count: int | None = None
    max_megapixels: float = DEFAULT_MEGAPIXELS

    @property
    def name(self) -> str:
        """What the pairs are called."""
        return BUNDLED if self.pairs is None else self.pairs.source.name

    def listed(self) -> tuple[ListedPair, ...]:
        """Return all pairs of the list."""
        return scenes() if self.pairs is None else self.pairs.pairs

    def unread(self) -> list[UnreadPair]:
        """Return all pairs that have words, to be read one by one."""
        opened = scene_picture if self.pairs is None else self.pairs.path_of
        return unread(self.listed(), opened, self.max_megapixels)


def kept_outcomes(model: Model, asked: AskedStudy, folder: Path) -> list[Outcome]:
    """Make the folder or open it again, and return the outcomes that are there, of other methods too.

    Raises:
        OutputError: it cannot be written, or holds outcomes of other settings.
        SettingsError: there is no such method or option.

    """
    kept = open_study(folder, _header(model, asked))
    check_options(kept, {method: options_of(method, told) for method, told in asked.methods.items()})
    return kept


def own_folder(model: Model, asked: AskedStudy, parent: Path) -> Path:
    """Return the folder within ``parent`` for all studies of this model, list and settings, whatever the methods."""
    told = json.dumps(_header(model, asked), sort_keys=True).encode("utf-8")
    return parent / f"study-{hashlib.sha256(told).hexdigest()[:12]}"


def further_outcomes(
    model: Model,
    asked: AskedStudy,
    kept: Iterable[Outcome],
    folder: Path | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Iterator[Outcome]:
    """Yield the outcomes that are not ``kept``, one by one, each kept in ``folder`` at once; see ``study_pairs``."""
    waiting = asked.unread()
    found = study_pairs(
        *(model, waiting[: asked.count], asked.methods, asked.settings),
        captions=[pair.caption for pair in waiting],
        done={(one.pair, one.method) for one in kept},
        progress=progress,
        cancel=cancel,
    )
    for outcome in found:
        if folder is not None:
            append_outcome(folder, outcome)
        yield outcome


def _header(model: Model, asked: AskedStudy) -> dict[str, Any]:
    """Return what decides the outcomes beside the methods, as plain values."""
    return {
        "version": __version__,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "device": model.device.type,
        "pairs": fingerprint_of_pairs(asked.listed()),
        "settings": asdict(asked.settings),
    }
