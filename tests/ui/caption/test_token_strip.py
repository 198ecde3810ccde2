"""The strip of words: what clicks, drags and keys select."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Selection
from exclip_desktop.session.state import State
from exclip_desktop.ui.caption.token_strip import TokenStrip
from tests.ui.caption.strip_desk import A2, ALT, AND, BALLOON, CTRL, HYDRANT, LEFT, NONE, RED, SHIFT, A, Desk


@pytest.fixture
def desk(qtbot: QtBot, make_state: Callable[..., State]) -> Desk:
    return Desk(qtbot, make_state())


# Clicks


def test_a_click_selects_a_word_with_all_its_tokens(desk: Desk) -> None:
    desk.click(desk.at(HYDRANT, 1))
    assert desk.changed == [(6, 7)]
    assert desk.committed == [((), (6, 7))]
    desk.click(desk.at(RED))
    assert desk.committed[-1] == ((6, 7), (2,))


def test_a_click_on_the_selected_word_emits_nothing(desk: Desk) -> None:
    desk.click(desk.at(RED))
    desk.click(desk.at(RED))
    assert desk.changed == [(2,)]
    assert len(desk.committed) == 1


def test_a_drag_follows_live_and_commits_once(desk: Desk) -> None:
    desk.press(desk.at(RED))
    desk.move(desk.at(BALLOON))
    desk.move(desk.at(HYDRANT))
    desk.move(desk.at(AND))
    assert desk.committed == []
    desk.release(desk.at(AND))
    assert desk.changed == [(2,), (2, 3), (2, 3, 4, 5, 6, 7), (2, 3, 4)]
    assert desk.committed == [((), (2, 3, 4))]


def test_a_drag_backwards_and_back_to_where_it_was_commits_nothing(desk: Desk) -> None:
    desk.click(desk.at(AND))
    desk.press(desk.at(AND))
    desk.move(desk.at(A))
    assert desk.rows == (1, 2, 3, 4)
    desk.move(desk.at(AND))
    desk.release(desk.at(AND))
    assert desk.rows == (4,)
    assert desk.committed == [((), (4,))]


def test_a_drag_continues_outside_the_chips(desk: Desk) -> None:
    desk.press(desk.at(BALLOON))
    desk.move(QPoint(-50, -200))
    assert desk.rows == (1, 2, 3)
    desk.move(QPoint(5000, 900))
    assert desk.rows == (3, 4, 5, 6, 7)
    desk.release(QPoint(5000, 900))
    assert desk.committed == [((), (3, 4, 5, 6, 7))]


def test_a_click_on_empty_ground_clears(desk: Desk) -> None:
    desk.click(desk.at(RED))
    desk.click(desk.empty())
    assert desk.rows == ()
    assert desk.committed[-1] == ((2,), ())
    for modifier in (SHIFT, CTRL):
        desk.click(desk.at(RED))
        desk.click(desk.empty(), modifier)
        assert desk.rows == (2,)


def test_a_drag_from_empty_ground_begins_at_the_first_word_it_meets(desk: Desk) -> None:
    desk.click(desk.at(HYDRANT))
    desk.press(desk.empty())
    desk.move(QPoint(desk.empty().x() - 1, desk.empty().y()))
    assert desk.rows == ()
    desk.move(desk.at(BALLOON))
    desk.move(desk.at(RED))
    desk.release(desk.at(RED))
    assert desk.rows == (2, 3)
    assert desk.committed[-1] == ((6, 7), (2, 3))


def test_shift_extends_from_the_anchor_to_either_side(desk: Desk) -> None:
    desk.click(desk.at(BALLOON))
    desk.click(desk.at(A2), SHIFT)
    assert desk.rows == (3, 4, 5)
    desk.click(desk.at(A), SHIFT)
    assert desk.rows == (1, 2, 3)
    assert desk.committed[-1] == ((3, 4, 5), (1, 2, 3))


def test_shift_extends_from_what_was_selected_elsewhere(desk: Desk) -> None:
    desk.state.change(selection=Selection(rows=(2,)))
    desk.click(desk.at(AND), SHIFT)
    assert desk.rows == (2, 3, 4)


def test_ctrl_toggles_and_ctrl_drags_add_or_take_away(desk: Desk) -> None:
    desk.click(desk.at(A))
    desk.click(desk.at(BALLOON), CTRL)
    assert desk.rows == (1, 3)
    desk.click(desk.at(A), CTRL)
    assert desk.rows == (3,)
    desk.press(desk.at(A2), CTRL)
    desk.move(desk.at(HYDRANT))
    desk.release(desk.at(HYDRANT))
    assert desk.rows == (3, 5, 6, 7)
    desk.press(desk.at(BALLOON), CTRL)
    desk.move(desk.at(A2))
    desk.release(desk.at(A2))
    assert desk.rows == (6, 7)


def test_alt_selects_single_tokens(desk: Desk) -> None:
    desk.click(desk.at(HYDRANT, 1), ALT)
    assert desk.rows == (7,)
    desk.click(desk.at(HYDRANT, 0), ALT | CTRL)
    assert desk.rows == (6, 7)
    desk.press(desk.at(HYDRANT, 0), ALT)
    desk.move(desk.at(AND))
    desk.release(desk.at(AND))
    assert desk.rows == (4, 5, 6)


def test_a_double_click_takes_the_phrase(desk: Desk) -> None:
    for chip in (RED, BALLOON):
        desk.click(desk.empty())
        desk.click(desk.at(chip))
        desk.qtbot.mouseDClick(desk.strip, LEFT, NONE, desk.at(chip))
        assert desk.rows == (2, 3)
        desk.move(desk.at(A))  # the button is still down: the phrase stays
        assert desk.rows == (2, 3)
        desk.release(desk.at(chip))
    assert desk.committed[-1] == ((3,), (2, 3))
    desk.click(desk.at(A2), SHIFT)
    assert desk.rows == (2, 3, 4, 5)
    desk.qtbot.mouseDClick(desk.strip, LEFT, NONE, desk.at(AND))
    assert desk.rows == (4,)


def test_a_double_click_with_ctrl_toggles_twice(desk: Desk) -> None:
    desk.click(desk.at(RED), CTRL)
    desk.qtbot.mouseDClick(desk.strip, LEFT, CTRL, desk.at(RED))
    desk.release(desk.at(RED))
    assert desk.rows == ()


def test_other_buttons_do_nothing(desk: Desk) -> None:
    desk.qtbot.mouseClick(desk.strip, Qt.MouseButton.RightButton, NONE, desk.at(RED))
    desk.qtbot.mouseClick(desk.strip, Qt.MouseButton.MiddleButton, NONE, desk.at(RED))
    assert desk.changed == desk.committed == []


def test_another_caption_drops_a_running_gesture(desk: Desk, make_state: Callable[..., State]) -> None:
    desk.press(desk.at(RED))
    desk.state.change(answer=make_state(words=("two", "dogs")).explanation, selection=Selection())
    desk.move(desk.at(1))
    desk.release(desk.at(1))
    assert desk.changed == [(2,)]
    assert desk.committed == []


def test_another_picture_with_the_same_caption_keeps_the_gesture(desk: Desk, make_state: Callable[..., State]) -> None:
    desk.press(desk.at(RED))
    desk.state.change(answer=make_state(seed=5).explanation)
    desk.move(desk.at(BALLOON))
    desk.release(desk.at(BALLOON))
    assert desk.committed == [((), (2, 3))]


# Keys


def test_arrows_select_neighbours_and_stop_at_the_ends(desk: Desk) -> None:
    desk.key(Qt.Key.Key_Right)
    assert desk.rows == (1,)
    desk.key(Qt.Key.Key_Right)
    assert desk.rows == (2,)
    desk.key(Qt.Key.Key_End)
    assert desk.rows == (6, 7)
    desk.key(Qt.Key.Key_Right)
    assert desk.rows == (6, 7)
    desk.key(Qt.Key.Key_Left)
    assert desk.rows == (5,)
    desk.key(Qt.Key.Key_Home)
    assert desk.rows == (1,)
    assert desk.committed == [((), (1,)), ((1,), (2,)), ((2,), (6, 7)), ((6, 7), (5,)), ((5,), (1,))]
    assert desk.changed == [after for _, after in desk.committed]


def test_the_first_left_selects_the_last_word(desk: Desk) -> None:
    desk.key(Qt.Key.Key_Left)
    assert desk.rows == (6, 7)


def test_shift_and_arrows_extend_and_shrink(desk: Desk) -> None:
    desk.click(desk.at(BALLOON))
    desk.key(Qt.Key.Key_Right, SHIFT)
    desk.key(Qt.Key.Key_Right, SHIFT)
    assert desk.rows == (3, 4, 5)
    desk.key(Qt.Key.Key_Left, SHIFT)
    assert desk.rows == (3, 4)
    desk.key(Qt.Key.Key_Home, SHIFT)
    assert desk.rows == (1, 2, 3)
    desk.key(Qt.Key.Key_End, SHIFT)
    assert desk.rows == (3, 4, 5, 6, 7)


def test_arrows_start_from_what_was_selected_elsewhere(desk: Desk) -> None:
    desk.state.change(selection=Selection(rows=(2, 3)))
    desk.key(Qt.Key.Key_Right)
    assert desk.rows == (4,)


def test_ctrl_and_arrows_move_the_cursor_alone_and_space_toggles(desk: Desk) -> None:
    desk.click(desk.at(A))
    desk.key(Qt.Key.Key_Right, CTRL)
    desk.key(Qt.Key.Key_Right, CTRL)
    assert desk.rows == (1,)
    desk.key(Qt.Key.Key_Space)
    assert desk.rows == (1, 3)
    desk.key(Qt.Key.Key_Space)
    assert desk.rows == (1,)


def test_space_before_anything_else_selects_the_first_word(desk: Desk) -> None:
    desk.key(Qt.Key.Key_Space)
    assert desk.rows == (1,)


def test_alt_and_arrows_step_by_token(desk: Desk) -> None:
    desk.key(Qt.Key.Key_End)
    desk.key(Qt.Key.Key_Right, ALT)
    assert desk.rows == (7,)
    desk.key(Qt.Key.Key_Left, ALT)
    assert desk.rows == (6,)
    desk.key(Qt.Key.Key_Left, ALT)
    assert desk.rows == (5,)


def test_ctrl_a_selects_all_and_a_alone_nothing(desk: Desk) -> None:
    desk.key(Qt.Key.Key_A)
    assert desk.rows == ()
    desk.key(Qt.Key.Key_A, CTRL)
    assert desk.rows == (1, 2, 3, 4, 5, 6, 7)
    assert desk.committed == [((), (1, 2, 3, 4, 5, 6, 7))]


def test_up_and_down_go_to_the_nearest_word_of_another_line(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("red",) * 9), width=170)
    per_line = len(desk.strip._placed.lines[0])
    desk.click(desk.at(1))
    desk.key(Qt.Key.Key_Down)
    assert desk.rows == (per_line + 2,)
    desk.key(Qt.Key.Key_Down, SHIFT)
    assert desk.rows == tuple(range(per_line + 2, 2 * per_line + 3))
    desk.key(Qt.Key.Key_Up)
    desk.key(Qt.Key.Key_Up)
    desk.key(Qt.Key.Key_Up)
    assert desk.rows == (2,)


def test_keys_wait_while_the_button_is_down(desk: Desk) -> None:
    desk.press(desk.at(RED))
    desk.key(Qt.Key.Key_Right)
    assert desk.rows == (2,)


def test_keys_without_words_do_nothing(qtbot: QtBot, qapp: object) -> None:
    desk = Desk(qtbot, State())
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Space, Qt.Key.Key_Home, Qt.Key.Key_End):
        desk.key(key)
    desk.key(Qt.Key.Key_A, CTRL)
    desk.click(desk.empty())
    assert desk.changed == desk.committed == []


def test_the_view_scrolls_to_the_cursor(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    state = make_state(words=("balloon",) * 60)
    area = QScrollArea()
    qtbot.addWidget(area)
    strip = TokenStrip(state)
    area.setWidgetResizable(True)
    area.setWidget(strip)
    strip.cursor_moved.connect(lambda top, bottom: area.ensureVisible(0, (top + bottom) // 2))
    area.resize(400, 120)
    area.show()
    qtbot.waitExposed(area)
    assert strip.height() == strip.heightForWidth(strip.width()) > area.viewport().height()
    qtbot.keyClick(strip, Qt.Key.Key_End)
    assert area.verticalScrollBar().value() > area.verticalScrollBar().maximum() * 0.8
    state.change(answer=make_state(words=("a", "dog")).explanation)
    qtbot.waitUntil(lambda: strip.height() == area.viewport().height())
