"""Commands of two pictures and two captions: they open, replace, pin and close the second one."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from exclip_desktop.session.session import Session
from exclip_desktop.ui.commands.file_commands import PICTURES, FileCommands
from exclip_desktop.ui.inspector.inspector import Inspector
from exclip_desktop.ui.two_inputs.two_inputs_tab import TwoInputsTab
from exclip_desktop.ui.two_inputs.two_pictures_view import TwoPicturesView


class TwoInputCommands(QObject):
    """Handles the commands of two inputs of a window."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        actions: dict[str, QAction],
        view: TwoPicturesView,
        files: FileCommands,
        inspector: Inspector,
    ) -> None:
        """Connect the actions; ``files`` knows the folder of the person's last picture; ``inspector`` gets a tab."""
        super().__init__(window)
        self._window, self._actions, self._files = window, actions, files
        self._two_inputs = two_inputs = session.two_inputs
        actions["two_pictures"].triggered.connect(self._on_pictures)
        actions["two_captions"].triggered.connect(self._on_captions)
        actions["open_second"].triggered.connect(self.open_second)
        actions["pin_picture"].triggered.connect(two_inputs.pin)
        view.open_requested.connect(self.open_second)
        view.dropped.connect(lambda data: files.take(data, "dropped picture", second=True))
        self._inspector, self._tab = inspector, TwoInputsTab(two_inputs, session.selection_controller)
        inspector.addTab(self._tab, "Two inputs")
        for signal in (two_inputs.opened, two_inputs.closed):
            signal.connect(self._show)
        two_inputs.opened.connect(lambda: inspector.setCurrentWidget(self._tab))
        self._show()

    def open_second(self) -> None:
        """Ask for a picture file, and make it the second picture."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open second picture", self._files.folder(), PICTURES)
        if path:
            self._two_inputs.open_file(path)

    def _on_pictures(self, on: bool) -> None:
        if not on:
            self._two_inputs.close()
        elif self._two_inputs.second.canvas_picture is None:
            self.open_second()
        else:
            self._two_inputs.open("pictures")
        self._show()

    def _on_captions(self, on: bool) -> None:
        self._two_inputs.open("captions") if on else self._two_inputs.close()
        self._show()

    def _show(self) -> None:
        kind, inspector = self._two_inputs.kind, self._inspector
        if kind is None and inspector.currentWidget() is self._tab:
            inspector.setCurrentIndex(0)  # Qt would select the neighbouring tab
        inspector.setTabVisible(inspector.indexOf(self._tab), kind is not None)
        self._actions["two_pictures"].setChecked(kind == "pictures")
        self._actions["two_captions"].setChecked(kind == "captions")
