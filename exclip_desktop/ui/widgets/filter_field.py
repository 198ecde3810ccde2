"""The field that filters a list: a query with a completer, a button whose menus write it, and the number of matches."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.core.text.list_filter import (
    Comparison,
    FilterKey,
    ListFilter,
    complete_term,
    has_value,
    parse_filter,
    set_comparison,
    toggle_value,
    token_at,
)
from exclip_desktop.ui.theme import ThemedIcons, error_colour
from exclip_desktop.ui.widgets.labels import escape_ampersands
from exclip_desktop.ui.widgets.widget_tree import find_parts

MENU_ENTRIES: Final = 24
"""Largest number of values in a menu; a dialog offers more."""

DIRECTIONS: Final[dict[str, Comparison]] = {"At least…": ">=", "At most…": "<="}
EXAMPLES: Final = "Words to search, or rating:match, tag:colour, score>0.2; a minus in front leaves out what matches"
NO_MATCH: Final = "No match"
GO_KEYS: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down)


class FilterField(QWidget):
    """Edits the query of a list.

    Esc clears the field, and leaves it when it is empty; Return and ↓ go to the first match. Tab takes the first term
    that the completer offers, Return the one that is marked.

    Attributes:
        line: the query's editor.
        button: opens menus that write the query.
        answer: what was not understood, or the number of matches.

    Signals:
        filter_changed(object): the query was edited; a ``ListFilter``.
        left(): Esc was pressed in the empty field.
        entered(): Return or ↓ was pressed: the list should take the focus.

    """

    filter_changed = Signal(object)
    left = Signal()
    entered = Signal()

    def __init__(self, name: str, keys: Callable[[], Sequence[FilterKey]], parent: QWidget | None = None) -> None:
        """Name the field for assistive tools; ``keys`` returns the list's keys with the values of the moment."""
        super().__init__(parent)
        self._read_keys, self._keys = keys, tuple(keys())
        self._filter, self._matches = ListFilter(), (0, 0)
        self.line, self.button, self.answer = QLineEdit(), QToolButton(), QLabel()
        self._offers = QStringListModel(self)
        self._completer, self._popup = QCompleter(self._offers, self), QListView()
        self._menu = QMenu(self)
        self._build(name)
        self._lay_out()

    @property
    def list_filter(self) -> ListFilter:
        """The filter of the query."""
        return self._filter

    @property
    def query(self) -> str:
        """The query as it was typed."""
        return self.line.text()

    def show_query(self, query: str) -> None:
        """Show a query that comes from elsewhere; ``filter_changed`` is not emitted."""
        if query != self.line.text():
            self.line.setText(query)
        self._filter = parse_filter(query, self._keys)
        self._show_answer()

    def write(self, query: str) -> None:
        """Replace the query, as if it was typed."""
        self.line.setText(query)
        self._emit()

    def show_count(self, matching: int, whole: int) -> None:
        """Show how many rows match, out of ``whole``."""
        self._matches = matching, whole
        self._show_answer()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  Qt's name
        """Keep the answer readable when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_answer()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Leave with Esc, Return and ↓; read the values of the moment when the field gets the focus."""
        if event.type() == QEvent.Type.FocusIn and watched is self.line:
            self._keys = tuple(self._read_keys())
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key, is_choosing = event.key(), self._popup.isVisible()
        if key == Qt.Key.Key_Escape:
            self._on_escape()
        elif key == Qt.Key.Key_Tab and is_choosing:
            self._on_completed(self._chosen_offer or self._offers.stringList()[0])
        elif key in GO_KEYS and not (is_choosing and (self._chosen_offer or key == Qt.Key.Key_Down)):
            self._popup.hide()
            self.entered.emit()
        else:
            return super().eventFilter(watched, event)
        return True

    @property
    def _chosen_offer(self) -> str:
        """The marked row of the completer; empty without one."""
        marked = self._popup.selectedIndexes()
        return str(marked[0].data()) if marked else ""

    def _build(self, name: str) -> None:
        self.setFocusProxy(self.line)
        self.line.setPlaceholderText("Filter")
        self.line.setToolTip(EXAMPLES)
        self.line.setClearButtonEnabled(True)
        self.line.setAccessibleName(name)
        self.line.installEventFilter(self)
        self.line.textEdited.connect(self._on_edited)
        self.line.textChanged.connect(self._on_cleared)
        self.button.setToolTip("Choose what the list shows")
        self.button.setAccessibleName(f"{name} by menu")
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self._menu)
        ThemedIcons(self).add(self.button, "filter")
        self._menu.aboutToShow.connect(self._fill_menu)
        self.answer.setTextFormat(Qt.TextFormat.PlainText)
        self.answer.setWordWrap(True)
        self.answer.hide()
        self._completer.setPopup(self._popup)
        self._popup.installEventFilter(self)  # after the completer's own filter, so that it comes first
        self._completer.setWidget(self.line)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.activated.connect(self._on_completed)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.answer)

    def _on_edited(self) -> None:
        self._emit()
        self._complete()

    def _on_cleared(self, text: str) -> None:
        """Follow the clear button, which emits no ``textEdited``."""
        if not text and self._filter.query:
            self._emit()

    def _on_escape(self) -> None:
        if self._popup.isVisible():
            self._popup.hide()
        elif self.line.text():
            self.write("")
        else:
            self.left.emit()

    def _emit(self) -> None:
        before = self._filter
        self._filter = parse_filter(self.line.text(), self._keys)
        if self._filter != before:
            self.filter_changed.emit(self._filter)
        self._show_answer()

    def _complete(self) -> None:
        text, cursor = self.line.text(), self.line.cursorPosition()
        start, end = token_at(text, cursor)
        offers = complete_term(text[start:cursor], self._keys) if cursor == end else ()
        self._offers.setStringList(list(offers))
        if offers:
            self._completer.complete()
        else:
            self._popup.hide()

    def _on_completed(self, term: str) -> None:
        text = self.line.text()
        start, end = token_at(text, self.line.cursorPosition())
        space = "" if term[-1] in ":>" or text[end : end + 1] == " " else " "
        self.line.setText(f"{text[:start]}{term}{space}{text[end:]}")
        self.line.setCursorPosition(start + len(term) + len(space))
        self._on_edited()

    def _show_answer(self) -> None:
        problem, (matching, whole) = self._filter.problem, self._matches
        count = f"{matching:,} of {whole:,}" if matching else NO_MATCH
        text = problem or (count if self._filter.terms and whole else "")
        palette = QPalette(self.palette())
        if problem:
            palette.setColor(QPalette.ColorRole.WindowText, error_colour(palette))
        self.answer.setPalette(palette)
        self.answer.setText(text)
        self.answer.setVisible(bool(text))
        self.line.setAccessibleDescription(text)

    def _fill_menu(self) -> None:
        self._keys = tuple(self._read_keys())
        self._menu.clear()
        for submenu in find_parts(self._menu, QMenu):  # clear() forgets them, and leaves them alive
            submenu.deleteLater()
        for key in self._keys:
            if key.kind == "number":
                self._add_comparisons(self._menu.addMenu(key.heading), key)
            elif key.offered:
                self._add_values(self._menu.addMenu(key.heading), key)
        self._menu.addSeparator()
        clear = self._menu.addAction("Clear the filter")
        clear.setEnabled(bool(self.line.text()))
        clear.triggered.connect(lambda: self.write(""))

    def _add_values(self, menu: QMenu, key: FilterKey) -> None:
        for value in key.offered[:MENU_ENTRIES]:
            action = menu.addAction(escape_ampersands(value))
            action.setCheckable(True)
            action.setChecked(has_value(self.line.text(), key, value))
            action.triggered.connect(partial(self._toggle, key, value))
        if len(key.offered) > MENU_ENTRIES:
            menu.addSeparator()
            menu.addAction("Other…").triggered.connect(partial(self._ask_value, key))

    def _add_comparisons(self, menu: QMenu, key: FilterKey) -> None:
        for text, comparison in DIRECTIONS.items():
            menu.addAction(text).triggered.connect(partial(self._ask_number, key, text, comparison))

    def _toggle(self, key: FilterKey, value: str, _checked: bool = False) -> None:
        self.write(toggle_value(self.line.text(), key, value))

    def _ask_value(self, key: FilterKey, _checked: bool = False) -> None:
        value, agreed = QInputDialog.getItem(self, "Filter", f"{key.heading}:", list(key.offered), 0, True)
        if agreed and value.strip():
            self._toggle(key, value.strip())

    def _ask_number(self, key: FilterKey, text: str, comparison: Comparison, _checked: bool = False) -> None:
        number, agreed = QInputDialog.getText(self, "Filter", f"{key.heading}, {text.rstrip('…').lower()}:")
        if agreed and number.strip():
            self.write(set_comparison(self.line.text(), key, comparison, number.strip()))
