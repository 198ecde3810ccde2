"""Reads a finished batch: any picture × any caption, as a product of two stored factors; and writes its index."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.text.accuracy_warnings import find_inexact_integrals
from exclip_desktop.core.values.caption import Caption, Token, Word
from exclip_desktop.core.values.explanation import Explanation, ResolvedSettings
from exclip_desktop.core.values.factor import multiply_factors
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import positive_share
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.batches.batch_folder import SHARD_OF, Entry, Kind, header_of, read_shard

HELD: Final = 4
"""Shards of each kind that a reader keeps: neighbours in a list share one."""


class Batch:
    """A batch's folder, read.

    Attributes:
        folder: where it is.
        settings: what decided the numbers.
        counts: how many ``pictures`` and ``captions`` it has.

    """

    def __init__(self, folder: str | Path) -> None:
        """Open a folder; raises ``OutputError`` where it holds no batch."""
        self.folder = Path(folder)
        told = header_of(self.folder)
        self.settings = ResolvedSettings(**told["settings"])
        self.counts: dict[Kind, int] = {"pictures": len(told["pictures"]), "captions": len(told["captions"])}
        self.pictures, self.captions = tuple(told["pictures"]), tuple(told["captions"])
        self._shard = lru_cache(2 * HELD)(self._read)

    def pairs(self) -> Iterator[dict[str, Any]]:
        """Return the index, a listed pair after the other; raises ``OutputError`` before the batch is finished."""
        try:
            with (self.folder / "index.jsonl").open("rb") as lines:
                yield from map(json.loads, lines)
        except FileNotFoundError as error:
            raise OutputError(f"The batch in {self.folder} is not finished.", "Run it again to go on.") from error

    def scores(self) -> NDArray[np.float32]:
        """Return every picture's score with every caption, (pictures, captions), read as it is used.

        Raises:
            OutputError: all pairs were not asked for.

        """
        path = self.folder / "scores.npy"
        if not path.exists():
            raise OutputError(f"The batch in {self.folder} has no scores of all pairs.", Remedy.COMPUTE_ALL_PAIRS)
        return np.asarray(np.load(path, mmap_mode="r"))

    def explanation(self, picture: str | int, caption: str | int) -> Explanation:
        """Return any picture's explanation with any caption, by their text as listed or their place.

        Raises:
            OutputError: there is no such picture or caption, or it failed; the message says why.

        """
        image, text = self._found("pictures", picture), self._found("captions", caption)
        assert image.factor is not None
        assert text.factor is not None
        geometry = Geometry(*map(tuple, image.told["geometry"]))
        prefix = image.told["prefix"]
        return multiply_factors(caption_told(text.told), text.factor, geometry, prefix, image.factor, self.settings)

    def entry(self, kind: Kind, place: int) -> Entry | None:
        """Return what is stored of a picture or caption; None where it is not done yet."""
        shard, at = divmod(place, SHARD_OF[kind])
        return self._shard(kind, shard)[at]

    def _found(self, kind: Kind, which: str | int) -> Entry:
        names: Sequence[str] = self.pictures if kind == "pictures" else self.captions
        place = names.index(which) if isinstance(which, str) and which in names else which
        if isinstance(place, str) or not 0 <= place < len(names):
            raise OutputError(f"The batch in {self.folder} has no {kind[:-1]} {which}.", "Choose one of its list.")
        entry = self.entry(kind, place)
        if entry is None or entry.factor is None:
            why = "it is not done yet" if entry is None else entry.error
            raise OutputError(f"The {kind[:-1]} {names[place]} has no factor: {why}", "Run the batch again.")
        return entry

    def _read(self, kind: Kind, number: int) -> list[Entry | None]:
        return read_shard(self.folder, kind, number, self.counts[kind])


def caption_as_plain(caption: Caption) -> dict[str, Any]:
    """Return a caption as plain values."""
    return {
        "text": caption.text,
        "tokens": [(token.id, token.text, token.kind, token.start, token.end) for token in caption.tokens],
        "words": [(word.text, word.start, word.end, word.rows) for word in caption.words],
        "unseen": caption.unseen,
        "context": caption.context,
    }


def caption_told(told: Any) -> Caption:
    """Return the caption of plain values."""
    words = tuple(Word(text, start, end, tuple(rows)) for text, start, end, rows in told["words"])
    unseen = None if told["unseen"] is None else (told["unseen"][0], told["unseen"][1])
    return Caption(told["text"], tuple(Token(*token) for token in told["tokens"]), words, unseen, told["context"])


def write_index(batch: Batch, pairs: Iterable[ListedPair]) -> tuple[list[str], int]:
    """Write ``index.jsonl``; return what failed, a sentence a pair, and how many pairs' integrals are not exact."""
    failed: list[str] = []
    inexact = 0
    pictures, captions = ({name: at for at, name in enumerate(names)} for names in (batch.pictures, batch.captions))

    def write(file: BinaryIO) -> None:
        nonlocal inexact
        for pair in pairs:
            line = _line(batch, pair, pictures[pair.picture], captions[pair.caption])
            if "error" in line:
                failed.append(f"{pair.id}: {line['error']}")
            inexact += line.get("exact") is False
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    write_atomically(batch.folder / "index.jsonl", write)
    return failed, inexact


def write_scores(batch: Batch) -> None:
    """Write every picture's score with every caption, a shard of pictures at a time."""
    shape = batch.counts["pictures"], batch.counts["captions"]
    found = [_direction(batch.entry("captions", at)) for at in range(shape[1])]
    size = next((len(one) for one in found if one is not None), 1)
    texts = np.stack([np.full(size, np.nan) if one is None else one for one in found])

    def write(file: BinaryIO) -> None:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for at in range(shape[0]):
            image = _direction(batch.entry("pictures", at))
            row = np.full(shape[1], np.nan) if image is None else texts @ image
            file.write(row.astype("<f4").tobytes())

    write_atomically(batch.folder / "scores.npy", write)


def _direction(entry: Entry | None) -> NDArray[np.float64] | None:
    """Return an entry's embedding at unit length; None where it failed."""
    if entry is None or entry.factor is None:
        return None
    embedding = entry.factor.ends.embedding
    return np.asarray(embedding / np.linalg.norm(embedding))


def _line(batch: Batch, pair: ListedPair, picture: int, caption: int) -> dict[str, Any]:
    named = {"id": pair.id, "picture": pair.picture, "caption": pair.caption, "label": pair.label}
    image, text = batch.entry("pictures", picture), batch.entry("captions", caption)
    error = next((entry.error for entry in (image, text) if entry is not None and entry.error), "")
    if error:
        return {**named, "error": error}
    found = batch.explanation(picture, caption)
    return {
        **named,
        "score": found.score,
        "residual": found.residual,
        "exact": not find_inexact_integrals(found),
        "box_share": positive_share(found.interactions.patch_heat(), found.geometry, pair.regions),
        "ledger": dict(found.ledger.lines()),
        "picture_sha256": "" if image is None else image.told["sha256"],
        "picture_place": picture,
        "caption_place": caption,
    }
