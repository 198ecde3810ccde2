"""The menu of a word, by a right click or the menu key."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from exclip_desktop.ui.actions import keep_keys
from exclip_desktop.ui.widgets.labels import escape_ampersands

Act = Callable[[], None]


class WordMenu(QMenu):
    """Entries for one word; it deletes itself when it closes."""

    def __init__(self, word: str, parent: QWidget) -> None:
        """Start with no entries; ``word`` names the menu for screen readers."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(f"Word: {word}")
        keep_keys(self)

    def add_selecting(self, word: str, select: Act, toggle: Act, phrase: Act | None, *, is_selected: bool) -> None:
        """Add the entries that select: the word alone, with the others, and its phrase where it is part of one."""
        self.addAction(f"Select “{escape_ampersands(word)}”", select)
        self.addAction("Remove from the selection" if is_selected else "Add to the selection", toggle)
        if phrase is not None:
            self.addAction("Select the phrase", phrase)

    def add_rest(self, copy: Act | None, reasons: dict[str, Act], note: Act) -> None:
        """Add the other entries; ``reasons`` are questions about the word's sign, with their answers."""
        self.addSeparator()
        if copy is not None:
            self.addAction("Copy the word with its value", copy)
        for question, answer in reasons.items():
            self.addAction(question, answer)
        self.addSeparator()
        self.addAction("Note finding…", note)
