"""The remarks on pairs, by the pair: what lists show and filter by without reading the project each time."""

import os
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.pair_remarks import PairKey, PairRemark, gather_remarks
from exclip_desktop.session.project.open_project import Projects
from exclip_desktop.storage.project.finding_rows import load_noted_pairs
from exclip_desktop.storage.project.project import Project

Remarks = dict[PairKey, PairRemark]


def make_pair_key(picture: str | Path, caption: str) -> PairKey:
    """Return the identity of a pair by which remarks are stored."""
    return os.path.abspath(picture), caption


class RemarkIndex(QObject):
    """Holds the remark on each pair of the open project; read from the project once, then updated by the picture.

    Signals:
        changed(object): remarks have changed: a frozenset of pair keys, or None: of any pair.

    """

    changed = Signal(object)

    def __init__(self, projects: Projects, parent: QObject | None = None) -> None:
        """Follow the open one of ``projects``."""
        super().__init__(parent)
        self._projects = projects
        self._remarks: Remarks | None = None
        projects.changed.connect(self._forget)
        projects.changed_by_others.connect(self._forget)

    @property
    def remarks(self) -> Remarks:
        """The remarks on all pairs that have findings."""
        if self._remarks is None:
            self._remarks = self._projects.read(lambda project: gather_remarks(load_noted_pairs(project)), Remarks())
        return self._remarks

    def update(self, project: Project, pictures: Iterable[str]) -> None:
        """Read the remarks on pairs of these pictures again; ``pictures`` are the project's paths of them."""
        remarks, changed = self._remarks, set[PairKey]()
        if remarks is None:
            self.changed.emit(None)
            return
        for picture in pictures:
            path = str(project.path_of(picture))
            new = gather_remarks(load_noted_pairs(project, picture))
            old = {pair: remarks.pop(pair) for pair in [pair for pair in remarks if pair[0] == path]}
            remarks.update(new)
            changed |= {pair for pair in {**old, **new} if old.get(pair) != new.get(pair)}
        if changed:
            self.changed.emit(frozenset(changed))

    def _forget(self) -> None:
        self._remarks = None
        self.changed.emit(None)
