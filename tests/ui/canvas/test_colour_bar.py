"""The colour bar: the range it shows, its colours, and its lock."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.colour import lookup_table, range_limit
from exclip_desktop.core.text.number_format import format_digits
from exclip_desktop.core.values.selection import Preview, Region, Selection
from exclip_desktop.session.state import State
from exclip_desktop.ui.app_theme import make_palette
from exclip_desktop.ui.canvas.colour_bar import LOCK_TIP, UNLOCK_TIP, ColourBar, Side
from exclip_desktop.ui.theme import icon

SIDES: list[Side] = ["picture", "words"]


def show(qtbot: QtBot, bar: ColourBar) -> ColourBar:
    qtbot.addWidget(bar)
    bar.resize(bar.sizeHint().expandedTo(bar.minimumSizeHint()))
    bar.show()
    qtbot.waitExposed(bar)
    return bar


def lock(bar: ColourBar) -> QToolButton:
    button: QToolButton = bar.findChild(QToolButton)
    return button


def read_range(bar: ColourBar) -> str:
    """Return the range that screen readers get."""
    QApplication.processEvents()
    return next(text for child in bar.findChildren(QWidget) if (text := child.accessibleDescription()))


def test_numbers() -> None:
    assert [format_digits(value) for value in (0.0016703, -0.0016703, 0.0, 2.0)] == ["+0.00167", "−0.00167", "0", "+2"]


def test_the_picture_s_range_follows_the_selection(make_state: Callable[..., State], qtbot: QtBot) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, "picture"))
    explanation = state.explanation
    assert explanation is not None
    for change in (Selection((2, 3)), Selection()):
        state.change(selection=change)
        limit = range_limit(explanation.interactions.patch_heat(change.rows or None))
        assert read_range(bar) == f"{format_digits(-limit)} to {format_digits(limit)}"
    state.change(preview=Preview(rows=(4,)))
    assert read_range(bar).endswith(format_digits(range_limit(explanation.interactions.patch_heat((4,)))))


def test_the_words_range_counts_specials_only_while_they_are_visible(
    make_state: Callable[..., State], qtbot: QtBot
) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, "words"))
    explanation = state.explanation
    assert explanation is not None
    state.change(selection=Selection((), (Region((100.0, 0.0, 300.0, 200.0)),)))
    heat = explanation.token_heat((100.0, 0.0, 300.0, 200.0))
    assert read_range(bar).endswith(format_digits(range_limit(heat[explanation.interactions.content])))
    state.change(view=replace(state.view, specials=True))
    assert read_range(bar).endswith(format_digits(range_limit(heat)))


def test_the_caller_can_provide_the_limit(make_state: Callable[..., State], qtbot: QtBot) -> None:
    bar = show(qtbot, ColourBar(make_state(), "words", limit_of=lambda: 0.5))
    assert read_range(bar) == "−0.5 to +0.5"


@pytest.mark.parametrize("side", SIDES)
def test_the_lock_emits_and_follows_the_state(make_state: Callable[..., State], qtbot: QtBot, side: Side) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, side))
    button = lock(bar)
    assert button.toolTip() == LOCK_TIP
    assert button.accessibleName()
    limit = bar.limit
    with qtbot.waitSignal(bar.limit_locked) as blocker:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert blocker.args == [limit]
    assert not button.isChecked()  # the state did not change
    state.change(view=replace(state.view, **{f"{side}_limit": limit}))
    state.change(selection=Selection((1,), (Region((100.0, 0.0, 200.0, 100.0)),)))
    QApplication.processEvents()
    assert button.isChecked()
    assert button.toolTip() == UNLOCK_TIP
    assert bar.limit == limit
    with qtbot.waitSignal(bar.limit_locked) as blocker:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert blocker.args == [None]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.usefixtures("qapp")
def test_an_open_padlock_and_a_closed_one_differ_at_16_pixels(dark: bool) -> None:
    padlock, size = icon("lock", make_palette(dark)), QSize(16, 16)
    drawn = []
    for state in (QIcon.State.Off, QIcon.State.On):
        image = padlock.pixmap(size, QIcon.Mode.Normal, state).toImage()
        pixels = [image.pixelColor(x, y).alphaF() for x in range(image.width()) for y in range(image.height())]
        drawn.append(np.array(pixels) > 0.5)
    assert (drawn[0] != drawn[1]).mean() > 0.2


def test_the_lock_takes_the_range_of_the_selection_while_a_word_is_under_the_mouse(
    make_state: Callable[..., State], qtbot: QtBot
) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, "picture"))
    limit = bar.limit
    state.change(preview=Preview(rows=(4,)))
    assert bar.limit != limit
    with qtbot.waitSignal(bar.limit_locked) as blocker:
        lock(bar).click()
    assert blocker.args == [limit]
    assert state.preview == Preview(rows=(4,))


@pytest.mark.parametrize("name", ["red-blue", "safe"])
def test_high_values_are_at_the_top_and_at_the_right(make_state: Callable[..., State], qtbot: QtBot, name: str) -> None:
    state = make_state()
    state.change(view=replace(state.view, colours=name))
    table = np.rint(lookup_table(name) * 255)
    upright = show(qtbot, ColourBar(state, "picture")).grab().toImage()
    column = np.array([QColor(upright.pixelColor(5, y)).getRgb()[:3] for y in range(upright.height())])
    at = [int(np.abs(column - table[index]).sum(1).argmin()) for index in (250, 128, 5)]
    assert at == sorted(at)
    lying = show(qtbot, ColourBar(state, "words")).grab().toImage()
    row = np.array([QColor(lying.pixelColor(x, lying.height() // 4)).getRgb()[:3] for x in range(lying.width())])
    at = [int(np.abs(row - table[index]).sum(1).argmin()) for index in (5, 128, 250)]
    assert at == sorted(at)


def test_without_an_explanation_the_lock_is_disabled(qtbot: QtBot) -> None:
    bar = show(qtbot, ColourBar(State(), "picture"))
    assert not lock(bar).isEnabled()


def place_of_handle(bar: ColourBar, high: bool) -> QPoint:
    """Return where a handle is, in the pixels of the bar's viewport."""
    view = bar._range
    view.grab()  # the scene is laid out when it is painted
    line = view._item.region.lines[int(high)]
    return view.mapFromScene(line.mapToScene(line.boundingRect().center()))


