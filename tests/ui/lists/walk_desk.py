"""A window with a list of pairs, whose engine and whose decoding of pictures block until they are released."""

import threading
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.state import State
from exclip_desktop.storage.pair_lists.list_files import write_pairs
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

DAMAGED, GONE = "damaged.png", "gone.png"
DOG, CAT = Region((0.0, 0.0, 320.0, 480.0), name="dog"), Region((10.0, 0.0, 90.0, 80.0), name="cat")
CAPTIONS = ("a dog", "a cat and a dog", "a red balloon", "a house", "a hydrant", "a blue balloon")


class WalkDesk:
    """A window with a list of pairs; picture ``n.png`` has its own shade, pair ``n`` the caption ``CAPTIONS[n]``."""

    def __init__(self, folder: Path, make: Callable[..., Explanation], pictures: tuple[str, ...]) -> None:
        self.folder = folder
        for number, name in enumerate(pictures):
            if name == DAMAGED:
                (folder / name).write_bytes(b"no picture")
            elif name != GONE:
                make_blank_picture(folder / name, shade=30 * number)
        labels = {0: (DOG,), 1: (CAT,)}
        pairs = tuple(
            ListedPair(str(number), name, CAPTIONS[number], regions=labels.get(number, ()))
            for number, name in enumerate(pictures)
        )
        write_pairs(PairList(folder, folder, pairs), folder / "list.csv")
        self.engine = PictureEngine(make)
        self.session = Session(SettingsFile(folder / "settings.json"), None, lambda: self.engine, FakeLibrarian)
        self.window = Window(self.session)

    @property
    def state(self) -> State:
        return self.session.state

    def step(self, by: int = 1) -> None:
        self.session.pair_navigation.step(by)

    def hold(self) -> None:
        """Block every explanation and all work ahead from now on; no answer is ready."""
        self.session.explain_controller.ready.clear()
        self.engine.gate.clear()
        self.engine.complete_gate.clear()
        self.engine.began.clear()
        self.engine.completing.clear()

    def release(self) -> None:
        self.engine.gate.set()
        self.engine.complete_gate.set()

    def hold_decoding(self) -> threading.Event:
        """Return a gate that blocks the decoding of pictures until it opens."""
        gate, shelf = threading.Event(), self.session.shelf
        read = shelf.read

        def wait(path: Path) -> object:
            assert gate.wait(20)
            return read(path)

        shelf.read = wait  # type: ignore[method-assign]
        return gate

    def settle(self, qtbot: QtBot, number: int) -> None:
        """Wait until pair ``number`` is explained, and nothing that it needs runs."""
        state = self.state
        qtbot.waitUntil(
            lambda: (
                state.explanation is not None
                and state.explanation.caption.text == CAPTIONS[number]
                and (state.work is None or state.work.idle)
            )
        )
