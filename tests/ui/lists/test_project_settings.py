"""The settings of a project are in its file, and come back with it."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ModelError, SettingsError, UserError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import Arrangement
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.project.project import load_settings, save_setting
from exclip_desktop.storage.project.project_files import create_project, open_project
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.models.fake_librarian import FakeLibrarian
from tests.ui.session.session_desk import Desk

LARGE, DEEP = ModelChoice("large", "openai"), ExplainSettings(3, 5, "gauss-legendre", 16, framing="squash")
BY_SCORE = Arrangement("DOG is:explained", by="score", descending=True)
GONE = ModelError("large (openai) is not on this computer.", "Download it.")


def made(folder: Path, called: str = "study.exclip", **settings: object) -> Path:
    """Make a project with settings."""
    with create_project(folder / called) as project:
        for name, value in settings.items():
            save_setting(project, name, value)
    return project.path


def kept(path: Path) -> dict[str, object]:
    with open_project(path) as project:
        return load_settings(project)


def model_setting(choice: ModelChoice, explain_settings: ExplainSettings) -> dict[str, object]:
    return {"choice": asdict(choice), "how": asdict(explain_settings)}


def choose(desk: Desk, choice: ModelChoice, explain_settings: ExplainSettings | None = None) -> None:
    """Explain by another model, and by settings."""
    desk.session.explain_controller.choose_model(choice)
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice == choice)
    if explain_settings is not None:
        desk.session.explain_controller.choose_settings(explain_settings, choice.device)
        desk.qtbot.waitUntil(lambda: desk.state.provenance.explain_settings == explain_settings)
    desk.settle()


def test_model_and_settings_are_saved_when_they_change_and_restored(desk: Desk) -> None:
    path = desk.folder / "study.exclip"
    desk.session.projects.create(path)
    assert kept(path) == {}
    choose(desk, replace(LARGE, device="cuda"), DEEP)
    assert kept(path) == {"model": model_setting(LARGE, DEEP)}
    desk.session.projects.create(desk.folder / "other.exclip")
    choose(desk, ModelChoice(device="cpu"), ExplainSettings())
    assert kept(path)["model"] == model_setting(LARGE, DEEP)
    desk.session.projects.open(path)
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice == replace(LARGE, device="cpu"))
    assert desk.state.provenance.explain_settings == DEEP
    assert kept(desk.folder / "other.exclip") == {"model": model_setting(ModelChoice(), ExplainSettings())}


def test_the_settings_of_a_project_are_not_those_of_the_next_start(desk: Desk) -> None:
    desk.session.projects.open(made(desk.folder, model=model_setting(ModelChoice(), DEEP)))
    desk.qtbot.waitUntil(lambda: desk.state.provenance.explain_settings == DEEP)
    assert desk.session.settings.explain_settings() == ExplainSettings()


def test_what_is_the_same_is_not_explained_again(desk: Desk) -> None:
    path = made(desk.folder, model=model_setting(ModelChoice(), ExplainSettings()))
    before = desk.state.provenance
    desk.session.projects.open(path)
    assert not desk.state.stale
    assert desk.state.provenance is before


@pytest.mark.parametrize("error", [GONE, SettingsError("There is no layer 99.", "Give another.")])
def test_settings_that_cannot_be_restored_are_reported_once_and_stay_in_the_file(desk: Desk, error: UserError) -> None:
    held = {"model": model_setting(LARGE, DEEP)}
    path = made(desk.folder, **held)
    desk.fail(error, lambda: desk.session.projects.open(path), loading=error is GONE)
    desk.settle()
    state, said = desk.state, f"The settings of study.exclip cannot be used: {error.message}"
    desk.qtbot.waitUntil(lambda: state.notice.message == said)  # each of a failure's hearers hears it by itself
    assert (state.choice, state.explain_settings, state.stale) == (
        state.provenance.choice,
        state.provenance.explain_settings,
        False,
    )
    assert state.choice == ModelChoice()
    desk.open("b.png", "a dog")
    assert state.notice is None
    assert kept(path) == held
    choose(desk, ModelChoice("other"))
    assert kept(path) == {"model": model_setting(ModelChoice("other"), ExplainSettings())}


def test_layers_that_the_model_has_no_longer_stay_in_the_file(desk: Desk) -> None:
    held = {"model": model_setting(LARGE, ExplainSettings(11, 2))}
    path = made(desk.folder, **held)
    desk.engine.layers = (4, 4)
    desk.session.projects.open(path)
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice == LARGE)
    desk.settle()
    assert desk.state.provenance.explain_settings == ExplainSettings(None, 2)
    assert "no image layer 11" in desk.state.notice.message
    desk.open("b.png", "a dog")
    assert kept(path) == held
    choose(desk, LARGE, ExplainSettings(3, 2))
    assert kept(path) == {"model": model_setting(LARGE, ExplainSettings(3, 2))}


def test_a_project_that_nothing_was_explained_in_takes_the_next_settings(desk: Desk) -> None:
    path = made(desk.folder)
    desk.session.projects.open(path)
    desk.open("b.png", "a dog")
    assert kept(path) == {"model": model_setting(ModelChoice(), ExplainSettings())}


def test_the_locked_range_is_saved_and_the_rest_of_the_view_is_not(desk: Desk) -> None:
    path = desk.folder / "study.exclip"
    desk.session.projects.create(path)
    desk.session.show(opacity=0.5)
    assert kept(path) == {}
    desk.session.show(picture_limit=0.25)
    assert kept(path) == {"range": {"picture_limit": 0.25, "words_limit": None}}
    desk.session.projects.create(desk.folder / "other.exclip")
    desk.session.show(picture_limit=None, opacity=0.75)
    desk.session.projects.open(path)
    assert (desk.state.view.picture_limit, desk.state.view.opacity) == (0.25, 0.75)
    desk.session.show(picture_limit=None)
    assert kept(path) == {"range": {"picture_limit": None, "words_limit": None}}


@pytest.mark.parametrize(
    "expected",
    [
        {"model": 3, "how": "x", "list": [], "range": None},
        {"model": {"choice": {"name": ""}, "how": {"image_layer": "deep"}}},
        {"list": {"by": "size", "shown": "none"}, "range": {"picture_limit": -1.0, "words_limit": "wide"}},
    ],
)
def test_settings_that_are_none_change_nothing(desk: Desk, expected: dict[str, object]) -> None:
    before = desk.state.choice, desk.state.explain_settings, desk.state.view, desk.session.pair_navigation.arrangement
    desk.session.projects.open(made(desk.folder, **expected))
    desk.settle()
    assert (
        desk.state.choice,
        desk.state.explain_settings,
        desk.state.view,
        desk.session.pair_navigation.arrangement,
    ) == before
    assert desk.state.notice is None


def test_a_read_only_project_restores_and_is_left_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(desk.folder, model=model_setting(LARGE, DEEP))
    monkeypatch.setattr(
        "exclip_desktop.storage.project.project_files._why_read_only", lambda _: "it may not be written."
    )
    desk.session.projects.open(path)
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice == LARGE)
    desk.state.change(notice=None)
    choose(desk, ModelChoice())
    desk.session.show(picture_limit=0.5)
    assert desk.state.notice is None
    assert kept(path) == {"model": model_setting(LARGE, DEEP)}


def test_two_windows_keep_what_each_changes_last(desk: Desk) -> None:
    path = made(desk.folder, model=model_setting(ModelChoice(), ExplainSettings()))
    desk.session.projects.open(path)
    with open_project(path) as other:
        save_setting(other, "model", model_setting(LARGE, ExplainSettings()))
    desk.session.projects.check_for_changes()
    assert desk.state.choice == ModelChoice()
    desk.open("b.png", "a dog")
    assert kept(path)["model"] == model_setting(LARGE, ExplainSettings())
    choose(desk, ModelChoice("third"))
    assert kept(path)["model"] == model_setting(ModelChoice("third"), ExplainSettings())


def test_write_errors_are_reported(desk: Desk) -> None:
    path = made(desk.folder)
    desk.session.projects.open(path)
    path.rename(desk.folder / "elsewhere.exclip")
    desk.session.show(picture_limit=0.5)
    assert "moved" in desk.state.notice.message


class Place:
    """A window whose findings go into a project of the person's own."""

    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation]) -> None:
        self.qtbot, self.folder, self.own = qtbot, folder, folder / "own.exclip"
        engine, store = PictureEngine(make), SettingsFile(folder / "settings.json")
        self.session = Session(store, None, lambda: engine, FakeLibrarian, self.own)
        self.window = Window(self.session)
        qtbot.addWidget(self.window)
        self.window.show()
        self.dock = self.window.pair_list_dock

    def fields(self) -> tuple[str, str, bool]:
        return self.dock.filter.query, *self.dock.table.sort


