"""Runs slow work, such as reading pictures and exporting, in one background thread."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, QThreadPool, Signal

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.session.state import State, Work

POLL_S: Final = 0.05
GRACE_S: Final = 1.0
LEFT: Final = "waits for a server"

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class _Ended:
    then: Callable[[Any], None]
    failed: Callable[[Exception], None]
    value: Any
    error: Exception | None


def run_abandonable(work: Callable[[], Done], closing: CancelToken) -> Done:
    """Run ``work``; if it has not ended soon after ``closing``, abandon it and raise ``Cancelled``.

    This is for waiting on a server, which nothing interrupts. Abandoned work ends at its own time limit, or with the
    program.
    """
    ended: Future[Done] = Future()

    def run() -> None:
        try:
            ended.set_result(work())
        except BaseException as error:  # raised again in the waiting thread
            ended.set_exception(error)

    thread = threading.Thread(target=run, name=LEFT, daemon=True)
    thread.start()
    while thread.is_alive() and not closing.is_cancelled:
        thread.join(POLL_S)
    thread.join(GRACE_S)
    if thread.is_alive():
        raise Cancelled
    return ended.result()


class Tasks(QObject):
    """Runs one task after another; no model runs in them. Used in the GUI thread.

    Signals:
        ended(object): internal; carries a result from the background thread to the GUI thread.
    """

    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._token = CancelToken()
        self._stopped = False
        self.ended.connect(self._on_ended)

    def run(
        self,
        work: Callable[[CancelToken], Any],
        then: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Run ``work`` in the background; then call ``then`` with its value or ``failed`` with its error, here."""
        # A function: a QRunnable that ends before ``start`` returns is never released by PySide6 6.11.
        self._pool.start(partial(self._perform, work, self._token, then, failed))

    def cancel(self) -> None:
        """Cancel the running task and those that wait."""
        self._token.cancel()
        self._token = CancelToken()

    def stop(self) -> None:
        """Cancel and wait; no callback is called after this."""
        self._stopped = True
        self.cancel()
        self._pool.waitForDone()

    def _perform(
        self,
        work: Callable[[CancelToken], Any],
        token: CancelToken,
        then: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Run a task and send its result to the GUI thread."""
        try:
            ended = _Ended(then, failed, work(token), None)
        except Exception as error:  # every error must reach the person
            ended = _Ended(then, failed, None, error)
        self.ended.emit(ended)

    def _on_ended(self, ended: _Ended) -> None:
        if self._stopped:
            return
        if ended.error is not None:
            ended.failed(ended.error)
        else:
            ended.then(ended.value)


def run_with_progress(
    state: State,
    tasks: Tasks,
    work: Work,
    do: Callable[[CancelToken], Any],
    then: Callable[[Any], None],
    failed: Callable[[Exception], None],
) -> None:
    """Run ``do`` as ``Tasks.run`` does, and show ``work`` until its callback has returned."""
    source = object()

    def ended(act: Callable[[Any], None], value: Any) -> None:
        try:
            act(value)
        finally:
            state.put_work(source, None)

    state.put_work(source, work)
    tasks.run(do, lambda value: ended(then, value), lambda error: ended(failed, error))
