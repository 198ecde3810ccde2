"""A whole session with an engine that waits: what its tests share."""

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
        with self.qtbot.waitSignal(self.state.answer_changed):
            self.session.explain_controller.open_file(self.picture(name), caption)
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

    def snapshot(self) -> tuple[object, ...]:
        """What is on screen, and what it is of."""
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
