"""Converts a list of pairs for another program."""

from pathlib import Path

from exclip_desktop.core.paths import expand_home
from exclip_desktop.core.progress import CancelToken, Progress, ignore_progress
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.formula_cells import Formulas
from exclip_desktop.storage.pair_lists.list_export import ListExport, export_list
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.writers import writer_of


def convert_list(
    pairs: str | Path | PairList,
    out: str | Path,
    to: str | None = None,
    *,
    pictures: str | Path | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    csv_formulas: Formulas = "escape",
) -> ListExport:
    """Write a list of pairs as another program reads it.

    Args:
        pairs: a list's file or folder, a project, or a ``PairList``.
        out: the file, or the new or empty folder; pictures are copied into a folder.
        to: csv, tsv, jsonl, coco, label-studio, labelme, yolo, voc or imagefolder; None: by the ending of ``out``.
        pictures: the folder where relative paths of pictures start; None: the list's own.
        progress: called with the number of pictures read.
        cancel: polled between pictures; nothing is left then.
        csv_formulas: escape or keep cells of a table that a spreadsheet would take for formulas.

    Raises:
        ListError, ProjectError: the list cannot be read.
        OutputError: there is no such ``to``, or ``out`` cannot be written.
        Cancelled: the person cancelled.

    """
    place = expand_home(out)
    writer = writer_of(place.name, to)
    folder = None if pictures is None else expand_home(pictures)
    listed = pairs if isinstance(pairs, PairList) else read_pairs(pairs, folder, cancel)
    return export_list(listed, place, writer, progress or ignore_progress, cancel, csv_formulas)
