"""How soon pairs that were explained open again after a restart of the window, with the bundled model."""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.session.saved_places import LeftPair
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.pair_lists.list_files import write_pairs
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.window import Window
from tests.benchmarks.conftest import report

COUNT = 6


@contextmanager
def open_window(qtbot: QtBot, folder: Path) -> Iterator[Session]:
    """Yield the session of a window that shares settings and cache with the others; close it at the end."""
    store = SettingsFile(folder / "settings.json")
    session = Session(store, folder / "cache", findings=folder / "own.exclip")
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield session
    window.close()


def wait_for_heat(qtbot: QtBot, session: Session, row: int) -> None:
    """Wait for the heat of a pair."""
    state, navigation = session.state, session.pair_navigation
    qtbot.waitUntil(
        lambda: navigation.current == row and state.explanation is not None and not state.stale, timeout=120_000
    )


def test_pairs_open_again_at_once_after_a_restart(qtbot: QtBot, tmp_path: Path) -> None:
    samples = load_samples()[:COUNT]
    pairs = tuple(ListedPair(str(at), str(one.path), one.caption) for at, one in enumerate(samples))
    write_pairs(PairList(tmp_path, tmp_path, pairs), tmp_path / "list.csv")
    first = []
    with open_window(qtbot, tmp_path) as session:
        session.start(str(tmp_path / "list.csv"))
        wait_for_heat(qtbot, session, 0)
        started = time.perf_counter()
        session.list_explainer.start()
        qtbot.waitUntil(lambda: not session.list_explainer.is_running, timeout=120_000)
        first.append((time.perf_counter() - started) / (COUNT - 1))
        session.pair_navigation.show(2)
        wait_for_heat(qtbot, session, 2)
        session.settings.places.save_start_choice("resume")
    steps = []
    with open_window(qtbot, tmp_path) as session:
        started = time.perf_counter()
        session.start()
        qtbot.waitUntil(lambda: session.state.canvas_picture is not None, timeout=60_000)
        report("restart: the pair that was left, its picture", time.perf_counter() - started, "s", 1)
        wait_for_heat(qtbot, session, 2)
        report("restart: its heat, after the model was loaded", time.perf_counter() - started, "s", 6)
        for row in (5, 0, 4, 1, 3):  # as a person who clicks: none of them was computed ahead
            started = time.perf_counter()
            session.pair_navigation.show(row)
            wait_for_heat(qtbot, session, row)
            steps.append(1000 * (time.perf_counter() - started))
    more = f"; computed the first time in {1000 * first[0]:.0f} ms"
    report("restart: any other explained pair, its heat, median", statistics.median(steps), "ms", 200, more)
    report("restart: the same, longest; idle work of the previous picture ends first", max(steps), "ms", 500)


def test_the_place_is_written_cheaply(tmp_path: Path) -> None:
    places = Session(SettingsFile(tmp_path / "settings.json"), None).settings.places
    for number in range(40):
        places.put(LeftPair(f"/a/list {number}.csv", "1", 1, 1000, f"/a/pictures/{number}.png", "a dog and a cat"))
    times = []
    for number in range(100):
        started = time.perf_counter()
        places.put(LeftPair("/a/list 3.csv", str(number), number, 1000, "/a/pictures/3.png", "a dog and a cat"))
        times.append(1000 * (time.perf_counter() - started))
    report("place: saved at a step, median", statistics.median(times), "ms", 5)
