"""A batch's folder: the factor of each picture and each caption, in shards, and an index of the listed pairs.

| file | what it holds |
|---|---|
| ``batch.json`` | model and settings, which decide the numbers; the pictures and captions, in order; the pictures' folder |
| ``pictures/00000.safetensors`` … | the factors of ``SHARD_OF["pictures"]`` pictures each, in the list's order |
| ``captions/00000.safetensors`` … | the factors of captions |
| ``index.jsonl`` | one line per listed pair, with its labels: its numbers and the places of its factors, or its error |
| ``scores.npy`` | with ``all_pairs``: float32 (pictures, captions), NaN where a side failed |
| ``SHA256SUMS`` | the checksums of the index and the scores, as ``sha256sum`` writes them |

The list alone decides the boundaries of shards, so that several machines can each compute some of them, and an
interrupted run continues to the same arrays. ``batch.json`` and every shard hold a checksum of themselves. What does not
match its checksum is never used: the next run makes it again.
"""  # noqa: E501  a table's row is one line

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from exclip_desktop.core.cache_keys import values_sha256
from exclip_desktop.core.errors import OutputError, Remedy
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json, describe_mismatch
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, JSON_LIST, open_regular, read_regular
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.explanation import ResolvedSettings
from exclip_desktop.core.values.settings import UNRECORDED_TOLERANCE
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.batches.shard_files import BATCH_FILE, KINDS

FORMAT: Final = 1
HEADER: Final = "batch.json"
INDEX: Final = "index.jsonl"
SCORES: Final = "scores.npy"
SUMS: Final = "SHA256SUMS"
RUN_AGAIN: Final = "Run the batch again: it is written anew."


class BatchHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The values of ``batch.json``.

    Attributes:
        batch: the version of the folder's format.
        decided_by: model and settings, which decide the numbers.
        settings: the settings as explanations report them.
        pictures, captions: as the list writes them, each once.
        folder: where the list's relative paths start.
        sha256: the checksum of all other values; empty in folders of version 0.3.0.

    """

    batch: int
    decided_by: dict[str, Any]
    settings: ResolvedSettings
    pictures: tuple[str, ...]
    captions: tuple[str, ...]
    folder: str = ""
    sha256: str = ""


class DamagedHeader(OutputError):
    """``batch.json`` is not as it was written."""


def prepare_batch_folder(folder: Path, header: Mapping[str, Any]) -> tuple[str, ...]:
    """Create a batch's folder, or check that an existing one has the same ``header``, plain values.

    Its ``folder``, where the list's relative paths start, may differ: the list may have been moved. Returns a sentence
    where ``batch.json`` was damaged and is written again.

    Raises:
        OutputError: the folder cannot be written, holds something else, or a batch of another list or other settings.

    """
    path, document = folder / HEADER, {"batch": FORMAT, **header}
    notes: tuple[str, ...] = ()
    try:
        known = all((folder / kind).is_dir() for kind in KINDS)
        for kind in KINDS:
            (folder / kind).mkdir(parents=True, exist_ok=True)
        written = path.exists()
    except OSError as error:
        raise OutputError(f"{folder} cannot be used: {error.strerror}.", Remedy.CHOOSE_OTHER_FOLDER) from error
    if written:
        try:
            there = read_header(folder)
        except DamagedHeader as error:
            if not known:
                raise
            notes = (f"{error.message} It is written again.",)
        else:
            other = _list_other(document, there)
            if set(other) - {"settings", "folder"}:
                raise OutputError(
                    f"{folder} holds a batch of another {_describe(other)}.", Remedy.CHOOSE_OTHER_FOLDER_OR_LIST
                )
            if "folder" not in other and there.sha256:
                return ()
            document["settings"] = msgspec.to_builtins(there.settings)
    data = json.dumps({**document, "sha256": values_sha256(document)}, ensure_ascii=False, indent=1).encode()
    write_atomically(path, lambda file: file.write(data))
    return notes


def _list_other(document: Mapping[str, Any], there: BatchHeader) -> list[str]:
    """Return the names of the values that differ."""
    plain, written = (json.loads(json.dumps(one)) for one in (document, msgspec.to_builtins(there)))
    return [name for name, value in plain.items() if written[name] != value]


def _describe(fields: Iterable[str]) -> str:
    words = {
        "decided_by": "model or method",
        "pictures": "list",
        "captions": "list",
        "pairs": "list",
        "batch": "version",
    }
    return " and ".join(dict.fromkeys(words[name] for name in fields if name in words)) or "kind"


def is_batch_folder(folder: Path) -> bool:
    """Return whether a folder has the header of a batch."""
    return is_file(folder / HEADER)


def read_header(folder: Path) -> BatchHeader:
    """Return the values of ``batch.json``.

    Raises:
        DamagedHeader: it is damaged.
        OutputError: it is missing or of another version.

    """
    path = folder / HEADER
    if not path.exists():
        raise OutputError(f"{folder} is not the folder of a batch.", "Give the folder that a batch has written.")
    try:
        values = decode_json(read_regular(path, JSON_LIST, OutputError))
        if isinstance(values, dict) and "sha256" in values:
            written = values.pop("sha256")
            if written != values_sha256(values):
                raise DamagedHeader(f"{path} is damaged: its checksum differs.", RUN_AGAIN)
            values["sha256"] = written
        if isinstance(values, dict) and isinstance(values.get("batch"), int) and values["batch"] != FORMAT:
            raise OutputError(
                f"{folder} holds a batch that this version cannot read.", "Run the batch again, into another folder."
            )
        header = msgspec.convert(values, BatchHeader)
    except JsonError as error:
        raise DamagedHeader(f"{path} is damaged: {error}.", RUN_AGAIN) from error
    except msgspec.ValidationError as error:
        raise DamagedHeader(f"{path} is damaged: {describe_mismatch(error)}.", RUN_AGAIN) from error
    header.decided_by.setdefault("tolerance", UNRECORDED_TOLERANCE)
    return header


def decided_sha256(header: BatchHeader) -> str:
    """Return the checksum of what decides the shards: model, settings, and the order of pictures and captions."""
    return values_sha256([header.decided_by, header.pictures, header.captions])


def write_sums(folder: Path) -> None:
    """Write the checksums of the index and the scores."""
    lines = [f"{_sha256_of_file(folder / name)}  {name}\n" for name in (INDEX, SCORES) if is_file(folder / name)]
    write_atomically(folder / SUMS, lambda file: file.write("".join(lines).encode()))


def check_sum(folder: Path, name: str, header: BatchHeader) -> None:
    """Raise ``OutputError`` where a file is not as the batch wrote it; version 0.3.0 wrote no checksums."""
    if (header.sha256 or is_file(folder / SUMS)) and not has_sum(folder, name):
        raise OutputError(f"{folder / name} is not as the batch wrote it: its checksum differs.", RUN_AGAIN)


def has_sum(folder: Path, name: str) -> bool:
    """Return whether a file is as the batch wrote it."""
    try:
        text = read_regular(folder / SUMS, CONFIG_FILE, OutputError).decode("utf-8", "replace")
        return f"{_sha256_of_file(folder / name)}  {name}" in text.splitlines()
    except OutputError:
        return False


def _sha256_of_file(path: Path) -> str:
    with open_regular(path, BATCH_FILE, OutputError) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
