"""A batch's folder: each picture's and each caption's factor once, in shards, and an index of the listed pairs.

| file | what it holds |
|---|---|
| ``batch.json`` | what decides the numbers: model, settings; the pictures and captions, in order |
| ``pictures/00000.safetensors`` … | the factors of ``SHARD_OF["pictures"]`` pictures each, in the list's order |
| ``captions/00000.safetensors`` … | those of captions |
| ``index.jsonl`` | a line a listed pair: its numbers and where its factors are, or why it failed |
| ``scores.npy`` | where all pairs were asked for: float32 (pictures, captions), NaN where one failed |

In a shard, tensors are named ``PLACE.rows`` (tokens, D), ``PLACE.embedding``, ``PLACE.reference``, ``PLACE.told`` (D,) and, in lower
precision, ``PLACE.full``; the metadata's ``entries`` tells the rest as JSON. Boundaries of shards follow from the list alone,
so that several machines may each make some of them, and a run that was cut off goes on to the same arrays.
"""  # noqa: E501  a table's row is one line

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.explanation import SideReport
from exclip_desktop.core.values.factor import Factor
from exclip_desktop.core.values.settings import UNRECORDED_TOLERANCE
from exclip_desktop.storage.atomic import write_atomically

FORMAT: Final = 1
SHARD_OF: Final = {"pictures": 16, "captions": 256}

Kind = Literal["pictures", "captions"]
KINDS: Final[tuple[Kind, ...]] = ("captions", "pictures")
ENDS: Final = {"embedding": "embedding", "reference": "reference", "told": "ledger_reference", "full": "full"}
"""Name of a tensor in a shard → field of ``Ends``."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture or caption of a shard.

    Attributes:
        told: what is known of it, plain values: a picture's geometry and prefix tokens, a caption's tokens and words.
        factor: its factor; None where it failed.
        error: why it failed, a sentence.

    """

    told: Mapping[str, Any]
    factor: Factor | None = None
    error: str = ""


def opened_batch(folder: Path, header: Mapping[str, Any]) -> None:
    """Make a batch's folder, or check that what is there is of the same ``header``, plain values.

    Raises:
        OutputError: the folder cannot be written, holds something else, or is of another list or other settings.

    """
    path, told = folder / "batch.json", {"batch": FORMAT, **header}
    try:
        for kind in KINDS:
            (folder / kind).mkdir(parents=True, exist_ok=True)
        found = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise OutputError(f"{folder} cannot be used: {error.strerror}.", Remedy.CHOOSE_OTHER_FOLDER) from error
    if not found:
        data = json.dumps(told, ensure_ascii=False, indent=1).encode()
        write_atomically(path, lambda file: file.write(data))
        return
    other = [name for name, value in json.loads(json.dumps(told)).items() if header_of(folder).get(name) != value]
    if set(other) - {"settings"}:
        raise OutputError(f"{folder} holds a batch of another {_named(other)}.", Remedy.CHOOSE_OTHER_FOLDER_OR_LIST)


def _named(fields: Iterable[str]) -> str:
    words = {
        "decided_by": "model or method",
        "pictures": "list",
        "captions": "list",
        "pairs": "list",
        "batch": "version",
    }
    return " and ".join(dict.fromkeys(words[name] for name in fields if name in words)) or "kind"


def header_of(folder: Path) -> dict[str, Any]:
    """Return what ``batch.json`` says; raises ``OutputError`` where it is none."""
    try:
        told = json.loads((folder / "batch.json").read_bytes())
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder} is no batch's folder.", "Give the folder that a batch has written.") from error
    if not isinstance(told, dict) or told.get("batch") != FORMAT:
        raise OutputError(f"{folder} holds no batch that this version can read.", "Make it anew, in another folder.")
    if isinstance(told.get("decided_by"), dict):
        told["decided_by"].setdefault("tolerance", UNRECORDED_TOLERANCE)
    return told


def shard_path(folder: Path, kind: Kind, number: int) -> Path:
    """Return a shard's file."""
    return folder / kind / f"{number:05d}.safetensors"


def shard_places(kind: Kind, number: int, count: int) -> range:
    """Return which of ``count`` pictures or captions a shard holds."""
    size = SHARD_OF[kind]
    return range(number * size, min(count, (number + 1) * size))


def shards(kind: Kind, count: int) -> range:
    """Return the numbers of all shards."""
    return range(-(-count // SHARD_OF[kind]))


def write_shard(folder: Path, kind: Kind, number: int, entries: Sequence[Entry | None]) -> None:
    """Write a shard, as far as it is done: None is still to do. Raises ``OutputError``."""
    tensors, told = {}, []
    for place, entry in enumerate(entries):
        factor = None if entry is None else entry.factor
        report = None if factor is None else asdict(factor.report)
        told.append(None if entry is None else {"told": entry.told, "error": entry.error, "report": report})
        if factor is not None:
            arrays = {"rows": factor.rows, **{name: getattr(factor.ends, field) for name, field in ENDS.items()}}
            tensors.update(
                {f"{place}.{name}": np.ascontiguousarray(one) for name, one in arrays.items() if one is not None}
            )
    data = save(tensors, {"entries": json.dumps(told, ensure_ascii=False)})
    write_atomically(shard_path(folder, kind, number), lambda file: file.write(data))


def read_shard(folder: Path, kind: Kind, number: int, count: int) -> list[Entry | None]:
    """Return a shard's entries; those that are missing, and all of a damaged one, are None."""
    size = len(shard_places(kind, number, count))
    try:
        data = shard_path(folder, kind, number).read_bytes()
        tensors = load(data)
        head = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        told = json.loads(head["__metadata__"]["entries"])
        entries = [_entry(place, one, tensors) for place, one in enumerate(told)]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return [None] * size
    return entries if len(entries) == size else [None] * size


def _entry(place: int, told: Mapping[str, Any] | None, tensors: Mapping[str, Any]) -> Entry | None:
    if told is None:
        return None
    if told["report"] is None:
        return Entry(told["told"], None, told["error"])
    ends = Ends(**{field: tensors.get(f"{place}.{name}") for name, field in ENDS.items()})  # type: ignore[arg-type]  # full alone may lack
    return Entry(told["told"], Factor(tensors[f"{place}.rows"], ends, SideReport(**told["report"])))
