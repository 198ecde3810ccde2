"""A study's folder: a header line with all settings, then one outcome per line, so that a study can continue.

Each line is flushed to disk at once; an incomplete last line is removed when the folder is opened again. The last value
of a line is ``sha256``, the checksum of the others; a file of version 0.3.0 has none in its header, and in no line
before this version continues it.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import msgspec

from exclip_desktop.core.cache_keys import values_sha256
from exclip_desktop.core.errors import OutputError, Remedy
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json, describe_mismatch
from exclip_desktop.core.inputs.regular_files import JSON_LIST, read_regular
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
        OutputError: the folder cannot be written, holds something else, a damaged line, or a study with another header.

    """
    path = folder / OUTCOMES
    first = {"study": 1, **header}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = read_regular(path, JSON_LIST, OutputError) if path.exists() else b""
    except OSError as error:
        raise OutputError(f"{folder} cannot be used: {error.strerror}.", Remedy.CHOOSE_OTHER_FOLDER) from error
    whole = content[: content.rfind(b"\n") + 1]
    if not whole:
        write_atomically(path, lambda file: file.write(_encode(first)))
        return []
    lines = whole.split(b"\n")[:-1]
    there, has_sums = _read_line(path, 1, lines[0])
    if "study" not in there:
        raise OutputError(f"{path} is not the file of a study.", Remedy.CHOOSE_OTHER_FOLDER)
    _check_same(there, json.loads(json.dumps(first)), folder)
    outcomes = [_read_outcome(path, number, line, has_sums) for number, line in enumerate(lines[1:], 2)]
    if whole != content:
        write_atomically(path, lambda file: file.write(whole))
    return outcomes


def _encode(values: Mapping[str, Any]) -> bytes:
    plain = json.loads(json.dumps(values))
    return f"{json.dumps({**plain, 'sha256': values_sha256(plain)}, ensure_ascii=False)}\n".encode()


def _read_line(path: Path, number: int, line: bytes) -> tuple[dict[str, Any], bool]:
    """Return the values of a line, and whether it has a checksum."""
    try:
        values = msgspec.convert(decode_json(line), dict[str, Any])
    except (JsonError, msgspec.ValidationError) as error:
        if number == 1:
            raise OutputError(f"{path} is not the file of a study.", Remedy.CHOOSE_OTHER_FOLDER) from error
        raise _damaged(path, number, "it is not JSON of an outcome") from error
    written = values.pop("sha256", None)
    if written is not None and written != values_sha256(values):
        raise _damaged(path, number, "its checksum differs")
    return values, written is not None


def _read_outcome(path: Path, number: int, line: bytes, needs_sum: bool) -> Outcome:
    values, has_sum = _read_line(path, number, line)
    if needs_sum and not has_sum:
        raise _damaged(path, number, "it has no checksum")
    try:
        return msgspec.convert(values, Outcome)
    except msgspec.ValidationError as error:
        raise _damaged(path, number, describe_mismatch(error)) from error


def _damaged(path: Path, number: int, reason: str) -> OutputError:
    hint = "Delete that line to have it computed again, or choose another folder."
    return OutputError(f"{path}, line {number}, is damaged: {reason}.", hint)


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
            file.write(_encode(asdict(outcome)))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"{folder / OUTCOMES} cannot be written: {error.strerror}.", "Make room.") from error


def _check_same(there: Mapping[str, Any], header: dict[str, Any], folder: Path) -> None:
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
