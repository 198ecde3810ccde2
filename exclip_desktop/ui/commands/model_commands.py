"""Commands that concern models: the models dialog and its questions."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from exclip_desktop.session.library.model_listing import ListedModel, Offer, WeightsFile
from exclip_desktop.session.session import Session
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.models.add_model_dialog import AddModelDialog
from exclip_desktop.ui.models.model_menu import ModelMenu
from exclip_desktop.ui.models.model_texts import format_download_question
from exclip_desktop.ui.models.models_dialog import ModelsDialog, Purpose

WEIGHTS: Final = "Weights (*.safetensors *.pt *.pth *.bin);;All files (*)"
YES: Final = QMessageBox.StandardButton.Yes


class ModelCommands(QObject):
    """Opens the models dialog for a window, and handles its requests."""

    def __init__(self, window: QWidget, session: Session, actions: dict[str, QAction], advice_menu: ModelMenu) -> None:
        """Connect the actions, the library's answers, and the menu of the bar that advises a model."""
        super().__init__(window)
        self._window, self._session, self._actions = window, session, actions
        self._dialog: ModelsDialog | None = None
        self._uses_file = False  # whether the file that is read now is used as soon as it is added
        menu = ModelMenu(session.library, session.state, window)
        menu.used.connect(lambda model: session.model_advice.use(model.choice, remember=False))
        menu.download_requested.connect(lambda model: session.model_advice.download(model, remember=False))
        actions["model"].setMenu(menu)
        for one in (menu, advice_menu):
            one.dialog_requested.connect(lambda: self.show("use"))
        menu.file_requested.connect(self._add_file)
        advice_menu.file_requested.connect(self._use_file)
        actions["models"].triggered.connect(lambda: self.show("use"))
        actions["second_model"].triggered.connect(self.choose_second_model)
        session.second_model.opened.connect(lambda: actions["second_model"].setChecked(True))
        session.second_model.closed.connect(lambda: actions["second_model"].setChecked(False))
        session.library.inspected.connect(self._add)
        session.library.offered.connect(self._ask_to_download)
        session.library.fetched.connect(self._on_fetched)

    def show(self, purpose: Purpose) -> None:
        """Show the dialog; it closes after a choice."""
        if self._dialog is not None:
            return
        library = self._session.library
        dialog = self._dialog = ModelsDialog(library, self._session.state, purpose, self._window)
        dialog.used.connect(self._use)
        dialog.compared.connect(self._compare)
        dialog.download_requested.connect(library.request_offer)
        dialog.removal_requested.connect(self._ask_to_remove)
        dialog.default_chosen.connect(lambda model: library.set_default(model.choice))
        dialog.folder_requested.connect(self._add_folder)
        dialog.file_requested.connect(self._add_file)
        dialog.cancel_requested.connect(library.cancel)
        shape = self._session.settings.geometry.get("models")
        if not shape.isEmpty():
            dialog.restoreGeometry(shape)
        dialog.finished.connect(self._on_closed)
        library.refresh()
        dialog.open()

    def choose_second_model(self, on: bool) -> None:
        """Let the person choose a second model, or close it."""
        second_model = self._session.second_model
        if on:
            self.show("compare")
        elif second_model.is_open:
            second_model.close()
        self._actions["second_model"].setChecked(second_model.is_open)

    def _on_closed(self) -> None:
        dialog, self._dialog = self._dialog, None
        assert dialog is not None
        self._session.settings.geometry.put("models", dialog.saveGeometry())
        dialog.deleteLater()

    def _use(self, model: ListedModel) -> None:
        self._session.explain_controller.choose_model(self._here(model))

    def _compare(self, model: ListedModel) -> None:
        self._session.second_model.open(self._here(model))

    def _here(self, model: ListedModel) -> ModelChoice:
        return replace(model.choice, device=self._session.state.choice.device)

    def _ask_to_download(self, offer: Offer) -> None:
        if QMessageBox.question(self._top, "Download", format_download_question(offer)) == YES:
            self._session.library.fetch(offer)

    def _ask_to_remove(self, model: ListedModel) -> None:
        question = f"{model.title} lies in {model.path}. Delete it from this computer?"
        if model.place == "added" or QMessageBox.question(self._top, "Remove", question) == YES:
            self._session.library.remove(model)

    def _add_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._top, "Add folder", self._place())
        if folder:
            self._add(Path(folder))

    def _add_file(self) -> None:
        file, _ = QFileDialog.getOpenFileName(self._top, "Add file", self._place(), WEIGHTS)
        if file:
            self._uses_file = False
            self._session.library.inspect(Path(file))

    def _use_file(self) -> None:
        """Let the person choose a file of weights, and explain by it from then on."""
        self._add_file()
        self._uses_file = True

    def _add(self, what: Path | WeightsFile) -> None:
        dialog = AddModelDialog(what, self._top)
        if dialog.exec():
            if self._dialog is not None:
                self._dialog.select(dialog.choice())
            self._session.library.add(dialog.choice())
            if self._uses_file and isinstance(what, WeightsFile):
                self._session.model_advice.use(dialog.choice())
        dialog.deleteLater()

    def _place(self) -> str:
        """Return the folder that contains the model that was added last."""
        added = self._session.settings.added_models()
        return str(Path(added[0].checkpoint or added[0].name).parent) if added else str(Path.home())

    def _on_fetched(self, model: ListedModel) -> None:
        if self._dialog is None:
            self._session.show_note(f"{model.title} is on this computer now.", "Choose it in File ▸ Models….")
        else:
            self._dialog.select(model.choice)

    @property
    def _top(self) -> QWidget:
        return self._window if self._dialog is None else self._dialog
