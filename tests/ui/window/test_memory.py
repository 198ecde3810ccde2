"""Closed windows and dialogs, merged steps and ended tasks leave memory, with all that they refer to."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.lists.latest_first import LatestFirst
from exclip_desktop.session.tasks import Tasks
from exclip_desktop.session.undo import MergeKind, ReplaceStep
from exclip_desktop.ui.widgets.widget_tree import find_parts
from tests.ui.erratic_desk import ErraticDesk, stay_inside

TASKS = 40
DIALOGS = ("settings", "export_picture", "samples", "note", "about")
WINDOWS = ("shortcuts", "study", "reset_layout", "parts", "similar_patches", "next_direction", "second_model")


class _Value:
    """Something that a step or a task refers to."""


def _delete_pending() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


def _count_values() -> int:
    gc.collect()
    return sum(type(one) is _Value for one in gc.get_objects())


def test_a_dialog_that_was_found_is_released(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = QDialog(window)
    inside = QWidget()
    QVBoxLayout(dialog).addWidget(inside)
    assert find_parts(window, QWidget) == [dialog, inside]
    assert find_parts(window, QDialog) == [dialog]
    left = weakref.ref(dialog)
    dialog.deleteLater()
    del dialog, inside
    _delete_pending()
    assert left() is None


@pytest.mark.parametrize("joins", [True, False])
def test_a_merged_step_keeps_no_values(joins: bool) -> None:
    def put(_: object) -> None:
        pass

    undo = QUndoStack()
    for _ in range(3):
        undo.push(ReplaceStep("Type", put, _Value(), _Value(), MergeKind.TYPING, joins=joins))
    assert undo.count() == (1 if joins else 3)
    assert _count_values() == (2 if joins else 6)
    undo.clear()
    assert _count_values() == 0


def test_ended_tasks_keep_no_values(qtbot: QtBot) -> None:
    owner, ended = QObject(), []
    tasks, latest = Tasks(owner), LatestFirst(TASKS, lambda value: 1, lambda value, _: ended.append(1), owner)
    for _ in range(TASKS):
        value = _Value()
        tasks.run(lambda _, value=value: len([value]), ended.append, lambda error: None)
        latest.add(value)
    del value
    qtbot.waitUntil(lambda: len(ended) == 2 * TASKS)
    tasks.stop()
    latest.stop()
    assert _count_values() == 0


def test_a_closed_window_is_released(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.ui.erratic_desk.FAILS", 0.0)
    rng = np.random.default_rng(1)
    dialogs: list[weakref.ref[QWidget]] = []

    def close_dialog() -> None:
        dialogs.append(weakref.ref(QApplication.activeModalWidget()))
        QApplication.activeModalWidget().close()

    with stay_inside(tmp_path, rng, lambda: []):
        desk = ErraticDesk(tmp_path, make_explanation, rng)
        window, session = weakref.ref(desk.window), weakref.ref(desk.session)
        qtbot.waitUntil(lambda: session().state.explanation is not None)
        for name in DIALOGS:
            QTimer.singleShot(0, close_dialog)
            desk.window.commands[name].trigger()
        for name in WINDOWS:
            desk.window.commands[name].trigger()
        for menu in find_parts(desk.window, QMenu):
            menu.aboutToShow.emit()
        QApplication.processEvents()  # PySide6 keeps functions of single shots that never come
        del menu
        desk.close()
    gc.collect()
    assert len(dialogs) == len(DIALOGS)
    assert [dialog() for dialog in dialogs if dialog() is not None] == []
    assert (window(), session()) == (None, None)
