"""Two pictures and two captions in the real window, by the bundled model."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop import explain_between, load_model
from exclip_desktop.core.values.selection import Selection
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.window import Window
from tests.e2e.window_desk import FEW_NODES, PATIENCE_MS, explained_sample

SECOND = "a blue kite and a cat"


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    """A window with the first sample, explained by few nodes."""
    with explained_sample(qtbot, tmp_path) as made:
        yield made


def test_a_box_in_either_picture_colours_the_other_and_words_the_other_caption(window: Window, qtbot: QtBot) -> None:
    session, two_inputs = window._session, window._session.two_inputs
    first, second = (load_samples()[number] for number in (0, 1))
    two_inputs.open_file(str(second.path))
    qtbot.waitUntil(lambda: two_inputs.explanation is not None, timeout=PATIENCE_MS)
    model = load_model("demo")
    wanted = explain_between(model, first.path, second.path, **FEW_NODES)
    assert two_inputs.explanation.score == pytest.approx(wanted.score, abs=1e-6)
    assert np.allclose(two_inputs.explanation.values, wanted.matrix, atol=1e-6)
    canvases = window.two_pictures.canvases
    view = canvases["second"].view.viewport()
    middle = QPoint(view.width() // 2, view.height() // 2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=middle - QPoint(40, 40))
    QTest.mouseMove(view, middle)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=middle)
    regions = two_inputs.second.selection.regions
    assert len(regions) == 1
    heat = two_inputs.explanation.heat("first", Selection(regions=regions))
    assert canvases["first"].current_heat() == pytest.approx(heat)
    QTest.keyClick(window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    two_inputs.type_caption(SECOND)
    qtbot.waitUntil(lambda: two_inputs.explanation is not None and not two_inputs.second.stale, timeout=PATIENCE_MS)
    wanted = explain_between(model, first.caption, SECOND, **FEW_NODES)
    assert np.allclose(two_inputs.explanation.values, wanted.matrix, atol=1e-6)
    cat = two_inputs.explanation.second.caption.rows_of("cat")
    two_inputs.second_selection.commit_rows((), cat)
    words = two_inputs.first.answer
    assert words.interactions.token_heat() == pytest.approx(
        two_inputs.explanation.values[:, list(cat)].sum(1), abs=1e-6
    )
    assert session.state.notice is None or session.state.notice.kind == "note"
