"""A study's folder: outcomes as JSON lines, one a line, under a line that says what decides them; so it can go on.

A line is written at once and flushed; one that was cut short is taken off when the folder is opened again.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.study import Curve, Outcome
from exclip_desktop.storage.atomic import write_atomically

OUTCOMES: Final = "outcomes.jsonl"


def fingerprint_of_pairs(pairs: Iterable[ListedPair]) -> str:
    """Return one SHA-256 of a list: ids, captions, pictures' names, labels and regions."""
    told = json.dumps([asdict(pair) for pair in pairs], sort_keys=True)
    return hashlib.sha256(told.encode("utf-8")).hexdigest()


def opened_study(folder: Path, header: Mapping[str, Any]) -> list[Outcome]:
    """Make a study's folder, or open it again; return the outcomes that are there.

    ``header`` holds plain values: everything but the methods that decides the outcomes.

    Raises:
        OutputError: the folder cannot be written, what is there is no study, or another header decides it.

    """
    path = folder / OUTCOMES
    first = json.dumps({"study": 1, **header}, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise OutputError(f"{folder} cannot be used: {error.strerror}.", Remedy.CHOOSE_OTHER_FOLDER) from error
    whole = found[: found.rfind(b"\n") + 1]
    if not whole:
        write_atomically(path, lambda file: file.write(f"{first}\n".encode()))
        return []
    if whole != found:
        write_atomically(path, lambda file: file.write(whole))
    try:
        there, *lines = (json.loads(line) for line in whole.splitlines())
        outcomes = [_outcome(line) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{path} is no study's file.", Remedy.CHOOSE_OTHER_FOLDER) from error
    _check_same(there, json.loads(first), folder)
    return outcomes


def check_options(outcomes: Iterable[Outcome], options: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ``OutputError`` where outcomes of a method are of other options than those asked for."""
    for outcome in outcomes:
        asked = options.get(outcome.method)
        if asked is not None and dict(asked) != dict(outcome.options):
            there, now = _differing(outcome.options, asked)[0][1:]
            name = _differing(outcome.options, asked)[0][0]
            raise OutputError(
                f"The outcomes there are of {outcome.method} with {name} {there}, not {now}.",
                Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS,
            )


def append_outcome(folder: Path, outcome: Outcome) -> None:
    """Add a line; raises ``OutputError`` where it cannot be written."""
    try:
        with (folder / OUTCOMES).open("ab") as file:
            file.write(f"{json.dumps(asdict(outcome), ensure_ascii=False)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"{folder / OUTCOMES} cannot be written: {error.strerror}.", "Make room.") from error


def _outcome(line: dict[str, Any]) -> Outcome:
    return Outcome(
        pair=line["pair"],
        picture=line["picture"],
        method=line["method"],
        options=line["options"],
        values={key: tuple(values) for key, values in line["values"].items()},
        curves={key: Curve(tuple(one["shares"]), tuple(one["scores"])) for key, one in line["curves"].items()},
        reasons=line["reasons"],
    )


def _check_same(there: Any, header: dict[str, Any], folder: Path) -> None:
    if not isinstance(there, dict) or "study" not in there:
        raise OutputError(f"{folder / OUTCOMES} is no study's file.", Remedy.CHOOSE_OTHER_FOLDER)
    differing = _differing(_flat(there), _flat(header))
    if differing:
        told = "; ".join(f"{name} is {before}, now {now}" for name, before, now in differing)
        raise OutputError(
            f"The outcomes in {folder} are of other settings: {told}.", Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS
        )


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings side by side."""
    flat: dict[str, Any] = {}
    for name, value in told.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return flat


def _differing(there: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    names = dict.fromkeys((*there, *now))
    return [
        (name, _short(there.get(name)), _short(now.get(name))) for name in names if there.get(name) != now.get(name)
    ]


def _short(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return f"{text[:8]}…" if len(text) == 64 else text
