"""The bar below the toolbar."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from exclip_desktop.ui.widgets.notice_bar import NoticeBar


def bar_with_buttons(qtbot: QtBot) -> tuple[NoticeBar, list[str]]:
    """Return a shown bar with two buttons, and the list of what it emits."""
    bar, heard = NoticeBar(), list[str]()
    qtbot.addWidget(bar)
    bar.answered.connect(heard.append)
    bar.closed.connect(lambda: heard.append("closed"))
    bar.show_message("Last time: scenes.jsonl, pair 3.", {"go_on": "Go on", "not_now": "Not now"}, {"go_on": "Open it"})
    return bar, heard


def test_a_bar_is_hidden_until_it_has_a_message_and_after_an_answer(qtbot: QtBot) -> None:
    assert NoticeBar().isHidden()
    bar, heard = bar_with_buttons(qtbot)
    assert bar.isVisible()
    button = bar.findChild(QPushButton, "go_on")
    assert button is not None
    assert button.text() == "Go on"
    assert button.toolTip() == "Open it"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (bar.isVisible(), heard) == (False, ["go_on"])


def test_escape_in_a_bar_closes_it_without_an_answer(qtbot: QtBot) -> None:
    bar, heard = bar_with_buttons(qtbot)
    bar.setFocus()
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert (bar.isVisible(), heard) == (False, ["closed"])


def test_a_second_message_replaces_the_buttons(qtbot: QtBot) -> None:
    bar, heard = bar_with_buttons(qtbot)
    bar.show_message("Another.", {"other": "Other"})
    button = bar.findChild(QPushButton, "other")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert heard == ["other"]
