"""Worker and controllers with a blocking engine: which answers are shown, dropped or kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.pair.caption_alternatives import CaptionAlternatives
from exclip_desktop.session.pair.explain_controller import ExplainController
from exclip_desktop.session.pair.region_controller import RegionController
from exclip_desktop.session.pair.selection_controller import SelectionController
from exclip_desktop.session.state import State
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.session.worker.worker_thread import Worker
from tests.ui.conftest import caption_of
from tests.ui.fakes import FakeEngine

BOX = Region((10, 10, 60, 50))


@dataclass
class Session:
    state: State
    engine: FakeEngine
    worker: Worker
    explain_controller: ExplainController
    selection_controller: SelectionController
    region_controller: RegionController
    caption_alternatives: CaptionAlternatives
    undo: QUndoStack
    seen: list[str]


@pytest.fixture
def picture_file(tmp_path: Path) -> str:
    path = tmp_path / "dog.png"
    Image.fromarray(np.full((480, 640, 3), 90, np.uint8)).save(path)
    return str(path)


@pytest.fixture
def session(qtbot: QtBot, make_explanation: Callable[..., Explanation]) -> Iterator[Session]:
    def make(caption: str) -> Explanation:
        return make_explanation(words=tuple(caption.split()))

    state, tasks, undo, engine = State(), Tasks(), QUndoStack(), FakeEngine(make)
    worker = Worker(lambda: engine)
    explain_controller = ExplainController(state, worker, tasks, undo)
    seen: list[str] = []
    state.answer_changed.connect(lambda: seen.append(state.explanation.caption.text if state.explanation else ""))
    selection_controller = SelectionController(state, undo)
    made = Session(
        state,
        engine,
        worker,
        explain_controller,
        selection_controller,
        RegionController(state, selection_controller),
        CaptionAlternatives(state, worker),
        undo,
        seen,
    )
    worker.start()
    yield made
    engine.gate.set()
    engine.complete_gate.set()
    tasks.stop()
    worker.stop()
    assert worker.isFinished()


def _open(session: Session, qtbot: QtBot, path: str, caption: str = "a red balloon") -> None:
    session.explain_controller.open_file(path, caption)
    qtbot.waitUntil(lambda: session.state.explanation is not None)


def test_a_picture_is_read_and_explained(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    assert session.state.canvas_picture is not None
    assert session.state.canvas_picture.title == "dog.png"
    assert session.state.explanation is not None
    assert not session.state.stale
    assert session.state.facts is not None
    qtbot.waitUntil(lambda: session.state.work is None)
    assert len(session.engine.threads) == 1


def test_only_the_last_of_three_captions_is_shown(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    session.engine.gate.clear()
    session.engine.began.clear()
    session.explain_controller.type_caption("a dog")
    assert session.engine.began.wait(5)
    assert session.state.stale
    session.explain_controller.type_caption("a cat")
    session.explain_controller.type_caption("a house")
    session.engine.gate.set()
    qtbot.waitUntil(lambda: not session.state.stale)
    assert session.seen == ["a red balloon", "a house"]
    assert session.engine.explained[-1] == "a house"
    assert "a cat" not in session.engine.explained


def test_cancel_keeps_the_last_picture_and_marks_it_stale(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    before = session.state.explanation
    session.engine.gate.clear()
    session.engine.began.clear()
    session.explain_controller.type_caption("a dog")
    assert session.engine.began.wait(5)
    with qtbot.waitSignal(session.worker.job_ended):
        session.explain_controller.cancel()
    assert session.state.explanation is before
    assert session.state.stale
    assert session.state.work is None
    assert session.state.notice is None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (CaptionError("No.", "Do."), "No."),
        (MemoryError(), "Something went wrong: MemoryError."),
        (ZeroDivisionError("x"), "Something went wrong: ZeroDivisionError."),
    ],
)
def test_a_failing_explainer_shows_the_banner_and_keeps_the_picture(
    session: Session, qtbot: QtBot, picture_file: str, error: Exception, message: str
) -> None:
    _open(session, qtbot, picture_file)
    before = session.state.explanation
    session.engine.raises.append(error)
    with qtbot.waitSignal(session.state.notice_changed):
        session.explain_controller.type_caption("a dog")
    assert session.state.notice is not None
    assert session.state.notice.message == message
    assert session.state.notice.hint
    assert session.state.explanation is before
    assert session.state.stale
    with qtbot.waitSignal(session.state.answer_changed):
        session.explain_controller.type_caption("a cat")
    assert session.state.notice is None


def test_a_picture_that_cannot_be_read_leaves_the_screen_as_it_was(
    session: Session, qtbot: QtBot, picture_file: str, tmp_path: Path
) -> None:
    _open(session, qtbot, picture_file)
    before = (session.state.canvas_picture, session.state.explanation, session.state.caption, session.state.selection)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nonsense")
    with qtbot.waitSignal(session.state.notice_changed):
        session.explain_controller.open_file(str(broken), "a cat")
    assert "not a picture" in session.state.notice.message
    after = (session.state.canvas_picture, session.state.explanation, session.state.caption, session.state.selection)
    assert all(a is b for a, b in zip(before, after, strict=True))
    assert not session.state.stale


def test_a_model_that_failed_to_load_is_requested_again(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    session.engine.load_raises.append(CaptionError("There is no such model.", "Choose another."))
    with qtbot.waitSignal(session.state.notice_changed):
        session.explain_controller.choose_model(ModelChoice("nonsense"))
    with qtbot.waitSignal(session.state.answer_changed):
        session.explain_controller.choose_model(ModelChoice("other"))
    assert [choice.name for choice in session.engine.loaded] == ["demo", "other"]


def test_words_stay_selected_when_the_caption_changes(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file, "a red balloon and a dog")
    rows = session.state.explanation.caption.rows_of("dog")
    session.selection_controller.commit_rows((), rows)
    with qtbot.waitSignal(session.state.answer_changed):
        session.explain_controller.type_caption("a dog and a red balloon")
    assert session.state.selection.rows == caption_of(("a", "dog")).rows_of("dog")
    with qtbot.waitSignal(session.state.answer_changed):
        session.undo.undo()
    assert session.state.caption == "a red balloon and a dog"
    assert session.state.selection.rows == rows


def test_a_new_picture_keeps_words_and_drops_regions(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    session.selection_controller.commit_regions((), (BOX,), "draw box")
    session.selection_controller.commit_rows((), (2,))
    session.explain_controller.ready.clear()
    session.explain_controller.open_file(picture_file)
    assert session.state.selection == Selection()
    qtbot.waitUntil(lambda: session.state.explanation is not None)
    assert session.state.selection == Selection((2,))


def test_selection_never_reaches_the_worker(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    submitted: list[object] = []
    session.worker.submit = submitted.append
    session.selection_controller.show_rows((1, 2))
    session.selection_controller.commit_rows((), (1, 2))
    session.selection_controller.show_regions((BOX,))
    session.selection_controller.commit_regions((), (BOX,), "draw box")
    session.region_controller.name(0, "nose")
    session.selection_controller.hover_rows((3,))
    session.selection_controller.hover_patch((1, 1))
    session.selection_controller.choose_pair((2,), (0, 0))
    session.selection_controller.clear()
    while session.undo.canUndo():
        session.undo.undo()
    assert session.state.selection == Selection()
    assert submitted == []


def test_a_double_click_is_one_step(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    session.selection_controller.commit_rows((), (1,))
    session.selection_controller.commit_rows((1,), (3,))  # the first click
    session.selection_controller.widen_rows((3,), (2, 3))  # the second
    assert session.state.selection.rows == (2, 3)
    session.undo.undo()
    assert session.state.selection.rows == (1,)
    session.undo.redo()
    assert session.state.selection.rows == (2, 3)


def test_undo_and_redo_of_selections(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    session.selection_controller.show_regions((BOX,))
    session.selection_controller.commit_regions((), (BOX,), "draw box")
    session.selection_controller.commit_rows((), (2,))
    session.region_controller.remove([0])
    assert session.state.selection == Selection((2,))
    session.undo.undo()
    assert session.state.selection == Selection((2,), (BOX,))
    session.undo.undo()
    session.undo.undo()
    assert session.state.selection == Selection()
    session.undo.redo()
    assert session.state.selection == Selection((), (BOX,))


def test_alternatives_are_scored_with_the_caption_on_screen(session: Session, qtbot: QtBot, picture_file: str) -> None:
    _open(session, qtbot, picture_file)
    session.caption_alternatives.add("a cat")
    qtbot.waitUntil(lambda: all(entry.score is not None for entry in session.state.alternatives))
    assert [entry.caption for entry in session.state.alternatives] == ["a red balloon", "a cat"]
    session.caption_alternatives.remove_at(1)
    assert session.state.alternatives == ()


def test_closing_while_it_runs_ends_the_thread(session: Session, qtbot: QtBot, picture_file: str) -> None:
    session.engine.gate.clear()
    session.explain_controller.open_file(picture_file, "a dog")
    qtbot.waitUntil(session.engine.began.is_set)
    session.worker.stop()
    assert session.worker.isFinished()


def test_every_request_fails_if_the_engine_cannot_be_made(qtbot: QtBot, picture_file: str) -> None:
    def broken() -> FakeEngine:
        raise ImportError("torch is missing")

    state = State()
    worker = Worker(broken)
    explain_controller = ExplainController(state, worker, Tasks(), QUndoStack())
    worker.start()
    for caption in ("a dog", "a cat"):
        explain_controller.dismiss()
        with qtbot.waitSignal(state.notice_changed):
            explain_controller.open_file(picture_file, caption)
            qtbot.waitUntil(lambda: state.notice is not None)
        assert "ImportError" in state.notice.message
        assert "torch is missing" in state.notice.details
        qtbot.waitUntil(lambda: state.work is None)
    worker.stop()
