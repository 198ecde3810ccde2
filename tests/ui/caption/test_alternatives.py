"""The list of other captions."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView, QToolButton
from pytestqt.qtbot import QtBot

from exclip_desktop.session.state import State
from exclip_desktop.session.worker.requests import Alternative
from exclip_desktop.ui.caption.alternatives import LINES, MEASURED_ROWS, CaptionAlternativesList
from exclip_desktop.ui.caption.alternatives_model import BAR_ROLE, AlternativeColumn, format_share

OWN = "a red balloon and a hydrant"
SCORED = (
    Alternative(OWN, 0.3, 0.2, 2),
    Alternative("cheese", -0.15, 0.0, 4),
    Alternative("a dog", 0.4, 0.7996, 1),
    Alternative("a cat", 0.1234, 0.0004, 3),
)


class ListDesk:
    """An expanded list with ``SCORED``, and the signals that it emitted."""

    def __init__(self, qtbot: QtBot, state: State) -> None:
        self.qtbot, self.state = qtbot, state
        self.widget = CaptionAlternativesList(state)
        qtbot.addWidget(self.widget)
        self.widget.set_open(True)
        self.widget.resize(640, 300)
        state.change(alternatives=SCORED)
        self.widget.show()
        qtbot.waitExposed(self.widget)
        self.table, self.editor, self.toggle = (self._part(kind) for kind in (QTableView, QLineEdit, QToolButton))
        self.emitted: list[tuple[str, object]] = []
        for name in ("caption_added", "caption_removed", "caption_chosen"):
            getattr(self.widget, name).connect(lambda value, name=name: self.emitted.append((name, value)))

    def _part(self, kind: type) -> object:
        found = self.widget.findChild(kind)
        assert found is not None
        return found

    def captions(self) -> list[str]:
        """The captions in display order."""
        return [self.text(row, AlternativeColumn.CAPTION) for row in range(self.table.model().rowCount())]

    def text(self, row: int, column: AlternativeColumn) -> str:
        """The text of a cell."""
        return str(self.table.model().index(row, column).data())

    def middle(self, row: int, column: AlternativeColumn) -> QPoint:
        """The middle of a cell, in the table's viewport."""
        return self.table.visualRect(self.table.model().index(row, column)).center()

    def click(self, row: int, column: AlternativeColumn) -> None:
        """Click a cell."""
        self.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=self.middle(row, column))

    def press(self, key: Qt.Key, row: int) -> None:
        """Press a key on a row."""
        self.table.setCurrentIndex(self.table.model().index(row, AlternativeColumn.CAPTION))
        self.qtbot.keyClick(self.table, key)


@pytest.fixture
def list_desk(qtbot: QtBot, make_state: Callable[..., State]) -> ListDesk:
    state = make_state()
    state.change(caption=OWN)
    return ListDesk(qtbot, state)


def test_the_caption_on_screen_comes_first_then_the_others_by_rank(list_desk: ListDesk) -> None:
    assert list_desk.captions() == [OWN, "a dog", "a cat", "cheese"]
    fonts = [
        list_desk.table.model().index(row, AlternativeColumn.CAPTION).data(Qt.ItemDataRole.FontRole) for row in range(4)
    ]
    assert fonts[0].bold()
    assert fonts[1:] == [None, None, None]
    list_desk.state.change(caption="cheese")
    assert list_desk.captions() == ["cheese", "a dog", OWN, "a cat"]


def test_until_all_have_a_rank_the_order_stays(list_desk: ListDesk) -> None:
    list_desk.state.change(alternatives=(*SCORED, Alternative("a new one")))
    assert list_desk.captions() == [OWN, "cheese", "a dog", "a cat", "a new one"]
    text = [
        list_desk.text(4, column)
        for column in (AlternativeColumn.RANK, AlternativeColumn.SCORE, AlternativeColumn.SHARE)
    ]
    assert text == ["…", "…", "…"]


def test_rows_show_rank_score_and_share(list_desk: ListDesk) -> None:
    text = [[list_desk.text(row, column) for column in AlternativeColumn] for row in range(4)]
    assert text == [
        ["2", OWN, "+0.3000", "", "20.0 %", ""],
        ["1", "a dog", "+0.4000", "+0.1000", "80.0 %", "Remove"],
        ["3", "a cat", "+0.1234", "−0.1766", "<0.1 %", "Remove"],
        ["4", "cheese", "−0.1500", "−0.4500", "0.0 %", "Remove"],
    ]
    bars = [list_desk.table.model().index(row, AlternativeColumn.SCORE).data(BAR_ROLE) for row in range(4)]
    assert bars == pytest.approx([0.75, 1.0, 0.3085, -0.375])


@pytest.mark.parametrize(("share", "text"), [(1.0, "100.0 %"), (0.001, "0.1 %"), (0.00099, "<0.1 %"), (0.0, "0.0 %")])
def test_shares_are_formatted_in_per_cent(share: float, text: str) -> None:
    assert format_share(share) == text


def test_bars_are_drawn_as_long_as_scores_and_hollow_for_negative_ones(list_desk: ListDesk) -> None:
    list_desk.table.clearSelection()
    picture = list_desk.table.viewport().grab().toImage()
    base = list_desk.table.palette().base().color()

    def painted(row: int) -> list[QColor]:
        rect = list_desk.table.visualRect(list_desk.table.model().index(row, AlternativeColumn.SCORE))
        y = list_desk.middle(row, AlternativeColumn.SCORE).y()
        return [QColor(picture.pixel(x, y)) for x in range(rect.left(), rect.left() + 74)]

    lengths = [sum(colour != base for colour in painted(row)) for row in range(4)]
    assert lengths[1] > lengths[0] > lengths[2] > lengths[3] == 2


