"""The canvas looks as in the stored pictures, which have no text, because fonts differ between machines.

``EXCLIP_WRITE_SNAPSHOTS=1 python -m pytest tests/ui/test_snapshots.py`` stores new ones. Look at them, then commit.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.state import State
from exclip_desktop.ui.canvas.canvas import Canvas
from exclip_desktop.ui.canvas.picture_images import make_picture

FOLDER = Path(__file__).parent / "snapshots"
SIZE, GRID = (320, 200), (5, 5)
BOX = Region((100.0, 40.0, 180.0, 130.0))
HOLE = Region((120.0, 60.0, 140.0, 90.0), subtract=True)
LASSO = Region.lasso(((200.0, 60.0), (250.0, 80.0), (220.0, 170.0)))
VIEWS = {
    "patches-and-boxes": (View(), Selection((), (BOX, HOLE))),
    "smooth-by-magnitude-and-lasso": (
        View(smooth=True, drawing="magnitude", colours="safe"),
        Selection((2,), (LASSO,)),
    ),
    "colour-picture-locked-range": (View(grey=False, picture_limit=0.004, opacity=0.4), Selection((5, 6))),
    "no-heat": (View(heat=False), Selection()),
}


def fraction_different(widget: QWidget, name: str) -> float:
    """Return the fraction of pixels that differ from the stored ones."""
    stored = np.asarray(Image.open(FOLDER / f"{name}.png").convert("RGB"))
    return float((np.abs(make_picture(widget.grab().toImage()).pixels.astype(int) - stored).max(-1) > 24).mean())


def check(widget: QWidget, name: str) -> None:
    if os.environ.get("EXCLIP_WRITE_SNAPSHOTS"):
        Image.fromarray(make_picture(widget.grab().toImage()).pixels).save(FOLDER / f"{name}.png", optimize=True)
    assert fraction_different(widget, name) < 0.005


@pytest.mark.parametrize("name", VIEWS)
def test_the_canvas(name: str, make_state: Callable[..., State], qtbot: QtBot) -> None:
    view, selection = VIEWS[name]
    state = make_state(grid=GRID, size=SIZE)
    state.change(view=view, selection=selection)
    canvas = Canvas(state)
    qtbot.addWidget(canvas)
    canvas.resize(340, 220)
    with qtbot.waitExposed(canvas):
        canvas.show()
    check(canvas, f"canvas-{name}")


def test_a_changed_view_is_detected(make_state: Callable[..., State], qtbot: QtBot) -> None:
    """The comparison detects a small difference between views."""
    state = make_state(grid=GRID, size=SIZE)
    state.change(view=replace(View(), picture_limit=0.02), selection=Selection((), (BOX, HOLE)))
    canvas = Canvas(state)
    qtbot.addWidget(canvas)
    canvas.resize(340, 220)
    assert fraction_different(canvas, "canvas-patches-and-boxes") > 0.05
