"""Writes a project's findings to a file: a page, a figure, or a table."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from exclip_desktop.core.errors import OutputError, PictureError
from exclip_desktop.core.paths import rebase_path
from exclip_desktop.core.values.finding import Finding
from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.atomic import unwritable, write_atomically
from exclip_desktop.storage.exports.finding_lists import choose_findings, write_finding_list
from exclip_desktop.storage.exports.finding_pages import ReportItem, picture_name
from exclip_desktop.storage.exports.finding_tables import make_region_pairs
from exclip_desktop.storage.exports.formats import REPORT_FORMATS, ReportFormat, ReportOptions, check_path, format_for
from exclip_desktop.storage.formula_cells import ESCAPES_NOTE
from exclip_desktop.storage.pair_lists.list_export import export_list
from exclip_desktop.storage.pair_lists.writers import writer_of
from exclip_desktop.storage.pictures import picture_sha256, read_picture
from exclip_desktop.storage.project.pair_rows import load_all_boxes
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import open_project

if TYPE_CHECKING:
    from exclip_desktop.render.picture_grid import Pixels

CHANGED: Final = "The picture has changed since this finding was noted."


def write_report(path: Path, out: Path, options: ReportOptions) -> tuple[int, tuple[str, ...]]:
    """Write the findings of the project file ``path``; return their number, and notes on the project and the list.

    The ending of ``out`` chooses one of ``REPORT_FORMATS``, unless ``options`` name the format of a list.

    Raises:
        OutputError: the ending is not one of theirs, or the file or folder cannot be written.
        ProjectError: the project cannot be opened, or has no such finding.

    """
    if options.list_format:
        return write_finding_list(path, out, options)
    check_path(out, REPORT_FORMATS)
    with open_project(path) as project:
        findings = choose_findings(project, options)
        return len(findings), (*project.notes, *_write(project, findings, out, options))


def _write(project: Project, findings: list[Finding], out: Path, options: ReportOptions) -> tuple[str, ...]:
    """Write the findings, and return notes on what was changed."""
    report_format = format_for(out, REPORT_FORMATS)
    if report_format.kind == "table":
        folder = out.absolute().parent
        placed = [_with_path_from(folder, project, one) for one in findings]
        text = report_format.write_table(placed, options.formulas)
        _write_text(out, text)
        if text != report_format.write_table(placed, "keep"):
            return (ESCAPES_NOTE,)
    elif report_format.kind == "pair list":
        listed = make_region_pairs(findings, load_all_boxes(project))
        export_list(PairList(project.path, project.folder, listed), out, writer_of(out.name))
    elif report_format.kind == "figure":
        _write_figure(project, findings, out, options)
    else:
        _write_page(project, findings, out, options, report_format)
    return ()


def _with_path_from(place: Path, project: Project, finding: Finding) -> Finding:
    """Return the finding with its pictures' paths from the folder ``place``, readable without the project."""
    picture, second = rebase_path(place, project.folder, finding.view.picture), finding.view.second
    if second is not None:
        second = replace(second, picture=rebase_path(place, project.folder, second.picture))
    return replace(finding, view=replace(finding.view, picture=picture, second=second))


def _write_figure(project: Project, findings: list[Finding], out: Path, options: ReportOptions) -> None:
    grids = import_module("exclip_desktop.render.finding_grid")  # matplotlib is imported when a figure is made
    layout = import_module("exclip_desktop.render.picture_grid")
    sheet = out.suffix.lower() == ".pdf" and options.width_in is None
    usual = layout.sheet_options() if sheet else layout.GridOptions()
    named = {"columns": options.columns, "width_in": options.width_in, "shared": not options.own_scales}
    chosen = replace(usual, **{name: value for name, value in named.items() if value is not None})
    pixels: Callable[[Finding], Pixels | None] = lambda finding: _read_pixels(project, finding)[0]  # noqa: E731  passed on
    if sheet:
        write_atomically(out, lambda file: grids.write_contact_sheet(findings, pixels, file, chosen))
    else:
        data = grids.grid_bytes(findings, pixels, out.suffix.lower(), chosen)
        write_atomically(out, lambda file: file.write(data))


def _write_page(
    project: Project, findings: list[Finding], out: Path, options: ReportOptions, report_format: ReportFormat
) -> None:
    draw = import_module("exclip_desktop.render.finding_grid").finding_png
    items = []
    for finding in findings:
        pixels, warning = _read_pixels(project, finding)
        items.append(ReportItem(finding, None if pixels is None else draw(finding, pixels), warning))
    title = options.title or project.path.stem
    folder = out.with_name(f"{out.stem}-pictures")
    text = report_format.write_page(title, items, folder.name)
    if not report_format.has_folder:
        _write_text(out, text)
        return
    pictures = {folder / picture_name(item.finding): item.png for item in items if item.png is not None}
    with _all_or_none(folder, pictures):
        for path, png in pictures.items():
            write_atomically(path, lambda file, data=png: file.write(data))  # type: ignore[misc]
        _write_text(out, text)


@contextmanager
def _all_or_none(folder: Path, paths: Iterable[Path]) -> Iterator[None]:
    """Make a folder for ``paths``; where not all can be written, remove the new ones and a new folder."""
    existed, before = folder.is_dir(), [path for path in paths if path.exists()]
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    except OutputError:
        for path in set(paths).difference(before):
            path.unlink(missing_ok=True)
        if not existed:
            folder.rmdir()
        raise


def _read_pixels(project: Project, finding: Finding) -> "tuple[Pixels | None, str]":
    """Return a finding's picture, or None where it cannot be read, and a warning, or an empty string."""
    path = project.path_of(finding.view.picture)
    try:
        pixels = read_picture(path).pixels
        changed = finding.view.picture_sha256 not in ("", picture_sha256(path))
    except (PictureError, OSError) as error:
        return None, str(error)
    return pixels, CHANGED if changed else ""


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()))
