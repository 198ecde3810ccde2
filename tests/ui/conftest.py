"""Fixtures of the window's tests: an explanation made by hand, and a state, a session and a window that show it."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from exclip_desktop.core.maths.interactions import InteractionMatrix, Ledger
from exclip_desktop.core.progress import CancelToken, Progress
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.session.library.model_advice import NOTICE
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.state import State
from exclip_desktop.session.worker.requests import ExplainAnswer, ExplainRequest
from exclip_desktop.storage.pictures import Picture
from exclip_desktop.ui.window import Window
from tests.ui.fakes import FakeEngine, make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian
from tests.ui.session.session_desk import Desk

COLLECTED_TOGETHER = 20
_ended: list[ref[Session]] = []
WORDS = ("a", "red", "balloon", "and", "a", "hydrant")
SUBWORDS = {"hydrant": ("hydr", "ant")}


def caption_of(words: tuple[str, ...], unseen: str = "", context: int = 77) -> Caption:
    """Return a caption of one-token words, except for those in ``SUBWORDS``."""
    text, tokens, read = "", [Token(1, "[SOT]", "start", 0, 0)], []
    for word in words:
        start = len(text) + (1 if text else 0)
        text = f"{text} {word}".strip()
        rows, at = [], start
        for part in SUBWORDS.get(word, (word,)):
            rows.append(len(tokens))
            tokens.append(Token(2, part, "content", at, at + len(part)))
            at += len(part)
        read.append(Word(word, start, len(text), tuple(rows)))
    whole = f"{text} {unseen}" if unseen else text
    tokens.append(Token(3, "[EOT]", "end", len(text), len(text)))
    return Caption(whole, tuple(tokens), tuple(read), (len(text) + 1, len(whole)) if unseen else None, context)


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Empty the clipboard at the end: Qt deletes what Python has put there after Python has ended, and crashes."""
    yield
    QApplication.clipboard().clear()


@pytest.fixture(autouse=True)
def release_sessions(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Delete the test's sessions at its end: their own signals hold them, and with them windows and pictures (5 MB)."""
    made: list[ref[Session]] = []
    make = Session.__init__

    def remember(session: Session, *arguments: Any, **options: Any) -> None:
        make(session, *arguments, **options)
        made.append(ref(session))

    monkeypatch.setattr(Session, "__init__", remember)
    yield
    for session in (weak() for weak in made):
        if session is not None and isValid(session):
            session.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    _ended.extend(made)
    if len(_ended) >= COLLECTED_TOGETHER:  # Python's own collection would wait until their memory is 500 MB
        _ended.clear()
        gc.collect()


@pytest.fixture
def make_explanation() -> Callable[..., Explanation]:
    """Return a function that makes an explanation with a random matrix."""

    def make(
        words: tuple[str, ...] = WORDS,
        grid: tuple[int, int] = (12, 12),
        size: tuple[int, int] = (640, 480),
        unseen: str = "",
        seed: int = 1,
    ) -> Explanation:
        caption = caption_of(words, unseen)
        width, height = size
        side = min(size)
        x0, y0 = (width - side) / 2, (height - side) / 2
        values = np.random.default_rng(seed).normal(0, 1e-3, (len(caption.tokens), 1 + grid[0] * grid[1]))
        content = np.array([token.kind == "content" for token in caption.tokens])
        matrix = InteractionMatrix(values.astype(np.float32), content, 1, grid)
        report = SideReport(17, 1e-4, 1e-4, True, "pair")
        settings = ResolvedSettings(
            "demo", "w.safetensors", "0" * 64, 0, 0, "adaptive", 129, "matched", "cpu", {"torch": "2"}
        )
        return Explanation(
            matrix,
            caption,
            Geometry(size, (x0, y0, x0 + side, y0 + side), grid),
            0.31,
            Ledger(0.2, 0.03, 0.04, 0.01, 0.029, 0.0, 0.001),
            report,
            report,
            settings,
        )

    return make


@pytest.fixture
def make_state(make_explanation: Callable[..., Explanation], qapp: Any) -> Callable[..., State]:
    """Return a function that makes a state showing a random picture and explanation; arguments as above."""

    def make(**arguments: Any) -> State:
        explanation = make_explanation(**arguments)
        width, height = explanation.geometry.source_size
        pixels = np.random.default_rng(2).integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
        pixels = np.ascontiguousarray(pixels.repeat(8, 0).repeat(8, 1)[:height, :width])
        state = State()
        state.change(
            canvas_picture=CanvasPicture(Picture(pixels), "picture.png"),
            caption=explanation.caption.text,
            answer=explanation,
        )
        return state

    return make


class PictureEngine(FakeEngine):
    """Explains pictures of any size."""

    def __init__(self, make: Callable[..., Explanation]) -> None:
        super().__init__(lambda caption: make(words=tuple(caption.split()), size=self.size))
        self.size = (1, 1)

    def explain(self, request: ExplainRequest, tell: Progress, cancel: CancelToken) -> ExplainAnswer:
        height, width = request.picture.pixels.shape[:2]
        self.size = width, height
        answer = super().explain(request, tell, cancel)
        self.explain_requests.clear()  # they hold their pictures
        return answer


@dataclass
class Opened:
    """A window with its session, engine, librarian and a temporary folder."""

    window: Window
    session: Session
    engine: PictureEngine
    librarian: FakeLibrarian
    folder: Path

    @property
    def state(self) -> State:
        return self.session.state

    def picture(self, name: str, size: tuple[int, int] = (640, 480), shade: int = 90) -> str:
        """Write a picture of one colour and return its path."""
        return make_blank_picture(self.folder / name, size, shade)


@pytest.fixture
def unopened(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Opened:
    """A window whose session is not started yet; pytest-qt closes it."""
    engine = PictureEngine(make_explanation)
    librarian = FakeLibrarian()
    session = Session(_store(tmp_path), None, lambda: engine, lambda: librarian)
    session.settings.dismissed.add(NOTICE)  # own pictures by the bundled model: a bar would come above the canvas
    window = Window(session)
    qtbot.addWidget(window)
    window.show()
    return Opened(window, session, engine, librarian, tmp_path)


@pytest.fixture
def opened(unopened: Opened, qtbot: QtBot) -> Opened:
    """A window with an explained picture."""
    session = unopened.session
    session.start(unopened.picture("first.png"), "a red balloon and a dog")
    qtbot.waitUntil(lambda: session.state.explanation is not None and session.state.work is None)
    return unopened


@pytest.fixture
def make_desk(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]
) -> Iterator[Callable[[], Desk]]:
    """Return a function that makes a session with its worker started, and nothing on screen."""
    made: list[Desk] = []

    def make() -> Desk:
        engine = FakeEngine(lambda caption: make_explanation(words=tuple(caption.split())))
        desk = Desk(Session(_store(tmp_path), tmp_path / "factors", lambda: engine), engine, qtbot, tmp_path)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.engine.gate.set()
        desk.engine.complete_gate.set()
        desk.engine.picture_gate.set()
        desk.engine.names_gate.set()
        for gate in desk.engine.rows_gate.values():
            gate.set()
        desk.session.stop()


@pytest.fixture
def desk(make_desk: Callable[[], Desk]) -> Desk:
    """A session with an explained picture, ``a.png`` and its caption."""
    made = make_desk()
    made.session.start(made.picture("first.png"), "a dog")
    made.qtbot.waitUntil(lambda: made.state.explanation is not None)
    made.open()
    return made


def _store(folder: Path) -> SettingsFile:
    return SettingsFile(folder / "settings.json")
