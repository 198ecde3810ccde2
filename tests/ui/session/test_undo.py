"""Steps of the project stay on the undo stack when another picture is opened; steps of the picture are dropped."""

import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from exclip_desktop.session.undo import ProjectStep, ReplaceStep, drop_picture_steps


@pytest.fixture
def values() -> list[str]:
    return []


@pytest.fixture
def undo(qtbot: QtBot, values: list[str]) -> QUndoStack:
    stack = QUndoStack()
    for step, name in ((ReplaceStep, "box"), (ProjectStep, "rate"), (ReplaceStep, "words"), (ProjectStep, "tag")):
        stack.push(step(name, values.append, f"{name} before", f"{name} after"))
    values.clear()
    return stack


def test_steps_of_the_project_stay(undo: QUndoStack, values: list[str]) -> None:
    drop_picture_steps(undo)
    assert values == [], "nothing is done again"
    assert (undo.count(), undo.index(), undo.undoText()) == (2, 2, "tag")
    undo.undo()
    undo.undo()
    assert values == ["tag before", "rate before"]
    undo.redo()
    assert values[2:] == ["rate after"]


def test_undone_steps_stay_undone(undo: QUndoStack, values: list[str]) -> None:
    undo.undo()
    undo.undo()
    values.clear()
    drop_picture_steps(undo)
    assert (undo.undoText(), undo.redoText()) == ("rate", "tag")
    undo.redo()
    assert values == ["tag after"]


def test_the_menu_learns_of_it_once(undo: QUndoStack, qtbot: QtBot) -> None:
    indexes: list[int] = []
    undo.indexChanged.connect(indexes.append)
    drop_picture_steps(undo)
    drop_picture_steps(undo)
    assert indexes == [2]


def test_closing_keeps_signals_blocked(undo: QUndoStack) -> None:
    undo.blockSignals(True)
    drop_picture_steps(undo)
    assert undo.signalsBlocked()
