"""The public functions ``batch`` and ``open_batch``: many pairs, each picture and each caption computed once."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    describe_settings,
    picture_factor,
    resolve_settings,
)
from exclip_desktop.attribution.second_order.stored_explain import make_image_key, make_text_key
from exclip_desktop.core.cache_keys import pixels_sha256
from exclip_desktop.core.errors import (
    PYTHON_WORDS,
    CaptionError,
    DeviceError,
    MemoryShortage,
    Remedy,
    SettingsError,
    UserError,
    Words,
)
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.archives import input_bytes
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
from exclip_desktop.storage.batches.batch_index import Batch, caption_to_values, write_index, write_scores
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, Picture, picture_sha256, read_picture


@dataclass(frozen=True, slots=True)
class BatchDone:
    """The result of a batch run.

    Attributes:
        batch: reads any picture × any caption.
        pairs: number of pairs in the list.
        failed: one sentence for each pair that failed, after its id; empty while shards are missing.
        inexact: number of pairs whose integrals do not meet the tolerance; the index has their residuals.
        missing: number of shards that other runs still have to make; the index is written when there are none.

    """

    batch: Batch
    pairs: int
    failed: tuple[str, ...] = ()
    inexact: int = 0
    missing: int = 0


def open_batch(folder: str | Path) -> Batch:
    """Return the reader of a batch; raise ``OutputError`` where the folder has none."""
    return Batch(folder)


def batch(
    model: Model,
    pairs: str | Path | PairList,
    out: str | Path,
    *,
    all_pairs: bool = False,
    shard: tuple[int, int] = (1, 1),
    max_megapixels: float = DEFAULT_MEGAPIXELS,
    cache: FactorCache | None = None,
    words: Words = PYTHON_WORDS,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    **settings: Any,
) -> BatchDone:
    """Explain a whole list into a folder: M pictures and N captions cost M + N factors; matrices are their products.

    Args:
        model: a loaded model.
        pairs: a list's file or folder, or a ``PairList``.
        out: the folder; a run with the same list and settings resumes what it holds.
        all_pairs: whether to write every picture's score with every caption as well.
        shard: (I, N): make only the I-th of N parts, from 1; the last to finish writes the index.
        max_megapixels: largest picture read.
        cache: stores the matrix of every listed pair, as ``open_cache()`` does for the window; None: ``out`` alone.
        words: the sentences on what to do about a pair that failed, in the terms of the interface.
        progress: called with the number of finished captions, then pictures.
        cancel: polled between pictures and within them; finished entries are kept.
        settings: fields of ``ExplainSettings``, by name.

    Raises:
        ListError: the list cannot be read.
        OutputError: the folder cannot be written, or holds another list or other settings.
        SettingsError: a setting does not fit the model.
        Cancelled: the person cancelled.

    """
    part, parts = shard
    if not 1 <= part <= parts:
        raise SettingsError(f"There is no part {part} of {parts}.", Remedy.CHOOSE_SHARD)
    pair_list = pairs if isinstance(pairs, PairList) else read_pairs(pairs)
    resolved = resolve_settings(model, ExplainSettings(**settings))
    names: dict[Kind, list[str]] = {
        "pictures": list(dict.fromkeys(pair.picture for pair in pair_list.pairs)),
        "captions": list(dict.fromkeys(pair.caption for pair in pair_list.pairs)),
    }
    folder = Path(out)
    prepare_batch_folder(
        folder,
        _make_header(model, resolved)
        | {"pictures": names["pictures"], "captions": names["captions"], "folder": str(pair_list.folder.absolute())},
    )
    work = _ShardFiller(folder, names, words, progress or ignore_progress, cancel or CancelToken())
    makers = _make_makers(model, pair_list, resolved, max_megapixels, work.cancel)
    for kind in KINDS:
        for number in shards(kind, len(names[kind])):
            if number % parts == part - 1:
                work.fill(kind, number, makers[kind])
    keep = None if cache is None else cache.put_explanation
    return _finish(Batch(folder), pair_list, all_pairs, keep, alone=parts == 1)


def _make_header(model: Model, settings: ExplainSettings) -> dict[str, Any]:
    decided = {"model": model.fingerprint, "dtype": str(model.dtype), **settings.cache_key()}
    return {"decided_by": decided, "settings": asdict(describe_settings(model, settings))}


@dataclass(frozen=True, slots=True)
class _Maker:
    """The functions that make the entries of a kind.

    Attributes:
        read: reads the picture at a path, or a caption. It runs in its own thread and without torch: a second pool of
            threads would take the cores of the first (ViT-B-32: 163 → 220 ms a pair on two cores).
        make: makes the entry from the result of ``read``.
        changed: returns whether the source of an entry has changed since.

    """

    read: Callable[[str], Any]
    make: Callable[[Any], ShardEntry]
    changed: Callable[[str, ShardEntry], bool]


def _make_makers(
    model: Model, pair_list: PairList, settings: ExplainSettings, max_megapixels: float, cancel: CancelToken
) -> dict[Kind, _Maker]:
    return {
        "captions": _Maker(
            read=lambda text: _read_caption(model, text),
            make=lambda read: _make_caption_entry(model, read, settings, cancel),
            changed=lambda _, __: False,
        ),
        "pictures": _Maker(
            read=lambda path: _read_picture(pair_list.path_of(path), max_megapixels),
            make=lambda read: _make_picture_entry(model, read, settings, cancel),
            changed=lambda path, entry: _has_changed(pair_list.path_of(path), entry),
        ),
    }


class _ShardFiller:
    """Fills shards and reports progress."""

    def __init__(
        self, folder: Path, names: dict[Kind, list[str]], words: Words, progress: Progress, cancel: CancelToken
    ) -> None:
        self._folder, self._names, self._words, self._progress, self.cancel = folder, names, words, progress, cancel

    def fill(self, kind: Kind, number: int, maker: _Maker) -> None:
        """Make the missing, failed and changed entries of a shard; an interrupted run keeps its finished entries."""
        names = self._names[kind]
        places = shard_places(kind, number, len(names))
        entries = read_shard(self._folder, kind, number, len(names))
        missing = [
            at
            for at, entry in enumerate(entries)
            if entry is None or entry.error or maker.changed(names[places.start + at], entry)
        ]
        try:
            with closing(_read_ahead(maker.read, [names[places.start + at] for at in missing])) as coming:
                for at, read in zip(missing, coming, strict=True):
                    self._progress(Report(kind, places.start + at, len(names)))
                    self.cancel.check()
                    entries[at] = _try_entry(read, maker.make, self._words)
        finally:
            if missing:
                write_shard(self._folder, kind, number, entries)
        self._progress(Report(kind, places.stop, len(names)))


def _finish(
    finished: Batch,
    pair_list: PairList,
    all_pairs: bool,
    keep: Callable[[str, Explanation], None] | None,
    *,
    alone: bool,
) -> BatchDone:
    missing = 0 if alone else sum(_count_missing(finished, kind) for kind in KINDS)
    if missing:
        return BatchDone(finished, len(pair_list.pairs), missing=missing)
    failed, inexact = write_index(finished, pair_list.pairs, keep)
    if all_pairs:
        write_scores(finished)
    return BatchDone(finished, len(pair_list.pairs), tuple(failed), inexact)


def _count_missing(finished: Batch, kind: Kind) -> int:
    count = finished.counts[kind]
    return sum(None in read_shard(finished.folder, kind, number, count) for number in shards(kind, count))


def _read_ahead(read: Callable[[str], Any], names: Sequence[str]) -> Generator[Callable[[], Any]]:
    """Yield for each name a function that returns what was read; the next name is read meanwhile, in a thread."""
    with ThreadPoolExecutor(1, "reading") as ahead:
        waiting = [ahead.submit(read, name) for name in names[:1]]
        for following in range(1, len(names) + 1):
            waiting += [ahead.submit(read, name) for name in names[following : following + 1]]
            yield waiting.pop(0).result


def _read_caption(model: Model, text: str) -> Caption:
    if not text.strip():
        raise CaptionError("The picture has no caption.", "Write it into the list, or into NAME.txt next to NAME.png.")
    return model.reader.read(text)


def _make_caption_entry(model: Model, caption: Caption, settings: ExplainSettings, cancel: CancelToken) -> ShardEntry:
    values = caption_to_values(caption) | {"key": make_text_key(model, settings, caption)}
    return ShardEntry(values, caption_factor(model, caption, settings, cancel=cancel))


def _read_picture(path: Path, max_megapixels: float) -> tuple[Picture, dict[str, Any]]:
    """Return a picture, and the hash and size of its file."""
    picture = read_picture(path, max_megapixels)
    return picture, {"sha256": picture_sha256(path), "bytes": input_bytes(path)}


def _make_picture_entry(
    model: Model, read: tuple[Picture, dict[str, Any]], settings: ExplainSettings, cancel: CancelToken
) -> ShardEntry:
    picture, file = read
    height, width = picture.pixels.shape[:2]
    geometry = model.geometry((width, height), settings.layer("image"), settings.framing)
    cut = model.image.cut(settings.layer("image"), model.preprocess.input_size((width, height), settings.framing))
    place = geometry.source_size, geometry.visible, geometry.grid
    key = make_image_key(model, settings, (width, height), pixels_sha256(picture.pixels))
    values = {"geometry": place, "prefix": cut.prefix, "notes": picture.notes, "key": key, **file}
    return ShardEntry(values, picture_factor(model, picture.pixels, settings, cancel=cancel))


def _has_changed(path: Path, entry: ShardEntry) -> bool:
    """Return whether a picture's file has another size than when it was read: the list can be in another folder now."""
    try:
        return bool(input_bytes(path) != entry.values["bytes"])
    except OSError:  # the file is gone; its entry stays valid
        return False


def _try_entry(read: Callable[[], Any], make: Callable[[Any], ShardEntry], words: Words) -> ShardEntry:
    """Return the entry, or one with the error; errors of the computer, such as too little memory, are raised."""
    try:
        with convert_memory_errors():
            return make(read())
    except (MemoryShortage, DeviceError):
        raise
    except UserError as error:
        return ShardEntry({}, None, error.text_in(words))
