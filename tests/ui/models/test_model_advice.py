"""The bar that advises another model for a person's own picture, and the menu of models."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.library import model_advice
from exclip_desktop.session.library.model_listing import ListedModel
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.samples import RECORDS, load_samples
from exclip_desktop.ui.models.add_model_dialog import AddModelDialog
from exclip_desktop.ui.models.model_menu import ADVICE, ModelMenu
from exclip_desktop.ui.models.models_dialog import ModelsDialog
from exclip_desktop.ui.widgets.labels import ClampedLabel
from exclip_desktop.ui.window import Window
from tests.ui.conftest import Opened, PictureEngine
from tests.ui.models.fake_librarian import DEMO, HERE, LARGE, OTHER, REFUSED, FakeLibrarian

SMALL = ListedModel(ModelChoice("ViT-B-16", pretrained="openai"), "ViT-B-16", "openai", bytes=598_000_000)
SIGLIP = ListedModel(
    ModelChoice("ViT-B-16-SigLIP2", pretrained="webli"), "ViT-B-16-SigLIP2", "webli", bytes=1_500_000_000
)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def make_window(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Callable[..., Opened]:
    """Return a function that opens a window with the same settings each time; its librarian has these models."""

    def make(*models: ListedModel) -> Opened:
        store = SettingsFile(tmp_path / "settings.json")
        engine, librarian = PictureEngine(make_explanation), FakeLibrarian()
        librarian.models = [DEMO, *models]
        session = Session(store, None, lambda: engine, lambda: librarian)
        window = Window(session)
        qtbot.addWidget(window)
        window.show()
        opened = Opened(window, session, engine, librarian, tmp_path)
        session.start(opened.picture("mine.png"), "a red balloon")
        qtbot.waitUntil(lambda: session.state.explanation is not None and session.state.work is None)
        return opened

    return make


@pytest.fixture
def opened(make_window: Callable[..., Opened], qtbot: QtBot) -> Opened:
    """A window with an own picture and the bar; nothing but the bundled model is on this computer."""
    made = make_window(LARGE, OTHER, REFUSED, SIGLIP, SMALL)
    qtbot.waitUntil(made.window.model_bar.isVisible)
    return made


def press(opened: Opened, name: str = "first") -> None:
    """Click a button of the bar."""
    QTest.mouseClick(opened.window.model_bar.findChildren(QPushButton, name)[-1], LEFT)


def fill(menu: ModelMenu) -> dict[str, QAction]:
    """Fill a menu as when it opens, and return its entries by their titles."""
    menu.aboutToShow.emit()
    return {action.text().partition("\t")[0]: action for action in menu.actions() if not action.isSeparator()}


def model_of(opened: Opened) -> str:
    """Return the title of the model of the explanation on screen."""
    return opened.state.provenance.choice.title


def test_one_click_downloads_uses_and_remembers_the_first_recommended_model(opened: Opened, qtbot: QtBot) -> None:
    bar = opened.window.model_bar
    assert bar.accessibleName() == f"Note: {ADVICE}"
    (first,) = bar.findChildren(QPushButton, "first")
    assert first.text() == "Download ViT-B-16 (openai), about 598 MB"
    assert opened.librarian.asked == []  # nothing before the click
    press(opened)
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-B-16 (openai)")
    assert opened.state.explanation.caption.text == "a red balloon"
    assert opened.librarian.asked[:2] == ["ask ViT-B-16 (openai)", "fetch 0"]
    assert opened.session.settings.default_model() == SMALL.choice
    assert not bar.isVisible()
    assert opened.state.notice is None


@pytest.mark.parametrize("models", [(SMALL,), (SIGLIP,), (HERE,)])
def test_the_sentence_is_whole_in_the_smallest_window(
    make_window: Callable[..., Opened], qtbot: QtBot, models: tuple[ListedModel, ...]
) -> None:
    window = make_window(*models).window
    qtbot.waitUntil(window.model_bar.isVisible)
    window.resize(960, 640)
    QTest.qWait(0)
    message = window.model_bar.findChild(ClampedLabel)
    assert window.width() == 960
    assert message.text() == ADVICE
    assert not message.is_cut


def test_during_the_download_the_bar_is_away_and_the_status_line_stops_it(opened: Opened, qtbot: QtBot) -> None:
    opened.librarian.gate.clear()
    press(opened)
    qtbot.waitUntil(opened.librarian.fetching.is_set)
    assert not opened.window.model_bar.isVisible()
    opened.librarian.came = 300
    opened.window.status.download_cancel_requested.emit()
    qtbot.waitUntil(opened.window.model_bar.isVisible)
    assert model_of(opened) == "demo"
    opened.librarian.gate.set()
    opened.librarian.asked.clear()
    press(opened)
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-B-16 (openai)")
    assert opened.librarian.asked[:2] == ["ask ViT-B-16 (openai)", "fetch 300"]


@pytest.mark.parametrize("while_asking", [True, False])
def test_a_download_that_fails_is_offered_again(opened: Opened, qtbot: QtBot, while_asking: bool) -> None:
    error = ModelError("The disk is full: it needs 300 MB more.", "Free some space and fetch it again.")
    opened.librarian.gate.clear()
    if while_asking:
        opened.librarian.raises.append(error)
    press(opened)
    if not while_asking:
        qtbot.waitUntil(opened.librarian.fetching.is_set)
        opened.librarian.raises.append(error)
        opened.librarian.gate.set()
    qtbot.waitUntil(lambda: opened.state.notice is not None)
    assert (opened.state.notice.message, opened.state.notice.hint) == (
        error.message,
        "Free some space and fetch it again.",
    )
    assert opened.window.model_bar.isVisible()
    assert model_of(opened) == "demo"
    opened.librarian.gate.set()
    press(opened)
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-B-16 (openai)")


def test_a_model_on_this_computer_comes_first(make_window: Callable[..., Opened], qtbot: QtBot) -> None:
    opened = make_window(HERE, SMALL, LARGE)
    qtbot.waitUntil(opened.window.model_bar.isVisible)
    (first,) = opened.window.model_bar.findChildren(QPushButton, "first")
    assert first.text() == "Use ViT-B-32 (openai)"
    press(opened)
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-B-32 (openai)")
    assert opened.librarian.asked == []
    assert opened.session.settings.default_model() == HERE.choice


def test_a_closed_bar_does_not_come_back_after_a_restart(
    opened: Opened, make_window: Callable[..., Opened], qtbot: QtBot
) -> None:
    bar = opened.window.model_bar
    bar.closed.emit()
    assert not bar.isVisible()
    opened.window.close()
    again = make_window(LARGE, SMALL)
    assert not again.session.model_advice.is_due
    assert not again.window.model_bar.isVisible()


def test_samples_scenes_and_other_models_need_no_advice(opened: Opened, qtbot: QtBot) -> None:
    bar, session = opened.window.model_bar, opened.session
    session.open_sample(0)
    qtbot.waitUntil(lambda: opened.state.canvas_picture.path == str(load_samples()[0].path))
    assert not bar.isVisible()
    session.open(opened.picture("other.png"))
    qtbot.waitUntil(bar.isVisible)
    (opened.folder / "drawn").mkdir()
    (opened.folder / "drawn" / RECORDS).write_text("[]")
    session.open(opened.picture("drawn/0001.png"))
    qtbot.waitUntil(lambda: not bar.isVisible())
    session.open(opened.picture("third.png"))
    qtbot.waitUntil(bar.isVisible)
    session.explain_controller.choose_model(ModelChoice("ViT-B-32", pretrained="openai"))
    assert not bar.isVisible()


def test_a_file_is_used_and_remembered_as_soon_as_it_is_added(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = opened.folder / "weights.pt"
    file.touch()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    choice = ModelChoice("ViT-B-32", checkpoint=str(file), preprocess="openai")
    monkeypatch.setattr(AddModelDialog, "exec", lambda _: True)
    monkeypatch.setattr(AddModelDialog, "choice", lambda _: choice)
    fill(opened.window.model_menu)["Add a file…"].trigger()
    qtbot.waitUntil(lambda: model_of(opened) == "weights.pt")
    assert opened.session.settings.default_model() == choice
    assert opened.session.settings.added_models() == (choice,)


def test_the_bars_menu_lists_downloads_with_their_sizes(opened: Opened, qtbot: QtBot) -> None:
    entries = fill(opened.window.model_menu)
    assert [action.text() for action in entries.values()] == [
        "demo\t15 MB, bundled",
        "ViT-B-16 (openai)\tabout 598 MB, download",
        "ViT-L-14 (openai)\tabout 890 MB, download",
        "ViT-B-16-SigLIP2 (webli)\tabout 1.5 GB, download",
        "Add a file…",
        "All models…",
    ]
    entries["ViT-L-14 (openai)"].trigger()
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-L-14 (openai)")
    assert opened.session.settings.default_model() == LARGE.choice


def test_the_toolbars_menu_changes_the_model_but_not_the_one_of_the_next_start(
    make_window: Callable[..., Opened], qtbot: QtBot
) -> None:
    opened = make_window(HERE, SMALL)
    menu = opened.window.commands["model"].menu()
    assert isinstance(menu, ModelMenu)
    qtbot.waitUntil(lambda: bool(opened.session.library.models))
    entries = fill(menu)
    assert entries["ViT-B-32 (openai)"].text() == "ViT-B-32 (openai)\t350 MB, on this computer"
    assert [title for title, action in entries.items() if action.isChecked()] == ["demo"]
    entries["ViT-B-32 (openai)"].trigger()
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-B-32 (openai)")
    assert [title for title, action in fill(menu).items() if action.isChecked()] == ["ViT-B-32 (openai)"]
    fill(menu)["ViT-B-16 (openai)"].trigger()
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-B-16 (openai)")
    assert opened.session.settings.default_model() == ModelChoice()
    fill(menu)["All models…"].trigger()
    assert opened.window.findChild(ModelsDialog) is not None


def test_no_question_is_asked_where_the_button_named_the_size(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def question(*_: object) -> QMessageBox.StandardButton:
        raise AssertionError("the person has agreed already")

    monkeypatch.setattr(QMessageBox, "question", question)
    press(opened)
    qtbot.waitUntil(lambda: model_of(opened) == "ViT-B-16 (openai)")


def test_what_needs_transformers_is_recommended_only_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    models = (LARGE, SIGLIP, replace(SMALL, reason="too large"), OTHER)
    monkeypatch.setattr(model_advice, "find_spec", lambda _: object())
    assert model_advice.list_recommended(models) == (LARGE, SIGLIP)
    monkeypatch.setattr(model_advice, "find_spec", lambda _: None)
    assert model_advice.list_recommended(models) == (LARGE,)
