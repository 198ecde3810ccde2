"""The public functions ``batch`` and ``open_batch``: many pairs, each picture and each caption computed once."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exclip_desktop.attribution.compute_errors import memory_told
from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    describe_settings,
    picture_factor,
    resolve_settings,
)
from exclip_desktop.core.errors import CaptionError, DeviceError, MemoryShortage, SettingsError, UserError
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.batches.batch_folder import (
    KINDS,
    Kind,
    ShardEntry,
    prepare_batch_folder,
    read_shard,
    shard_places,
    shards,
    write_shard,
)
from exclip_desktop.storage.batches.batch_index import Batch, caption_values, write_index, write_scores
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, Picture, picture_sha256, read_picture


@dataclass(frozen=True, slots=True)
class BatchDone:
    """What came of a batch.

    Attributes:
        batch: reads any picture × any caption.
        pairs: how many the list has.
        failed: the pairs that failed, a sentence each, with the id before it; empty before all shards are there.
        inexact: how many pairs' integrals are not as exact as they should be; the index says which, and their residual.
        missing: how many shards other machines have still to make; the index is written when there is none.

    """

    batch: Batch
    pairs: int
    failed: tuple[str, ...] = ()
    inexact: int = 0
    missing: int = 0


def open_batch(folder: str | Path) -> Batch:
    """Return a batch's reader; raises ``OutputError`` where the folder holds none."""
    return Batch(folder)


