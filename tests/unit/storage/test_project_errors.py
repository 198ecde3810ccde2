"""Trouble with a project file is said clearly, and costs nothing that was saved."""

import hashlib
import os
import shutil
import sqlite3
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from exclip_desktop.core.errors import OutputError, ProjectError
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.project import connection
from exclip_desktop.storage.project import project_files as opening
from exclip_desktop.storage.project.finding_rows import add_finding, load_finding, load_findings
from exclip_desktop.storage.project.pair_rows import add_pairs, load_all_boxes, load_pair_list, save_boxes
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project, open_project
from exclip_desktop.storage.project.schema import PAGE_BYTES, STEPS
from tests.unit.storage.findings import change_finding, make_finding

FINDINGS, PAIRS = 60, 400


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a few hundred pages; tests work on copies."""
    path = tmp_path_factory.mktemp("whole") / "p.exclip"
    with create_project(path) as project:
        listed = [ListedPair(str(at), f"{at}.png", f"a dog {at} " * 9) for at in range(PAIRS)]
        add_pairs(project, PairList(path, path.parent, tuple(listed)))
        save_boxes(project, "a.png", (Region((0, 0, 5, 5)),))
        for seed in range(FINDINGS):
            add_finding(project, make_finding(seed))
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """A copy of that project."""
    return Path(shutil.copy(whole, tmp_path / "p.exclip"))


def test_a_project_is_not_made_over_a_file(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="exists already"):
        create_project(path)
    with pytest.raises(OutputError, match="there is no folder"):
        create_project(tmp_path / "none" / "p.exclip")


def test_files_that_are_not_projects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="There is no project"):
        open_project(tmp_path / "none.exclip")
    assert not (tmp_path / "none.exclip").exists()
    (tmp_path / "empty.exclip").touch()
    with pytest.raises(ProjectError, match="not a project of this program"):
        open_project(tmp_path / "empty.exclip")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(ProjectError, match="not a project of this program"):
        open_project(tmp_path / "other.db")
    (tmp_path / "text.exclip").write_text("hello " * 2000)
    with pytest.raises(ProjectError, match="nothing in it can be read"):
        open_project(tmp_path / "text.exclip")
    assert (tmp_path / "empty.exclip").read_bytes() == b""


def test_a_newer_version_is_reported_and_not_changed(path: Path) -> None:
    with sqlite3.connect(path) as edited:
        edited.execute("PRAGMA user_version = 7")
    edited.close()
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="newer version of this program") as caught:
        open_project(path)
    assert "schema 7" in caught.value.message
    assert "Update" in caught.value.hint
    assert path.read_bytes() == before


NEXT = (*STEPS, "ALTER TABLE pair ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';\nCREATE TABLE more (x);\n")


def test_an_older_version_becomes_the_newest(path: Path) -> None:
    with open_project(path, NEXT) as project:
        assert project.rows("SELECT DISTINCT colour FROM pair") == [("red",)]
        assert len(load_findings(project)) == FINDINGS
        assert project.rows("PRAGMA user_version") == [(len(NEXT),)]
    with pytest.raises(ProjectError, match="newer"):
        open_project(path)


def test_a_step_that_fails_changes_nothing(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(ProjectError):
        open_project(path, (*NEXT, "CREATE TABLE more (y);\n"))
    assert path.read_bytes() == before


def test_an_older_version_that_cannot_be_written_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "connect", partial(opening.connect, mode="ro"))
    with open_project(path, NEXT) as project:
        assert project.read_only
        assert project.rows("SELECT DISTINCT colour FROM pair") == [("red",)]


def test_steps_that_were_released_never_change() -> None:
    assert [hashlib.sha256(step.encode()).hexdigest()[:16] for step in STEPS] == [
        "a61eb68722140eaa",
        "208ed2fa4dfad9b8",
    ]


def test_two_windows_see_each_others_changes(path: Path) -> None:
    with open_project(path) as one, open_project(path) as other:
        before = other.data_version()
        assert other.data_version() == before
        key = add_finding(one, make_finding(1))
        assert other.data_version() != before
        change_finding(other, key, note="seen")
        found = load_finding(one, key)
        assert found is not None
        assert found.note == "seen"


def test_a_project_that_is_being_written_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_MS", 5)
    with open_project(path) as one, open_project(path) as other, one.transaction():
        with pytest.raises(ProjectError, match="another window") as caught:
            add_finding(other, make_finding(1))
        assert caught.value.hint == "Try again in a moment."
        assert len(load_findings(other)) == FINDINGS


def clear(project: Project) -> None:
    """Remove all findings, and fail."""
    with project.transaction() as connection:
        connection.execute("DELETE FROM finding")
        connection.execute("DELETE FROM none_such")


def fill(project: Project) -> None:
    """Add many findings."""
    for seed in range(200):
        add_finding(project, make_finding(seed))


def test_a_change_that_fails_is_undone(path: Path) -> None:
    with open_project(path) as project:
        with pytest.raises(ProjectError, match="no such table"):
            clear(project)
        assert len(load_findings(project)) == FINDINGS
        add_finding(project, make_finding(1))


def test_a_full_disk_is_reported_and_nothing_is_lost(path: Path) -> None:
    with open_project(path) as project:
        (pages,) = project.rows("PRAGMA page_count")[0]
        project.rows(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ProjectError, match="disk is full") as caught:
            fill(project)
        assert caught.value.hint == "Make room, then try again."
        kept = len(load_findings(project))
        project.rows("PRAGMA max_page_count = 1000000")
        add_finding(project, make_finding(1))
        assert len(load_findings(project)) == kept + 1
        assert project.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("how", ["moved", "removed", "replaced"])
def test_a_file_that_has_moved_is_reported(path: Path, tmp_path: Path, how: str) -> None:
    with open_project(path) as project:
        key = add_finding(project, make_finding(1))
        if how == "removed":
            path.unlink()
        else:
            path.rename(tmp_path / "moved.exclip")
        if how == "replaced":
            create_project(path).close()
        with pytest.raises(ProjectError, match="moved, renamed or deleted"):
            add_finding(project, make_finding(2))
        assert load_finding(project, key) is not None
        project.save_copy(tmp_path / "copy.exclip")
    for name in ("copy.exclip", "moved.exclip"):
        if (tmp_path / name).exists():
            with open_project(tmp_path / name) as again:
                assert len(load_findings(again)) == FINDINGS + 1


def test_a_file_that_cannot_be_written_is_read(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(opening, "connect", partial(opening.connect, mode="ro"))
    with open_project(path) as project:
        assert project.notes == ("p.exclip is read-only: the file or its folder is write-protected.",)
        assert len(load_findings(project)) == FINDINGS
        with pytest.raises(ProjectError, match="opened read-only") as caught:
            add_finding(project, make_finding(1))
        assert "Save a copy" in caught.value.hint
        project.save_copy(tmp_path / "copy.exclip")
    monkeypatch.undo()
    with open_project(tmp_path / "copy.exclip") as copy:
        add_finding(copy, make_finding(1))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden here")
def test_a_folder_that_cannot_be_written_is_read(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with open_project(path) as project:
            assert project.read_only
            assert len(load_findings(project)) == FINDINGS
    finally:
        path.parent.chmod(0o700)


def damaged(path: Path, pages: list[int], fill: bytes = b"\x5a") -> bytes:
    """Overwrite pages, counted from 0; return what the file then holds."""
    data = bytearray(path.read_bytes())
    for page in pages:
        data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = fill * PAGE_BYTES
    path.write_bytes(data)
    return bytes(data)


def check_rescued(path: Path, before: bytes, whole: Path, least: int) -> Project:
    """Check what is read of a damaged file against what was in it; return it."""
    with open_project(whole) as sound:
        there = {one.id: one for one in load_findings(sound)}
        listed = set(load_pair_list(sound).pairs)
    project = open_project(path)
    assert project.read_only == "it is damaged, and this is what could be read."
    assert "is damaged" in project.notes[0]
    found = load_findings(project)
    full = [one for one in found if one.numbers.geometry is not None]
    assert all(replace(there[one.id], tags=one.tags) == one for one in full), "what is read whole is as it was"
    assert all(set(there[one.id].tags) >= set(one.tags) for one in full)
    assert all(there[one.id].note == one.note for one in found)
    assert set(load_pair_list(project).pairs) <= listed
    assert len(full) + len(load_pair_list(project).pairs) >= least
    assert path.read_bytes() == before, "the file stays unchanged"
    return project


def pages_of(path: Path, table: str) -> list[int]:
    """Return a table's pages, counted from 0."""
    with sqlite3.connect(path) as edited:
        found = edited.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,)).fetchall()
    edited.close()
    return [number - 1 for (number,) in found]