def test_a_click_chooses_and_a_click_on_the_cross_removes(list_desk: ListDesk) -> None:
    list_desk.click(1, AlternativeColumn.CAPTION)
    list_desk.click(3, AlternativeColumn.SCORE)
    list_desk.click(3, AlternativeColumn.REMOVE)
    list_desk.click(1, AlternativeColumn.REMOVE)
    assert list_desk.emitted == [
        ("caption_chosen", "a dog"),
        ("caption_chosen", "cheese"),
        ("caption_removed", 1),  # indices in the state's list, not in the displayed one
        ("caption_removed", 2),
    ]


def test_the_caption_on_screen_can_be_neither_chosen_nor_removed(list_desk: ListDesk) -> None:
    for column in AlternativeColumn:
        list_desk.click(0, column)
    list_desk.press(Qt.Key.Key_Return, 0)
    list_desk.press(Qt.Key.Key_Delete, 0)
    assert list_desk.emitted == []


def test_return_chooses_and_delete_removes(list_desk: ListDesk) -> None:
    list_desk.press(Qt.Key.Key_Return, 2)
    list_desk.press(Qt.Key.Key_Delete, 2)
    list_desk.table.setCurrentIndex(list_desk.table.model().index(1, AlternativeColumn.CAPTION))
    list_desk.qtbot.keyClick(list_desk.table, Qt.Key.Key_Down)
    list_desk.qtbot.keyClick(list_desk.table, Qt.Key.Key_Down)
    list_desk.qtbot.keyClick(list_desk.table, Qt.Key.Key_Enter)
    assert list_desk.emitted == [("caption_chosen", "a cat"), ("caption_removed", 3), ("caption_chosen", "cheese")]


def test_the_current_row_follows_its_caption_and_falls_to_the_neighbour(list_desk: ListDesk) -> None:
    list_desk.table.setCurrentIndex(list_desk.table.model().index(2, AlternativeColumn.CAPTION))
    list_desk.state.change(caption="a cat")
    assert list_desk.table.currentIndex().row() == 0
    list_desk.table.setCurrentIndex(list_desk.table.model().index(3, AlternativeColumn.CAPTION))
    list_desk.state.change(alternatives=SCORED[2:])
    assert list_desk.captions() == ["a cat", "a dog"]
    assert list_desk.table.currentIndex().row() == 1
    list_desk.state.change(alternatives=())
    assert not list_desk.table.isVisible()
    assert not list_desk.table.currentIndex().isValid()


def test_adding_a_caption(list_desk: ListDesk) -> None:
    list_desk.qtbot.keyClicks(list_desk.editor, "  a  bird ")
    list_desk.qtbot.keyClick(list_desk.editor, Qt.Key.Key_Return)
    assert list_desk.emitted == [("caption_added", "a bird")]
    assert list_desk.editor.text() == ""


@pytest.mark.parametrize("text", ["", "   ", "a cat"])
def test_nothing_and_what_is_listed_is_not_added(list_desk: ListDesk, text: str) -> None:
    list_desk.qtbot.keyClicks(list_desk.editor, text)
    list_desk.qtbot.keyClick(list_desk.editor, Qt.Key.Key_Return)
    assert list_desk.emitted == []
    assert list_desk.editor.text() == ""
    assert list_desk.table.currentIndex().row() == (2 if text == "a cat" else -1)


def test_the_heading_folds_the_list(list_desk: ListDesk) -> None:
    assert list_desk.toggle.text() == "Other captions (4)"
    assert list_desk.widget.is_open
    list_desk.qtbot.mouseClick(list_desk.toggle, Qt.MouseButton.LeftButton)
    assert not list_desk.widget.is_open
    assert not list_desk.editor.isVisible()
    assert list_desk.toggle.accessibleDescription() == "Folded"
    list_desk.toggle.setFocus()
    list_desk.qtbot.keyClick(list_desk.toggle, Qt.Key.Key_Space)
    assert list_desk.widget.is_open
    assert list_desk.editor.isVisible()
    list_desk.state.change(alternatives=())
    assert list_desk.toggle.text() == "Other captions"


def test_it_opens_folded(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    widget = CaptionAlternativesList(make_state())
    qtbot.addWidget(widget)
    assert not widget.is_open


def test_a_long_list_scrolls(list_desk: ListDesk) -> None:
    many = tuple(Alternative(f"caption {n}") for n in range(40))
    list_desk.state.change(alternatives=many)
    row = list_desk.table.verticalHeader().defaultSectionSize()
    assert LINES * row <= list_desk.table.height() < (LINES + 3) * row
    assert list_desk.table.verticalScrollBar().maximum() > 0


def test_parts_have_accessible_names(list_desk: ListDesk) -> None:
    assert list_desk.table.accessibleName() == "Other captions"
    assert list_desk.editor.accessibleName() == "Add a caption"
    assert list_desk.toggle.accessibleName() == "Other captions"
    assert not list_desk.table.tabKeyNavigation()


def test_of_hundreds_of_captions_the_first_ones_decide_the_widths(
    list_desk: ListDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, ranks = list_desk.table.model(), []
    read = model._cell_text

    def remember(entry: Alternative, column: AlternativeColumn) -> str:
        ranks.append(entry.rank)
        return read(entry, column)

    monkeypatch.setattr(model, "_cell_text", remember)
    many = tuple(Alternative(f"caption {number}", 0.1, 0.001, number + 1) for number in range(1000))
    list_desk.state.change(alternatives=many)
    QApplication.processEvents()
    assert 0 < max(ranks) < 2 * MEASURED_ROWS
