"""The dock with the open list: filter, columns, order, marks of rows, and the walk by what is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairFigures
from exclip_desktop.ui.lists.pair_model import KEYS
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE, ON_SCREEN_ROLE, REMARK_ROLE, wrap_lines
from exclip_desktop.ui.window import Window
from tests.ui.lists.list_desk import PAIRS, ListDesk, settle

MANY = tuple(ListedPair(f"p{n}", f"{n}.png", f"a dog {n}") for n in range(40))


@pytest.fixture
def walk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> ListDesk:
    return ListDesk(tmp_path, make_explanation).start(qtbot)


@pytest.fixture
def many(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> ListDesk:
    return ListDesk(tmp_path, make_explanation, MANY).start(qtbot)


def text(walk: ListDesk, row: int, key: str) -> str:
    return walk.dock.table.model().index(row, KEYS.index(key)).data()


def column(walk: ListDesk, key: str) -> list[str]:
    return [text(walk, row, key) for row in range(walk.dock.table.model().rowCount())]


def click_heading(walk: ListDesk, key: str) -> None:
    header = walk.dock.table.horizontalHeader()
    at = KEYS.index(key)
    walk.dock.table.scrollTo(walk.dock.table.model().index(0, at))
    where = QPoint(header.sectionViewportPosition(at) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)


# What a row shows


def test_columns_show_all_that_is_known_of_a_pair(walk: ListDesk) -> None:
    walk.rate("match", "colour", "left and right")
    score = f"+{walk.session.state.explanation.score:.4f}"
    expected = {
        "caption": "a dog and a cat",
        "file": "one.png",
        "score": score,
        "rating": "Match",
        "tags": "colour, left and right",
        "label": "animals",
        "state": "Explained",
    }
    assert {key: text(walk, 0, key) for key in expected} == expected
    assert text(walk, 0, "residual") == "1.0e−04"
    assert text(walk, 0, "share").endswith("%")
    assert [text(walk, 1, key) for key in ("score", "rating", "tags", "state")] == [""] * 4


def test_a_failed_pair_says_why(walk: ListDesk, qtbot: QtBot) -> None:
    walk.navigation.show(2)
    qtbot.waitUntil(lambda: walk.navigation.figures(2) is not None)
    assert text(walk, 2, "state").startswith("Failed: ")
    assert "gone.jpg" in text(walk, 2, "state")


# Order


def test_headings_sort_and_the_third_click_gives_the_lists_order(walk: ListDesk) -> None:
    click_heading(walk, "caption")
    assert column(walk, "caption") == ["a blue balloon", "a dog and a cat", "a hydrant", "a red balloon"]
    click_heading(walk, "caption")
    assert column(walk, "caption") == ["a red balloon", "a hydrant", "a dog and a cat", "a blue balloon"]
    click_heading(walk, "caption")
    assert walk.navigation.order == (0, 1, 2, 3)
    click_heading(walk, "file")
    assert column(walk, "file") == ["gone.jpg", "one.png", "one.png", "two.png"]
    click_heading(walk, "picture")
    assert column(walk, "file") == ["gone.jpg", "one.png", "one.png", "two.png"]


def test_the_order_is_chosen_by_keys(walk: ListDesk) -> None:
    walk.dock.table._update_menu()
    walk.dock.columns.setFocus()
    assert walk.dock.columns.hasFocus()
    menu = walk.dock.columns.menu()
    sort = next(action.menu() for action in menu.actions() if action.text() == "Sort by")
    next(action for action in sort.actions() if action.text() == "Caption").trigger()
    next(action for action in sort.actions() if action.text() == "Largest or newest first").trigger()
    assert walk.navigation.order == (1, 2, 0, 3)
    next(action for action in sort.actions() if action.text() == "List order").trigger()
    assert walk.navigation.order == (3, 2, 1, 0)


def test_the_walk_follows_the_order_on_screen(walk: ListDesk, qtbot: QtBot) -> None:
    click_heading(walk, "caption")
    assert walk.row == 1
    QTest.keyClick(walk.window, Qt.Key.Key_A)
    settle(qtbot, walk, "a blue balloon")
    assert walk.row == 0


@pytest.mark.parametrize(("width_px", "whole"), [(241, 3), (330, 4), (460, 5)])
def test_no_column_is_cut_until_a_person_resizes_the_caption(walk: ListDesk, width_px: int, whole: int) -> None:
    table = walk.dock.table
    header, caption = table.horizontalHeader(), KEYS.index("caption")
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.resize(table.width() + width_px - table.viewport().width(), 300)
    assert header.sectionPosition(whole) == table.viewport().width() == width_px  # the next column begins outside
    assert header.sectionSize(caption) >= 90
    header.setSectionHidden(KEYS.index("picture"), True)
    assert header.sectionPosition(whole) <= width_px
    header.resizeSection(caption, 200)
    table.resize(table.width() + 50, 300)
    assert header.sectionSize(caption) == 200


@pytest.mark.parametrize("bold", [False, True])
def test_a_wrapped_caption_loses_no_word(walk: ListDesk, bold: bool) -> None:
    font = walk.window.font()
    font.setBold(bold)
    caption, metrics = "a photo of a dog, a giraffe and an orange balloon on the grass", QFontMetrics(font)
    for width_px in range(80, 300):
        *lines, last = wrap_lines(metrics, caption, width_px, 4)
        assert caption.startswith(" ".join([*lines, last.rstrip("…")]).rstrip())


def test_the_score_is_shown_once(walk: ListDesk) -> None:
    table, dock = walk.dock.table, walk.dock
    assert dock._role_below_caption() == REMARK_ROLE
    table.horizontalHeader().setSectionHidden(KEYS.index("score"), True)
    assert dock._role_below_caption() == BELOW_ROLE
    number = next(row for row in range(4) if table.model().index(row, KEYS.index("score")).data())
    index = table.model().index(number, KEYS.index("caption"))
    assert index.data(BELOW_ROLE).startswith("+0.3100")
    assert "0.3100" not in index.data(REMARK_ROLE)


def test_columns_view_and_size_are_remembered(walk: ListDesk, qtbot: QtBot) -> None:
    header = walk.dock.table.horizontalHeader()
    header.moveSection(header.visualIndex(KEYS.index("file")), 1)
    header.resizeSection(KEYS.index("file"), 222)
    header.setSectionHidden(KEYS.index("label"), True)
    walk.dock.show_grid(True)
    walk.dock.side.setValue(5)
    walk.window.close()
    again = Window(walk.session)
    qtbot.addWidget(again)
    header = again.pair_list_dock.table.horizontalHeader()
    assert header.visualIndex(KEYS.index("file")) == 1
    assert header.sectionSize(KEYS.index("file")) == 222
    assert header.isSectionHidden(KEYS.index("label"))
    assert again.pair_list_dock.is_grid
    assert (again.pair_list_dock.side.value(), again.pair_list_dock.grid.side_px) == (5, 224)


# The pair on screen


@pytest.mark.parametrize("is_grid", [False, True])
def test_the_list_is_scrolled_to_the_pair_on_screen(many: ListDesk, qtbot: QtBot, is_grid: bool) -> None:
    many.dock.show_grid(is_grid)
    assert many.is_in_view(0)
    assert not many.is_in_view(39)
    many.navigation.show(39)
    assert many.row == 39
    assert many.is_in_view(39)
    many.dock.view.verticalScrollBar().setValue(0)
    many.navigation.step(-1)
    assert many.is_in_view(38)
    many.dock.show_grid(not is_grid)
    assert many.is_in_view(38)


def test_the_list_is_scrolled_when_it_is_shown_again(many: ListDesk, qtbot: QtBot) -> None:
    many.dock.hide()
    many.navigation.show(30)
    many.dock.show()
    qtbot.waitUntil(lambda: many.is_in_view(30))


@pytest.mark.parametrize("is_grid", [False, True])
@pytest.mark.parametrize("is_selected", [False, True])
def test_the_pair_on_screen_is_marked_differently_from_selected_ones(
    walk: ListDesk, is_grid: bool, is_selected: bool
) -> None:
    walk.dock.show_grid(is_grid)
    view, table = walk.dock.view, walk.dock.table
    table.selectAll() if is_selected else table.clearSelection()
    assert [view.model().index(row, 0).data(ON_SCREEN_ROLE) for row in range(2)] == [True, False]
    ink = view.palette().color(QPalette.ColorRole.Text)
    assert [edge_colour(walk, row) == ink for row in range(2)] == [True, False]


def edge_colour(walk: ListDesk, row: int) -> QColor:
    """Return the colour at the upper edge of a row."""
    view = walk.dock.view
    rect = view.visualRect(view.model().index(row, 0))
    image = view.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    return image.pixelColor(round(ratio * (rect.center().x())), round(ratio * (rect.top() + 1)))


# The filter


def test_ctrl_shift_f_goes_to_the_filter_and_return_to_the_list(walk: ListDesk, qtbot: QtBot) -> None:
    QTest.keyClick(walk.window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert walk.dock.filter.line.hasFocus()
    QTest.keyClicks(walk.dock.filter.line, "balloon")
    assert walk.navigation.order == (1, 3)
    assert walk.dock.filter.answer.text() == "2 of 4"
    QTest.keyClick(walk.dock.filter.line, Qt.Key.Key_Return)
    settle(qtbot, walk, "a red balloon")
    assert walk.dock.view.hasFocus()
    assert walk.row == 0


def test_return_stays_at_a_pair_on_screen_that_matches(walk: ListDesk, qtbot: QtBot) -> None:
    walk.navigation.show(3)
    settle(qtbot, walk, "a blue balloon")
    walk.dock.focus_filter()
    QTest.keyClicks(walk.dock.filter.line, "balloon")
    QTest.keyClick(walk.dock.filter.line, Qt.Key.Key_Return)
    assert (walk.navigation.current, walk.row) == (3, 1)


def test_esc_clears_the_filter_and_then_goes_to_the_picture(walk: ListDesk) -> None:
    walk.dock.focus_filter()
    QTest.keyClicks(walk.dock.filter.line, "nothing")
    assert walk.dock.filter.answer.text() == "No match"
    QTest.keyClick(walk.dock.filter.line, Qt.Key.Key_Escape)
    assert walk.navigation.order == (0, 1, 2, 3)
    QTest.keyClick(walk.dock.filter.line, Qt.Key.Key_Escape)
    assert walk.window.stage.canvas.view.hasFocus()


def test_labels_tags_and_ratings_of_the_moment_are_offered(walk: ListDesk) -> None:
    walk.rate("unsure", "colour")
    offered = {key.key: key.offered for key in walk.navigation.values.filter_keys()}
    assert offered["tag"] == ("colour", "none")
    assert offered["label"] == ("animals", "wrong", "none")
    assert offered["rating"][-1] == "unrated"


def test_a_person_who_filters_unrated_pairs_walks_through_these_only(walk: ListDesk, qtbot: QtBot) -> None:
    walk.dock.filter.write("rating:unrated -file:gone")
    assert walk.navigation.order == (0, 1, 3)
    walk.rate("match")
    assert walk.navigation.order == (0, 1, 3), "the rated pair stays while it is on screen"
    assert walk.dock.count.text() == "1 of 3; 4 in the list"
    QTest.keyClick(walk.window, Qt.Key.Key_D)
    settle(qtbot, walk, "a red balloon")
    assert walk.navigation.order == (1, 3)
    assert walk.dock.count.text() == "1 of 2; 4 in the list"
    assert walk.row == 0
    QTest.keyClick(walk.window, Qt.Key.Key_D)
    settle(qtbot, walk, "a blue balloon")
    QTest.keyClick(walk.window, Qt.Key.Key_A)
    settle(qtbot, walk, "a red balloon")
    assert walk.navigation.order == (1, 3)


def test_undo_of_a_rating_brings_the_pair_back(walk: ListDesk, qtbot: QtBot) -> None:
    walk.dock.filter.write("rating:unrated")
    walk.rate("match")
    walk.navigation.step(1)
    settle(qtbot, walk, "a red balloon")
    assert walk.navigation.order == (1, 2, 3)
    walk.session.undo.undo()
    assert walk.navigation.order == (0, 1, 2, 3)
    assert walk.dock.filter.answer.text() == "4 of 4"


def test_pairs_leave_a_filter_as_they_are_explained(many: ListDesk) -> None:
    many.dock.filter.write("is:unexplained")
    many.navigation.set_figures(5, PairFigures(0.2))
    assert len(many.navigation.order) == 38
    assert many.dock.filter.answer.text() == "38 of 40"
    assert column(many, "caption")[4] == "a dog 6"


# Selection


def test_rows_are_selected_by_keys_and_mouse_in_both_views(many: ListDesk, qtbot: QtBot) -> None:
    for is_grid in (False, True):
        many.dock.show_grid(is_grid)
        many.click(0)
        many.click(2, Qt.KeyboardModifier.ShiftModifier)
        assert many.dock.selected_places == [0, 1, 2]
        many.click(1, Qt.KeyboardModifier.ControlModifier)
        assert many.dock.selected_places == [0, 2]
        many.click(0)
        for _ in range(2):
            step = Qt.Key.Key_Right if is_grid else Qt.Key.Key_Down
            QTest.keyClick(many.dock.view, step, Qt.KeyboardModifier.ShiftModifier)
        assert many.dock.selected_places == [0, 1, 2]
        QTest.keyClick(many.dock.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        assert many.dock.selected_places == list(range(40))
        assert many.session.state.selection.rows == (), "the words are not selected"


def test_arrows_go_through_the_grid(many: ListDesk, qtbot: QtBot) -> None:
    many.dock.show_grid(True)
    many.dock.view.setFocus()
    grid = many.dock.grid
    columns = grid._columns
    for key, row in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 1 + columns),
        (Qt.Key.Key_Left, columns),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_End, 39),
        (Qt.Key.Key_Down, 39),
        (Qt.Key.Key_Home, 0),
    ):
        QTest.keyClick(grid, key)
        assert many.row == row
        assert many.navigation.current == row


def test_a_right_click_selects_and_leaves_the_pair_on_screen(walk: ListDesk) -> None:
    requested: list[list[int]] = []
    walk.dock.menu_requested.connect(lambda places, _: requested.append(places))
    walk.click(3, button=Qt.MouseButton.RightButton)
    assert walk.dock.selected_places == [3]
    assert walk.navigation.current == 0
    walk.click(1)
    assert requested == []


def test_letters_in_the_list_are_shortcuts_and_do_not_search(walk: ListDesk, qtbot: QtBot) -> None:
    walk.dock.view.setFocus()
    QTest.keyClick(walk.dock.view, Qt.Key.Key_D)
    settle(qtbot, walk, PAIRS[1].caption)
    assert QApplication.focusWidget() is walk.dock.view
