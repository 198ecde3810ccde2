"""Random actions on the compare view: in any order of events, every pane ends with its own answer."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import MethodError
from exclip_desktop.core.text.wording import target_words
from exclip_desktop.core.values.answers import MapAnswer
from exclip_desktop.core.values.explanation import Explanation
from tests.ui.erratic_desk import ErraticDesk, stay_inside
from tests.ui.monkey import LEFT, Monkey
from tests.ui.stopwatch import Stopwatch

ACTIONS = 150
METHODS = ("second-order", "grad-eclip", "game", "maskclip", "rise", "itsm", "fixlip")
TRIGGERED = (
    *("undo", "redo", "clear_selection", "select_words", "remove_box", "lasso", "fit", "actual_size", "zoom_in"),
    *("zoom_out", "heat", "grey", "smooth", "magnitude", "histogram", "specials", "lock_range", "cancel"),
    *("select_tool", "box_tool", "subtract", "place_box", "next_box", "previous_box", "name_box", "flip_box"),
    *("duplicate_box", "copy_box", "hide_box", "show_boxes", "prompt_label", "panel_boxes"),
    *("copy_values", "copy_latex", "copy_html", "copy_python", "copy_command", "focus_caption", "paste"),
)


class PaneMonkey(Monkey):
    """Performs random actions on panes: none that changes the settings or the model."""

    def __init__(self, desk: ErraticDesk, stopwatch: Stopwatch) -> None:
        super().__init__(desk, stopwatch)
        tricks = (
            *(self.drag, self.click, self.press_key, self.press_action, self.hover, self.type, self.open_picture),
            *(self.toggle, self.compare, self.enlarge, self.cancel, self.pair_models),
        )
        self.tricks = tuple((1 / len(tricks), trick) for trick in tricks)
        self.shares = [share for share, _ in self.tricks]

    def press_action(self) -> None:
        self.desk.window.commands[self.choose(TRIGGERED)].trigger()

    def open_picture(self) -> None:
        self.desk.session.open(self.choose(self.desk.files["pictures"]))

    def toggle(self) -> None:
        self.desk.window.commands[self.choose(("panes", "panes", "one_range"))].trigger()

    def enlarge(self) -> None:
        views = self.desk.window.grid.views
        if views:
            QTest.mouseDClick(self.choose(views).canvas.view.viewport(), LEFT, pos=QPoint(3, 3))


@pytest.fixture
def busy(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Iterator[PaneMonkey]:
    rng, stopwatch = np.random.default_rng(5), Stopwatch()
    with stay_inside(tmp_path, rng, lambda: []):
        desk = ErraticDesk(tmp_path, make_explanation, rng)
        desk.engine.fails = 0
        qtbot.waitUntil(lambda: desk.session.state.explanation is not None)
        yield PaneMonkey(desk, stopwatch)
        desk.close()
    stopwatch.stop()


@pytest.mark.qt_log_level_fail("WARNING")
@pytest.mark.qt_log_ignore("This plugin does not support")  # a limitation of the offscreen platform
def test_every_pane_ends_up_with_its_own_answer(busy: PaneMonkey, qtbot: QtBot) -> None:
    session, picture = busy.desk.session, busy.desk.files["pictures"][0]
    busy.desk.engine.pane_raises["maskclip"] = MethodError("No blocks to look into.")
    session.compare_methods(METHODS[:4])
    session.compare_controller.open()
    for _ in range(ACTIONS):
        busy.act()
        busy.look()
    state, compare_controller = session.state, session.compare_controller
    qtbot.wait(300)  # the caption field sends what was typed after a pause of 150 ms
    session.explain_controller.open_file(picture)
    qtbot.waitUntil(lambda: state.canvas_picture.path == picture and state.work is None, timeout=20_000)
    session.explain_controller.type_caption("a dog and a red balloon")
    session.compare_methods(METHODS)
    compare_controller.close()
    compare_controller.open()
    qtbot.waitUntil(lambda: state.explanation.caption.text == "a dog and a red balloon", timeout=20_000)
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
