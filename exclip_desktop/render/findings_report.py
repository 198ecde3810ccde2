"""A project's findings as a file: a page, a figure, or a table."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exclip_desktop.core.errors import OutputError, PictureError, ProjectError
from exclip_desktop.core.paths import told_from
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.atomic import check_writable, unwritable, write_atomically
from exclip_desktop.storage.exports.finding_pages import (
    Shown,
    findings_html,
    findings_latex,
    findings_markdown,
    picture_name,
)
from exclip_desktop.storage.exports.finding_tables import boxes_of_findings, findings_csv, findings_jsonl
from exclip_desktop.storage.exports.report_options import COCO, ENDINGS, FIGURES, ReportOptions
from exclip_desktop.storage.pair_lists.writing import write_pairs
from exclip_desktop.storage.pictures import read_picture
from exclip_desktop.storage.project.box_rows import boxes
from exclip_desktop.storage.project.finding_rows import load_findings
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import open_project

if TYPE_CHECKING:
    from exclip_desktop.render.finding_grid import Pixels

DATA: Final[dict[str, Callable[[list[Finding]], str]]] = {".csv": findings_csv, ".jsonl": findings_jsonl}
CHANGED: Final = "The picture has changed since this was noted."


def write_report(path: Path, out: Path, options: ReportOptions) -> tuple[int, tuple[str, ...]]:
    """Write the findings of the project file ``path``; return how many, and notes on how the project was opened.

    What is written goes by the ending of ``out``: .html (one file), .md or .tex (with a folder of pictures beside it),
    .pdf (contact sheet, A4; one grid where a width is given), .png or .svg (one grid), .csv or .jsonl (every number and
    setting), .json (COCO: findings' regions and labelled boxes).

    Raises:
        OutputError: another ending, or a place that cannot be written.
        ProjectError: the project cannot be opened, or has no such finding.

    """
    ending = out.suffix.lower()
    if ending not in ENDINGS:
        raise OutputError(
            f"{out.name} has no ending of a report.", Remedy.CHOOSE_REPORT_ENDING, endings=", ".join(ENDINGS)
        )
    check_writable(out)
    with open_project(path) as project:
        found = [one for one in load_findings(project, options.query) if not options.only or one.id in options.only]
        if not found:
            raise ProjectError(f"{path.name} has no such findings.", "Note one first, or leave out filters.")
        _write(project, found, out, options)
        return len(found), project.notes


def _write(project: Project, found: list[Finding], out: Path, options: ReportOptions) -> None:
    ending = out.suffix.lower()
    if ending in DATA:
        _put(out, DATA[ending]([_told_from(out.absolute().parent, project, one) for one in found]))
    elif ending == COCO:
        listed = boxes_of_findings(found, boxes(project))
        write_pairs(PairList(project.path, project.folder, listed), out)
    elif ending in FIGURES:
        _figure(project, found, out, options)
    else:
        _page(project, found, out, options)


def _told_from(place: Path, project: Project, finding: Finding) -> Finding:
    """Return a finding whose picture's path starts at ``place``, so that the file can be read without the project."""
    picture = told_from(place, project.folder, finding.view.picture)
    return replace(finding, view=replace(finding.view, picture=picture))


def _figure(project: Project, found: list[Finding], out: Path, options: ReportOptions) -> None:
    grids = import_module("exclip_desktop.render.finding_grid")  # matplotlib is imported when a figure is made
    sheet = out.suffix.lower() == ".pdf" and options.width_in is None
    usual = {"columns": 4, "width_in": grids.A4_IN[0] - 2 * grids.MARGIN_IN} if sheet else {}
    asked = {"columns": options.columns, "width_in": options.width_in, "shared": not options.own_scales}
    chosen = grids.GridOptions(**{**usual, **{name: value for name, value in asked.items() if value is not None}})
    pixels: Callable[[Finding], Pixels | None] = lambda finding: _pixels(project, finding)[0]  # noqa: E731  given on
    if sheet:
        write_atomically(out, lambda file: grids.write_contact_sheet(found, pixels, file, chosen))
    else:
        data = grids.grid_bytes(found, pixels, out.suffix.lower(), chosen)
        write_atomically(out, lambda file: file.write(data))


def _page(project: Project, found: list[Finding], out: Path, options: ReportOptions) -> None:
    draw = import_module("exclip_desktop.render.finding_grid").finding_png
    shown = []
    for finding in found:
        pixels, doubt = _pixels(project, finding)
        shown.append(Shown(finding, None if pixels is None else draw(finding, pixels), doubt))
    title = options.title or project.path.stem
    if out.suffix.lower() == ".html":
        _put(out, findings_html(title, shown))
        return
    folder = out.with_name(f"{out.stem}-pictures")
    latex = out.suffix.lower() == ".tex"
    written = findings_latex(shown, folder.name) if latex else findings_markdown(title, shown, folder.name)
    pictures = {folder / picture_name(one.finding): one.png for one in shown if one.png is not None}
    with _all_or_none(folder, pictures):
        for path, png in pictures.items():
            write_atomically(path, lambda file, data=png: file.write(data))  # type: ignore[misc]
        _put(out, written)


@contextmanager
def _all_or_none(folder: Path, paths: Iterable[Path]) -> Iterator[None]:
    """Make a folder for ``paths``; where not all can be written, what was not there before is removed again."""
    was_there, before = folder.is_dir(), [path for path in paths if path.exists()]
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    except OutputError:
        for path in set(paths).difference(before):
            path.unlink(missing_ok=True)
        if not was_there:
            folder.rmdir()
        raise


def _pixels(project: Project, finding: Finding) -> "tuple[Pixels | None, str]":
    """Return a finding's picture, None where it cannot be read, and what to doubt."""
    path = project.path_of(finding.view.picture)
    try:
        pixels = read_picture(path).pixels
        changed = finding.view.picture_sha256 not in ("", hashlib.sha256(path.read_bytes()).hexdigest())
    except (PictureError, OSError) as error:
        return None, str(error)
    return pixels, CHANGED if changed else ""


def _put(path: Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()))
