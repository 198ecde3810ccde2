"""A project gives back the pairs, boxes and settings that were put into it, in any order that is requested for."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.project.finding_rows import (
    add_finding,
    load_findings,
    load_newest_rating,
)
from exclip_desktop.storage.project.pair_rows import (
    Measurement,
    PairQuery,
    ProjectPair,
    add_pairs,
    count_pairs,
    load_all_boxes,
    load_boxes,
    load_extent,
    load_known,
    load_pair,
    load_pair_list,
    load_pairs,
    remove_pairs,
    restore_pairs,
    save_boxes,
    save_measurements,
)
from exclip_desktop.storage.project.project import Project, load_settings, save_setting
from exclip_desktop.storage.project.project_files import create_project, open_project
from tests.unit.storage.findings import change_finding, make_finding, remove_findings
from tests.unit.storage.test_pair_lists import nasty_pairs

FINDINGS = 40


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project."""
    with create_project(tmp_path / "p.exclip") as made:
        yield made


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with pairs, most of them measured, and findings of some; only read."""
    with create_project(tmp_path_factory.mktemp("many") / "p.exclip") as made:
        add_pairs(made, make_list(made.folder))
        result_text = [
            (one.pair.id, Measurement(at % 5 / 4, at / 100, at % 3 / 2 if one.pair.regions else None, "demo"))
            for at, one in enumerate(load_pairs(made, PairQuery(), 0, 1000))
            if at % 4
        ]
        save_measurements(made, result_text)
        for seed in range(FINDINGS):
            add_finding(made, make_finding(seed, pair=f"p{seed % 11}"))
        yield made


def opened_again(project: Project) -> Project:
    """Close a project and open its file."""
    project.close()
    return open_project(project.path)


def make_list(folder: Path) -> PairList:
    """Return a list of pairs, some of which share a picture."""
    more = tuple(ListedPair(f"p{at}", f"pictures/{at // 2}.png", f"a dog {at}", label=f"l{at % 3}") for at in range(30))
    return PairList(folder, folder, (*nasty_pairs(3), *more))


def test_pairs_come_back_as_they_were(project: Project) -> None:
    listed = make_list(project.folder)
    assert add_pairs(project, listed) == len(listed.pairs)
    assert add_pairs(project, listed) == 0, "what is there is not added again"
    with opened_again(project) as again:
        found = load_pair_list(again)
    assert found.folder == listed.folder
    assert [listed.path_of(pair.picture) for pair in found.pairs] == [
        listed.path_of(pair.picture) for pair in listed.pairs
    ]
    assert [replace(pair, picture="") for pair in found.pairs] == [replace(pair, picture="") for pair in listed.pairs]
    assert found.pairs[0].picture == "a.png"
    assert found.pairs[-1].picture == "pictures/14.png"


def test_paths_start_at_the_projects_folder(project: Project, tmp_path: Path) -> None:
    other = tmp_path.parent / "lists"
    add_pairs(
        project, PairList(other / "x.csv", other, (ListedPair("1", "in/a.png", ""), ListedPair("2", "b.png", "")))
    )
    found = load_pair_list(project).pairs
    assert [pair.picture for pair in found] == ["../lists/in/a.png", "../lists/b.png"]
    assert project.path_of(found[0].picture) == other / "in/a.png"
    assert project.relative_path(tmp_path / "x" / "y.png") == "x/y.png"


def test_ids_that_repeat_are_numbered(project: Project) -> None:
    add_pairs(project, PairList(project.path, project.folder, (ListedPair("1", "a.png", "x"),)))
    add_pairs(
        project, PairList(project.path, project.folder, (ListedPair("1", "a.png", "y"), ListedPair("2", "b.png", "")))
    )
    assert [pair.id for pair in load_pair_list(project).pairs] == ["1", "1-2", "2"]


PAIR_QUERIES = [
    PairQuery(),
    PairQuery(descending=True),
    PairQuery(sort="score"),
    PairQuery(sort="score", descending=True),
    PairQuery(sort="residual"),
    PairQuery(sort="box_share", descending=True),
    PairQuery(sort="rating", descending=True),
    PairQuery(sort="picture"),
    PairQuery(rating="match"),
    PairQuery(measured=True, sort="score"),
    PairQuery(measured=False),
    PairQuery(text="DOG 1"),
    PairQuery(text="l2", sort="score"),
    PairQuery(text="%"),
    PairQuery(picture="pictures/3.png"),
]


def matching(found: list[ProjectPair], query: PairQuery) -> list[int]:
    """Return the numbers of the pairs that a query has, computed here."""

    def value(one: ProjectPair) -> Any:
        result_text = {"number": one.number, "rating": one.rating, "picture": one.pair.picture}
        return result_text[query.sort] if query.sort in result_text else getattr(one.measured, query.sort, None)

    def fits(one: ProjectPair) -> bool:
        pair = one.pair
        return (
            query.rating in (None, one.rating)
            and query.measured in (None, one.measured is not None)
            and query.picture in (None, pair.picture)
            and any(query.text.lower() in text.lower() for text in (pair.caption, pair.label, pair.id, pair.picture))
        )

    chosen = sorted(filter(fits, found), key=lambda one: one.number, reverse=query.descending)
    there = sorted((one for one in chosen if value(one) is not None), key=value, reverse=query.descending)
    return [one.number for one in (*there, *(one for one in chosen if value(one) is None))]


@pytest.mark.parametrize("query", PAIR_QUERIES)
def test_pairs_are_filtered_sorted_and_paged(many: Project, query: PairQuery) -> None:
    whole = load_pairs(many, PairQuery(), 0, 1000)
    expected = matching(whole, query)
    paged = [one.number for at in range(0, len(whole), 7) for one in load_pairs(many, query, at, 7)]
    assert paged == expected
    assert count_pairs(many, query) == len(expected)


def test_a_pair_has_what_was_measured_and_its_newest_rating(project: Project) -> None:
    add_pairs(project, make_list(project.folder))
    save_measurements(project, [("p3", Measurement(0.25, None, None, "demo"))])
    first = add_finding(project, replace(make_finding(1, pair="p3"), rating="match"))
    add_finding(project, replace(make_finding(2, pair="p3"), rating="unsure"))
    found = load_pair(project, "p3")
    assert found is not None
    assert (found.measured, found.rating) == (Measurement(0.25, None, None, "demo"), "unsure")
    change_finding(project, first + 1, rating="artefact")
    assert (load_pair(project, "p3") or found).rating == "artefact"
    unrated = add_finding(project, replace(make_finding(2, pair="p3"), rating=""))
    assert (load_pair(project, "p3") or found).rating == "artefact", "a note without a rating leaves the pair rated"
    remove_findings(project, [unrated, first + 1])
    assert (load_pair(project, "p3") or found).rating == "match"
    remove_findings(project, [first])
    assert (load_pair(project, "p3") or found).rating == ""


def test_removed_pairs_come_back_where_they_were(project: Project) -> None:
    add_pairs(project, make_list(project.folder))
    save_measurements(project, [("p3", Measurement(0.25, 1e-4, 0.5, "demo"))])
    add_finding(project, replace(make_finding(1, pair="p3"), rating="match"))
    before, reach = load_pairs(project, PairQuery(), 0, -1), load_extent(project)
    removed = [one for key in ("p3", "p29") if (one := load_pair(project, key)) is not None]
    remove_pairs(project, ["p3", "p29"])
    assert load_pair(project, "p3") is None
    assert load_extent(project) == (len(before) - 2, len(before) - 1, "p28")
    assert load_known(project) == {}
    assert len(load_findings(project)) == 1
    restore_pairs(project, removed)
    assert load_pairs(project, PairQuery(), 0, -1) == before
    assert load_extent(project) == reach
    assert load_known(project) == {"p3": (Measurement(0.25, 1e-4, 0.5, "demo"), "match")}
    restore_pairs(project, removed)
    assert load_pairs(project, PairQuery(), 0, -1) == before


def test_a_removed_pair_whose_number_is_taken_comes_last(project: Project) -> None:
    listed = make_list(project.folder)
    add_pairs(project, listed)
    last = load_pair(project, "p29")
    assert last is not None
    remove_pairs(project, ["p29"])
    add_pairs(project, PairList(listed.source, listed.folder, (ListedPair("new", "n.png", "a cat"),)))
    restore_pairs(project, [last])
    assert [one.pair.id for one in load_pairs(project, PairQuery(descending=True), 0, 2)] == ["p29", "new"]
    assert load_extent(create_project(project.folder / "empty.exclip")) == (0, 0, "")


def test_pairs_are_rated_as_their_newest_findings(project: Project) -> None:
    for seed, rating in enumerate(("match", "unsure", "artefact")):
        one = replace(make_finding(seed, pair="p1" if seed < 2 else ""), rating=rating)  # type: ignore[arg-type]
        add_finding(project, replace(one, view=replace(one.view, picture="a.png")))
    add_finding(project, replace(make_finding(2, pair="p1"), rating="mismatch"))
    cases = (("p1", "a.png"), ("p1", "/abs/c.png"), ("p1", "b.png"), ("p2", "a.png"))
    assert [load_newest_rating(project, *case) for case in cases] == ["unsure", "mismatch", "", ""]


def test_boxes_are_saved(project: Project) -> None:
    drawn = (Region((0, 0, 5, 5), name="犬"), Region.lasso(((0, 0), (4, 4), (0, 4)), name="cat"))
    save_boxes(project, "b.png", drawn[:1])
    save_boxes(project, "a.png", drawn)
    with opened_again(project) as again:
        assert load_boxes(again, "a.png") == drawn
        assert load_all_boxes(again) == {"a.png": drawn, "b.png": drawn[:1]}
        save_boxes(again, "a.png", ())
        assert load_boxes(again, "a.png") == ()


def test_settings_are_saved_and_garbled_ones_are_left_out(project: Project) -> None:
    assert load_settings(project) == {}
    save_setting(project, "how", {"image_layer": 3})
    save_setting(project, "how", {"image_layer": None, "framing": "ü"})
    save_setting(project, "list", [1])
    with project.transaction() as connection:
        connection.execute("UPDATE setting SET value = '{' WHERE name = 'list'")
    with opened_again(project) as again:
        assert load_settings(again) == {"how": {"image_layer": None, "framing": "ü"}}


def test_a_copy_elsewhere_names_the_same_pictures(project: Project, tmp_path: Path) -> None:
    add_pairs(project, make_list(project.folder))
    add_finding(project, make_finding(0))
    save_boxes(project, "a.png", (Region((0, 0, 5, 5)),))
    place = tmp_path / "copies" / "x.exclip"
    place.parent.mkdir()
    project.save_copy(place)
    with open_project(place) as copy:
        assert load_pair_list(copy).pairs[0].picture == "../a.png"
        assert list(load_all_boxes(copy)) == ["../a.png"]
        before, after = load_findings(project)[0], load_findings(copy)[0]
        assert copy.path_of(after.view.picture) == project.path_of(before.view.picture)
        assert replace(after, view=before.view) == before
        assert [copy.path_of(one.picture) for one in load_pair_list(copy).pairs] == [
            project.path_of(one.picture) for one in load_pair_list(project).pairs
        ]
    with pytest.raises(OutputError):
        project.save_copy(tmp_path / "none" / "x.exclip")


def test_the_file_has_its_application_id_and_version(project: Project) -> None:
    project.close()
    assert project.path.read_bytes()[68:72] == b"EXCP"
    assert sorted(path.name for path in project.folder.iterdir()) == ["p.exclip"]
    with sqlite3.connect(project.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
