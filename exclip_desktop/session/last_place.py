"""Goes on where a person was: saves the list, project and pair on screen as they change, and opens them again."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from exclip_desktop.core.paths import is_dir, is_file
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.saved_places import LeftPair
from exclip_desktop.session.state import State
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.window_settings import Settings
from exclip_desktop.storage.samples import is_sample


class LastPlace(QObject):
    """Saves where the person is, so that a killed program has saved it too, and finds what was left in a list.

    Samples are no place: a place that is offered stays until something of the person's own is on screen.

    Signals:
        offered(LeftPair): the last place still exists, and can be opened.
        left(): the person has opened something; an offer is out of date.
    """

    offered = Signal(object)
    left = Signal()

    def __init__(
        self,
        state: State,
        settings: Settings,
        navigation: PairNavigation,
        projects: Projects,
        tasks: Tasks,
        parent: QObject | None = None,
    ) -> None:
        """Follow picture, caption, list and project."""
        super().__init__(parent)
        self._state, self._settings = state, settings
        self._navigation, self._projects, self._tasks = navigation, projects, tasks
        self._saved: LeftPair | None = None
        self._pending = QTimer(self, singleShot=True, interval=0)  # one write for all changes of one event
        self._pending.timeout.connect(self.save)
        for changed in (
            state.canvas_picture_changed,
            state.caption_changed,
            navigation.current_changed,
            navigation.list_changed,
            projects.changed,
        ):
            changed.connect(self._pending.start)
        navigation.list_changed.connect(self._add_recent_list)
        projects.changed.connect(self._add_recent_project)

    @property
    def source(self) -> Path | None:
        """The project that the person chose, else the open list; None: neither is open."""
        project = self._projects.chosen_project
        if project is not None:
            return project.path
        return self._navigation.list.source if self._navigation.pairs else None

    @property
    def listed_picture(self) -> str:
        """The file name of the current pair's picture, which may be missing or damaged; empty without one."""
        current = self._navigation.current
        return "" if current is None else self._navigation.path(self._navigation.pairs[current]).name

    def find_in(self, source: Path) -> LeftPair:
        """Return what was left in a list or project; a place without a pair where nothing is known."""
        return self._settings.places.of_source(source.absolute())

    def save(self) -> None:
        """Save the present place, if it has changed."""
        place = self._present()
        if place is not None and place != self._saved:
            self._saved = place
            self._settings.places.put(place)
            self.left.emit()

    def offer(self, otherwise: Callable[[], None] | None = None) -> None:
        """Offer the last place if it exists; the disk is asked in the background. Else call ``otherwise``."""
        place = self._settings.places.last()

        def then(exists: bool) -> None:
            if exists:
                self.offered.emit(place)
            elif otherwise is not None:
                otherwise()

        self._tasks.run(lambda _: _exists(place), then, lambda _: then(False))

    def _present(self) -> LeftPair | None:
        """Return where the person is; None where nothing of their own is on screen."""
        navigation, source = self._navigation, self.source
        canvas_picture = self._state.canvas_picture
        path = "" if canvas_picture is None else canvas_picture.path or ""
        if source is None:
            return LeftPair(picture=path, caption=self._state.caption) if path and not is_sample(path) else None
        if navigation.current is None:  # still being read, or another picture was opened
            left = self.find_in(source)
            if left.pair or not path or is_sample(path):
                return left
            return LeftPair(str(source.absolute()), picture=path, caption=self._state.caption)
        pair = navigation.pairs[navigation.current]
        return LeftPair(
            str(source.absolute()),
            pair.id,
            navigation.current + 1,
            len(navigation.pairs),
            str(navigation.path(pair)),
            pair.caption,
        )

    def _add_recent_list(self) -> None:
        if self._navigation.pairs and not self._navigation.is_project_list:
            self._settings.recent_sources.add(str(self._navigation.list.source))

    def _add_recent_project(self) -> None:
        project = self._projects.chosen_project
        if project is not None:
            self._settings.recent_sources.add(str(project.path))


def _exists(place: LeftPair) -> bool:
    path = Path(place.source or place.picture)
    return bool(place.source or place.picture) and (is_file(path) or is_dir(path))


def describe_place(place: LeftPair) -> str:
    """Return a place in words: list or project, pair and picture."""
    source, picture = Path(place.source).name, Path(place.picture).name
    if not place.source:
        return picture
    if not place.pair:
        return source
    return f"{source}, pair {place.number:,} of {place.count:,} ({picture})"


def make_window_title(state: State, place: LastPlace) -> str:
    """Return the window's title: the picture, the project or list, and the program."""
    canvas_picture, source = state.canvas_picture, place.source
    title = place.listed_picture if canvas_picture is None else canvas_picture.title
    opened = "" if source is None else source.name or str(source)
    return " — ".join(part for part in (title, opened, "exclip desktop") if part)
