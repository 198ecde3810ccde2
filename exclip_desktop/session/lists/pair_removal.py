"""Takes pairs out of the open project's list."""

from collections.abc import Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.session.undo import ReplaceStep
from exclip_desktop.storage.project.pair_rows import ProjectPair, pair_of, put_back, remove_pairs
from exclip_desktop.storage.project.project import Project


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
                put_back(project, told)
            else:
                remove_pairs(project, [one.pair.id for one in told])
            self._navigation.renew()

        self._projects.attempt(put)


def _found(project: Project, ids: Sequence[str]) -> tuple[ProjectPair, ...]:
    """Return the pairs of these ids; others may have removed some."""
    return tuple(one for key in ids if (one := pair_of(project, key)) is not None)
