"""Explaining a whole list in a window, while the person goes on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ModelError, PictureError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.project.pair_rows import Measurement, add_pairs, save_measurements
from exclip_desktop.storage.project.project_files import create_project
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

COUNT = 6


class Desk:
    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation]) -> None:
        self.qtbot, self.engine = qtbot, PictureEngine(make)
        make_blank_picture(folder / "a.png")
        lines = "".join(f"a.png,a dog and {number} cats\n" for number in range(COUNT))
        (folder / "list.csv").write_text(f"path,caption\n{lines}")
        store = SettingsFile(folder / "settings.json")
        self.session = Session(store, None, lambda: self.engine, FakeLibrarian)
        self.window = Window(self.session)
        qtbot.addWidget(self.window)
        self.window.show()
        self.session.start(str(folder / "list.csv"))
        self.settle(0)
        self.pair_navigation, self.list_explainer = self.session.pair_navigation, self.session.list_explainer
        self.button = self.window.pair_list_dock.batch

    def settle(self, number: int) -> None:
        state = self.session.state
        self.qtbot.waitUntil(
            lambda: (
                state.explanation is not None
                and state.explanation.caption.text == f"a dog and {number} cats"
                and not state.stale
            )
        )

    def wait_listed(self, count: int) -> None:
        self.qtbot.waitUntil(lambda: len(self.engine.list_requests) == count)

    def explained(self) -> list[int]:
        return [
            place for place in range(COUNT) if getattr(self.pair_navigation.figures(place), "score", None) is not None
        ]


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    return Desk(qtbot, tmp_path, make_explanation)


def test_all_pairs_that_are_left_are_explained(desk: Desk, qtbot: QtBot) -> None:
    assert desk.button.text() == "Explain all"
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.explained() == list(range(COUNT))
    assert [request.caption for request in desk.engine.list_requests] == [
        f"a dog and {n} cats" for n in range(1, COUNT)
    ]
    assert not desk.button.isEnabled()
    assert desk.session.state.explanation.caption.text == "a dog and 0 cats"


def test_pairs_that_other_settings_had_explained_are_explained_again(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    with create_project(tmp_path / "study.exclip") as project:
        add_pairs(project, desk.pair_navigation.list)
        measured = desk.pair_navigation.pairs[2:5]
        save_measurements(project, [(pair.id, Measurement(0.9, by="other")) for pair in measured])
    desk.session.projects.open(tmp_path / "study.exclip")
    qtbot.waitUntil(lambda: desk.pair_navigation.is_project_list and desk.explained() == [0])  # by present settings
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.explained() == list(range(COUNT))
    assert len({desk.pair_navigation.figures(place).by for place in range(COUNT)}) == 1


def test_it_pauses_and_resumes(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.listed_gate.clear()
    desk.button.click()
    desk.wait_listed(1)
    assert desk.button.text() == "Pause"
    assert desk.session.state.work.what == "Explaining the list"
    desk.button.click()
    assert desk.session.state.work is None
    desk.engine.listed_gate.set()
    assert desk.explained() == [0]
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.explained() == list(range(COUNT))


def test_a_persons_request_has_priority(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.listed_gate.clear()
    desk.button.click()
    desk.wait_listed(1)
    desk.pair_navigation.step(3)
    desk.settle(3)
    desk.engine.listed_gate.set()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.explained() == list(range(COUNT))
    captions = [request.caption for request in desk.engine.list_requests]
    assert captions.count("a dog and 1 cats") > 1  # it was interrupted
    assert "a dog and 3 cats" not in captions


def test_a_picture_that_cannot_be_read_fails_alone(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.listed_raises.append(PictureError("This file is empty.", "Fetch it again."))
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.pair_navigation.figures(1).failure == "This file is empty. Fetch it again."
    assert desk.explained() == [0, 2, 3, 4, 5]


def test_what_failed_is_tried_once_more_when_it_begins_again(desk: Desk, qtbot: QtBot) -> None:
    gone = PictureError("There is no picture.", "Check the path.")
    desk.engine.listed_raises.extend([gone, gone])
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.explained() == [0, 3, 4, 5]
    desk.engine.listed_raises.append(gone)
    requested = len(desk.engine.list_requests)
    assert desk.button.isEnabled()
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert (desk.explained(), len(desk.engine.list_requests) - requested) == ([0, 2, 3, 4, 5], 2)
    assert desk.pair_navigation.figures(1).failure == "There is no picture. Check the path."
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.explained() == list(range(COUNT))
    assert not desk.button.isEnabled()


def test_an_error_of_the_model_stops_it(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.listed_raises.append(ModelError("The weights are gone.", "Choose others."))
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.session.state.notice.message == "The weights are gone."
    assert desk.explained() == [0]
    assert desk.button.text() == "Explain all"


def test_other_settings_end_it(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.listed_gate.clear()
    desk.button.click()
    desk.wait_listed(1)
    desk.session.explain_controller.choose_settings(replace(desk.session.state.explain_settings, image_layer=2), None)
    assert not desk.list_explainer.is_running
    desk.engine.listed_gate.set()


def test_cancel_pauses_it(desk: Desk, qtbot: QtBot) -> None:
    desk.engine.listed_gate.clear()
    desk.button.click()
    desk.wait_listed(1)
    desk.window.commands["cancel"].trigger()
    assert not desk.list_explainer.is_running


def test_pairs_without_a_caption_are_passed_over(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("path,caption\na.png,a cat\na.png,\n")
    desk.pair_navigation.open(tmp_path / "bare.csv")
    qtbot.waitUntil(lambda: len(desk.pair_navigation.pairs) == 2 and desk.pair_navigation.figures(0) is not None)
    assert not desk.list_explainer.has_remaining
    assert not desk.button.isEnabled()


def test_only_listed_pairs_are_requested(desk: Desk, qtbot: QtBot) -> None:
    desk.window.pair_list_dock.filter.write('"4 cats"')
    desk.button.click()
    qtbot.waitUntil(lambda: not desk.list_explainer.is_running)
    assert desk.explained() == [0, 4]
