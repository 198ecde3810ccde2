"""The field for tags, which completes earlier ones, and the dialog that asks for tags alone."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.ui.widgets.labels import ClampedLabel

WIDTH_PX: Final = 380
SEPARATOR: Final = ", "
TAKE_KEYS: Final = (Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def read_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a text, separated by commas, each once."""
    tags = dict.fromkeys(" ".join(tag.split()) for tag in text.split(","))
    return tuple(tag for tag in tags if tag)


def list_offers(tags: Sequence[str], text: str, cursor: int) -> list[str]:
    """Return the tags that complete the one at the cursor: those that begin with its letters first."""
    start = text.rfind(",", 0, cursor) + 1
    letters = text[start:cursor].strip().casefold()
    if not letters or "," in text[cursor:].rstrip(", "):
        return []
    others = set(read_tags(text[:start]))
    left = [tag for tag in tags if tag not in others]
    if letters in map(str.casefold, left):
        return []
    begin = [tag for tag in left if tag.casefold().startswith(letters)]
    return begin + [tag for tag in left if letters in tag.casefold() and tag not in begin]


class TagField(QLineEdit):
    """Edits tags, separated by commas. Tab and Return take the offer that is marked, a comma ends a tag as typed."""

    def __init__(self, tags: Sequence[str], known: Sequence[str], parent: QWidget | None = None) -> None:
        """Start with ``tags``; offer the ``known`` ones."""
        super().__init__("".join(f"{tag}{SEPARATOR}" for tag in tags), parent)  # ready for the next one
        self._known = tuple(known)
        self._offers, self._popup = QStringListModel(self), QListView()
        self._completer = QCompleter(self._offers, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setPopup(self._popup)
        self._popup.installEventFilter(self)  # after the completer's own filter, so that it comes first
        self._completer.setWidget(self)
        self._completer.activated.connect(self._take)
        self.setPlaceholderText("colour, left and right")
        self.setAccessibleName("Tags")
        self.textEdited.connect(self._offer)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that were entered."""
        return read_tags(self.text())

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802  Qt's name
        """Go behind the last tag: Qt would select all tags, and the next letter would replace them."""
        super().focusInEvent(event)
        self.deselect()
        self.end(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Take the marked offer with Tab and Return, while the list of offers is open and has the keys."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.key() not in TAKE_KEYS or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return super().eventFilter(watched, event)
        self._take(str(self._popup.currentIndex().data()))
        return True

    def _offer(self) -> None:
        offers = list_offers(self._known, self.text(), self.cursorPosition())
        self._offers.setStringList(offers)
        if not offers:
            self._popup.hide()
            return
        self._completer.complete()
        self._popup.setCurrentIndex(self._offers.index(0))

    def _take(self, tag: str) -> None:
        text = self.text()
        start = text.rfind(",", 0, self.cursorPosition()) + 1
        before = f"{text[:start]} " if start else ""
        self.setText(f"{before}{tag}{SEPARATOR}")
        self._popup.hide()


class TagDialog(QDialog):
    """Asks for tags; ``what`` describes their pair or findings. Return saves them."""

    def __init__(self, what: str, tags: Sequence[str], known: Sequence[str], parent: QWidget | None = None) -> None:
        """Start with ``tags``; offer the ``known`` ones."""
        super().__init__(parent)
        self.setWindowTitle("Tags")
        self.field = TagField(tags, known)
        description = ClampedLabel(2)
        description.show_text(what)
        label = QLabel("&Tags, separated by commas:")
        label.setBuddy(self.field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(description)
        column.addWidget(label)
        column.addWidget(self.field)
        column.addWidget(buttons)
        self.setMinimumWidth(WIDTH_PX)
        self.field.setFocus()
