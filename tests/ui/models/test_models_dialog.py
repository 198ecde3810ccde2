"""The models dialog: searching, choosing, adding and removing models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QTableView
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.library.model_listing import WeightsFile
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.ui.models.add_model_dialog import FROM_FILE, AddModelDialog
from exclip_desktop.ui.models.models_dialog import ModelsDialog
from exclip_desktop.ui.models.models_table import ModelColumn
from tests.ui.conftest import Opened
from tests.ui.models.fake_librarian import DEMO, HERE, LARGE, OTHER, REFUSED
from tests.ui.window.test_widgets import button, child

ROLE = Qt.ItemDataRole
ANSWERS = QMessageBox.StandardButton


def column_texts(dialog: ModelsDialog, column: ModelColumn = ModelColumn.NAME) -> list[str]:
    """Return the texts of a column, from top to bottom."""
    model = child(dialog, "Models").model()
    return [str(model.index(row, column).data()).strip() for row in range(model.rowCount())]


def select(dialog: ModelsDialog, name: str) -> None:
    """Select the row with that name."""
    child(dialog, "Models").selectRow(column_texts(dialog).index(name))


def click(dialog: ModelsDialog, text: str) -> None:
    """Click an enabled button."""
    assert button(dialog, text).isEnabled(), text
    QTest.mouseClick(button(dialog, text), Qt.MouseButton.LeftButton)


def double_click(table: QTableView) -> None:
    """Double-click the selected row."""
    place = table.visualRect(table.currentIndex()).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


@pytest.fixture
def show(opened: Opened, qtbot: QtBot) -> Callable[..., ModelsDialog]:
    """Return a function that opens the dialog by one of the window's actions, and waits for its list."""

    def make(action: str = "models") -> ModelsDialog:
        opened.window.commands[action].trigger()
        dialog = opened.window.findChild(ModelsDialog)
        qtbot.waitUntil(lambda: len(column_texts(dialog)) >= 5)
        return dialog

    return make


@pytest.fixture
def dialog(show: Callable[..., ModelsDialog]) -> ModelsDialog:
    """The dialog, opened by Models…."""
    return show()


def _answer(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    asked: list[str] = []

    def question(_parent: object, _title: str, text: str) -> Any:
        asked.append(text)
        return answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def test_what_is_here_comes_first_with_what_is_known_of_it(dialog: ModelsDialog, opened: Opened) -> None:
    assert column_texts(dialog) == ["demo", "ViT-B-32", "ViT-L-14", "RN50", "coca_ViT-B-32"]
    assert column_texts(dialog, ModelColumn.TAG) == ["", "openai", "openai", "yfcc15m", "laion2b"]
    assert column_texts(dialog, ModelColumn.SIZE) == ["15 MB", "350 MB", "≈ 890 MB", "—", "—"]
    assert column_texts(dialog, ModelColumn.GRID) == ["12 × 12", "7 × 7", "16 × 16", "7 × 7", "—"]
    assert column_texts(dialog, ModelColumn.CONTEXT) == ["32", "77", "—", "—", "—"]
    assert column_texts(dialog, ModelColumn.PLACE) == ["Bundled, default, in use", "Downloaded", *["Not here"] * 3]
    assert child(dialog, "Path of the selected model").text() == str(DEMO.path)
    model = child(dialog, "Models").model()
    for row in (2, 3):
        told = model.index(row, ModelColumn.SIZE).data(ROLE.ToolTipRole)
        assert told == "Download… shows the exact size"
    assert model.index(3, ModelColumn.SIZE).data(ROLE.AccessibleTextRole) == "—"
    assert opened.librarian.asked == []


def test_typing_searches_and_arrows_move(dialog: ModelsDialog, qtbot: QtBot) -> None:
    search, table = child(dialog, "Search"), child(dialog, "Models")
    assert search is dialog.focusWidget()
    table.setFocus()
    QTest.keyClicks(table, "vit oPenai")
    assert search.text() == "vit oPenai"
    assert column_texts(dialog) == ["ViT-B-32", "ViT-L-14"]
    QTest.keyClick(search, Qt.Key.Key_Down)
    assert "Not on this computer" in child(dialog, "About the selected model").text()
    QTest.keyClick(search, Qt.Key.Key_Up)
    assert child(dialog, "Path of the selected model").text() == str(HERE.path)
    search.setText("nothing like it")
    assert column_texts(dialog) == []
    assert child(dialog, "About the selected model").text() == "No model matches the search."
    assert not any(button(dialog, text).isEnabled() for text in ("Use", "Compare", "Download…", "Set as default"))
    search.setText("not here")
    assert column_texts(dialog) == ["ViT-L-14", "RN50", "coca_ViT-B-32"]
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert search is dialog.focusWidget()
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_sorting_keeps_local_models_first_and_unknown_values_last(dialog: ModelsDialog) -> None:
    table: QTableView = child(dialog, "Models")
    up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
    orders = {
        (ModelColumn.NAME, up): ["demo", "ViT-B-32", "coca_ViT-B-32", "RN50", "ViT-L-14"],
        (ModelColumn.NAME, down): ["ViT-B-32", "demo", "ViT-L-14", "RN50", "coca_ViT-B-32"],
        (ModelColumn.SIZE, down): ["ViT-B-32", "demo", "ViT-L-14", "RN50", "coca_ViT-B-32"],
        (ModelColumn.GRID, up): ["ViT-B-32", "demo", "RN50", "ViT-L-14", "coca_ViT-B-32"],
        (ModelColumn.GRID, down): ["demo", "ViT-B-32", "ViT-L-14", "RN50", "coca_ViT-B-32"],
    }
    for (column, order), names in orders.items():
        table.sortByColumn(column, order)
        assert column_texts(dialog) == names, (column, order)


@pytest.mark.parametrize("way", ["button", "enter in the list", "enter in the search", "double click"])
def test_a_model_is_used(dialog: ModelsDialog, opened: Opened, qtbot: QtBot, way: str) -> None:
    table = child(dialog, "Models")
    select(dialog, "ViT-B-32")
    if way == "button":
        click(dialog, "Use")
    elif way == "double click":
        double_click(table)
    else:
        QTest.keyClick(table if "list" in way else child(dialog, "Search"), Qt.Key.Key_Return)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: opened.state.provenance.choice == HERE.choice)
    assert opened.engine.loaded == [ModelChoice(), HERE.choice]


