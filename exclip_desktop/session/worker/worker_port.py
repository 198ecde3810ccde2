"""The worker as the second model's explain controller uses it."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from exclip_desktop.session.worker.requests import ExplainRequest, Failure, SecondModelRequest
from exclip_desktop.session.worker.worker_thread import Worker


class WorkerPort(QObject):
    """The worker as the second model's explain controller uses it.

    The signals are the worker's second-model signals, under the names of the first.
    """

    explained = Signal(object)
    failed = Signal(object)
    progress_reported = Signal(object)
    model_loaded = Signal(object, object)
    job_ended = Signal()

    def __init__(self, worker: Worker, parent: QObject) -> None:
        """Forward to and from ``worker``."""
        super().__init__(parent)
        self._worker = worker
        worker.second_model_explained.connect(self.explained)
        worker.second_model_progress_reported.connect(self.progress_reported)
        worker.second_model_loaded.connect(self.model_loaded)
        worker.job_ended.connect(self.job_ended)
        worker.failed.connect(self._on_failed)

    def submit(self, request: ExplainRequest) -> None:
        """Queue a request for the second model."""
        self._worker.submit(SecondModelRequest(request))

    def cancel(self) -> None:
        """Cancel the second model's explanation only."""
        self._worker.cancel_second_model()

    def _on_failed(self, failure: Failure) -> None:
        if isinstance(failure.request, SecondModelRequest) and failure.request.question is not None:
            self.failed.emit(replace(failure, request=failure.request.question))
