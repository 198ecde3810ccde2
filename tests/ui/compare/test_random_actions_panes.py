"""Random actions on the compare view: in any order of events, every pane ends with its own answer."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import MethodError
from exclip_desktop.core.text.wording import target_words
from exclip_desktop.core.values.answers import MapAnswer
from exclip_desktop.session.worker.requests import ModelChoice
from tests.ui.conftest import Opened
from tests.ui.window.test_random_actions import LEFT, Monkey, monkey

__all__ = ["monkey"]
ACTIONS = 150
METHODS = ("second-order", "grad-eclip", "game", "maskclip", "rise", "itsm", "fixlip")


class PaneMonkey(Monkey):
    """Performs random actions on panes, too."""

    def __init__(self, other: Monkey) -> None:
        self.rng = np.random.default_rng(5)
        self.window, self.session, self.pictures = other.window, other.session, other.pictures
        self.tricks = (
            *(self.drag, self.click, self.key, self.trigger, self.hover, self.type, self.open),
            *(self.toggle, self.choose, self.enlarge, self.cancel, self.pair),
        )

    def _widget(self) -> QWidget:
        views = self.window.grid.views
        if not views or self.rng.random() < 0.3:
            return super()._widget()
        view = views[int(self.rng.integers(len(views)))]
        return view.strip if self.rng.random() < 0.4 else view.canvas.view.viewport()

    def toggle(self) -> None:
        name = ("panes", "panes", "one_range")[int(self.rng.integers(3))]
        self.window.commands[name].trigger()

    def choose(self) -> None:
        chosen = self.rng.choice(METHODS, int(self.rng.integers(1, 5)), replace=False)
        self.session.compare_methods(tuple(chosen))

    def enlarge(self) -> None:
        views = self.window.grid.views
        if views:
            view = views[int(self.rng.integers(len(views)))]
            QTest.mouseDClick(view.canvas.view.viewport(), LEFT, pos=QPoint(3, 3))

    def cancel(self) -> None:
        self.session.cancel()

    def pair(self) -> None:
        if self.session.second_model.is_open:
            self.session.second_model.close()
        else:
            self.session.second_model.open(ModelChoice("other"))


@pytest.mark.qt_log_level_fail("WARNING")
@pytest.mark.qt_log_ignore("This plugin does not support")  # a limitation of the offscreen platform
def test_every_pane_ends_up_with_its_own_answer(monkey: Monkey, opened: Opened, qtbot: QtBot) -> None:
    opened.engine.pane_raises["maskclip"] = MethodError("No blocks to look into.")
    opened.session.compare_methods(METHODS[:4])
    opened.session.compare_controller.open()
    busy, session = PaneMonkey(monkey), opened.session
    for _ in range(ACTIONS):
        busy.act()
    state, compare_controller = session.state, session.compare_controller
    session.explain_controller.open_file(monkey.pictures[0])
    qtbot.waitUntil(lambda: state.canvas_picture.path == monkey.pictures[0] and state.work is None, timeout=20_000)
    session.explain_controller.type_caption("a dog and a red balloon")
    session.compare_methods(METHODS)
    compare_controller.close()
    compare_controller.open()
    qtbot.waitUntil(lambda: state.explanation.caption.text == state.caption, timeout=20_000)
    session.selection_controller.commit_rows(state.selection.rows, state.explanation.caption.rows_of("red"))
    qtbot.waitUntil(
        lambda: (
            all(pane.status.kind in ("done", "failed") for pane in compare_controller.panes)
            and not compare_controller._settled.isActive()
            and state.work is None
        ),
        timeout=20_000,
    )
    target = target_words(state.explanation.caption, state.selection.rows)
    for pane in compare_controller.panes:
        if pane.key.method == "maskclip":
            assert pane.status.message == "No blocks to look into."
            continue
        answer = pane.scene.answer
        assert answer.caption.text == state.caption
        assert pane.scene.canvas_picture is state.canvas_picture
        assert not pane.scene.stale
        assert isinstance(answer, MapAnswer) == (pane.facts.order == "first")
        if isinstance(answer, MapAnswer):
            assert answer.target == target == "red"
