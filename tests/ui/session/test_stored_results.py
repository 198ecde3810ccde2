"""The cache's limit, what it would hold, its size and the button that empties it; matrices beside a project."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.cache_keys import cache_key
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList, make_figures
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.stored_results import matrices_folder, pair_bytes
from exclip_desktop.session.worker.requests import ListPairAnswer, ListPairRequest, ModelFacts
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.project.pair_rows import add_pairs
from exclip_desktop.storage.project.project_files import create_project
from exclip_desktop.ui.dialogs.storage_settings import NO_DISK, StorageSettings, round_count
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

CAPTIONS = ("a dog", "a cat", "a red balloon")


class StoringEngine(PictureEngine):
    """Stores the explanation of each pair of the list in the session's cache, under a key of its caption."""

    cache: FactorCache

    def explain_list_pair(self, request: ListPairRequest, progress: Progress, cancel: CancelToken) -> ListPairAnswer:
        self.list_requests.append(request)
        explanation = self.make(request.caption)
        key = cache_key(caption=request.caption)
        if self.cache.get_explanation(key, explanation.caption) is None:
            self.cache.put_explanation(key, explanation)
        return ListPairAnswer(request.id, make_figures(explanation, request.regions))


class Vault:
    """A window over a project of three pairs."""

    def __init__(self, folder: Path, make: Callable[..., Explanation], qtbot: QtBot, *, on_disk: bool = True) -> None:
        self.folder, self.qtbot, self.project = folder, qtbot, folder / "work.exclip"
        for caption in CAPTIONS:
            make_blank_picture(folder / f"{caption}.png")
        if not self.project.exists():
            listed = tuple(ListedPair(caption, f"{caption}.png", caption) for caption in CAPTIONS)
            with create_project(self.project) as project:
                add_pairs(project, PairList(folder, folder, listed))
        self.engine = StoringEngine(make)
        store = SettingsFile(folder / "settings.json")
        self.cache_folder = folder / "cache"
        self.session = Session(
            store,
            self.cache_folder if on_disk else None,
            lambda: self.engine,
            FakeLibrarian,
            findings=folder / "own.exclip",
        )
        self.engine.cache = self.session.cache
        self.window = Window(self.session)
        qtbot.addWidget(self.window)
        self.window.show()

    def open(self) -> None:
        self.session.start(str(self.project))
        self.settle()

    def settle(self) -> None:
        state, explainer = self.session.state, self.session.list_explainer
        self.qtbot.waitUntil(lambda: state.explanation is not None and state.work is None and not explainer.is_running)

    def explain_all(self) -> None:
        self.session.list_explainer.start()
        self.settle()

    def stored_beside(self, project: Path | None = None) -> int:
        """Return the number of matrices in the project's folder."""
        return len(list(matrices_folder(project or self.project).glob("*.safetensors")))


@pytest.fixture
def vault(tmp_path: Path, make_explanation: Callable[..., Explanation], qtbot: QtBot) -> Vault:
    made = Vault(tmp_path, make_explanation, qtbot)
    made.open()
    return made


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


# The limit


