"""Manages what was computed: its size and limit on disk, and the matrices that a project keeps beside its file."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.lists.list_explainer import ListExplainer
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.worker.answer_cache import AnswerPartCache, ExplanationCache
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.heat_store import HeatStore
from exclip_desktop.storage.project.project import load_settings, save_setting

SETTING: Final = "matrices"
"""The project's setting: whether its matrices are beside it."""

ENTRY_BYTES: Final = 2500
"""Bytes of an entry besides its arrays: names, report, checksum."""


@dataclass(frozen=True, slots=True)
class Caches:
    """Factors with explanations; explanations in memory; parts of other methods' answers; heat of thumbnails."""

    factors: FactorCache
    pairs: ExplanationCache
    parts: AnswerPartCache
    heat: HeatStore


class StoredResults(QObject):
    """Measures, bounds and clears the stored results, and keeps the matrices of a project in its own folder.

    Signals:
        clearing(): everything will be cleared; answers that are ready elsewhere should be, too.
    """

    clearing = Signal()

    def __init__(
        self,
        state: State,
        caches: Caches,
        tasks: Tasks,
        projects: Projects,
        list_explainer: ListExplainer,
        show_error: Callable[[Exception], None],
        parent: QObject | None = None,
    ) -> None:
        """Follow the open project; ``show_error`` shows the errors of slow work."""
        super().__init__(parent)
        self._state, self._tasks, self._projects = state, tasks, projects
        self._caches, self._cache = caches, caches.factors
        self._list_explainer, self._show_error = list_explainer, show_error
        projects.changed.connect(self._on_project_changed)
        projects.copied.connect(self._on_project_copied)

    @property
    def limit(self) -> int:
        """Most bytes on disk; 0: nothing is stored on disk."""
        return self._cache.limit

    def set_limit(self, limit: int) -> None:
        """Save another limit, in bytes; what exceeds it is deleted in the background."""
        if limit != self.limit:
            self._work("Changing the cache's limit", lambda _: self._cache.set_limit(limit))

    def measure(self, then: Callable[[int, int], None]) -> None:
        """Call ``then`` with the number of cached bytes in memory and on disk."""

        def measure(_: CancelToken) -> tuple[int, int]:
            memory, disk = self._cache.size()
            return memory + self._caches.pairs.size() + self._caches.parts.size(), disk

        self._tasks.run(measure, lambda sizes: then(*sizes), self._show_error)

    def clear(self, then: Callable[[], None] = lambda: None) -> None:
        """Delete all cached results, and call ``then``; those beside projects stay."""

        def clear(_: CancelToken) -> None:
            for cache in (self._caches.pairs, self._caches.parts, self._caches.heat, self._cache):
                cache.clear()

        self.clearing.emit()
        self._work("Clearing the cache", clear, then)

    def estimate_pairs(self, limit: int) -> int | None:
        """Return about how many pairs like the one on screen fit into ``limit`` bytes; None without a model's answer.

        A pair takes its matrix and both factors, without which another caption would take as long as the first.
        """
        explanation, facts = self._state.explanation, self._state.facts
        if explanation is None or facts is None or not facts.embedding_size:
            return None
        return limit // pair_bytes(explanation, facts.embedding_size)

    @property
    def has_project_folder(self) -> bool:
        """Whether the project that the person chose keeps its matrices beside it."""
        return self._projects.chosen_project is not None and bool(self._settings().get(SETTING))

    def use_project_folder(self, keep: bool) -> None:
        """Keep the matrices of the chosen project beside it from now on; those of its explained pairs are added."""
        project = self._projects.chosen_project
        if project is None or keep == self.has_project_folder or not self._projects.can_change():
            return
        self._projects.attempt(lambda: save_setting(project, SETTING, keep))
        self._on_project_changed()
        if keep:
            self._list_explainer.repeat()

    def _settings(self) -> dict[str, Any]:
        return self._projects.read(load_settings, dict[str, Any]())

    def _on_project_changed(self) -> None:
        project = self._projects.chosen_project
        self._cache.use_project_folder(matrices_folder(project.path) if project and self.has_project_folder else None)

    def _on_project_copied(self, before: Path, after: Path) -> None:
        """Copy the folder of a project that continues in another file."""
        source, target = matrices_folder(before), matrices_folder(after)
        if self.has_project_folder and source.is_dir() and source != target:

            def copy(_: CancelToken) -> None:
                shutil.copytree(source, target, dirs_exist_ok=True)

            self._work("Copying the matrices", copy)

    def _work(self, what: str, do: Callable[[CancelToken], None], then: Callable[[], None] = lambda: None) -> None:
        run_with_progress(self._state, self._tasks, Work(what), do, lambda _: then(), self._show_error)


def matrices_folder(project: Path) -> Path:
    """Return the folder of a project's matrices: ``work.matrices`` beside ``work.exclip``."""
    return project.with_suffix(".matrices")


def pair_bytes(explanation: Explanation, embedding_size: int) -> int:
    """Return the bytes on disk of a pair with both factors, in float32, and the six ends in float64."""
    rows, columns = (int(count) for count in explanation.matrix.shape)
    return 4 * rows * columns + 4 * (rows + columns) * embedding_size + 48 * embedding_size + 3 * ENTRY_BYTES
