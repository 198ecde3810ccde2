"""Evaluates methods over many pairs in the background."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from exclip_desktop.core.method_registry import OURS
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.cost_estimates import RemainingTime
from exclip_desktop.core.values.study import RANDOM, Outcome, Study, StudySettings, summarise
from exclip_desktop.core.values.study_errors import find_study_error
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.logs import describe_error
from exclip_desktop.session.notices import WINDOW_WORDS, make_failure_notice
from exclip_desktop.session.processes import call_in_process
from exclip_desktop.session.state import Notice, State, Work
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.worker.requests import Failure, StudyAnswer, StudyRequest
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import format_for
from exclip_desktop.storage.exports.study_tables import STUDY_FORMATS
from exclip_desktop.storage.samples import BUNDLED, load_scenes

WORKING: Final = "Evaluating methods"
FIGURES_EVERY_MS: Final = 300  # each time, the intervals of all outcomes are computed again


@dataclass(frozen=True, slots=True)
class StudyChoice:
    """What to evaluate.

    Attributes:
        from_list: whether the pairs are those of the open list; else they are the bundled scenes.
        count: number of pairs, from the first.
        methods, metrics: their keys.

    """

    from_list: bool = False
    count: int = 10
    methods: tuple[str, ...] = (OURS, "grad-eclip", "raw-attention", RANDOM)
    metrics: tuple[str, ...] = ("pointing", "energy", "deletion", "insertion")


class StudyController(QObject):
    """Requests a study and computes its figures. Every other request comes first; another model pauses the study.

    The worker saves outcomes in ``folder`` one by one. A study that was paused, also before the last start of the
    program, continues with the outcomes that are missing.

    Attributes:
        choice: the last choice.
        folder: folder with one folder for each study; None: the person has to choose one.
        written_to: folder of the file written last, or None.
        study_folder: folder of the study on screen; None: nothing is saved yet.
        study: the figures so far, or None.
        is_running: whether the study is being measured.
        done, total: number of measured pairs × methods, and of all.
        remaining_s: estimate in seconds, or None.
        error_text: why it stopped, or "".

    Signals:
        changed(): one of these has changed.
        folder_chosen(folder): another ``folder``.
        written(path): a file has been written.

    """

    changed = Signal()
    folder_chosen = Signal(object)
    written = Signal(object)

    def __init__(
        self,
        state: State,
        worker: Worker,
        navigation: PairNavigation,
        show_error: Callable[[Exception], None],
        folder: Path | None,
        parent: QObject | None = None,
    ) -> None:
        """Send requests to ``worker``, for the pairs of ``navigation``; ``show_error`` shows errors of writing."""
        super().__init__(parent)
        self._state, self._worker, self._navigation, self._show_error = state, worker, navigation, show_error
        self.choice, self.folder = StudyChoice(), folder
        self.study_folder: Path | None = None
        self.written_to: Path | None = None
        self.study: Study | None = None
        self.is_running, self.done, self.total, self.error_text = False, 0, 0, ""
        self.remaining_s: float | None = None
        self._request: StudyRequest | None = None
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._model, self._notes = "", tuple[str, ...]()
        self._remaining_time, self._tasks = RemainingTime(), Tasks(self)
        self._is_computing = self._is_outdated = False
        self._pause = QTimer(self, singleShot=True, interval=FIGURES_EVERY_MS)
        self._pause.timeout.connect(self._on_figures_due)
        worker.study_answered.connect(self._on_study_answered)
        worker.failed.connect(self._on_failed)
        state.choice_changed.connect(self.pause)

    def count_pairs(self, from_list: bool) -> int:
        """Return the number of pairs in the open list, or of bundled scenes."""
        return len(self._navigation.pairs) if from_list else len(load_scenes())

    @property
    def list_name(self) -> str:
        """Name of the open list, or ""."""
        return self._navigation.list.source.name if self._navigation.pairs else ""

    @property
    def has_started(self) -> bool:
        """Whether a study was started since the program was."""
        return self._request is not None

    def set_folder(self, folder: Path) -> None:
        """Save studies in another folder from now on."""
        self.folder = folder
        self.folder_chosen.emit(folder)
        self.changed.emit()

    def start(self, choice: StudyChoice) -> None:
        """Start, or continue where it was paused."""
        if self.folder is None or self.is_running:
            return
        request = StudyRequest(
            id=1 if self._request is None else self._request.id + 1,
            choice=self._state.provenance.choice,
            pairs=self._navigation.list if choice.from_list else None,
            count=choice.count,
            methods=choice.methods,
            settings=StudySettings(metrics=choice.metrics),
            folder=self.folder,
        )
        if self._request is None or replace(request, id=self._request.id) != self._request:
            self._outcomes, self.study, self.study_folder, self.done, self.total = {}, None, None, 0, 0
            self._notes = ()
        self.choice, self._request, self._remaining_time = choice, request, RemainingTime()
        self.is_running, self.error_text, self.remaining_s = True, "", None
        self._worker.submit(request)
        self._show_progress()

    def pause(self) -> None:
        """Stop; measured outcomes stay."""
        if self.is_running:
            self._worker.cancel_study()
            self._end()

    def stop(self) -> None:
        """Wait for the computation of figures, and compute no more: the window closes."""
        self._pause.stop()
        self._tasks.stop()

    def format_table(self, ending: str) -> str:
        """Return the table as text in the format of this ending; empty before there is a table."""
        write_text = format_for(Path(f"table{ending}"), STUDY_FORMATS).write_text
        return "" if self.study is None or write_text is None else write_text(self.study)

    def write(self, path: Path) -> None:
        """Write figures or curves by the path's ending, one of ``STUDY_FORMATS``."""
        study, work = self.study, Work(f"Writing {path.name}")
        if study is not None:
            run_with_progress(
                self._state,
                self._tasks,
                work,
                lambda cancel: write_study(study, path, cancel),
                self._on_written,
                self._on_write_failed,
            )

    def _end(self) -> None:
        self.is_running, self.remaining_s = False, None
        self._show_progress()

    def _show_progress(self) -> None:
        work = Work(WORKING, self.done, self.total) if self.is_running else None
        self._state.put_work(self, work)
        if work is not None:
            self.remaining_s = self._remaining_time.estimate_s(work.what, work.done, work.total, time.monotonic())
        self.changed.emit()

    def _on_study_answered(self, answer: StudyAnswer) -> None:
        if not self.is_running or self._request is None or answer.id != self._request.id:
            return
        self._outcomes |= {(one.pair, one.method): one for one in answer.outcomes}
        self.done, self.total, self.study_folder = len(self._outcomes), answer.total, answer.folder
        self._model, self._notes = answer.model, self._notes or answer.notes
        self._compute_figures()
        if self.done == self.total:
            self._show_study_error(self._request)
            self._end()
        else:
            self._show_progress()

    def _show_study_error(self, request: StudyRequest) -> None:
        """Show why a study that has ended has no figures, if it has none."""
        pairs = load_scenes() if request.pairs is None else request.pairs.pairs
        error = find_study_error(request.settings, tuple(self._outcomes.values()), pairs[: request.count], self._notes)
        if error is not None:
            self.error_text = error.text_in(WINDOW_WORDS)
            self._state.change(notice=Notice(error.message, error.hint_in(WINDOW_WORDS)))

    def _compute_figures(self) -> None:
        """Compute the figures of all outcomes in the background, one computation at a time."""
        self._is_outdated = True
        request = self._request
        if self._is_computing or self._pause.isActive() or request is None or not self._outcomes:
            return
        self._is_computing, self._is_outdated = True, False
        model, notes, outcomes = self._model, self._notes, tuple(self._outcomes.values())
        self._tasks.run(
            lambda _: (request, _summarise_outcomes(request, model, outcomes, notes)),
            self._on_figures_computed,
            self._on_figures_failed,
        )

    def _on_figures_computed(self, result: tuple[StudyRequest, Study]) -> None:
        request, study = result
        self._is_computing = False
        if request is self._request:
            self.study = study
            self.changed.emit()
        self._pause.start()

    def _on_figures_due(self) -> None:
        if self._is_outdated:
            self._compute_figures()

    def _on_figures_failed(self, error: Exception) -> None:
        self._is_computing = False
        self._show_error(error)

    def _on_written(self, path: Path) -> None:
        self.written_to = path.parent
        self.written.emit(path)

    def _on_write_failed(self, error: Exception) -> None:
        self.error_text = " ".join(describe_error(error)[:2]).strip()
        self._show_error(error)
        self.changed.emit()

    def _on_failed(self, failure: Failure) -> None:
        if self.is_running and failure.request is self._request:
            self.error_text = f"{failure.message} {failure.hint}".strip()
            self._end()
            self._state.change(notice=replace(make_failure_notice(failure, self._state.facts), offers_cpu=False))


def write_study(study: Study, path: Path, cancel: CancelToken) -> Path:
    """Write the table as text, or the curves from a process of their own, as the ending says; return the path.

    Raises:
        OutputError: no format of ``STUDY_FORMATS`` has this ending, or the file cannot be written.
        Cancelled: the person cancelled.

    """
    write_text = format_for(path, STUDY_FORMATS).write_text
    if write_text is not None:
        data = write_text(study).encode("utf-8")
    else:
        data = call_in_process("exclip_desktop.render.figure_study:study_bytes", (study, path.suffix.lower()), cancel)
    write_atomically(path, lambda file: file.write(data))
    return path


def _summarise_outcomes(
    request: StudyRequest, model: str, outcomes: tuple[Outcome, ...], notes: tuple[str, ...]
) -> Study:
    """Return the figures of outcomes in the order of the request, so that the same draws give the same intervals."""
    listed = request.pairs
    pairs, name = (load_scenes(), BUNDLED) if listed is None else (listed.pairs, listed.source.name)
    places = {pair.id: place for place, pair in enumerate(pairs)}
    in_order = sorted(outcomes, key=lambda one: (request.methods.index(one.method), places[one.pair]))
    return summarise(model, name, request.settings, in_order, notes)
