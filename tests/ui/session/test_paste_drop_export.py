"""Pasting, dropping, exporting and cancelling in the window, with a blocking engine."""

from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from exclip_desktop.core.progress import Progress, Report
from exclip_desktop.session.worker.requests import ModelChoice, ModelFacts
from exclip_desktop.storage import pictures
from exclip_desktop.storage.project.project_files import create_project
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.canvas.picture_images import make_picture
from exclip_desktop.ui.dialogs.export_dialog import ExportDialog
from tests.ui.conftest import Opened

COPY, LEFT, BLANK = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def _on_screen(opened: Opened) -> tuple[object, ...]:
    state = opened.state
    return state.canvas_picture, state.explanation, state.selection, state.caption, state.stale


def _shows_error(opened: Opened, qtbot: QtBot, act: Callable[[], object], message: str) -> None:
    """Check that ``act`` shows a banner and leaves everything else unchanged."""
    before = _on_screen(opened)
    with qtbot.waitSignal(opened.state.notice_changed):
        act()
    notice = opened.state.notice
    assert notice is not None
    assert message in notice.message
    assert notice.hint
    assert opened.window.banner.isVisible()
    assert _on_screen(opened) == before


def _drop(opened: Opened, data: QMimeData) -> bool:
    """Drag and drop ``data``; return whether it was accepted."""
    enter = QDragEnterEvent(QPoint(50, 50), COPY, data, LEFT, BLANK)
    enter.ignore()
    QApplication.sendEvent(opened.window, enter)
    drop = QDropEvent(QPointF(50, 50), COPY, data, LEFT, BLANK)
    drop.ignore()
    QApplication.sendEvent(opened.window, drop)
    return enter.isAccepted() and drop.isAccepted()


def _clipped(data: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(data)


# Pasting


@pytest.mark.parametrize("form", ["ARGB32", "ARGB32_Premultiplied", "RGB32", "RGB888", "Grayscale8", "RGBA8888"])
def test_qt_s_pictures_become_arrays(form: str) -> None:
    image = QImage(5, 3, QImage.Format.Format_ARGB32)
    image.fill(QColor(200, 100, 50))
    image = image.convertToFormat(getattr(QImage.Format, f"Format_{form}"))
    pixels = make_picture(image).pixels
    assert pixels.shape == (3, 5, 3)
    expected = [image.pixelColor(2, 1).red(), image.pixelColor(2, 1).green(), image.pixelColor(2, 1).blue()]
    assert (pixels == expected).all()


def test_transparent_parts_lie_on_white() -> None:
    image = QImage(2, 1, QImage.Format.Format_ARGB32)
    image.setPixelColor(0, 0, QColor(0, 0, 0, 0))
    image.setPixelColor(1, 0, QColor(200, 0, 0, 128))
    assert make_picture(image).pixels[0].tolist() == [[255, 255, 255], pytest.approx([227, 127, 127], abs=1)]


def test_a_pasted_picture_is_explained(opened: Opened, qtbot: QtBot) -> None:
    image = QImage(300, 200, QImage.Format.Format_ARGB32)
    image.fill(QColor(10, 20, 30))
    QGuiApplication.clipboard().setImage(image)
    opened.window.commands["paste"].trigger()
    qtbot.waitUntil(lambda: opened.state.canvas_picture.title == "pasted picture" and not opened.state.stale)
    assert opened.state.canvas_picture.path is None
    assert (opened.state.canvas_picture.picture.pixels == [10, 20, 30]).all()


def test_a_picture_opened_after_pasting_one_is_the_one_shown(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = opened.picture("later.png", (100, 80))
    QGuiApplication.clipboard().setImage(QImage(1000, 1000, QImage.Format.Format_RGB32))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (later, ""))
    opened.window.commands["paste"].trigger()
    opened.window.commands["open"].trigger()
    qtbot.waitUntil(lambda: opened.state.canvas_picture.path == later)
    qtbot.wait(100)
    assert opened.state.canvas_picture.path == later


@pytest.mark.parametrize("kind", ["empty", "text", "null image"])
def test_a_clipboard_without_a_picture_is_refused(opened: Opened, qtbot: QtBot, kind: str) -> None:
    data = QMimeData()
    if kind == "text":
        data.setText("a dog")
    elif kind == "null image":
        data.setImageData(QImage())
    _clipped(data)
    _shows_error(opened, qtbot, opened.window.commands["paste"].trigger, "The clipboard holds no picture.")


def test_a_pasted_picture_that_is_too_large_is_refused(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures.read_picture, "__defaults__", (0.5,))
    QGuiApplication.clipboard().setImage(QImage(1000, 1000, QImage.Format.Format_RGB32))
    _shows_error(opened, qtbot, opened.window.commands["paste"].trigger, "1 megapixels; the limit is 0.5.")


@pytest.mark.parametrize("way", ["dropped", "pasted"])
def test_a_folder_without_pictures_is_refused(opened: Opened, qtbot: QtBot, way: str) -> None:
    folder = opened.folder / "holiday"
    folder.mkdir()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])

    def act() -> None:
        if way == "pasted":
            _clipped(data)
            opened.window.commands["paste"].trigger()
        else:
            assert _drop(opened, data)

    _shows_error(opened, qtbot, act, "There are no pairs in ")


