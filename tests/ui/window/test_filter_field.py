"""The field that filters a list, by real keys and clicks."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.text.list_filter import FilterKey
from exclip_desktop.ui.widgets.filter_field import MENU_ENTRIES, NO_MATCH, FilterField

tags = ["colour", "left and right"]


def keys() -> tuple[FilterKey, ...]:
    return (
        FilterKey("rating", "choice", "Rating", ("match", "mismatch"), lacking="unrated"),
        FilterKey("tag", "name", "Tag", tuple(tags), lacking="none"),
        FilterKey("label", "text", "Label", tuple(f"label{n}" for n in range(MENU_ENTRIES + 10))),
        FilterKey("score", "number", "Score"),
    )


class Desk:
    def __init__(self, field: FilterField) -> None:
        self.field, self.queries, self.went = field, list[str](), list[str]()
        field.filter_changed.connect(lambda made: self.queries.append(made.query))
        field.left.connect(lambda: self.went.append("left"))
        field.entered.connect(lambda: self.went.append("entered"))

    @property
    def popup_texts(self) -> list[str]:
        popup = self.field._popup
        return self.field._offers.stringList() if popup.isVisible() else []

    def type(self, text: str) -> None:
        QTest.keyClicks(self.field.line, text)

    def press(self, key: Qt.Key) -> None:
        """Press a key where the person's keyboard goes: to the popup, while there is one."""
        QTest.keyClick(QApplication.activePopupWidget() or self.field.line, key)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    field = FilterField("Filter pairs", keys)
    qtbot.addWidget(field)
    with qtbot.waitActive(field):
        field.show()
    field.setFocus()
    return Desk(field)


def test_typing_filters_at_once_and_says_how_many_match(desk: Desk) -> None:
    desk.type("dog")
    assert desk.queries == ["d", "do", "dog"]
    desk.field.show_count(12, 2000)
    assert desk.field.answer.text() == "12 of 2,000"
    assert desk.field.answer.isVisible()
    desk.field.show_count(0, 2000)
    assert desk.field.answer.text() == NO_MATCH
    assert desk.field.line.accessibleDescription() == NO_MATCH


def test_without_a_query_there_is_no_answer(desk: Desk) -> None:
    desk.field.show_count(200, 200)
    assert not desk.field.answer.isVisible()


def test_an_unknown_key_is_answered_in_a_sentence(desk: Desk) -> None:
    desk.type("colour:red ")
    assert desk.field.answer.text().startswith("The filter has no key “colour”.")
    assert desk.field.list_filter.terms == ()


def test_esc_clears_and_then_leaves(desk: Desk) -> None:
    desk.type("dog")
    desk.press(Qt.Key.Key_Escape)
    assert (desk.field.query, desk.queries[-1], desk.went) == ("", "", [])
    desk.press(Qt.Key.Key_Escape)
    assert desk.went == ["left"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down])
def test_return_and_down_go_to_the_list(desk: Desk, key: Qt.Key) -> None:
    desk.type("dog ")
    desk.press(key)
    assert desk.went == ["entered"]
    assert desk.field.query == "dog "


def test_the_clear_button_clears(desk: Desk) -> None:
    desk.type("dog")
    clear = desk.field.line.findChild(QToolButton)
    assert clear is not None
    QTest.mouseClick(clear, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert (desk.field.query, desk.queries[-1]) == ("", "")


def test_keys_and_values_are_completed(desk: Desk) -> None:
    desk.type("red ra")
    assert desk.popup_texts == ["rating:"]
    desk.press(Qt.Key.Key_Down)
    desk.press(Qt.Key.Key_Return)
    assert desk.field.query == "red rating:"
    assert desk.popup_texts == ["rating:match", "rating:mismatch", "rating:unrated"]
    desk.press(Qt.Key.Key_Down)
    desk.press(Qt.Key.Key_Down)
    desk.press(Qt.Key.Key_Return)
    assert desk.field.query == "red rating:mismatch "
    assert desk.queries[-1] == "red rating:mismatch "
    assert desk.went == []
    assert desk.popup_texts == []


def test_esc_closes_the_popup_and_keeps_the_text(desk: Desk) -> None:
    desk.type("ra")
    desk.press(Qt.Key.Key_Escape)
    assert (desk.field.query, desk.popup_texts, desk.went) == ("ra", [], [])


def test_return_without_a_chosen_offer_goes_to_the_list(desk: Desk) -> None:
    desk.type("ra")
    assert desk.popup_texts
    desk.press(Qt.Key.Key_Return)
    assert (desk.field.query, desk.popup_texts, desk.went) == ("ra", [], ["entered"])


def test_tab_takes_the_first_offer(desk: Desk) -> None:
    desk.type("ra")
    desk.press(Qt.Key.Key_Tab)
    desk.press(Qt.Key.Key_Tab)
    assert desk.field.query == "rating:match "
    assert desk.field.line.hasFocus()


def test_new_tags_are_offered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "tags", ["blurred"])
    desk.field.line.clearFocus()
    desk.field.setFocus()
    desk.type("tag:b")
    assert desk.popup_texts == ["tag:blurred"]


def menu_action(desk: Desk, *path: str):  # noqa: ANN201  QAction
    desk.field._fill_menu()
    menu = desk.field.button.menu()
    for part in path[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == part)
    return next(action for action in menu.actions() if action.text() == path[-1])


def test_menus_write_the_query(desk: Desk) -> None:
    menu_action(desk, "Rating", "match").trigger()
    menu_action(desk, "Tag", "left and right").trigger()
    assert desk.field.query == 'rating:match tag:"left and right"'
    assert desk.queries[-1] == desk.field.query
    assert menu_action(desk, "Rating", "match").isChecked()
    menu_action(desk, "Rating", "match").trigger()
    assert desk.field.query == 'tag:"left and right"'
    menu_action(desk, "Clear the filter").trigger()
    assert desk.field.query == ""
    assert not menu_action(desk, "Clear the filter").isEnabled()


def answer_dialog(text: str) -> None:
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QInputDialog)
    line = dialog.findChild(QLineEdit)
    assert line is not None
    line.setText(text)
    QTest.keyClick(dialog, Qt.Key.Key_Return)


def test_menus_of_earlier_openings_are_not_left_behind(desk: Desk, qtbot: QtBot) -> None:
    menu = desk.field.button.menu()
    for _ in range(3):
        desk.field._fill_menu()
        count = len([action for action in menu.actions() if action.menu()])
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert len(menu.findChildren(QMenu)) == count


def test_menus_ask_for_numbers_and_for_one_of_many_values(desk: Desk) -> None:
    QTimer.singleShot(0, lambda: answer_dialog("0.2"))
    menu_action(desk, "Score", "At least…").trigger()
    assert desk.field.query == "score>=0.2"
    QTimer.singleShot(0, lambda: answer_dialog("label30"))
    menu_action(desk, "Label", "Other…").trigger()
    assert desk.field.query == "score>=0.2 label:label30"


def test_a_query_from_elsewhere_is_shown_and_not_emitted(desk: Desk) -> None:
    desk.field.show_query("rating:match")
    assert (desk.field.query, desk.queries) == ("rating:match", [])
    assert desk.field.list_filter.keys == {"rating"}