def send(bar: ColourBar, kind: QEvent.Type, at: QPoint, held: Qt.MouseButton) -> None:
    """Send a mouse event of the left button; the scene drops moves that follow each other at once."""
    viewport, left = bar._range.viewport(), Qt.MouseButton.LeftButton
    changed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else left
    places = QPointF(at), QPointF(viewport.mapToGlobal(at))
    QApplication.sendEvent(viewport, QMouseEvent(kind, *places, changed, held, Qt.KeyboardModifier.NoModifier))
    QTest.qWait(15)


def drag(bar: ColourBar, high: bool, outwards_px: int, steps: int = 4) -> None:
    """Drag a handle outwards (away from zero), or inwards where ``outwards_px`` is negative; hold the button."""
    at, sign = place_of_handle(bar, high), 1 if high else -1
    way = QPoint(0, -sign) if bar._side == "picture" else QPoint(sign, 0)
    send(bar, QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton)
    send(bar, QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton)
    for step in range(1, steps + 1):
        send(bar, QEvent.Type.MouseMove, at + way * (outwards_px * step // steps), Qt.MouseButton.LeftButton)


def release(bar: ColourBar, high: bool) -> None:
    send(bar, QEvent.Type.MouseButtonRelease, place_of_handle(bar, high), Qt.MouseButton.NoButton)


def follow(bar: ColourBar, state: State, side: Side) -> None:
    """Let the state follow the bar, as the window does."""
    bar.limit_locked.connect(lambda limit: state.change(view=replace(state.view, **{f"{side}_limit": limit})))


@pytest.mark.parametrize("high", [False, True], ids=["low", "high"])
@pytest.mark.parametrize("side", SIDES)
def test_dragging_a_handle_changes_both_ends_and_locks(
    make_state: Callable[..., State], qtbot: QtBot, side: Side, high: bool
) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, side))
    follow(bar, state, side)
    start = bar.limit
    assert start is not None
    limits: list[float] = []
    bar.limit_locked.connect(limits.append)
    drag(bar, high, 12)
    assert limits == sorted(limits)  # the range follows while the handle moves
    assert len(limits) >= 2
    assert limits[-1] > start
    low, top = bar._range._item.region.getRegion()
    assert low + top == pytest.approx(254)  # the other handle moves as far
    release(bar, high)
    assert bar._range._item.region.getRegion() == (63, 191)
    wide = bar.limit
    assert wide == limits[-1]
    assert bar.levels == (-limits[-1], limits[-1])
    assert read_range(bar) == f"{format_digits(-limits[-1])} to {format_digits(limits[-1])}"
    assert lock(bar).isChecked()
    drag(bar, high, -12)
    release(bar, high)
    assert bar.limit is not None
    assert 0 < bar.limit < wide


