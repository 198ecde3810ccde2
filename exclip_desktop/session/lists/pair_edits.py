"""Labels: regions that are known to show something, of a list or kept in the project by hand."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import PictureError, UserError
from exclip_desktop.core.text.wording import format_count
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import State
from exclip_desktop.session.undo import ReplaceStep
from exclip_desktop.storage.project.pair_rows import (
    ProjectPair,
    load_boxes,
    load_pair,
    remove_pairs,
    restore_pairs,
    save_boxes,
)
from exclip_desktop.storage.project.project import Project

Regions = tuple[Region, ...]


class PictureLabels(QObject):
    """Selects the labels of the picture on screen, and keeps selected regions as its labels.

    Attributes:
        labels: the picture's: those that were kept by hand, else the list's.

    Signals:
        changed(): there may be other labels.
        kept(str): the project has other labels now; a sentence that says so.

    """

    changed = Signal()
    kept = Signal(str)

    def __init__(
        self,
        state: State,
        selection_controller: SelectionController,
        navigation: PairNavigation,
        projects: Projects,
        explain_controller: ExplainController,
        undo: QUndoStack,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``state``, the list and the project."""
        super().__init__(parent)
        self._state, self._selection_controller, self._navigation = state, selection_controller, navigation
        self._projects, self._explain_controller, self._undo = projects, explain_controller, undo
        self.labels: Regions = ()
        for told in (
            state.canvas_picture_changed,
            navigation.current_changed,
            navigation.list_changed,
            projects.changed,
        ):
            told.connect(self._renew)
        projects.changed_by_others.connect(self._renew)

    def take(self) -> None:
        """Select the labels instead of the regions that are drawn."""
        self._selection_controller.commit_regions(self._state.selection.regions, self.labels, "select labels")

    def keep(self) -> None:
        """Keep the selected regions as the picture's labels, their names as what they show."""
        regions, path = self._state.selection.regions, self._path
        if path is None:
            self._show_error(PictureError("This picture has no file.", "Save it, and open the file to label it."))
            return
        named = tuple(region for region in regions if not region.subtract)
        self._undo.push(ReplaceStep("keep labels", self._put, (path, self._kept()), (path, named)))

    def _renew(self) -> None:
        self.labels = self._kept() or self._navigation.labelled
        self.changed.emit()

    @property
    def _path(self) -> str | None:
        canvas_picture = self._state.canvas_picture
        return None if canvas_picture is None else canvas_picture.path

    def _kept(self) -> Regions:
        path, project = self._path, self._projects.project
        if path is None or project is None:
            return ()
        try:
            return load_boxes(project, project.relative_path(Path(path)))
        except UserError as error:
            self._show_error(error)
            return ()

    def _put(self, what: tuple[str, Regions]) -> None:
        path, regions = what
        try:
            project = self._projects.ready()
            save_boxes(project, project.relative_path(Path(path)), regions)
        except (UserError, OSError) as error:
            self._show_error(error)
        else:
            self.kept.emit(_told(regions))
        self._renew()

    def _show_error(self, error: Exception) -> None:
        self._explain_controller.show_error(error)


def _told(regions: Regions) -> str:
    return (
        f"{format_count(len(regions), 'label')} kept in the project"
        if regions
        else "No labels of this picture are kept"
    )


class PairRemoval(QObject):
    """Removes pairs, an undo step; pictures, findings and labels stay, and so does what is on screen."""

    def __init__(
        self,
        navigation: PairNavigation,
        projects: Projects,
        undo: QUndoStack,
        parent: QObject | None = None,
    ) -> None:
        """Work on the list of ``navigation``, which is that of the open project."""
        super().__init__(parent)
        self._navigation, self._projects, self._undo = navigation, projects, undo

    def remove(self, places: Sequence[int]) -> None:
        """Remove the pairs at these places of the list; a file's list is left as it is."""
        if not self._navigation.is_project_list:
            return
        ids = [self._navigation.pairs[place].id for place in places]
        removed = self._projects.read(lambda project: _found(project, ids), tuple[ProjectPair, ...]())
        if removed:
            what = "remove pair" if len(removed) == 1 else "remove pairs"
            self._undo.push(ReplaceStep(what, self._put, (removed, True), (removed, False)))

    def _put(self, what: tuple[tuple[ProjectPair, ...], bool]) -> None:
        """Let pairs be in the list, or not."""
        told, wanted = what

        def put() -> None:
            project = self._projects.ready()
            if wanted:
                restore_pairs(project, told)
            else:
                remove_pairs(project, [one.pair.id for one in told])
            self._navigation.renew()

        self._projects.attempt(put)


def _found(project: Project, ids: Sequence[str]) -> tuple[ProjectPair, ...]:
    """Return the pairs of these ids; others may have removed some."""
    return tuple(one for key in ids if (one := load_pair(project, key)) is not None)
