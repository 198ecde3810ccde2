"""Labelled regions of pictures, drawn by hand and stored in the project."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import PictureError, UserError
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.region_controller import RegionController
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import State
from exclip_desktop.session.undo import ProjectStep
from exclip_desktop.storage.project.pair_rows import load_boxes, save_boxes

Regions = tuple[Region, ...]


class PictureLabels(QObject):
    """Labelled regions of the picture on screen: selects them, and saves selected regions as labels.

    Attributes:
        labels: the picture's labels: those saved in the project, otherwise the list's.

    Signals:
        changed(): the labels may have changed.
        saved(str): labels were saved in the project; a sentence for the status line.

    """

    changed = Signal()
    saved = Signal(str)

    def __init__(
        self,
        state: State,
        region_controller: RegionController,
        navigation: PairNavigation,
        projects: Projects,
        explain_controller: ExplainController,
        undo: QUndoStack,
        parent: QObject | None = None,
    ) -> None:
        """Follow ``state``, the list and the project."""
        super().__init__(parent)
        self._state, self._region_controller, self._navigation = state, region_controller, navigation
        self._projects, self._explain_controller, self._undo = projects, explain_controller, undo
        self.labels: Regions = ()
        for signal in (
            state.canvas_picture_changed,
            navigation.current_changed,
            navigation.list_changed,
            projects.changed,
        ):
            signal.connect(self._update)
        projects.changed_by_others.connect(self._update)

    def select(self) -> None:
        """Replace all regions by the labels."""
        self._region_controller.replace_all(self.labels, "select labels")

    def save(self) -> None:
        """Save all regions, hidden ones too, as the picture's labels, with their names."""
        regions, path = [one.region for one in self._region_controller.listed], self._path
        if path is None:
            self._show_error(PictureError("This picture has no file.", "Save it, and open the file to label it."))
            return
        named = tuple(region for region in regions if not region.subtract)
        self._undo.push(ProjectStep("keep labels", self._put, (path, self._saved_labels()), (path, named)))

    @property
    def unkept(self) -> Regions:
        """The named regions on screen that are not among the labels."""
        regions = (one.region for one in self._region_controller.listed)
        return tuple(one for one in regions if one.name and not one.subtract and one not in self.labels)

    def keep_unkept(self) -> None:
        """Add the named regions on screen to the labels, before another picture is shown; one step of undo."""
        path, unkept = self._path, self.unkept
        if path is not None and unkept:
            before, after = self._saved_labels(), self.labels + unkept
            self._undo.push(ProjectStep("keep labels", self._put, (path, before), (path, after)))

    def _update(self) -> None:
        self.labels = self._saved_labels() or self._navigation.label_regions
        self._state.change(labels=self.labels)
        self.changed.emit()

    @property
    def _path(self) -> str | None:
        canvas_picture = self._state.canvas_picture
        return None if canvas_picture is None else canvas_picture.path

    def _saved_labels(self) -> Regions:
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
        before = len(self.labels) if path == self._path else 0
        try:
            project = self._projects.open_or_create()
            save_boxes(project, project.relative_path(Path(path)), regions)
        except (UserError, OSError) as error:
            self._show_error(error)
        else:
            where = "your personal file" if self._projects.is_own else project.path.name
            self.saved.emit(_labels_message(regions, where, before))
        self._update()

    def _show_error(self, error: Exception) -> None:
        self._explain_controller.show_error(error)


def _labels_message(regions: Regions, where: str, before: int) -> str:
    if not regions:
        return "No labels of this picture are kept"
    instead = f" instead of {before}" if before > len(regions) else ""
    return f"{format_count(len(regions), 'label')} kept in {where}{instead}"
