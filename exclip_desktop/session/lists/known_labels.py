"""Labels of the open list and the project: offered where a box is named."""

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.errors import UserError
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.state import State
from exclip_desktop.session.window_settings import Settings
from exclip_desktop.storage.project.pair_rows import load_box_names


class KnownLabels(QObject):
    """Collects labels, and decides whether a new box is named at once.

    Until a person decides it by ``set_prompt``, that is so while the open list or the project has labelled boxes.

    Signals:
        changed(): whether a new box is named at once may have changed.

    """

    changed = Signal()

    def __init__(
        self,
        state: State,
        navigation: PairNavigation,
        projects: Projects,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        """Read the boxes of ``state``, the list, and the project; save the decision in ``settings``."""
        super().__init__(parent)
        self._state, self._navigation, self._projects, self._settings = state, navigation, projects, settings
        self._of_list: tuple[str, ...] | None = None  # None: not collected yet
        navigation.list_changed.connect(self._on_list_changed)
        projects.changed.connect(self.changed)

    @property
    def prompts(self) -> bool:
        """Whether a new box is named at once."""
        decided = self._settings.annotating.prompts_label()
        return self._has_labelled_boxes() if decided is None else decided

    def set_prompt(self, on: bool) -> None:
        """Decide whether a new box is named at once; saved for the next start."""
        self._settings.annotating.save_prompts_label(on)
        self.changed.emit()

    def names(self) -> tuple[str, ...]:
        """Return the labels: those of boxes on the picture, of the project, newest first, and of the list."""
        on_picture = [region.name for region in self._state.selection.regions]
        return tuple(name for name in dict.fromkeys((*on_picture, *self._of_project(), *self._list_names())) if name)

    def _has_labelled_boxes(self) -> bool:
        in_list = any(region.name for pair in self._navigation.pairs for region in pair.regions)
        return in_list or bool(self._of_project())

    def _of_project(self) -> tuple[str, ...]:
        project = self._projects.project
        try:
            return () if project is None else load_box_names(project)
        except UserError:  # completion is a help: what is wrong with the project is reported where it is used
            return ()

    def _list_names(self) -> tuple[str, ...]:
        if self._of_list is None:
            pairs = self._navigation.pairs
            names = dict.fromkeys(region.name for pair in pairs for region in pair.regions)
            self._of_list = (*names, *dict.fromkeys(pair.label for pair in pairs))
        return self._of_list

    def _on_list_changed(self) -> None:
        self._of_list = None
        self.changed.emit()
