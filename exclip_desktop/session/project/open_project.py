"""The open project file: made, opened, changed by others, and kept up with the list."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import ProjectError, UserError
from exclip_desktop.core.paths import is_file
from exclip_desktop.session.lists.list_reading import measured_of
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.state import Notice, State
from exclip_desktop.storage.project.pair_rows import save_measurements
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import ENDING, create_project, open_project

T = TypeVar("T")
OTHERS_MS: Final = 2000  # between looks for changes that others make


def is_project_path(path: str | Path) -> bool:
    """Return whether a path is a project rather than a list or a picture: it ends like one."""
    return Path(path).suffix.lower() == ENDING


class Projects(QObject):
    """Holds the open project; until one is opened, the person's own, which is made when it is needed.

    Attributes:
        project: the open project, or None before any is needed.

    Signals:
        changed(): another project is open.
        changed_by_others(): another window or program has changed the open one.

    """

    changed = Signal()
    changed_by_others = Signal()

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        navigation: PairNavigation,
        undo: QUndoStack,
        usual: Path | None,
        parent: QObject | None = None,
    ) -> None:
        """``usual`` is the person's own project, if they have one; trouble is told by ``explain_controller``."""
        super().__init__(parent)
        self._state, self._explain_controller, self._navigation = state, explain_controller, navigation
        self._undo, self._usual = undo, usual
        self.project: Project | None = None
        self._version = 0
        self._others = QTimer(self, interval=OTHERS_MS)
        self._others.timeout.connect(self.check_for_changes)
        navigation.found.connect(self._keep_figures)
        self.changed_by_others.connect(navigation.renew)

    @property
    def is_own(self) -> bool:
        """Whether the open project is the person's own, which they did not choose."""
        return self.project is not None and self._usual is not None and self.project.path == self._usual.absolute()

    @property
    def chosen(self) -> Project | None:
        """The open project, if the person chose it."""
        return None if self.is_own else self.project

    def look(self) -> None:
        """Open the person's own project if there is one, and none is open."""
        usual = self._usual
        if self.project is None and usual is not None and is_file(usual):
            self.attempt(lambda: self._use(open_project(usual)))

    def open(self, path: str | Path) -> None:
        """Open a project file instead."""
        self.attempt(lambda: self._use(open_project(path)))

    def create(self, path: str | Path) -> None:
        """Make a project file and open it; an open list goes into it."""
        self.attempt(lambda: self._use(create_project(path), is_new=True))

    def save_copy(self, path: Path) -> None:
        """Write the project to another file, with the open list, and go on in that."""

        def save() -> None:
            self.ready().save_copy(path)
            self._use(open_project(path), is_new=True)

        self.attempt(save)

    def close(self) -> None:
        """Close the project; all of it is on disk already."""
        self._others.stop()
        if self.project is not None:
            self.project.close()
        self.project = None

    def ready(self) -> Project:
        """Return the open project; the person's own is made where there is none.

        Raises:
            ProjectError, OutputError, OSError: it cannot be made or opened.

        """
        if self.project is not None:
            return self.project
        if self._usual is None:
            raise ProjectError("No project is open.", "Make one: File ▸ New project….")
        self._usual.parent.mkdir(parents=True, exist_ok=True)
        return self._use(open_project(self._usual) if is_file(self._usual) else create_project(self._usual))

    def read(self, read: Callable[[Project], T], otherwise: T) -> T:
        """Return what ``read`` finds in the open project; ``otherwise`` without one, or where it cannot be read."""
        if self.project is None:
            return otherwise
        try:
            return read(self.project)
        except UserError as error:
            self._explain_controller.show_error(error)
            return otherwise

    def can_change(self) -> bool:
        """Return whether the open project can be changed, and tell why where it cannot."""
        try:
            if self.project is not None:
                self.project.check_writable()
        except UserError as error:
            self._explain_controller.show_error(error)
            return False
        return True

    def attempt(self, act: Callable[[], object]) -> None:
        """Do something with the project, and tell what went wrong."""
        try:
            act()
        except (UserError, OSError) as error:
            self._explain_controller.show_error(error)

    def check_for_changes(self) -> None:
        """Tell if another window or program has changed the file."""
        version = self.read(lambda project: project.data_version(), self._version)
        if version != self._version:
            self._version = version
            self.changed_by_others.emit()

    def _use(self, project: Project, *, is_new: bool = False) -> Project:
        if self.project is not None:
            self._undo.clear()  # its steps are of the project before
        self.close()
        self.project, self._version = project, project.data_version()
        self._others.start()
        if project.notes:
            self._state.change(notice=Notice(" ".join(project.notes), kind="note"))
        self._navigation.use_project(None if self.is_own else project.path, is_new=is_new)
        self.changed.emit()
        return project

    def _keep_figures(self, place: int) -> None:
        """Keep what was found of a pair, where the list is the project's."""
        project, navigation = self.project, self._navigation
        measured = measured_of(navigation.figures(place))
        if project is None or project.read_only or not navigation.is_project_list or measured is None:
            return
        self.attempt(lambda: save_measurements(project, [(navigation.pairs[place].id, measured)]))
