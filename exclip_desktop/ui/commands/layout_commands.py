"""Commands of the View menu that arrange the window: panels, full screen, and the layout saved between starts."""

from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QSplitter, QWidget

from exclip_desktop.session.window_settings import Settings
from exclip_desktop.ui.widgets.panels import Panels
from exclip_desktop.ui.widgets.widget_tree import find_parts

DOCKS_VERSION: Final = 1
INSPECTOR_SHARE: Final = 0.3  # of the window's width, at most
FULL_SCREEN: Final = Qt.WindowState.WindowFullScreen


class LayoutCommands(QObject):
    """Arranges a window; docks and bars are added to ``panels``."""

    def __init__(
        self,
        window: QMainWindow,
        settings: Settings,
        actions: dict[str, QAction],
        across: QSplitter,
        inspector: QWidget,
    ) -> None:
        """Connect the actions; ``inspector`` is the last widget of the splitter ``across``."""
        super().__init__(window)
        self._window, self._settings, self._actions = window, settings, actions
        self._across, self._inspector = across, inspector
        self._first_docks = window.saveState(DOCKS_VERSION)
        self.panels = Panels(actions, self)
        self.panels.add("inspector", inspector)
        actions["full_screen"].triggered.connect(self.show_full_screen)
        actions["reset_layout"].triggered.connect(self.reset)
        across.splitterMoved.connect(self._on_splitter_moved)
        window.installEventFilter(self)

    def show_full_screen(self, on: bool) -> None:
        """Let the window use the whole screen, or its previous place."""
        state = self._window.windowState()
        self._window.setWindowState(state | FULL_SCREEN if on else state & ~FULL_SCREEN)

    def leave(self) -> bool:
        """Show hidden panels again, or leave the full screen; return whether there was something to leave."""
        if self.panels.are_hidden:
            self.panels.hide_all(False)
        elif self._window.isFullScreen():
            self.show_full_screen(False)
        else:
            return False
        return True

    def reset(self) -> None:
        """Show all panels at their first sizes and places."""
        self.show_full_screen(False)
        self._window.restoreState(self._first_docks, DOCKS_VERSION)
        self.panels.restore(None)
        self._reset_inspector()
        docks = [dock for dock in find_parts(self._window, QDockWidget) if dock.isVisible()]
        for side in (Qt.Orientation.Horizontal, Qt.Orientation.Vertical):
            hints = [dock.sizeHint() for dock in docks]
            sizes = [hint.width() if side == Qt.Orientation.Horizontal else hint.height() for hint in hints]
            self._window.resizeDocks(docks, sizes, side)

    def save(self) -> None:
        """Save sizes and places of the panels."""
        self.panels.hide_all(False)
        geometry = self._settings.geometry
        geometry.put("across", self._across.saveState())
        geometry.put("docks", self._window.saveState(DOCKS_VERSION))
        self._settings.appearance.save_hidden_panels(self.panels.unwanted())

    def restore(self) -> None:
        """Restore what was saved; a window that was closed in full screen opens at its previous place."""
        self.show_full_screen(False)
        self._reset_inspector()
        geometry = self._settings.geometry
        for restore, name in ((self._across.restoreState, "across"), (self._restore_docks, "docks")):
            saved = geometry.get(name)
            if not saved.isEmpty():
                restore(saved)
        self.panels.restore(self._settings.appearance.hidden_panels())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Show in the menu whether the window uses the whole screen."""
        if event.type() == QEvent.Type.WindowStateChange:
            self._actions["full_screen"].setChecked(self._window.isFullScreen())
        return False

    def _restore_docks(self, saved: QByteArray) -> None:
        self._window.restoreState(saved, DOCKS_VERSION)

    def _reset_inspector(self) -> None:
        """Give the inspector its usual width, less in a small window."""
        usual, least = self._inspector.sizeHint().width(), self._inspector.minimumSizeHint().width()
        window_px = self._window.width()
        width_px = max(least, min(usual, round(window_px * INSPECTOR_SHARE)))
        room_px = sum(self._across.sizes()) or window_px  # the sizes are not known before the window is shown
        self._across.setSizes([room_px - width_px, width_px])

    def _on_splitter_moved(self, _position: int, _index: int) -> None:
        """Hide the inspector where it was dragged to nothing."""
        if self._across.sizes()[-1] == 0:
            self._reset_inspector()
            self.panels.want("inspector", False)
