"""Commands for the pairs of the open list: the filter, the grid, and the menu of selected pairs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import RATING_NAMES, Rating
from exclip_desktop.session.session import Session
from exclip_desktop.ui.actions import keep_keys
from exclip_desktop.ui.commands.rating_commands import RatingCommands
from exclip_desktop.ui.dialogs.list_export_dialog import ListExportDialog, scope_names
from exclip_desktop.ui.lists.findings_tab import FindingsTab
from exclip_desktop.ui.lists.pair_list_dock import PairListDock
from exclip_desktop.ui.widgets.file_manager import show_in_folder
from exclip_desktop.ui.widgets.panels import bring_to_front


class PairCommands(QObject):
    """Handles the list of pairs of a window: what is chosen by keys, and by the menu of its rows."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        actions: dict[str, QAction],
        dock: PairListDock,
        findings: FindingsTab,
        rating: RatingCommands,
        folder: Callable[[], str],
    ) -> None:
        """Connect the actions and the dock; ``folder`` returns where the person opened something last."""
        super().__init__(window)
        self._window, self._session, self._actions = window, session, actions
        self._dock, self._findings, self._rating, self._folder = dock, findings, rating, folder
        self._list_format = ""  # of the last export
        actions["filter_list"].triggered.connect(self.focus_filter)
        actions["pair_grid"].triggered.connect(dock.show_grid)
        actions["export_list"].triggered.connect(lambda: self.export(dock.focused_places))
        dock.grid_shown.connect(actions["pair_grid"].setChecked)
        dock.removal_requested.connect(session.list_edits.remove)
        dock.menu_requested.connect(self._show_menu)

    def focus_filter(self) -> None:
        """Go to the filter of the findings where they have the focus or are all there is, else to that of the pairs."""
        focus, has_list = QApplication.focusWidget(), bool(self._session.pair_navigation.pairs)
        if not has_list or (focus is not None and self._findings.isAncestorOf(focus)):
            self._findings.filter.setFocus()
            return
        if not self._dock.isVisible():
            self._actions["panel_pairs"].trigger()
        bring_to_front(self._dock)  # the search results may lie over it
        self._dock.focus_filter()

    def make_menu(self, places: list[int]) -> QMenu:
        """Return the menu of the pairs at these places of the list."""
        menu, count = QMenu(self._window), format_count(len(places), "pair")
        keep_keys(menu)
        menu.addAction("Open").triggered.connect(lambda: self._session.pair_navigation.show(places[0]))
        explain = menu.addAction("Explain" if len(places) == 1 else f"Explain {count}")
        explain.triggered.connect(lambda: self._session.list_explainer.start(places))
        menu.addSeparator()
        rate = menu.addMenu("Rate")
        for rating, name in RATING_NAMES.items():
            rate.addAction(name).triggered.connect(partial(self._rate, places, rating))
        menu.addAction("Tags…").triggered.connect(lambda: self._rating.tag_pairs(places))
        menu.addSeparator()
        menu.addAction(_plural("Copy path", places)).triggered.connect(lambda: self._copy(self._paths(places)))
        captions = [self._session.pair_navigation.pairs[place].caption for place in places]
        menu.addAction(_plural("Copy caption", places)).triggered.connect(lambda: self._copy(captions))
        show = menu.addAction("Show picture in folder")
        show.triggered.connect(lambda: show_in_folder(Path(self._paths(places)[0])))
        menu.addAction(f"Export {count} as a list…").triggered.connect(lambda: self.export(places))
        menu.addSeparator()
        remove = menu.addAction("Remove from the list" if len(places) == 1 else f"Remove {count} from the list")
        remove.triggered.connect(lambda: self._session.list_edits.remove(places))
        return menu

    def export(self, places: list[int]) -> None:
        """Ask how to write these or all listed pairs as a list, and write it."""
        navigation, edits = self._session.pair_navigation, self._session.list_edits
        scopes = scope_names(places, navigation.walk.places, len(navigation.pairs))
        folder, window = Path(self._folder()), self._window
        dialog = ListExportDialog(scopes, edits.list_of, folder, window, chosen=self._list_format)
        if dialog.exec():
            self._list_format = dialog.writer.key
            edits.export(dialog.places, dialog.path(), dialog.writer.key, dialog.formulas)
        dialog.deleteLater()

    def _show_menu(self, places: list[int], where: QPoint) -> None:
        menu = self.make_menu(places)
        menu.exec(where)
        menu.deleteLater()

    def _rate(self, places: list[int], rating: Rating, _checked: bool = False) -> None:
        self._rating.rate_pairs(places, rating)

    def _paths(self, places: list[int]) -> list[str]:
        navigation = self._session.pair_navigation
        return [str(navigation.path(navigation.pairs[place])) for place in places]

    def _copy(self, lines: list[str]) -> None:
        QGuiApplication.clipboard().setText("\n".join(lines))


def _plural(text: str, places: list[int]) -> str:
    return text if len(places) == 1 else f"{text}s"