@pytest.mark.parametrize("table", ["pair", "finding", "finding_view", "finding_tag", "pair_score"])
@pytest.mark.parametrize("fill", [b"\x00", b"\x5a", b"\xff"])
def test_a_damaged_page_costs_what_was_on_it(path: Path, whole: Path, table: str, fill: bytes) -> None:
    leaves = pages_of(path, table)[1:] or pages_of(path, table)
    before = damaged(path, [leaves[len(leaves) // 2]], fill)
    check_rescued(path, before, whole, least=(FINDINGS + PAIRS) * 2 // 3).close()


def test_two_damaged_pages_cost_no_more_than_what_was_on_them(path: Path, whole: Path) -> None:
    leaves = pages_of(path, "pair")[1:]
    before = damaged(path, [leaves[1], leaves[-2]])
    with check_rescued(path, before, whole, least=0) as project:
        assert len(load_pair_list(project).pairs) > PAIRS * (len(leaves) - 3) // len(leaves)


def test_a_damaged_beginning_is_made_anew(path: Path, whole: Path) -> None:
    before = damaged(path, [0])
    check_rescued(path, before, whole, least=FINDINGS + PAIRS).close()


def test_the_rest_of_a_truncated_file_is_read(path: Path, whole: Path) -> None:
    size = path.stat().st_size
    os.truncate(path, size * 3 // 4)
    check_rescued(path, path.read_bytes(), whole, least=FINDINGS).close()


def test_what_was_rescued_can_be_saved(path: Path, whole: Path, tmp_path: Path) -> None:
    before = damaged(path, [pages_of(path, "finding_view")[2]])
    with check_rescued(path, before, whole, least=0) as project:
        with pytest.raises(ProjectError, match="read-only"):
            save_boxes(project, "a.png", ())
        project.save_copy(tmp_path / "rescued.exclip")
        rescued = load_findings(project)
    with open_project(tmp_path / "rescued.exclip") as copy:
        assert not copy.read_only
        assert load_findings(copy) == rescued
        assert list(load_all_boxes(copy)) == ["a.png"]
        assert add_finding(copy, make_finding(1)) == FINDINGS + 1


def test_late_damage_is_reported(path: Path) -> None:
    with open_project(path) as project:
        damaged(path, pages_of(path, "finding_view")[1:])
        project.rows("PRAGMA shrink_memory")
        with pytest.raises(ProjectError, match=r"p\.exclip is damaged\."):
            load_findings(project)


def test_nothing_to_rescue_is_reported(path: Path) -> None:
    damaged(path, list(range(path.stat().st_size // PAGE_BYTES)))
    with pytest.raises(ProjectError, match="nothing in it can be read") as caught:
        open_project(path)
    assert "backup" in caught.value.hint


@pytest.mark.parametrize("text", ["{", "7", "[[1]]", '"x"', '{"a": 1}'])
def test_texts_that_are_no_longer_what_they_were_cost_only_themselves(path: Path, text: str) -> None:
    """SQLite keeps no checksums: a disk that gives back other bytes may go unnoticed."""
    with open_project(path) as project:
        before = load_findings(project)
        with project.transaction() as connection:
            for column in ("words", "geometry", "regions"):
                connection.execute(f"UPDATE finding_view SET {column} = ? WHERE finding = 7", (text,))
            connection.execute("UPDATE pair SET regions = ? WHERE id = '7'", (text,))
        after = load_findings(project)
        assert [one for one in after if one.id != 7] == [one for one in before if one.id != 7]
        assert (after[6].note, after[6].tags, after[6].numbers.score) == (
            *(before[6].note, before[6].tags, before[6].numbers.score),
        )
        assert len(load_pair_list(project).pairs) == PAIRS


def test_another_kind_of_file_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("path,caption\na.png,a dog\n" * 100)
    with pytest.raises(ProjectError, match="pairs.csv is not a project of this program"):
        open_project(tmp_path / "pairs.csv")
