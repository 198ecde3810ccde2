"""Heat of a list's explained pairs, for its thumbnails: of this session, or read from disk in the background."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail
from exclip_desktop.core.values.pair_remarks import PairKey
from exclip_desktop.session.lists.latest_first import LatestFirst
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.storage.archives import archive_of
from exclip_desktop.storage.heat_store import HeatStore

WAITING: Final = 512  # more than a grid shows at once; older requests are off screen again


class HeatThumbnails(QObject):
    """Finds the heat of listed pairs, by the model and settings whose figures the list shows.

    Signals:
        made(int): the heat of the pair at this place was found.

    """

    made = Signal(int)

    def __init__(self, navigation: PairNavigation, store: HeatStore, parent: QObject | None = None) -> None:
        """Follow the list of ``navigation``, and store the heat of every pair that is explained."""
        super().__init__(parent)
        self._navigation, self._store = navigation, store
        self._known: dict[int, HeatThumbnail | None] = {}  # by place; None: there is none on disk
        self._list_number = 0
        self._jobs = LatestFirst(WAITING, self._serve, self._on_served, self)
        navigation.list_changed.connect(self._forget)
        navigation.figures_reloaded.connect(self._forget)
        navigation.figures_computed.connect(self._on_figures_computed)

    def get(self, place: int) -> HeatThumbnail | None:
        """Return the heat of a pair; None where there is none, or it is not read yet: ``made`` follows."""
        figures = self._navigation.figures(place)
        if figures is not None and figures.heat is not None:
            return figures.heat
        if place in self._known:
            return self._known[place]
        by = self._navigation.shown_by if figures is None or not figures.by else figures.by
        if by:
            self._known[place] = None  # asked for once
            self._jobs.add(_Job(self._list_number, place, self._navigation.values.key(place), by))
        return None

    def stop(self) -> None:
        """Drop all requests, and wait for the one that is served."""
        self._jobs.stop()

    def _forget(self) -> None:
        self._known.clear()
        self._list_number += 1

    def _serve(self, job: "_Job") -> HeatThumbnail | None:
        """Write a heat, or read and return it; runs in the background thread."""
        if job.heat is None:
            return self._store.get(job.key)
        self._store.put(job.key, job.heat)
        return None

    def _on_served(self, job: "_Job", heat: HeatThumbnail | None) -> None:
        if heat is not None and job.list_number == self._list_number:
            self._known[job.place] = heat
            self.made.emit(job.place)

    def _on_figures_computed(self, place: int) -> None:
        figures = self._navigation.figures(place)
        if figures is not None and figures.heat is not None:
            key = self._navigation.values.key(place)
            self._jobs.add(_Job(self._list_number, place, key, figures.by, figures.heat))


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One heat to read (``heat`` None) or to write; its key has size and time of the picture's file or archive."""

    list_number: int
    place: int
    pair: PairKey
    by: str
    heat: HeatThumbnail | None = None

    @property
    def key(self) -> str:
        """The key of the pair's heat; reads the file's state, so that another picture of the same name has another."""
        path, caption = self.pair
        try:
            state = os.stat(archive_of(Path(path)) or path)
            version = f"{state.st_size} {state.st_mtime_ns}"
        except OSError:
            version = ""
        return "\n".join((self.by, path, version, caption))
