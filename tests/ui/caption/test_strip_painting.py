"""The strip of words: hovering, unread words, and painting."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPalette
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.colour import choose_ink, to_rgb
from exclip_desktop.core.maths.word_values import WordsBy
from exclip_desktop.core.values.selection import Preview, Region, Selection, token_heat
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.state import State
from exclip_desktop.ui.caption.strip_layout import Place
from tests.ui.caption.strip_desk import A2, ALT, AND, BALLOON, CTRL, HYDRANT, LEFT, NONE, RED, SHIFT, A, Desk


@pytest.fixture
def desk(qtbot: QtBot, make_state: Callable[..., State]) -> Desk:
    return Desk(qtbot, make_state())


@pytest.fixture
def tooltips() -> Iterator[None]:
    yield
    QToolTip.hideText()


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


def test_a_press_ends_the_preview_until_the_pointer_moves(desk: Desk) -> None:
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
def test_tooltips_show_values_of_word_and_tokens(desk: Desk) -> None:
    values = np.zeros_like(desk.state.explanation.matrix)
    values[:, 1:] = np.linspace(-0.02, 0.0123, len(values))[:, None] / 144
    values[7, 1:] = 0.0123 / 144
    interactions = replace(desk.state.explanation.interactions, values=values)
    desk.state.change(answer=replace(desk.state.explanation, interactions=interactions))
    text = _tooltip(desk, desk.at(HYDRANT))
    assert "<b>hydrant</b>&nbsp; +0.0018<br>hydr&nbsp; +0.000469<br>ant&nbsp; +0.0014" in text
    assert text.endswith("ant&nbsp; +0.0014<br>in its strongest region<br>whole picture&nbsp; +0.0165</p>")
    desk.state.change(view=View(words_by="picture"))
    text = _tooltip(desk, desk.at(HYDRANT))
    assert "<b>hydrant</b>&nbsp; +0.0165<br>hydr&nbsp; +0.0042<br>ant&nbsp; +0.0123" in text
    assert text.endswith("<br>sum over the whole picture</p>")
    assert "−0.0160" in _tooltip(desk, desk.at(A))
    desk.state.change(selection=Selection(regions=(Region((100.0, 20.0, 300.0, 200.0)),)))
    assert _tooltip(desk, desk.at(A)).endswith("<br>sum over the selected boxes</p>")
    _tooltip(desk, desk.empty())
    desk.qtbot.waitUntil(lambda: QToolTip.text() == "")


@pytest.mark.usefixtures("tooltips")
def test_tooltips_show_characters_as_typed(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("<b>", "dog")))
    assert "&lt;b&gt;" in _tooltip(desk, desk.at(0))


# Unread words


def test_unread_words_cannot_be_selected(qtbot: QtBot, make_state: Callable[..., State]) -> None:
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
def test_unread_words_have_a_tooltip_and_no_colour(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    desk = Desk(qtbot, make_state(words=("a", "dog"), unseen="in the snow"))
    assert _tooltip(desk, desk.at(3)) == "The model did not read this word: it reads 77 tokens."
    assert desk.fill(3) == desk.strip.palette().color(QPalette.ColorRole.Window)


# Painting


def _colour(rgb: np.ndarray) -> tuple[int, ...]:
    return tuple(np.rint(rgb * 255).astype(int))


def _near(colour: QColor, rgb: np.ndarray) -> bool:
    return max(abs(a - b) for a, b in zip((colour.red(), colour.green(), colour.blue()), _colour(rgb), strict=True)) < 3


def _values_of(desk: Desk, words_by: WordsBy) -> np.ndarray:
    """Return the value of each row that colours it."""
    explanation, state = desk.state.explanation, desk.state
    matrix = explanation.interactions
    if words_by == "picture" or state.selection.regions or state.preview.patch:
        return token_heat(matrix, explanation.geometry, state.selection, state.preview)
    values = np.zeros(len(explanation.tokens))
    for rows in ((0,), (1,), (2,), (3,), (4,), (5,), (6, 7), (8,)):  # 6 and 7 are one word
        sums = sliding_window_view(matrix.grid[list(rows)].astype(float), (4, 4), axis=(1, 2)).sum((3, 4))
        strongest = np.abs(sums.sum(0)).argmax()
        values[list(rows)] = sums.reshape(len(rows), -1)[:, strongest]
    return values


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "view",
    [View(words_by="picture"), View(words_limit=0.05, colours="safe"), View(specials=True), View()],
)
def test_cells_have_the_colours_of_their_heat_in_both_themes(desk: Desk, view: View, dark: bool) -> None:
    desk.strip.setPalette(QPalette(QColor("#202020" if dark else "#f0f0f0")))
    desk.state.change(view=view)
    shown = list(range(9)) if view.specials else list(range(1, 8))
    heat = _values_of(desk, view.words_by)[shown]
    limit = view.words_limit or float(np.abs(heat).max())
    assert desk.strip.limit == pytest.approx(limit)
    cells = [(chip, cell) for chip, one in enumerate(desk.strip._picker.chips) for cell in range(len(one.cells))]
    for place, rgb in zip(cells, to_rgb(heat, limit, view.colours), strict=True):
        assert _near(desk.fill(*place), rgb)
        fill = desk.strip._heat.fills[place[0]][place[1]]
        assert fill.ink == QColor(choose_ink(rgb))


def test_regions_and_hovered_patches_colour_the_words(desk: Desk) -> None:
    region = Region((100.0, 20.0, 300.0, 200.0))
    for values in (
        {"selection": Selection(regions=(region,))},
        {"preview": Preview(patch=(3, 4))},
        {"selection": Selection(), "preview": Preview()},
    ):
        desk.state.change(**values)
        heat = _values_of(desk, "region")
        text = [value for chip in desk.strip._heat.values for value in chip]
        np.testing.assert_allclose(text, heat[1:8], rtol=1e-12)
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


def test_without_an_explanation_the_strip_has_a_placeholder(qtbot: QtBot, qapp: object) -> None:
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


def test_accessible_name_and_description_of_the_strip(desk: Desk) -> None:
    assert desk.strip.accessibleName() == "Words of the caption"
    assert desk.strip.accessibleDescription() == "No words selected"
    desk.state.change(selection=Selection(rows=(2, 3, 5, 7)))
    assert desk.strip.accessibleDescription() == "Selected: red balloon, a ant (part of hydrant)"
    assert desk.strip.focusPolicy() == Qt.FocusPolicy.StrongFocus
