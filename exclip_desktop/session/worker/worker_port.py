"""One asker's side of the worker."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from exclip_desktop.session.worker.requests import BesideRequest, ExplainRequest, Failed
from exclip_desktop.session.worker.worker_thread import Worker


class Port(QObject):
    """The worker as whoever asks for the answer beside sees it.

    Signals are the worker's, of the same names.
    """

    explained = Signal(object)
    failed = Signal(object)
    told = Signal(object, bool)
    facts_found = Signal(object, object)
    rested = Signal()

    def __init__(self, worker: Worker, parent: QObject) -> None:
        """Stand between ``worker`` and who asks."""
        super().__init__(parent)
        self._worker = worker
        worker.explained_beside.connect(self.explained)
        worker.told_beside.connect(self.told)
        worker.facts_found_beside.connect(self.facts_found)
        worker.rested.connect(self.rested)
        worker.failed.connect(self._on_failed)

    def submit(self, request: ExplainRequest) -> None:
        """Leave a question."""
        self._worker.submit(BesideRequest(request))

    def cancel(self) -> None:
        """Cancel the answer beside, nothing else."""
        self._worker.cancel_beside()

    def _on_failed(self, failure: Failed) -> None:
        if isinstance(failure.request, BesideRequest) and failure.request.question is not None:
            self.failed.emit(replace(failure, request=failure.request.question))
