"""The strip of words: layout, colours, and what clicks, drags and keys select."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QImage, QMouseEvent, QPalette
from PySide6.QtWidgets import QApplication, QScrollArea, QToolTip
from pytestqt.qtbot import QtBot

from exclip_desktop.core.colour import ink_on, to_rgb
from exclip_desktop.core.selection import Preview, Region, Selection, token_heat
from exclip_desktop.session.state import State, View
from exclip_desktop.ui.strip_layout import (
    MARGIN,
    Place,
    StripLayout,
    cell_widths,
    chips_of,
    unseen_words,
)
from exclip_desktop.ui.strip_picking import Picker, place_of, rows_between, told_rows
from exclip_desktop.ui.token_strip import TokenStrip
from tests.ui.conftest import caption_of

# Words of the caption below: a red balloon and a hydr·ant, rows 1 … 7; [SOT] is row 0, [EOT] row 8.
A, RED, BALLOON, AND, A2, HYDRANT = range(6)
LEFT = Qt.MouseButton.LeftButton
NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Desk:
    """A strip whose state follows it as the session lets it, with what it told."""

    def __init__(self, qtbot: QtBot, state: State, width: int = 700) -> None:
        self.qtbot, self.state = qtbot, state
        self.strip = TokenStrip(state)
        qtbot.addWidget(self.strip)
        self.strip.resize(width, self.strip.heightForWidth(width))
        self.strip.show()
        qtbot.waitExposed(self.strip)
        self.changed: list[tuple[int, ...]] = []
        self.committed: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.hovered: list[tuple[int, ...]] = []
        self.strip.rows_changed.connect(self._on_rows_changed)
        self.strip.rows_committed.connect(lambda before, after: self.committed.append((before, after)))
        self.strip.rows_hovered.connect(self._on_rows_hovered)

    @property
    def rows(self) -> tuple[int, ...]:
        """The selected rows."""
        return self.state.selection.rows

    def at(self, chip: int, cell: int | None = None) -> QPoint:
        """A point in a chip: its first cell, or the one asked for."""
        layout = self.strip._placed
        for line in layout.lines:
            for piece in line:
                n = (cell or 0) - piece.first
                if piece.chip == chip and 0 <= n < len(piece.edges) - 1:
                    return QPoint(int(sum(piece.edges[n : n + 2]) / 2), int(piece.top + layout.chip_height / 2))
        raise LookupError(chip)

    def empty(self) -> QPoint:
        """A point behind the last chip."""
        return QPoint(self.strip.width() - 4, self.strip.height() - 4)

    def click(self, at: QPoint, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Click."""
        self.qtbot.mouseClick(self.strip, LEFT, modifier, at)

    def press(self, at: QPoint, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press the button."""
        self.qtbot.mousePress(self.strip, LEFT, modifier, at)

    def release(self, at: QPoint) -> None:
        """Release the button."""
        self.qtbot.mouseRelease(self.strip, LEFT, NONE, at)

    def move(self, at: QPoint, buttons: Qt.MouseButton = LEFT, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Move the pointer with buttons held."""
        where = QPointF(at)
        event = QMouseEvent(
            QEvent.Type.MouseMove, where, self.strip.mapToGlobal(where), Qt.MouseButton.NoButton, buttons, modifier
        )
        QApplication.sendEvent(self.strip, event)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press a key."""
        self.qtbot.keyClick(self.strip, key, modifier)

    def image(self) -> QImage:
        """The strip as painted."""
        return self.strip.grab().toImage()

    def fill(self, chip: int, cell: int = 0) -> QColor:
        """The colour of a cell, at its lower edge, where no text is."""
        at = self.at(chip, cell)
        top = self.strip._placed.rect_of((chip, cell))[1]
        return QColor(self.image().pixel(at.x(), int(top + self.strip._placed.chip_height - 3)))

    def _on_rows_changed(self, rows: tuple[int, ...]) -> None:
        self.changed.append(rows)
        self.state.change(selection=replace(self.state.selection, rows=rows))

    def _on_rows_hovered(self, rows: tuple[int, ...]) -> None:
        self.hovered.append(rows)
        self.state.change(preview=Preview(rows=rows))


@pytest.fixture
def desk(qtbot: QtBot, make_state: Callable[..., State]) -> Desk:
    return Desk(qtbot, make_state())


@pytest.fixture
def tooltips() -> Iterator[None]:
    yield
    QToolTip.hideText()


# Clicks


def test_a_click_selects_a_word_with_all_its_tokens(desk: Desk) -> None:
    desk.click(desk.at(HYDRANT, 1))
    assert desk.changed == [(6, 7)]
    assert desk.committed == [((), (6, 7))]
    desk.click(desk.at(RED))
    assert desk.committed[-1] == ((6, 7), (2,))


def test_a_click_on_what_is_selected_already_tells_nothing(desk: Desk) -> None:
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


def test_a_drag_goes_on_outside_the_chips(desk: Desk) -> None:
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
    desk.state.change(explanation=make_state(words=("two", "dogs")).explanation, selection=Selection())
    desk.move(desk.at(1))
    desk.release(desk.at(1))
    assert desk.changed == [(2,)]
    assert desk.committed == []


def test_another_picture_with_the_same_caption_keeps_the_gesture(desk: Desk, make_state: Callable[..., State]) -> None:
    desk.press(desk.at(RED))
    desk.state.change(explanation=make_state(seed=5).explanation)
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


def test_the_cursor_is_scrolled_into_sight(qtbot: QtBot, make_state: Callable[..., State]) -> None:
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
    state.change(explanation=make_state(words=("a", "dog")).explanation)
    qtbot.waitUntil(lambda: strip.height() == area.viewport().height())


# Hover


def test_hover_previews_words_and_leaving_ends_it(desk: Desk) -> None:
    free = Qt.MouseButton.NoButton
    desk.move(desk.at(RED), free)
    desk.move(desk.at(HYDRANT, 0), free)
    desk.move(desk.at(HYDRANT, 1), free)
    desk.move(desk.at(HYDRANT, 0), free, ALT)
    desk.move(desk.empty(), free)
    desk.move(desk.at(RED), free)
    QApplication.sendEvent(desk.strip, QEvent(QEvent.Type.Leave))
    QApplication.sendEvent(desk.strip, QEvent(QEvent.Type.Leave))
    assert desk.hovered == [(2,), (6, 7), (6,), (), (2,), ()]
    assert desk.changed == []


def test_a_press_ends_the_preview_and_none_begins_until_the_pointer_goes_on(desk: Desk) -> None:
    desk.move(desk.at(RED), Qt.MouseButton.NoButton)
    desk.press(desk.at(RED))
    assert desk.hovered == [(2,), ()]
    desk.move(desk.at(BALLOON))
    desk.move(desk.at(AND), Qt.MouseButton.RightButton)
    desk.release(desk.at(AND))
    desk.move(desk.at(AND), Qt.MouseButton.NoButton)
    assert desk.hovered == [(2,), ()]
    desk.move(desk.at(A2), Qt.MouseButton.NoButton)
    assert desk.hovered == [(2,), (), (5,)]


def _tooltip(desk: Desk, at: QPoint) -> str:
    QApplication.sendEvent(desk.strip, QHelpEvent(QEvent.Type.ToolTip, at, desk.strip.mapToGlobal(at)))
    return QToolTip.text()


@pytest.mark.usefixtures("tooltips")
def test_tooltips_tell_values_of_word_and_tokens(desk: Desk) -> None:
    values = np.zeros_like(desk.state.explanation.matrix)
    values[:, 1:] = np.linspace(-0.02, 0.0123, len(values))[:, None] / 144
    values[7, 1:] = 0.0123 / 144
    interactions = replace(desk.state.explanation.interactions, values=values)
    desk.state.change(explanation=replace(desk.state.explanation, interactions=interactions))
    told = _tooltip(desk, desk.at(HYDRANT))
    assert "<b>hydrant</b>&nbsp; +0.0165<br>hydr&nbsp; +0.0042<br>ant&nbsp; +0.0123" in told
    assert "−0.0160" in _tooltip(desk, desk.at(A))
    _tooltip(desk, desk.empty())
    desk.qtbot.waitUntil(lambda: QToolTip.text() == "")


@pytest.mark.usefixtures("tooltips")
def test_tooltips_tell_signs_as_they_are_typed(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("<b>", "dog")))
    assert "&lt;b&gt;" in _tooltip(desk, desk.at(0))


# Words that were not seen


def test_unseen_words_cannot_be_selected(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("a", "dog"), unseen="in the snow"))
    desk.click(desk.at(1))
    desk.click(desk.at(3))
    desk.click(desk.at(3), SHIFT)
    assert desk.rows == (2,)
    desk.press(desk.at(0))
    desk.move(desk.at(4))
    desk.release(desk.at(4))
    assert desk.rows == (1, 2)
    desk.key(Qt.Key.Key_Right)
    assert desk.rows == (2,)
    desk.key(Qt.Key.Key_A, CTRL)
    assert desk.rows == (1, 2)
    desk.move(desk.at(3), Qt.MouseButton.NoButton)
    assert desk.hovered == []
    desk.qtbot.mouseDClick(desk.strip, LEFT, NONE, desk.at(3))
    assert desk.rows == (1, 2)


@pytest.mark.usefixtures("tooltips")
def test_unseen_words_say_so_and_have_no_colour(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("a", "dog"), unseen="in the snow"))
    assert _tooltip(desk, desk.at(3)) == "The model did not see this word: it reads 77 tokens."
    assert desk.fill(3) == desk.strip.palette().color(QPalette.ColorRole.Window)


# Painting


def _colour(rgb: np.ndarray) -> tuple[int, ...]:
    return tuple(np.rint(rgb * 255).astype(int))


def _near(colour: QColor, rgb: np.ndarray) -> bool:
    return max(abs(a - b) for a, b in zip((colour.red(), colour.green(), colour.blue()), _colour(rgb), strict=True)) < 3


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("view", [View(), View(words_limit=0.05, colours="safe"), View(specials=True)])
def test_cells_have_the_colours_of_their_heat_in_both_themes(desk: Desk, view: View, dark: bool) -> None:
    desk.strip.setPalette(QPalette(QColor("#202020" if dark else "#f0f0f0")))
    desk.state.change(view=view)
    explanation = desk.state.explanation
    shown = list(range(9)) if view.specials else list(range(1, 8))
    heat = token_heat(explanation.interactions, explanation.geometry, desk.state.selection, desk.state.preview)[shown]
    limit = view.words_limit or float(np.abs(heat).max())
    assert desk.strip.limit == pytest.approx(limit)
    cells = [(chip, cell) for chip, one in enumerate(desk.strip._picker.chips) for cell in range(len(one.cells))]
    for place, rgb in zip(cells, to_rgb(heat, limit, view.colours), strict=True):
        assert _near(desk.fill(*place), rgb)
        fill = desk.strip._heat.fills[place[0]][place[1]]
        assert fill.ink == QColor(ink_on(rgb))


def test_regions_and_hovered_patches_colour_the_words(desk: Desk) -> None:
    explanation = desk.state.explanation
    region = Region((100.0, 20.0, 300.0, 200.0))
    for values in (
        {"selection": Selection(regions=(region,))},
        {"preview": Preview(patch=(3, 4))},
        {"selection": Selection(), "preview": Preview()},
    ):
        desk.state.change(**values)
        heat = token_heat(explanation.interactions, explanation.geometry, desk.state.selection, desk.state.preview)
        told = [value for chip in desk.strip._heat.values for value in chip]
        np.testing.assert_allclose(told, heat[1:8], rtol=1e-12)
        assert _near(desk.fill(RED), to_rgb(heat, float(np.abs(heat[1:8]).max()))[2])


def test_specials_are_shown_on_demand_and_selectable(desk: Desk) -> None:
    assert [chip.text for chip in desk.strip._picker.chips] == ["a", "red", "balloon", "and", "a", "hydrant"]
    desk.state.change(view=View(specials=True))
    assert [chip.text for chip in desk.strip._picker.chips][:: len(desk.strip._picker.chips) - 1] == ["[SOT]", "[EOT]"]
    desk.click(desk.at(0))
    assert desk.rows == (0,)
    desk.key(Qt.Key.Key_A, CTRL)
    assert desk.rows == tuple(range(9))
    desk.qtbot.mouseDClick(desk.strip, LEFT, NONE, desk.at(0))
    desk.release(desk.at(0))
    assert desk.rows == (0,)


def _outlined(desk: Desk, place: Place) -> bool:
    x, y, width, _ = desk.strip._placed.rect_of(place)
    above = QColor(desk.image().pixel(int(x + width / 2), int(y - 2)))
    return above == desk.strip.palette().color(QPalette.ColorRole.WindowText)


@pytest.mark.parametrize("dark", [False, True])
def test_selected_words_are_outlined_and_marked(desk: Desk, dark: bool) -> None:
    desk.strip.setPalette(QPalette(QColor("#202020" if dark else "#f0f0f0")))
    x, y, *_ = desk.strip._placed.rect_of((RED, 0))
    corner = (int(x + 3), int(y + 3))
    before = desk.image().pixel(*corner)
    assert not _outlined(desk, (RED, 0))
    desk.state.change(selection=Selection(rows=(2, 6)))
    assert _outlined(desk, (RED, 0))
    assert not _outlined(desk, (BALLOON, 0))
    assert QColor(desk.image().pixel(*corner)) == desk.strip._heat.fills[RED][0].ink
    assert desk.image().pixel(*corner) != before
    desk.state.change(selection=Selection())
    assert desk.image().pixel(*corner) == before


def test_of_a_word_only_the_selected_token_is_outlined(desk: Desk) -> None:
    desk.state.change(selection=Selection(rows=(7,)))
    image, line = desk.image(), desk.strip.palette().color(QPalette.ColorRole.WindowText)
    y = desk.at(HYDRANT).y() - int(desk.strip._placed.chip_height / 2) - 2
    assert QColor(image.pixel(desk.at(HYDRANT, 1).x(), y)) == line
    assert QColor(image.pixel(desk.at(HYDRANT, 0).x(), y)) != line


def test_a_stale_explanation_is_dimmed(desk: Desk) -> None:
    bright, ground = desk.fill(RED), desk.strip.palette().color(QPalette.ColorRole.Window)
    desk.state.change(stale=True)
    dim = desk.fill(RED)
    assert abs(dim.red() - (bright.red() + ground.red()) / 2) < 3
    assert abs(dim.blue() - (bright.blue() + ground.blue()) / 2) < 3
    desk.state.change(stale=False)
    assert desk.fill(RED) == bright


def test_the_ring_shows_for_keys_only(desk: Desk) -> None:
    desk.strip.activateWindow()
    desk.strip.setFocus(Qt.FocusReason.OtherFocusReason)
    desk.qtbot.waitUntil(desk.strip.hasFocus)
    assert desk.strip._marks().ring is None
    desk.strip.clearFocus()
    desk.strip.setFocus(Qt.FocusReason.TabFocusReason)
    assert desk.strip._marks().ring == (A, 0)
    desk.click(desk.at(RED))
    assert desk.strip._marks().ring is None
    clicked = desk.image()
    desk.key(Qt.Key.Key_Right)
    assert desk.strip._marks().ring == (BALLOON, 0)
    assert desk.image() != clicked
    desk.strip.clearFocus()
    assert desk.strip._marks().ring is None


def test_without_an_explanation_it_says_what_will_stand_here(qtbot: QtBot, qapp: object) -> None:
    desk = Desk(qtbot, State())
    ground = desk.strip.palette().color(QPalette.ColorRole.Window)
    image = desk.image()
    assert any(QColor(image.pixel(x, image.height() // 2)) != ground for x in range(image.width()))
    assert desk.strip.heightForWidth(700) == desk.strip.minimumSizeHint().height()


def test_a_larger_font_is_measured_again(desk: Desk) -> None:
    before = desk.strip._placed.rect_of((BALLOON, 0))
    font = QFont(desk.strip.font())
    font.setPointSizeF(font.pointSizeF() * 2)
    desk.strip.setFont(font)
    after = desk.strip._placed.rect_of((BALLOON, 0))
    assert after[2] > before[2] * 1.4
    assert after[3] > before[3] * 1.4


def test_it_tells_its_name_and_what_is_selected(desk: Desk) -> None:
    assert desk.strip.accessibleName() == "Words of the caption"
    assert desk.strip.accessibleDescription() == "No words selected"
    desk.state.change(selection=Selection(rows=(2, 3, 5, 7)))
    assert desk.strip.accessibleDescription() == "Selected: red balloon, a ant (part of hydrant)"
    assert desk.strip.focusPolicy() == Qt.FocusPolicy.StrongFocus


# Layout, without a widget


def test_words_are_wrapped_inside_the_width_and_every_cell_is_found_where_it_stands() -> None:
    chips = chips_of(caption_of(("balloon", "hydrant", "a") * 12), specials=True)
    for width in (160, 231, 400, 3000):
        layout = StripLayout(cell_widths(chips, lambda text: 7.3 * len(text)), 16.2, width)
        found = [piece for line in layout.lines for piece in line]
        assert [piece.chip for piece in found] == list(range(len(chips)))
        assert max(piece.edges[-1] for piece in found) <= width - MARGIN
        assert max(piece.top for piece in found) + layout.chip_height + MARGIN == layout.height
        for piece in found:
            for cell in range(len(piece.edges) - 1):
                x = (piece.edges[cell] + piece.edges[cell + 1]) / 2
                assert layout.place_at(x, piece.top + 3) == (piece.chip, cell)
                assert layout.nearest(x, piece.top + 3) == (piece.chip, cell)


def test_a_word_wider_than_the_strip_is_broken_between_its_tokens() -> None:
    layout = StripLayout([[40.0], [50.0, 50.0, 50.0, 50.0], [30.0]], 16, 160)
    lines = [[(piece.chip, piece.first, len(piece.edges) - 1) for piece in line] for line in layout.lines]
    assert lines == [[(0, 0, 1)], [(1, 0, 2)], [(1, 2, 2), (2, 0, 1)]]
    assert layout.place_at(MARGIN + 60, layout.lines[2][0].top + 1) == (1, 3)
    assert layout.rect_of((1, 3)) == layout.rect_of((1, 2)) == (MARGIN, layout.lines[2][0].top, 100, 24)


def test_a_token_wider_than_the_strip_is_cut_to_it(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("a", "x" * 400, "b")), width=200)
    assert desk.strip._placed.rect_of((1, 0))[2] == 200 - 2 * MARGIN
    desk.click(desk.at(1))
    assert desk.rows == (2,)
    assert not desk.image().isNull()


def test_gaps_between_words_are_empty_but_near_a_word_mean_it() -> None:
    layout = StripLayout([[40.0], [40.0]], 16, 400)
    y = MARGIN + 5
    assert layout.place_at(MARGIN + 42, y) == (0, 0)
    assert layout.place_at(MARGIN + 44, y) is None
    assert layout.place_at(MARGIN + 46, y) == (1, 0)
    assert layout.place_at(MARGIN + 20, y + 100) is None
    assert StripLayout([], 16, 400).nearest(3, 3) is None
    with pytest.raises(LookupError):
        layout.rect_of((5, 0))


def test_chips_are_words_specials_and_unseen_words_in_reading_order() -> None:
    caption = caption_of(("a", "hydrant"), unseen="in  the snow")
    assert [chip.text for chip in chips_of(caption, specials=False)] == ["a", "hydrant", "in", "the", "snow"]
    assert unseen_words(caption) == ["in", "the", "snow"]
    chips = chips_of(caption, specials=True)
    assert [(chip.text, chip.kind, chip.rows) for chip in chips[:4]] == [
        ("[SOT]", "special", (0,)),
        ("a", "word", (1,)),
        ("hydrant", "word", (2, 3)),
        ("[EOT]", "special", (4,)),
    ]
    assert [cell.text for cell in chips[2].cells] == ["hydr", "ant"]


def test_padding_is_one_chip() -> None:
    caption = caption_of(("a", "dog"))
    end = caption.tokens[-1]
    padded = replace(caption, tokens=(*caption.tokens, *(replace(end, kind="padding", text="[PAD]"),) * 3))
    chip = chips_of(padded, specials=True)[-1]
    assert (chip.text, chip.rows, len(chip.cells)) == ("[PAD] × 3", (4, 5, 6), 1)


def test_cells_show_the_characters_as_typed_and_a_sign_of_several_tokens_once() -> None:
    caption = caption_of(("hydrant", "dog"))
    tokens = list(caption.tokens)
    tokens[1] = replace(tokens[1], text="HYDR")
    tokens[2] = replace(tokens[2], start=0, end=4)
    chip = chips_of(replace(caption, tokens=tuple(tokens)), specials=False)[0]
    assert [cell.text for cell in chip.cells] == ["hydr", "…"]


def test_rows_between_and_told_rows() -> None:
    chips = chips_of(caption_of(("a", "hydrant", "and", "hydrant")), specials=False)
    assert rows_between(chips, (3, 1), (1, 1), tokens=False) == (2, 3, 4, 5, 6)
    assert rows_between(chips, (3, 0), (1, 1), tokens=True) == (3, 4, 5)
    assert told_rows(chips, (1, 2, 3, 5)) == "a hydrant, hydr (part of hydrant)"
    assert told_rows(chips, ()) == ""
    assert place_of(chips, 6) == (3, 1)
    assert place_of(chips, 0) is None


def test_a_picker_without_words_finds_no_neighbour() -> None:
    picker = Picker()
    assert picker.neighbour(None, 1) is None
    assert picker.toggle(()) == ()
    assert picker.everything() == ()
