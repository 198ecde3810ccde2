"""Findings that were exported are added to another project: all of them or none, and none twice."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exclip_desktop.cli.main import main
from exclip_desktop.core.errors import ListError, ProjectError
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.render.findings_report import write_report
from exclip_desktop.storage.exports.finding_tables import format_jsonl, read_findings
from exclip_desktop.storage.exports.formats import ReportOptions
from exclip_desktop.storage.finding_columns import to_values
from exclip_desktop.storage.project.finding_import import import_findings
from exclip_desktop.storage.project.finding_rows import (
    FindingQuery,
    add_findings,
    load_findings,
)
from exclip_desktop.storage.project.pair_rows import PairQuery, add_pairs, load_pairs
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project, open_project
from tests.unit.storage.findings import kept, make_finding, remove_findings

MANY = 12


def noted(**expected: str) -> list[Finding]:
    """Return findings of every kind."""
    return [kept(make_finding(seed, **expected), seed + 1) for seed in range(MANY)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A project with findings, in a folder of its own."""
    (tmp_path / "theirs").mkdir()
    with create_project(tmp_path / "theirs" / "p.exclip") as project:
        add_findings(project, noted())
    return project.path


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Project]:
    """An empty project in another folder."""
    (tmp_path / "mine").mkdir()
    with create_project(tmp_path / "mine" / "q.exclip") as project:
        yield project


def exported(project: Path, out: Path) -> bytes:
    write_report(project, out, ReportOptions(FindingQuery()))
    return out.read_bytes()


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_what_is_imported_exports_the_same_bytes(source: Path, target: Project, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out{ending}"
    before = exported(source, out)
    added, count = import_findings(target, out)
    assert (len(added), count) == (MANY, MANY)
    assert exported(target.path, out) == before
    with open_project(source) as project:
        for theirs, mine in zip(load_findings(project), load_findings(target), strict=True):
            if mine.view.picture:
                assert target.path_of(mine.view.picture) == project.path_of(theirs.view.picture)
            assert replace(mine, view=theirs.view) == theirs


def test_paths_start_where_the_file_lies(source: Path, tmp_path: Path) -> None:
    for out, expected in (
        (tmp_path / "out.jsonl", {"", "/abs/c.png", "away/b.png", "theirs/pictures/ü 犬.png"}),
        (source.parent / "out.jsonl", {"", "/abs/c.png", "../away/b.png", "pictures/ü 犬.png"}),
    ):
        exported(source, out)
        assert {one.view.picture for one in read_findings(out)} == expected


def test_nothing_is_added_twice_or_written_over(source: Path, target: Project) -> None:
    out = source.parent / "out.jsonl"
    exported(source, out)
    doubled = out.read_bytes()
    out.write_bytes(doubled + doubled)
    assert len(import_findings(target, out)[0]) == MANY
    with target.transaction() as connection:
        connection.execute("UPDATE finding SET note = 'mine' WHERE id = 1")
    assert import_findings(target, out) == ((), 2 * MANY)
    assert load_findings(target)[0].note == "mine"
    assert len(load_findings(target)) == MANY


def test_ids_that_are_taken_give_way(source: Path, target: Project, tmp_path: Path) -> None:
    mine = [replace(one, created="2020-02-02T00:00:00+00:00", note="mine") for one in noted()[:3]]
    add_findings(target, mine)
    remove_findings(target, [2])
    exported(source, tmp_path / "out.jsonl")
    added, _ = import_findings(target, tmp_path / "out.jsonl")
    assert [one.id for one in added] == [MANY + 1, 2, MANY + 2, *range(4, MANY + 1)]
    assert [one.id for one in load_findings(target) if one.note == "mine"] == [1, 3]
    theirs = [one for one in load_findings(target) if one.note != "mine"]
    assert theirs == sorted(added, key=lambda one: one.id)


def test_a_pair_that_is_another_one_here_is_left_out(source: Path, target: Project, tmp_path: Path) -> None:
    one = noted(pair="p1")[0]
    (tmp_path / "out.jsonl").write_text(format_jsonl([one]), "utf-8")
    right = ListedPair("p1", str(tmp_path / one.view.picture), one.view.caption)
    add_pairs(target, PairList(tmp_path, tmp_path, (replace(right, caption="another"),)))
    ((added,), _) = import_findings(target, tmp_path / "out.jsonl")
    assert added.view.pair == ""
    assert load_pairs(target, PairQuery(), 0, 1)[0].rating == ""
    assert import_findings(target, tmp_path / "out.jsonl") == ((), 1)


def test_the_ratings_of_pairs_follow(target: Project, tmp_path: Path) -> None:
    one = replace(noted(pair="p1")[0], rating="unsure")
    (tmp_path / "out.jsonl").write_text(format_jsonl([one]), "utf-8")
    add_pairs(target, PairList(tmp_path, tmp_path, (ListedPair("p1", one.view.picture, one.view.caption),)))
    ((added,), _) = import_findings(target, tmp_path / "out.jsonl")
    assert added.view.pair == "p1"
    assert load_pairs(target, PairQuery(), 0, 1)[0].rating == "unsure"


Change = Callable[[dict[str, Any]], object]
WRONG: dict[str, Change] = {
    "rating": lambda expected: expected.update(rating="good"),
    "id": lambda expected: expected.update(id=-1),
    "score": lambda expected: expected.update(score=None),
    "block": lambda expected: expected.update(block="0.1"),
    "share": lambda expected: expected.update(share=float("nan")),
    "note": lambda expected: expected.update(note=3),
    "tags": lambda expected: expected.update(tags="a, b"),
    "rows": lambda expected: expected.update(rows=[1.5]),
    "regions": lambda expected: expected.update(regions=[3]),
    "box": lambda expected: expected.update(regions=[[5, 5, 5, 5]]),
    "settings": lambda expected: expected.update(settings=[]),
    "ledger": lambda expected: expected.update(ledger={"residual": "none"}),
    "words": lambda expected: expected["words"][0].pop(),
    "geometry": lambda expected: expected.update(geometry=[[3, 3], [0, 0, 3, 3], [2]]),
    "heat": lambda expected: expected["heat"].pop(),
    "half a character": lambda expected: expected.update(caption="\ud83d"),
    "created": lambda expected: expected.update(created=""),
    "changed": lambda expected: expected.pop("changed"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_with_anything_else_in_it_is_refused_wholly(target: Project, tmp_path: Path, what: str) -> None:
    expected = to_values(noted()[1])
    WRONG[what](expected)
    out = tmp_path / "out.jsonl"
    out.write_text(format_jsonl(noted()[:1]) + json.dumps(expected) + "\n", "utf-8")
    with pytest.raises(ListError, match="finding 2 of out.jsonl") as caught:
        import_findings(target, out)
    assert what in caught.value.message or what == "box"
    assert load_findings(target) == []


def test_a_project_that_cannot_be_written_is_reported(target: Project, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text(format_jsonl(noted()), "utf-8")
    target.read_only = "it may not be written."
    with pytest.raises(ProjectError, match="read-only"):
        import_findings(target, tmp_path / "out.jsonl")


def test_the_command_adds_to_a_project_and_makes_it(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, made = tmp_path / "out.jsonl", tmp_path / "new.exclip"
    assert main(["import", str(made), str(tmp_path / "none.jsonl")]) == 2
    assert not made.exists()
    before = exported(source, out)
    for expected in ("12 findings of 12", "0 findings of 12"):
        assert main(["import", str(made), str(out)]) == 0
        assert expected in capsys.readouterr().err
    assert exported(made, out) == before
