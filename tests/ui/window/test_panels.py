"""The panels: each has its switch in the View menu, Tab on the picture hides them all, and they are restored."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QLineEdit, QToolBar
from pytestqt.qtbot import QtBot

from exclip_desktop.ui.action_table import ACTIONS, MENUS
from exclip_desktop.ui.widgets.labels import ElidedLabel
from exclip_desktop.ui.widgets.panels import PREFIX, bring_to_front
from exclip_desktop.ui.window import Window
from tests.ui.conftest import Opened

SEARCH = {"panel_search": True}
PANELS = [spec.name for spec in ACTIONS if spec.name.startswith(PREFIX)]


@pytest.fixture
def listed(opened: Opened, qtbot: QtBot) -> Opened:
    """A window with a list of two pairs, shown and active."""
    lines = [f"{Path(opened.picture(f'{name}.png')).name},a {name}" for name in ("dog", "cat")]
    (opened.folder / "list.csv").write_text("\n".join(["image,caption", *lines]))
    navigation = opened.session.pair_navigation
    with qtbot.waitSignal(navigation.list_changed):
        navigation.open(opened.folder / "list.csv")
    qtbot.waitUntil(lambda: opened.state.work is None and bool(navigation.pairs))
    for key in ("search", "boxes"):
        opened.window.panels.want(key, True)
    opened.window.activateWindow()
    qtbot.waitUntil(opened.window.isActiveWindow)
    bring_to_front(opened.window.pair_list_dock)  # it shares its place with the search
    qtbot.waitUntil(lambda: not opened.window.pair_list_dock.visibleRegion().isEmpty())
    return opened


def shown(window: Window) -> dict[str, bool]:
    widgets = {
        "panel_tools": window.findChild(QToolBar),
        "panel_inspector": window.inspector,
        "panel_pairs": window.pair_list_dock,
        "panel_search": window.search_dock,
        "panel_boxes": window.box_list_dock,
    }
    return {name: widgets[name].isVisible() for name in widgets}


def checked(window: Window) -> dict[str, bool]:
    return {name: window.commands[name].isChecked() for name in PANELS}


def focus_canvas(opened: Opened, qtbot: QtBot, reason: Qt.FocusReason = Qt.FocusReason.MouseFocusReason) -> None:
    opened.window.canvas.view.setFocus(reason)
    qtbot.waitUntil(opened.window.canvas.view.hasFocus)


def test_every_dock_and_bar_is_a_panel_of_the_view_menu(listed: Opened) -> None:
    assert set(PANELS) <= set(MENUS["&View"])
    window = listed.window
    for widget in (*window.findChildren(QDockWidget), *window.findChildren(QToolBar)):
        assert widget.isVisible()
    window.panels.hide_all(True)
    for widget in (*window.findChildren(QDockWidget), *window.findChildren(QToolBar)):
        assert not widget.isVisible(), widget.objectName()


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_is_hidden_and_shown_by_its_switch(name: str, listed: Opened) -> None:
    window = listed.window
    before = shown(window)
    window.commands[name].trigger()
    assert checked(window)[name] is False
    assert shown(window) == {**before, name: False} if name in before else True
    window.commands[name].trigger()
    assert shown(window) == before
    assert checked(window)[name] is True


def test_closed_pairs_are_brought_back_by_the_menu(listed: Opened) -> None:
    window = listed.window
    window.pair_list_dock.close()
    assert not shown(window)["panel_pairs"]
    assert not checked(window)["panel_pairs"]
    window.commands["panel_pairs"].trigger()
    assert shown(window)["panel_pairs"]
    assert checked(window)["panel_pairs"]


def test_pairs_belong_to_a_list(opened: Opened) -> None:
    assert not shown(opened.window)["panel_pairs"]
    assert not opened.window.commands["panel_pairs"].isEnabled()


def test_the_next_list_shows_its_pairs_although_the_dock_was_closed(listed: Opened, qtbot: QtBot) -> None:
    window, navigation = listed.window, listed.session.pair_navigation
    window.pair_list_dock.close()
    window.commands["close_list"].trigger()
    assert not window.commands["panel_pairs"].isEnabled()
    navigation.open(listed.folder / "list.csv")
    qtbot.waitUntil(lambda: bool(navigation.pairs) and listed.state.work is None)
    assert shown(window)["panel_pairs"]


def test_tab_on_the_picture_hides_all_panels_and_shows_them_as_they_were(listed: Opened, qtbot: QtBot) -> None:
    window = listed.window
    window.commands["panel_inspector"].trigger()
    before = shown(window)
    assert before == {"panel_tools": True, "panel_inspector": False, "panel_pairs": True, **SEARCH, "panel_boxes": True}
    focus_canvas(listed, qtbot)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Tab)
    assert not any(shown(window).values())
    assert window.commands["hide_panels"].isChecked()
    assert "Tab" in window.status.findChild(ElidedLabel, "message").text()
    assert QApplication.focusWidget() is window.canvas.view
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Tab)
    assert shown(window) == before
    assert not window.commands["hide_panels"].isChecked()


def test_tab_moves_the_focus_elsewhere_and_where_tab_brought_it(listed: Opened, qtbot: QtBot) -> None:
    window = listed.window
    caption = window.caption.findChild(QLineEdit)
    caption.setFocus()
    qtbot.waitUntil(caption.hasFocus)
    QTest.keyClick(caption, Qt.Key.Key_Tab)
    assert not caption.hasFocus()
    assert all(shown(window).values())
    focus_canvas(listed, qtbot, Qt.FocusReason.TabFocusReason)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Tab)
    assert not window.canvas.view.hasFocus()
    assert all(shown(window).values())
    focus_canvas(listed, qtbot, Qt.FocusReason.TabFocusReason)
    QTest.mouseClick(window.canvas.view.viewport(), Qt.MouseButton.LeftButton)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Tab)
    assert not any(shown(window).values())


def test_a_picture_that_loses_the_focus_because_it_is_hidden_leaves_the_panels(listed: Opened, qtbot: QtBot) -> None:
    focus_canvas(listed, qtbot)
    listed.window.canvas.view.hide()
    assert all(shown(listed.window).values())
    assert not listed.window.commands["hide_panels"].isChecked()


def test_esc_clears_the_selection_first_and_then_shows_the_panels(listed: Opened, qtbot: QtBot) -> None:
    window = listed.window
    window.commands["select_words"].trigger()
    focus_canvas(listed, qtbot)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Tab)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Escape)
    assert listed.state.selection.rows == ()
    assert not any(shown(window).values())
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Escape)
    assert all(shown(window).values())


def test_a_list_opened_while_panels_are_hidden_waits_for_them(opened: Opened, qtbot: QtBot) -> None:
    window = opened.window
    window.commands["hide_panels"].trigger()
    window.panels.set_available("pairs", True)
    assert not window.pair_list_dock.isVisible()
    window.commands["hide_panels"].trigger()
    assert window.pair_list_dock.isVisible()


def test_showing_one_panel_shows_all_again(listed: Opened) -> None:
    window = listed.window
    window.commands["panel_pairs"].trigger()
    window.commands["hide_panels"].trigger()
    window.commands["panel_pairs"].trigger()
    assert all(shown(window).values())


def test_an_inspector_dragged_to_nothing_is_brought_back(listed: Opened) -> None:
    window = listed.window
    across = window.inspector.parentWidget()
    across.moveSplitter(across.width(), 1)
    assert not shown(window)["panel_inspector"]
    assert not checked(window)["panel_inspector"]
    window.commands["panel_inspector"].trigger()
    assert window.inspector.width() >= window.inspector.minimumSizeHint().width()


def test_reset_layout_shows_all_panels_at_their_first_sizes(listed: Opened, qtbot: QtBot) -> None:
    window = listed.window
    across = window.inspector.parentWidget()
    across.setSizes([300, across.width() - 300])
    window.resizeDocks([window.pair_list_dock], [420], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: window.pair_list_dock.width() == 420)
    for name in PANELS:
        window.commands[name].trigger()
    window.commands["reset_layout"].trigger()
    at_first = {name: name not in ("panel_boxes", "panel_search") for name in PANELS}
    assert shown(window) == {name: at_first[name] for name in shown(window)}
    assert checked(window) == at_first
    assert window.inspector.width() == pytest.approx(window.inspector.sizeHint().width(), abs=8)
    dock = window.pair_list_dock
    width_px = max(dock.sizeHint().width(), dock.minimumSizeHint().width())
    qtbot.waitUntil(lambda: dock.width() == pytest.approx(width_px, abs=8))


def test_panels_are_restored_at_the_next_start(listed: Opened, qtbot: QtBot) -> None:
    window = listed.window
    window.commands["panel_inspector"].trigger()
    window.resizeDocks([window.pair_list_dock], [420], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: window.pair_list_dock.width() == 420)
    window.commands["hide_panels"].trigger()
    window.close()
    again = Window(listed.session)
    qtbot.addWidget(again)
    again.show()
    assert shown(again) == {
        "panel_tools": True,
        "panel_inspector": False,
        "panel_pairs": True,
        **SEARCH,
        "panel_boxes": True,
    }
    qtbot.waitUntil(lambda: again.pair_list_dock.width() == pytest.approx(420, abs=8))
    assert not again.commands["hide_panels"].isChecked()


def test_full_screen_is_a_switch_that_esc_ends(listed: Opened, qtbot: QtBot) -> None:
    window = listed.window
    window.commands["full_screen"].trigger()
    assert window.isFullScreen()
    assert window.commands["full_screen"].isChecked()
    window.commands["clear_selection"].trigger()
    focus_canvas(listed, qtbot)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert not window.commands["full_screen"].isChecked()
