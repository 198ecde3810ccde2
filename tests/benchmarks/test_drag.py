"""Time of a drag, from the mouse's move to the painted window: ``python -m pytest tests/benchmarks/test_drag.py``.

The whole window with a picture of 12 megapixels and 77 tokens, and real mouse events on picture and words; a selection
needs no answer of the engine. Bounds of the 99th percentile for patches: 8 ms at 1280×800, 16 ms at 2560×1440, on a
machine that does nothing else. On a busy one, add ``--benchmark-timer=time.thread_time``: it counts processor time.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.maths.interactions import InteractionMatrix, Ledger
from exclip_desktop.core.maths.similar_patches import similar_patches
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.session.parts.heat_modes import SimilarHeat
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.pictures import Picture
from exclip_desktop.ui.window import Window
from tests.benchmarks.conftest import FOUND
from tests.ui.conftest import caption_of

MOVES = 300
WARM = 5
WORDS = tuple(f"word{n}" for n in range(75))  # with [SOT] and [EOT] 77 tokens
SIZE = 4000, 3000
SIZES = [(1280, 800), (2560, 1440)]
GRIDS = [(14, 14), (24, 24)]
LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
sizes = pytest.mark.parametrize("size", SIZES, ids=str)
grids = pytest.mark.parametrize("grid", GRIDS, ids=str)
smooths = pytest.mark.parametrize("smooth", [False, True], ids=["patches", "smooth"])


class Paints(QObject):
    """Counts the paint events of widgets."""

    def __init__(self, watched: list[QWidget]) -> None:
        super().__init__(watched[0])
        self.count = 0
        for widget in watched:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        self.count += event.type() == QEvent.Type.Paint
        return False


def explanation(grid: tuple[int, int]) -> Explanation:
    """Return one of a centre crop of the picture, with random values."""
    caption = caption_of(WORDS)
    values = np.random.default_rng(1).normal(0, 1e-3, (len(caption.tokens), 1 + grid[0] * grid[1])).astype(np.float32)
    content = np.array([token.kind == "content" for token in caption.tokens])
    report = SideReport(17, 1e-4, 1e-4, True, "pair")
    return Explanation(
        InteractionMatrix(values, content, 1, grid),
        caption,
        Geometry(SIZE, (500.0, 0.0, 3500.0, 3000.0), grid),
        0.3,
        Ledger(0.2, 0.03, 0.04, 0.01, 0.02, 0.0, 0.0),
        report,
        report,
        ResolvedSettings("demo", "w", "0", 0, 0, "adaptive", 129, "matched", "cpu", {}),
    )


@pytest.fixture(scope="module")
def picture() -> Picture:
    """A picture of 12 megapixels."""
    coarse = np.random.default_rng(2).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    return Picture(np.ascontiguousarray(coarse.repeat(100, 0).repeat(100, 1)))


class Desk:
    """A window whose frames are timed."""

    def __init__(self, window: Window, session: Session, benchmark: Any) -> None:
        self.window, self.session, self.benchmark = window, session, benchmark
        self.frames = Paints([window.canvas.view.viewport()])
        self.paints = Paints([window, *window.findChildren(QWidget)])

    def settle(self) -> None:
        """Serve events until the window has nothing left to paint."""
        for _ in range(20):
            QApplication.processEvents()

    def send(self, widget: QWidget, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton) -> None:
        """Send a real mouse event."""
        held = NONE if kind == QEvent.Type.MouseButtonRelease else button
        changed = NONE if kind == QEvent.Type.MouseMove else button
        there, no_keys = QPointF(widget.mapToGlobal(at)), Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(at), there, changed, held, no_keys))

    def drag(self, name: str, widget: QWidget, places: Callable[[int], QPoint], button: Qt.MouseButton = LEFT) -> None:
        """Time each move of a drag until everything that it changes is painted; say median and 99th percentile.

        Without a ``button``, the mouse hovers.
        """
        self.settle()
        if button != NONE:
            self.send(widget, QEvent.Type.MouseButtonPress, places(-1), button)
        self.settle()
        steps = iter(range(WARM + MOVES))
        late: list[int] = []
        before = self.frames.count

        def frame() -> None:
            self.send(widget, QEvent.Type.MouseMove, places(next(steps)), button)
            QApplication.processEvents()
            QApplication.processEvents()  # what was queued for after the first, such as the colour bars

        def setup() -> None:
            painted = self.paints.count
            self.settle()
            late.append(self.paints.count - painted)

        self.benchmark.pedantic(frame, setup=setup, rounds=MOVES, warmup_rounds=WARM)
        # Each move is seen, but for one that rounds to the pixel before, and nothing is painted after its time.
        assert self.frames.count - before >= 0.98 * (WARM + MOVES)
        assert not any(late)
        if button != NONE:
            self.send(widget, QEvent.Type.MouseButtonRelease, places(0), button)
        times = np.array(self.benchmark.stats.stats.data) * 1000
        middle, worst = np.percentile(times, [50, 99])
        self.benchmark.extra_info.update(median_ms=middle, p99_ms=worst)
        FOUND.append(f"{name:<64} {middle:8.2f} ms median {worst:8.2f} ms p99")

    def on_picture(self, name: str, start: QPoint, reach: QPoint, button: Qt.MouseButton = LEFT) -> None:
        """Drag from ``start`` as far as ``reach`` and back, again and again."""

        def place(step: int) -> QPoint:
            if step < 0:
                return start
            turn = 2 * np.pi * (step + 1) / 97
            across, down = (1 - np.cos(turn)) / 2, (1 - np.cos(turn * 1.3)) / 2
            return start + QPoint(12 + round(reach.x() * across), 12 + round(reach.y() * down))

        self.drag(name, self.window.canvas.view.viewport(), place, button)


@pytest.fixture
def open_desk(qtbot: QtBot, tmp_path: Path, picture: Picture, benchmark: Any) -> Any:
    """Return a function that shows a window of a size, with an explanation on a grid."""

    def engine() -> Any:
        raise AssertionError("a selection asks no model")

    def make(size: tuple[int, int], grid: tuple[int, int], **view: Any) -> Desk:
        session = Session(SettingsFile(tmp_path / "settings.json"), None, engine)
        window = Window(session)
        qtbot.addWidget(window)
        window.resize(*size)
        window.show()
        answer = explanation(grid)
        session.show(**view)
        session.state.change(canvas_picture=CanvasPicture(picture, "large"), caption=answer.caption.text, answer=answer)
        qtbot.wait(500)  # the picture's image is made
        return Desk(window, session, benchmark)

    return make


def label(what: str, size: tuple[int, int], grid: tuple[int, int], smooth: bool = False) -> str:
    return f"{what}, {size[0]}×{size[1]}, {grid[0]}×{grid[1]}, {'smooth' if smooth else 'patches'}"


def area(desk: Desk) -> tuple[int, int]:
    """Return the canvas's size."""
    viewport = desk.window.canvas.view.viewport()
    return viewport.width(), viewport.height()


