"""How long lists open, scroll, step, filter and sort."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.pair_list import PairFigures
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.ui.window import Window
from tests.benchmarks.conftest import report

COUNT, PICTURES = 100_000, 500
WALKED = 10_000
STEPS = 100
QUERIES = ("balloon 77", "rating:unrated", "score>0.5 residual<0.01", "is:unexplained", "file:77 -label:dog")
SORTS = ("score", "file", "caption", "rating", "list")


def open_list(qtbot: QtBot, folder: Path, count: int) -> Window:
    """Return a window with a list of ``count`` pairs."""
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        Image.fromarray(rng.integers(0, 255, (60, 80, 3), np.uint8)).resize((640, 480)).save(folder / f"{number}.jpg")
    lines = (f'{number % PICTURES}.jpg,"a red balloon, a dog and {number} more"\n' for number in range(count))
    (folder / "list.csv").write_text("path,caption\n" + "".join(lines))
    session = Session(SettingsFile(folder / "settings.json"), None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    session.pair_navigation.open(folder / "list.csv")
    qtbot.waitUntil(lambda: len(session.pair_navigation.pairs) == count, timeout=60_000)
    QCoreApplication.processEvents()
    return window


def time_ms(act: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds that an action and the events after it take: the window's thread, and by the clock."""
    started, used = time.perf_counter(), time.thread_time()
    act()
    QCoreApplication.processEvents()
    return 1000 * (time.thread_time() - used), 1000 * (time.perf_counter() - started)


def report_ms(name: str, times: list[tuple[float, float]], percentile: float) -> None:
    """Print a percentile of processor times, which other programs do not change, and of the times by the clock."""
    used, passed = (float(np.percentile(column, percentile)) for column in zip(*times, strict=True))
    report(name, used, "ms", 100, f"; by the clock {passed:.0f} ms")


def test_a_hundred_thousand_pairs(qtbot: QtBot, tmp_path: Path) -> None:
    started = time.perf_counter()
    window = open_list(qtbot, tmp_path, COUNT)
    report("window: a list of 100,000 pairs made, read and shown", time.perf_counter() - started, "s", 6)
    bar = window.pair_list_dock.view.verticalScrollBar()
    steps = [time_ms(lambda at=at: bar.setValue(int(at)))[1] for at in np.linspace(0, bar.maximum(), 200)]
    report("window: a step of scrolling through it, median", statistics.median(steps), "ms", 16)
    report("window: the same, longest of 200", max(steps), "ms", 50)


def test_ten_thousand_pairs(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_list(qtbot, tmp_path, WALKED)
    dock, navigation = window.pair_list_dock, window.pair_list_dock._navigation
    for place in range(0, WALKED, 2):
        navigation._figures.add(place, PairFigures(place / WALKED, 1e-4))
    for is_grid, name in ((False, "table"), (True, "grid")):
        dock.show_grid(is_grid)
        QCoreApplication.processEvents()
        steps = [time_ms(lambda: QTest.keyClick(window, Qt.Key.Key_D)) for _ in range(STEPS)]
        report_ms(f"list of 10,000 pairs, {name}: D, p95", steps, 95)
        filters = [time_ms(lambda query=query: dock.filter.write(query)) for query in QUERIES]
        report_ms(f"list of 10,000 pairs, {name}: filter, longest of {len(QUERIES)}", filters, 100)
        dock.filter.write("")
        sorts = [time_ms(lambda key=key: dock.table.sort_by(key, descending=False)) for key in SORTS]
        report_ms(f"list of 10,000 pairs, {name}: sort, longest of {len(SORTS)}", sorts, 100)
        dock.filter.write("is:unexplained")
        leaving = [
            time_ms(lambda place=place: navigation.set_figures(place, PairFigures(0.5, 1e-4)))
            for place in range(WALKED // 2 + 1, WALKED // 2 + 2 * STEPS, 2)
        ]
        report_ms(f"list of 10,000 pairs, {name}: a pair leaves the filter, p95", leaving, 95)
        dock.filter.write("")
        for place in range(WALKED // 2 + 1, WALKED // 2 + 2 * STEPS, 2):
            navigation._figures.known.pop(place)
