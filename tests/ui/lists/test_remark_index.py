"""The remarks on pairs follow every change of findings: noted, changed, removed, undone, by others."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_remarks import NO_REMARK, PairRemark
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.session.project.remark_index import RemarkIndex, make_pair_key
from exclip_desktop.storage.project.finding_rows import add_finding
from exclip_desktop.storage.project.project_files import open_project
from tests.ui.lists.findings_desk import Desk
from tests.unit.storage.findings import make_finding


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    return Desk(qtbot, tmp_path, make_explanation).start()


def remark_on(index: RemarkIndex, picture: str | Path, caption: str) -> PairRemark:
    """Return the remark on a pair."""
    return index.remarks.get(make_pair_key(picture, caption), NO_REMARK)


def test_remarks_follow_the_findings_of_a_pair(desk: Desk) -> None:
    index = desk.session.findings.remark_index
    pair = str(desk.folder / "a.png"), "a red balloon"
    assert remark_on(index, *pair) == NO_REMARK
    key = desk.note(Remark("match", ("snow",), "fine"))
    first = remark_on(index, *pair)
    assert (first.rating, first.tags, first.count) == ("match", ("snow",), 1)
    changed: list[object] = []
    index.changed.connect(changed.append)
    desk.session.findings.edit([key], lambda _: Remark("unsure"))
    assert (remark_on(index, *pair).rating, remark_on(index, *pair).tags) == ("unsure", ())
    desk.session.findings.remove([key])
    assert remark_on(index, *pair) == NO_REMARK
    desk.session.undo.undo()
    assert remark_on(index, *pair).rating == "unsure"
    assert changed == [frozenset({pair})] * 3
    assert remark_on(index, pair[0], "a dog") == NO_REMARK


def test_a_relative_path_is_the_same_pair(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.note(Remark("match"))
    monkeypatch.chdir(desk.folder)
    index = desk.session.findings.remark_index
    assert remark_on(index, "a.png", "a red balloon").rating == "match"
    assert remark_on(index, os.path.join("mine", "..", "a.png"), "a red balloon").rating == "match"


def test_changes_by_others_and_another_project_are_read(desk: Desk) -> None:
    desk.note(Remark("match"))
    index = desk.session.findings.remark_index
    one = make_finding(1)
    other = replace(one, view=replace(one.view, picture="../a.png", caption="a dog"), rating="artefact")
    assert remark_on(index, desk.folder / "a.png", "a dog") == NO_REMARK
    with open_project(desk.file) as project:
        add_finding(project, other)
    desk.session.projects.check_for_changes()
    assert remark_on(index, desk.folder / "a.png", "a dog").rating == "artefact"
    desk.session.projects.create(desk.folder / "new.exclip")
    assert remark_on(index, desk.folder / "a.png", "a red balloon") == NO_REMARK
