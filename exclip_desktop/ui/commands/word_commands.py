"""What the menus of words ask for: a finding, and explanations of signs with a way into the manual."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox, QWidget

from exclip_desktop.core.text.word_signs import MARGINALS, SIGNS_PAGE
from exclip_desktop.ui.caption.token_strip import TokenStrip
from exclip_desktop.ui.compare.pane_grid import PaneGrid
from exclip_desktop.ui.inspector.inspector import Inspector


class WordCommands(QObject):
    """Handles the menus of all strips of a window, and the Selection tab's question about a sign."""

    def __init__(
        self,
        window: QWidget,
        note: QAction,
        show_manual: Callable[[str, str], None],
        sources: tuple[TokenStrip | PaneGrid, ...],
        inspector: Inspector,
    ) -> None:
        """Follow ``sources`` and the inspector; ``show_manual`` opens a page at an anchor."""
        super().__init__(window)
        self._window, self._show_manual = window, show_manual
        for source in sources:
            source.note_requested.connect(note.trigger)
        for asking in (*sources, inspector):
            asking.sign_explained.connect(self.explain)

    def explain(self, question: str, answer: str) -> None:
        """Answer a question about a sign, and offer the manual's section."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, question, answer, QMessageBox.StandardButton.Close, self._window)
        box.setInformativeText(MARGINALS)
        more = box.addButton("Open the manual", QMessageBox.ButtonRole.HelpRole)
        more.clicked.connect(lambda: self._show_manual(*SIGNS_PAGE))
        box.finished.connect(box.deleteLater)
        box.open()
