"""Heat of a list's explained pairs, for its thumbnails: of this session, or read from disk in the background."""

import os
from collections import deque
from pathlib import Path
from threading import Lock
from typing import Final

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail
from exclip_desktop.core.values.pair_remarks import PairKey
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
    _served = Signal(object)  # from the background thread to the GUI's

    def __init__(self, navigation: PairNavigation, store: HeatStore, parent: QObject | None = None) -> None:
        """Follow the list of ``navigation``, and store the heat of every pair that is explained."""
        super().__init__(parent)
        self._navigation, self._store = navigation, store
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._known: dict[int, HeatThumbnail | None] = {}  # by place; None: there is none on disk
        self._waiting: deque[_Job] = deque(maxlen=WAITING)
        self._lock, self._is_running, self._list_number = Lock(), False, 0
        self._served.connect(self._on_served)
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
            self._add(_Job(self._list_number, place, self._navigation.values.key(place), by))
        return None

    def stop(self) -> None:
        """Drop all requests, and wait for the one that is served."""
        with self._lock:
            self._waiting.clear()
        self._pool.waitForDone()

    def serve_next(self) -> None:
        """Read or write one heat; runs in the background thread."""
        with self._lock:
            job = self._waiting.pop() if self._waiting else None
        if job is not None and job.heat is not None:
            self._store.put(job.key, job.heat)
        elif job is not None:
            job.heat = self._store.get(job.key)
        self._served.emit(job)

    def _add(self, job: "_Job") -> None:
        with self._lock:
            self._waiting.append(job)
        if not self._is_running:
            self._is_running = True
            self._pool.start(_Serve(self))

    def _forget(self) -> None:
        self._known.clear()
        self._list_number += 1

    def _on_served(self, job: "_Job | None") -> None:
        if job is not None and job.list_number == self._list_number and not job.is_written and job.heat is not None:
            self._known[job.place] = job.heat
            self.made.emit(job.place)
        with self._lock:
            self._is_running = bool(self._waiting)
        if self._is_running:
            self._pool.start(_Serve(self))

    def _on_figures_computed(self, place: int) -> None:
        figures = self._navigation.figures(place)
        if figures is not None and figures.heat is not None:
            key = self._navigation.values.key(place)
            self._add(_Job(self._list_number, place, key, figures.by, figures.heat))


class _Job:
    """One heat to read (``heat`` None) or to write; its key has size and time of the picture's file or archive."""

    def __init__(self, list_number: int, place: int, pair: PairKey, by: str, heat: HeatThumbnail | None = None) -> None:
        self.list_number, self.place, self.heat, self.is_written = list_number, place, heat, heat is not None
        self._pair, self._by = pair, by

    @property
    def key(self) -> str:
        """The key of the pair's heat; reads the file's state, so that another picture of the same name has another."""
        path, caption = self._pair
        try:
            state = os.stat(archive_of(Path(path)) or path)
            version = f"{state.st_size} {state.st_mtime_ns}"
        except OSError:
            version = ""
        return "\n".join((self._by, path, version, caption))


class _Serve(QRunnable):
    def __init__(self, heats: HeatThumbnails) -> None:
        super().__init__()
        self._heats = heats

    def run(self) -> None:
        """Serve one request."""
        self._heats.serve_next()
