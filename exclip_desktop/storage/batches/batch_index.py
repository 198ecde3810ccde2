"""Reads a batch: any picture × any caption, as the product of two stored factors; and writes its index."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.cache_keys import PairKeys
from exclip_desktop.core.errors import OutputError, Remedy
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.core.inputs.regular_files import open_regular
from exclip_desktop.core.text.accuracy_warnings import find_inexact_integrals
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.explanation import Explanation, Factor, multiply_factors
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import positive_share
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.batches.batch_folder import (
    INDEX,
    RUN_AGAIN,
    SCORES,
    check_sum,
    decided_sha256,
    read_header,
)
from exclip_desktop.storage.batches.shard_files import (
    BATCH_FILE,
    KINDS,
    SHARD_OF,
    Kind,
    Shard,
    ShardEntry,
    read_shard,
    read_shard_values,
    shard_path,
    shards,
)
from exclip_desktop.storage.regions import region_to_value

CACHED_SHARDS: Final = 4
"""Shards of each kind that a reader caches: neighbours in a list share one."""


class Batch:
    """The content of a batch's folder.

    Attributes:
        folder: the folder.
        header: the values of ``batch.json``; ``decided``: the checksum of those that decide the numbers.
        settings: the settings of its explanations.
        pictures, captions: as the list writes them, each once; ``counts``: how many there are.

    """

    def __init__(self, folder: str | Path) -> None:
        """Open a folder; raise ``OutputError`` where it holds no batch."""
        self.folder = Path(folder)
        self.header = read_header(self.folder)
        self.settings = self.header.settings
        self.pictures, self.captions = self.header.pictures, self.header.captions
        self.counts: dict[Kind, int] = {"pictures": len(self.pictures), "captions": len(self.captions)}
        self.decided = decided_sha256(self.header)
        self._shard = lru_cache(2 * CACHED_SHARDS)(self._read)

    def pairs(self) -> Iterator[dict[str, Any]]:
        """Yield the index, one listed pair at a time.

        Raises:
            OutputError: the batch is not finished, or the index is damaged.

        """
        path = self.folder / INDEX
        if not path.exists():
            raise OutputError(f"The batch in {self.folder} is not finished.", "Run it again to go on.")
        check_sum(self.folder, INDEX, self.header)
        with open_regular(path, BATCH_FILE, OutputError) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield msgspec.convert(decode_json(line), dict[str, Any])
                except (JsonError, msgspec.ValidationError) as error:
                    raise OutputError(f"{path}, line {number}, is not a line of an index.", RUN_AGAIN) from error

    def scores(self) -> NDArray[np.float32]:
        """Return the score of every picture with every caption, (pictures, captions), memory-mapped.

        Raises:
            OutputError: the batch was computed without ``all_pairs``, or the file is damaged.

        """
        path = self.folder / SCORES
        if not path.exists():
            raise OutputError(f"The batch in {self.folder} has no scores of all pairs.", Remedy.COMPUTE_ALL_PAIRS)
        check_sum(self.folder, SCORES, self.header)
        try:
            scores = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        except (OSError, ValueError, EOFError, SyntaxError, TypeError) as error:
            raise OutputError(f"{path} is no array that can be read.", RUN_AGAIN) from error
        if scores.shape != (self.counts["pictures"], self.counts["captions"]) or scores.dtype != np.dtype("<f4"):
            raise OutputError(f"{path} does not fit the list of the batch.", RUN_AGAIN)
        return scores

    def explanation(self, picture: str | int, caption: str | int) -> Explanation:
        """Return the explanation of any picture with any caption, each by its listed text or its place.

        Raises:
            OutputError: there is no such picture or caption, or it failed, for the reason in the message.

        """
        image, text = self._entry_of("pictures", picture), self._entry_of("captions", caption)
        assert image.factor is not None
        assert text.factor is not None
        geometry = Geometry(*map(tuple, image.values["geometry"]))
        prefix = image.values["prefix"]
        return multiply_factors(
            caption_from_values(text.values), text.factor, geometry, prefix, image.factor, self.settings
        )

    def entry(self, kind: Kind, place: int) -> ShardEntry | None:
        """Return the stored entry of a picture or caption; None where it is not computed yet."""
        shard, at = divmod(place, SHARD_OF[kind])
        return self._shard(kind, shard).entries[at]

    def _entry_of(self, kind: Kind, which: str | int) -> ShardEntry:
        names: Sequence[str] = self.pictures if kind == "pictures" else self.captions
        place = names.index(which) if isinstance(which, str) and which in names else which
        if isinstance(place, str) or not 0 <= place < len(names):
            raise OutputError(f"The batch in {self.folder} has no {kind[:-1]} {which}.", "Choose one of its list.")
        entry = self.entry(kind, place)
        if entry is None or entry.factor is None:
            why = self._reason(kind, place) if entry is None else entry.error
            raise OutputError(f"The {kind[:-1]} {names[place]} has no factor: {why}", "Run the batch again.")
        return entry

    def _reason(self, kind: Kind, place: int) -> str:
        number = place // SHARD_OF[kind]
        if self._shard(kind, number).state == "damaged":
            return f"{shard_path(self.folder, kind, number)} is damaged."
        return "it is not computed yet."

    def _read(self, kind: Kind, number: int) -> Shard:
        return read_shard(self.folder, kind, number, self.counts[kind], self.decided)


class BatchFactors:
    """The factors of a batch by their cache keys; used in one thread. A damaged or older batch has none."""

    def __init__(self, folder: Path) -> None:
        """Read from ``folder``, when a key is first looked up."""
        self._folder = folder
        self._batch: Batch | None = None
        self._places: dict[str, tuple[Kind, int]] | None = None

    def get(self, key: str) -> Factor | None:
        """Return a factor, or None."""
        if self._places is None:
            self._places = self._read_places()
        place = self._places.get(key)
        entry = None if place is None or self._batch is None else self._batch.entry(*place)
        return None if entry is None or entry.values.get("key") != key else entry.factor

    def _read_places(self) -> dict[str, tuple[Kind, int]]:
        places: dict[str, tuple[Kind, int]] = {}
        try:
            self._batch = Batch(self._folder)
        except OutputError:
            return places
        for kind in KINDS:
            for number in shards(kind, self._batch.counts[kind]):
                for at, values in enumerate(read_shard_values(self._folder, kind, number)):
                    if values is not None and isinstance(values.get("key"), str):
                        places[values["key"]] = kind, number * SHARD_OF[kind] + at
        return places


def caption_to_values(caption: Caption) -> dict[str, Any]:
    """Return a caption as plain values."""
    return {
        "text": caption.text,
        "tokens": [(token.id, token.text, token.kind, token.start, token.end) for token in caption.tokens],
        "words": [(word.text, word.start, word.end, word.rows) for word in caption.words],
        "unseen": caption.unseen,
        "context": caption.context,
    }


def caption_from_values(values: Any) -> Caption:
    """Return the caption of plain values."""
    words = tuple(Word(text, start, end, tuple(rows)) for text, start, end, rows in values["words"])
    unseen = None if values["unseen"] is None else (values["unseen"][0], values["unseen"][1])
    return Caption(values["text"], tuple(Token(*token) for token in values["tokens"]), words, unseen, values["context"])


def write_index(
    batch: Batch, pairs: Iterable[ListedPair], keep: Callable[[str, Explanation], None] | None = None
) -> tuple[list[str], int]:
    """Write ``index.jsonl``; return the failures, a sentence each, and the number of pairs with inexact integrals.

    ``keep`` receives the explanation of every pair with its cache key.
    """
    failed: list[str] = []
    inexact = 0
    pictures, captions = ({name: at for at, name in enumerate(names)} for names in (batch.pictures, batch.captions))

    def write(file: BinaryIO) -> None:
        nonlocal inexact
        for pair in pairs:
            line = _line(batch, pair, pictures[pair.picture], captions[pair.caption], keep)
            if "error" in line:
                failed.append(f"{pair.id}: {line['error']}")
            inexact += line.get("exact") is False
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    write_atomically(batch.folder / INDEX, write)
    return failed, inexact


def find_pair_keys(text: ShardEntry, image: ShardEntry) -> PairKeys | None:
    """Return the cache keys of a caption's and a picture's entry; None where an older version wrote them."""
    words, picture = text.values.get("key"), image.values.get("key")
    return PairKeys(words, picture) if isinstance(words, str) and isinstance(picture, str) else None


def write_scores(batch: Batch) -> None:
    """Write the score of every picture with every caption, a shard of pictures at a time."""
    shape = batch.counts["pictures"], batch.counts["captions"]
    directions = [_direction(batch.entry("captions", at)) for at in range(shape[1])]
    size = next((len(one) for one in directions if one is not None), 1)
    texts = np.stack([np.full(size, np.nan) if one is None else one for one in directions])

    def write(file: BinaryIO) -> None:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for at in range(shape[0]):
            image = _direction(batch.entry("pictures", at))
            row = np.full(shape[1], np.nan) if image is None else texts @ image
            file.write(row.astype("<f4").tobytes())

    write_atomically(batch.folder / SCORES, write)


def _direction(entry: ShardEntry | None) -> NDArray[np.float64] | None:
    """Return the embedding of an entry at unit length; None where it failed."""
    if entry is None or entry.factor is None:
        return None
    embedding = entry.factor.ends.embedding
    return np.asarray(embedding / np.linalg.norm(embedding))


def _line(
    batch: Batch,
    pair: ListedPair,
    picture: int,
    caption: int,
    keep: Callable[[str, Explanation], None] | None,
) -> dict[str, Any]:
    named: dict[str, Any] = {"id": pair.id, "picture": pair.picture, "caption": pair.caption, "label": pair.label}
    if pair.regions:
        named["boxes"] = [region_to_value(region) for region in pair.regions]
    if pair.mask:
        named["mask"] = pair.mask
    image, text = batch.entry("pictures", picture), batch.entry("captions", caption)
    error = next((entry.error for entry in (image, text) if entry is not None and entry.error), "")
    if error:
        return {**named, "error": error}
    explanation = batch.explanation(picture, caption)
    keys = None if image is None or text is None else find_pair_keys(text, image)
    if keep is not None and keys is not None:
        keep(keys.pair, explanation)
    return {
        **named,
        "score": explanation.score,
        "residual": explanation.residual,
        "exact": not find_inexact_integrals(explanation),
        "box_share": positive_share(explanation.interactions.patch_heat(), explanation.geometry, pair.regions),
        "ledger": dict(explanation.ledger.lines()),
        "picture_sha256": "" if image is None else image.values["sha256"],
        "picture_place": picture,
        "caption_place": caption,
    }