@smooths
@grids
@sizes
def test_drawing_a_box(open_desk: Any, size: tuple[int, int], grid: tuple[int, int], smooth: bool) -> None:
    desk = open_desk(size, grid, smooth=smooth)
    desk.session.state.change(selection=Selection((3, 4, 5)))
    width, height = area(desk)
    start, reach = QPoint(width // 5, 40), QPoint(width // 2, height - 100)
    desk.on_picture(label("drawing a box", size, grid, smooth), start, reach)


@sizes
def test_drawing_a_box_while_the_matrix_is_visible(open_desk: Any, size: tuple[int, int]) -> None:
    desk = open_desk(size, (24, 24))
    tabs: QTabWidget = desk.window.inspector
    tabs.setCurrentIndex(1)
    desk.session.state.change(selection=Selection((3, 4, 5)))
    width, height = area(desk)
    start, reach = QPoint(width // 5, 40), QPoint(width // 2, height - 100)
    desk.on_picture(label("drawing a box, matrix shown", size, (24, 24)), start, reach)


@sizes
def test_moving_one_of_several(open_desk: Any, size: tuple[int, int]) -> None:
    desk = open_desk(size, (24, 24), smooth=True)
    boxes = [(100.0 + 300 * n, 200.0, 1400.0 + 300 * n, 1500.0) for n in range(4)]
    desk.session.state.change(selection=Selection((3,), tuple(Region(box, name="balloon") for box in boxes)))
    at = desk.window.canvas.view.camera.to_canvas((1200.0, 1000.0))
    width, height = area(desk)
    start, reach = QPoint(round(at[0]), round(at[1])), QPoint(width // 3, height // 3)
    desk.on_picture(label("moving one of four boxes", size, (24, 24), True), start, reach)


@smooths
@grids
@sizes
def test_dragging_over_words(open_desk: Any, size: tuple[int, int], grid: tuple[int, int], smooth: bool) -> None:
    desk = open_desk(size, grid, smooth=smooth)
    strip = desk.window.strip
    chips = [QRectF(*strip._placed.rect_of((n, 0))).center().toPoint() for n in range(len(WORDS))]
    visible_places = [at for at in chips if strip.visibleRegion().contains(at)]
    assert len(visible_places) > len(WORDS) // 2

    def place(step: int) -> QPoint:
        return visible_places[(step + 1) % len(visible_places)]

    desk.drag(label("dragging over words", size, grid, smooth), strip, place)


@pytest.mark.parametrize("grid", [(24, 24), (64, 64)], ids=str)
@smooths
@sizes
def test_hovering_similar_patches(open_desk: Any, size: tuple[int, int], grid: tuple[int, int], smooth: bool) -> None:
    """Rows of 768 and 1024 values. Bound of the 99th percentile: 16 ms at 1280×800."""
    desk = open_desk(size, grid, smooth=smooth)
    rows = np.random.default_rng(3).normal(size=(grid[0] * grid[1], 768 if grid[0] < 64 else 1024))
    desk.session.state.change(heat_mode=SimilarHeat("cosine", similar_patches(rows, rows.sum(0), grid)))
    camera, geometry = desk.window.canvas.view.camera, desk.session.state.explanation.geometry

    def place(step: int) -> QPoint:
        """Return the middle of another patch at each step."""
        return QPointF(*camera.to_canvas(geometry.patch_centre(step * 5 % grid[0], step * 7 % grid[1]))).toPoint()

    desk.drag(label("hovering similar patches", size, grid, smooth), desk.window.canvas.view.viewport(), place, NONE)


@sizes
def test_drawing_a_box_in_similar_patches(open_desk: Any, size: tuple[int, int]) -> None:
    desk = open_desk(size, (24, 24))
    rows = np.random.default_rng(3).normal(size=(576, 768))
    desk.session.state.change(heat_mode=SimilarHeat("cosine", similar_patches(rows, rows.sum(0), (24, 24))))
    width, height = area(desk)
    start, reach = QPoint(width // 5, 40), QPoint(width // 2, height - 100)
    desk.on_picture(label("drawing a box, similar patches", size, (24, 24)), start, reach)


@sizes
def test_panning(open_desk: Any, size: tuple[int, int]) -> None:
    desk = open_desk(size, (14, 14))
    desk.window.canvas.zoom_in()
    width, height = area(desk)
    start, reach = QPoint(width // 2, height // 2), QPoint(150, 80)
    desk.on_picture(label("panning", size, (14, 14)), start, reach, MIDDLE)


def test_showing_a_large_picture(open_desk: Any, picture: Picture) -> None:
    """The longest time without an answer while its images are made: shown, greyed, zoomed, in colour again."""
    desk = open_desk((1280, 800), (24, 24))
    canvas, session = desk.window.canvas, desk.session
    another = CanvasPicture(Picture(picture.pixels[::-1]), "another")
    acts = (
        lambda: session.state.change(canvas_picture=another),
        lambda: session.show(grey=False),
        canvas.zoom_100,
        lambda: session.show(grey=True),
    )
    turns: list[float] = []

    def measure() -> None:
        for act in acts:
            act()
            for _ in range(500):
                started = time.perf_counter()
                QApplication.processEvents()
                turns.append(time.perf_counter() - started)
                time.sleep(0.0005)

    desk.benchmark.pedantic(measure, rounds=1)
    FOUND.append(
        f"{'a picture of 12 megapixels is canvas_picture and zoomed: longest wait':<64} {max(turns) * 1000:8.2f} ms"
    )
