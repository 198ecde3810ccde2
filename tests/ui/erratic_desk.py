"""A window for random actions: files of every kind to open, an engine that fails and waits, and no way outside."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QFileDialog

from exclip_desktop.core.errors import MethodError, UserError
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.core.values.study import Outcome
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.pair_lists.list_files import write_pairs
from exclip_desktop.ui.app_theme import Theme
from exclip_desktop.ui.commands.file_commands import FileCommands
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

SIZES = ((640, 480), (300, 500), (1600, 900), (64, 64), (1, 1))
WORDS = ("red", "balloon", "dog", "cat", "and", "a", "house", "hydrant")
FAILS = 0.03
"""The share of requests that fail."""
MANY = 3000
BOX = Region((8.0, 8.0, 40.0, 40.0), name="dog")
OUTSIDE = {
    "exclip_desktop.ui.dialogs.manual_page.QDesktopServices.openUrl": lambda url: True,
    "exclip_desktop.ui.widgets.file_manager.QDesktopServices.openUrl": lambda url: True,
    "exclip_desktop.ui.widgets.file_manager.QDBusConnection.sessionBus": lambda: _NoBus(),
}


class _NoBus:
    def isConnected(self) -> bool:  # noqa: N802  Qt's name
        return False


class ErraticEngine(PictureEngine):
    """Fails at random, as models, methods and pictures do."""

    def __init__(self, make: Callable[..., Explanation], seed: int) -> None:
        super().__init__(make)
        self._rng, self.fails = np.random.default_rng(seed), FAILS

    def fail_at_times(self) -> None:
        for requests in (self.pane_requests, self.list_requests, self.profile_requests, self.estimate_requests):
            requests.clear()  # they hold their pictures
        self.occlusion_requests.clear()
        if self._rng.random() < self.fails:
            raise MethodError("This did not work.", "Try another.")

    def _outcome(self, pair: str, method: str, metrics: tuple[str, ...]) -> Outcome:
        made = super()._outcome(f"pair-{len(pair)}", method, metrics)
        return replace(made, pair=pair, picture=pair)

    @property
    def gates(self) -> list[threading.Event]:
        """Every gate that an answer may wait at."""
        waits = self.gate, self.complete_gate, self.listed_gate
        return [*waits, *self.rows_gate.values(), *self.pane_gates.values()]

    def release(self) -> None:
        for gate in self.gates:
            gate.set()


def _make_erratic(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(engine: ErraticEngine, *arguments: Any) -> Any:
        engine.fail_at_times()
        return method(engine, *arguments)

    return call


for _name in ("load", "explain", "score", "explain_list_pair", "answer_pane", "score_occlusion", "complete_picture"):
    setattr(ErraticEngine, _name, _make_erratic(getattr(PictureEngine, _name)))


def write_files(folder: Path, rng: np.random.Generator) -> dict[str, list[str]]:
    """Write pictures, lists, a folder and damaged files; return paths by what they are, some of them missing."""
    pictures = [make_blank_picture(folder / f"{n}.png", size, 60 + 40 * n) for n, size in enumerate(SIZES)]
    broken, empty = folder / "broken.png", folder / "empty.csv"
    broken.write_bytes(b"nonsense")
    empty.write_text("")
    (folder / "odd.csv").write_bytes(b"\xff\xfe\x00image")
    (folder / "broken.exclip").write_bytes(b"nonsense")
    (folder / "findings.jsonl").write_text('{"id": 1}\n')
    names = [Path(path).name for path in pictures] + ["broken.png", "gone.png"]

    def pair(number: int) -> ListedPair:
        caption = " ".join(rng.choice(WORDS, int(rng.integers(0, 5))))
        regions = (BOX,) if number % 5 == 0 else ()
        return ListedPair(str(number), names[number % len(names)], caption, "wrong" * (number % 7 == 0), regions)

    for name, count in (("list.csv", 40), ("many.csv", MANY)):
        write_pairs(PairList(folder, folder, tuple(pair(number) for number in range(count))), folder / name)
    inner = folder / "folder"
    inner.mkdir()
    for number in range(4):
        make_blank_picture(inner / f"{number}.png", (80, 60), 50 * number)
        (inner / f"{number}.txt").write_text("a dog\na red cat" if number else "")
    gone = [str(folder / f"gone{ending}") for ending in (".png", ".csv", ".exclip", "")]
    lists = [str(folder / name) for name in ("list.csv", "list.csv", "many.csv", "empty.csv", "odd.csv", "folder")]
    projects = [str(folder / name) for name in ("first.exclip", "second.exclip", "broken.exclip")]
    return {"pictures": [*pictures, str(broken)], "lists": lists, "projects": projects, "gone": gone}


class ErraticDesk:
    """The real window; each ``open`` is a start of the program in the same folders."""

    def __init__(self, folder: Path, make: Callable[..., Explanation], rng: np.random.Generator) -> None:
        self.folder, self._make, self.rng = folder, make, rng
        self.files = write_files(folder, rng)
        self.starts = 0
        self.open(self.files["pictures"][0], "a red balloon and a dog")

    @property
    def paths(self) -> list[str]:
        return [path for paths in self.files.values() for path in paths]

    def open(self, *start: str) -> None:
        """Start the program."""
        self.starts += 1
        self.engine = ErraticEngine(self._make, self.starts)
        store = SettingsFile(self.folder / "settings.json")
        mine = self.folder / "mine" / "findings.exclip"
        cache = self.folder / "cache" / "factors"
        studies = self.folder / "studies"
        self.session = Session(store, cache, lambda: self.engine, FakeLibrarian, mine, studies)
        self.theme = Theme(QApplication.instance(), self.session.settings.appearance)
        self.window = Window(self.session, str(self.folder / "log.txt"))
        self.window.show()
        self.session.start(*start)

    def close(self) -> None:
        """Close the window as a person does; gates may be closed, nothing waits for them."""
        self.window.close()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.styleHints().colorSchemeChanged.disconnect(self.theme._on_system_changed)
        self.theme.deleteLater()
        self.window.deleteLater()
        self.session.deleteLater()
        del self.window, self.session, self.theme
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()  # as at the end of a process: the next session sets aside what is left


@contextmanager
def stay_inside(folder: Path, rng: np.random.Generator, paths: Callable[[], list[str]]) -> Iterator[None]:
    """Answer dialogs for files at random, start no other program, and restore the theme at the end."""

    def choose(*_: Any) -> tuple[str, str]:
        return (str(rng.choice(paths())) if rng.random() < 0.8 else ""), ""

    def choose_target(parent: Any, title: str, suggested: str, kinds: str = "", *_: Any) -> tuple[str, str]:
        if rng.random() < 0.3:
            return "", ""
        name = Path(suggested).name if rng.random() < 0.7 else f"no/such/{Path(suggested).name}"
        return str(folder / "out" / name), str(rng.choice(kinds.split(";;")))

    def call_in_process(function: str, arguments: Any, cancel: CancelToken) -> Any:
        cancel.check()
        if rng.random() < 0.1:
            raise UserError("The process that does this ended before it was done.", "Try again.")
        return (1, None) if function.endswith("write_report") else b"figure"

    (folder / "out").mkdir()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, replacement in OUTSIDE.items():
            patch.setattr(name, replacement)
        for place in ("pair.export_controller", "project.findings_export", "study.study_controller"):
            patch.setattr(f"exclip_desktop.session.{place}.call_in_process", call_in_process)
        patch.setattr(QFileDialog, "getOpenFileName", choose)
        patch.setattr(QFileDialog, "getSaveFileName", choose_target)
        patch.setattr(QFileDialog, "getExistingDirectory", lambda *_: choose()[0])
        patch.setattr(FileCommands, "folder", lambda _: str(folder))
        yield
    app.styleHints().setColorScheme(Qt.ColorScheme.Unknown)
    app.setPalette(QPalette())
    app.setStyle("fusion")
