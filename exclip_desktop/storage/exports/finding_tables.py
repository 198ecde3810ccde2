"""Findings as CSV or JSONL, and back; their regions as COCO boxes.

| name | what it is |
|---|---|
| id, created, changed, rating, tags, note | a person's remark, and when it was made; tags as JSON |
| pair, picture, picture_sha256, caption, method, model, weights_sha256 | the view; relative paths start at the file's folder |
| score, block, share, residual | the numbers; empty (CSV) or null where there is none |
| rows, regions, settings, versions, ledger, words, geometry, heat | JSON, as the project's schema has them; ``heat`` as rows of numbers |
| second | JSON: the second of two pictures or captions, null for a picture and its caption; files before 0.5.0 lack it |
"""  # noqa: E501  a table's row is one line

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import ListError, Remedy
from exclip_desktop.core.inputs.json_documents import decode_json
from exclip_desktop.core.inputs.regular_files import LIST_LINE, InputKind, open_regular
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
from exclip_desktop.storage.formula_cells import ESCAPED_COLUMN, Formulas, format_rows, read_escaped

FINDINGS_FILE: Final = InputKind("findings file", 2_000_000_000)


def format_jsonl(findings: Iterable[Finding], _: Formulas = "keep") -> str:
    """Return findings as one object per line."""
    return "".join(f"{_json_text(to_values(one))}\n" for one in findings)


def format_csv(findings: Iterable[Finding], formulas: Formulas = "escape") -> str:
    """Return findings as a table, which ``read_findings`` reads as they were whatever ``formulas`` is."""
    rows = ([_cell(column, column.value(one)) for column in WRITTEN] for one in findings)
    return format_rows([[column.key for column in WRITTEN], *rows], formulas, marks=True)


def read_findings(path: Path) -> list[Finding]:
    """Read findings that were exported as CSV or JSONL; raise ``ListError``, which names the entry."""
    findings: list[Finding] = []
    is_table = path.suffix.lower() == ".csv"
    newline = "" if is_table else "\n"
    with io.TextIOWrapper(open_regular(path, FINDINGS_FILE, ListError), "utf-8-sig", newline=newline) as text:
        lines = _lines(path, text)
        try:
            for values in _csv_records(lines) if is_table else _json_records(lines):
                check_values(values)
                findings.append(from_values(values))
        except UnicodeDecodeError as error:
            raise _unreadable(path, findings, "it is not UTF-8 text") from error
        except OSError as error:
            raise ListError(f"{path} cannot be read: {error}.", Remedy.CHOOSE_FINDINGS_FILE) from error
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, csv.Error) as error:
            raise _unreadable(path, findings, error) from error
    return findings


def _unreadable(path: Path, before: Sequence[Finding], reason: object) -> ListError:
    place = f"finding {len(before) + 1} of {path.name}"
    return ListError(f"The {place} cannot be read ({reason}).", "Export the findings again, as .csv or .jsonl.")


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
    second = [
        ListedPair(f"{one.id} (second)", other.picture, "", one.rating, _added_regions(other.selection.regions))
        for one in findings
        if (other := one.view.second) is not None and other.picture
    ]
    labelled = [
        ListedPair(f"boxes of {picture}", picture, "", regions=_added_regions(regions))
        for picture, regions in drawn.items()
    ]
    return (*noted, *second, *labelled)


def _added_regions(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    return tuple(region for region in regions if not region.subtract)


def _json_records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.strip():
            record = decode_json(line)
            if not isinstance(record, dict):
                raise ValueError("it is not an object")
            yield record


def _csv_records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(LIST_LINE.most_bytes)  # of the whole process; cells with heat are longer than Python's limit
    for row in csv.DictReader(lines):
        missing = next((one.key for one in WRITTEN if row.get(one.key) is None and not one.optional), None)
        if missing is not None:
            raise ValueError(f"there is no {missing}")
        if row.get(ESCAPED_COLUMN):
            row = {key: read_escaped(cell) if isinstance(cell, str) else cell for key, cell in row.items()}
        yield {
            **{key: int(row[key]) for key in list_keys("count")},
            **{key: row[key] for key in list_keys("text")},
            **{key: float(row[key]) if row[key] else None for key in list_keys("number")},
            **{key: None if row.get(key) is None else decode_json(row[key]) for key in list_keys("json")},
        }


def _lines(path: Path, text: io.TextIOWrapper) -> Iterator[str]:
    """Yield the lines of a file, none of which is read beyond the limit of a line."""
    most = LIST_LINE.most_bytes
    for number in count(1):
        line = text.readline(most + 1)
        if len(line) > most:
            raise LIST_LINE.too_large(f"{path}, line {number},", ListError)
        if not line:
            return
        yield line


def _cell(column: FindingColumn, value: Any) -> Any:
    if column.kind == "json":
        return _json_text(value)
    return repr(value) if isinstance(value, float) else value


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
