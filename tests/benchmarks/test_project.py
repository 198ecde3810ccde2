"""What a large project costs: 100,000 pairs and 10,000 findings. A page should come within a frame, 16 ms."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from exclip_desktop.storage.project.finding_rows import FindingQuery, add_finding, load_finding_ids, load_findings_by_id
from exclip_desktop.storage.project.pair_rows import (
    Measurement,
    PairQuery,
    add_pairs,
    load_pairs,
    save_measurements,
)
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project, open_project
from tests.benchmarks.test_pair_lists import PAIRS, long_list
from tests.unit.storage.findings import make_finding

FINDINGS = 10_000
PAGE = 50


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of that size."""
    folder, rng = tmp_path_factory.mktemp("large"), random.Random(1)
    with create_project(folder / "p.exclip") as project:
        add_pairs(project, long_list(folder))
        told = ((str(at), Measurement(rng.gauss(0, 1), rng.random(), rng.random())) for at in range(PAIRS) if at % 10)
        save_measurements(project, told)
        for at in range(FINDINGS):
            add_finding(project, make_finding(at, pair=str(at)))
        yield project


@pytest.mark.parametrize("offset", [0, PAIRS - 1000])
@pytest.mark.parametrize("sort", ["number", "score", "residual", "box_share", "rating", "picture"])
def test_a_page_of_pairs(benchmark: Any, large: Project, sort: Any, offset: int) -> None:
    assert len(benchmark(load_pairs, large, PairQuery(sort=sort, descending=True), offset, PAGE)) == PAGE


@pytest.mark.parametrize("sort", ["id", "created", "score", "caption"])
def test_the_order_of_all_findings(benchmark: Any, large: Project, sort: str) -> None:
    assert len(benchmark(load_finding_ids, large, FindingQuery(sort=sort))) == FINDINGS


@pytest.mark.parametrize("offset", [0, FINDINGS - 1000])
def test_a_page_of_findings(benchmark: Any, large: Project, offset: int) -> None:
    ids = load_finding_ids(large, FindingQuery(sort="score"))
    assert len(benchmark(load_findings_by_id, large, ids[offset : offset + PAGE])) == PAGE


def test_opening(benchmark: Any, large: Project) -> None:
    benchmark(lambda: open_project(large.path).close())


def test_noting(benchmark: Any, large: Project) -> None:
    """One finding, on disk."""
    benchmark(add_finding, large, make_finding(3))
