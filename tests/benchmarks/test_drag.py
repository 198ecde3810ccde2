"""What a drag costs, from the mouse's move to the painted frame: ``python -m pytest tests/benchmarks/test_drag.py``.

A picture of 12 megapixels, 77 tokens, real mouse events; the state is changed as the controller would. Meant for a
machine that does nothing else: median at most 8 ms and 99th percentile at most 16 ms at 1280×800.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from exclip_desktop.core.explanation import Explanation, Settings, SideReport
from exclip_desktop.core.geometry import Geometry
from exclip_desktop.core.interactions import InteractionMatrix, Ledger
from exclip_desktop.core.selection import Region, Selection
from exclip_desktop.core.tokens import Caption, Token
from exclip_desktop.session.state import Shown, State
from exclip_desktop.storage.pictures import Picture
from exclip_desktop.ui.canvas import Canvas
from tests.benchmarks.conftest import FOUND

MOVES = 300
TOKENS = 77
SIZE = 4000, 3000
SIZES = [(1280, 800), (2560, 1440)]
GRIDS = [(14, 14), (24, 24)]
LEFT = Qt.MouseButton.LeftButton


class Paints(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, watched: QObject) -> None:
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        self.count += event.type() == QEvent.Type.Paint
        return False


def explanation(grid: tuple[int, int]) -> Explanation:
    """Return one of a centre crop of the picture, with random values."""
    tokens = [Token(1, f"t{row}", "content", row, row + 1) for row in range(TOKENS)]
    values = np.random.default_rng(1).normal(0, 1e-3, (TOKENS, 1 + grid[0] * grid[1])).astype(np.float32)
    report = SideReport(17, 1e-4, 1e-4, True, "pair")
    return Explanation(
        InteractionMatrix(values, np.ones(TOKENS, bool), 1, grid),
        Caption("x" * TOKENS, tuple(tokens), (), None, TOKENS),
        Geometry(SIZE, (500.0, 0.0, 3500.0, 3000.0), grid),
        0.3,
        Ledger(0.2, 0.03, 0.04, 0.01, 0.02, 0.0, 0.0),
        report,
        report,
        Settings("demo", "w", "0", 0, 0, "adaptive", 129, "matched", "cpu", {}),
    )


@pytest.fixture(scope="module")
def picture() -> Picture:
    """A picture of 12 megapixels."""
    coarse = np.random.default_rng(2).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    return Picture(np.ascontiguousarray(coarse.repeat(100, 0).repeat(100, 1)))


@pytest.fixture
def make_canvas(qapp: QApplication, picture: Picture) -> Any:
    """Return a function that shows a canvas of a size, on a grid, whose regions follow the mouse."""
    made: list[Canvas] = []

    def make(size: tuple[int, int], grid: tuple[int, int], **view: Any) -> tuple[Canvas, State]:
        state = State()
        canvas = Canvas(state)
        made.append(canvas)
        canvas.resize(*size)
        canvas.show()
        canvas.regions_changed.connect(
            lambda regions: state.change(selection=Selection(state.selection.rows, tuple(regions)))
        )
        change = replace(state.view, **view)
        state.change(shown=Shown(picture, "large"), explanation=explanation(grid), view=change)
        qapp.processEvents()
        return canvas, state

    yield make
    for canvas in made:
        canvas.close()
        canvas.deleteLater()
    qapp.processEvents()


def send(canvas: Canvas, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton) -> None:
    """Send a real mouse event to the viewport."""
    viewport, none = canvas.view.viewport(), Qt.MouseButton.NoButton
    held = none if kind == QEvent.Type.MouseButtonRelease else button
    changed = none if kind == QEvent.Type.MouseMove else button
    there = QPointF(viewport.mapToGlobal(at))
    QApplication.sendEvent(
        viewport, QMouseEvent(kind, QPointF(at), there, changed, held, Qt.KeyboardModifier.NoModifier)
    )


def timed(canvas: Canvas, name: str, move: Callable[[int], None], benchmark: Any) -> None:
    """Time each move up to its frame, and say median and 99th percentile in milliseconds."""
    paints = Paints(canvas.view.viewport())
    steps = iter(range(MOVES + 5))

    def frame() -> None:
        before = paints.count
        move(next(steps))
        for _ in range(50):
            QApplication.processEvents()
            if paints.count > before:
                return

    benchmark.pedantic(frame, rounds=MOVES, warmup_rounds=5)
    assert paints.count == MOVES + 5  # one frame each
    times = np.array(benchmark.stats.stats.data) * 1000
    middle, worst = np.percentile(times, [50, 99])
    benchmark.extra_info.update(median_ms=middle, p99_ms=worst)
    FOUND.append(f"{name:<58} {middle:8.2f} ms median {worst:8.2f} ms p99")


def drag(
    canvas: Canvas, name: str, benchmark: Any, start: QPoint, reach: QPoint, button: Qt.MouseButton = LEFT
) -> None:
    """Drag from ``start`` as far as ``reach`` and back, again and again, and time each move."""

    def place(step: int) -> QPoint:
        turn = 2 * np.pi * (step + 1) / 97
        across, down = (1 - np.cos(turn)) / 2, (1 - np.cos(turn * 1.3)) / 2
        return start + QPoint(12 + round(reach.x() * across), 12 + round(reach.y() * down))

    send(canvas, QEvent.Type.MouseButtonPress, start, button)
    timed(canvas, name, lambda step: send(canvas, QEvent.Type.MouseMove, place(step), button), benchmark)
    send(canvas, QEvent.Type.MouseButtonRelease, place(0), button)


def label(what: str, size: tuple[int, int], grid: tuple[int, int]) -> str:
    return f"{what}, {size[0]}×{size[1]}, grid {grid[0]}×{grid[1]}"


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_drawing_a_box(make_canvas: Any, benchmark: Any, size: tuple[int, int], grid: tuple[int, int]) -> None:
    canvas, state = make_canvas(size, grid)
    state.change(selection=Selection((3, 4, 5)))
    start, reach = QPoint(size[0] // 5, 40), QPoint(size[0] // 2, size[1] - 100)
    drag(canvas, label("drawing a box", size, grid), benchmark, start, reach)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_moving_one_of_several(make_canvas: Any, benchmark: Any, size: tuple[int, int]) -> None:
    canvas, state = make_canvas(size, (24, 24), smooth=True)
    boxes = [(100.0 + 300 * n, 200.0, 1400.0 + 300 * n, 1500.0) for n in range(4)]
    state.change(selection=Selection((3,), tuple(Region(box, name="balloon") for box in boxes)))
    QApplication.processEvents()
    at = canvas.view.camera.to_canvas((1200.0, 1000.0))
    start, reach = QPoint(round(at[0]), round(at[1])), QPoint(size[0] // 3, size[1] // 3)
    drag(canvas, label("moving one of four boxes, smooth", size, (24, 24)), benchmark, start, reach)


@pytest.mark.parametrize("smooth", [False, True], ids=["crisp", "smooth"])
@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_dragging_over_words(
    make_canvas: Any, benchmark: Any, size: tuple[int, int], grid: tuple[int, int], smooth: bool
) -> None:
    canvas, state = make_canvas(size, grid, smooth=smooth)

    def move(step: int) -> None:
        state.change(selection=Selection(tuple(range(step % TOKENS + 1))))

    name = "dragging over words, smooth" if smooth else "dragging over words"
    timed(canvas, label(name, size, grid), move, benchmark)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_panning(make_canvas: Any, benchmark: Any, size: tuple[int, int]) -> None:
    canvas, _ = make_canvas(size, (14, 14))
    canvas.zoom_in()
    QApplication.processEvents()
    start, reach = QPoint(size[0] // 2, size[1] // 2), QPoint(200, 100)
    drag(canvas, label("panning", size, (14, 14)), benchmark, start, reach, Qt.MouseButton.MiddleButton)
