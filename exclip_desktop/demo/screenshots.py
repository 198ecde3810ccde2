"""Takes the screenshots of README and the manual, of the real window.

``python -m exclip_desktop.demo.screenshots --out FOLDER`` needs no screen. Without ``QT_QPA_PLATFORM`` it
runs with Qt's offscreen platform. ``--all`` takes every view and dialog in both themes, at three sizes and 100 % and
200 % scaling, with a contact sheet per size.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from exclip_desktop.app import set_program_name
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.demo.every_screenshot import settle, take_every
from exclip_desktop.demo.window_views import show_methods, wait_until
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.pair_lists.list_files import write_pairs
from exclip_desktop.storage.samples import load_samples, load_scenes, open_scene
from exclip_desktop.ui.app_theme import Theme
from exclip_desktop.ui.window import Window

SIZE = (1280, 800)
SEARCHED = 99, 24, 146, 1, 38, 2
"""Scenes of the list that is searched: red balloons, others, and none."""
QUERY = "a red balloon"
SCENE_QUALITY = 95
STEPS = 3
"""Nodes of the scenes' integrals: the heat of thumbnails needs no more."""
SEARCH_PX = 360


def draw_box(window: Window, box: tuple[float, float, float, float]) -> None:
    """Drag a box, source pixels, on the window's canvas with the mouse."""
    view = window.canvas.view
    start, stop = (QPointF(*view.camera.to_canvas(corner)).toPoint() for corner in (box[:2], box[2:]))
    port, left = view.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(port, left, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(port, start + QPoint((stop - start).x() * step // 5, (stop - start).y() * step // 5))
    QTest.mouseRelease(port, left, pos=stop)


def compare(session: Session, window: Window) -> None:
    """Show the answers of several methods, and their agreement."""
    window.commands["panes"].trigger()
    show_methods(window.inspector)
    wait_until(lambda: all(pane.status.kind in ("done", "failed") for pane in session.compare_controller.panes))
    wait_until(lambda: session.state.work is None and window.grid.is_complete)


def search(session: Session, window: Window, place: Path, folder: Path) -> Path:
    """Search a list of scenes, take the screenshot and return its file."""
    session.compare_controller.close()
    pairs = tuple(load_scenes()[number] for number in SEARCHED)
    for pair in pairs:
        open_scene(pair.picture).save(place / pair.picture, quality=SCENE_QUALITY)
    write_pairs(PairList(place, place, pairs), place / "scenes.jsonl")
    state = session.state
    coarse = replace(state.explain_settings, quadrature="gauss-legendre", steps=STEPS)
    session.explain_controller.choose_settings(coarse, state.choice.device)
    session.open(str(place / "scenes.jsonl"))
    wait_until(lambda: bool(session.pair_navigation.pairs) and state.explanation is not None and not state.stale)
    window.commands["search_list"].trigger()
    window.search_dock.line.setText(QUERY)
    session.search.search_words(QUERY)
    wait_until(lambda: not session.search.is_running)
    session.search.explain_rest()
    wait_until(lambda: len(session.search.hits) == len(pairs) and not session.search.is_explaining)
    session.hit_findings.note(session.search.hits[:2])
    session.search.open(session.search.hits[0])
    wait_until(lambda: state.explanation is not None and not state.stale and state.work is None)
    session.explain_controller.dismiss()
    window.inspector.setCurrentWidget(window.findings)
    session.settings.appearance.choose_theme("light")
    window.resizeDocks([window.search_dock], [SEARCH_PX], Qt.Orientation.Horizontal)
    window.resize(*SIZE)
    settle()
    out = folder / f"search-light-{SIZE[0]}.png"
    window.grab().save(str(out))
    return out


def take(folder: Path) -> list[Path]:
    """Take the screenshots and return their files."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    set_program_name(app)
    app.setStyle("Fusion")  # on every system
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with tempfile.TemporaryDirectory() as place:
        session = Session(SettingsFile(Path(place) / "settings.json"), None, findings=Path(place) / "findings.exclip")
        Theme(app, session.settings.appearance)
        window = Window(session)
        window.show()
        session.start()
        state = session.state
        wait_until(lambda: state.explanation is not None and state.work is None)
        assert state.explanation is not None
        rows_of, selected = state.explanation.caption.rows_of, state.selection.rows
        draw_box(window, next(thing.box for thing in load_samples()[0].objects if rows_of(thing.words) == selected))
        for view, darks in (("window", (False, True)), ("compare", (False,))):
            if view == "compare":
                compare(session, window)
            for dark in darks:
                session.settings.appearance.choose_theme("dark" if dark else "light")
                window.resize(*SIZE)
                settle()
                taken.append(folder / f"{view}-{'dark' if dark else 'light'}-{SIZE[0]}.png")
                window.grab().save(str(taken[-1]))
        taken.append(search(session, window, Path(place), folder))
        window.close()
    return taken


def main(arguments: list[str] | None = None) -> int:
    """Take the screenshots."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--all", action="store_true", help="every view and dialog instead, with contact sheets")
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.all:
        take_every(options.out)
        return 0
    for path in take(options.out):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
