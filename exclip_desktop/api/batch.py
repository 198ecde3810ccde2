"""The public functions ``batch`` and ``open_batch``: many pairs, each picture and each caption computed once."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from exclip_desktop.attribution.compute_errors import convert_memory_errors
from exclip_desktop.attribution.second_order.explain import (
    caption_factor,
    describe_settings,
    image_layout,
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
from exclip_desktop.core.values.pair_list import ListNote, PairList, describe_outside, summarize_notes
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.model import Model
from exclip_desktop.storage.archives import input_bytes
from exclip_desktop.storage.batches.batch_folder import INDEX, SCORES, SUMS, has_sum, prepare_batch_folder, write_sums
from exclip_desktop.storage.batches.batch_index import Batch, caption_to_values, write_index, write_scores
from exclip_desktop.storage.batches.shard_files import (
    KINDS,
    Kind,
    ShardEntry,
    State,
    read_shard,
    shard_path,
    shard_places,
    shards,
    write_shard,
)
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS, Picture, picture_sha256, read_picture

WRITTEN_EVERY_S: Final = 1.0
NAMED: Final = 5
"""Most damaged shards that a note names."""


@dataclass(frozen=True, slots=True)
class BatchDone:
    """The result of a batch run.

    Attributes:
        batch: reads any picture × any caption.
        pairs: number of pairs in the list.
        failed: one sentence for each pair that failed, after its id; empty while shards are missing.
        inexact: number of pairs whose integrals do not meet the tolerance; the index has their residuals.
        missing: number of shards that other runs still have to make; the index is written when there are none.
        notes: sentences on files in the folder that were damaged, or of an older version, and are made again.

    """

    batch: Batch
    pairs: int
    failed: tuple[str, ...] = ()
    inexact: int = 0
    missing: int = 0
    notes: tuple[str, ...] = ()


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
    folder, place = Path(out), {"folder": str(pair_list.folder.absolute())}
    notes = prepare_batch_folder(folder, _make_header(model, resolved) | names | place)
    finished = Batch(folder)
    work = _ShardFiller(finished, names, words, progress or ignore_progress, cancel or CancelToken())
    makers = _make_makers(model, pair_list, resolved, max_megapixels, work.cancel)
    for kind in KINDS:
        for number in shards(kind, len(names[kind])):
            if number % parts == part - 1:
                work.fill(kind, number, makers[kind])
    notes += work.notes()
    keep = None if cache is None else cache.put_explanation
    return _finish(Batch(folder), pair_list, all_pairs, keep, alone=parts == 1, notes=notes)


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
        self, finished: Batch, names: dict[Kind, list[str]], words: Words, progress: Progress, cancel: CancelToken
    ) -> None:
        self._finished, self._names, self._words, self._progress, self.cancel = finished, names, words, progress, cancel
        self._files: dict[State, list[Path]] = {"damaged": [], "older": []}

    def notes(self) -> tuple[str, ...]:
        """Return sentences on shards that were damaged, or written by an earlier version."""
        sentences = {
            "damaged": "Damaged shards were computed again",
            "older": "Shards of version 0.3.0 have checksums now; their rows add up",
        }
        return tuple(
            f"{sentences[state]}: {_name_some(files, self._finished.folder)}."
            for state, files in self._files.items()
            if files
        )

    def fill(self, kind: Kind, number: int, maker: _Maker) -> None:
        """Make the missing, failed and changed entries of a shard; an interrupted run keeps its finished entries.

        They are written after each entry, or once in ``WRITTEN_EVERY_S`` where entries take less, so that a killed run
        goes on too; and more rarely where writing takes long.
        """
        names, folder, decided = self._names[kind], self._finished.folder, self._finished.decided
        places = shard_places(kind, number, len(names))
        shard = read_shard(folder, kind, number, len(names), decided)
        if shard.state in self._files:
            self._files[shard.state].append(shard_path(folder, kind, number))
        entries = list(shard.entries)
        missing = [
            at
            for at, entry in enumerate(entries)
            if entry is None or entry.error or maker.changed(names[places.start + at], entry)
        ]
        writer = _ShardWriter(lambda: write_shard(folder, kind, number, entries, decided))
        try:
            with closing(_read_ahead(maker.read, [names[places.start + at] for at in missing])) as coming:
                for at, read in zip(missing, coming, strict=True):
                    self._progress(Report(kind, places.start + at, len(names)))
                    self.cancel.check()
                    entries[at] = _try_entry(read, maker.make, self._words)
                    writer.write_if_due()
        finally:
            if missing or shard.state == "older":
                writer.write()
        self._progress(Report(kind, places.stop, len(names)))


class _ShardWriter:
    """Writes a shard again and again while it is filled, in at most a twentieth of the time."""

    def __init__(self, write: Callable[[], None]) -> None:
        self._write, self._due = write, monotonic() + WRITTEN_EVERY_S

    def write_if_due(self) -> None:
        """Write it if the last time was long ago."""
        if monotonic() >= self._due:
            self.write()

    def write(self) -> None:
        """Write it now."""
        start = monotonic()
        self._write()
        end = monotonic()
        self._due = end + max(WRITTEN_EVERY_S, 20 * (end - start))


def _name_some(files: Sequence[Path], folder: Path) -> str:
    names = [file.relative_to(folder).as_posix() for file in files[:NAMED]]
    return ", ".join([*names, "…"] if len(files) > NAMED else names)


def _finish(
    finished: Batch,
    pair_list: PairList,
    all_pairs: bool,
    keep: Callable[[str, Explanation], None] | None,
    *,
    alone: bool,
    notes: tuple[str, ...],
) -> BatchDone:
    missing = 0 if alone else sum(_count_missing(finished, kind) for kind in KINDS)
    if missing:
        return BatchDone(finished, len(pair_list.pairs), missing=missing, notes=notes)
    changed = [
        name for name in (INDEX, SCORES) if (finished.folder / name).exists() and not has_sum(finished.folder, name)
    ]
    reason = "does not match its checksum" if (finished.folder / SUMS).exists() else "has no checksum"
    notes += tuple(f"{finished.folder / name} {reason}, and is written again." for name in changed)
    failed, inexact = write_index(finished, pair_list.pairs, keep)
    if all_pairs or SCORES in changed:
        write_scores(finished)
    write_sums(finished.folder)
    notes += _note_outside(finished, pair_list)
    return BatchDone(finished, len(pair_list.pairs), tuple(failed), inexact, notes=notes)


def _note_outside(finished: Batch, pair_list: PairList) -> tuple[str, ...]:
    """Return a note on boxes that lie outside of their pictures, where the reading of the list could not tell."""
    if any(note.kind in ("outside", "beyond") for note in pair_list.notes):
        return ()
    places = {name: at for at, name in enumerate(finished.pictures)}
    notes = []
    for pair in pair_list.pairs:
        entry = finished.entry("pictures", places[pair.picture]) if pair.regions else None
        if entry is not None and not entry.error:
            text = describe_outside(pair.regions, entry.values["geometry"][0])
            notes += [ListNote(f"Pair {pair.id}", text, "outside")] if text else []
    return tuple(summarize_notes(notes))


def _count_missing(finished: Batch, kind: Kind) -> int:
    count = finished.counts[kind]
    read = (read_shard(finished.folder, kind, number, count, finished.decided) for number in shards(kind, count))
    return sum(None in shard.entries for shard in read)


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
    geometry, prefix = image_layout(model, (width, height), settings)
    place = geometry.source_size, geometry.visible, geometry.grid
    key = make_image_key(model, settings, (width, height), pixels_sha256(picture.pixels))
    values = {"geometry": place, "prefix": prefix, "notes": picture.notes, "key": key, **file}
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
