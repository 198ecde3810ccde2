"""The whole session with an engine that waits: questions that fail, are cancelled or are overtaken leave no trace."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from exclip_desktop.app import show_lost_errors
from exclip_desktop.core.errors import CaptionError, ModelError, UserError
from exclip_desktop.core.explanation import Explanation
from exclip_desktop.core.selection import Region, Selection
from exclip_desktop.session.requests import How, ModelChoice
from exclip_desktop.session.session import Session
from exclip_desktop.session.state import State, Work
from exclip_desktop.storage.samples import samples
from tests.ui.fakes import FakeEngine

BOX = Region((10, 10, 60, 50))
MISSING = ModelError("There is no such model.", "Choose another.")


@dataclass
class Desk:
    session: Session
    engine: FakeEngine
    qtbot: QtBot
    folder: Path

    @property
    def state(self) -> State:
        return self.session.state

    @property
    def undo(self) -> QUndoStack:
        return self.session.undo

    def picture(self, name: str) -> str:
        path = self.folder / name
        Image.fromarray(np.full((480, 640, 3), 90, np.uint8)).save(path)
        return str(path)

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.state.stale and self.state.work is None)

    def open(self, name: str = "a.png", caption: str = "a red balloon") -> None:
        with self.qtbot.waitSignal(self.state.explanation_changed):
            self.session.explaining.open_file(self.picture(name), caption)
        self.settle()

    def hold(self, act: Callable[[], object]) -> None:
        """Do what makes the engine explain, and keep it from answering."""
        self.engine.gate.clear()
        self.engine.began.clear()
        act()
        self.qtbot.waitUntil(self.engine.began.is_set)

    def fail(self, error: Exception, act: Callable[[], object], loading: bool = False) -> None:
        """Do what makes the engine work, and let it fail."""
        (self.engine.load_raises if loading else self.engine.raises).append(error)
        with self.qtbot.waitSignal(self.state.notice_changed):
            act()

    def seen(self) -> tuple[object, ...]:
        """What is on screen, and what it is of."""
        state = self.state
        return state.shown, state.explanation, state.caption, state.selection, state.choice, state.how, state.stale

    def words(self) -> list[str]:
        rows = set(self.state.selection.rows)
        return [word.text for word in self.state.explanation.words if rows.intersection(word.rows)]


def _store(folder: Path) -> QSettings:
    return QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def make_desk(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]
) -> Iterator[Callable[[], Desk]]:
    """Return a function that makes a session with its worker started, and nothing on screen."""
    made: list[Desk] = []

    def make() -> Desk:
        engine = FakeEngine(lambda caption: make_explanation(words=tuple(caption.split())))
        desk = Desk(Session(_store(tmp_path), tmp_path / "factors", lambda: engine), engine, qtbot, tmp_path)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.engine.gate.set()
        desk.engine.complete_gate.set()
        desk.session.stop()


@pytest.fixture
def desk(make_desk: Callable[[], Desk]) -> Desk:
    made = make_desk()
    made.session.start(made.picture("first.png"), "a dog")
    made.qtbot.waitUntil(lambda: made.state.explanation is not None)
    made.open()
    return made


def test_a_sample_shows_its_thing_even_when_the_caption_is_changed_meanwhile(desk: Desk) -> None:
    desk.hold(lambda: desk.session.open_sample(0))
    desk.session.explaining.type_caption("nothing of it")
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: desk.state.explanation.caption.text == "nothing of it")
    assert desk.state.shown.path == str(samples()[0].path)
    assert desk.state.selection == Selection()
    desk.open("b.png", "a cat")
    assert desk.state.shown.title == "b.png"


@pytest.mark.parametrize("loading", [True, False])
def test_a_model_that_fails_is_taken_back(desk: Desk, loading: bool) -> None:
    before = desk.seen()
    choose = lambda: desk.session.explaining.choose_model(ModelChoice("/wrong/folder"))  # noqa: E731  done at once
    desk.fail(MISSING, choose, loading)
    assert desk.state.notice.message == MISSING.message
    assert desk.seen() == before
    assert "wrong" not in desk.session.exporting.python()
    desk.session.explaining.type_caption("a cat")
    desk.qtbot.waitUntil(lambda: desk.state.explanation.caption.text == "a cat")
    assert desk.engine.loaded[-1] == ModelChoice()


def test_settings_that_fail_are_taken_back_and_not_kept(desk: Desk) -> None:
    before = desk.seen()
    desk.fail(UserError("The model has no layer 11."), lambda: desk.session.explaining.choose_method(How(11), None))
    assert desk.seen() == before
    assert desk.session.settings.how() == How()


def test_copies_are_of_the_model_on_screen_while_another_is_on_its_way(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explaining.choose_model(ModelChoice("other")))
    assert "other" not in desk.session.exporting.python()
    desk.engine.gate.set()
    desk.settle()
    assert "other" in desk.session.exporting.python()


def test_a_newer_question_does_not_take_the_model_back(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explaining.choose_model(ModelChoice("other")))
    desk.session.explaining.type_caption("a cat")
    desk.engine.gate.set()
    desk.settle()
    assert desk.state.choice == desk.state.outcome.choice == ModelChoice("other")


def test_only_what_explained_by_the_bundled_model_is_kept(desk: Desk) -> None:
    desk.session.explaining.choose_method(How(1), "cpu")
    desk.settle()
    assert desk.session.settings.how() == How(1)
    desk.session.explaining.choose_model(ModelChoice("other"))
    desk.settle()
    desk.session.explaining.choose_method(How(9), "mps")
    desk.settle()
    assert desk.session.settings.how() == How(1)
    assert desk.session.settings.device() == "mps"


def test_kept_settings_that_no_longer_fit_do_not_leave_the_first_start_empty(make_desk: Callable[[], Desk]) -> None:
    desk = make_desk()
    desk.session.settings.keep_how(How(11))
    desk.session.settings.keep_device("cpu")
    again = make_desk()
    assert (again.state.how, again.state.choice) == (How(11), ModelChoice(device="cpu"))
    again.engine.raises.append(UserError("The model has no layer 11."))
    again.session.start()
    again.qtbot.waitUntil(lambda: again.state.explanation is not None)
    assert (again.state.how, again.state.choice) == (How(), ModelChoice(device="cpu"))
    assert "no layer 11" in again.state.notice.message
    assert again.words()  # what the sample shows first
    assert again.session.settings.how() == How()


def test_a_first_start_that_fails_asks_once_more_only(make_desk: Callable[[], Desk]) -> None:
    make_desk().session.settings.keep_how(How(1))
    desk = make_desk()
    desk.engine.raises += [MISSING, MISSING]
    desk.session.start()
    desk.qtbot.waitUntil(lambda: desk.state.notice is not None and desk.state.notice.kind == "trouble")
    assert desk.state.explanation is None
    assert len(desk.engine.asked) == 2
    desk.session.explaining.type_caption(desk.state.caption)
    desk.qtbot.waitUntil(lambda: desk.state.explanation is not None)


def test_what_can_be_undone_belongs_to_one_picture(desk: Desk) -> None:
    desk.session.selecting.commit_regions((), (BOX,), "draw box")
    desk.hold(lambda: desk.session.explaining.open_file(desk.picture("b.png"), "a cat"))
    assert not desk.undo.canUndo()
    desk.session.selecting.commit_regions((BOX,), (), "remove box")  # while the first picture is still there
    desk.engine.gate.set()
    desk.settle()
    assert not desk.undo.canUndo()
    assert desk.state.selection == Selection()


@pytest.mark.parametrize("way", ["cancel", "failure"])
def test_a_picture_that_comes_to_nothing_is_forgotten(desk: Desk, way: str) -> None:
    desk.session.selecting.commit_rows((), (2,))
    before = desk.seen()
    opens = lambda: desk.session.explaining.open_file(desk.picture("b.png"), "a cat")  # noqa: E731  done at once
    if way == "cancel":
        desk.hold(opens)
        desk.session.explaining.type_caption("a bird")
        desk.session.explaining.cancel()
        desk.engine.gate.set()
    else:
        desk.fail(UserError("No."), opens)
    assert desk.seen() == before
    assert not desk.undo.canUndo()
    desk.session.explaining.type_caption("a red dog")
    desk.settle()
    assert desk.state.shown.title == "a.png"
    assert desk.state.explanation.caption.text == "a red dog"


def test_a_cancelled_model_is_taken_back(desk: Desk) -> None:
    before = desk.seen()
    desk.hold(lambda: desk.session.explaining.choose_model(ModelChoice("other")))
    desk.qtbot.waitUntil(lambda: desk.state.facts.name == "other")
    desk.session.explaining.cancel()
    assert desk.seen() == before
    assert desk.state.facts.name == "demo"


@pytest.mark.parametrize("way", ["cancel", "failure"])
def test_the_same_caption_can_be_asked_again(desk: Desk, way: str) -> None:
    types = lambda: desk.session.explaining.type_caption("a cat")  # noqa: E731  done at once
    if way == "cancel":
        desk.hold(types)
        desk.session.explaining.cancel()
        desk.engine.gate.set()
    else:
        desk.fail(UserError("No."), types)
    assert desk.state.stale
    assert desk.state.caption == "a cat"
    desk.session.explaining.type_caption("a cat")
    desk.settle()
    assert desk.state.explanation.caption.text == "a cat"
    assert desk.undo.count() == 1


def test_the_same_caption_is_not_asked_twice_at_once(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explaining.type_caption("a cat"))
    desk.session.explaining.type_caption("a cat")
    desk.engine.gate.set()
    desk.settle()
    assert [request.caption for request in desk.engine.asked].count("a cat") == 1


def test_undo_of_words_finds_them_in_the_caption_on_screen(desk: Desk) -> None:
    desk.open("b.png", "a dog and a red balloon")
    desk.session.selecting.commit_rows((), (2,))
    desk.session.selecting.commit_rows((2,), (5,))
    assert desk.words() == ["red"]
    desk.session.explaining.type_caption("a red balloon and a dog")
    desk.settle()
    desk.hold(desk.undo.undo)
    desk.undo.undo()  # the newer caption is still on screen
    assert desk.words() == ["dog"]
    desk.engine.gate.set()
    desk.settle()
    assert desk.words() == ["dog"]
    assert desk.state.selection.rows == (2,)


def test_what_runs_is_shown_by_who_runs_it(qapp: object) -> None:
    state = State()
    state.put_work("worker", Work("Preparing", idle=True))
    state.put_work("task", Work("Writing"))
    assert state.work == Work("Writing")
    state.put_work("worker", Work("Preparing", 1, 2, idle=True))
    assert state.work == Work("Writing")
    state.put_work("worker", Work("Explaining"))
    state.put_work("task", None)
    assert state.work == Work("Explaining")
    state.put_work("worker", None)
    assert state.work is None


def test_a_refusal_leaves_what_runs(desk: Desk) -> None:
    desk.hold(lambda: desk.session.explaining.type_caption("a cat"))
    desk.session.explaining.refuse(CaptionError("The clipboard holds no picture."))
    assert desk.state.work is not None
    desk.session.exporting.write_numbers(desk.folder / "nowhere" / "a.csv")
    desk.qtbot.waitUntil(lambda: "nowhere" in desk.state.notice.message)
    assert desk.state.work is not None
    assert desk.state.work.what == "Explaining the picture"
    desk.engine.gate.set()
    desk.settle()


def test_an_unforeseen_error_is_told_with_details_and_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.session.explaining.refuse(MemoryError())
    assert desk.state.notice.message == "Something went wrong: MemoryError."
    assert "MemoryError" in desk.state.notice.details
    assert "MemoryError" in caplog.text


def test_an_error_nobody_caught_is_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    show_lost_errors(desk.session)
    with desk.qtbot.waitSignal(desk.state.notice_changed):
        sys.excepthook(ZeroDivisionError, ZeroDivisionError("x"), None)
    assert "ZeroDivisionError" in desk.state.notice.message
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_answer_settles_trouble_and_its_own_warnings_only(desk: Desk) -> None:
    make, desk.engine.note = desk.engine.make, "The model runs on the CPU."
    desk.session.explaining.choose_model(ModelChoice("other"))
    desk.settle()
    desk.session.explaining.type_caption("a cat")
    desk.settle()
    assert desk.state.notice.message == desk.engine.note

    def unsettled(caption: str) -> Explanation:
        made = make(caption)
        return replace(made, image_side=replace(made.image_side, converged=False))

    desk.engine.make = unsettled
    desk.session.explaining.type_caption("a bird")
    desk.settle()
    assert desk.state.notice.message.startswith(f"{desk.engine.note} The picture's integral has not settled")
    desk.engine.make = make
    desk.session.explaining.type_caption("a cow")
    desk.settle()
    assert desk.state.notice is None


def test_samples_are_no_recent_pictures(desk: Desk) -> None:
    with desk.qtbot.waitSignal(desk.state.explanation_changed):
        desk.session.open_sample(0)
    desk.settle()
    assert [Path(path).name for path in desk.session.settings.recent()] == ["a.png", "first.png"]


def test_the_cache_is_measured_and_cleared_in_the_background(desk: Desk) -> None:
    sizes: list[tuple[int, int]] = []
    desk.session.pairs.put(("a", "b"), desk.state.explanation)
    desk.session.measure_cache(lambda memory, disk: sizes.append((memory, disk)))
    assert sizes == []
    desk.qtbot.waitUntil(lambda: bool(sizes))
    assert sizes == [(desk.state.explanation.matrix.nbytes, 0)]
    desk.session.clear_cache()
    desk.settle()
    assert desk.session.pairs.size() == 0


def _entries(desk: Desk) -> list[str]:
    return [entry.caption for entry in desk.state.alternatives]


def _scored(desk: Desk) -> bool:
    return all(entry.score is not None for entry in desk.state.alternatives)


def test_an_alternative_and_the_caption_change_places(desk: Desk) -> None:
    desk.session.comparing.add("a cat")
    desk.session.explaining.type_caption("a cat")
    desk.settle()
    assert _entries(desk) == ["a cat", "a red balloon"]
    desk.session.explaining.type_caption("a red balloon")
    desk.settle()
    assert _entries(desk) == ["a red balloon", "a cat"]
    desk.qtbot.waitUntil(lambda: _scored(desk))


def test_scores_are_of_the_picture_on_screen(desk: Desk) -> None:
    desk.session.comparing.add("a cat")
    desk.qtbot.waitUntil(lambda: _scored(desk))
    desk.hold(lambda: desk.session.explaining.open_file(desk.picture("b.png")))
    assert _scored(desk)
    told: list[bool] = []
    desk.state.alternatives_changed.connect(lambda: told.append(_scored(desk)))
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: told == [False, True])


def test_scores_that_fail_say_why_and_leave_what_was_being_explained(desk: Desk) -> None:
    desk.session.comparing.add("a cat")
    desk.qtbot.waitUntil(lambda: _scored(desk))
    desk.engine.complete_gate.clear()
    desk.engine.score_raises.append(CaptionError("The caption is empty before its end token."))
    with desk.qtbot.waitSignal(desk.state.notice_changed):
        desk.session.comparing.add("<end_of_text>")
    assert "end token" in desk.state.notice.message
    assert _entries(desk) == ["a red balloon", "a cat"]
    desk.qtbot.waitUntil(lambda: _scored(desk))
