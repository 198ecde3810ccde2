"""The window with damaged projects: the rest is shown, and what is not shown is told."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.storage.project.finding_rows import add_finding
from exclip_desktop.storage.project.pair_rows import add_pairs
from exclip_desktop.storage.project.project_files import create_project
from tests.ui.fakes import make_blank_picture
from tests.ui.lists.findings_desk import Desk
from tests.unit.storage.findings import make_finding

FINDINGS, PAIRS = 5, 4


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    return Desk(qtbot, tmp_path, make_explanation).start()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A project of findings and pairs."""
    with create_project(tmp_path / "p.exclip") as project:
        for seed in range(FINDINGS):
            add_finding(project, make_finding(seed))
        make_blank_picture(tmp_path / "dog.png")
        pairs = tuple(ListedPair(str(at), "dog.png", f"a dog {at}") for at in range(PAIRS))
        add_pairs(project, PairList(tmp_path, tmp_path, pairs))
    return tmp_path / "p.exclip"


def edit(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def notice(desk: Desk) -> str:
    shown = desk.session.state.notice
    return "" if shown is None else shown.message


def test_a_finding_that_cannot_be_read_is_told_and_the_others_are_listed(desk: Desk, path: Path) -> None:
    edit(path, "UPDATE finding SET note = CAST(X'FF' AS TEXT) WHERE id = 2")
    edit(path, "UPDATE finding_view SET words = '[' WHERE finding = 3")
    desk.session.projects.open(path)
    desk.look()
    desk.window.show()
    desk.qtbot.waitUntil(lambda: "finding 2" in notice(desk) and "finding 3" in notice(desk))
    assert "note is not UTF-8 text" in notice(desk)
    desk.qtbot.waitUntil(lambda: desk.tab.view.model().rowCount() == FINDINGS - 1)
    assert desk.session.findings.count() == FINDINGS - 1


def test_a_pair_that_cannot_be_read_is_told_and_the_others_are_listed(desk: Desk, path: Path) -> None:
    edit(path, "UPDATE pair SET caption = CAST(X'FF' AS TEXT) WHERE number = 2")
    desk.session.projects.open(path)
    desk.qtbot.waitUntil(lambda: len(desk.session.pair_navigation.pairs) == PAIRS - 1)
    desk.qtbot.waitUntil(lambda: "pair 2" in notice(desk))


@pytest.mark.parametrize("content", [b"", bytes(5000)])
def test_a_file_that_a_killed_start_left_does_not_keep_the_program_from_noting(
    qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation], content: bytes
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "findings.exclip").write_bytes(content)
    desk = Desk(qtbot, tmp_path, make_explanation).start()
    desk.note()
    assert len(desk.kept()) == 1
    beside = [one.read_bytes() for one in (tmp_path / "mine").iterdir() if one != desk.file]
    assert beside == [content] * bool(content)
