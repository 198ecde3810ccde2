"""A window with a list of pairs, which are rated by keys."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.finding import Finding
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.findings_desk import Desk

CAPTIONS = ("a dog", "a red cat", "a balloon", "two hydrants")


class RatingDesk(Desk):
    """The first pair of ``CAPTIONS`` is on screen, explained."""

    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation]) -> None:
        super().__init__(qtbot, folder, make)
        rows = ["id,path,caption"]
        for number, caption in enumerate(CAPTIONS):
            make_blank_picture(folder / f"{number}.png", shade=60 + number)
            rows.append(f"p{number},{number}.png,{caption}")
        (folder / "list.csv").write_text("\n".join(rows))
        self.navigation, self.undo = self.session.pair_navigation, self.session.undo
        self.window.activateWindow()

    def start(self) -> "RatingDesk":
        self.session.start(str(self.folder / "list.csv"))
        self.settle(CAPTIONS[0])
        return self

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is; the test platform activates no window when a dialog closes."""
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)
        QTest.keyClick(self.window.focusWidget() or self.window, key, modifier)

    def wait_findings(self, count: int) -> list[Finding]:
        self.qtbot.waitUntil(lambda: self.file.exists() and len(self.kept()) == count)
        self.qtbot.waitUntil(lambda: self.session.state.work is None)
        return self.kept()

    def wait_pair(self, place: int) -> None:
        self.qtbot.waitUntil(lambda: self.navigation.current == place)
        self.settle(CAPTIONS[place])

    def message(self) -> str:
        return self.window.status._message.text()
