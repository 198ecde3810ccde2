"""Edits of the open list: pairs leave it as an undo step, and any of them are written as a list of their own."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.progress import Report
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import ListedPair, PairFigures, PairList, summarize_notes
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.library.library import limit_rate
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.undo import ProjectStep
from exclip_desktop.storage.formula_cells import Formulas
from exclip_desktop.storage.pair_lists.list_export import ListExport, export_list
from exclip_desktop.storage.pair_lists.writers import writer_of
from exclip_desktop.storage.project.pair_rows import ProjectPair, load_all_boxes, load_pair, remove_pairs, restore_pairs
from exclip_desktop.storage.project.project import Project


@dataclass(frozen=True, slots=True)
class FileListStep:
    """The pairs of a file's list at a moment, with the figures that are known then; ``source`` is the file."""

    source: Path
    pairs: tuple[ListedPair, ...]
    known: dict[str, PairFigures]


class ListEdits(QObject):
    """Removes pairs from the open list, and exports pairs.

    The pairs of a project are removed from its file. A list that was read from a file is changed in the window only.
    Pictures, findings and labels stay, and the screen too.

    Signals:
        reported(str, bool): a sentence for the status line, and whether it is about a change that undo reverses.

    """

    reported = Signal(str, bool)
    _pictures_written = Signal(object)  # from the thread of the export

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        navigation: PairNavigation,
        projects: Projects,
        tasks: Tasks,
        undo: QUndoStack,
        parent: QObject | None = None,
    ) -> None:
        """Edit the list of ``navigation``; show progress and errors in ``state``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._navigation = state, explain_controller, navigation
        self._projects, self._tasks, self._undo = projects, tasks, undo
        self._pictures_written.connect(self._on_pictures_written)

    def remove(self, places: Sequence[int]) -> None:
        """Remove the pairs at these places of the list."""
        if not places:
            return
        what = "remove pair" if len(places) == 1 else f"remove {format_count(len(places), 'pair')}"
        if self._navigation.is_project_list:
            self._remove_from_project(what, places)
        else:
            self._remove_from_window(what, places)
        self.reported.emit(f"{format_count(len(places), 'pair')} removed from the list", True)

    def list_of(self, places: Sequence[int]) -> PairList:
        """Return the pairs at these places as a list, with the labels drawn by hand instead of the list's."""
        navigation = self._navigation
        pairs = tuple(navigation.pairs[place] for place in places)
        drawn = self._projects.read(_drawn_labels, dict[Path, tuple[Region, ...]]())
        if drawn:
            regions = {pair.picture: drawn.get(Path(os.path.abspath(navigation.path(pair)))) for pair in pairs}
            pairs = tuple(
                pair if (own := regions[pair.picture]) is None else replace(pair, regions=own) for pair in pairs
            )
        return replace(navigation.list, pairs=pairs, notes=())

    def export(self, places: Sequence[int], path: Path, key: str | None = None, formulas: Formulas = "escape") -> None:
        """Write the pairs at these places as a list, in this order, by the writer of ``key``, or of the ending."""
        try:
            listed, writer = self.list_of(places), writer_of(path.name, key)
        except UserError as error:
            self._explain_controller.show_error(error)
            return
        progress = limit_rate(self._pictures_written.emit, time.monotonic)

        def then(done: ListExport) -> None:
            self._state.put_work(self, None)
            count = format_count(done.pairs, "pair")
            self.reported.emit(f"{count} written to {path.name}", False)
            if done.notes:
                details = "\n".join(map(str, done.notes))
                message = f"Written: {path} ({count}). {' '.join(summarize_notes(done.notes))}"
                self._state.change(notice=Notice(message, details=details, kind="note"))

        def fail(error: Exception) -> None:
            self._state.put_work(self, None)
            self._explain_controller.show_error(error)

        self._state.put_work(self, Work(f"Writing {path.name}"))
        self._tasks.run(lambda cancel: export_list(listed, path, writer, progress, cancel, formulas), then, fail)

    def _on_pictures_written(self, report: Report) -> None:
        self._state.put_work(self, Work(report.what, report.done, report.total))

    def _remove_from_project(self, what: str, places: Sequence[int]) -> None:
        ids = [self._navigation.pairs[place].id for place in places]
        removed = self._projects.read(lambda project: _existing_pairs(project, ids), tuple[ProjectPair, ...]())
        if removed:
            self._undo.push(ProjectStep(what, self._put_in_project, (removed, True), (removed, False)))

    def _put_in_project(self, what: tuple[tuple[ProjectPair, ...], bool]) -> None:
        """Restore or remove pairs."""
        pairs, is_listed = what

        def put() -> None:
            project = self._projects.open_or_create()
            if is_listed:
                restore_pairs(project, pairs)
            else:
                remove_pairs(project, [one.pair.id for one in pairs])
            self._navigation.reload()

        self._projects.attempt(put)

    def _remove_from_window(self, what: str, places: Sequence[int]) -> None:
        navigation, removed = self._navigation, set(places)
        pairs, source = navigation.pairs, navigation.list.source
        left = tuple(pair for place, pair in enumerate(pairs) if place not in removed)
        known = {pairs[place].id: navigation.figures(place) for place in removed}
        figures = {key: one for key, one in known.items() if one is not None}
        self._undo.push(
            ProjectStep(what, self._put_in_window, FileListStep(source, pairs, figures), FileListStep(source, left, {}))
        )

    def _put_in_window(self, step: FileListStep) -> None:
        """Show the pairs of a step, unless another list was opened."""
        if step.source == self._navigation.list.source:
            self._navigation.replace_pairs(step.pairs, step.known)


def _drawn_labels(project: Project) -> dict[Path, tuple[Region, ...]]:
    """Return the labels drawn by hand, by the absolute paths of their pictures."""
    return {project.path_of(picture): regions for picture, regions in load_all_boxes(project).items()}


def _existing_pairs(project: Project, ids: Sequence[str]) -> tuple[ProjectPair, ...]:
    """Return the pairs of these ids that still exist."""
    return tuple(one for key in ids if (one := load_pair(project, key)) is not None)
