"""The compare view on the bundled model: real methods in the real worker."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import exclip_desktop
from exclip_desktop.core.values.answers import MapAnswer
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.storage.samples import load_samples
from exclip_desktop.ui.window import Window

PATIENCE_MS = 120_000
THREE = ("second-order", "grad-cam", "itsm")


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Session:
    store = SettingsFile(tmp_path / "settings.json")
    made = Session(store, None, findings=tmp_path / "findings.exclip")
    window = Window(made)
    qtbot.addWidget(window)
    window.show()
    made.compare_methods(THREE)
    made.start()
    qtbot.waitUntil(lambda: made.state.explanation is not None, timeout=PATIENCE_MS)
    return made


def _fill(qtbot: QtBot, session: Session) -> None:
    compare_controller = session.compare_controller
    qtbot.waitUntil(lambda: all(pane.status.kind == "done" for pane in compare_controller.panes), timeout=PATIENCE_MS)


def test_panes_show_what_python_computes_and_a_map_follows_the_selected_word(qtbot: QtBot, session: Session) -> None:
    model, sample = exclip_desktop.load_model("demo", device="cpu"), load_samples()[0]
    session.selection_controller.commit_rows(session.state.selection.rows, ())
    session.compare_controller.open()
    _fill(qtbot, session)
    ours, mapped, matrix = (pane.scene.answer for pane in session.compare_controller.panes)
    assert ours is session.state.explanation
    expected = exclip_desktop.matrix_by(model, sample.path, sample.caption, method="itsm")
    np.testing.assert_allclose(matrix.interactions.values, expected.matrix, atol=1e-5)
    for word in (None, "cat"):
        if word is not None:
            session.selection_controller.commit_rows((), session.state.explanation.caption.rows_of(word))
            qtbot.waitUntil(
                lambda: session.compare_controller.panes[1].scene.answer.target == "cat", timeout=PATIENCE_MS
            )
            mapped = session.compare_controller.panes[1].scene.answer
        assert isinstance(mapped, MapAnswer)
        by_python = exclip_desktop.map_by(model, sample.path, sample.caption, method="grad-cam", target=word)
        np.testing.assert_allclose(mapped.interactions.patches, by_python.values, atol=1e-5)


@pytest.mark.parametrize("method", THREE)
def test_a_finding_of_any_pane_comes_back_with_the_same_numbers(qtbot: QtBot, session: Session, method: str) -> None:
    findings, state = session.findings, session.state
    session.compare_controller.open()
    _fill(qtbot, session)
    session.active_pane.enlarge(session.compare_controller.panes[THREE.index(method)])
    findings.note(session.active_pane.active_answer, lambda _: Remark("match"))
    qtbot.waitUntil(lambda: len(findings.ids(FindingQuery())) == 1, timeout=PATIENCE_MS)
    (found,) = findings.load(findings.ids(FindingQuery()))
    assert found.view.method == method
    for away in (True, False):  # from another picture, and from the same one, which is cached
        session.compare_controller.close()
        if away:
            session.open_sample(1)
            qtbot.waitUntil(lambda: state.caption == load_samples()[1].caption and not state.stale, timeout=PATIENCE_MS)
        with qtbot.waitSignal(session.finding_restorer.restored, timeout=PATIENCE_MS):
            session.finding_restorer.restore(found)
        assert state.notice is None
        assert session.compare_controller.is_open == (method != "second-order")
        assert state.selection == found.view.selection
