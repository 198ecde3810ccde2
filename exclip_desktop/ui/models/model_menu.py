"""The menu of models, and the bar that advises another one than the bundled one."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from exclip_desktop.core.text.number_format import format_bytes
from exclip_desktop.session.library.library import Library
from exclip_desktop.session.library.model_advice import ModelAdvice, list_local, list_recommended
from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.state import State
from exclip_desktop.ui.widgets.labels import escape_ampersands
from exclip_desktop.ui.widgets.notice_bar import NoticeBar

MOST: Final = 12
SEARCHING: Final = "Searching this computer …"
ADVICE: Final = "The bundled model knows drawn scenes only. For photographs, use another model."
DOWNLOAD_TIP: Final = "Download this model, and explain with it from then on. The status line shows the progress."
USE_TIP: Final = "Explain with this model from now on. It is on this computer."
MORE_TIP: Final = "Other models on this computer, other downloads, or a file"


class ModelMenu(QMenu):
    """Lists models on this computer and recommended downloads with their sizes.

    Signals:
        used(ListedModel): a model on this computer was chosen.
        download_requested(ListedModel): a model to download was chosen.
        file_requested(), dialog_requested(): a file of weights, or the list of all models.
    """

    used = Signal(object)
    download_requested = Signal(object)
    file_requested = Signal()
    dialog_requested = Signal()

    def __init__(self, library: Library, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Model", parent)
        self._library, self._state = library, state
        self._shown: tuple[ListedModel, ...] = ()
        self.aboutToShow.connect(self._on_about_to_show)
        library.models_listed.connect(self._on_models_listed)

    def _on_about_to_show(self) -> None:
        self._fill()
        self._library.refresh()

    def _on_models_listed(self) -> None:
        if self.isVisible() and self._library.models != self._shown:
            self._fill()

    def _fill(self) -> None:
        models = self._shown = self._library.models
        self.clear()
        if not models:
            self.addAction(SEARCHING).setEnabled(False)
        for model in list_local(models)[:MOST]:
            action = self._add(model, "bundled" if model.place == "bundled" else "on this computer")
            action.triggered.connect(lambda _=False, model=model: self.used.emit(model))
            action.setCheckable(True)
            action.setChecked(model.choice.title == self._state.choice.title)
        self.addSeparator()
        for model in list_recommended(models):
            action = self._add(model, "download")
            action.triggered.connect(lambda _=False, model=model: self.download_requested.emit(model))
            action.setEnabled(self._state.transfer is None)
        self.addSeparator()
        self.addAction("Add a file…").triggered.connect(lambda: self.file_requested.emit())
        self.addAction("All models…").triggered.connect(lambda: self.dialog_requested.emit())

    def _add(self, model: ListedModel, where: str) -> QAction:
        return self.addAction(f"{escape_ampersands(model.title)}\t{format_size(model)}, {where}")


class ModelAdviceBar(NoticeBar):
    """Shows the advice while it is due; its buttons use or download the first model, or open the menu."""

    def __init__(self, advice: ModelAdvice, library: Library, menu: ModelMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._advice, self._library, self._menu = advice, library, menu
        self._searched = False
        self._offered: ListedModel | None = None
        advice.changed.connect(self._show)
        library.models_listed.connect(self._show)
        self.answered.connect(self._on_answered)
        self.closed.connect(advice.dismiss)
        menu.used.connect(lambda model: advice.use(model.choice))
        menu.download_requested.connect(advice.download)

    def _show(self) -> None:
        if not self._advice.is_due:
            self.hide()
        elif not self._library.models:
            self._search()
        else:
            self._offer()

    def _search(self) -> None:
        if not self._searched:
            self._searched = True
            self._library.refresh()

    def _offer(self) -> None:
        models = self._library.models
        local = [model for model in list_local(models) if model.place != "bundled"]
        first = next(iter((*local, *list_recommended(models))), None)
        if self.isVisible() and first == self._offered:
            return
        self._offered = first
        buttons = {} if first is None else {"first": _label(first)}
        tips = {"first": USE_TIP if first is not None and first.is_usable else DOWNLOAD_TIP, "more": MORE_TIP}
        self.show_message(ADVICE, {**buttons, "more": "Other models"}, tips, {"more": self._menu})

    def _on_answered(self, _key: str) -> None:
        model = self._offered
        if model is not None and model.is_usable:
            self._advice.use(model.choice)
        elif model is not None:
            self._advice.download(model)


def _label(model: ListedModel) -> str:
    return f"Use {model.title}" if model.is_usable else f"Download {model.title}, {format_size(model)}"


def format_size(model: ListedModel) -> str:
    """Return the size of a model's weights; one that is not on this computer is estimated."""
    if not model.bytes:
        return "size unknown"
    return format_bytes(model.bytes) if model.place else f"about {format_bytes(model.bytes)}"
