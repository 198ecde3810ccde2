"""Serves requests one by one in the background, the latest first: what was requested long ago is off screen again."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal

Request = TypeVar("Request")
Answer = TypeVar("Answer")


class LatestFirst(QObject, Generic[Request, Answer]):
    """Waiting requests of lists, such as thumbnails of rows that are painted; used in the GUI thread.

    Attributes:
        is_running: whether a request is being served.

    """

    _served = Signal(object)  # from the background thread to the GUI's

    def __init__(
        self,
        most: int,
        serve: Callable[[Request], Answer],
        then: Callable[[Request, Answer], None],
        parent: QObject | None = None,
    ) -> None:
        """Call ``serve`` in the background thread, then ``then``; of more than ``most`` requests the oldest leave."""
        super().__init__(parent)
        self._serve, self._then = serve, then
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._waiting: deque[Request] = deque(maxlen=most)
        self._lock, self.is_running = Lock(), False
        self._served.connect(self._on_served)

    def add(self, request: Request) -> None:
        """Request something, unless it is requested already."""
        with self._lock:
            if request not in self._waiting:
                self._waiting.append(request)
        if not self.is_running:
            self.is_running = True
            self._pool.start(self._serve_next)  # a function, as in tasks.py

    def stop(self) -> None:
        """Drop all requests, and wait for the one that is served."""
        with self._lock:
            self._waiting.clear()
        self._pool.waitForDone()

    def _serve_next(self) -> None:
        """Serve the latest request; runs in the background thread."""
        with self._lock:
            requests = [self._waiting.pop()] if self._waiting else []  # none: stop() has removed them
        self._served.emit([(request, self._serve(request)) for request in requests])

    def _on_served(self, served: list[tuple[Request, Answer]]) -> None:
        for request, answer in served:
            self._then(request, answer)
        with self._lock:
            self.is_running = bool(self._waiting)
        if self.is_running:
            self._pool.start(self._serve_next)  # a function, as in tasks.py