def batch(
    model: Model,
    pairs: str | Path | PairList,
    out: str | Path,
    *,
    all_pairs: bool = False,
    shard: tuple[int, int] = (1, 1),
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> BatchDone:
    """Explain a whole list into a folder: M pictures and N captions cost M + N factors; matrices are their products.

    Args:
        model: a loaded model.
        pairs: a list's file or folder, or a list that was read.
        out: the folder; what is there of the same list and settings is kept, so that a run that was cut off goes on.
        all_pairs: whether every picture's score with every caption is written as well.
        shard: (I, N): make only the I-th of N parts, from 1; the last to finish writes the index.
        max_megapixels: largest picture read.
        progress: told how many captions, then pictures, are done.
        cancel: polled between pictures and within them; what is done is kept.
        settings: the method's, as ``explain`` takes them.

    Raises:
        ListError: the list cannot be read.
        OutputError: the folder cannot be written, or holds another list or other settings.
        SettingsError: a setting does not fit the model.
        Cancelled: the person cancelled.

    """
    part, parts = shard
    if not 1 <= part <= parts:
        raise SettingsError(f"There is no part {part} of {parts}.", Remedy.CHOOSE_SHARD)
    listed = pairs if isinstance(pairs, PairList) else read_pairs(pairs)
    resolved = resolve_settings(model, ExplainSettings(**settings))
    names: dict[Kind, list[str]] = {
        "pictures": list(dict.fromkeys(pair.picture for pair in listed.pairs)),
        "captions": list(dict.fromkeys(pair.caption for pair in listed.pairs)),
    }
    folder = Path(out)
    prepare_batch_folder(
        folder, _header(model, resolved) | {"pictures": names["pictures"], "captions": names["captions"]}
    )
    work = _Work(folder, names, progress or ignore_progress, cancel or CancelToken())
    makers = _makers(model, listed, resolved, max_megapixels, work.cancel)
    for kind in KINDS:
        for number in shards(kind, len(names[kind])):
            if number % parts == part - 1:
                work.fill(kind, number, makers[kind])
    return _finished(Batch(folder), listed, all_pairs, alone=parts == 1)


def _header(model: Model, settings: ExplainSettings) -> dict[str, Any]:
    decided = {"model": model.fingerprint, "dtype": str(model.dtype), **settings.cache_key()}
    return {"decided_by": decided, "settings": asdict(describe_settings(model, settings))}


@dataclass(frozen=True, slots=True)
class _Maker:
    """How entries of a kind are made.

    Attributes:
        read: what a factor is made of, from a picture's path or a caption. It runs in a thread of its own, and without
            torch: a second pool of threads would take the first one's cores (ViT-B-32: 163 → 220 ms a pair on two).
        make: the entry, from that.
        changed: whether an entry is of something that has changed since.

    """

    read: Callable[[str], Any]
    make: Callable[[Any], ShardEntry]
    changed: Callable[[str, ShardEntry], bool]


def _makers(
    model: Model, listed: PairList, settings: ExplainSettings, max_megapixels: float, cancel: CancelToken
) -> dict[Kind, _Maker]:
    return {
        "captions": _Maker(
            read=lambda text: _read_caption(model, text),
            make=lambda read: _made_caption(model, read, settings, cancel),
            changed=lambda _, __: False,
        ),
        "pictures": _Maker(
            read=lambda path: _read_picture(listed.path_of(path), max_megapixels),
            make=lambda read: _made_picture(model, read, settings, cancel),
            changed=lambda path, entry: _has_changed(listed.path_of(path), entry),
        ),
    }


class _Work:
    """Fills shards, and tells how far it is."""

    def __init__(self, folder: Path, names: dict[Kind, list[str]], progress: Progress, cancel: CancelToken) -> None:
        self._folder, self._names, self._progress, self.cancel = folder, names, progress, cancel

    def fill(self, kind: Kind, number: int, maker: _Maker) -> None:
        """Make what is missing in a shard, failed, or has changed; when it is interrupted, what is done is kept."""
        names = self._names[kind]
        places = shard_places(kind, number, len(names))
        entries = read_shard(self._folder, kind, number, len(names))
        missing = [
            at
            for at, entry in enumerate(entries)
            if entry is None or entry.error or maker.changed(names[places.start + at], entry)
        ]
        try:
            with closing(_one_ahead(maker.read, [names[places.start + at] for at in missing])) as coming:
                for at, read in zip(missing, coming, strict=True):
                    self._progress(Report(kind, places.start + at, len(names)))
                    self.cancel.check()
                    entries[at] = _tried(read, maker.make)
        finally:
            if missing:
                write_shard(self._folder, kind, number, entries)
        self._progress(Report(kind, places.stop, len(names)))


def _finished(found: Batch, listed: PairList, all_pairs: bool, *, alone: bool) -> BatchDone:
    missing = 0 if alone else sum(_missing(found, kind) for kind in KINDS)
    if missing:
        return BatchDone(found, len(listed.pairs), missing=missing)
    failed, inexact = write_index(found, listed.pairs)
    if all_pairs:
        write_scores(found)
    return BatchDone(found, len(listed.pairs), tuple(failed), inexact)


def _missing(found: Batch, kind: Kind) -> int:
    count = found.counts[kind]
    return sum(None in read_shard(found.folder, kind, number, count) for number in shards(kind, count))


def _one_ahead(read: Callable[[str], Any], names: Sequence[str]) -> Generator[Callable[[], Any]]:
    """Yield for each name what waits for its reading; the next one's begins meanwhile, in a thread."""
    with ThreadPoolExecutor(1, "reading") as ahead:
        waiting = [ahead.submit(read, name) for name in names[:1]]
        for following in range(1, len(names) + 1):
            waiting += [ahead.submit(read, name) for name in names[following : following + 1]]
            yield waiting.pop(0).result


def _read_caption(model: Model, text: str) -> Caption:
    if not text.strip():
        raise CaptionError("The picture has no caption.", "Write it into the list, or beside NAME.png in NAME.txt.")
    return model.reader.read(text)


def _made_caption(model: Model, caption: Caption, settings: ExplainSettings, cancel: CancelToken) -> ShardEntry:
    return ShardEntry(caption_values(caption), caption_factor(model, caption, settings, cancel=cancel))


def _read_picture(path: Path, max_megapixels: float) -> tuple[Picture, dict[str, Any]]:
    """Return a picture, and what is told of its file."""
    picture = read_picture(path, max_megapixels)
    return picture, {"sha256": picture_sha256(path), "bytes": path.stat().st_size}


def _made_picture(
    model: Model, read: tuple[Picture, dict[str, Any]], settings: ExplainSettings, cancel: CancelToken
) -> ShardEntry:
    picture, file = read
    height, width = picture.pixels.shape[:2]
    geometry = model.geometry((width, height), settings.layer("image"), settings.framing)
    cut = model.image.cut(settings.layer("image"), model.preprocess.input_size((width, height), settings.framing))
    place = geometry.source_size, geometry.seen, geometry.grid
    told = {"geometry": place, "prefix": cut.prefix, "notes": picture.notes, **file}
    return ShardEntry(told, picture_factor(model, picture.pixels, settings, cancel=cancel))


def _has_changed(path: Path, entry: ShardEntry) -> bool:
    """Return whether a picture's file is of another size than when it was read: a list may lie elsewhere now."""
    try:
        return bool(path.stat().st_size != entry.values["bytes"])
    except OSError:  # gone: what is there was of the right one
        return False


def _tried(read: Callable[[], Any], make: Callable[[Any], ShardEntry]) -> ShardEntry:
    """Return what is made, or why it cannot be; trouble with the computer is no entry's fault."""
    try:
        with memory_told():
            return make(read())
    except (MemoryShortage, DeviceError):
        raise
    except UserError as error:
        return ShardEntry({}, None, str(error))
