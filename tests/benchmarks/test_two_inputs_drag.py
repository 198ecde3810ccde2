"""Time of a drag in one of two pictures, until the other one's heat is painted.

``python -m pytest tests/benchmarks/test_two_inputs_drag.py``; as ``test_drag.py``, with two pictures of 14×14 patches.
Bound of the 99th percentile: 16 ms at 1280×800.
"""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.two_inputs import WHICH, PictureSide, multiply_inputs, other_of
from exclip_desktop.session.pair.scene import CanvasPicture
from exclip_desktop.storage.pictures import Picture
from tests.benchmarks.test_drag import SIZE, Desk, Paints, explanation, open_desk, picture  # noqa: F401  fixtures

GRID = (14, 14)


def open_two(desk: Desk, second: Picture) -> None:
    """Show two pictures with an explanation from random factors."""
    two_inputs, random = desk.session.two_inputs, np.random.default_rng(4)
    report = SideReport(17, 1e-4, 1e-4, True, "closed form")

    def read() -> tuple[PictureSide, Factor]:
        rows = random.normal(0, 0.1, (1 + GRID[0] * GRID[1], 64)).astype(np.float32)
        ends = Ends(rows.sum(0, dtype=np.float64), np.zeros(64), np.zeros(64))
        return PictureSide(Geometry(SIZE, (500.0, 0.0, 3500.0, 3000.0), GRID), 1, report), Factor(rows, ends, report)

    two_inputs.put_picture(CanvasPicture(second, "second"))
    two_inputs.cancel()  # the engine answers nothing, and the progress bar would move
    two_inputs._put_explanation(multiply_inputs(read(), read(), explanation(GRID).settings))


@pytest.mark.parametrize("smooth", [False, True], ids=["patches", "smooth"])
@pytest.mark.parametrize("which", WHICH)
def test_drawing_a_box_in_one_of_two_pictures(open_desk: Any, picture: Picture, which: Any, smooth: bool) -> None:  # noqa: F811  fixtures
    desk = open_desk((1280, 800), GRID, smooth=smooth)
    open_two(desk, Picture(picture.pixels[::-1]))
    canvases = desk.window.two_pictures.canvases
    desk.frames = Paints([canvases[other_of(which)].view.viewport()])
    for _ in range(50):
        desk.settle()
    view = canvases[which].view.viewport()
    start, reach = QPoint(view.width() // 4, view.height() // 3), (view.width() // 2, view.height() // 3)

    def place(step: int) -> QPoint:
        if step < 0:
            return start
        turn = 2 * np.pi * (step + 1) / 97
        across, down = (1 - np.cos(turn)) / 2, (1 - np.cos(turn * 1.3)) / 2
        return start + QPoint(12 + round(reach[0] * across), 12 + round(reach[1] * down))

    desk.drag(
        f"a box in the {which} of two pictures, 1280×800, 14×14, {'smooth' if smooth else 'patches'}", view, place
    )
