"""A thousand random actions on the real window, with an engine that answers at once: no errors, leaks or delays."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Opened

ACTIONS = 1000
GROWTH_MB = 50
SIZES = ((640, 480), (300, 500), (1600, 900), (64, 64))
WORDS = ("red", "balloon", "dog", "cat", "and", "a", "house", "hydrant")
KEYS = (
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Escape, Qt.Key.Key_Delete),
    *(Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_F, Qt.Key.Key_S, Qt.Key.Key_M, Qt.Key.Key_G, Qt.Key.Key_H),
    *(Qt.Key.Key_T, Qt.Key.Key_L, Qt.Key.Key_K, Qt.Key.Key_1, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_P),
    *(Qt.Key.Key_R, Qt.Key.Key_B, Qt.Key.Key_V, Qt.Key.Key_Minus, Qt.Key.Key_F2, Qt.Key.Key_Return),
)
TRIGGERED = (
    *("undo", "redo", "clear_selection", "select_words", "remove_box", "lasso", "fit", "actual_size", "zoom_in"),
    *("zoom_out", "heat", "grey", "smooth", "magnitude", "histogram", "specials", "lock_range", "cancel"),
    *("select_tool", "box_tool", "subtract", "place_box", "next_box", "previous_box", "name_box", "flip_box"),
    *("duplicate_box", "copy_box", "hide_box", "show_boxes", "prompt_label", "panel_boxes"),
    *("copy_values", "copy_latex", "copy_html", "copy_python", "copy_command", "focus_caption", "paste"),
)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
MODIFIERS = (NONE, NONE, NONE, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier)


def _resident_mb() -> float:
    status = Path("/proc/self/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


def _close_dialog() -> None:
    """Close any dialog that a key has opened."""
    dialog = QApplication.activeModalWidget()
    if dialog is not None:
        dialog.close()


class Monkey:
    """Performs one random action at a time."""

    def __init__(self, opened: Opened, pictures: list[str]) -> None:
        self.rng = np.random.default_rng(20)
        self.window, self.session, self.pictures = opened.window, opened.session, pictures
        self.tricks = (self.drag, self.drag, self.click, self.key, self.trigger, self.hover, self.type, self.open)

    def act(self) -> None:
        self.tricks[int(self.rng.integers(len(self.tricks)))]()
        QApplication.processEvents()
        self.look()

    def look(self) -> None:
        """Check that the answer on screen, if there is one yet, belongs to the picture on screen."""
        state = self.session.state
        assert state.current_region is None or state.current_region < len(state.selection.regions)
        if state.explanation is None:
            assert not state.stale
            return
        height, width = state.canvas_picture.picture.pixels.shape[:2]
        assert state.explanation.geometry.source_size == (width, height)

    def _widget(self) -> QWidget:
        window = self.window
        return (window.canvas.view.viewport(), window.strip, window.inspector)[int(self.rng.integers(3))]

    def _place(self, widget: QWidget) -> QPoint:
        x, y = self.rng.random(2)
        return QPoint(int(x * widget.width()), int(y * widget.height()))

    def drag(self) -> None:
        widget = self._widget()
        alt = Qt.KeyboardModifier.AltModifier if self.rng.random() < 0.2 else NONE
        QTest.mousePress(widget, LEFT, alt, self._place(widget))
        for _ in range(3):
            QTest.mouseMove(widget, self._place(widget))
        if self.rng.random() < 0.1:
            QTest.keyClick(self.window, Qt.Key.Key_Escape)
        QTest.mouseRelease(widget, LEFT, alt, self._place(widget))

    def click(self) -> None:
        widget = self._widget()
        QTest.mouseClick(widget, LEFT, MODIFIERS[int(self.rng.integers(len(MODIFIERS)))], self._place(widget))

    def hover(self) -> None:
        widget = self._widget()
        QTest.mouseMove(widget, self._place(widget))

    def key(self) -> None:
        target = QApplication.focusWidget() or self.window
        key = KEYS[int(self.rng.integers(len(KEYS)))]
        QTest.keyClick(target, key, MODIFIERS[int(self.rng.integers(len(MODIFIERS)))])

    def trigger(self) -> None:
        self.window.commands[TRIGGERED[int(self.rng.integers(len(TRIGGERED)))]].trigger()

    def type(self) -> None:
        words = self.rng.choice(WORDS, int(self.rng.integers(1, 6)))
        self.session.explain_controller.type_caption(" ".join(words))

    def open(self) -> None:
        self.session.explain_controller.open_file(self.pictures[int(self.rng.integers(len(self.pictures)))])


@pytest.fixture
def monkey(opened: Opened) -> Iterator[Monkey]:
    pictures = [opened.picture(f"{n}.png", size, 60 + 40 * n) for n, size in enumerate(SIZES)]
    broken = opened.folder / "broken.png"
    broken.write_bytes(b"nonsense")
    closing = QTimer(interval=5)
    closing.timeout.connect(_close_dialog)
    closing.start()
    yield Monkey(opened, [*pictures, str(broken)])
    closing.stop()


@pytest.mark.qt_log_level_fail("WARNING")
@pytest.mark.qt_log_ignore("This plugin does not support")  # a limitation of the offscreen platform
def test_a_thousand_random_actions(monkey: Monkey, qtbot: QtBot) -> None:
    state, explain_controller = monkey.session.state, monkey.session.explain_controller
    for _ in range(ACTIONS // 4):
        monkey.act()
    before = _resident_mb()
    for _ in range(ACTIONS - ACTIONS // 4):
        monkey.act()
    for path in monkey.pictures[:-1]:
        explain_controller.open_file(path)
    last = monkey.pictures[-2]
    qtbot.waitUntil(lambda: state.canvas_picture.path == last and state.work is None, timeout=20_000)
    explain_controller.type_caption("a dog and a cat")
    qtbot.waitUntil(lambda: state.explanation is not None and not state.stale, timeout=20_000)
    assert state.explanation.caption.text == "a dog and a cat"
    qtbot.waitUntil(lambda: state.work is None, timeout=20_000)
    monkey.look()
    assert state.canvas_picture.path == last
    assert _resident_mb() - before < GROWTH_MB
    rows = len(state.explanation.tokens)
    assert all(row < rows for row in state.selection.rows)
