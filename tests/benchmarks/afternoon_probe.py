"""Runs the window for ``afternoon.py``, and writes keys, dialogs, pictures and heat with their times into a file.

It uses only what version 0.2.0 has, too: the checkout that is measured is first on the path.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog

from exclip_desktop import app

SWITCHES: Final = ("rating_goes_on", "prompt_label")
"""Settings that a person who annotates switches on once."""


class EventLog:
    """Writes events as JSON lines, with the monotonic time that all processes share."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def write(self, what: str, **more: object) -> None:
        """Write one event."""
        self._file.write(json.dumps({"what": what, "time": time.monotonic(), **more}) + "\n")


class Probe(QObject):
    """Follows a window's events."""

    def __init__(self, session: Any, window: Any, log: EventLog) -> None:
        super().__init__(window)
        self._session, self._log, self._shown = session, log, (-1, False, False)
        self._viewport = window.canvas.view.viewport()
        for name in SWITCHES:
            if name in window.commands and not window.commands[name].isChecked():
                window.commands[name].trigger()
        places = getattr(session.settings, "places", None)
        if places is not None:
            places.save_start_choice("resume")
        instance = QApplication.instance()
        assert instance is not None
        instance.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  Qt's name
        """Write keys and dialogs; look at the canvas after each of its paint events."""
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and watched.isWindowType() and isinstance(event, QKeyEvent):
            self._log.write("key", key=event.key())
        elif kind == QEvent.Type.Paint and watched is self._viewport:
            QTimer.singleShot(0, self._look)
        elif kind in (QEvent.Type.Show, QEvent.Type.Hide) and isinstance(watched, QDialog):
            self._log.write("dialog" if kind == QEvent.Type.Show else "closed", name=type(watched).__name__)
        return False

    def _look(self) -> None:
        """Write which pair's picture and heat were just painted."""
        walk, state = self._session.pair_navigation, self._session.state
        if walk.current is None or walk.current >= len(walk.pairs):
            return
        pair, picture, answer = walk.pairs[walk.current], state.canvas_picture, state.answer
        has_picture = picture is not None and picture.path == str(walk.path(pair))
        has_heat = has_picture and answer is not None and not state.stale and answer.caption.text == pair.caption
        shown = (walk.current, has_picture, has_heat)
        if shown != self._shown:
            self._shown = shown
            corner = self._viewport.mapToGlobal(self._viewport.rect().center())
            centre = (corner.x(), corner.y())
            self._log.write("shown", place=walk.current, picture=has_picture, heat=has_heat, centre=centre)


def main(events: str, *opened: str) -> int:
    """Run the program with what a person opens; return its exit code."""
    log, make_window = EventLog(Path(events)), app.Window

    def make_watched(session: Any, log_path: str) -> Any:
        window = make_window(session, log_path)
        Probe(session, window, log)
        return window

    app.Window = make_watched  # type: ignore[assignment,misc]
    log.write("start")
    return app.run_window(*opened)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
