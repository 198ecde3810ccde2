"""Similar patches, parts and directions of a sample in the real window, by the bundled model."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop import explain, load_model
from exclip_desktop.core.values.selection import coverage
from exclip_desktop.session.parts.heat_modes import SimilarHeat
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.canvas.heat_item import current_heat
from exclip_desktop.ui.window import Window
from tests.e2e.window_desk import PATIENCE_MS, explained_sample


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    """A window with the first sample, explained by few nodes; three parts are grouped by words of a small file."""
    words = tmp_path / "words.txt"
    words.write_text("cat\nballoon\ngrass\nsky\n", "utf-8")
    with explained_sample(qtbot, tmp_path, parts={"count": 3, "vocabulary": str(words)}) as made:
        yield made


def test_similar_patches_parts_and_directions(window: Window, qtbot: QtBot) -> None:
    session = window._session
    state, one_picture = session.state, session.one_picture
    geometry = state.explanation.geometry
    window.canvas.view.setFocus()
    QTest.keyClick(window, Qt.Key.Key_I)
    qtbot.waitUntil(
        lambda: isinstance(state.heat_mode, SimilarHeat) and state.heat_mode.similarity is not None,
        timeout=PATIENCE_MS,
    )
    session.selection_controller.hover_patch((4, 3))
    heat = current_heat(state).copy()
    session.selection_controller.hover_patch((7, 9))
    other = current_heat(state)
    assert heat[4, 3] == pytest.approx(1, abs=1e-5)
    assert heat[7, 9] == pytest.approx(other[4, 3], abs=1e-5)
    assert np.abs(heat).max() <= 1 + 1e-5
    QTest.keyClick(window, Qt.Key.Key_Escape)

    QTest.keyClick(window, Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: one_picture.parts.status == "done", timeout=PATIENCE_MS)
    parts = one_picture.parts.parts
    assert sum(part.part.mask.astype(int) for part in parts).min() == 1
    assert all(part.names[0].word in ("cat", "balloon", "grass", "sky") for part in parts)
    view = window.canvas.view
    place = QPointF(*view.camera.to_canvas(geometry.patch_centre(6, 4))).toPoint()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (selected,) = one_picture.parts.selected
    assert parts[selected].part.mask[6, 4]
    assert coverage(geometry, state.selection.regions) == pytest.approx(parts[selected].part.mask.astype(float))

    QTest.keyClick(window, Qt.Key.Key_Period)
    direction = one_picture.directions.find().directions[0]
    assert current_heat(state) == pytest.approx(direction.patch_heat)
    sample = load_samples()[0]
    result = explain(load_model("demo"), sample.path, sample.caption, quadrature="gauss-legendre", steps=2)
    values = result.interactions.values.astype(float)[result.interactions.content, result.interactions.prefix :]
    assert direction.value == pytest.approx(np.linalg.svd(values, compute_uv=False)[0], rel=1e-4)
