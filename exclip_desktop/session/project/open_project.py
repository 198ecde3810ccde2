"""The open project file: created, opened, watched for changes by others, and updated with the list's figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from exclip_desktop.core.errors import ProjectError, UserError
from exclip_desktop.core.paths import is_file
from exclip_desktop.session.lists.list_reading import measurement_of
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.storage.project.pair_rows import save_measurements
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import ENDING, create_project, open_or_create_project, open_project

T = TypeVar("T")
OTHERS_MS: Final = 2000  # between checks for changes by others
COPIES: Final = 3  # in the background, of a project that changes meanwhile; then the window waits for one


def is_project_path(path: str | Path) -> bool:
    """Return whether a path has the ending of a project."""
    return Path(path).suffix.lower() == ENDING


class Projects(QObject):
    """Holds the open project: the one that was opened, or the person's own, which is created when it is needed.

    Attributes:
        project: the open project, or None before any is needed.

    Signals:
        changed(): another project was opened.
        copied(Path, Path): the project continues in another file; its previous and its new path.
        changed_by_others(): another window or program has changed the open one.

    """

    changed = Signal()
    copied = Signal(object, object)
    changed_by_others = Signal()

    def __init__(
        self,
        state: State,
        explain_controller: ExplainController,
        navigation: PairNavigation,
        tasks: Tasks,
        undo: QUndoStack,
        usual: Path | None,
        parent: QObject | None = None,
    ) -> None:
        """``usual`` is the path of the person's own project; ``explain_controller`` shows errors."""
        super().__init__(parent)
        self._state, self._explain_controller, self._navigation = state, explain_controller, navigation
        self._tasks, self._undo, self._default_path = tasks, undo, usual
        self._copied_last: Path | None = None
        self.project: Project | None = None
        self._version = 0
        self._shown_notes: tuple[str, ...] = ()
        self._others = QTimer(self, interval=OTHERS_MS)
        self._others.timeout.connect(self.check_for_changes)
        navigation.figures_computed.connect(self._save_figures)
        self.changed_by_others.connect(navigation.reload)

    @property
    def is_own(self) -> bool:
        """Whether the open project is the person's own, which they did not choose."""
        return (
            self.project is not None
            and self._default_path is not None
            and self.project.path == self._default_path.absolute()
        )

    @property
    def chosen_project(self) -> Project | None:
        """The open project, if the person chose it."""
        return None if self.is_own else self.project

    def open_default(self) -> None:
        """Open the person's own project if there is one, and none is open."""
        usual = self._default_path
        if self.project is None and usual is not None and is_file(usual):
            self.attempt(lambda: self._set_project(open_or_create_project(usual, set_aside=True)))

    def open(self, path: str | Path) -> None:
        """Open a project file instead."""
        self.attempt(lambda: self._set_project(open_project(path)))

    def create(self, path: str | Path) -> None:
        """Create a project file and open it; an open list is added to it."""
        self.attempt(lambda: self._set_project(create_project(path), is_new=True))

    def save_copy(self, path: Path) -> None:
        """Write the project to another file in the background; then open that file, with the open list."""
        self._copied_last = path
        self.attempt(lambda: self._copy(self.open_or_create(), path, COPIES))

    def _copy(self, project: Project, path: Path, copies: int) -> None:
        """Copy ``project`` and continue in the copy; with no ``copies`` left, or onto itself, in this thread."""
        if not copies or path.absolute() == project.path:
            project.save_copy(path)
            self._continue_in(path, project)
            return
        version, write = project.content_version(), project.begin_copy(path)

        def then(_: None) -> None:
            if self.project is not project or self._copied_last != path:  # the person is elsewhere already
                self._state.change(notice=Notice(f"Written: {path}", kind="note", file=path))
            elif project.content_version() != version:
                self._copy(project, path, copies - 1)
            else:
                self._continue_in(path, project)

        run_with_progress(
            self._state,
            self._tasks,
            Work(f"Writing {path.name}"),
            lambda _: write(),
            lambda done: self.attempt(lambda: then(done)),
            self._explain_controller.show_error,
        )

    def _continue_in(self, path: Path, before: Project) -> None:
        after = self._set_project(open_project(path), is_new=True)
        self.copied.emit(before.path, after.path)

    def close(self) -> None:
        """Close the project; all of it is on disk already."""
        self._others.stop()
        if self.project is not None:
            self.project.close()
        self.project = None

    def open_or_create(self) -> Project:
        """Return the open project; without one, the person's own, which is created if necessary.

        Raises:
            ProjectError, OutputError, OSError: the project cannot be created or opened.

        """
        if self.project is not None:
            return self.project
        if self._default_path is None:
            raise ProjectError("No project is open.", "Make one: File ▸ New project….")
        self._default_path.parent.mkdir(parents=True, exist_ok=True)
        return self._set_project(open_or_create_project(self._default_path, set_aside=True))

    def read(self, read: Callable[[Project], T], otherwise: T) -> T:
        """Return the result of ``read`` on the open project; ``otherwise`` without one, or where it cannot be read."""
        if self.project is None:
            return otherwise
        try:
            result = read(self.project)
        except UserError as error:
            self._explain_controller.show_error(error)
            return otherwise
        if self.project.notes != self._shown_notes:
            QTimer.singleShot(0, self, self._show_new_notes)  # later: a widget may be reading while it is painted
        return result

    def can_change(self) -> bool:
        """Return whether the open project can be changed; show an error where it cannot."""
        try:
            if self.project is not None:
                self.project.check_writable()
        except UserError as error:
            self._explain_controller.show_error(error)
            return False
        return True

    def attempt(self, act: Callable[[], object]) -> None:
        """Call ``act``, and show its error."""
        try:
            act()
        except (UserError, OSError) as error:
            self._explain_controller.show_error(error)

    def _show_new_notes(self) -> None:
        """Show which rows of the open project were left out since this was shown; tables are read again."""
        project = self.project
        if project is None or project.notes == self._shown_notes:
            return
        self._shown_notes = project.notes
        self._state.change(notice=Notice(" ".join(project.notes), kind="note"))
        if project.left_out:
            self.changed_by_others.emit()

    def check_for_changes(self) -> None:
        """Emit ``changed_by_others`` if another window or program has changed the file."""
        version = self.read(lambda project: project.data_version(), self._version)
        if version != self._version:
            self._version = version
            self.changed_by_others.emit()

    def _set_project(self, project: Project, *, is_new: bool = False) -> Project:
        if self.project is not None:
            self._undo.clear()  # its steps belong to the previous project
        self.close()
        self.project, self._version = project, project.data_version()
        self._others.start()
        self._shown_notes = ()
        self._show_new_notes()
        self._navigation.use_project(None if self.is_own else project.path, is_new=is_new)
        self.changed.emit()
        return project

    def _save_figures(self, place: int) -> None:
        """Save the figures of a pair, where the list is the project's."""
        project, navigation = self.project, self._navigation
        measured = measurement_of(navigation.figures(place))
        if project is None or project.read_only or not navigation.is_project_list or measured is None:
            return
        self.attempt(lambda: save_measurements(project, [(navigation.pairs[place].id, measured)]))
