"""The colour bar: the range it shows, its colours, and its lock."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.colour import lookup_table, range_limit
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.colour_bar import LOCK_TIP, ColourBar, Side, told

SIDES: list[Side] = ["picture", "words"]


def shown(qtbot: QtBot, bar: ColourBar) -> ColourBar:
    qtbot.addWidget(bar)
    bar.resize(bar.sizeHint().expandedTo(bar.minimumSizeHint()))
    bar.show()
    qtbot.waitExposed(bar)
    return bar


def lock(bar: ColourBar) -> QToolButton:
    button: QToolButton = bar.findChild(QToolButton)
    return button


def said(bar: ColourBar) -> str:
    """Return the range that the bar tells."""
    QApplication.processEvents()
    return next(text for child in bar.findChildren(QWidget) if (text := child.accessibleDescription()))


def test_numbers() -> None:
    assert [told(value) for value in (0.0016703, -0.0016703, 0.0, 2.0)] == ["+0.00167", "−0.00167", "0", "+2"]


def test_the_picture_s_range_follows_the_selection(make_state: Callable[..., State], qtbot: QtBot) -> None:
    state = make_state()
    bar = shown(qtbot, ColourBar(state, "picture"))
    explanation = state.explanation
    assert explanation is not None
    for change in (Selection((2, 3)), Selection()):
        state.change(selection=change)
        limit = range_limit(explanation.interactions.patch_heat(change.rows or None))
        assert said(bar) == f"{told(-limit)} to {told(limit)}"
    state.change(preview=Preview(rows=(4,)))
    assert said(bar).endswith(told(range_limit(explanation.interactions.patch_heat((4,)))))


def test_the_words_range_counts_specials_only_where_they_are_shown(
    make_state: Callable[..., State], qtbot: QtBot
) -> None:
    state = make_state()
    bar = shown(qtbot, ColourBar(state, "words"))
    explanation = state.explanation
    assert explanation is not None
    state.change(selection=Selection((), (Region((100.0, 0.0, 300.0, 200.0)),)))
    heat = explanation.token_heat((100.0, 0.0, 300.0, 200.0))
    assert said(bar).endswith(told(range_limit(heat[explanation.interactions.content])))
    state.change(view=replace(state.view, specials=True))
    assert said(bar).endswith(told(range_limit(heat)))


def test_who_draws_may_tell_the_limit(make_state: Callable[..., State], qtbot: QtBot) -> None:
    bar = shown(qtbot, ColourBar(make_state(), "words", limit_of=lambda: 0.5))
    assert said(bar) == "−0.5 to +0.5"


@pytest.mark.parametrize("side", SIDES)
def test_the_lock_asks_and_follows_the_state(make_state: Callable[..., State], qtbot: QtBot, side: Side) -> None:
    state = make_state()
    bar = shown(qtbot, ColourBar(state, side))
    button = lock(bar)
    assert button.toolTip() == LOCK_TIP
    assert button.accessibleName()
    limit = bar.limit
    with qtbot.waitSignal(bar.limit_locked) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == [limit]
    assert not button.isChecked()  # nobody has locked it
    state.change(view=replace(state.view, **{f"{side}_limit": limit}))
    state.change(selection=Selection((1,), (Region((100.0, 0.0, 200.0, 100.0)),)))
    QApplication.processEvents()
    assert button.isChecked()
    assert bar.limit == limit
    with qtbot.waitSignal(bar.limit_locked) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == [None]


@pytest.mark.parametrize("name", ["red-blue", "safe"])
def test_high_values_are_at_the_top_and_at_the_right(make_state: Callable[..., State], qtbot: QtBot, name: str) -> None:
    state = make_state()
    state.change(view=replace(state.view, colours=name))
    table = np.rint(lookup_table(name) * 255)
    upright = shown(qtbot, ColourBar(state, "picture")).grab().toImage()
    column = np.array([QColor(upright.pixelColor(5, y)).getRgb()[:3] for y in range(upright.height())])
    at = [int(np.abs(column - table[index]).sum(1).argmin()) for index in (250, 128, 5)]
    assert at == sorted(at)
    lying = shown(qtbot, ColourBar(state, "words")).grab().toImage()
    row = np.array([QColor(lying.pixelColor(x, lying.height() // 4)).getRgb()[:3] for x in range(lying.width())])
    at = [int(np.abs(row - table[index]).sum(1).argmin()) for index in (5, 128, 250)]
    assert at == sorted(at)


def test_nothing_explained_nothing_to_lock(qtbot: QtBot) -> None:
    bar = shown(qtbot, ColourBar(State(), "picture"))
    assert not lock(bar).isEnabled()
