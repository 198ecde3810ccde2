"""Directions in a session and in the window: paired heat, of the matrix on screen only."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.matrix_directions import find_directions
from exclip_desktop.session.parts.heat_modes import DirectionHeat, SimilarHeat
from exclip_desktop.ui.canvas.heat_item import current_heat
from exclip_desktop.ui.inspector.directions_page import DirectionsPage
from exclip_desktop.ui.inspector.parts_tab import PartsTab
from tests.ui.conftest import Opened
from tests.ui.session.session_desk import Desk


def place_of(desk: Desk | Opened) -> int | None:
    return desk.session.one_picture.directions.place


def test_a_direction_shows_its_heat_on_the_patches(desk: Desk) -> None:
    desk.session.one_picture.directions.choose(1)
    expected = find_directions(desk.state.explanation.interactions).directions[1]
    assert current_heat(desk.state) == pytest.approx(expected.patch_heat)
    desk.session.selection_controller.hover_patch((0, 0))
    assert current_heat(desk.state) == pytest.approx(expected.patch_heat)


def test_stepping_goes_round(desk: Desk) -> None:
    directions = desk.session.one_picture.directions
    count = len(directions.find().directions)
    seen = []
    for _ in range(count + 1):
        directions.step(1)
        seen.append(place_of(desk))
    assert seen == [*range(count), 0]
    directions.step(-1)
    assert place_of(desk) == count - 1


def test_another_caption_shows_its_own_direction_at_the_same_place(desk: Desk) -> None:
    desk.session.one_picture.directions.choose(1)
    desk.hold(lambda: desk.session.explain_controller.type_caption("red hydrant"))
    assert desk.state.stale  # dimmed
    desk.engine.gate.set()
    desk.settle()
    mode = desk.state.heat_mode
    assert isinstance(mode, DirectionHeat)
    assert mode.explanation is desk.state.explanation
    assert mode.place == 1
    assert current_heat(desk.state) == pytest.approx(
        find_directions(desk.state.explanation.interactions).directions[1].patch_heat
    )


def test_a_caption_with_fewer_directions_shows_the_last(desk: Desk) -> None:
    desk.session.one_picture.directions.choose(2)
    desk.explain(lambda: desk.session.explain_controller.type_caption("balloon"))
    assert place_of(desk) == 0


def test_another_picture_shows_nothing_of_the_previous_one(desk: Desk) -> None:
    desk.session.one_picture.directions.choose(0)
    before = current_heat(desk.state)
    path = desk.picture("b.png")
    desk.hold(lambda: desk.session.explain_controller.open_file(path, "a cat"))
    heat = current_heat(desk.state)
    assert heat is None or desk.state.stale
    desk.engine.gate.set()
    desk.settle()
    assert not np.array_equal(current_heat(desk.state), before)


def test_they_are_refused_in_the_compare_view_which_ends_them(desk: Desk) -> None:
    reasons: list[str] = []
    directions = desk.session.one_picture.directions
    directions.refused.connect(reasons.append)
    directions.choose(0)
    desk.session.compare_controller.open()
    assert place_of(desk) is None
    directions.step(1)
    assert place_of(desk) is None
    assert len(reasons) == 1


def test_similar_patches_and_directions_replace_each_other(desk: Desk) -> None:
    desk.session.one_picture.directions.choose(0)
    desk.session.one_picture.similar_patches.open()
    assert place_of(desk) is None
    desk.session.one_picture.directions.choose(0)
    assert not desk.session.one_picture.similar_patches.is_open
    desk.qtbot.waitUntil(lambda: desk.state.work is None)
    assert not isinstance(desk.state.heat_mode, SimilarHeat)


def test_the_keys_step_through_them_and_words_have_the_paired_values(opened: Opened, qtbot: QtBot) -> None:
    window, state = opened.window, opened.state
    window.canvas.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Period)
    QTest.keyClick(window, Qt.Key.Key_Period)
    assert place_of(opened) == 1
    QTest.keyClick(window, Qt.Key.Key_Comma)
    assert place_of(opened) == 0
    direction = find_directions(state.explanation.interactions).directions[0]
    values = [sum(cells) for cells in window.strip._heat.values]
    assert values == pytest.approx(list(direction.word_heat(state.explanation.caption)))
    assert window.bars[1].limit == pytest.approx(np.abs(direction.word_heat(state.explanation.caption)).max())
    assert window.bars[0]._unit_label.text() == "Direction"
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert place_of(opened) is None


def test_the_list_shows_shares_and_chooses(opened: Opened, qtbot: QtBot) -> None:
    window = opened.window
    window.commands["parts"].trigger()
    tab = window.inspector.currentWidget()
    assert isinstance(tab, PartsTab)
    tab._views[1].click()
    page = tab._pages[1]
    assert isinstance(page, DirectionsPage)
    assert opened.state.part_marks is None
    shares = [float(page._table.item(row, 0).text().removesuffix(" %")) for row in range(page._table.rowCount())]
    assert shares == sorted(shares, reverse=True)
    page._table.selectRow(2)
    assert place_of(opened) == 2
    window.commands["next_direction"].trigger()
    assert {index.row() for index in page._table.selectedIndexes()} == {3}
    page._leave.click()
    assert place_of(opened) is None
    assert page._table.selectedIndexes() == []
