"""Hits noted as findings: N on the selected hits, once for each view, and undone together."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.project.finding_rows import FindingQuery
from tests.ui.fakes import number_of
from tests.ui.search.search_desk import SearchDesk


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> SearchDesk:
    return SearchDesk(tmp_path, make_explanation).run(qtbot)


def findings(desk: SearchDesk) -> list[Finding]:
    return desk.session.findings.load(desk.session.findings.ids(FindingQuery()))


def press_n(desk: SearchDesk) -> None:
    desk.panel.focus_hits()
    QTest.keyClick(desk.panel.grid, Qt.Key.Key_N)
    desk.qtbot.waitUntil(lambda: desk.session.state.work is None)


def test_selected_hits_are_noted_with_their_region_and_undone_together(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.panel.grid.selectAll()
    press_n(desk)
    noted = findings(desk)
    assert len(noted) == 6
    by_pair = {finding.view.pair: finding for finding in noted}
    for hit in desk.search.hits:
        finding = by_pair[number_of(hit.picture)]
        assert [region.box for region in finding.view.selection.regions] == [hit.box]
        assert finding.view.caption == desk.search.caption(hit)
        assert finding.numbers.score == hit.pair_score
        assert finding.note == f"Search “red balloon”: rank {hit.rank}"
    assert "6 findings" in desk.window.status.findChild(object, "message").text()
    desk.session.undo.undo()
    assert findings(desk) == []
    desk.session.undo.redo()
    assert len(findings(desk)) == 6


def test_a_hit_is_noted_once(desk: SearchDesk) -> None:
    desk.panel.grid.setCurrentIndex(desk.panel.grid.model().index(1, 0))
    press_n(desk)
    desk.panel.grid.selectAll()
    press_n(desk)
    assert len(findings(desk)) == 6
    assert desk.window.status.findChild(object, "message").text() == "5 of 6 hits noted. 1 noted before."


def test_hits_of_another_model_are_not_noted(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    qtbot.waitUntil(lambda: not desk.session.state.stale)
    desk.panel.grid.selectAll()
    press_n(desk)
    assert findings(desk) == []
