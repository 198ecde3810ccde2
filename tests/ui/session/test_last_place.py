"""Going on where a person was: after a restart, after kill -9, with damaged settings and with missing files."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.session.last_place import describe_place
from exclip_desktop.session.saved_places import LeftPair, SavedPlaces, places_path
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.pair_lists.list_files import write_pairs
from exclip_desktop.storage.project.pair_rows import add_pairs
from exclip_desktop.storage.project.project_files import create_project
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

CAPTIONS = ("a dog", "a cat", "a red balloon", "a hydrant")


class Places:
    """Windows that share their settings, a list and a project of four pairs, and a picture."""

    def __init__(self, folder: Path, make: Callable[..., Explanation], qtbot: QtBot) -> None:
        self.folder, self._make, self._qtbot = folder, make, qtbot
        self.store = SettingsFile(folder / "settings.json")
        self.list, self.project = folder / "list.csv", folder / "work.exclip"
        self.picture = folder / "other.png"
        pairs = tuple(ListedPair(str(at), f"{at}.png", caption) for at, caption in enumerate(CAPTIONS))
        for name in (*(pair.picture for pair in pairs), self.picture.name):
            make_blank_picture(folder / name)
        listed = PairList(folder, folder, pairs)
        write_pairs(listed, self.list)
        with create_project(self.project) as project:
            add_pairs(project, listed)

    def start(self, picture: Path | None = None) -> Window:
        """Return a started window."""
        engine = PictureEngine(self._make)
        session = Session(self.store, None, lambda: engine, FakeLibrarian, findings=self.folder / "own" / "f.exclip")
        window = Window(session)
        self._qtbot.addWidget(window)
        window.show()
        session.start(None if picture is None else str(picture))
        return window

    def wait_for(self, window: Window, name: str) -> None:
        """Wait for a picture with its answer."""
        state = window._session.state
        self._qtbot.waitUntil(
            lambda: (
                state.canvas_picture is not None
                and state.canvas_picture.title == name
                and state.explanation is not None
                and state.work is None
            )
        )

    def leave(self, source: Path, row: int) -> None:
        """Open a list or project, walk to a pair, and close the window."""
        window = self.start(source)
        self.wait_for(window, "0.png")
        window._session.pair_navigation.show(row)
        self.wait_for(window, f"{row}.png")
        window.close()

    def wait_for_offer(self, window: Window) -> str:
        """Return the sentence of the bar."""
        self._qtbot.waitUntil(window.resume_bar.isVisible)
        return window.resume_bar.accessibleName()

    def press(self, window: Window, name: str) -> None:
        """Press a button of the bar."""
        button = window.resume_bar.findChild(QPushButton, name)
        assert button is not None
        self._qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def places(tmp_path: Path, make_explanation: Callable[..., Explanation], qtbot: QtBot) -> Places:
    return Places(tmp_path, make_explanation, qtbot)


SAMPLE = Path(load_samples()[0].path).name


@pytest.mark.parametrize("kind", ["list", "project"])
def test_a_start_offers_the_last_list_or_project_at_the_pair_that_was_left(places: Places, kind: str) -> None:
    source: Path = getattr(places, kind)
    places.leave(source, 2)
    window = places.start()
    assert places.wait_for_offer(window) == f"Note: Last time: {source.name}, pair 3 of 4 (2.png)."
    places.wait_for(window, SAMPLE)
    places.press(window, "go_on")
    places.wait_for(window, "2.png")
    assert window._session.state.caption == "a red balloon"
    assert not window.resume_bar.isVisible()
    assert window.windowTitle() == f"2.png — {source.name} — exclip desktop"


def test_by_setting_the_start_goes_on_at_once_and_shows_no_sample(places: Places) -> None:
    places.leave(places.project, 1)
    window = places.start()
    places.wait_for_offer(window)
    places.press(window, "always")
    places.wait_for(window, "1.png")
    window._session.pair_navigation.show(3)
    places.wait_for(window, "3.png")
    window.close()
    again = places.start()
    pictures: list[str] = []
    state = again._session.state
    state.canvas_picture_changed.connect(lambda: pictures.append(getattr(state.canvas_picture, "title", "")))
    places.wait_for(again, "3.png")
    assert SAMPLE not in pictures
    assert not again.resume_bar.isVisible()


def test_by_setting_the_start_shows_a_sample_and_offers_nothing(places: Places) -> None:
    places.leave(places.list, 2)
    window = places.start()
    places.wait_for_offer(window)
    window._session.settings.places.save_start_choice("sample")
    window.close()
    again = places.start()
    places.wait_for(again, SAMPLE)
    assert not again.resume_bar.isVisible()


def test_a_picture_with_a_typed_caption_comes_back(places: Places) -> None:
    window = places.start(places.picture)
    places._qtbot.waitUntil(lambda: window._session.state.canvas_picture is not None)
    window._session.explain_controller.type_caption("a grey wall")
    places.wait_for(window, "other.png")
    window.close()
    again = places.start()
    assert "other.png" in places.wait_for_offer(again)
    places.press(again, "go_on")
    places.wait_for(again, "other.png")
    assert again._session.state.caption == "a grey wall"


def test_the_first_start_offers_nothing(places: Places) -> None:
    window = places.start()
    places.wait_for(window, SAMPLE)
    assert not window.resume_bar.isVisible()
    assert window._session.settings.places.last() == LeftPair()


def test_an_offer_disappears_when_something_else_is_opened_and_a_sample_does_not_replace_it(places: Places) -> None:
    places.leave(places.list, 2)
    window = places.start()
    places.wait_for_offer(window)
    places.wait_for(window, SAMPLE)
    assert window.resume_bar.isVisible()
    window._session.open(str(places.picture))
    places._qtbot.waitUntil(lambda: not window.resume_bar.isVisible())


@pytest.mark.parametrize("kind", ["list", "project"])
def test_reopening_shows_the_pair_that_was_left(places: Places, kind: str) -> None:
    source: Path = getattr(places, kind)
    places.leave(source, 2)
    window = places.start(source)
    pictures: list[str] = []
    state = window._session.state
    state.canvas_picture_changed.connect(lambda: pictures.append(getattr(state.canvas_picture, "title", "")))
    places.wait_for(window, "2.png")
    assert set(pictures) <= {"", "2.png"}


def test_a_project_opened_for_the_first_time_shows_its_first_pair_instead_of_a_sample(places: Places) -> None:
    window = places.start(places.project)
    places.wait_for(window, "0.png")
    assert window._session.pair_navigation.current == 0


def test_a_project_without_pairs_comes_back_with_its_picture(places: Places, tmp_path: Path) -> None:
    create_project(tmp_path / "empty.exclip").close()
    window = places.start(tmp_path / "empty.exclip")
    window._session.open(str(places.picture))
    window._session.explain_controller.type_caption("a wall")
    places.wait_for(window, "other.png")
    window.close()
    again = places.start(tmp_path / "empty.exclip")
    places.wait_for(again, "other.png")
    assert again._session.state.caption == "a wall"


def test_a_pair_that_the_list_lost_is_its_first_pair(places: Places) -> None:
    places.leave(places.list, 3)
    lines = places.list.read_text("utf-8").splitlines()
    places.list.write_text("\n".join(lines[:3]), "utf-8")
    places.wait_for(places.start(places.list), "0.png")


# Missing files and damaged settings


@pytest.mark.parametrize("choice", ["offer", "resume"])
@pytest.mark.parametrize("kind", ["list", "project"])
def test_a_place_that_is_gone_is_not_offered_and_a_sample_is_shown(places: Places, kind: str, choice: str) -> None:
    source: Path = getattr(places, kind)
    places.leave(source, 2)
    source.unlink()
    places.store.write("start", choice)
    window = places.start()
    places.wait_for(window, SAMPLE)
    assert not window.resume_bar.isVisible()


def test_a_project_that_cannot_be_opened_at_the_start_leaves_a_sample(places: Places) -> None:
    window = places.start(places.folder / "nowhere.exclip")
    places.wait_for(window, SAMPLE)


HOSTILE = (
    "",
    "{",
    "null",
    "7",
    '"places"',
    "[]",
    "[1, null, [], {}]",
    '[{"source": 3}]',
    '[{"source": "a\\u0000b", "pair": "1"}]',
    '[{"source": "' + "x" * 70000 + '", "pair": "1"}]',
    '[{"source": "/", "pair": {"a": 1}}]',
    '[{"source": "../..", "number": -5, "count": 1e99}]',
    '[{"picture": "\\ud800.png"}]',
    '[{"source": "/proc/self/mem"}]',
    "[" * 2000,
)


@pytest.mark.parametrize(
    ("value", "start"),
    [*((value, '"resume"') for value in HOSTILE), *(("null", start) for start in ("[]", '"x"', "[" * 2000))],
    ids=range(len(HOSTILE) + 3),
)
def test_damaged_settings_do_not_stop_the_start(places: Places, value: str, start: str) -> None:
    text = f'{{"recent": {value}, "recent_sources": {value}, "start": {start}}}'
    places.store.path.write_text(text, "utf-8", "surrogatepass")
    places_path(places.store).write_text(value, "utf-8", "surrogatepass")
    places.store = SettingsFile(places.store.path)
    window = places.start()
    places._qtbot.waitUntil(
        lambda: (
            window._session.state.canvas_picture is not None
            or window.resume_bar.isVisible()
            or getattr(window._session.state.notice, "kind", "") == "error"
        )
    )
    window.commands["recent"].menu().aboutToShow.emit()
    window._session.open(str(places.picture))
    state = window._session.state
    places._qtbot.waitUntil(lambda: getattr(state.canvas_picture, "title", "") == "other.png")


def test_a_place_that_cannot_be_written_is_no_error(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = SavedPlaces(SettingsFile(places.folder / "list.csv" / "settings.json"))
    saved.put(LeftPair("a.csv", "1"))
    assert saved.last() == LeftPair()


# kill -9

WALK = """
import os, signal, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile

