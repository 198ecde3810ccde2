"""Writes lists for other programs: a file, or a new folder with copies of the pictures."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError, OutputError, PictureError
from exclip_desktop.core.paths import rebase_path
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import ListedPair, ListNote, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.atomic import (
    FULL,
    check_folder_writable,
    check_writable,
    make_folder_atomically,
    unwritable,
    write_atomically,
)
from exclip_desktop.storage.formula_cells import ESCAPES_NOTE, Formulas
from exclip_desktop.storage.pair_lists.list_format import meets_picture
from exclip_desktop.storage.pair_lists.list_writer import ListWriter, WrittenPicture, group_by_picture, keep_held
from exclip_desktop.storage.pair_lists.picture_copies import PictureCopies
from exclip_desktop.storage.pictures import read_picture_size

WHAT: Final = "Writing pictures"


@dataclass(frozen=True, slots=True)
class ListExport:
    """What was written.

    Attributes:
        path: the file or folder.
        pairs: number of pairs in it.
        notes: what could not be written, or was changed; see ``list_writer.describe_losses`` for the rest.

    """

    path: Path
    pairs: int
    notes: tuple[ListNote, ...] = ()


def check_export(listed: PairList, out: Path, writer: ListWriter) -> None:
    """Check, before any work, that a list can be written.

    Raises:
        OutputError: the place cannot be written, holds something, or is the list itself.

    """
    if out.resolve() == listed.source.resolve():
        raise OutputError(f"{out} is the list itself, and would be overwritten.", "Choose another name.")
    if writer.is_folder:
        check_folder_writable(out)
    else:
        check_writable(out)


def export_list(
    listed: PairList,
    out: Path,
    writer: ListWriter,
    progress: Progress = ignore_progress,
    cancel: CancelToken | None = None,
    formulas: Formulas = "escape",
) -> ListExport:
    """Write a list completely or not at all; the same list gives the same bytes.

    A file replaces an existing one, and its paths start at its own folder. A folder has to be new or empty; pictures
    are copied into it, out of archives too. Pairs whose picture cannot be opened are left out, with a note.

    Raises:
        OutputError: the place cannot be written, holds something, or no picture can be opened.
        Cancelled: the person cancelled; nothing is left.

    """
    check_export(listed, out, writer)
    export = _Export(listed, writer, progress, cancel or CancelToken(), formulas)
    pictures: Sequence[WrittenPicture]
    if writer.write_folder is not None:
        with make_folder_atomically(out) as folder:
            pictures = export.copy_pictures(folder)
            writer.write_folder(folder, pictures)
    else:
        pictures = export.write_file(out)
    return ListExport(out, sum(len(picture.pairs) for picture in pictures), tuple(export.notes))


class _Export:
    def __init__(
        self, listed: PairList, writer: ListWriter, progress: Progress, cancel: CancelToken, formulas: Formulas
    ) -> None:
        self._formulas = formulas
        self._listed, self._writer, self._progress, self._cancel = listed, writer, progress, cancel
        self._groups = group_by_picture([keep_held(pair, writer) for pair in listed.pairs])
        self.notes: list[ListNote] = []

    def copy_pictures(self, folder: Path) -> list[WrittenPicture]:
        """Copy the pictures, and return those that were copied, with their pairs."""
        below = self._writer.picture_folder
        copies = PictureCopies(self._listed, list(self._groups), below, by_stem=self._writer.has_side_files)
        (folder / below).mkdir(exist_ok=True)
        written = []
        for picture, pairs in self._each_picture():
            try:
                size = read_picture_size(copies.path_of(picture))
                name, is_renamed = copies.copy(picture, folder / below)
            except (PictureError, ListError, OSError) as error:
                if isinstance(error, OSError) and error.errno in FULL:
                    raise unwritable(folder, error) from error
                why = error.message if isinstance(error, PictureError | ListError) else f"It cannot be read: {error}."
                text = f"{why} {format_count(len(pairs), 'pair')} left out."
                self.notes.append(ListNote(picture, text, "no picture"))
                continue
            if is_renamed:
                self.notes.append(ListNote(picture, f"Its name is taken; it is written as {name}.", "renamed"))
            written.append(WrittenPicture(name, size, self._fitted(picture, pairs, size)))
        if not written:
            why = f" {self.notes[0]}" if self.notes else ""
            raise OutputError(f"There is no picture to write.{why}", "Check the list.")
        return written

    def write_file(self, out: Path) -> Sequence[WrittenPicture]:
        """Write a file, and return its pictures with their pairs."""
        writer, folder = self._writer, self._listed.folder
        if writer.format_pairs is not None:
            pairs = [relocate_pair(pair, folder, out.parent) for pair in self._listed.pairs]
            sizes = self._sizes(out) if writer.takes_sizes else {}
            text = writer.format_pairs(pairs, sizes, self._formulas)
            if self._formulas == "escape" and text != writer.format_pairs(pairs, sizes, "keep"):
                self.notes.append(ListNote(out.name, ESCAPES_NOTE, "formulas"))
            data = text.encode()
            pictures = [WrittenPicture("", None, tuple(pairs))]
        else:
            assert writer.format_pictures is not None
            pictures = list(self._sized_pictures(out))
            data = writer.format_pictures(pictures).encode()
        write_atomically(out, lambda file: file.write(data))
        return pictures

    def _sizes(self, out: Path) -> dict[str, tuple[int, int]]:
        """Return the sizes of the pictures that can be opened, by their paths from the new file."""
        sizes = {}
        for picture, _ in self._each_picture():
            with suppress(PictureError, ListError):
                name = rebase_path(out.parent, self._listed.folder, picture)
                sizes[name] = read_picture_size(self._listed.path_of(picture))
        return sizes

    def _sized_pictures(self, out: Path) -> Iterator[WrittenPicture]:
        for picture, pairs in self._each_picture():
            name = rebase_path(out.parent, self._listed.folder, picture)
            if not any(pair.regions for pair in pairs):
                yield WrittenPicture(name, None, tuple(pairs))
                continue
            try:
                size = read_picture_size(self._listed.path_of(picture))
            except (PictureError, ListError) as error:
                text = f"{error.message} Without its size, its boxes are left out."
                self.notes.append(ListNote(picture, text, "no size"))
                yield WrittenPicture(name, None, tuple(replace(pair, regions=()) for pair in pairs))
                continue
            yield WrittenPicture(name, size, self._fitted(picture, pairs, size))

    def _each_picture(self) -> Iterator[tuple[str, list[ListedPair]]]:
        for number, (picture, pairs) in enumerate(self._groups.items()):
            self._progress(Report(WHAT, number, len(self._groups)))
            self._cancel.check()
            yield picture, pairs
        self._progress(Report(WHAT, len(self._groups), len(self._groups)))

    def _fitted(self, picture: str, pairs: Sequence[ListedPair], size: tuple[int, int]) -> tuple[ListedPair, ...]:
        """Return pairs without the regions outside of their picture; those beyond its edge clipped where they must."""
        width, height = size
        fitted = []
        outside = clipped = 0
        for pair in pairs:
            regions = [one for one in pair.regions if meets_picture(one, size)]
            outside += len(pair.regions) - len(regions)
            if self._writer.clips:
                inside = [_clip(one, width, height) for one in regions]
                clipped += sum(one.box != before.box for one, before in zip(inside, regions, strict=True))
                regions = inside
            fitted.append(replace(pair, regions=tuple(regions)))
        texts = {
            "outside": (outside, "outside of the picture", "left out"),
            "clipped": (clipped, "beyond the picture's edge", "cut at it"),
        }
        for kind, (count, where, what) in texts.items():
            if count:
                text = f"{format_count(count, 'box', 'boxes')} {where}, {width} × {height} pixels; {what}."
                self.notes.append(ListNote(picture, text, kind))
        return tuple(fitted)


def relocate_pair(pair: ListedPair, folder: Path, target: Path) -> ListedPair:
    """Return a pair whose relative paths start at ``target`` instead of ``folder``."""
    picture, mask = (rebase_path(target, folder, path) for path in (pair.picture, pair.mask))
    return replace(pair, picture=picture, mask=mask)


def _clip(region: Region, width: int, height: int) -> Region:
    """Return a region inside of a picture; unchanged where it is inside already."""
    x0, y0, x1, y1 = region.box
    if x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height:
        return region
    within: Callable[[float, float], tuple[float, float]] = lambda x, y: (min(max(x, 0), width), min(max(y, 0), height))  # noqa: E731  used for corners of both kinds
    return replace(
        region, box=(*within(x0, y0), *within(x1, y1)), outline=tuple(within(x, y) for x, y in region.outline)
    )