@pytest.mark.parametrize("side", SIDES)
def test_a_double_click_and_home_choose_the_automatic_range(
    make_state: Callable[..., State], qtbot: QtBot, side: Side
) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, side))
    follow(bar, state, side)
    automatic = bar.limit
    for act in (
        lambda: QTest.mouseDClick(bar._range.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 30)),
        lambda: QTest.keyClick(bar._range, Qt.Key.Key_Home),
    ):
        state.change(view=replace(state.view, **{f"{side}_limit": 3.0}))
        assert bar.limit == 3.0
        act()
        assert bar.limit == automatic
        assert not lock(bar).isChecked()
        assert lock(bar).isEnabled()


def test_arrow_keys_widen_and_narrow_the_range(make_state: Callable[..., State], qtbot: QtBot) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, "picture"))
    follow(bar, state, "picture")
    start = bar.limit
    assert start is not None
    QTest.keyClick(bar._range, Qt.Key.Key_Up)
    assert bar.limit == pytest.approx(1.1 * start)
    QTest.keyClick(bar._range, Qt.Key.Key_Down)
    QTest.keyClick(bar._range, Qt.Key.Key_Down)
    assert bar.limit == pytest.approx(start / 1.1)


def test_a_range_that_cannot_change_has_no_handles(make_state: Callable[..., State], qtbot: QtBot) -> None:
    for bar in (ColourBar(State(), "picture"), ColourBar(make_state(), "picture", limit_of=lambda: None)):
        show(qtbot, bar)
        assert not bar._range._item.region.isVisible()
        with qtbot.assertNotEmitted(bar.limit_locked):
            drag(bar, True, 12)
            release(bar, True)
            QTest.mouseDClick(bar._range.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 30))
            for key in (Qt.Key.Key_Up, Qt.Key.Key_Home):
                QTest.keyClick(bar._range, key)


def test_levels_changed_is_emitted_once_per_range(make_state: Callable[..., State], qtbot: QtBot) -> None:
    state = make_state()
    bar = show(qtbot, ColourBar(state, "picture"))
    levels: list[tuple[float, float] | None] = []
    bar.levels_changed.connect(lambda: levels.append(bar.levels))
    state.change(view=replace(state.view, picture_limit=0.5))
    state.change(selection=Selection((2,)))
    assert levels == [(-0.5, 0.5)]


def test_a_bar_is_made_when_it_is_first_shown(make_state: Callable[..., State], qtbot: QtBot) -> None:
    """Each window has several that stay hidden, and each takes about 20 ms."""
    bar = ColourBar(make_state(), "words")
    qtbot.addWidget(bar)
    limit = bar.limit
    assert limit is not None
    bar.ensurePolished()
    assert bar._range._item is None
    assert read_range(bar) == f"{format_digits(-limit)} to {format_digits(limit)}"
    bar.show()
    assert bar._range._item.levels() == (-limit, limit)
    assert bar.limit == limit
