"""A whole session with a blocking engine, shared by the session's tests."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from exclip_desktop.session.session import Session
from exclip_desktop.session.state import State
from tests.ui.fakes import FakeEngine, make_blank_picture


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
        return make_blank_picture(self.folder / name)

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.state.stale and self.state.work is None)

    def open(self, name: str = "a.png", caption: str = "a red balloon") -> None:
        path = self.picture(name)
        self.explain(lambda: self.session.explain_controller.open_file(path, caption))

    def explain(self, act: Callable[[], object]) -> None:
        """Call ``act``, which shows another pair, and wait for its answer."""
        before = self.state.explanation
        act()
        self.qtbot.waitUntil(lambda: self.state.explanation is not None and self.state.explanation is not before)
        self.settle()

    def hold(self, act: Callable[[], object]) -> None:
        """Call ``act``, which makes the engine explain, and block its answer; no answer is ready."""
        self.session.explain_controller.ready.clear()
        self.engine.gate.clear()
        self.engine.began.clear()
        act()
        self.qtbot.waitUntil(self.engine.began.is_set)

    def fail(self, error: Exception, act: Callable[[], object], loading: bool = False) -> None:
        """Call ``act``, which makes the engine work, and let it fail."""
        (self.engine.load_raises if loading else self.engine.raises).append(error)
        with self.qtbot.waitSignal(self.state.notice_changed):
            act()

    def snapshot(self) -> tuple[object, ...]:
        """Return what is on screen, with its model and settings."""
        state = self.state
        return (
            state.canvas_picture,
            state.explanation,
            state.caption,
            state.selection,
            state.choice,
            state.explain_settings,
            state.stale,
        )

    def words(self) -> list[str]:
        rows = set(self.state.selection.rows)
        return [word.text for word in self.state.explanation.words if rows.intersection(word.rows)]


def count_requests(desk: Desk) -> int:
    """Return the number of requests about one picture; one that was interrupted reaches the engine again."""
    return len({one.id for one in desk.engine.picture_requests})
