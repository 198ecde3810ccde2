"""The models dialog: lists models on this computer and open_clip's tags; uses, compares, downloads, removes, adds."""

from typing import Final, Literal

from PySide6.QtCore import QEvent, QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from exclip_desktop.session.library.library import Library
from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.logs import describe_error
from exclip_desktop.session.state import State
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.models.model_texts import format_download
from exclip_desktop.ui.models.models_table import ModelsView, describe_reason
from exclip_desktop.ui.theme import error_colour
from exclip_desktop.ui.widgets.labels import ElidedLabel
from exclip_desktop.ui.widgets.screen_size import ScreenKeeper, resize_within_screen
from exclip_desktop.ui.widgets.status_line import WorkBar

Purpose = Literal["use", "compare"]
OPENS_AT_PX: Final = (1120, 640)
LEAST_PX: Final = (940, 480)
TITLES: Final[dict[Purpose, str]] = {"use": "Models", "compare": "Compare with another model"}
SEARCHING: Final = "Searching this computer …"
NO_MATCH: Final = "No model matches the search."
NOT_HERE: Final = "Not on this computer. Download… shows its size first, and downloads it only after you agree."
MOVES: Final = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 12, Qt.Key.Key_PageUp: -12}


class ModelsDialog(QDialog):
    """Shows the library; emits a signal with a ``ListedModel`` for each action.

    ``used`` and ``compared`` close the dialog.

    Signals:
        used(ListedModel), compared(ListedModel): explain by this model, alone or as the second one.
        download_requested(ListedModel), removal_requested(ListedModel), default_chosen(ListedModel): for the selected
            model.
        folder_requested(), file_requested(): a folder or file should be added.
        cancel_requested(): the download should stop.
    """

    used = Signal(object)
    compared = Signal(object)
    download_requested = Signal(object)
    removal_requested = Signal(object)
    default_chosen = Signal(object)
    folder_requested = Signal()
    file_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, library: Library, state: State, purpose: Purpose = "use", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(TITLES[purpose])
        self.setMinimumSize(*LEAST_PX)
        resize_within_screen(self, *OPENS_AT_PX)
        ScreenKeeper(self)
        self._library, self._state, self._purpose = library, state, purpose
        self._selects: ModelChoice | None = None  # as soon as it is listed
        self._table = ModelsView()
        self._search = QLineEdit(placeholderText="Search by name, weights, family or place", clearButtonEnabled=True)
        self._search.setAccessibleName("Search")
        self._description, self._path, self._error = QLabel(), _path_line(), QLabel(wordWrap=True)
        self._description.setAccessibleName("About the selected model")
        self._error.setAccessibleName("Error")
        self._error.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._error.hide()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self._buttons[purpose].setDefault(True)
        self._show_models()
        self._show_transfer()
        self._search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Let the arrow keys move through the list while the search field has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in MOVES:
            self._table.step(MOVES[Qt.Key(event.key())])
            return True
        return False

    def select(self, choice: ModelChoice) -> None:
        """Select a model as soon as it is listed."""
        self._selects = choice

    def _make_buttons(self) -> None:
        tips = {
            "download": ("&Download…", "Show its size, and download it after you agree"),
            "remove": ("&Remove from this computer…", "Delete its weights from this computer"),
            "default": ("Set as de&fault", "Open the window with this model"),
            "folder": ("Add f&older…", "Add a folder with open_clip_config.json and weights"),
            "file": ("Add f&ile…", "Add a file of weights (a checkpoint)"),
            "compare": ("&Compare", "Also explain with this model"),
            "use": ("&Use", "Explain with this model"),
            "close": ("Close", ""),
        }
        self._buttons = {name: _button(*texts) for name, texts in tips.items()}
        self._bar, self._fetching = WorkBar(), ElidedLabel(24)
        self._bar.setAccessibleName("Download")
        self._bar.setFixedHeight(self._bar.fontMetrics().height())
        self._cancel = _button("Ca&ncel", "Stop the download; the downloaded part is kept")
        self._cancel.setAccessibleName("Cancel the download")

    def _lay_out(self) -> None:
        above, below, last = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        above.addWidget(self._search, 1)
        for name in ("folder", "file"):
            above.addWidget(self._buttons[name])
        below.addWidget(self._fetching)
        below.addWidget(self._bar, 1)
        below.addWidget(self._cancel)
        for name in ("download", "remove", "default"):
            last.addWidget(self._buttons[name])
        last.addStretch(1)
        for name in ("compare", "use", "close"):
            last.addWidget(self._buttons[name])
        column = QVBoxLayout(self)
        column.addLayout(above)
        column.addWidget(self._table, 1)
        column.addWidget(self._description)
        column.addWidget(self._path)
        column.addWidget(self._error)
        column.addLayout(below)
        column.addLayout(last)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._on_searched)
        self._search.installEventFilter(self)
        QShortcut(QKeySequence.StandardKey.Find, self, self._go_to_search)
        self._table.typed.connect(self._on_typed)
        self._table.model_selected.connect(self._show_selected)
        self._table.doubleClicked.connect(lambda _: self._buttons[self._purpose].click())
        requests = {
            "download": self.download_requested,
            "remove": self.removal_requested,
            "default": self.default_chosen,
        }
        for name, signal in requests.items():
            self._buttons[name].clicked.connect(lambda _=False, signal=signal: self._emit_selected(signal))
        for name, signal in {"use": self.used, "compare": self.compared}.items():
            self._buttons[name].clicked.connect(lambda _=False, signal=signal: self._choose(signal))
        self._buttons["folder"].clicked.connect(lambda: self.folder_requested.emit())
        self._buttons["file"].clicked.connect(lambda: self.file_requested.emit())
        self._buttons["close"].clicked.connect(self.reject)
        self._cancel.clicked.connect(lambda: self.cancel_requested.emit())
        self._library.models_listed.connect(self._show_models)
        self._library.failed.connect(self._show_error)
        self._state.transfer_changed.connect(self._show_transfer)

    def _emit_selected(self, signal: SignalInstance) -> None:
        model = self._table.selected()
        if model is not None:
            self._error.hide()
            signal.emit(model)

    def _choose(self, signal: SignalInstance) -> None:
        model = self._table.selected()
        if model is not None and model.is_usable:
            self.accept()
            signal.emit(model)

    def _go_to_search(self) -> None:
        self._search.setFocus()
        self._search.selectAll()

    def _on_typed(self, letters: str) -> None:
        self._search.setFocus()
        self._search.insert(letters)

    def _on_searched(self, text: str) -> None:
        self._table.search(text)
        self._show_selected()

    def _show_models(self) -> None:
        current = self._state.provenance.choice
        without_device = ModelChoice(current.name, current.pretrained, current.checkpoint, current.preprocess)
        models = self._library.models
        self._table.show_models(models, self._library.default, without_device)
        if self._selects is not None and any(model.choice == self._selects for model in models):
            self._table.select(self._selects)
            self._selects = None
        self._show_selected()

    def _show_selected(self) -> None:
        model = self._table.selected()
        is_usable = model is not None and model.is_usable
        for name in ("use", "compare", "default"):
            self._buttons[name].setEnabled(is_usable)
        if model is not None and model.choice == self._library.default:
            self._buttons["default"].setEnabled(False)
        self._buttons["remove"].setEnabled(model is not None and model.is_removable)
        added = model is not None and model.place == "added"
        self._buttons["remove"].setText("&Remove from the list" if added else "&Remove from this computer…")
        self._show_fetchable()
        self._description.setText(self._describe(model))
        self._path.setText(str(model.path) if model is not None and model.path else "")

    def _show_fetchable(self) -> None:
        model = self._table.selected()
        self._buttons["download"].setEnabled(bool(model and model.is_fetchable) and self._state.transfer is None)

    def _describe(self, model: ListedModel | None) -> str:
        if model is None:
            return NO_MATCH if self._library.models else SEARCHING
        if model.reason:
            return describe_reason(model)
        if not model.place:
            return NOT_HERE
        prepared = f"; its preprocessing is {model.choice.preprocess}" if model.choice.preprocess else ""
        return f"{model.title} is on this computer{prepared}."

    def _show_transfer(self) -> None:
        transfer = self._state.transfer
        for part in (self._fetching, self._bar, self._cancel):
            part.setVisible(transfer is not None)
        if transfer is not None:
            self._error.hide()
            self._fetching.show_text(format_download(transfer))
            # Qt counts in 32 bits, which the bytes of a file may exceed.
            done = 1000 * transfer.done // transfer.total if transfer.total else 0
            self._bar.show_share(done, 1000 if transfer.total else 0)
        self._show_fetchable()

    def _show_error(self, error: Exception) -> None:
        message, hint, _ = describe_error(error)
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, error_colour(palette))
        self._error.setPalette(palette)
        self._error.setText(f"{message} {hint}")
        self._error.show()


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    return button


def _path_line() -> QLineEdit:
    line = QLineEdit(readOnly=True, frame=False)
    line.setTextMargins(-2, 0, 0, 0)  # aligned with the labels
    line.setAccessibleName("Path of the selected model")
    palette = QPalette(line.palette())
    palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
    line.setPalette(palette)
    return line
