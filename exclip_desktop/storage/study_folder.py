"""A study's folder: a header line with all settings, then one outcome per line, so that a study can continue.

Each line is flushed to disk at once; an incomplete last line is removed when the folder is opened again.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import msgspec

from exclip_desktop.core.errors import OutputError, Remedy
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.study import Outcome
from exclip_desktop.storage.atomic import write_atomically

OUTCOMES: Final = "outcomes.jsonl"


def fingerprint_of_pairs(pairs: Iterable[ListedPair]) -> str:
    """Return the SHA-256 of a list: ids, captions, picture names, labels and regions."""
    text = json.dumps([asdict(pair) for pair in pairs], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def open_study(folder: Path, header: Mapping[str, Any]) -> list[Outcome]:
    """Create a study's folder, or open an existing one; return its outcomes.

    ``header`` holds plain values: every setting that decides the outcomes, without the methods.

    Raises:
        OutputError: the folder cannot be written, holds something else, or a study with another header.

    """
    path = folder / OUTCOMES
    first = json.dumps({"study": 1, **header}, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise OutputError(f"{folder} cannot be used: {error.strerror}.", Remedy.CHOOSE_OTHER_FOLDER) from error
    whole = content[: content.rfind(b"\n") + 1]
    if not whole:
        write_atomically(path, lambda file: file.write(f"{first}\n".encode()))
        return []
    if whole != content:
        write_atomically(path, lambda file: file.write(whole))
    try:
        there, *lines = (json.loads(line) for line in whole.splitlines())
        outcomes = [msgspec.convert(line, Outcome) for line in lines]
    except ValueError as error:
        raise OutputError(f"{path} is not the file of a study.", Remedy.CHOOSE_OTHER_FOLDER) from error
    _check_same(there, json.loads(first), folder)
    return outcomes


def check_options(outcomes: Iterable[Outcome], options: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ``OutputError`` unless the outcomes have the chosen options of their methods."""
    for outcome in outcomes:
        chosen = options.get(outcome.method)
        if chosen is not None and dict(chosen) != dict(outcome.options):
            name, there, now = _differing(outcome.options, chosen)[0]
            raise OutputError(
                f"The outcomes of {outcome.method} in this folder have {name} {there}, not {now}.",
                Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS,
            )


def append_outcome(folder: Path, outcome: Outcome) -> None:
    """Append an outcome; raise ``OutputError`` where it cannot be written."""
    try:
        with (folder / OUTCOMES).open("ab") as file:
            file.write(f"{json.dumps(asdict(outcome), ensure_ascii=False)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"{folder / OUTCOMES} cannot be written: {error.strerror}.", "Make room.") from error


def _check_same(there: Any, header: dict[str, Any], folder: Path) -> None:
    if not isinstance(there, dict) or "study" not in there:
        raise OutputError(f"{folder / OUTCOMES} is not the file of a study.", Remedy.CHOOSE_OTHER_FOLDER)
    differing = _differing(_flat(there), _flat(header))
    if differing:
        changes = "; ".join(f"{name} is {before}, now {now}" for name, before, now in differing)
        raise OutputError(
            f"The outcomes in {folder} have other settings: {changes}.", Remedy.CHOOSE_OTHER_FOLDER_OR_SETTINGS
        )


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings as one flat mapping."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
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
