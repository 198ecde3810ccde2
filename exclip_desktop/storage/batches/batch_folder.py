"""A batch's folder: the factor of each picture and each caption, in shards, and an index of the listed pairs.

| file | what it holds |
|---|---|
| ``batch.json`` | model and settings, which decide the numbers; the pictures and captions, in order; the pictures' folder |
| ``pictures/00000.safetensors`` … | the factors of ``SHARD_OF["pictures"]`` pictures each, in the list's order |
| ``captions/00000.safetensors`` … | the factors of captions |
| ``index.jsonl`` | one line per listed pair, with its labels: its numbers and the places of its factors, or its error |
| ``scores.npy`` | with ``all_pairs``: float32 (pictures, captions), NaN where a side failed |

In a shard, tensors are named ``PLACE.rows`` (tokens, D), ``PLACE.embedding``, ``PLACE.reference``, ``PLACE.told`` (D,) and, in lower
precision, ``PLACE.full``; the metadata's ``entries`` holds the rest as JSON. The list alone decides the boundaries of
shards, so that several machines can each compute some of them, and an interrupted run continues to the same arrays.
"""  # noqa: E501  a table's row is one line

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from exclip_desktop.core.errors import OutputError, Remedy
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.core.values.settings import UNRECORDED_TOLERANCE
from exclip_desktop.storage.atomic import write_atomically

FORMAT: Final = 1
HEADER: Final = "batch.json"
SHARD_OF: Final = {"pictures": 16, "captions": 256}

Kind = Literal["pictures", "captions"]
KINDS: Final[tuple[Kind, ...]] = ("captions", "pictures")
ENDS: Final = {"embedding": "embedding", "reference": "reference", "told": "ledger_reference", "full": "full"}
"""Name of a tensor in a shard → field of ``Ends``."""


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """A picture or caption of a shard.

    Attributes:
        values: plain values: a picture's geometry and prefix tokens, or a caption's tokens and words.
        factor: its factor; None where it failed.
        error: the reason for the failure, a sentence.

    """

    values: Mapping[str, Any]
    factor: Factor | None = None
    error: str = ""


def prepare_batch_folder(folder: Path, header: Mapping[str, Any]) -> None:
    """Create a batch's folder, or check that an existing one has the same ``header``, plain values.

    Its ``folder``, where the list's relative paths start, may differ: the list may have been moved.

    Raises:
        OutputError: the folder cannot be written, holds something else, or a batch of another list or other settings.

    """
    path, document = folder / HEADER, {"batch": FORMAT, **header}
    try:
        for kind in KINDS:
            (folder / kind).mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise OutputError(f"{folder} cannot be used: {error.strerror}.", Remedy.CHOOSE_OTHER_FOLDER) from error
    if content:
        header = read_header(folder)
        other = [name for name, value in json.loads(json.dumps(document)).items() if header.get(name) != value]
        if set(other) - {"settings", "folder"}:
            raise OutputError(
                f"{folder} holds a batch of another {_describe(other)}.", Remedy.CHOOSE_OTHER_FOLDER_OR_LIST
            )
        if "folder" not in other:
            return
        document = {**json.loads(content), "folder": document["folder"]}
    data = json.dumps(document, ensure_ascii=False, indent=1).encode()
    write_atomically(path, lambda file: file.write(data))


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


def read_header(folder: Path) -> dict[str, Any]:
    """Return the values of ``batch.json``; raise ``OutputError`` where it is missing or of another version."""
    try:
        values = json.loads((folder / HEADER).read_bytes())
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{folder} is not the folder of a batch.", "Give the folder that a batch has written."
        ) from error
    if not isinstance(values, dict) or values.get("batch") != FORMAT:
        raise OutputError(
            f"{folder} holds a batch that this version cannot read.", "Run the batch again, into another folder."
        )
    if isinstance(values.get("decided_by"), dict):
        values["decided_by"].setdefault("tolerance", UNRECORDED_TOLERANCE)
    return values


def shard_path(folder: Path, kind: Kind, number: int) -> Path:
    """Return a shard's file."""
    return folder / kind / f"{number:05d}.safetensors"


def shard_places(kind: Kind, number: int, count: int) -> range:
    """Return the places of the pictures or captions in a shard; ``count`` is the number of all."""
    size = SHARD_OF[kind]
    return range(number * size, min(count, (number + 1) * size))


def shards(kind: Kind, count: int) -> range:
    """Return the numbers of all shards."""
    return range(-(-count // SHARD_OF[kind]))


def write_shard(folder: Path, kind: Kind, number: int, entries: Sequence[ShardEntry | None]) -> None:
    """Write a shard; entries that are not computed yet are None. Raise ``OutputError`` where it cannot be written."""
    tensors, documents = {}, []
    for place, entry in enumerate(entries):
        factor = None if entry is None else entry.factor
        report = None if factor is None else asdict(factor.report)
        documents.append(None if entry is None else {"told": entry.values, "error": entry.error, "report": report})
        if factor is not None:
            arrays = {"rows": factor.rows, **{name: getattr(factor.ends, field) for name, field in ENDS.items()}}
            tensors.update(
                {f"{place}.{name}": np.ascontiguousarray(one) for name, one in arrays.items() if one is not None}
            )
    data = save(tensors, {"entries": json.dumps(documents, ensure_ascii=False)})
    write_atomically(shard_path(folder, kind, number), lambda file: file.write(data))


def read_shard(folder: Path, kind: Kind, number: int, count: int) -> list[ShardEntry | None]:
    """Return a shard's entries; missing ones, and all of a damaged shard, are None."""
    size = len(shard_places(kind, number, count))
    try:
        data = shard_path(folder, kind, number).read_bytes()
        tensors = load(data)
        head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        documents = json.loads(head["__metadata__"]["entries"])
        entries = [_entry(place, one, tensors) for place, one in enumerate(documents)]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return [None] * size
    return entries if len(entries) == size else [None] * size


def read_shard_values(folder: Path, kind: Kind, number: int) -> list[Mapping[str, Any] | None]:
    """Return the plain values of a shard's entries without reading its factors; None where one is not computed."""
    try:
        with shard_path(folder, kind, number).open("rb") as file:
            head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        documents = json.loads(head["__metadata__"]["entries"])
        return [None if one is None or one["report"] is None else one["told"] for one in documents]
    except (OSError, ValueError, KeyError, TypeError, MemoryError):
        return []


def _entry(place: int, values: Mapping[str, Any] | None, tensors: Mapping[str, Any]) -> ShardEntry | None:
    if values is None:
        return None
    if values["report"] is None:
        return ShardEntry(values["told"], None, values["error"])
    ends = Ends(**{field: tensors.get(f"{place}.{name}") for name, field in ENDS.items()})  # type: ignore[arg-type]  # full alone may lack
    return ShardEntry(values["told"], Factor(tensors[f"{place}.rows"], ends, SideReport(**values["report"])))
