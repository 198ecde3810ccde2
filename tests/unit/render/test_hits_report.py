"""Files of hits: tables, COCO boxes with scores, sheets of thumbnails; paths start at the file's folder."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.maths.search_hits import SearchHit
from exclip_desktop.core.maths.search_ranking import RANKINGS
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.render.hits_report import write_hits

GEOMETRY = Geometry((40, 30), (0.0, 0.0, 40.0, 30.0), (3, 4))


@pytest.fixture
def listed(tmp_path: Path) -> PairList:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.new("RGB", (40, 30), "red").save(folder / "a.png")
    return PairList(folder / "list.csv", folder, ())


def make_hits() -> list[SearchHit]:
    heat = np.linspace(-0.1, 0.2, 12, dtype=np.float32).reshape(3, 4)
    numbers = dict.fromkeys(RANKINGS, 0.5)
    region = heat > 0.15
    return [
        SearchHit("a.png", 0.5, numbers, heat, region, (10, 20, 40, 30), GEOMETRY, "=a dog", True),
        SearchHit("gone.png", 0.4, numbers, heat, region, (0, 0, 10, 10), GEOMETRY),
    ]


def test_tables_have_boxes_and_paths_from_their_own_folder(listed: PairList, tmp_path: Path) -> None:
    out = tmp_path / "hits.csv"
    notes = write_hits("a dog", "sum", make_hits(), listed, out)
    first, second = csv.DictReader(io.StringIO(out.read_text("utf-8")))
    assert (first["rank"], first["picture"], first["x0"], first["y1"]) == ("1", "pictures/a.png", "10", "30")
    assert (first["right"], second["right"], second["rank"]) == ("yes", "", "2")
    assert first["caption"] == "'=a dog"
    assert "apostrophe" in notes[0]
    write_hits("a dog", "sum", make_hits(), listed, tmp_path / "hits.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "hits.jsonl").read_text("utf-8").splitlines()]
    assert lines[0]["query"] == "a dog"
    assert np.array(lines[0]["heat"]).shape == (3, 4)
    assert lines[0]["right"] is True
    assert lines[1]["right"] is None


def test_coco_boxes_have_the_query_as_category_and_a_score(listed: PairList, tmp_path: Path) -> None:
    write_hits("a dog", "sum", make_hits(), listed, tmp_path / "hits.json")
    document = json.loads((tmp_path / "hits.json").read_text("utf-8"))
    assert document["categories"] == [{"id": 1, "name": "a dog"}]
    assert document["images"][0] == {"id": 1, "file_name": "pictures/a.png", "width": 40, "height": 30}
    box = document["annotations"][0]
    assert (box["image_id"], box["bbox"], box["score"], box["area"]) == (1, [10, 20, 30, 10], 0.5, 300)


@pytest.mark.parametrize(("ending", "head"), [(".pdf", b"%PDF"), (".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_sheets_show_missing_pictures_as_missing(listed: PairList, tmp_path: Path, ending: str, head: bytes) -> None:
    out = tmp_path / f"hits{ending}"
    write_hits("a dog", "combined", make_hits(), listed, out)
    data = out.read_bytes()
    assert data.startswith(head)
    if ending == ".svg":
        assert b"the picture is missing" in data
        assert b"right by its labels" in data
        assert b"combined +0.5" in data
    write_hits("a dog", "combined", make_hits(), listed, tmp_path / f"again{ending}")
    assert (tmp_path / f"again{ending}").read_bytes() == data


def test_nothing_is_written_without_hits_or_with_an_unknown_ending(listed: PairList, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no hit"):
        write_hits("a dog", "sum", [], listed, tmp_path / "hits.csv")
    with pytest.raises(OutputError, match="ending"):
        write_hits("a dog", "sum", make_hits(), listed, tmp_path / "hits.xlsx")
    assert not list(tmp_path.glob("hits*"))