def test_what_is_not_here_or_cannot_be_explained_is_not_used(dialog: ModelsDialog, opened: Opened) -> None:
    table = child(dialog, "Models")
    for name in (LARGE.name, REFUSED.name):
        select(dialog, name)
        assert not any(button(dialog, text).isEnabled() for text in ("Use", "Compare", "Set as default"))
        QTest.keyClick(table, Qt.Key.Key_Return)
        double_click(table)
    assert dialog.isVisible()
    assert (opened.state.choice, opened.librarian.asked) == (ModelChoice(), [])
    assert not button(dialog, "Download…").isEnabled()  # it cannot be used
    told = "It cannot be used: it is a CoCa model."
    assert child(dialog, "About the selected model").text() == told
    cell = table.model().index(4, 0)
    grey = QApplication.palette().brush(
        QApplication.palette().ColorGroup.Disabled, QApplication.palette().ColorRole.Text
    )
    assert (cell.data(ROLE.ToolTipRole), cell.data(ROLE.ForegroundRole)) == (told, grey)
    assert table.model().index(2, 0).data(ROLE.ForegroundRole) is None


def test_a_model_is_compared(show: Callable[..., ModelsDialog], opened: Opened, qtbot: QtBot) -> None:
    action, second_model = opened.window.commands["second_model"], opened.session.second_model
    dialog = show("second_model")
    dialog.reject()
    assert not action.isChecked()
    qtbot.waitUntil(lambda: opened.window.findChild(ModelsDialog) is None)
    dialog = show("second_model")
    assert dialog.windowTitle() == "Compare with another model"
    select(dialog, "ViT-B-32")
    QTest.keyClick(child(dialog, "Search"), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: second_model.state.explanation is not None)
    assert (second_model.state.choice, opened.state.choice, action.isChecked()) == (HERE.choice, ModelChoice(), True)
    action.trigger()
    assert (second_model.is_open, action.isChecked()) == (False, False)


def test_the_default_model_is_saved_and_opened_at_the_start(dialog: ModelsDialog, opened: Opened, qtbot: QtBot) -> None:
    opened.session.explain_controller.choose_settings(ExplainSettings(11, 11, "gauss-legendre", 20), None)
    qtbot.waitUntil(lambda: opened.state.provenance.explain_settings.image_layer == 11)
    assert not button(dialog, "Set as default").isEnabled()  # it is the default already
    select(dialog, "ViT-B-32")
    click(dialog, "Set as default")
    assert column_texts(dialog, ModelColumn.PLACE)[:2] == ["Bundled, in use", "Downloaded, default"]
    assert child(dialog, "Path of the selected model").text() == str(HERE.path)  # still selected
    assert not button(dialog, "Set as default").isEnabled()
    store = SettingsFile(opened.folder / "settings.json")
    again = Session(store, None, lambda: opened.engine)
    assert again.state.choice == again.state.provenance.choice == HERE.choice
    assert again.state.explain_settings == ExplainSettings(
        None, None, "gauss-legendre", 20
    )  # layers belong to one model


