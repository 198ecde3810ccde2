"""The menu of a word, the explanation of its sign, and words without values."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.text.word_signs import MARGINALS, WHY_BLUE, WHY_NEGATIVE
from exclip_desktop.core.values.answers import MapAnswer, Maps
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Preview, Selection
from exclip_desktop.session.state import State
from exclip_desktop.ui.caption.word_menu import WordMenu
from exclip_desktop.ui.dialogs.manual_window import ManualPlace, ManualWindow
from tests.ui.caption.strip_desk import BALLOON, HYDRANT, RED, Desk
from tests.ui.conftest import Opened

WHY_ROWS = 2  # red


def with_signs(explanation: Explanation) -> Explanation:
    """Return it with a word whose first patches are red and whose other patches are blue, also in any region."""
    values = np.zeros_like(explanation.matrix)
    values[WHY_ROWS, 1:] = -0.01
    values[WHY_ROWS, 1] = 0.02
    return replace(explanation, interactions=replace(explanation.interactions, values=values))


@pytest.fixture
def desk(qtbot: QtBot, make_state: Callable[..., State]) -> Desk:
    return Desk(qtbot, make_state())


def open_menu(desk: Desk, at: QPoint) -> WordMenu | None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, desk.strip.mapToGlobal(at))
    QApplication.sendEvent(desk.strip, event)
    return desk.strip.findChild(WordMenu)


def texts(menu: WordMenu) -> list[str]:
    return [entry.text() for entry in menu.actions() if not entry.isSeparator()]


def choose(menu: WordMenu, text: str) -> None:
    (entry,) = (entry for entry in menu.actions() if entry.text() == text)
    entry.trigger()
    menu.close()
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, 52)  # deferred deletion


def test_a_right_click_shows_the_word_s_menu_and_selects_nothing(desk: Desk) -> None:
    desk.click(desk.at(RED))
    menu = open_menu(desk, desk.at(HYDRANT))
    assert menu is not None
    assert menu.isVisible()
    assert texts(menu) == [
        *("Select “hydrant”", "Add to the selection", "Select the phrase"),
        *("Copy the word with its value", "Note finding…"),
    ]
    assert desk.rows == (2,)


def test_its_entries_select_as_clicks_do(desk: Desk) -> None:
    choose(open_menu(desk, desk.at(RED)), "Select “red”")
    choose(open_menu(desk, desk.at(HYDRANT)), "Add to the selection")
    assert desk.rows == (2, 6, 7)
    choose(open_menu(desk, desk.at(RED)), "Remove from the selection")
    assert desk.rows == (6, 7)
    choose(open_menu(desk, desk.at(BALLOON)), "Select the phrase")
    assert desk.rows == (2, 3)
    assert desk.committed == [((), (2,)), ((2,), (2, 6, 7)), ((2, 6, 7), (6, 7)), ((6, 7), (2, 3))]


def test_the_menu_key_shows_the_menu_of_the_word_at_the_cursor(desk: Desk) -> None:
    desk.click(desk.at(BALLOON))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(desk.strip, event)
    menu = desk.strip.findChild(WordMenu)
    assert "Select “balloon”" in texts(menu)
    menu.close()


def test_there_is_no_menu_on_empty_ground(desk: Desk) -> None:
    assert open_menu(desk, desk.empty()) is None


def test_a_word_is_copied_with_its_value(desk: Desk) -> None:
    choose(open_menu(desk, desk.at(HYDRANT)), "Copy the word with its value")
    word, value = QGuiApplication.clipboard().text().split("\t")
    assert word == "hydrant"
    shown = sum(desk.strip._heat.values[HYDRANT])
    assert float(value.replace("−", "-")) == pytest.approx(shown, abs=5e-5)


def test_only_a_blue_word_with_red_patches_has_the_question(desk: Desk) -> None:
    desk.state.change(answer=with_signs(desk.state.explanation))
    asked: list[tuple[str, str]] = []
    desk.strip.sign_explained.connect(lambda *what: asked.append(what))
    menu = open_menu(desk, desk.at(BALLOON))
    assert WHY_BLUE not in texts(menu)
    menu.close()
    QApplication.sendPostedEvents(None, 52)
    choose(open_menu(desk, desk.at(RED)), WHY_BLUE)
    assert asked == [
        (
            WHY_BLUE,
            "“red” raises the score in its red patches (+0.0200) and lowers it in its blue patches (−1.4300). "
            "Its colour shows the region where it changes the score most: −0.1600.",
        )
    ]


def test_words_without_values_are_not_coloured_and_it_is_written_before_them(desk: Desk) -> None:
    explanation = desk.state.explanation
    coloured = desk.fill(RED)
    maps = Maps(np.ones(explanation.geometry.grid), None, explanation.interactions.content)
    desk.state.change(answer=MapAnswer(maps, explanation.caption, explanation.geometry, 0.3, "red", {}))
    chips = [chip.text for chip in desk.strip._picker.chips]
    assert chips[:3] == ["no word values", "a", "red"]
    window = desk.strip.palette().color(QPalette.ColorRole.Window)
    assert [desk.fill(number) for number in range(len(chips))] == [window] * len(chips)
    assert coloured != window
    desk.click(desk.at(0))
    assert desk.rows == ()
    desk.click(desk.at(1 + RED))
    assert desk.rows == (2,)
    assert "Copy the word with its value" not in texts(open_menu(desk, desk.at(1 + RED)))


# In the window


def boxes(opened: Opened) -> list[QMessageBox]:
    return [box for box in opened.window.findChildren(QMessageBox) if box.isVisible()]


def test_the_explanation_leads_to_the_manual_s_section(opened: Opened, qtbot: QtBot) -> None:
    opened.window.strip.sign_explained.emit(WHY_BLUE, "Because.")
    (box,) = boxes(opened)
    assert (box.text(), box.informativeText()) == ("Because.", MARGINALS)
    (more,) = (button for button in box.buttons() if button.text() == "Open the manual")
    QTest.mouseClick(more, Qt.MouseButton.LeftButton)
    manual = opened.window.findChild(ManualWindow)
    assert manual.isVisible()
    assert manual.place == ManualPlace("numbers", "signs-of-words")
    qtbot.waitUntil(lambda: not boxes(opened))
    manual.close()


def test_the_selection_tab_asks_about_a_negative_sum_of_selected_words(opened: Opened) -> None:
    state = opened.state
    state.change(answer=with_signs(state.explanation))
    why = opened.window.inspector.findChild(QPushButton, "why")
    assert not why.isVisible()  # nothing is selected
    state.change(selection=Selection((WHY_ROWS,)))
    assert why.isVisible()
    why.click()
    (box,) = boxes(opened)
    assert box.windowTitle() == WHY_NEGATIVE or box.text().startswith("“red” raises the score")
    assert box.text().endswith("The blue patches add up to more than the red ones.")
    box.close()
    state.change(selection=Selection((3,)))
    assert not why.isVisible()


def test_a_finding_is_noted_from_the_menu(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    triggered: list[bool] = []
    opened.window.commands["note"].triggered.disconnect()
    opened.window.commands["note"].triggered.connect(lambda *_: triggered.append(True))
    opened.window.strip.note_requested.emit()
    assert triggered == [True]


def test_words_are_coloured_by_the_menu_s_choice_which_is_saved(opened: Opened) -> None:
    menu = opened.window.commands["words_by"].menu()
    region, picture = menu.actions()
    assert region.isChecked()
    before = [list(values) for values in opened.window.strip._heat.values]
    picture.trigger()
    assert opened.state.view.words_by == "picture"
    after = [list(values) for values in opened.window.strip._heat.values]
    assert before != after
    np.testing.assert_allclose([sum(values) for values in after], opened.state.explanation.word_heat(), rtol=1e-9)
    assert opened.session.settings.view().words_by == "picture"


def test_values_through_the_strongest_regions_are_computed_once_for_an_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [list(values) for values in desk.strip._heat.values]
    monkeypatch.setattr("exclip_desktop.core.maths.word_values.find_strongest_region", None)  # it must not be called
    desk.state.change(preview=Preview(patch=(2, 2)))
    assert [list(values) for values in desk.strip._heat.values] != before
    desk.state.change(preview=Preview())
    assert [list(values) for values in desk.strip._heat.values] == before


def test_a_menu_goes_with_its_word(opened: Opened, qtbot: QtBot) -> None:
    strip, state = opened.window.strip, opened.state
    at = QPoint(*(int(part) for part in strip._placed.rect_of((len(strip._picker.chips) - 1, 0))[:2])) + QPoint(3, 3)
    QApplication.sendEvent(strip, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, strip.mapToGlobal(at)))
    menu = strip.findChild(WordMenu)
    assert menu.isVisible()
    opened.session.explain_controller.type_caption("dog")
    qtbot.waitUntil(lambda: state.explanation.caption.text == "dog")
    assert strip.findChild(WordMenu) is None or not strip.findChild(WordMenu).isVisible()


def test_rows_that_the_caption_does_not_have_are_not_selected(opened: Opened, qtbot: QtBot) -> None:
    state, selection_controller = opened.state, opened.session.selection_controller
    opened.session.compare_controller.open()
    last = (len(state.explanation.tokens) - 2,)
    opened.session.explain_controller.type_caption("dog")
    qtbot.waitUntil(lambda: state.explanation.caption.text == "dog")
    with qtbot.captureExceptions() as raised:  # by a gesture or a menu that began on the longer caption
        selection_controller.show_rows((1, *last))
        selection_controller.hover_rows(last)
        assert (state.selection.rows, state.preview.rows) == ((1,), ())
        selection_controller.commit_rows((), last)
        selection_controller.commit_rows(last, (1, *last))
    assert state.selection.rows == (1,)
    assert raised == []
