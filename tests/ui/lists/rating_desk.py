"""A window with a list of pairs, which are rated by keys."""

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.session.worker.requests import ExplainAnswer, ExplainRequest
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture, wait_at
from tests.ui.lists.findings_desk import Desk

CAPTIONS = ("a dog", "a red cat", "a balloon", "two hydrants")


class CaptionEngine(PictureEngine):
    """Blocks the second pair while ``second_gate`` is closed, also where it is explained ahead."""

    def __init__(self, make: Callable[..., Explanation]) -> None:
        super().__init__(make)
        self.second_gate = threading.Event()
        self.second_gate.set()

    def explain(self, request: ExplainRequest, tell: Progress, cancel: CancelToken) -> ExplainAnswer:
        if request.caption == CAPTIONS[1]:
            wait_at(self.second_gate, cancel)
        return super().explain(request, tell, cancel)


class RatingDesk(Desk):
    """The first pair of ``CAPTIONS`` is on screen, explained."""

    engine: CaptionEngine

    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation]) -> None:
        super().__init__(qtbot, folder, make)
        self.engine = CaptionEngine(make)
        rows = ["id,path,caption"]
        for number, caption in enumerate(CAPTIONS):
            make_blank_picture(folder / f"{number}.png", shade=60 + number)
            rows.append(f"p{number},{number}.png,{caption}")
        (folder / "list.csv").write_text("\n".join(rows))
        self.navigation, self.undo = self.session.pair_navigation, self.session.undo
        self.window.activateWindow()

    def start(self, settles: bool = True) -> "RatingDesk":
        """Open the list; without ``settles`` the work ahead may still run."""
        self.session.start(str(self.folder / "list.csv"))
        if settles:
            self.settle(CAPTIONS[0])
        else:
            self.qtbot.waitUntil(lambda: self.session.state.explanation is not None)
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
