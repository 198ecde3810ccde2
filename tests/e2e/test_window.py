"""The real window on the bundled model, driven with real mouse and key events."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from exclip_desktop.attribution.second_order import stored_explain
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.core.values.settings import DEFAULT_TOLERANCE, ExplainSettings
from exclip_desktop.session.state import State
from exclip_desktop.storage.samples import load_samples
from tests.e2e.window_desk import PATIENCE_MS, Opened, close_window, open_window, settle

ROOT = Path(__file__).parents[2]
LONGEST_S = 0.05  # the maximum time that the event loop may be blocked
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def opened(qtbot: QtBot, place: Path) -> Iterator[Opened]:
    made = open_window(qtbot, place)
    yield made
    close_window(made)


@pytest.fixture
def opened_apart(qtbot: QtBot, known_place: Path) -> Iterator[Opened]:
    """A window with settings and factors that no other test sees."""
    made = open_window(qtbot, known_place)
    yield made
    close_window(made)


def _unneeded(*_: object) -> None:
    raise AssertionError("this is known, and need not be computed")


def _drag(opened: Opened, box: tuple[float, float, float, float]) -> None:
    view = opened.window.canvas.view
    start, stop = (QPointF(*view.camera.to_canvas(corner)).toPoint() for corner in (box[:2], box[2:]))
    QTest.mousePress(view.viewport(), LEFT, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(view.viewport(), start + (stop - start) * step / 5)
    QTest.mouseRelease(view.viewport(), LEFT, pos=stop)


def _words(state: State) -> list[str]:
    rows = set(state.selection.rows)
    return [word.text for word in state.explanation.words if rows.intersection(word.rows)]


def _lies_in(state: State, heat: NDArray[np.float64], box: tuple[float, float, float, float]) -> bool:
    """Return whether the middle of the hottest patch lies in the box."""
    x, y = state.explanation.geometry.patch_centre(*np.unravel_index(int(np.argmax(heat)), heat.shape))
    x0, y0, x1, y1 = box
    return bool(x0 <= x < x1 and y0 <= y < y1)


def test_the_first_start_shows_an_explained_sample_with_a_word_selected(opened: Opened) -> None:
    sample = load_samples()[0]
    assert opened.state.canvas_picture.path == str(sample.path)
    assert opened.state.caption == opened.window.caption.text == sample.caption
    shown = " ".join(_words(opened.state))
    (thing,) = (thing for thing in sample.objects if thing.words == shown)
    heat = opened.state.explanation.interactions.patch_heat(opened.state.selection.rows)
    assert heat.sum() > 0
    assert _lies_in(opened.state, heat, thing.box)
    assert opened.state.facts.name == "demo"


def test_in_the_first_sample_no_word_of_an_object_that_is_there_is_blue(opened: Opened) -> None:
    sample, strip = load_samples()[0], opened.window.strip
    assert sample.wrong == ""
    there = {word for thing in sample.objects for word in thing.words.split()}
    for words_by in ("region", "picture"):
        opened.session.show(words_by=words_by)
        shown = {chip.text: sum(values) for chip, values in zip(strip._picker.chips, strip._heat.values, strict=True)}
        assert {word for word in there if shown[word] > 0} == there
    assert [sum(values) > 0 for values in strip._heat.values].count(True) > len(strip._picker.chips) / 2


def test_a_rule_with_too_few_nodes_is_doubted_until_it_has_more(opened: Opened, qtbot: QtBot) -> None:
    state, window = opened.state, opened.window
    opened.session.explain_controller.choose_settings(ExplainSettings(quadrature="riemann-right"), None)
    qtbot.waitUntil(lambda: state.provenance.explain_settings.quadrature == "riemann-right", timeout=PATIENCE_MS)
    assert state.explanation.residual > DEFAULT_TOLERANCE
    assert window.banner.isVisible()
    told = window.inspector.findChild(QLabel, "warning")
    assert told.isVisible()
    assert told.text() == state.notice.message
    assert told.text().startswith("Accuracy not reached: ")
    opened.session.explain_controller.choose_settings(ExplainSettings(), None)
    qtbot.waitUntil(lambda: state.provenance.explain_settings == ExplainSettings(), timeout=PATIENCE_MS)
    assert state.explanation.residual <= DEFAULT_TOLERANCE
    assert state.notice is None
    assert not told.isVisible()


def test_select_a_word_see_its_object_and_drag_a_box_see_its_word(opened: Opened) -> None:
    state, sample = opened.state, load_samples()[0]
    QTest.keyClick(opened.window, Qt.Key.Key_Escape)
    assert state.selection == Selection()
    thing = sample.objects[0]
    rows = state.explanation.caption.rows_of(thing.words)
    opened.window.strip.setFocus()
    QTest.keyClick(opened.window.strip, Qt.Key.Key_Home)
    for _ in range(len(state.explanation.words)):
        if set(state.selection.rows) & set(rows):
            break
        QTest.keyClick(opened.window.strip, Qt.Key.Key_Right)
    heat = state.explanation.interactions.patch_heat(state.selection.rows)
    assert _lies_in(state, heat, thing.box)
    QTest.keyClick(opened.window, Qt.Key.Key_Escape)
    _drag(opened, thing.box)
    assert len(state.selection.regions) == 1
    values = state.explanation.word_heat(state.selection.regions[0].box)
    strongest = state.explanation.words[int(np.argmax(values))]
    assert strongest.text in thing.words


def test_undo_and_redo_by_keys(opened: Opened) -> None:
    QTest.keyClick(opened.window, Qt.Key.Key_Escape)
    _drag(opened, load_samples()[0].objects[0].box)
    drawn = opened.state.selection
    QTest.keyClick(opened.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert opened.state.selection == Selection()
    shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(opened.window, Qt.Key.Key_Z, shift)
    assert opened.state.selection == drawn
    QTest.keyClick(opened.window, Qt.Key.Key_Delete)
    assert opened.state.selection.regions == ()


def test_typing_explains_again_and_needs_only_the_caption(
    opened: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    for name in ("picture_factor", "explain_words"):
        monkeypatch.setattr(stored_explain, name, _unneeded)
    before = stored_explain.caption_factor

    def counted(*rest: object) -> object:
        computed.append("caption")
        return before(*rest)

    monkeypatch.setattr(stored_explain, "caption_factor", counted)
    opened.window.commands["focus_caption"].trigger()
    field = QApplication.focusWidget()
    QTest.keyClick(field, Qt.Key.Key_End)
    QTest.keyClicks(field, " and a dog")
    qtbot.waitUntil(lambda: opened.state.caption.endswith("and a dog"), timeout=PATIENCE_MS)
    settle(qtbot, opened.state)
    assert opened.state.explanation.caption.text.endswith("and a dog")
    assert opened.state.explanation.image_side.way == "reverse mode"
    assert computed == ["caption"]


def test_export_and_open_again(opened_apart: Opened, qtbot: QtBot, tmp_path: Path) -> None:
    opened = opened_apart
    _drag(opened, load_samples()[0].objects[0].box)
    state, export_controller = opened.state, opened.session.export_controller
    for name in ("a.png", "a.svg", "a.pdf"):
        export_controller.write_picture(tmp_path / name, 900)
    for name in ("a.csv", "a.npz", "a.json"):
        export_controller.write_numbers(tmp_path / name)
    qtbot.waitUntil(lambda: (tmp_path / "a.json").exists() and state.work is None, timeout=PATIENCE_MS)
    found, caption = state.explanation, state.caption
    with Image.open(tmp_path / "a.png") as image:
        assert (image.format, image.width) == ("PNG", 900)
    drawn = (tmp_path / "a.svg").read_text("utf-8")
    assert "<svg" in drawn
    assert all(word.text in drawn for word in found.words)
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    told = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert told["caption"] == caption
    (region,) = told["selection"]["regions"]
    assert region["box"] == pytest.approx(state.selection.regions[0].box)
    assert np.allclose(told["matrix"], found.matrix)
    with np.load(tmp_path / "a.npz") as arrays:
        assert np.array_equal(arrays["matrix"], found.matrix)
        assert arrays["score"] == pytest.approx(found.score)
        heat = arrays["token_heat"]
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["word"] for line in lines] == [word.text for word in found.words]
    for line, word in zip(lines, found.words, strict=True):
        assert float(line["value"]) == pytest.approx(heat[list(word.rows)].sum(), rel=1e-6)
    state.change(explain_settings=ExplainSettings(quadrature="gauss-legendre", steps=4))  # only its size is looked at
    opened.session.explain_controller.open_file(str(tmp_path / "a.png"))
    qtbot.waitUntil(lambda: state.canvas_picture.path == str(tmp_path / "a.png"), timeout=PATIENCE_MS)
    settle(qtbot, state)
    assert state.explanation.geometry.source_size[0] == 900


def test_a_known_pair_opens_without_running_the_model(
    qtbot: QtBot, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_window(open_window(qtbot, place))
    for name in ("picture_factor", "caption_factor", "explain_words"):
        monkeypatch.setattr(stored_explain, name, _unneeded)
    again = open_window(qtbot, place)
    assert again.state.provenance.cached
    close_window(again)


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "folder", "missing"])
def test_what_is_no_picture_leaves_the_screen_as_it_was(
    opened: Opened, qtbot: QtBot, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "thing.png"
    if kind == "text":
        path.write_text("hello")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "folder":
        path.mkdir()
    before = (opened.state.canvas_picture, opened.state.explanation, opened.state.selection, opened.state.caption)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(opened.window, QDragEnterEvent(QPoint(50, 50), copy, data, LEFT, none))
    event = QDropEvent(QPointF(50, 50), copy, data, LEFT, none)
    with qtbot.waitSignal(opened.state.notice_changed):
        QApplication.sendEvent(opened.window, event)
    assert opened.state.notice.kind == "error"
    assert opened.state.notice.hint
    assert opened.window.banner.isVisible()
    assert before == (
        opened.state.canvas_picture,
        opened.state.explanation,
        opened.state.selection,
        opened.state.caption,
    )
    opened.session.explain_controller.dismiss()
    assert not opened.window.banner.isVisible()


def test_copies_can_be_pasted(opened: Opened, qtbot: QtBot) -> None:
    clipboard = QGuiApplication.clipboard()
    for name, sign in (
        ("copy_values", "word\tvalue"),
        ("copy_latex", "colorbox"),
        ("copy_html", "<p"),
        ("copy_python", "load_model"),
        ("copy_command", "exclip-desktop explain"),
    ):
        opened.window.commands[name].trigger()
        assert sign in clipboard.text()
    opened.window.commands["copy_picture"].trigger()
    qtbot.waitUntil(lambda: not clipboard.image().isNull(), timeout=PATIENCE_MS)
    assert clipboard.image().width() == 1600


def _time_with_a_core() -> float:
    """Return the time in seconds, less what this thread has waited for a free core: tests run in two processes."""
    schedule = Path("/proc/thread-self/schedstat")  # Linux: nanoseconds on a core, and waiting for one
    waited_ns = int(schedule.read_text().split()[1]) if schedule.exists() else 0
    return time.perf_counter() - waited_ns / 1e9


def _longest_gap(qtbot: QtBot, act: Callable[[], None], done: Callable[[], bool]) -> float:
    """Return the longest time, in seconds, that a timer of 2 ms waited until ``done``."""
    beats = [_time_with_a_core()]
    timer = QTimer(interval=2)
    timer.timeout.connect(lambda: beats.append(_time_with_a_core()))
    timer.start()
    act()
    qtbot.waitUntil(done, timeout=PATIENCE_MS)
    timer.stop()
    assert len(beats) > 10
    return float(np.diff([*beats, _time_with_a_core()]).max())


@pytest.mark.parametrize("phase", ["opening", "explaining", "exporting"])
def test_the_event_loop_is_not_held_up(qtbot: QtBot, opened: Opened, tmp_path: Path, phase: str) -> None:
    """The cost of importing torch is measured by tests/benchmarks/test_window.py; here it is imported already.

    A shared machine may take the processor away for a moment, so a failing phase is repeated once; work that blocks the
    loop does so again.
    """
    state, session = opened.state, opened.session

    def run(turn: int) -> float:
        large, sample, caption = tmp_path / f"{turn}.png", load_samples()[3 + turn], f"a dog beside {turn + 2} cats"
        acts: dict[str, tuple[Callable[[], None], Callable[[], bool]]] = {
            "opening": (lambda: session.open_sample(3 + turn), lambda: state.canvas_picture.path == str(sample.path)),
            "explaining": (
                lambda: session.explain_controller.type_caption(caption),
                lambda: state.explanation.caption.text == caption,
            ),
            "exporting": (lambda: session.export_controller.write_picture(large, 4000), large.exists),
        }
        act, done = acts[phase]
        return _longest_gap(qtbot, act, lambda: done() and not state.stale and state.work is None)

    first = run(0)
    assert first < LONGEST_S or run(1) < LONGEST_S


START = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from exclip_desktop.cli.main import main
from exclip_desktop.ui.window import Window
app = QApplication(sys.argv[:1])
def look():
    for window in app.topLevelWidgets():
        state = window._session.state if isinstance(window, Window) else None
        if state is not None and state.explanation is not None and state.work is None:
            print(state.explanation.caption.text, "|", window.windowTitle(), flush=True)
            timer.stop()
            window.commands["quit"].trigger()
timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
sys.exit(main(sys.argv[1:]))
"""


def test_the_program_starts_explains_and_quits(tmp_path: Path) -> None:
    sample, caption = load_samples()[0], "a picture of a thing"
    homes = {name: str(tmp_path / name) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME")}
    done = subprocess.run(
        [sys.executable, "-c", START, str(sample.path), caption],
        cwd=ROOT,
        env={**os.environ, **homes, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{caption} | {sample.path.name} — exclip desktop"
    assert "Traceback" not in done.stderr
    assert "QThread" not in done.stderr