@pytest.fixture
def place(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Place:
    return Place(qtbot, tmp_path, make_explanation)


def test_the_persons_own_project_holds_no_settings(place: Place) -> None:
    create_project(place.own).close()
    place.session.start()
    place.qtbot.waitUntil(lambda: place.session.state.explanation is not None)
    place.session.show(picture_limit=0.5)
    assert place.session.projects.is_own
    assert kept(place.own) == {}


def test_the_list_is_arranged_as_it_was_left(place: Place) -> None:
    navigation, projects = place.session.pair_navigation, place.session.projects
    (place.folder / "list.csv").write_text("path,caption\na.png,a dog\nb.png,a cat\nc.png,a dogfish\n")
    navigation.open(place.folder / "list.csv")
    place.qtbot.waitUntil(lambda: len(navigation.pairs) == 3)
    path = place.folder / "study.exclip"
    place.dock.filter.write("fish")
    projects.create(path)
    assert "list" not in kept(path)
    place.qtbot.waitUntil(lambda: navigation.is_project_list)  # it is taken in
    assert kept(path)["list"] == asdict(Arrangement("fish"))
    place.dock.filter.write("DOG is:explained")
    place.dock.table.sort_by("score", descending=True)
    assert kept(path)["list"] == asdict(BY_SCORE)
    projects.open(made(place.folder, "other.exclip", model=model_setting(ModelChoice(), ExplainSettings())))
    assert place.fields() == ("", "list", False)
    projects.open(path)
    assert navigation.arrangement == BY_SCORE
    assert place.fields() == ("DOG is:explained", "score", True)
    place.qtbot.waitUntil(lambda: navigation.is_project_list)
    place.dock.filter.write("DOG")
    assert navigation.order == (0, 2)
    assert kept(path)["list"] == asdict(replace(BY_SCORE, holding="DOG"))


def test_the_status_that_an_older_project_stores_is_part_of_the_query(place: Place) -> None:
    arrangement = {"holding": "DOG", "shown": "explained", "by": "score", "descending": True}
    place.session.projects.open(made(place.folder, list=arrangement))
    assert place.fields() == ("DOG is:explained", "score", True)


def test_the_program_starts_with_a_project(place: Place) -> None:
    path = made(place.folder, model=model_setting(LARGE, DEEP))
    place.session.start(str(path))
    place.qtbot.waitUntil(lambda: place.session.state.notice is not None)
    assert place.session.state.notice.message == f"{path.name} has no pairs yet."
    assert place.session.state.canvas_picture is None  # no sample: it is not the project's
    place.session.open_sample(0)
    place.qtbot.waitUntil(lambda: place.session.state.explanation is not None)
    assert (place.session.state.provenance.choice, place.session.state.provenance.explain_settings) == (LARGE, DEEP)
    assert place.session.projects.project.path == path
    assert place.session.state.canvas_picture.path == str(load_samples()[0].path)
