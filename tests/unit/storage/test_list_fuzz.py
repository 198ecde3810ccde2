"""Random tables and JSON: nothing but ``ListError``, and no row is lost without a note."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.pair_lists.list_files import read_pairs

FEW, MANY = 25, 2000
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters='",;|#['), max_size=12)
NAMES = st.sampled_from(
    [
        *("path", "image", "file_name", "caption", "text", "captions", "boxes", "objects", "label", "id", "mask"),
        *("shapes", "imagePath", "imageWidth", "data", "annotations", "conversations", "grounding", "filename"),
        *("regions", "detection", "filepath", "ground_truth", "negative_caption", "metadata", "bbox", "image_id"),
        *("coordinates", "shape_attributes", "region_attributes", "file_attributes", "messages", "polylines"),
        *("labels", "classes", "image_0", "caption_0", "true_caption", "false_caption", "segmentation", "points"),
        *("completions", "predictions", "result", "value", "columns", "phrase", "detections", "tokens_positive"),
        *("images", "categories", "sentences", "samples", "file_name", "coco_url", "width", "height", "x", "y"),
    ]
)
NUMBERS = st.one_of(st.integers(), st.floats(), st.just(10**400))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(NAMES, TEXT), inner, max_size=5)),
    max_leaves=20,
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=6)


def read(content: str, name: str) -> PairList | ListError:
    """Write and read a list; return the list, or the error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(content, "utf-8", newline="")
        try:
            found: PairList | ListError = read_pairs(path)
        except ListError as error:
            found = error
    assert not isinstance(found, ListError) or (found.message and found.hint)
    return found


def check_tables(examples: int) -> None:
    """Check random rows below names of columns."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=8), st.sampled_from(",;\t|"))
    def rows(cells: list[list[str]], separator: str) -> None:
        lines = [separator.join(row) for row in cells]
        found = read("\n".join(["path" + separator + "caption", *lines]), "x.csv")
        expected = {number for number, line in enumerate(lines, 2) if line.strip()}
        expected -= {n for n, row in enumerate(cells, 2) if row == ["path", "caption"]}
        if isinstance(found, ListError):
            return  # no row is a pair
        noted = {int(note.place.rsplit(" ", 1)[1]) for note in found.notes}
        left = len(expected - noted)
        assert len(found.pairs) >= left, (lines, found)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(TEXT, st.lists(TEXT, max_size=6), st.sampled_from(["x.csv", "x.tsv", "x.txt", "x.token", "x.dat"]))
    def anything(head: str, lines: list[str], name: str) -> None:
        read("\n".join((head, *lines)), name)
        read("\n".join(("path,caption", *lines)), name)

    rows()
    anything()


def check_json(examples: int) -> None:
    """Check random records in every container."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(st.one_of(RECORDS, VALUES), min_size=1, max_size=5))
    def arrays(records: list[Any]) -> None:
        found = read(json.dumps(records), "x.json")
        if not isinstance(found, ListError):
            noted = {note.place for note in found.notes}
            silent = [n for n in range(1, len(records) + 1) if f"x.json, entry {n}" not in noted]
            assert len(found.pairs) >= len([n for n in silent if records[n - 1] not in ({}, [], None)]) - sum(
                isinstance(record, dict) and record.get("regions") == [] for record in records
            )
        read("\n".join(json.dumps(record) for record in records), "x.jsonl")

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(
        st.lists(RECORDS, max_size=3),
        st.lists(RECORDS, max_size=4),
        VALUES,
        st.sampled_from(["annotations", "samples", "sentences"]),
    )
    def documents(images: list[Any], annotations: list[Any], categories: Any, key: str) -> None:
        numbered = [{"id": at, "file_name": "a.jpg", **image} for at, image in enumerate(images)]
        tied = [{"id": at, "image_id": 0, **one} for at, one in enumerate(annotations)]
        document = {"images": numbered, "annotations": tied, "categories": categories, key: tied}
        read(json.dumps(document), "captions_x.json")

    arrays()
    documents()


def test_random_tables_lose_no_row_without_a_note() -> None:
    check_tables(FEW)


def test_random_json_loses_no_record_without_a_note() -> None:
    check_json(FEW)


@pytest.mark.slow
def test_many_random_tables() -> None:
    check_tables(MANY)


@pytest.mark.slow
def test_many_random_json() -> None:
    check_json(MANY)
