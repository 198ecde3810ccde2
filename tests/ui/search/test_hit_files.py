"""Hits judged by labelled regions, and written to files."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.selection import Region
from exclip_desktop.ui.lists.thumbnail_rows import TITLE_ROLE
from tests.ui.fakes import number_of
from tests.ui.search.search_desk import SearchDesk, make_pairs

INSIDE, OUTSIDE = (200.0, 0.0, 240.0, 480.0), (480.0, 0.0, 560.0, 480.0)
LABELS = {"1": ("cat", INSIDE), "2": ("red balloon", INSIDE), "4": ("red balloon", OUTSIDE), "6": ("cat", OUTSIDE)}


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> SearchDesk:
    """A window that shows hits of "red balloon"; four pictures have labels, three of them count."""
    pairs = tuple(
        replace(pair, regions=(Region(LABELS[pair.id][1], name=LABELS[pair.id][0]),) if pair.id in LABELS else ())
        for pair in make_pairs()
    )
    return SearchDesk(tmp_path, make_explanation, pairs).run(qtbot)


def export(desk: SearchDesk, name: str) -> Path:
    out = desk.folder / name
    desk.session.hit_findings.write(desk.panel.exported_hits, out)
    desk.qtbot.waitUntil(lambda: desk.session.state.notice is not None, timeout=30_000)
    assert desk.session.state.notice.file == out
    return out


def test_hits_are_judged_by_the_labels_that_the_query_names(desk: SearchDesk) -> None:
    judgements = {number_of(hit.picture): hit.is_right for hit in desk.search.hits}
    assert judgements == {"1": False, "2": True, "3": None, "4": False, "5": None, "6": False}
    assert desk.panel.precision.text() == "Right: 0 % of 1 · 33 % of 5"
    model = desk.panel.grid.model()
    assert model.index(0, 0).data(TITLE_ROLE).endswith(" ✗")
    assert model.index(desk.ranked.index("2"), 0).data(TITLE_ROLE).endswith(" ✓")
    desk.panel.filter.write("label_hit:right")
    assert [number_of(hit.picture) for hit in desk.panel.hits] == ["2"]


def test_all_hits_are_written_as_a_table_and_selected_ones_as_boxes(desk: SearchDesk) -> None:
    assert desk.panel.export.text() == "Export 6 hits…"
    with export(desk, "hits.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [number_of(row["picture"]) for row in rows] == desk.ranked
    assert {row["query"] for row in rows} == {"red balloon"}
    desk.session.explain_controller.dismiss()
    desk.panel.filter.write("rank<=2")
    desk.panel.grid.selectAll()
    assert desk.panel.export.text() == "Export 2 hits…"
    document = json.loads(export(desk, "hits.json").read_text(encoding="utf-8"))
    assert [image["file_name"] for image in document["images"]] == [hit.picture for hit in desk.search.hits[:2]]
    x0, y0, x1, y1 = desk.search.hits[0].box
    assert document["annotations"][0]["bbox"] == pytest.approx([x0, y0, x1 - x0, y1 - y0])
    assert document["categories"] == [{"id": 1, "name": "red balloon"}]