def test_the_settings_say_what_the_limit_would_hold_and_what_is_stored(vault: Vault, parent: QWidget) -> None:
    state = vault.session.state
    state.change(facts=ModelFacts("demo", "cpu", 12, 12, 77, embedding_size=512))
    vault.explain_all()
    settings = StorageSettings(vault.session, parent)
    vault.qtbot.waitUntil(lambda: "Stored now" in settings.limit_hint.text())
    settings.limit.setValue(2.0)
    expected = round_count(2_000_000_000 // pair_bytes(state.explanation, 512))
    assert settings.limit_hint.text().startswith(f"2.0 GB: about {expected:,} pairs of this model. Stored now: ")
    settings.limit.setValue(1.0)
    assert settings.limit_hint.text().startswith("1.0 GB: about ")
    state.change(facts=None)
    settings.limit.setValue(3.0)
    assert settings.limit_hint.text().startswith("Stored now: ")


def test_a_limit_is_saved_for_all_starts_and_smaller_ones_delete_the_oldest(vault: Vault, parent: QWidget) -> None:
    settings = StorageSettings(vault.session, parent)
    settings.limit.setValue(0.05)
    settings.save()
    vault.qtbot.waitUntil(lambda: vault.session.cache.limit == 50_000_000)
    assert FactorCache(vault.cache_folder).limit == 50_000_000
    vault.settle()
    again = StorageSettings(vault.session, parent)
    assert again.limit.value() == pytest.approx(0.05)


def test_the_cache_is_emptied_after_a_question(vault: Vault, parent: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.explain_all()
    questions: list[str] = []
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]

    def ask(_parent: object, _title: str, question: str) -> QMessageBox.StandardButton:
        questions.append(question)
        return answers.pop(0)

    monkeypatch.setattr(QMessageBox, "question", ask)
    settings = StorageSettings(vault.session, parent)
    vault.qtbot.waitUntil(lambda: "Stored now" in settings.limit_hint.text())
    vault.qtbot.mouseClick(settings.empty, Qt.MouseButton.LeftButton)
    assert vault.session.cache.size()[1] > 0
    vault.qtbot.mouseClick(settings.empty, Qt.MouseButton.LeftButton)
    vault.qtbot.waitUntil(lambda: "Stored now: 0 bytes" in settings.limit_hint.text())
    assert vault.session.cache.size() == (0, 0)
    assert all("Delete all stored results" in question for question in questions)


def test_without_a_disk_the_settings_say_so(
    tmp_path: Path, make_explanation: Callable[..., Explanation], qtbot: QtBot, parent: QWidget
) -> None:
    vault = Vault(tmp_path, make_explanation, qtbot, on_disk=False)
    settings = StorageSettings(vault.session, parent)
    assert (settings.limit_hint.text(), settings.limit_row.isEnabled()) == (NO_DISK, False)
    settings.save()


@pytest.mark.parametrize(("count", "rounded"), [(0, 0), (7, 7), (99, 99), (1432, 1400), (34_567, 35_000)])
def test_counts_are_rounded_to_two_digits(count: int, rounded: int) -> None:
    assert round_count(count) == rounded


# Beside a project


def test_a_project_keeps_its_matrices_beside_it_also_those_that_were_explained_before(
    vault: Vault, parent: QWidget
) -> None:
    vault.explain_all()
    assert vault.stored_beside() == 0
    settings = StorageSettings(vault.session, parent)
    assert "work.matrices" in settings.project_hint
    settings.in_project.setChecked(True)
    settings.save()
    vault.settle()
    assert vault.stored_beside() == len(CAPTIONS)
    vault.session.cache.clear()
    explanation = vault.engine.make("a cat")
    assert vault.session.cache.get_explanation(cache_key(caption="a cat"), explanation.caption) is not None


def test_the_choice_belongs_to_the_project(vault: Vault, make_explanation: Callable[..., Explanation]) -> None:
    vault.session.stored_results.use_project_folder(True)
    vault.settle()
    vault.window.close()
    again = Vault(vault.folder, make_explanation, vault.qtbot)
    again.open()
    assert again.session.stored_results.has_project_folder
    again.session.stored_results.use_project_folder(False)
    again.session.cache.clear()
    explanation = again.engine.make("a cat")
    assert again.session.cache.get_explanation(cache_key(caption="a cat"), explanation.caption) is None
    assert again.stored_beside() == len(CAPTIONS)  # the folder stays


def test_the_matrices_follow_a_copy_of_the_project(vault: Vault) -> None:
    vault.session.stored_results.use_project_folder(True)
    vault.settle()
    other = vault.folder / "deep" / "other.exclip"
    other.parent.mkdir()
    vault.session.projects.save_copy(other)
    vault.qtbot.waitUntil(lambda: vault.stored_beside(other) == len(CAPTIONS))
    vault.settle()
    assert vault.session.stored_results.has_project_folder


def test_the_persons_own_project_keeps_nothing_beside_it(
    tmp_path: Path, make_explanation: Callable[..., Explanation], qtbot: QtBot, parent: QWidget
) -> None:
    vault = Vault(tmp_path, make_explanation, qtbot)
    vault.session.start(str(tmp_path / "a dog.png"), "a dog")
    vault.settle()
    settings = StorageSettings(vault.session, parent)
    assert not settings.in_project.isEnabled()
    assert "Open a project first" in settings.project_hint
    vault.session.stored_results.use_project_folder(True)
    assert not vault.session.stored_results.has_project_folder


def test_what_a_pair_takes_on_disk_is_estimated_well(vault: Vault, tmp_path: Path) -> None:
    explanation = replace(vault.session.state.explanation)
    cache = FactorCache(tmp_path / "estimate")
    cache.put_explanation(cache_key(a=1), explanation)
    assert 0.3 < cache.size()[1] / pair_bytes(explanation, 0) < 1.1
