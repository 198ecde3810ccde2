"""The filter of findings: by rating, tag, label, numbers and text; and the order by tags and selection."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from exclip_desktop.core.text.list_filter import parse_filter
from exclip_desktop.core.values.finding import FindingWord
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.storage.finding_columns import LISTED
from exclip_desktop.storage.project.finding_filter import FINDING_KEYS, list_filter_keys
from exclip_desktop.storage.project.finding_rows import FindingQuery, add_findings, load_finding_ids
from exclip_desktop.storage.project.pair_rows import add_pairs
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project
from tests.unit.storage.findings import make_finding

BOX = (0.0, 0.0, 10.0, 10.0)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with create_project(tmp_path / "p.exclip") as made:
        add_pairs(made, PairList(tmp_path, tmp_path, (ListedPair("p1", "one.png", "a dog", "animals"),)))
        base = make_finding(0)
        views = [
            replace(base.view, picture="one.png", caption="a dog", pair="p1", selection=Selection((1,))),
            replace(base.view, picture="two.png", caption="a red balloon", method="grad-eclip"),
            replace(base.view, picture="two.png", caption="a cat", selection=Selection((), (Region(BOX, name="cat"),))),
        ]
        numbers = [
            replace(base.numbers, score=0.1 * at, residual=residual, block=None, words=words)
            for at, residual, words in (
                (1, 1e-5, (FindingWord("dog", 2, 5, True, 0.1),)),
                (2, 1e-2, (FindingWord("a", 0, 1, True, 0.1),)),
                (3, None, (FindingWord("a", 0, 1, False, 0.1),)),
            )
        ]
        remarks = [("match", ("snow", "Dark"), ""), ("unsure", (), "look again"), ("", ("colour",), "")]
        add_findings(
            made,
            [
                replace(base, view=view, numbers=number, rating=rating, tags=tags, note=note)
                for view, number, (rating, tags, note) in zip(views, numbers, remarks, strict=True)
            ],
        )
        yield made


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("rating:match", [1]),
        ("rating:match,unsure", [1, 2]),
        ("rating:unrated", [3]),
        ("-rating:match", [2, 3]),
        ("tag:snow", [1]),
        ("tag:none", [2]),
        ("label:animals", [1]),
        ("label:cat", [3]),
        ("label:none", [2]),
        ("score>0.15", [2, 3]),
        ("score<=0.2 score>=0.2", [2]),
        ("residual>0.001", [2]),
        ("file:two", [2, 3]),
        ("caption:balloon", [2]),
        ("note:again", [2]),
        ("note:none", [1, 3]),
        ("method:eclip", [2]),
        ("model:ViT-B-32", [1, 2, 3]),
        ("date:2", [1, 2, 3]),
        ("dark", [1]),
        ("look", [2]),
        ('"a red"', [2]),
        ("two.png score>0.25", [3]),
        ("whale", []),
    ],
)
def test_findings_pass_by_every_key(project: Project, query: str, ids: list[int]) -> None:
    list_filter = parse_filter(query, FINDING_KEYS)
    assert list_filter.problem == ""
    assert load_finding_ids(project, FindingQuery(list_filter=list_filter)) == ids
    assert load_finding_ids(project, FindingQuery(list_filter=list_filter, descending=True)) == ids[::-1]


def test_the_keys_offer_the_tags_and_labels_of_the_project(project: Project) -> None:
    offered = {key.key: key.offered for key in list_filter_keys(project)}
    assert offered["tag"] == ("Dark", "colour", "snow", "none")
    assert offered["label"] == ("animals", "none")
    assert offered["rating"] == ("match", "mismatch", "artefact", "unsure", "unrated")


def test_findings_sort_by_every_listed_column(project: Project) -> None:
    for column in LISTED:
        assert column.is_sortable, column.key
        for descending in (False, True):
            ids = load_finding_ids(project, FindingQuery(sort=column.key, descending=descending))
            assert sorted(ids) == [1, 2, 3]
    assert load_finding_ids(project, FindingQuery(sort="tags")) == [3, 1, 2], "colour, snow, none"
    assert load_finding_ids(project, FindingQuery(sort="tags", descending=True)) == [1, 3, 2]
    assert load_finding_ids(project, FindingQuery(sort="selection")) == [2, 3, 1], "a, cat, dog"


def test_a_damaged_view_is_filtered_without_its_regions(project: Project) -> None:
    with project.transaction() as connection:
        connection.execute("UPDATE finding_view SET regions = '{' WHERE finding = 3")
        connection.execute("DELETE FROM finding_view WHERE finding = 2")
    assert load_finding_ids(project, FindingQuery(list_filter=parse_filter("label:none", FINDING_KEYS))) == [2, 3]
