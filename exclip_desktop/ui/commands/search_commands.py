"""Commands that search the open list: by selected words, by boxes, by a picture file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from exclip_desktop.session.search.hits import ListHit
from exclip_desktop.session.session import Session
from exclip_desktop.storage.exports.formats import names_by_ending
from exclip_desktop.storage.exports.hit_files import HIT_FORMATS
from exclip_desktop.ui.dialogs.export_dialog import ask_path
from exclip_desktop.ui.search.search_dock import SearchDock
from exclip_desktop.ui.widgets.panels import bring_to_front


class SearchCommands(QObject):
    """Starts searches in the panel of search results."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        actions: dict[str, QAction],
        dock: SearchDock,
        pairs: QWidget,
        report: Callable[..., object],
        folder: Callable[[], str],
    ) -> None:
        """Connect the actions and the dock, which shares its place with ``pairs``.

        ``report`` shows a sentence; ``folder`` returns where the person opened something last.
        """
        super().__init__(window)
        self._window, self._session, self._actions = window, session, actions
        self._dock, self._folder = dock, folder
        actions["search_list"].triggered.connect(self.search)
        for panel, tab in (("panel_search", dock), ("panel_pairs", pairs)):  # they share their place
            actions[panel].triggered.connect(partial(self._raise, tab))
        session.search.refused.connect(report)
        session.hit_findings.reported.connect(report)
        dock.note_requested.connect(session.hit_findings.note)
        dock.export_requested.connect(self.export)
        self._words = dock.by_menu.addAction("Selected words")
        self._words.triggered.connect(self.search_words)
        self._regions = dock.by_menu.addAction("Selected boxes")
        self._regions.triggered.connect(self.search_regions)
        dock.by_menu.addAction("Picture file…").triggered.connect(self.search_file)
        dock.by_menu.aboutToShow.connect(self._fill_menu)

    def search(self) -> None:
        """Search by the selected words, else by the boxes; without a selection, go to the field of words."""
        self._show_panel()
        selection = self._session.state.selection
        if self._selected_span() is not None:
            self.search_words()
        elif selection.regions:
            self.search_regions()
        else:
            self._dock.focus_words()

    def search_words(self) -> None:
        """Search for the selected words, as a part of their caption."""
        explanation, span = self._session.state.explanation, self._selected_span()
        if explanation is not None and span is not None:
            text = explanation.caption.text
            self._dock.line.setText(text[slice(*span)])
            self._session.search.search_words(text, span)
            self._dock.focus_hits()

    def search_regions(self) -> None:
        """Search for the selected boxes."""
        self._dock.line.clear()
        self._session.search.search_regions()
        self._dock.focus_hits()

    def search_file(self) -> None:
        """Ask for a picture file, and search for what it shows."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Search for a picture", self._folder())
        if path:
            self._dock.line.clear()
            self._session.search.search_file(Path(path))
            self._dock.focus_hits()

    def export(self, hits: list[ListHit]) -> None:
        """Ask for a file, and write hits to it."""
        if hits:
            suggested = Path(self._folder()) / "hits.csv"
            path = ask_path(self._window, "Export hits", suggested, names_by_ending(HIT_FORMATS))
            if path is not None:
                self._session.hit_findings.write(hits, path)

    def _selected_span(self) -> tuple[int, int] | None:
        """Return the characters from the first selected word to the last one; None without selected words."""
        explanation, rows = self._session.state.explanation, set(self._session.state.selection.rows)
        if explanation is None:
            return None
        words = [word for word in explanation.caption.words if rows.intersection(word.rows)]
        return (words[0].start, words[-1].end) if words else None

    def _show_panel(self) -> None:
        if not self._dock.isVisible():
            self._actions["panel_search"].trigger()
        self._raise(self._dock)

    def _raise(self, tab: QWidget, is_shown: bool = True) -> None:
        """Bring a dock in front of the other; one that was just shown has no tab before the layout is made again."""
        if is_shown:
            bring_to_front(tab)
            QTimer.singleShot(0, tab, partial(bring_to_front, tab))

    def _fill_menu(self) -> None:
        self._words.setEnabled(self._selected_span() is not None)
        regions = self._session.state.selection.regions
        self._regions.setText("Selected boxes" if regions else "The picture on screen")
        self._regions.setEnabled(self._session.state.canvas_picture is not None)