def test_what_is_added_is_remembered_and_what_is_gone_is_marked(
    dialog: ModelsDialog, opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, file = opened.folder / "mine", opened.folder / "run.pt"
    folder.mkdir()
    file.touch()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    monkeypatch.setattr(AddModelDialog, "exec", lambda _: True)
    click(dialog, "Add folder…")
    qtbot.waitUntil(lambda: column_texts(dialog)[:2] == ["demo", "mine"])
    click(dialog, "Add file…")
    qtbot.waitUntil(lambda: column_texts(dialog)[:4] == ["demo", "run.pt", "mine", "ViT-B-32"])
    assert column_texts(dialog, ModelColumn.PLACE)[1:3] == ["Added", "Added"]
    assert child(dialog, "Path of the selected model").text() == str(file)  # the added model is selected
    assert opened.session.settings.added_models() == (
        ModelChoice("", checkpoint=str(file)),
        ModelChoice(str(folder)),
    )
    file.unlink()
    opened.session.library.refresh()
    qtbot.waitUntil(lambda: column_texts(dialog, ModelColumn.PLACE)[1:3] == ["Gone", "Added"])
    assert not button(dialog, "Use").isEnabled()
    click(dialog, "Remove from the list")
    qtbot.waitUntil(lambda: column_texts(dialog)[:3] == ["demo", "mine", "ViT-B-32"])
    assert (opened.librarian.removed, folder.exists()) == ([], True)
    assert opened.session.settings.added_models() == (ModelChoice(str(folder)),)


def test_adding_the_same_model_again_replaces_its_settings(opened: Opened, qtbot: QtBot) -> None:
    library = opened.session.library
    for preprocess in (None, "openai"):
        with qtbot.waitSignal(library.models_listed):
            library.add(ModelChoice("", checkpoint="/run.pt", preprocess=preprocess))
    assert opened.session.settings.added_models() == (ModelChoice("", checkpoint="/run.pt", preprocess="openai"),)


def test_unknown_properties_of_a_file_are_requested(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, told = tmp_path / "run.pt", str(tmp_path / "own.json")
    asked = AddModelDialog(WeightsFile(file, ("RN50", "RN50-quickgelu")))
    qtbot.addWidget(asked)
    names, ways = child(asked, "Architecture"), child(asked, "Preprocessing")
    assert not button(asked, "Add").isEnabled()  # the preprocessing is unknown
    ways.setCurrentIndex(ways.findData("inception"))
    assert not button(asked, "Add").isEnabled()  # the architecture is ambiguous: both have the same shapes
    names.setCurrentIndex(1)
    assert button(asked, "Add").isEnabled()
    assert asked.choice() == ModelChoice("RN50-quickgelu", checkpoint=str(file), preprocess="inception")
    for path, kept in ((told, told), ("", None)):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, path=path: (path, ""))
        ways.setCurrentIndex(ways.findText(FROM_FILE))
        ways.activated.emit(ways.currentIndex())
        assert (asked.choice().preprocess, button(asked, "Add").isEnabled()) == (kept, kept is not None)


def test_known_properties_of_a_file_or_folder_are_not_requested(tmp_path: Path, qtbot: QtBot) -> None:
    published = AddModelDialog(WeightsFile(tmp_path / "RN50.pt", ("RN50",), preprocess_known=True))
    folder = AddModelDialog(tmp_path)
    for asked in (published, folder):
        qtbot.addWidget(asked)
        assert button(asked, "Add").isEnabled()
    assert not child(published, "Architecture").isEnabled()
    assert not child(published, "Preprocessing").isEnabled()
    assert published.choice() == ModelChoice("RN50", checkpoint=str(tmp_path / "RN50.pt"))
    assert folder.choice() == ModelChoice(str(tmp_path))


def test_a_file_that_cannot_be_read_is_not_added(
    dialog: ModelsDialog, opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/broken.pt", ""))
    opened.librarian.raises.append(ModelError("It is damaged."))
    click(dialog, "Add file…")
    qtbot.waitUntil(lambda: child(dialog, "Error").isVisible())
    assert (child(dialog, "Error").text().strip(), opened.session.settings.added_models()) == ("It is damaged.", ())


def test_a_model_is_removed_only_if_the_person_agrees(
    dialog: ModelsDialog, opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not button(dialog, "Remove from this computer…").isEnabled()  # bundled
    select(dialog, "ViT-B-32")
    click(dialog, "Set as default")
    asked = _answer(monkeypatch, ANSWERS.No)
    click(dialog, "Remove from this computer…")
    assert asked == ["ViT-B-32 (openai) lies in /cache/b32.pt. Delete it from this computer?"]
    assert opened.librarian.removed == []
    _answer(monkeypatch, ANSWERS.Yes)
    click(dialog, "Remove from this computer…")
    qtbot.waitUntil(lambda: column_texts(dialog) == ["demo", "ViT-L-14", "RN50", "coca_ViT-B-32"])
    assert opened.librarian.removed == [HERE]
    assert opened.session.settings.default_model() == ModelChoice()  # it could not be opened again


def test_a_failed_removal_is_reported(dialog: ModelsDialog, opened: Opened, qtbot: QtBot) -> None:
    opened.session.library.failed.emit(ModelError("It cannot be removed.", "Delete it by hand."))
    assert child(dialog, "Error").text() == "It cannot be removed. Delete it by hand."
    assert opened.state.notice.message == "It cannot be removed."


def test_damaged_saved_models_count_as_missing(opened: Opened) -> None:
    settings = opened.session.settings
    settings._store.write("added_models", [{"name": 3}, {"name": "/a", "pretrained": 5}])
    settings._store.write("default_model", {"name": 1})
    assert settings.added_models() == (ModelChoice("/a"),)
    assert settings.default_model() == ModelChoice()
    assert OTHER.title == "RN50 (yfcc15m)"