def test_a_project_that_is_dropped_is_opened(opened: Opened) -> None:
    create_project(opened.folder / "study.exclip").close()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(opened.folder / "study.exclip"))])
    before = _on_screen(opened)
    assert _drop(opened, data)
    assert opened.session.projects.project.path == opened.folder / "study.exclip"
    assert _on_screen(opened) == before


def test_only_pictures_and_files_may_be_dropped(opened: Opened) -> None:
    data = QMimeData()
    data.setText("a dog")
    before = _on_screen(opened)
    assert not _drop(opened, data)
    assert _on_screen(opened) == before


@pytest.mark.parametrize("name", ["gone.png", "gone.csv", "gone.exclip", "gone"])
def test_a_dropped_file_that_does_not_exist_is_named(opened: Opened, qtbot: QtBot, name: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(opened.folder / name))])
    _shows_error(opened, qtbot, lambda: _drop(opened, data), name)


# Exporting


@pytest.mark.parametrize("action", ["export_numbers", "export_picture"])
def test_nothing_is_exported_if_another_picture_came_meanwhile(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    opened.engine.gate.clear()

    def answer_late(*_: object) -> tuple[str, str]:
        opened.session.open(opened.picture("second.png"))
        qtbot.waitUntil(lambda: opened.state.canvas_picture.title == "second.png")
        return str(opened.folder / "out.csv"), "CSV (*.csv)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer_late)
    monkeypatch.setattr(ExportDialog, "exec", lambda _: bool(answer_late()))
    opened.window.commands[action].trigger()
    assert "nothing was written" in opened.state.notice.message
    assert opened.state.work.what == "Explaining the picture"
    opened.engine.gate.set()


def test_numbers_are_written_as_the_kind_chosen(opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    suggested: list[Path] = []

    def choose(_parent: object, _title: str, path: str, *_: str) -> tuple[str, str]:
        suggested.append(Path(path))
        return path, "NumPy (*.npz)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    opened.window.commands["export_numbers"].trigger()
    written = opened.folder / "first-explained.npz"
    qtbot.waitUntil(written.exists)
    assert suggested == [opened.folder / "first-explained.csv"]
    with np.load(written) as arrays:
        assert np.array_equal(arrays["matrix"], opened.state.explanation.matrix)


def test_the_samples_folder_is_not_suggested(opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    suggested: list[str] = []
    home = opened.folder / "home"
    home.mkdir()
    opened.session.settings.recent_pictures.clear()
    opened.session.open_sample(1)
    qtbot.waitUntil(lambda: opened.state.canvas_picture.path == str(load_samples()[1].path))
    qtbot.waitUntil(lambda: opened.state.explanation is not None and opened.state.work is None)
    opened.session.settings.recent_pictures.clear()
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda *_: str(home))
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *mime_data: (suggested.append(mime_data[2]), ("", ""))[1]
    )
    opened.window.commands["export_numbers"].trigger()
    assert Path(suggested[0]).parent == home


# Cancelling


def test_cancel_while_a_model_loads(opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[str] = []

    def load(choice: ModelChoice, tell: Progress) -> ModelFacts:
        began.append(choice.name)
        while True:
            tell(Report(f"Opening {choice.name}", 0, 0))  # raises once cancelled

    monkeypatch.setattr(opened.engine, "load", load)
    before = _on_screen(opened)
    opened.session.explain_controller.choose_model(ModelChoice("another"))
    qtbot.waitUntil(lambda: began == ["another"] and opened.window.commands["cancel"].isEnabled())
    opened.window.commands["cancel"].trigger()
    assert opened.state.work is None
    qtbot.wait(50)
    assert (opened.state.work, opened.state.notice) == (None, None)
    assert _on_screen(opened)[:4] == before[:4]


def test_cancel_while_a_figure_is_drawn(opened: Opened, qtbot: QtBot) -> None:
    path = opened.folder / "figure.png"
    before = _on_screen(opened)
    opened.session.export_controller.write_picture(path, 8000)
    qtbot.waitUntil(lambda: bool(active_children()), timeout=20_000)
    opened.window.commands["cancel"].trigger()
    assert opened.state.work is None
    qtbot.waitUntil(lambda: not active_children(), timeout=20_000)
    qtbot.wait(50)
    assert not path.exists()
    assert (opened.state.work, opened.state.notice) == (None, None)
    assert _on_screen(opened) == before
