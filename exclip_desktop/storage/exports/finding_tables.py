"""Findings as CSV or JSONL, and back; their regions as COCO boxes.

| name | what it is |
|---|---|
| id, created, changed, rating, tags, note | a person's remark, and when it was made; tags as JSON |
| pair, picture, picture_sha256, caption, method, model, weights_sha256 | the view; relative paths start at the file's folder |
| score, block, share, residual | the numbers; empty (CSV) or null where there is none |
| rows, regions, settings, versions, ledger, words, geometry, heat | JSON, as the project's schema has them; ``heat`` as rows of numbers |
"""  # noqa: E501  a table's row is one line

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from exclip_desktop.core.errors import ListError, Remedy
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.finding_columns import (
    WRITTEN,
    FindingColumn,
    check_values,
    from_values,
    list_keys,
    to_values,
)


def format_jsonl(findings: Iterable[Finding]) -> str:
    """Return findings as one object per line."""
    return "".join(f"{_json_text(to_values(one))}\n" for one in findings)


def format_csv(findings: Iterable[Finding]) -> str:
    """Return findings as a table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.key for column in WRITTEN)
    for one in findings:
        writer.writerow(_cell(column, column.value(one)) for column in WRITTEN)
    return text.getvalue()


def read_findings(path: Path) -> list[Finding]:
    """Read findings that were exported as CSV or JSONL; raise ``ListError``, which names the entry."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ListError(
            f"{path} cannot be read: {error}.",
            Remedy.CHOOSE_FINDINGS_FILE,
        ) from error
    records: list[Finding] = []
    try:
        lines = filter(None, text.split("\n"))
        for values in _csv_records(text) if path.suffix.lower() == ".csv" else map(json.loads, lines):
            check_values(values)
            records.append(from_values(values))
    except (ValueError, KeyError, TypeError, RecursionError, csv.Error) as error:
        place = f"finding {len(records) + 1} of {path.name}"
        raise ListError(
            f"The {place} cannot be read ({error}).", "Export the findings again, as .csv or .jsonl."
        ) from error
    return records


def make_region_pairs(findings: Sequence[Finding], drawn: Mapping[str, tuple[Region, ...]]) -> tuple[ListedPair, ...]:
    """Return findings as pairs with their regions, followed by pictures with labelled boxes, for export as COCO.

    Subtracted regions are left out: COCO has no such boxes. The label of a pair is the finding's rating.
    """
    noted = [
        ListedPair(
            str(one.id), one.view.picture, one.view.caption, one.rating, _added_regions(one.view.selection.regions)
        )
        for one in findings
    ]
    labelled = [
        ListedPair(f"boxes of {picture}", picture, "", regions=_added_regions(regions))
        for picture, regions in drawn.items()
    ]
    return (*noted, *labelled)


def _added_regions(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    return tuple(region for region in regions if not region.subtract)


def _csv_records(text: str) -> Iterable[dict[str, Any]]:
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield {
            **{key: int(row[key]) for key in list_keys("count")},
            **{key: row[key] for key in list_keys("text")},
            **{key: float(row[key]) if row[key] else None for key in list_keys("number")},
            **{key: json.loads(row[key]) for key in list_keys("json")},
        }


def _cell(column: FindingColumn, value: Any) -> Any:
    if column.kind == "json":
        return _json_text(value)
    return repr(value) if isinstance(value, float) else value


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
