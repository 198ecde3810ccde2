"""The list of other captions."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLineEdit, QTableView, QToolButton
from pytestqt.qtbot import QtBot

from exclip_desktop.session.state import State
from exclip_desktop.session.worker.requests import Alternative
from exclip_desktop.ui.caption.alternatives import LINES, CaptionAlternativesList
from exclip_desktop.ui.caption.alternatives_model import BAR_ROLE, Column, format_share

OWN = "a red balloon and a hydrant"
SCORED = (
    Alternative(OWN, 0.3, 0.2, 2),
    Alternative("cheese", -0.15, 0.0, 4),
    Alternative("a dog", 0.4, 0.7996, 1),
    Alternative("a cat", 0.1234, 0.0004, 3),
)


class CanvasPicture:
    """A list that shows ``SCORED`` unfolded, with what it told."""

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
        self.told: list[tuple[str, object]] = []
        for name in ("caption_added", "caption_removed", "caption_chosen"):
            getattr(self.widget, name).connect(lambda value, name=name: self.told.append((name, value)))

    def _part(self, kind: type) -> object:
        found = self.widget.findChild(kind)
        assert found is not None
        return found

    def captions(self) -> list[str]:
        """The captions in the order shown."""
        return [self.text(row, Column.CAPTION) for row in range(self.table.model().rowCount())]

    def text(self, row: int, column: Column) -> str:
        """What a cell says."""
        return str(self.table.model().index(row, column).data())

    def middle(self, row: int, column: Column) -> QPoint:
        """A cell's middle, in the table's viewport."""
        return self.table.visualRect(self.table.model().index(row, column)).center()

    def click(self, row: int, column: Column) -> None:
        """Click a cell."""
        self.qtbot.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, pos=self.middle(row, column))

    def press(self, key: Qt.Key, row: int) -> None:
        """Press a key on a row."""
        self.table.setCurrentIndex(self.table.model().index(row, Column.CAPTION))
        self.qtbot.keyClick(self.table, key)


@pytest.fixture
def shown(qtbot: QtBot, make_state: Callable[..., State]) -> CanvasPicture:
    state = make_state()
    state.change(caption=OWN)
    return CanvasPicture(qtbot, state)


def test_the_caption_on_screen_comes_first_then_the_others_by_rank(shown: CanvasPicture) -> None:
    assert shown.captions() == [OWN, "a dog", "a cat", "cheese"]
    fonts = [shown.table.model().index(row, Column.CAPTION).data(Qt.ItemDataRole.FontRole) for row in range(4)]
    assert fonts[0].bold()
    assert fonts[1:] == [None, None, None]
    shown.state.change(caption="cheese")
    assert shown.captions() == ["cheese", "a dog", OWN, "a cat"]


def test_until_all_have_a_rank_the_order_stays(shown: CanvasPicture) -> None:
    shown.state.change(alternatives=(*SCORED, Alternative("a new one")))
    assert shown.captions() == [OWN, "cheese", "a dog", "a cat", "a new one"]
    text = [shown.text(4, column) for column in (Column.RANK, Column.SCORE, Column.SHARE)]
    assert text == ["…", "…", "…"]


def test_rows_tell_rank_score_and_share(shown: CanvasPicture) -> None:
    text = [[shown.text(row, column) for column in Column] for row in range(4)]
    assert text == [
        ["2", OWN, "0.300", "", "20.0%", ""],
        ["1", "a dog", "0.400", "+0.100", "80.0%", "Remove"],
        ["3", "a cat", "0.123", "−0.177", "<0.1%", "Remove"],
        ["4", "cheese", "−0.150", "−0.450", "0.0%", "Remove"],
    ]
    bars = [shown.table.model().index(row, Column.SCORE).data(BAR_ROLE) for row in range(4)]
    assert bars == pytest.approx([0.75, 1.0, 0.3085, -0.375])


@pytest.mark.parametrize(("share", "text"), [(1.0, "100.0%"), (0.001, "0.1%"), (0.00099, "<0.1%"), (0.0, "0.0%")])
def test_shares_are_told_in_per_cent(share: float, text: str) -> None:
    assert format_share(share) == text


def test_bars_are_drawn_as_long_as_scores_and_hollow_for_negative_ones(shown: CanvasPicture) -> None:
    shown.table.clearSelection()
    picture = shown.table.viewport().grab().toImage()
    base = shown.table.palette().base().color()

    def painted(row: int) -> list[QColor]:
        rect = shown.table.visualRect(shown.table.model().index(row, Column.SCORE))
        y = shown.middle(row, Column.SCORE).y()
        return [QColor(picture.pixel(x, y)) for x in range(rect.left(), rect.left() + 74)]

    lengths = [sum(colour != base for colour in painted(row)) for row in range(4)]
    assert lengths[1] > lengths[0] > lengths[2] > lengths[3] == 2


def test_a_click_chooses_and_a_click_on_the_cross_removes(shown: CanvasPicture) -> None:
    shown.click(1, Column.CAPTION)
    shown.click(3, Column.SCORE)
    shown.click(3, Column.REMOVE)
    shown.click(1, Column.REMOVE)
    assert shown.told == [
        ("caption_chosen", "a dog"),
        ("caption_chosen", "cheese"),
        ("caption_removed", 1),  # places in the state's list, not in the one shown
        ("caption_removed", 2),
    ]


def test_the_caption_on_screen_can_be_neither_chosen_nor_removed(shown: CanvasPicture) -> None:
    for column in Column:
        shown.click(0, column)
    shown.press(Qt.Key.Key_Return, 0)
    shown.press(Qt.Key.Key_Delete, 0)
    assert shown.told == []


def test_return_chooses_and_delete_removes(shown: CanvasPicture) -> None:
    shown.press(Qt.Key.Key_Return, 2)
    shown.press(Qt.Key.Key_Delete, 2)
    shown.table.setCurrentIndex(shown.table.model().index(1, Column.CAPTION))
    shown.qtbot.keyClick(shown.table, Qt.Key.Key_Down)
    shown.qtbot.keyClick(shown.table, Qt.Key.Key_Down)
    shown.qtbot.keyClick(shown.table, Qt.Key.Key_Enter)
    assert shown.told == [("caption_chosen", "a cat"), ("caption_removed", 3), ("caption_chosen", "cheese")]


def test_the_current_row_follows_its_caption_and_falls_to_the_neighbour(shown: CanvasPicture) -> None:
    shown.table.setCurrentIndex(shown.table.model().index(2, Column.CAPTION))
    shown.state.change(caption="a cat")
    assert shown.table.currentIndex().row() == 0
    shown.table.setCurrentIndex(shown.table.model().index(3, Column.CAPTION))
    shown.state.change(alternatives=SCORED[2:])
    assert shown.captions() == ["a cat", "a dog"]
    assert shown.table.currentIndex().row() == 1
    shown.state.change(alternatives=())
    assert not shown.table.isVisible()
    assert not shown.table.currentIndex().isValid()


def test_adding_a_caption(shown: CanvasPicture) -> None:
    shown.qtbot.keyClicks(shown.editor, "  a  bird ")
    shown.qtbot.keyClick(shown.editor, Qt.Key.Key_Return)
    assert shown.told == [("caption_added", "a bird")]
    assert shown.editor.text() == ""


@pytest.mark.parametrize("text", ["", "   ", "a cat"])
def test_nothing_and_what_is_listed_is_not_added(shown: CanvasPicture, text: str) -> None:
    shown.qtbot.keyClicks(shown.editor, text)
    shown.qtbot.keyClick(shown.editor, Qt.Key.Key_Return)
    assert shown.told == []
    assert shown.editor.text() == ""
    assert shown.table.currentIndex().row() == (2 if text == "a cat" else -1)


def test_the_heading_folds_the_list(shown: CanvasPicture) -> None:
    assert shown.toggle.text() == "Other captions (4)"
    assert shown.widget.is_open
    shown.qtbot.mouseClick(shown.toggle, Qt.MouseButton.LeftButton)
    assert not shown.widget.is_open
    assert not shown.editor.isVisible()
    assert shown.toggle.accessibleDescription() == "Folded"
    shown.toggle.setFocus()
    shown.qtbot.keyClick(shown.toggle, Qt.Key.Key_Space)
    assert shown.widget.is_open
    assert shown.editor.isVisible()
    shown.state.change(alternatives=())
    assert shown.toggle.text() == "Other captions"


def test_it_opens_folded(qtbot: QtBot, make_state: Callable[..., State]) -> None:
    widget = CaptionAlternativesList(make_state())
    qtbot.addWidget(widget)
    assert not widget.is_open


def test_a_long_list_scrolls(shown: CanvasPicture) -> None:
    many = tuple(Alternative(f"caption {n}") for n in range(40))
    shown.state.change(alternatives=many)
    row = shown.table.verticalHeader().defaultSectionSize()
    assert LINES * row <= shown.table.height() < (LINES + 3) * row
    assert shown.table.verticalScrollBar().maximum() > 0


def test_parts_have_accessible_names(shown: CanvasPicture) -> None:
    assert shown.table.accessibleName() == "Other captions"
    assert shown.editor.accessibleName() == "Add a caption"
    assert shown.toggle.accessibleName() == "Other captions"
    assert not shown.table.tabKeyNavigation()
