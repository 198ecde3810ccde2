"""View ▸ Colours: one entry for each row of the table of colour maps."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton

from exclip_desktop.core.maths.colour import COLOUR_MAPS, DEFAULT_COLOURS
from exclip_desktop.core.values.selection import Preview, Selection
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.window_settings import read_back
from exclip_desktop.ui.canvas.range_warning import RangeWarning
from tests.ui.conftest import Opened


def _checked(menu: QMenu) -> list[str]:
    return [entry.text() for entry in menu.actions() if entry.isChecked()]


def test_the_menu_lists_the_table_and_changes_the_view(opened: Opened) -> None:
    menu = opened.window.commands["colours"].menu()
    assert [entry.text() for entry in menu.actions()] == [row.name for row in COLOUR_MAPS.values()]
    assert _checked(menu) == ["Red and blue"]
    menu.actions()[1].trigger()
    assert opened.state.view.colours == "safe"
    opened.session.show(colours=DEFAULT_COLOURS)
    assert _checked(menu) == ["Red and blue"]


def test_saved_colours_that_do_not_exist_become_the_default() -> None:
    assert read_back({"colours": "safe", "grey": False}, View()) == View(colours="safe", grey=False)
    assert read_back({"colours": "safer"}, View()) == View()


@pytest.mark.parametrize("preview", [Preview(rows=(2,)), Preview(patch=(3, 4))])
def test_the_lock_keeps_the_range_of_the_selection_not_that_of_what_is_under_the_mouse(
    opened: Opened, preview: Preview
) -> None:
    state = opened.state
    state.change(selection=Selection((1,)))
    picture, words = opened.window.stage.limit(), opened.window.strip.limit
    state.change(preview=preview)
    assert (opened.window.stage.limit(), opened.window.strip.limit) != (picture, words)
    QTest.keyClick(opened.window, Qt.Key.Key_K)
    assert (state.view.picture_limit, state.view.words_limit) == (picture, words)
    assert state.preview == preview
    QTest.keyClick(opened.window, Qt.Key.Key_K)
    assert (state.view.picture_limit, state.view.words_limit) == (None, None)


def test_a_locked_range_that_is_much_too_wide_is_said_with_a_way_back(opened: Opened) -> None:
    warning = opened.window.canvas.findChild(RangeWarning)
    opened.session.show(picture_limit=10 * opened.window.canvas.own_limit())
    assert not warning.isVisible()
    opened.session.show(picture_limit=100 * opened.window.canvas.own_limit())
    assert warning.isVisible()
    opened.state.change(preview=Preview(rows=(2,)))
    assert warning.isVisible()
    opened.state.change(preview=Preview())
    opened.session.show(heat=False)
    assert not warning.isVisible()
    opened.session.show(heat=True)
    warning.findChild(QPushButton).click()
    assert opened.state.view.picture_limit is None
    assert not warning.isVisible()
