"""Measures what methods are worth over many pairs, while the person goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from exclip_desktop.core.method_registry import OURS
from exclip_desktop.core.values.cost_estimates import RemainingTime
from exclip_desktop.core.values.study import RANDOM, Outcome, Study, StudySettings, summarise
from exclip_desktop.session.lists.pair_navigation import PairNavigation
from exclip_desktop.session.logs import describe_error
from exclip_desktop.session.notices import of_failure
from exclip_desktop.session.state import State, Work
from exclip_desktop.session.study.study_outputs import write_study
from exclip_desktop.session.tasks import Tasks, run_with_progress
from exclip_desktop.session.worker.requests import Failure, StudyAnswer, StudyRequest
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.storage.exports.formats import format_for
from exclip_desktop.storage.exports.study_tables import STUDY_FORMATS
from exclip_desktop.storage.scenes import BUNDLED, scenes

WORKING: Final = "Measuring methods"
FIGURES_EVERY_MS: Final = 300  # intervals are drawn anew from all outcomes each time


@dataclass(frozen=True, slots=True)
class StudyChoice:
    """What the person asks for: the open list or the bundled scenes, the first so many, methods and metrics by key."""

    listed: bool = False
    count: int = 10
    methods: tuple[str, ...] = (OURS, "grad-eclip", "raw-attention", RANDOM)
    metrics: tuple[str, ...] = ("pointing", "energy", "deletion", "insertion")


class Studying(QObject):
    """Asks for a study and gathers its figures; whatever else is asked comes first. Another model pauses it.

    Outcomes are kept in ``folder`` as they come, so that going on, even after a new start, begins with what is left.

    Attributes:
        choice: what was asked for last.
        folder: holds a folder for every study; None: the person has to choose one.
        written_to: the folder of the file that was written last; None: none was.
        kept_in: the folder of the study on screen; None: nothing is kept yet.
        study: the figures so far, or None.
        running: whether it is being measured.
        done, total: how many pairs × methods are measured.
        left_s: seconds left; None where they cannot be told yet.
        trouble: why it stopped, or "".

    Signals:
        changed(): any of them.
        folder_chosen(object): another ``folder``.
        written(object): the path of a file that has been written.

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
        """Ask ``worker``, about the pairs of ``navigation``; ``show_error`` shows what went wrong with writing."""
        super().__init__(parent)
        self._state, self._worker, self._navigation, self._show_error = state, worker, navigation, show_error
        self.choice, self.folder = StudyChoice(), folder
        self.kept_in: Path | None = None
        self.written_to: Path | None = None
        self.study: Study | None = None
        self.running, self.done, self.total, self.trouble = False, 0, 0, ""
        self.left_s: float | None = None
        self._asked: StudyRequest | None = None
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._model = ""
        self._remaining_time, self._tasks = RemainingTime(), Tasks(self)
        self._counting = self._outdated = False
        self._pause = QTimer(self, singleShot=True, interval=FIGURES_EVERY_MS)
        self._pause.timeout.connect(self._on_paused)
        worker.study_answered.connect(self._on_studied)
        worker.failed.connect(self._on_failed)
        state.choice_changed.connect(self.pause)

    def available(self, listed: bool) -> int:
        """Return how many pairs there are: of the open list, or bundled."""
        return len(self._navigation.pairs) if listed else len(scenes())

    @property
    def list_name(self) -> str:
        """What the open list is called; empty where none is open."""
        return self._navigation.list.source.name if self._navigation.pairs else ""

    def keep_in(self, folder: Path) -> None:
        """Keep studies in a folder from now on."""
        self.folder = folder
        self.folder_chosen.emit(folder)
        self.changed.emit()

    def start(self, choice: StudyChoice) -> None:
        """Begin, or go on where it was paused."""
        if self.folder is None or self.running:
            return
        asked = StudyRequest(
            id=1 if self._asked is None else self._asked.id + 1,
            choice=self._state.provenance.choice,
            pairs=self._navigation.list if choice.listed else None,
            count=choice.count,
            methods=choice.methods,
            settings=StudySettings(metrics=choice.metrics),
            folder=self.folder,
        )
        if self._asked is None or replace(asked, id=self._asked.id) != self._asked:
            self._outcomes, self.study, self.kept_in, self.done, self.total = {}, None, None, 0, 0
        self.choice, self._asked, self._remaining_time = choice, asked, RemainingTime()
        self.running, self.trouble, self.left_s = True, "", None
        self._worker.submit(asked)
        self._tell()

    def pause(self) -> None:
        """Stop; what is measured stays."""
        if self.running:
            self._worker.cancel_study()
            self._end()

    def stop(self) -> None:
        """Wait for the counting of figures; nothing is told any more."""
        self._pause.stop()
        self._tasks.stop()

    def text(self, ending: str) -> str:
        """Return the table as text, in the format of this ending; empty before there is a table."""
        write_text = format_for(Path(f"table{ending}"), STUDY_FORMATS).write_text
        return "" if self.study is None or write_text is None else write_text(self.study)

    def write(self, path: Path) -> None:
        """Write figures or curves by the path's ending, one of ``STUDY_FORMATS``."""
        study, work = self.study, Work(f"Writing {path.name}")
        if study is not None:
            run_with_progress(
                *(self._state, self._tasks, work),
                lambda cancel: write_study(study, path, cancel),
                self._on_written,
                self._on_unwritten,
            )

    def _end(self) -> None:
        self.running, self.left_s = False, None
        self._tell()

    def _tell(self) -> None:
        work = Work(WORKING, self.done, self.total) if self.running else None
        self._state.put_work(self, work)
        if work is not None:
            self.left_s = self._remaining_time.estimate_s(work.what, work.done, work.total, time.monotonic())
        self.changed.emit()

    def _on_studied(self, news: StudyAnswer) -> None:
        if not self.running or self._asked is None or news.id != self._asked.id:
            return
        self._outcomes |= {(one.pair, one.method): one for one in news.outcomes}
        self.done, self.total, self.kept_in = len(self._outcomes), news.total, news.folder
        self._model = news.model
        self._count()
        if self.done == self.total:
            self._end()
        else:
            self._tell()

    def _count(self) -> None:
        """Have the figures counted in the background, one time after the other."""
        self._outdated = True
        asked = self._asked
        if self._counting or self._pause.isActive() or asked is None or not self._outcomes:
            return
        self._counting, self._outdated = True, False
        model, outcomes = self._model, tuple(self._outcomes.values())
        self._tasks.run(lambda _: (asked, _study_of(asked, model, outcomes)), self._on_counted, self._on_uncounted)

    def _on_counted(self, counted: tuple[StudyRequest, Study]) -> None:
        asked, study = counted
        self._counting = False
        if asked is self._asked:
            self.study = study
            self.changed.emit()
        self._pause.start()

    def _on_paused(self) -> None:
        if self._outdated:
            self._count()

    def _on_uncounted(self, error: Exception) -> None:
        self._counting = False
        self._show_error(error)

    def _on_written(self, path: Path) -> None:
        self.written_to = path.parent
        self.written.emit(path)

    def _on_unwritten(self, error: Exception) -> None:
        self.trouble = " ".join(describe_error(error)[:2]).strip()
        self._show_error(error)
        self.changed.emit()

    def _on_failed(self, failure: Failure) -> None:
        if self.running and failure.request is self._asked:
            self.trouble = f"{failure.message} {failure.hint}".strip()
            self._end()
            self._state.change(notice=replace(of_failure(failure, self._state.facts), offers_cpu=False))


def _study_of(asked: StudyRequest, model: str, outcomes: tuple[Outcome, ...]) -> Study:
    """Return the figures of outcomes in the order asked for: then the same draws give the same intervals."""
    pairs, name = (scenes(), BUNDLED) if asked.pairs is None else (asked.pairs.pairs, asked.pairs.source.name)
    places = {pair.id: place for place, pair in enumerate(pairs)}
    found = sorted(outcomes, key=lambda one: (asked.methods.index(one.method), places[one.pair]))
    return summarise(model, name, asked.settings, found)
