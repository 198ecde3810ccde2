"""View ▸ Colours: one entry for each row of the table of colour maps."""

from exclip_desktop.core.maths.colour import COLOUR_MAPS, DEFAULT_COLOURS
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.window_settings import read_back
from exclip_desktop.ui.commands.view_commands import ColoursMenu
from tests.ui.conftest import Opened


def _checked(menu: ColoursMenu) -> list[str]:
    return [entry.text() for entry in menu.actions() if entry.isChecked()]


def test_the_menu_lists_the_table_and_changes_the_view(opened: Opened) -> None:
    menu = opened.window.findChild(ColoursMenu)
    assert [entry.text() for entry in menu.actions()] == [row.name for row in COLOUR_MAPS.values()]
    assert _checked(menu) == ["Red and blue"]
    menu.actions()[1].trigger()
    assert opened.state.view.colours == "safe"
    opened.session.show(colours=DEFAULT_COLOURS)
    assert _checked(menu) == ["Red and blue"]


def test_saved_colours_that_do_not_exist_become_the_default() -> None:
    assert read_back({"colours": "safe", "grey": False}, View()) == View(colours="safe", grey=False)
    assert read_back({"colours": "safer"}, View()) == View()
