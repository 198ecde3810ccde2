"""Findings as CSV or JSONL, and back; their regions as COCO boxes.

| name | what it is |
|---|---|
| id, created, changed, rating, tags, note | what a person said, and when; tags as JSON |
| pair, picture, picture_sha256, caption, method, model, weights_sha256 | what was looked at; relative paths start at the file's folder |
| score, block, share, residual | the numbers; empty (CSV) or null where there is none |
| rows, regions, settings, versions, ledger, words, geometry, heat | JSON, as the project's schema has them; ``heat`` as rows of numbers |
"""  # noqa: E501  a table's row is one line

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

import numpy as np

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.finding import Finding, NotedWord, Numbers, View, as_rows
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.storage.exports.finding_checks import NUMBERS, TEXTS, check_finding
from exclip_desktop.storage.regions import region_as_plain, region_of

JSON: Final = ("tags", "rows", "regions", "settings", "versions", "ledger", "words", "geometry", "heat")
HEAD: Final = ("id", *TEXTS, *NUMBERS, *JSON)


def finding_as_plain(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain values for JSON, by the names above."""
    view, numbers = finding.view, finding.numbers
    geometry = numbers.geometry
    return {
        "id": finding.id,
        **{name: getattr(finding, name) for name in ("created", "changed", "rating", "note")},
        **{name: getattr(view, name) for name in TEXTS if hasattr(view, name)},
        **{name: getattr(numbers, name) for name in NUMBERS},
        "tags": list(finding.tags),
        "rows": list(view.selection.rows),
        "regions": [region_as_plain(region) for region in view.selection.regions],
        "settings": dict(view.settings),
        "versions": dict(view.versions),
        "ledger": dict(numbers.ledger),
        "words": [list(astuple(word)) for word in numbers.words],
        "geometry": None if geometry is None else [list(part) for part in astuple(geometry)],
        "heat": [list(row) for row in numbers.heat],
    }


def finding_of_plain(told: Mapping[str, Any]) -> Finding:
    """Return the finding of plain values; raises ``KeyError``, ``ValueError`` or ``TypeError`` where they are none."""
    check_finding(told)
    geometry = None if told["geometry"] is None else Geometry(*map(tuple, told["geometry"]))
    view = View(
        **{name: told[name] for name in ("picture", "picture_sha256", "caption", "method", "pair")},
        selection=Selection(tuple(told["rows"]), tuple(map(region_of, told["regions"]))),
        settings=told["settings"],
        versions=told["versions"],
    )
    numbers = Numbers(
        **{name: told[name] for name in NUMBERS},
        ledger=told["ledger"],
        words=tuple(NotedWord(*word) for word in told["words"]),
        heat=as_rows(np.array(told["heat"], dtype=np.float32)) if told["heat"] else (),
        geometry=geometry,
    )
    own = {name: told[name] for name in ("rating", "note", "created", "changed", "id")}
    return Finding(view, numbers, tags=tuple(told["tags"]), **own)


def findings_jsonl(findings: Iterable[Finding]) -> str:
    """Return findings as an object a line."""
    return "".join(f"{_dumped(finding_as_plain(one))}\n" for one in findings)


def findings_csv(findings: Iterable[Finding]) -> str:
    """Return findings as a table."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for one in findings:
        told = finding_as_plain(one)
        writer.writerow(_dumped(told[name]) if name in JSON else _cell(told[name]) for name in HEAD)
    return text.getvalue()


def read_findings(path: Path) -> list[Finding]:
    """Read findings that were written as CSV or JSONL; raises ``ListError`` that names the line."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ListError(
            f"{path} cannot be read: {error}.",
            "Give a .csv or .jsonl that Export findings, or the command report, has written.",
        ) from error
    found: list[Finding] = []
    try:
        told = _csv_records(text) if path.suffix.lower() == ".csv" else map(json.loads, filter(None, text.split("\n")))
        found.extend(map(finding_of_plain, told))
    except (ValueError, KeyError, TypeError, RecursionError, csv.Error) as error:
        place = f"finding {len(found) + 1} of {path.name}"
        raise ListError(
            f"There is no finding where {place} should be ({error}).", "Export them again, as .csv or .jsonl."
        ) from error
    return found


def boxes_of_findings(findings: Sequence[Finding], drawn: Mapping[str, tuple[Region, ...]]) -> tuple[ListedPair, ...]:
    """Return findings as pairs with their regions, to be written as COCO; and pictures with labelled boxes after them.

    Regions that are taken away are left out: COCO has no such boxes. A finding's rating is its label.
    """
    noted = [
        ListedPair(str(one.id), one.view.picture, one.view.caption, one.rating, _kept(one.view.selection.regions))
        for one in findings
    ]
    labelled = [
        ListedPair(f"boxes of {picture}", picture, "", regions=_kept(regions)) for picture, regions in drawn.items()
    ]
    return (*noted, *labelled)


def _kept(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    return tuple(region for region in regions if not region.subtract)


def _csv_records(text: str) -> Iterable[dict[str, Any]]:
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield {
            "id": int(row["id"]),
            **{name: row[name] for name in TEXTS},
            **{name: float(row[name]) if row[name] else None for name in NUMBERS},
            **{name: json.loads(row[name]) for name in JSON},
        }


def _cell(value: Any) -> Any:
    return repr(value) if isinstance(value, float) else value


def _dumped(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
