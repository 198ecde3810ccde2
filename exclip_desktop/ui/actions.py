"""Creates the window's actions and menus from the action table, and reserves single keys for text fields."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from exclip_desktop.session.pair.scene import Tool, View
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, ExportFormat, list_kinds
from exclip_desktop.storage.exports.number_files import NUMBER_FORMATS
from exclip_desktop.ui.action_table import ACTIONS, MENUS, SEPARATOR, ActionSpec
from exclip_desktop.ui.theme import ThemedIcons

TOOLS: Final[dict[str, Tool]] = {"select_tool": "select", "box_tool": "box", "lasso": "lasso"}
"""The tools, by their actions."""
EXPORT_FORMATS: Final[dict[str, Sequence[ExportFormat]]] = {
    "export_picture": PICTURE_FORMATS,
    "export_numbers": NUMBER_FORMATS,
}
"""The formats that an action's tooltip names, by the action."""


def format_shortcuts(shortcuts: tuple[str, ...]) -> str:
    """Return key sequences as this system writes them, joined by "or"; "" for none."""
    native = QKeySequence.SequenceFormat.NativeText
    return " or ".join(QKeySequence(keys).toString(native) for keys in shortcuts)


def make_actions(parent: QWidget) -> dict[str, QAction]:
    """Return every action by its name; they belong to ``parent``, and their shortcuts work in its window."""
    icons = ThemedIcons(parent)
    actions = {spec.name: _action(spec, parent, icons) for spec in ACTIONS}
    parent.addActions(list(actions.values()))
    _TypingGuard(parent)
    return actions


def set_shortcuts(action: QAction, spec: ActionSpec, shortcuts: tuple[str, ...]) -> None:
    """Give an action its shortcuts, and a tooltip that names the first."""
    action.setShortcuts([QKeySequence(keys) for keys in shortcuts])
    formats = EXPORT_FORMATS.get(spec.name)
    tip = f"{spec.tip} as {list_kinds(formats)}" if formats else spec.tip
    action.setToolTip(f"{tip} ({format_shortcuts(shortcuts[:1])})" if shortcuts else tip)


def make_menus(bar: QMenuBar, actions: dict[str, QAction]) -> None:
    """Fill the menu bar from ``MENUS``."""
    for title, names in MENUS.items():
        menu = bar.addMenu(title)
        keep_keys(menu)
        for name in names:
            if name == SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(actions[name])


def show_view(actions: dict[str, QAction], view: View) -> None:
    """Check the switches according to ``view``; no action is triggered."""
    checked = {
        **{name: view.tool == tool for name, tool in TOOLS.items()},
        "subtract": view.subtract,
        "heat": view.heat,
        "grey": view.grey,
        "smooth": view.smooth,
        "magnitude": view.drawing == "magnitude",
        "histogram": view.histogram,
        "specials": view.specials,
        "labels": view.labels,
        "lock_range": view.picture_limit is not None or view.words_limit is not None,
    }
    for name, on in checked.items():
        actions[name].setChecked(on)


def _action(spec: ActionSpec, parent: QWidget, icons: ThemedIcons) -> QAction:
    action = QAction(spec.text, parent)
    action.setObjectName(spec.name)
    set_shortcuts(action, spec, spec.shortcuts)
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setCheckable(spec.checkable)
    action.setAutoRepeat(spec.repeats and not spec.checkable)  # a held key must not flicker, or rate pair after pair
    action.setIconVisibleInMenu(not spec.checkable)  # in a menu, an icon would hide the tick
    if spec.icon:
        icons.add(action, spec.icon)
    return action


def keep_keys(menu: QMenu) -> None:
    """Let no key that is typed while a menu is open trigger a single-key shortcut of the window."""
    if menu.findChild(_MenuGuard, options=Qt.FindChildOption.FindDirectChildrenOnly) is None:
        _MenuGuard(menu)


class _MenuGuard(QObject):
    """Claims keys without modifiers for an open menu and its submenus: Qt's menus claim arrows and Esc only."""

    def __init__(self, menu: QMenu) -> None:
        super().__init__(menu)
        self._open_menu = menu
        menu.installEventFilter(self)
        menu.aboutToShow.connect(self._on_shown)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Claim a key."""
        if event.type() != QEvent.Type.ShortcutOverride or not _has_no_modifier(event):
            return False
        event.accept()
        return True

    def _on_shown(self) -> None:
        for action in self._open_menu.actions():
            submenu = action.menu()
            if isinstance(submenu, QMenu):
                keep_keys(submenu)


class _TypingGuard(QObject):
    """Prevents single-key shortcuts from firing while a text field has the focus.

    Before a shortcut fires, Qt sends a ShortcutOverride event to the focused widget, which may claim the key. Qt's text
    fields claim letters and Delete, but not Esc, and third-party widgets may claim nothing. So while a field takes
    text, every key without Ctrl, Alt or Meta is claimed for it, except F1 … F35, which no field types. The filter is
    installed on text fields only: on the application, it would run Python code for every event.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Claim keys without modifiers for a text field."""
        if event.type() != QEvent.Type.ShortcutOverride or not _takes_text(watched) or not _has_no_modifier(event):
            return False
        event.accept()
        return True

    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and _takes_text(now):
            now.installEventFilter(self)  # installing a filter twice has no effect


def _takes_text(widget: QObject) -> bool:
    if isinstance(widget, (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)):
        return not widget.isReadOnly()
    return isinstance(widget, QComboBox) and widget.isEditable()


def _has_no_modifier(event: QEvent) -> bool:
    if not isinstance(event, QKeyEvent):
        return False
    modifiers = Qt.KeyboardModifier
    held = event.modifiers() & (modifiers.ControlModifier | modifiers.AltModifier | modifiers.MetaModifier)
    return not held and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
