"""The shards of a batch: safetensors files with the factors of a few pictures or captions, and a checksum of them.

In a shard, tensors are named ``PLACE.rows`` (tokens, D), ``PLACE.embedding``, ``PLACE.reference``, ``PLACE.told`` (D,)
and, in lower precision, ``PLACE.full``; the metadata's ``entries`` holds the rest as JSON. The tensor ``batch`` is the
SHA-256 of what decides the numbers, and ``sha256`` that of the content; shards of version 0.3.0 have neither.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.inputs.json_documents import decode_json
from exclip_desktop.core.inputs.regular_files import InputKind, open_regular, read_regular
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.cache_entries import digest

SHARD_OF: Final = {"pictures": 16, "captions": 256}
BATCH_FILE: Final = InputKind("batch file", 64_000_000_000)

Kind = Literal["pictures", "captions"]
KINDS: Final[tuple[Kind, ...]] = ("captions", "pictures")
ENDS: Final = {"embedding": "embedding", "reference": "reference", "told": "ledger_reference", "full": "full"}
"""Name of a tensor in a shard → field of ``Ends``."""

State = Literal["missing", "whole", "older", "damaged"]
_SUM_ERROR: Final = 1e-5
"""Most that a stored residual and the one of the stored rows differ: they were summed on another device."""
_DAMAGE: Final = (SafetensorError, msgspec.ValidationError, ValueError, KeyError, TypeError, IndexError, OverflowError)


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


@dataclass(frozen=True, slots=True)
class Shard:
    """The content of a shard's file.

    Attributes:
        entries: one for each of its places; None where it is not computed yet.
        state: ``whole``; ``older``: without a checksum, of version 0.3.0; ``missing`` or ``damaged``: no entries.

    """

    entries: list[ShardEntry | None]
    state: State


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry in the metadata."""

    told: dict[str, Any]
    error: str
    report: SideReport | None


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


def write_shard(folder: Path, kind: Kind, number: int, entries: Sequence[ShardEntry | None], decided: str) -> None:
    """Write a shard; entries that are not computed yet are None.

    ``decided`` is the checksum of what decides the numbers, see ``batch_folder.decided_sha256``.

    Raises:
        OutputError: the file cannot be written.

    """
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
    text = json.dumps(documents, ensure_ascii=False)
    sums = {"batch": decided, "sha256": digest(decided + text, tensors)}
    tensors |= {name: np.frombuffer(bytes.fromhex(value), np.uint8) for name, value in sums.items()}
    data = save(tensors, {"entries": text})  # one entry: the order of several would be random
    write_atomically(shard_path(folder, kind, number), lambda file: file.write(data))


def read_shard(folder: Path, kind: Kind, number: int, count: int, decided: str) -> Shard:
    """Return a shard; one with another checksum, or of numbers that something else decides, is ``damaged``.

    A shard without a checksum is ``older`` where the rows of each factor add up as its report says.
    """
    size = len(shard_places(kind, number, count))
    path = shard_path(folder, kind, number)
    if not path.exists():
        return Shard([None] * size, "missing")
    try:
        data = read_regular(path, BATCH_FILE, OutputError)
        tensors, text = load(data), _read_entries(data)
        sums = [tensors.pop(name, None) for name in ("batch", "sha256")]
        has_sum = any(one is not None for one in sums)
        expected = (decided, digest(decided + text, tensors))
        if has_sum and expected != tuple("" if one is None else one.tobytes().hex() for one in sums):
            return Shard([None] * size, "damaged")
        documents = msgspec.convert(decode_json(text), list[_Document | None])
        entries = [_make_entry(place, one, tensors) for place, one in enumerate(documents)]
        known = {f"{place}.{name}" for place in range(size) for name in ("rows", *ENDS)}
    except (OutputError, *_DAMAGE):
        return Shard([None] * size, "damaged")
    if len(entries) != size or tensors.keys() - known or not (has_sum or all(map(_adds_up, entries))):
        return Shard([None] * size, "damaged")
    return Shard(entries, "whole" if has_sum else "older")


def read_shard_values(folder: Path, kind: Kind, number: int) -> list[Mapping[str, Any] | None]:
    """Return the plain values of a shard's entries without reading its factors; None where one is not computed.

    They are not checked against the checksum, which covers the factors: who uses them, checks the entry.
    """
    try:
        with open_regular(shard_path(folder, kind, number), BATCH_FILE, OutputError) as file:
            size = int.from_bytes(file.read(8), "little")
            head = file.read(min(size, BATCH_FILE.most_bytes))
        documents = msgspec.convert(decode_json(decode_json(head)["__metadata__"]["entries"]), list[_Document | None])
        return [None if one is None or one.report is None else one.told for one in documents]
    except (OutputError, OSError, MemoryError, *_DAMAGE):
        return []


def _read_entries(data: bytes) -> str:
    head = decode_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return msgspec.convert(head["__metadata__"]["entries"], str)


def _make_entry(place: int, document: _Document | None, tensors: Mapping[str, Any]) -> ShardEntry | None:
    if document is None:
        return None
    if document.report is None:
        return ShardEntry(document.told, None, document.error)
    ends = Ends(**{field: tensors.get(f"{place}.{name}") for name, field in ENDS.items()})  # type: ignore[arg-type]  # full alone may lack
    return ShardEntry(document.told, Factor(tensors[f"{place}.rows"], ends, document.report))


def _adds_up(entry: ShardEntry | None) -> bool:
    """Return whether the rows of a factor add up to its ends with the residual in its report."""
    factor = None if entry is None else entry.factor
    if factor is None:
        return True
    ends = [getattr(factor.ends, field) for field in ENDS.values()]
    arrays = [factor.rows, *(end for end in ends if end is not None)]
    if any(end is None for end in ends[:3]) or any(one.shape != factor.rows.shape[1:] for one in arrays[1:]):
        return False
    if factor.rows.ndim != 2 or not all(one.dtype.kind == "f" and np.isfinite(one).all() for one in arrays):
        return False
    with np.errstate(all="ignore"):
        target = factor.ends.embedding - factor.ends.reference
        missed = float(np.linalg.norm(factor.rows.sum(axis=0, dtype=np.float64) - target))
        error = missed / max(float(np.linalg.norm(target)), 1e-30)
    return bool(abs(error - factor.report.residual) <= _SUM_ERROR * (1 + error))
