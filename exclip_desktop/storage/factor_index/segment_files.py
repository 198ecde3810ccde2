"""The segments of a factor index: the factors of a few hundred pictures each, as arrays that are memory-mapped.

| file | content |
|---|---|
| ``00000.rows.npy`` | float32 or float16 (patches, D): the rows of the patches of all pictures, divided by ‖e_v‖ |
| ``00000.sums.npy`` | float32 (pictures, 2, D): the sum of a picture's rows, and its embedding, both divided by ‖e_v‖ |
| ``00000.safetensors`` | the small arrays, see ``SegmentArrays``, and a description with the sources of the segment |

The last file is written last and names the CRC-32 of the other two; it holds a checksum of itself. Whoever reads rows
or sums for the first time compares their CRC-32. What differs is never used: the segment is written again.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.inputs.json_documents import Count, decode_json
from exclip_desktop.core.inputs.regular_files import InputKind, open_regular, read_regular
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.cache_entries import digest

FORMAT: Final = 1
INDEX_FILE: Final = InputKind("index file", 64_000_000_000)
RowType = Literal["float32", "float16"]
ROW_TYPES: Final[dict[RowType, str]] = {"float32": "<f4", "float16": "<f2"}
_MOST_SIDE: Final = 4096
_DAMAGE: Final = (OutputError, SafetensorError, msgspec.ValidationError, ValueError, KeyError, TypeError, IndexError)


class DamagedIndex(OutputError):
    """Rows or sums of a segment are not as they were written.

    Attributes:
        number: of the segment.

    """

    def __init__(self, path: Path, number: int) -> None:
        super().__init__(f"{path} is damaged.", "Search again: it is written anew.")
        self.number = number


class SourceStamp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size and time of change of a file that a segment was made of; both 0 where there is none."""

    bytes: Count
    changed_ns: int


class IndexSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The description of a segment.

    Attributes:
        version: of the format.
        decided: the checksum of what decides the numbers, see ``batch_folder.decided_sha256``.
        rows: the type of the rows.
        size: D.
        sources: the state of its source files, in order.
        failed: a sentence for each picture without a factor, by its place.

    """

    version: int
    decided: str
    rows: RowType
    size: Count
    sources: tuple[SourceStamp, ...]
    failed: dict[int, str]


@dataclass(frozen=True, slots=True)
class SegmentArrays:
    """The small arrays of a segment; n pictures with a factor.

    Attributes:
        places: int64 (n,): their places in the list, ascending.
        grids: int64 (n, 2): rows and columns of patches.
        sizes, visible: int64 (n, 2), float64 (n, 4): their geometry.
        prefixes: int64 (n,): prefix tokens of the model.
        lengths: float32 (patches,): ‖v_j‖ / ‖e_v‖, in the order of the rows.
        keys: uint8 (n, 32): their cache keys; zeros where unknown.
        rows_crc: uint32 (n,): CRC-32 of each picture's rows.
        sums_crc: uint32 (1,): of the file's sums.

    """

    places: NDArray[np.int64]
    grids: NDArray[np.int64]
    sizes: NDArray[np.int64]
    visible: NDArray[np.float64]
    prefixes: NDArray[np.int64]
    lengths: NDArray[np.float32]
    keys: NDArray[np.uint8]
    rows_crc: NDArray[np.uint32]
    sums_crc: NDArray[np.uint32]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """The first row of each picture, and the number of all rows: (n + 1,)."""
        return np.concatenate([[0], np.cumsum(self.grids.prod(1))])

    def geometry(self, at: int) -> Geometry:
        """Return the geometry of a picture by its number in the segment."""
        width, height = self.sizes[at].tolist()
        x0, y0, x1, y1 = self.visible[at].tolist()
        rows, columns = self.grids[at].tolist()
        return Geometry((width, height), (x0, y0, x1, y1), (rows, columns))


@dataclass(frozen=True, slots=True)
class IndexedFactor:
    """A picture's factor as it is indexed.

    Attributes:
        place: of the picture in its list.
        key: its cache key, 64 hexadecimal digits, or empty.
        geometry, prefix: its layout.
        rows: float64 (patches, D), divided by ‖e_v‖.
        embedding: float64 (D,), divided by its length.

    """

    place: int
    key: str
    geometry: Geometry
    prefix: int
    rows: NDArray[np.float64]
    embedding: NDArray[np.float64]


def write_segment(folder: Path, number: int, segment: IndexSegment, pictures: Sequence[IndexedFactor]) -> None:
    """Write the files of a segment.

    Raises:
        OutputError: they cannot be written.

    """
    stored = [one.rows.astype(ROW_TYPES[segment.rows]) for one in pictures]
    rows = np.concatenate(stored) if stored else np.zeros((0, segment.size), ROW_TYPES[segment.rows])
    sums = np.zeros((len(pictures), 2, segment.size), "<f4")
    for at, one in enumerate(pictures):
        sums[at] = one.rows.sum(0), one.embedding
    arrays = SegmentArrays(
        places=np.array([one.place for one in pictures], np.int64),
        grids=np.array([one.geometry.grid for one in pictures], np.int64).reshape(-1, 2),
        sizes=np.array([one.geometry.source_size for one in pictures], np.int64).reshape(-1, 2),
        visible=np.array([one.geometry.visible for one in pictures], np.float64).reshape(-1, 4),
        prefixes=np.array([one.prefix for one in pictures], np.int64),
        lengths=np.concatenate([np.zeros(0), *(np.linalg.norm(one.rows, axis=1) for one in pictures)]).astype("<f4"),
        keys=np.array([list(bytes.fromhex(one.key.rjust(64, "0"))) for one in pictures], np.uint8).reshape(-1, 32),
        rows_crc=np.array([crc_of(one) for one in stored], np.uint32),
        sums_crc=np.array([crc_of(sums)], np.uint32),
    )
    for ending, values in (("rows.npy", rows), ("sums.npy", sums)):
        path = folder / f"{number:05d}.{ending}"
        write_atomically(path, lambda file, values=values: np.save(file, values, allow_pickle=False))  # type: ignore[misc]
    write_description(folder, number, segment, arrays)


def write_description(folder: Path, number: int, segment: IndexSegment, arrays: SegmentArrays) -> None:
    """Write the last file of a segment, which names the checksums of the others; raise ``OutputError`` as above."""
    text = json.dumps(msgspec.to_builtins(segment, str_keys=True), ensure_ascii=False)
    tensors = {one.name: getattr(arrays, one.name) for one in fields(arrays)}
    tensors["sha256"] = np.frombuffer(bytes.fromhex(digest(text, tensors)), np.uint8)
    write_atomically(segment_path(folder, number), lambda file: file.write(save(tensors, {"segment": text})))


def crc_of(values: NDArray[Any]) -> int:
    """Return the CRC-32 of an array's bytes."""
    return zlib.crc32(np.ascontiguousarray(values).data)


