"""A project gives back the findings that were put into it, in any order that is requested for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exclip_desktop.core.errors import ProjectError
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.storage.project.finding_rows import (
    FindingQuery,
    add_finding,
    load_finding,
    load_finding_ids,
    load_findings,
    load_findings_by_id,
    load_tag_counts,
)
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project
from tests.unit.storage.findings import change_finding, kept, make_finding, remove_findings
from tests.unit.storage.test_project import opened_again

MANY = 40


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project."""
    with create_project(tmp_path / "p.exclip") as made:
        yield made


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with findings; only read."""
    with create_project(tmp_path_factory.mktemp("many") / "p.exclip") as made:
        for seed in range(MANY):
            add_finding(made, make_finding(seed, pair=f"p{seed % 11}"))
        yield made


def test_findings_come_back_as_they_were(project: Project) -> None:
    made = [make_finding(seed) for seed in range(20)]
    keys = [add_finding(project, one) for one in made]
    assert keys == list(range(1, 21))
    with opened_again(project) as again:
        for key, one in zip(keys, made, strict=True):
            found = load_finding(again, key)
            assert found is not None
            assert found.created == found.changed
            assert found == kept(one, key, found.created)
        assert load_findings(again) == [load_finding(again, key) for key in keys]
        assert load_finding(again, 99) is None


def test_a_persons_words_can_be_changed_and_nothing_else(project: Project) -> None:
    key = add_finding(project, replace(make_finding(2), created="2026-01-01T00:00:00+00:00"))
    before = load_finding(project, key)
    assert before is not None
    change_finding(project, key, rating="artefact")
    change_finding(project, key, tags=("b", "a", "b"), note="")
    after = load_finding(project, key)
    assert after is not None
    assert after.changed > before.changed
    assert after == replace(before, rating="artefact", tags=("b", "a"), note="", changed=after.changed)
    with pytest.raises(ProjectError, match="does not exist any more"):
        change_finding(project, 99, rating="match")


def test_a_removed_finding_can_come_back(project: Project) -> None:
    key = add_finding(project, make_finding(2))
    before = load_finding(project, key)
    assert before is not None
    remove_findings(project, [key])
    assert load_findings(project) == []
    assert project.rows("SELECT count(*) FROM finding_view UNION ALL SELECT count(*) FROM finding_tag") == [(0,), (0,)]
    assert add_finding(project, before) == key
    assert load_finding(project, key) == before
    remove_findings(project, [key])
    assert add_finding(project, make_finding(3)) == key + 1, "an id is never given twice"


def reference(found: list[Finding], query: FindingQuery) -> list[int]:
    """Return the ids that a query has, computed here."""

    def values(one: Finding) -> dict[str, Any]:
        view, result_text = one.view, one.numbers
        plain = {name: getattr(result_text, name) for name in ("score", "block", "share", "residual")}
        names = ("picture", "caption", "method", "model")
        return {
            "id": one.id,
            "rating": one.rating,
            "changed": one.changed,
            **plain,
            **{n: getattr(view, n) for n in names},
        }

    def fits(one: Finding) -> bool:
        text = [one.view.caption, one.note, one.view.picture, *one.tags]
        result_text = {**values(one), "pair": one.view.pair}
        exact = all(
            getattr(query, name) in (None, result_text[name])
            for name in ("rating", "pair", "picture", "method", "model")
        )
        return exact and query.tag in (None, *one.tags) and any(query.text.lower() in part.lower() for part in text)

    chosen = sorted(filter(fits, found), key=lambda one: one.id, reverse=query.descending)
    there = [one for one in chosen if values(one)[query.sort] is not None]
    there.sort(key=lambda one: values(one)[query.sort], reverse=query.descending)
    return [one.id for one in there] + [one.id for one in chosen if values(one)[query.sort] is None]


@pytest.mark.parametrize(
    "query",
    [
        FindingQuery(),
        FindingQuery(descending=True),
        FindingQuery(rating="match", sort="score"),
        FindingQuery(rating="", sort="residual", descending=True),
        FindingQuery(sort="block"),
        FindingQuery(sort="share", descending=True),
        FindingQuery(sort="rating"),
        FindingQuery(sort="caption", method="grad-eclip"),
        FindingQuery(sort="model", descending=True),
        FindingQuery(sort="picture", model="demo"),
        FindingQuery(sort="changed"),
        FindingQuery(pair="p3"),
        FindingQuery(picture="/abs/c.png"),
        FindingQuery(tag="tag 1, „1“"),
        FindingQuery(text="ABS/C"),
        FindingQuery(text="„1“"),
        FindingQuery(text="100%_\\"),
        FindingQuery(text="%"),
        FindingQuery(text="_1"),
        FindingQuery(text="nothing has this"),
    ],
)
def test_findings_are_filtered_sorted_and_paged(many: Project, query: FindingQuery) -> None:
    expected = reference(load_findings(many), query)
    ids = load_finding_ids(many, query)
    assert ids == expected
    assert [one.id for at in range(0, MANY, 7) for one in load_findings_by_id(many, ids[at : at + 7])] == expected


def test_findings_removed_meanwhile_are_left_out_and_unknown_columns_refused(many: Project) -> None:
    assert [one.id for one in load_findings_by_id(many, [3, 10_000, 1])] == [3, 1]
    with pytest.raises(ValueError, match="heat"):
        load_finding_ids(many, FindingQuery(sort="heat"))


def test_tags_are_counted(project: Project) -> None:
    for seed in range(6):
        add_finding(project, make_finding(seed))
    assert load_tag_counts(project) == {"tag 0, „0“": 4, "tag 1, „1“": 2}


def test_the_view_of_a_finding_is_readable_json(project: Project) -> None:
    """Other programs can read it, as the schema says."""
    finding = make_finding(1)
    add_finding(project, finding)
    (row,) = project.rows("SELECT settings, words, geometry, heat FROM finding_view")
    assert json.loads(row[0]) == finding.view.settings
    assert json.loads(row[1])[0] == ["a", 0, 1, False, finding.numbers.words[0].value]
    assert finding.numbers.geometry is not None
    assert json.loads(row[2])[2] == list(finding.numbers.geometry.grid)
    assert len(row[3]) == 4 * finding.numbers.geometry.grid[0] * finding.numbers.geometry.grid[1]
