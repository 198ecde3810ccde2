"""Writes the hits of a search to a file: a table, COCO boxes, or a sheet of thumbnails with their heat."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from exclip_desktop.core.errors import OutputError, PictureError
from exclip_desktop.core.maths.search_hits import SearchHit
from exclip_desktop.core.paths import rebase_path
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import check_path, format_for
from exclip_desktop.storage.exports.hit_files import HIT_FORMATS
from exclip_desktop.storage.formula_cells import ESCAPES_NOTE, Formulas
from exclip_desktop.storage.pictures import read_picture

if TYPE_CHECKING:
    from exclip_desktop.render.picture_grid import GridCell, Pixels

JUDGEMENTS = {True: "right by its labels", False: "wrong by its labels", None: ""}


def write_hits(
    query: str,
    ranking: str,
    hits: Sequence[SearchHit],
    listed: PairList,
    out: Path,
    formulas: Formulas = "escape",
) -> tuple[str, ...]:
    """Write hits by the ending of ``out``, completely or not at all; return notes.

    Args:
        query: what was searched for, in words.
        ranking: what the hits are ranked by.
        hits: the best one first.
        listed: the list that was searched; relative paths start at its folder. In the file they start at the file's.
        out: the file; see ``HIT_FORMATS`` for its endings.
        formulas: what is done with cells of a table that a spreadsheet would compute.

    Raises:
        OutputError: there is no hit, the ending is unknown, or the file cannot be written.

    """
    check_path(out, HIT_FORMATS)
    if not hits:
        raise OutputError("There is no hit to write.", "Search first, or leave out filters.")
    chosen = format_for(out, HIT_FORMATS)
    if chosen.kind == "sheet":
        _write_sheet(query, ranking, hits, listed, out)
        return ()
    folder = out.absolute().parent
    placed = [replace(hit, picture=rebase_path(folder, listed.folder, hit.picture)) for hit in hits]
    text = chosen.write(query, placed, formulas)
    write_atomically(out, lambda file: file.write(text.encode()))
    return (ESCAPES_NOTE,) if text != chosen.write(query, placed, "keep") else ()


def _write_sheet(query: str, ranking: str, hits: Sequence[SearchHit], listed: PairList, out: Path) -> None:
    grids = import_module("exclip_desktop.render.picture_grid")  # matplotlib is imported when a figure is made
    cells = [_cell(query, ranking, rank, hit, listed) for rank, hit in enumerate(hits, 1)]
    if out.suffix.lower() == ".pdf":
        write_atomically(out, lambda file: grids.write_pages(cells, file, grids.sheet_options()))
        return
    data = grids.cells_bytes(cells, out.suffix.lower(), grids.GridOptions(columns=min(5, len(cells))))
    write_atomically(out, lambda file: file.write(data))


def _cell(query: str, ranking: str, rank: int, hit: SearchHit, listed: PairList) -> "GridCell":
    grids = import_module("exclip_desktop.render.picture_grid")
    details = (
        " · ".join(part for part in (f"{rank} · {query}", JUDGEMENTS[hit.is_right]) if part),
        Path(hit.picture).name,
        f"{ranking} {format_signed(hit.value)} · score {format_signed(hit.numbers['score'])}",
    )
    cell: GridCell = grids.GridCell(
        lambda: _read_pixels(listed, hit.picture), hit.heat, hit.geometry, (Region(hit.box),), hit.caption, details
    )
    return cell


def _read_pixels(listed: PairList, picture: str) -> "Pixels | None":
    try:
        return read_picture(listed.path_of(picture)).pixels
    except (PictureError, OSError):
        return None
