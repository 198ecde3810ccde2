"""Findings of two pictures or two captions: in projects, of earlier versions too, in files, and damaged ones."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from exclip_desktop.attribution.second_order.two_inputs import explain_two_inputs
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.finding import Finding, is_same_view, make_two_input_finding
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.models.model import Model
from exclip_desktop.storage.exports.finding_tables import format_csv, format_jsonl, make_region_pairs, read_findings
from exclip_desktop.storage.finding_columns import to_values
from exclip_desktop.storage.project.finding_import import import_findings
from exclip_desktop.storage.project.finding_rows import add_finding, load_finding, load_findings
from exclip_desktop.storage.project.project_files import create_project, open_project
from exclip_desktop.storage.project.schema import STEPS, migrate
from tests.unit.storage.findings import kept, make_finding

BOX = Selection(regions=(Region((2, 3, 30, 25), name="hat"),))


@pytest.fixture
def findings(tiny: Model, picture: NDArray[np.uint8]) -> tuple[Finding, Finding]:
    """A finding of two pictures and one of two captions."""
    pictures = explain_two_inputs(tiny, picture, 255 - picture)
    captions = explain_two_inputs(tiny, "a red dog", "=a blue cat")
    return (
        make_two_input_finding(pictures, (BOX, Selection()), (("a.png", "12" * 32), ("b.png", "34" * 32))),
        make_two_input_finding(captions, (Selection((2,)), Selection((1, 2))), (("", ""), ("", ""))),
    )


def test_a_finding_has_both_inputs_and_their_numbers(
    tiny: Model, picture: NDArray[np.uint8], findings: tuple[Finding, Finding]
) -> None:
    explanation = explain_two_inputs(tiny, picture, 255 - picture)
    view, numbers = findings[0].view, findings[0].numbers
    assert view.second is not None
    assert view.inputs_line == "a.png ↔ b.png"
    np.testing.assert_allclose(view.second.heat, explanation.heat("second", BOX), rtol=1e-6)
    np.testing.assert_allclose(numbers.heat, explanation.heat("first", Selection()), rtol=1e-6)
    assert numbers.block == explanation.block_sum(BOX, Selection())
    assert sum(numbers.ledger.values()) == pytest.approx(numbers.score, abs=1e-6)
    words = findings[1].view.second
    assert words is not None
    assert [word.text for word in words.words if word.selected] == ["=", "a"]
    other = replace(view, second=replace(view.second, selection=BOX))
    assert is_same_view(view, replace(view, versions={}))
    assert not is_same_view(view, other)
    assert not is_same_view(view, replace(view, second=None))


def test_projects_keep_them_and_copies_move_their_paths(tmp_path: Path, findings: tuple[Finding, Finding]) -> None:
    with create_project(tmp_path / "p.exclip") as project:
        keys = [add_finding(project, one) for one in (*findings, make_finding(1))]
        back = load_findings(project)
        assert back == [
            kept(one, key, two.created) for one, key, two in zip((*findings, make_finding(1)), keys, back, strict=True)
        ]
        place = tmp_path / "copies" / "x.exclip"
        place.parent.mkdir()
        project.save_copy(place)
        with open_project(place) as copy:
            second = load_findings(copy)[0].view.second
            assert second is not None
            assert second.picture == "../b.png"
            assert load_findings(copy)[1].view == back[1].view


def test_a_project_of_the_first_version_gets_the_table(tmp_path: Path, findings: tuple[Finding, Finding]) -> None:
    path = tmp_path / "old.exclip"
    with create_project(tmp_path / "new.exclip") as project:
        key = add_finding(project, make_finding(2))
        expected = load_finding(project, key)
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        migrate(old, STEPS[:1])
        old.execute("ATTACH ? AS new", (str(tmp_path / "new.exclip"),))
        for table in ("finding", "finding_view", "finding_tag"):
            old.execute(f"INSERT INTO {table} SELECT * FROM new.{table}")
    with open_project(path) as project:
        assert load_finding(project, key) == expected
        add_finding(project, findings[0])
    with open_project(path) as project:
        assert [one.view.second is None for one in load_findings(project)] == [True, False]


@pytest.mark.parametrize("write", [format_csv, format_jsonl])
def test_files_give_them_back_and_imports_move_their_paths(
    tmp_path: Path, findings: tuple[Finding, Finding], write: type
) -> None:
    ending = ".csv" if write is format_csv else ".jsonl"
    stored = [kept(one, key) for key, one in enumerate((*findings, make_finding(2)), 1)]
    file = tmp_path / f"f{ending}"
    file.write_text(write(stored), "utf-8", newline="")
    assert read_findings(file) == stored
    folder = tmp_path / "other"
    folder.mkdir()
    with create_project(folder / "p.exclip") as project:
        new, count = import_findings(project, file)
        assert (len(new), count) == (3, 3)
        second = new[0].view.second
        assert second is not None
        assert second.picture == "../b.png"
        assert import_findings(project, file)[0] == ()


def test_files_of_earlier_versions_lack_the_column(tmp_path: Path) -> None:
    stored = kept(make_finding(2), 1)
    values = to_values(stored)
    del values["second"]
    file = tmp_path / "f.jsonl"
    file.write_text(json.dumps(values), "utf-8")
    assert read_findings(file) == [stored]


@pytest.mark.parametrize(
    "damage",
    [
        {"picture": 5},
        {"rows": [-1]},
        {"regions": [[1]]},
        {"heat": [[1.0]]},
        {"heat": [[float("nan")]]},
        {"words": [["a"]]},
        {"caption": "a dog"},
        {"geometry": "flat"},
    ],
)
def test_wrong_values_are_refused_in_files_and_left_out_of_projects(
    tmp_path: Path, findings: tuple[Finding, Finding], damage: dict[str, object]
) -> None:
    stored = kept(findings[0], 1)
    values = to_values(stored)
    values["second"] |= damage
    file = tmp_path / "f.jsonl"
    file.write_text(json.dumps(values), "utf-8")
    with pytest.raises(ListError, match="finding 1"):
        read_findings(file)
    with create_project(tmp_path / "p.exclip") as project:
        key = add_finding(project, stored)
        rest = {name: value for name, value in values["second"].items() if name not in ("picture", "picture_sha256")}
        with project.transaction() as connection:
            connection.execute(
                "UPDATE finding_second SET rest = ?, picture = ?",
                (json.dumps(rest), "b.png" if "picture" not in damage else b"\xff"),
            )
        shown = load_finding(project, key)
        assert shown is not None
        assert shown.view.second is None
        assert shown.numbers == stored.numbers
        assert "second input" in project.left_out.notes[0].text


def test_coco_has_the_regions_of_both_pictures(findings: tuple[Finding, Finding]) -> None:
    view = findings[0].view
    assert view.second is not None
    both = replace(findings[0], view=replace(view, second=replace(view.second, selection=BOX)), id=1)
    pairs = make_region_pairs([both], {})
    assert [(pair.picture, pair.regions) for pair in pairs] == [("a.png", BOX.regions), ("b.png", BOX.regions)]
