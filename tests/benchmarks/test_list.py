"""How a list of a hundred thousand pairs opens and scrolls."""

import os
import statistics
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QCoreApplication, QSettings
from pytestqt.qtbot import QtBot

from exclip_desktop.session.session import Session
from exclip_desktop.ui.window import Window
from tests.benchmarks.conftest import report

COUNT, PICTURES = 100_000, 500


def test_a_hundred_thousand_pairs(qtbot: QtBot, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        Image.fromarray(rng.integers(0, 255, (60, 80, 3), np.uint8)).resize((640, 480)).save(tmp_path / f"{number}.jpg")
    lines = (f'{number % PICTURES}.jpg,"a red balloon, a dog and {number} more"\n' for number in range(COUNT))
    (tmp_path / "list.csv").write_text("path,caption\n" + "".join(lines))
    session = Session(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat), None)
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    started = time.perf_counter()
    session.pair_navigation.open(tmp_path / "list.csv")
    qtbot.waitUntil(lambda: len(session.pair_navigation.pairs) == COUNT, timeout=60_000)
    QCoreApplication.processEvents()
    report("window: a list of 100,000 pairs read and shown", time.perf_counter() - started, "s", 2)
    bar = window.pair_list_dock.view.verticalScrollBar()
    steps = []
    for place in np.linspace(0, bar.maximum(), 200).astype(int):
        started = time.perf_counter()
        bar.setValue(int(place))
        QCoreApplication.processEvents()
        steps.append(1000 * (time.perf_counter() - started))
    report("window: a step of scrolling through it, median", statistics.median(steps), "ms", 16)
    report("window: the same, longest of 200", max(steps), "ms", 50)
