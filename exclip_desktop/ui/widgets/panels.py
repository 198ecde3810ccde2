"""The panels of the window: docks, toolbar and inspector, each with its switch in the View menu."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

PREFIX: Final = "panel_"


@dataclass(slots=True)
class _Panel:
    """A panel, its switch, and whether the person wants it and the program has something to show in it.

    ``usual``: whether it is wanted until the person decides.
    """

    widget: QWidget
    action: QAction
    wanted: bool = True
    available: bool = True
    usual: bool = True


def bring_to_front(dock: QWidget) -> None:
    """Show the dock of several that share a place as tabs.

    Qt's ``raise_`` does nothing for the last child of a window, even if its tab is not the current one.
    """
    dock.lower()
    dock.raise_()


class Panels(QObject):
    """Shows a panel if the person wants it, it has something to show, and the panels are not hidden all together.

    A new panel is a row ``panel_<key>`` of the action table, its name in the View menu's row there, and one call of
    ``add``. The panel's own code does not show or hide it.

    Signals:
        hidden_changed(bool): all panels were hidden, or are shown again.
    """

    hidden_changed = Signal(bool)

    def __init__(self, actions: dict[str, QAction], parent: QObject | None = None) -> None:
        """Use the switches among ``actions``, and the action that hides all panels."""
        super().__init__(parent)
        self._actions = actions
        self._panels: dict[str, _Panel] = {}
        self._hidden = False
        self._in_front: list[QWidget] = []  # when the panels were hidden
        actions["hide_panels"].triggered.connect(self.hide_all)

    @property
    def are_hidden(self) -> bool:
        """Whether all panels are hidden together."""
        return self._hidden

    def add(self, key: str, widget: QWidget, available: bool = True, *, usual: bool = True) -> None:
        """Take charge of a panel; its switch is the action ``panel_<key>``. A dock's close button hides it.

        ``usual``: whether it is visible until the person decides.
        """
        action = self._actions[PREFIX + key]
        self._panels[key] = _Panel(widget, action, usual, available, usual)
        action.triggered.connect(lambda on, key=key: self.want(key, on))
        widget.installEventFilter(self)
        self._show(self._panels[key])

    def want(self, key: str, wanted: bool) -> None:
        """Show or hide one panel; showing one ends the hiding of all."""
        self._panels[key].wanted = wanted
        if wanted and self._hidden:
            self.hide_all(False)
        self._show(self._panels[key])

    def set_available(self, key: str, available: bool) -> None:
        """State whether a panel has something to show; one that becomes available is shown."""
        panel = self._panels[key]
        panel.wanted = panel.wanted or (available and not panel.available)
        panel.available = available
        self._show(panel)

    def hide_all(self, hidden: bool) -> None:
        """Hide all panels, or show those again that were visible."""
        self._actions["hide_panels"].setChecked(hidden)
        if hidden == self._hidden:
            return
        self._hidden = hidden
        if hidden:
            self._in_front = [
                panel.widget for panel in self._panels.values() if not panel.widget.visibleRegion().isEmpty()
            ]
        for panel in self._panels.values():
            self._show(panel)
        for widget in () if hidden else self._in_front:
            bring_to_front(widget)
        self.hidden_changed.emit(hidden)

    def unwanted(self) -> tuple[str, ...]:
        """Return the keys of the panels that the person has hidden one by one."""
        return tuple(key for key, panel in self._panels.items() if not panel.wanted)

    def restore(self, unwanted: tuple[str, ...] | None) -> None:
        """Hide these panels and show all others, as far as they are available; None: those usually hidden."""
        self.hide_all(False)
        for key, panel in self._panels.items():
            panel.wanted = panel.usual if unwanted is None else key not in unwanted
            self._show(panel)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Notice the close button of a dock."""
        if event.type() == QEvent.Type.Close:
            key = next((key for key, panel in self._panels.items() if panel.widget is watched), "")
            if key:
                self._panels[key].wanted = False
                self._show(self._panels[key])
        return False

    def _show(self, panel: _Panel) -> None:
        panel.widget.setVisible(panel.wanted and panel.available and not self._hidden)
        panel.action.setChecked(panel.wanted and panel.available)
        panel.action.setEnabled(panel.available)
