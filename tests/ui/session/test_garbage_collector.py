"""Qt's objects are destroyed in the thread they live in: only the GUI thread collects while a worker runs."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tests.ui.session.session_desk import Desk


class _Knot(QObject):
    """A reference cycle that holds an object of Qt."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self


@pytest.fixture
def collected_in() -> Iterator[set[int]]:
    threads: set[int] = set()

    def note(phase: str, _: dict[str, int]) -> None:
        threads.add(threading.get_ident())

    gc.callbacks.append(note)
    yield threads
    gc.callbacks.remove(note)


def test_garbage_made_in_the_worker_is_collected_in_the_gui_thread(
    desk: Desk, qtbot: QtBot, collected_in: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[list[int]] = []
    explain = desk.engine.explain

    def littering(*arguments: object) -> object:
        made.extend([number] for number in range(50_000))  # the automatic collection would run here many times
        return explain(*arguments)

    monkeypatch.setattr(desk.engine, "explain", littering)
    knot = _Knot()
    gone = weakref.ref(knot)
    del knot
    collected_in.clear()
    desk.open("b.png")
    qtbot.waitUntil(lambda: gone() is None)
    assert len(made) == 50_000
    assert collected_in == {threading.get_ident()}


def test_python_collects_again_once_the_session_has_stopped(desk: Desk) -> None:
    assert (gc.isenabled(), gc.get_freeze_count() > 0) == (False, True)
    desk.session.stop()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, 0)
