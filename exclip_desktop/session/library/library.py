"""The available models: lists, downloads and removes them, and remembers added ones."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from exclip_desktop.core.errors import Cancelled
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.cost_estimates import RemainingTime
from exclip_desktop.session.library.model_listing import Librarian, ListedModel, Offer, WeightsFile
from exclip_desktop.session.state import State, Transfer, Work
from exclip_desktop.session.tasks import Tasks, run_abandonable, run_with_progress
from exclip_desktop.session.window_settings import Settings
from exclip_desktop.session.worker.requests import ModelChoice

PROGRESS_EVERY_S: Final = 0.1


class Library(QObject):
    """Works in the background. ``state.transfer`` is set exactly while the network is in use.

    Only ``request_offer``, ``fetch`` and ``download`` use the network; an interrupted download is continued when it is
    fetched again.

    Attributes:
        models: the models of the last search, those on this computer first.

    Signals:
        models_listed(): ``models`` or the default model has changed.
        inspected(WeightsFile): a file has been read.
        offered(Offer): the size of a download is known.
        fetched(ListedModel): it is on this computer now.
        failed(Exception): a request has failed.
        added(ModelChoice): the person added it.
    """

    models_listed = Signal()
    inspected = Signal(object)
    offered = Signal(object)
    fetched = Signal(object)
    failed = Signal(object)
    added = Signal(object)
    _progress_reported = Signal(object)

    def __init__(
        self,
        state: State,
        settings: Settings,
        make_librarian: Callable[[], Librarian],
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with an empty list; ``make_librarian`` is called in the background, when it is first needed."""
        super().__init__(parent)
        self._state, self._settings, self._make, self._clock = state, settings, make_librarian, clock
        # A slow server must not hold up the list.
        self._tasks, self._network = Tasks(self), Tasks(self)
        self._closing = CancelToken()
        self._known: Librarian | None = None
        self._remaining_time = RemainingTime()
        self.models: tuple[ListedModel, ...] = ()
        self._progress_reported.connect(self._on_progress_reported)

    @property
    def default(self) -> ModelChoice:
        """The model that the window opens with."""
        return self._settings.default_model()

    def refresh(self) -> None:
        """Search again."""
        added = self._settings.added_models()
        self._tasks.run(lambda _: self._librarian().list_models(added), self._on_listed, self.failed.emit)

    def inspect(self, path: Path) -> None:
        """Read a file of weights; ``inspected`` answers."""

        def read(_: CancelToken) -> WeightsFile:
            return self._librarian().inspect(path)

        work = Work(f"Reading {path.name}")
        run_with_progress(self._state, self._tasks, work, read, self.inspected.emit, self.failed.emit)

    def add(self, choice: ModelChoice) -> None:
        """Remember a folder or file; earlier settings for the same one are replaced."""
        others = (one for one in self._settings.added_models() if _place_of(one) != _place_of(choice))
        self._settings.save_added_models((choice, *others))
        self.added.emit(choice)
        self.refresh()

    def remove(self, model: ListedModel) -> None:
        """Delete a model from this computer; an added one leaves the list only."""
        if model.choice == self.default:
            self.set_default(ModelChoice())
        if model.place == "added":
            others = tuple(one for one in self._settings.added_models() if one != model.choice)
            self._settings.save_added_models(others)
            self.refresh()
        else:
            self._tasks.run(lambda _: self._librarian().remove(model), lambda _: self.refresh(), self.failed.emit)

    def set_default(self, choice: ModelChoice) -> None:
        """Set the model that the window opens with; saved layers belong to another model."""
        if choice != self.default:
            self._settings.save_default_model(choice)
            provenance = self._state.provenance
            own = replace(provenance.choice, device=None) == choice
            settings = (
                provenance.explain_settings
                if own
                else replace(self._settings.explain_settings(), image_layer=None, text_layer=None)
            )
            self._settings.save_explain_settings(settings)
            self.models_listed.emit()

    def request_offer(self, model: ListedModel) -> None:
        """Ask the server for the size of a download; ``offered`` answers."""
        if self._state.transfer is not None:
            return

        def answered(offer: Offer) -> None:
            self._state.change(transfer=None)
            self.offered.emit(offer)

        self._request_offer(model, answered)

    def download(self, model: ListedModel, then: Callable[[ListedModel], None]) -> None:
        """Download without a question: the person has seen the size; call ``then`` instead of ``fetched``."""
        if self._state.transfer is None:
            self._request_offer(model, lambda offer: self._fetch(offer, then))

    def _request_offer(self, model: ListedModel, answered: Callable[[Offer], None]) -> None:
        self._state.change(transfer=Transfer(model.title, is_size_request=True))

        def ask(cancel: CancelToken) -> Offer:
            offer = run_abandonable(lambda: self._librarian().request_offer(model), self._closing)
            cancel.check()
            return offer

        self._network.run(ask, answered, self._fail)

    def fetch(self, offer: Offer) -> None:
        """Download what was offered."""
        if self._state.transfer is None:
            self._fetch(offer, self.fetched.emit)

    def _fetch(self, offer: Offer, then: Callable[[ListedModel], None]) -> None:
        self._remaining_time = RemainingTime()
        self._state.change(transfer=Transfer(offer.model.title, offer.here, offer.bytes))

        def ended(_: object) -> None:
            self._state.change(transfer=None)
            then(offer.model)
            self.refresh()

        self._network.run(lambda cancel: self._fetched(offer, cancel), ended, self._fail)

    def cancel(self) -> None:
        """Stop the download; the downloaded part is kept."""
        self._network.cancel()

    def stop(self) -> None:
        """Cancel everything and wait for the threads, but not for a server that does not answer."""
        self._closing.cancel()
        self._network.stop()
        self._tasks.stop()

    def _fetched(self, offer: Offer, cancel: CancelToken) -> None:
        """Download what was offered (background)."""
        paces = limit_rate(self._progress_reported.emit, self._clock)

        def progress(report: Report) -> None:
            cancel.check()
            paces(report)

        run_abandonable(lambda: self._librarian().fetch(offer, progress, cancel), self._closing)

    def _librarian(self) -> Librarian:
        if self._known is None:
            self._known = self._make()
        return self._known

    def _on_listed(self, models: tuple[ListedModel, ...]) -> None:
        self.models = models
        self.models_listed.emit()

    def _on_progress_reported(self, report: Report) -> None:
        transfer = self._state.transfer
        if transfer is None or transfer.is_size_request:
            return
        left = self._remaining_time.estimate_s(report.what, report.done, report.total, self._clock())
        self._state.change(transfer=replace(transfer, done=report.done, total=report.total, left_s=left))

    def _fail(self, error: Exception) -> None:
        self._state.change(transfer=None)
        if not isinstance(error, Cancelled):
            self.failed.emit(error)


def limit_rate(progress: Progress, clock: Callable[[], float]) -> Progress:
    """Return ``progress`` limited to ten calls a second and the last one; for one thread."""
    last = -PROGRESS_EVERY_S

    def report_limited(report: Report) -> None:
        nonlocal last
        if clock() - last >= PROGRESS_EVERY_S or report.done == report.total:
            last = clock()
            progress(report)

    return report_limited


def _place_of(choice: ModelChoice) -> str:
    return choice.checkpoint or choice.name
