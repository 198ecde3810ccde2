"""The manual in a window of its own: contents, full-text search, Back and Forward, and the shortcut sheet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.session.window_settings import Settings
from exclip_desktop.storage.manual import INDEX, page, search, sections, topics
from exclip_desktop.ui.action_table import shortcut_rows
from exclip_desktop.ui.dialogs.manual_page import ManualPage
from exclip_desktop.ui.dialogs.shortcut_sheet import ShortcutSheet
from exclip_desktop.ui.theme import ThemedIcons
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper, resize_within_screen

OPENS_AT_PX: Final = (1120, 780)
CONTENTS_PX: Final = 270
OVERVIEW: Final = "Overview"
SHORTCUTS: Final = "shortcuts"
SHORTCUTS_TITLE: Final = "Shortcuts and gestures"
PLACE_ROLE: Final = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class ManualPlace:
    """A place in the manual: a page's key, a heading's anchor or "", and the words that were searched."""

    topic: str
    anchor: str = ""
    words: str = ""


class ManualWindow(QDialog):
    """Shows the manual next to the main window.

    ``settings`` keep the window's size. ``show_page`` and ``show_shortcuts`` open it; Esc closes it.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Manual")
        resize_within_screen(self, *OPENS_AT_PX)
        ScreenKeeper(self)
        self._settings = settings
        self._history: list[ManualPlace] = []
        self._at = -1
        self._icons = ThemedIcons(self)
        self._back = self._button("previous", "Back", "Alt+Left", lambda: self._go(-1))
        self._forward = self._button("next", "Forward", "Alt+Right", lambda: self._go(+1))
        self._search = QLineEdit(placeholderText="Search the manual", clearButtonEnabled=True)
        self._search.setAccessibleName("Search the manual")
        self._contents, self._results = QTreeWidget(), QListWidget()
        self._entries: list[QTreeWidgetItem] = []
        self._left, self._right = QStackedWidget(), QStackedWidget()
        self._page, self._sheet = ManualPage(), ShortcutSheet(settings.annotating.keys())
        self._fill_contents()
        self._lay_out()
        self._connect()
        geometry = settings.geometry.get("manual")
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)

    @property
    def place(self) -> ManualPlace | None:
        """The place that is shown; None before the first."""
        return self._history[self._at] if self._history else None

    def show_page(self, topic: str = "", anchor: str = "") -> None:
        """Show the window: on a page, or on the page that was open last, or on the overview."""
        current = self.place
        if topic:
            self.visit(ManualPlace(topic, anchor))
        elif current is None or current.topic == SHORTCUTS:
            self.visit(next((p for p in reversed(self._history) if p.topic != SHORTCUTS), ManualPlace(INDEX)))
        self._raise()

    def show_shortcuts(self) -> None:
        """Show the window on the shortcut sheet, ready to search it."""
        self._search.clear()
        self._sheet.search_field.clear()
        self.visit(ManualPlace(SHORTCUTS))
        self._raise()
        self._sheet.search_field.setFocus()

    def visit(self, place: ManualPlace) -> None:
        """Go to a place; Back returns from it."""
        if place != self.place:
            del self._history[self._at + 1 :]
            self._history.append(place)
            self._at += 1
        self._show_place()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  Qt's name
        """Store the window's size."""
        self._settings.geometry.put("manual", self.saveGeometry())
        super().hideEvent(event)

    def _raise(self) -> None:
        self.show()
        self.raise_()
        self.activateWindow()

    def _button(self, icon: str, name: str, keys: str, go: Callable[[], None]) -> QToolButton:
        button = QToolButton(autoRaise=True)
        button.setIconSize(QSize(20, 20))
        button.setAccessibleName(name)
        button.setToolTip(f"{name} ({QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)})")
        button.clicked.connect(go)
        self._add_shortcut(keys, go)
        self._icons.add(button, icon)
        return button

    def _add_shortcut(self, keys: str, go: Callable[[], None]) -> None:
        QShortcut(QKeySequence(keys), self).activated.connect(go)

    def _fill_contents(self) -> None:
        self._contents.setHeaderHidden(True)
        self._contents.setAccessibleName("Contents")
        self._contents_item(self._contents, OVERVIEW, ManualPlace(INDEX))
        for topic in topics():
            item = self._contents_item(self._contents, topic.title, ManualPlace(topic.key))
            item.setToolTip(0, f"{topic.summary[:1].upper()}{topic.summary[1:]}.")
            for section in sections(topic.key)[1:]:
                self._contents_item(item, section.heading, ManualPlace(topic.key, section.anchor))
        self._contents_item(self._contents, SHORTCUTS_TITLE, ManualPlace(SHORTCUTS))

    def _contents_item(self, above: QTreeWidget | QTreeWidgetItem, title: str, place: ManualPlace) -> QTreeWidgetItem:
        item = QTreeWidgetItem(above, [title])
        item.setData(0, PLACE_ROLE, place)
        self._entries.append(item)
        return item

    def _lay_out(self) -> None:
        self._results.setAccessibleName("Search results")
        self._results.setWordWrap(True)
        self._results.setSpacing(3)
        self._left.addWidget(self._contents)
        self._left.addWidget(self._results)
        self._right.addWidget(self._page)
        self._right.addWidget(self._sheet)
        above = QHBoxLayout()
        above.addWidget(self._back)
        above.addWidget(self._forward)
        above.addWidget(self._search, 1)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(self._left)
        across.addWidget(self._right)
        across.setStretchFactor(1, 1)
        across.setChildrenCollapsible(False)
        across.setSizes([CONTENTS_PX, OPENS_AT_PX[0] - CONTENTS_PX])
        column = QVBoxLayout(self)
        column.addLayout(above)
        column.addWidget(across, 1)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._on_search_changed)
        self._search.returnPressed.connect(self._on_return_pressed)
        self._contents.itemClicked.connect(lambda item: self.visit(item.data(0, PLACE_ROLE)))
        self._contents.itemActivated.connect(lambda item: self.visit(item.data(0, PLACE_ROLE)))
        self._results.itemClicked.connect(self._on_result_chosen)
        self._results.itemActivated.connect(self._on_result_chosen)
        self._page.page_link_clicked.connect(lambda topic, anchor: self.visit(ManualPlace(topic, anchor)))
        self._add_shortcut("Ctrl+F", self._focus_search)
        self._add_shortcut("F1", self.show_page)
        down = QShortcut(QKeySequence("Down"), self._search)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self._focus_results)

    def _focus_search(self) -> None:
        field = self._sheet.search_field if self._right.currentWidget() is self._sheet else self._search
        field.setFocus()
        field.selectAll()

    def _focus_results(self) -> None:
        if self._left.currentWidget() is self._results:
            self._results.setFocus()
            self._results.setCurrentRow(0)

    def _go(self, by: int) -> None:
        if 0 <= self._at + by < len(self._history):
            self._at += by
            self._show_place()

    def _show_place(self) -> None:
        place = self.place
        assert place is not None
        if place.topic == SHORTCUTS:
            self._sheet.search_field.setText(place.words)
            self._right.setCurrentWidget(self._sheet)
        else:
            self._right.setCurrentWidget(self._page)
            self._page.show_markdown(page(place.topic), place.words)
            if place.anchor:
                self._page.scroll_to(place.anchor, place.words)
        self._mark_contents(place)
        self._back.setEnabled(self._at > 0)
        self._forward.setEnabled(self._at + 1 < len(self._history))

    def _mark_contents(self, place: ManualPlace) -> None:
        """Show in the contents where the page is."""
        entries = [entry for entry in self._entries if entry.data(0, PLACE_ROLE).topic == place.topic]
        for entry in self._entries:
            entry.setExpanded(entry is entries[0])
        anchors = [entry.data(0, PLACE_ROLE).anchor for entry in entries]
        self._contents.setCurrentItem(entries[anchors.index(place.anchor) if place.anchor in anchors else 0])

    def _on_search_changed(self, words: str) -> None:
        self._results.clear()
        for place, heading, title, snippet in search_places(words):
            item = QListWidgetItem(f"{heading} — {title}\n{snippet}" if heading != title else f"{title}\n{snippet}")
            item.setData(PLACE_ROLE, place)
            self._results.addItem(item)
        if words.strip() and not self._results.count():
            nothing = QListWidgetItem("No page of the manual contains these words.")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self._results.addItem(nothing)
        self._left.setCurrentWidget(self._results if words.strip() else self._contents)

    def _on_return_pressed(self) -> None:
        if self._results.count() and self._search.text().strip():
            self._results.setCurrentRow(0)
            self._on_result_chosen(self._results.item(0))

    def _on_result_chosen(self, item: QListWidgetItem) -> None:
        place = item.data(PLACE_ROLE)
        if place is not None:
            self.visit(place)


def search_places(words: str) -> list[tuple[ManualPlace, str, str, str]]:
    """Return where the manual contains all ``words``: place, heading, the page's title, and the line around them.

    If no section contains all of them, the shortcuts that do come first, then the sections with most of them.
    """
    searched = words.casefold().split()
    titles = {topic.key: topic.title for topic in topics()}
    results = search(words)
    sections_found = [
        (ManualPlace(one.section.topic, one.section.anchor, words.strip()), one.section.heading,
         titles[one.section.topic], one.snippet)
        for one in results
    ]  # fmt: skip
    shortcuts = []
    for row in shortcut_rows():
        line = f"{row.text}: {' or '.join(row.keys) or row.gesture}"
        if searched and all(word in f"{row.group} {line}".casefold() for word in searched):
            shortcuts.append((ManualPlace(SHORTCUTS, "", row.text), row.group, SHORTCUTS_TITLE, line))
    texts = [f"{one.section.heading}\n{one.section.text}".casefold() for one in results]
    has_all = all(word in text for text in texts for word in searched)
    return [*sections_found, *shortcuts] if has_all else [*shortcuts, *sections_found]