def segment_path(folder: Path, number: int) -> Path:
    """Return the file with the description of a segment."""
    return folder / f"{number:05d}.safetensors"


def read_segment(folder: Path, number: int) -> tuple[IndexSegment, SegmentArrays] | None:
    """Return a segment's description and small arrays; None where it is missing, damaged or of another version."""
    try:
        data = read_regular(segment_path(folder, number), INDEX_FILE, OutputError)
        tensors = load(data)
        head = decode_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
        text = msgspec.convert(head["__metadata__"]["segment"], str)
        if tensors.pop("sha256").tobytes().hex() != digest(text, tensors):
            return None
        segment = msgspec.convert(decode_json(text), IndexSegment, str_keys=True)
        arrays = SegmentArrays(**tensors)
        _check_arrays(segment, arrays)
    except _DAMAGE:
        return None
    return segment, arrays


def map_rows(folder: Path, number: int, segment: IndexSegment, arrays: SegmentArrays) -> NDArray[Any]:
    """Return the rows of a segment, memory-mapped; raise ``DamagedIndex`` where they do not fit."""
    return _map(folder, number, "rows.npy", (len(arrays.lengths), segment.size), ROW_TYPES[segment.rows])


def map_sums(folder: Path, number: int, segment: IndexSegment, arrays: SegmentArrays) -> NDArray[np.float32]:
    """Return the sums and embeddings of a segment, memory-mapped; raise ``DamagedIndex`` where they do not fit."""
    return _map(folder, number, "sums.npy", (len(arrays.places), 2, segment.size), "<f4")


def _map(folder: Path, number: int, ending: str, shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    path = folder / f"{number:05d}.{ending}"
    try:
        open_regular(path, INDEX_FILE, OutputError).close()
        empty = 0 in shape  # which cannot be mapped
        values = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
    except (OutputError, OSError, ValueError, EOFError, SyntaxError, TypeError) as error:
        raise DamagedIndex(path, number) from error
    if values.shape != shape or values.dtype != np.dtype(kind) or not values.flags.c_contiguous:
        raise DamagedIndex(path, number)
    return np.asarray(values)


def _check_arrays(segment: IndexSegment, arrays: SegmentArrays) -> None:
    """Raise ``ValueError`` unless the arrays fit together: a checksum does not tell who has written them."""
    count = len(arrays.places)
    patches = arrays.grids.prod(1) if arrays.grids.ndim == 2 else np.zeros(0)
    expected: Mapping[str, tuple[tuple[int, ...], str]] = {
        "places": ((count,), "<i8"),
        "grids": ((count, 2), "<i8"),
        "sizes": ((count, 2), "<i8"),
        "visible": ((count, 4), "<f8"),
        "prefixes": ((count,), "<i8"),
        "lengths": ((int(patches.sum()),), "<f4"),
        "keys": ((count, 32), "|u1"),
        "rows_crc": ((count,), "<u4"),
        "sums_crc": ((1,), "<u4"),
    }
    for name, (shape, kind) in expected.items():
        values = getattr(arrays, name)
        if values.shape != shape or values.dtype != np.dtype(kind):
            raise ValueError(f"{name} does not fit")
    whole = np.isfinite(arrays.visible).all() and np.isfinite(arrays.lengths).all()
    inside = ((arrays.grids > 0) & (arrays.grids <= _MOST_SIDE)).all() and (arrays.sizes > 0).all()
    ascending = (np.diff(arrays.places) > 0).all() and (count == 0 or arrays.places[0] >= 0)
    if segment.version != FORMAT or not (whole and inside and ascending):
        raise ValueError("a value is out of its range")
