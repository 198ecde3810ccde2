"""Commands of the Edit and Help menus: undo, copying, selecting, settings, help."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QMessageBox, QWidget

from exclip_desktop.core.text.number_format import format_bytes
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.session.session import Session
from exclip_desktop.session.undo import ProjectStep
from exclip_desktop.ui.dialogs.about import AboutDialog
from exclip_desktop.ui.dialogs.manual_window import ManualWindow
from exclip_desktop.ui.dialogs.settings_dialog import SettingsDialog
from exclip_desktop.ui.dialogs.storage_settings import StorageSettings
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.study.occlusion_dialog import OcclusionDialog

NEED_EXPLANATION = (
    *("export_picture", "export_numbers", "copy_picture", "copy_values", "copy_latex", "copy_html"),
    *("copy_python", "copy_command", "select_words"),
)


class EditCommands(QObject):
    """Handles the Edit and Help menus of a window.

    Signals:
        reported(str): a step that may show nowhere on screen was undone or redone; a sentence for the status line.

    """

    reported = Signal(str)

    def __init__(self, window: QWidget, session: Session, actions: dict[str, QAction], inspector: Inspector) -> None:
        """Connect the actions of the Edit and Help menus."""
        super().__init__(window)
        self._window, self._session, self._actions = window, session, actions
        self._inspector = inspector
        self._manual: ManualWindow | None = None
        handlers = {
            "undo": self.undo,
            "redo": self.redo,
            "clear_selection": self.clear_selection,
            "select_words": session.selection_controller.select_all_words,
            "occlude": self.occlude,
            "copy_picture": self.copy_picture,
            "copy_values": lambda: self._copy(inspector.values_text()),
            "copy_latex": lambda: self._copy(session.export_controller.latex()),
            "copy_html": lambda: self._copy(session.export_controller.html()),
            "copy_python": lambda: self._copy(session.export_controller.python()),
            "copy_command": lambda: self._copy(session.export_controller.command()),
            "cancel": session.cancel,
            "clear_cache": self.clear_cache,
            "settings": self.ask_settings,
            "manual": self.show_manual,
            "shortcuts": lambda: self._manual_window().show_shortcuts(),
            "about": self.show_about,
        }
        for name, handler in handlers.items():
            actions[name].triggered.connect(lambda _=False, handler=handler: handler())
        for signal in (
            *(session.undo.indexChanged, session.state.answer_changed, session.state.selection_changed),
            *(session.state.work_changed, session.state.heat_mode_changed),
            *(session.two_inputs.active_changed, session.two_inputs.second.selection_changed),
        ):
            signal.connect(self._show_enabled)
        self._show_enabled()

    def clear_selection(self) -> None:
        """Clear what is selected: of two pictures in the one that is in use, in both of two captions."""
        two_inputs = self._session.two_inputs
        if two_inputs.kind == "captions" or two_inputs.is_second_active:
            two_inputs.second_selection.clear()
        if not two_inputs.is_second_active:
            self._session.selection_controller.escape()

    def undo(self) -> None:
        """Undo the last step, and report one of the project."""
        stack = self._session.undo
        step, text = stack.command(stack.index() - 1), stack.undoText()
        stack.undo()
        if isinstance(step, ProjectStep):
            self.reported.emit(f"Undone: {text}")

    def redo(self) -> None:
        """Redo the next step, and report one of the project."""
        stack = self._session.undo
        step, text = stack.command(stack.index()), stack.redoText()
        stack.redo()
        if isinstance(step, ProjectStep):
            self.reported.emit(f"Redone: {text}")

    def copy_picture(self) -> None:
        """Draw the figure and put it on the clipboard."""

        def then(data: bytes) -> None:
            QGuiApplication.clipboard().setImage(QImage.fromData(data))

        session = self._session
        is_pair = session.two_inputs.explanation is None
        (session.export_controller if is_pair else session.two_inputs_export).copy_picture(then)

    def clear_cache(self) -> None:
        """Show the size of the cache, and clear it after a confirmation."""
        self._session.stored_results.measure(self._ask_to_clear)

    def _ask_to_clear(self, memory: int, disk: int) -> None:
        cached = f"Cached: {format_bytes(disk)} on disk, {format_bytes(memory)} in memory."
        question = f"{cached} Pairs in the cache open without computing."
        buttons = QMessageBox.StandardButton
        if QMessageBox.question(self._window, "Clear the cache", f"{question} Delete them?") == buttons.Yes:
            self._session.stored_results.clear()

    def ask_settings(self) -> None:
        """Ask for layers, quadrature, reference and device."""
        state = self._session.state
        appearance = self._session.settings.appearance
        storage = StorageSettings(self._session, self._window)
        dialog = SettingsDialog(
            state.explain_settings, state.choice, appearance, state.facts, self._window, storage=storage
        )
        dialog.rating_keys_requested.connect(self._actions["rating_keys"].trigger)
        if dialog.exec():
            self._session.explain_controller.choose_settings(dialog.explain_settings(), dialog.device())
        dialog.deleteLater()

    def occlude(self) -> None:
        """Show what occluding the selection does to the score, in a window of its own."""
        dialog = OcclusionDialog(self._session.state, self._session.occlusion_controller, self._window)
        dialog.show()

    def forget_manual(self) -> None:
        """Close the manual's window: its list of shortcuts has changed."""
        if self._manual is not None:
            self._manual.close()
            self._manual.deleteLater()
            self._manual = None

    def show_manual(self, topic: str = "", anchor: str = "") -> None:
        """Show the manual: a page at a heading, or the page that was open last."""
        self._manual_window().show_page(topic, anchor)

    def show_about(self) -> None:
        """Show version, licences and citations."""
        dialog = AboutDialog(self._window)
        dialog.exec()
        dialog.deleteLater()

    def _manual_window(self) -> ManualWindow:
        """Return the manual's window, created when it is first opened."""
        if self._manual is None:
            self._manual = ManualWindow(self._session.settings, self._window)
        return self._manual

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    def _show_enabled(self) -> None:
        state, undo, two_inputs = self._session.state, self._session.undo, self._session.two_inputs
        in_use = two_inputs.second if two_inputs.is_second_active else state
        for name in NEED_EXPLANATION:
            self._actions[name].setEnabled(state.explanation is not None)
        enabled = {
            "undo": undo.canUndo(),
            "redo": undo.canRedo(),
            "clear_selection": in_use.selection != Selection() or in_use.heat_mode is not None,
            "cancel": state.work is not None,
        }
        for name, on in enabled.items():
            self._actions[name].setEnabled(on)
        self._actions["undo"].setText(f"Undo {undo.undoText()}".strip())
        self._actions["redo"].setText(f"Redo {undo.redoText()}".strip())
