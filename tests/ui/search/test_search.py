"""Searching the list of a window: what is searched, in which order hits are shown, and what a click opens."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.worker.search_requests import RegionQuery, WordsQuery
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE, HEAT_ROLE, ON_SCREEN_ROLE, TITLE_ROLE
from tests.ui.fakes import number_of
from tests.ui.search.search_desk import SearchDesk


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> SearchDesk:
    return SearchDesk(tmp_path, make_explanation)


def test_typed_words_are_searched_and_hits_are_shown_with_heat_rank_and_words(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.start(qtbot)
    desk.window.commands["search_list"].trigger()
    qtbot.waitUntil(lambda: not desk.panel.visibleRegion().isEmpty())  # in front of the pairs
    desk.panel.line.setFocus()
    QTest.keyClicks(desk.panel.line, "red balloon")
    QTest.keyClick(desk.panel.line, Qt.Key.Key_Return)
    desk.wait(6)
    assert desk.engine.search_requests[0].query == WordsQuery("red balloon")
    assert desk.ranked == ["6", "5", "4", "3", "2", "1"]
    assert desk.panel.title.text() == "“red balloon”"
    assert desk.panel.status.text() == "6 of 6 pictures are explained"
    assert not desk.panel.explain.isVisible()
    model = desk.panel.grid.model()
    assert model.index(0, 0).data(TITLE_ROLE).startswith("1 · +")
    assert model.index(0, 0).data(BELOW_ROLE) == "red balloons"
    assert model.index(0, 0).data(HEAT_ROLE)[0].size().width() == 12


def test_a_click_opens_the_pair_with_the_hit_region_and_the_words_selected(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.run(qtbot)
    row = desk.ranked.index("2")
    grid = desk.panel.grid
    QTest.mouseClick(
        grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.visualRect(grid.model().index(row, 0)).center()
    )
    state = desk.session.state
    qtbot.waitUntil(lambda: state.explanation is not None and state.explanation.caption.text == "a red balloon")
    hit = desk.search.hits[row]
    assert desk.navigation.current == 1
    assert [region.box for region in state.selection.regions] == [hit.box]
    assert hit.box == hit.geometry.patch_box(2, 3)
    assert state.selection.rows == state.explanation.caption.rows_of("red balloon")
    assert grid.model().index(row, 0).data(ON_SCREEN_ROLE)


def test_return_opens_the_current_hit(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.run(qtbot)
    desk.panel.focus_hits()
    QTest.keyClick(desk.panel.grid, Qt.Key.Key_Right)
    QTest.keyClick(desk.panel.grid, Qt.Key.Key_Return)
    pair = number_of(desk.search.hits[desk.panel.grid.currentIndex().row()].picture)
    qtbot.waitUntil(lambda: desk.navigation.is_current(pair))
    assert pair in ("5", "6")


def test_selected_words_are_searched_as_a_part_of_their_caption(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.start(qtbot)
    caption = desk.session.state.explanation.caption
    desk.session.selection_controller.commit_rows((), caption.rows_of("dog"))
    desk.window.commands["search_list"].trigger()
    desk.wait(6)
    assert desk.engine.search_requests[0].query == WordsQuery("a dog and a cat", (2, 5))
    assert desk.panel.line.text() == "dog"


def test_boxes_are_searched_where_no_words_are_selected(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.start(qtbot)
    desk.session.selection_controller.show_regions(desk.navigation.label_regions)
    desk.window.commands["search_list"].trigger()
    desk.wait(6)
    query = desk.engine.search_requests[0].query
    assert isinstance(query, RegionQuery)
    assert query.regions == desk.navigation.label_regions
    assert desk.panel.title.text() == "The box “thing” of picture-1.png"


def test_another_ranking_orders_the_same_hits(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.run(qtbot)
    ranking = desk.panel.ranking
    ranking.setCurrentIndex(ranking.findData("score"))
    ranking.activated.emit(ranking.currentIndex())
    qtbot.waitUntil(lambda: desk.ranked == ["1", "2", "3", "4", "5", "6"])
    assert len(desk.engine.search_requests) == 1
    assert desk.panel.grid.model().index(1, 0).data(TITLE_ROLE) == "2 · +0.5000"
