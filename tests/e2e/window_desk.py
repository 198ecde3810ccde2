"""The real window on the bundled model, opened in a folder and closed again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from exclip_desktop.app import set_program_name
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.session.state import State
from exclip_desktop.session.worker.worker_thread import Worker
from exclip_desktop.ui.window import Window

PATIENCE_MS = 120_000
FEW_NODES = {"quadrature": "gauss-legendre", "steps": 2}


@dataclass
class Opened:
    """A window with its session and the folder of its settings and factors."""

    window: Window
    session: Session
    state: State
    folder: Path


def settle(qtbot: QtBot, state: State) -> None:
    """Wait until the current pair is explained."""
    qtbot.waitUntil(
        lambda: state.explanation is not None and not state.stale and state.work is None, timeout=PATIENCE_MS
    )


def open_window(qtbot: QtBot, folder: Path, *what: str) -> Opened:
    """Open a window with the settings and factors in ``folder``, and wait until it has explained what it shows."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    set_program_name(app)
    session = Session(SettingsFile(folder / "settings.json"), folder / "factors")
    window = Window(session, str(folder / "log.txt"))
    window.show()
    rests: list[None] = []
    session.findChild(Worker).job_ended.connect(lambda: rests.append(None))
    session.start(*what)
    try:
        qtbot.waitUntil(lambda: len(rests) >= 2, timeout=PATIENCE_MS)  # explained, and ready for other captions
        settle(qtbot, session.state)
    except BaseException:
        window.close()  # its worker must not run during the next test
        raise
    return Opened(window, session, session.state, folder)


@contextmanager
def explained_sample(qtbot: QtBot, folder: Path, **settings: object) -> Iterator[Window]:
    """A window with the first sample, explained by two nodes; ``settings`` are entries of its settings file."""
    store = SettingsFile(folder / "settings.json")
    for name, value in {"how": FEW_NODES, **settings}.items():
        store.write(name, value)
    session = Session(store, folder / "factors", findings=folder / "findings.exclip")
    window = Window(session)
    window.show()
    session.start()
    try:
        settle(qtbot, session.state)
        yield window
    finally:
        window.close()


def close_window(opened: Opened) -> None:
    """Close the window, and check that nothing runs any more."""
    worker, pools = opened.session.findChild(Worker), opened.window.findChildren(QThreadPool)
    pools += opened.session.findChildren(QThreadPool)
    assert worker.isRunning()
    assert pools
    opened.window.close()
    assert worker.isFinished()
    assert [pool.activeThreadCount() for pool in pools] == [0] * len(pools)
    opened.window.deleteLater()
    opened.session.deleteLater()  # its own signals hold it, and with it the window and its pictures
