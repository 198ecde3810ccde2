"""Takes a screenshot of every view and dialog, light and dark, at several sizes, with a contact sheet per size.

Each scaling needs a process of its own, because Qt reads it once.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QDialog, QTabWidget, QWidget

from exclip_desktop.app import set_program_name
from exclip_desktop.demo.window_views import (
    ADD_FILE,
    DIALOGS,
    OTHER_CAPTIONS,
    note_findings,
    select_example,
    show_error,
    show_methods,
    show_pages,
    shows_similar_patches,
    switched,
    visit_dialog,
    wait_until,
    write_list,
)
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile, ThemeChoice
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.app_theme import Theme
from exclip_desktop.ui.window import Window

SIZES: Final = ((960, 640), (1366, 768), (1920, 1080))
SCALINGS: Final = (100, 200)
THEMES: Final[tuple[ThemeChoice, ...]] = ("light", "dark")
LAYOUT_ROUNDS: Final = 10
THUMB_PX: Final = 480
COLUMNS: Final = 4
LABEL_PX: Final = 20


def take_every(folder: Path) -> None:
    """Take all screenshots, one process per scaling."""
    folder.mkdir(parents=True, exist_ok=True)
    for scaling in SCALINGS:
        factor = scaling // 100
        with tempfile.TemporaryDirectory() as place:
            config = Path(place) / "screens.json"
            config.write_text(json.dumps({"screens": _screens(factor)}), "utf-8")
            platform = {"QT_QPA_PLATFORM": f"offscreen:configfile={config}", "QT_SCALE_FACTOR": str(factor)}
            command = [sys.executable, "-m", __name__, str(folder), str(scaling)]
            subprocess.run(command, env={**os.environ, **platform}, check=True)


def _screens(factor: int) -> list[dict[str, object]]:
    """Return a screen of each size, next to each other, in device pixels."""
    screens: list[dict[str, object]] = []
    left = 0
    for width, height in SIZES:
        place = {"x": left, "y": 0, "width": width * factor, "height": height * factor}
        screens.append({"name": f"{width}", **place, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1})
        left += width * factor
    return screens


class _Photographer:
    """Takes pictures of one window at one size, in both themes."""

    def __init__(self, window: Window, session: Session, folder: Path, name: str) -> None:
        self.window, self.session = window, session
        self._folder, self._name = folder / name, name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._taken: dict[str, list[QImage]] = {}

    def take(self, name: str, widget: QWidget) -> None:
        """Take a picture of ``widget`` in both themes; it stays open when the theme changes."""
        self._taken[name] = []
        for theme in THEMES:
            self.session.settings.appearance.choose_theme(theme)
            settle()
            image = widget.grab().toImage()
            image.save(str(self._folder / f"{name}-{theme}.png"))
            self._taken[name].append(image)

    def take_dialog(self, name: str) -> None:
        """Take pictures of the dialog of an action."""

        def visit(dialog: QDialog) -> None:
            for page in show_pages(dialog):
                settle()
                self.take(f"dialog-{name}{page.replace(' ', '-')}", dialog)

        if not visit_dialog(self.window, name, visit):
            print(f"{self._name}: no dialog by {name}", file=sys.stderr)

    def write_contact_sheet(self) -> None:
        """Write all pictures on one sheet."""
        cells = [(f"{name}, {theme}", image) for name, images in self._taken.items()
                 for theme, image in zip(THEMES, images, strict=True)]  # fmt: skip
        height_px = round(THUMB_PX * 0.62) + LABEL_PX
        sheet = QImage(COLUMNS * THUMB_PX, math.ceil(len(cells) / COLUMNS) * height_px, QImage.Format.Format_RGB32)
        sheet.fill(QColor("#808080"))
        painter = QPainter(sheet)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place, (label, image) in enumerate(cells):
            left, top = place % COLUMNS * THUMB_PX, place // COLUMNS * height_px
            painter.drawText(left + 4, top + 14, label)
            room = QRectF(left + 2, top + LABEL_PX, THUMB_PX - 4, height_px - LABEL_PX - 2)
            size = image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            painter.drawImage(QRectF(room.topLeft(), size.toSizeF()), image)
        painter.end()
        sheet.save(str(self._folder.parent / f"contact-{self._name}.png"))


def settle() -> None:
    """Process events until the window is laid out."""
    for _ in range(LAYOUT_ROUNDS):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        QCoreApplication.processEvents()


def _take_all(folder: Path, scaling: int) -> None:
    app = QApplication([])
    set_program_name(app)
    app.setStyle("Fusion")
    with tempfile.TemporaryDirectory() as place:
        store = SettingsFile(Path(place) / "settings.json")
        session = Session(store, Path(place) / "factors", findings=Path(place) / "findings.exclip")
        Theme(app, session.settings.appearance)
        window = Window(session)
        window.show()
        session.start()
        _wait(session)
        session.pair_navigation.open(write_list(Path(place) / "pairs.csv"))
        _wait(session)
        note_findings(session)
        _wait(session)
        screens = sorted(app.screens(), key=lambda screen: screen.geometry().left())
        for screen, (width, height) in zip(screens, SIZES, strict=True):
            photographer = _Photographer(window, session, folder, f"{width}x{height}-{scaling}")
            window.setGeometry(screen.geometry())
            settle()
            _take_views(photographer)
            photographer.write_contact_sheet()
        window.close()


def _wait(session: Session) -> None:
    state = session.state
    wait_until(lambda: state.explanation is not None and not state.stale and (state.work is None or state.work.idle))


def _take_views(photographer: _Photographer) -> None:
    window, session = photographer.window, photographer.session
    inspector, tabs = window.inspector, window.inspector.tabText
    assert session.state.explanation is not None
    select_example(session, session.state.explanation)
    for at in range(inspector.count()):
        if inspector.isTabVisible(at):
            inspector.setCurrentIndex(at)
            _wait(session)
            photographer.take(f"tab-{tabs(at).lower()}", window)
    inspector.setCurrentIndex(0)
    views: dict[str, Callable[[], None]] = {
        "difference": lambda: _wait(session),
        "panes": lambda: _wait_for_panes(session, inspector),
        "hide_panels": lambda: None,
        "panel_boxes": lambda: None,
        "panel_search": lambda: None,
        "similar_patches": lambda: wait_until(lambda: shows_similar_patches(session)),
        "pair_grid": lambda: None,
    }
    for name, wait in views.items():
        with switched(window, name):
            wait()
            photographer.take(f"view-{name}", window)
    _take_two_inputs(photographer)
    inspector.setCurrentIndex(0)
    session.second_model.open(ModelChoice())
    wait_until(lambda: session.second_model.state.explanation is not None)
    _wait(session)
    photographer.take("view-second_model", window)
    session.second_model.close()
    for caption in OTHER_CAPTIONS:
        session.caption_alternatives.add(caption)
    window.alternatives.set_open(True)
    _wait(session)
    wait_until(lambda: all(entry.score is not None for entry in session.state.alternatives))
    photographer.take("view-captions", window)
    window.alternatives.set_open(False)
    show_error(session)
    settle()
    photographer.take("view-error", window)
    session.explain_controller.dismiss()
    _take_own_picture(photographer)
    for name in (*DIALOGS, ADD_FILE):
        photographer.take_dialog(name)


def _take_two_inputs(photographer: _Photographer) -> None:
    two_inputs = photographer.session.two_inputs
    two_inputs.open_file(str(load_samples()[1].path))
    _wait_for_two_inputs(photographer, "two_pictures")
    two_inputs.open("captions")
    two_inputs.type_caption(OTHER_CAPTIONS[0])
    _wait_for_two_inputs(photographer, "two_captions")
    two_inputs.close()


def _wait_for_two_inputs(photographer: _Photographer, name: str) -> None:
    wait_until(lambda: photographer.session.two_inputs.explanation is not None)
    _wait(photographer.session)
    photographer.take(f"view-{name}", photographer.window)


def _take_own_picture(photographer: _Photographer) -> None:
    """Take the bar that is shown once for an own picture with the bundled model, and return to the list."""
    window, session = photographer.window, photographer.session
    with tempfile.TemporaryDirectory() as place:
        own = Path(place) / "holiday.jpg"
        own.write_bytes(load_samples()[0].path.read_bytes())
        session.explain_controller.open_file(str(own), "a dog at the beach")
        _wait(session)
        if window.model_bar.isVisible():
            photographer.take("view-model_bar", window)
            window.model_bar.hide()
    session.pair_navigation.show(0)
    _wait(session)


def _wait_for_panes(session: Session, inspector: QTabWidget) -> None:
    panes = session.compare_controller.panes
    wait_until(lambda: all(pane.status.kind in ("done", "failed") for pane in panes))
    _wait(session)
    show_methods(inspector)


if __name__ == "__main__":
    _take_all(Path(sys.argv[1]), int(sys.argv[2]))
