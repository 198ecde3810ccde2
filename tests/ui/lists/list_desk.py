"""A window with an open list, shared by the tests of lists."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.finding import Rating
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.pair_lists.list_files import write_pairs
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

GONE = "gone.jpg"
BOX = Region((0.0, 0.0, 320.0, 480.0), name="dog")
PAIRS = (
    ListedPair("1", "one.png", "a dog and a cat", "animals", (BOX,)),
    ListedPair("2", "two.png", "a red balloon"),
    ListedPair("3", GONE, "a hydrant"),
    ListedPair("4", "one.png", "a blue balloon", "wrong"),
)


class ListDesk:
    """A window with a list of ``pairs`` open."""

    def __init__(
        self,
        folder: Path,
        make: Callable[..., Explanation],
        pairs: tuple[ListedPair, ...] = PAIRS,
        *,
        cache_folder: Path | None = None,
        writes: bool = True,
    ) -> None:
        """Make the window; ``writes`` the pictures and the list into ``folder``, unless they are there."""
        self.folder, self.first = folder, pairs[0].caption
        self.qtbot: QtBot | None = None
        if writes:
            for picture in {pair.picture for pair in pairs} - {GONE}:
                if not (folder / picture).exists():
                    make_blank_picture(folder / picture)
            write_pairs(PairList(folder, folder, pairs), folder / "list.csv")
        self.engine = PictureEngine(make)
        store = SettingsFile(folder / "settings.json")
        findings = folder / "mine" / "findings.exclip"
        self.session = Session(store, cache_folder, lambda: self.engine, FakeLibrarian, findings)
        self.window = Window(self.session)
        self.dock, self.navigation = self.window.pair_list_dock, self.session.pair_navigation

    def start(self, qtbot: QtBot, caption: str = "") -> "ListDesk":
        """Open the list, and wait for its first pair, or for the one with ``caption``."""
        self.qtbot = qtbot
        qtbot.addWidget(self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.session.start(str(self.folder / "list.csv"))
        settle(qtbot, self, caption or self.first)
        return self

    @property
    def row(self) -> int:
        """The current row of the view."""
        return self.dock.view.currentIndex().row()

    def is_in_view(self, row: int) -> bool:
        view = self.dock.view
        rect = view.visualRect(view.model().index(row, 0))
        return view.viewport().rect().top() <= rect.top() and rect.bottom() <= view.viewport().rect().bottom()

    def point(self, row: int) -> QPoint:
        view = self.dock.view
        return view.visualRect(view.model().index(row, 0)).center()

    def click(
        self,
        row: int,
        modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """Click a row; wait until its pair is explained or has failed where the click shows it."""
        QTest.mouseClick(self.dock.view.viewport(), button, modifier, self.point(row))
        place = self.navigation.current
        if place is not None:
            self.qtbot.waitUntil(lambda: self.navigation.figures(place) is not None)

    def rate(self, rating: Rating, *tags: str, note: str = "") -> None:
        """Note a finding of what is on screen."""
        with self.qtbot.waitSignal(self.session.findings.findings_changed):
            self.session.findings.note(self.session.active_pane.active_answer, lambda _: Remark(rating, tags, note))
        self.qtbot.waitUntil(lambda: self.session.state.work is None or self.session.state.work.idle)


def settle(qtbot: QtBot, walk: ListDesk, caption: str, timeout_ms: int = 5000) -> None:
    """Wait until a pair is on screen and explained."""
    state = walk.session.state
    qtbot.waitUntil(
        lambda: (
            state.explanation is not None
            and state.explanation.caption.text == caption
            and not state.stale
            and (state.work is None or state.work.idle)
        ),
        timeout=timeout_ms,
    )