app = QApplication([])
settings, source, row = sys.argv[1:]
session = Session(SettingsFile(Path(settings)), None, findings=Path(settings).parent / "f.exclip")
session.open(source)
navigation = session.pair_navigation

def go_on():
    if navigation.current == 0:
        navigation.show(int(row))
    elif navigation.current == int(row) and session.settings.places.last().pair == row:
        os.kill(os.getpid(), signal.SIGKILL)

navigation.current_changed.connect(go_on)
session.last_place.left.connect(go_on)
app.exec()
"""


@pytest.mark.parametrize("kind", ["list", "project"])
def test_the_place_is_saved_when_the_program_is_killed(places: Places, kind: str) -> None:
    source: Path = getattr(places, kind)
    done = subprocess.run(
        [sys.executable, "-c", WALK, str(places.folder / "settings.json"), str(source), "3"], check=False, timeout=60
    )
    assert done.returncode == -9
    window = places.start()
    assert "pair 4 of 4" in places.wait_for_offer(window)
    places.press(window, "go_on")
    places.wait_for(window, "3.png")


def test_a_place_in_words() -> None:
    assert describe_place(LeftPair("/a/list.csv", "7", 1200, 5000, "/p/dog.png", "a dog")) == (
        "list.csv, pair 1,200 of 5,000 (dog.png)"
    )
    assert describe_place(LeftPair("/a/x.exclip")) == "x.exclip"
    assert describe_place(LeftPair(picture="/p/dog.png")) == "dog.png"


# Open recent


def recent_entries(window: Window) -> dict[str, bool]:
    """Return the entries of the menu, and whether they can be chosen."""
    menu = window.commands["recent"].menu()
    menu.aboutToShow.emit()
    return {action.text(): action.isEnabled() for action in menu.actions() if not action.isSeparator()}


def choose_recent(window: Window, text: str) -> None:
    """Choose an entry of the menu."""
    recent_entries(window)
    next(action for action in window.commands["recent"].menu().actions() if action.text() == text).trigger()


def test_recent_are_projects_lists_folders_and_pictures(places: Places) -> None:
    pictures = places.folder / "fish & chips"
    pictures.mkdir()
    make_blank_picture(pictures / "a.png")
    (pictures / "a.txt").write_text("a fish", "utf-8")
    window = places.start(places.picture)
    window._session.explain_controller.type_caption("a wall")
    places.wait_for(window, "other.png")
    for source, name in ((pictures, "a.png"), (places.list, "0.png"), (places.project, "0.png")):
        window._session.open(str(source))
        places._qtbot.waitUntil(lambda source=source: window._session.pair_navigation.list.source == source)
        places.wait_for(window, name)
    assert list(recent_entries(window)) == [
        "work.exclip",
        "list.csv",
        "fish && chips",
        "other.png",
        "Clear this list",
    ]
    places.list.unlink()
    assert recent_entries(window)["list.csv: not found"] is False
    choose_recent(window, "Remove missing entries")
    assert "list.csv: not found" not in recent_entries(window)
    choose_recent(window, "other.png")
    places.wait_for(window, "other.png")
    choose_recent(window, "Clear this list")
    assert recent_entries(window) == {"Nothing opened yet": False}


def test_recent_names_that_are_equal_name_their_folders(places: Places) -> None:
    window = places.start(places.picture)
    places._qtbot.waitUntil(lambda: window._session.state.canvas_picture is not None)
    (places.folder / "deep").mkdir()
    other = make_blank_picture(places.folder / "deep" / "other.png")
    window._session.open(other)
    places._qtbot.waitUntil(lambda: window._session.state.canvas_picture.path == other)
    assert [text for text in recent_entries(window) if text.startswith("other.png (")] == [
        f"other.png ({places.folder / 'deep'})",
        f"other.png ({places.folder})",
    ]


def test_the_title_names_picture_and_list(places: Places) -> None:
    window = places.start(places.list)
    places.wait_for(window, "0.png")
    assert window.windowTitle() == "0.png — list.csv — exclip desktop"
    window._session.pair_navigation.close()
    assert window.windowTitle() == "0.png — exclip desktop"
