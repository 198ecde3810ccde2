"""The command ``report``: a project's findings, to be read or to go on with."""

import argparse
import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from exclip_desktop.core.errors import OutputError, PictureError, ProjectError
from exclip_desktop.core.finding import RATINGS, Finding
from exclip_desktop.core.listed_pair import PairList
from exclip_desktop.storage.atomic import check_writable, write_atomically
from exclip_desktop.storage.finding_files import boxes_of_findings, findings_csv, findings_jsonl
from exclip_desktop.storage.finding_pages import Shown, findings_html, findings_latex, findings_markdown, picture_name
from exclip_desktop.storage.pair_lists.writing import write_pairs
from exclip_desktop.storage.pictures import read_picture
from exclip_desktop.storage.project.boxes import boxes
from exclip_desktop.storage.project.findings import FindingQuery, findings
from exclip_desktop.storage.project.opening import open_project
from exclip_desktop.storage.project.project import Project
from exclip_desktop.terminal import say

if TYPE_CHECKING:
    from exclip_desktop.render.finding_grid import Pixels

PAGES: Final = (".html", ".md", ".tex")
FIGURES: Final = (".pdf", ".png", ".svg")
DATA: Final[dict[str, Callable[[list[Finding]], str]]] = {".csv": findings_csv, ".jsonl": findings_jsonl}
COCO: Final = ".json"
CHANGED: Final = "The picture has changed since this was noted."


def add_report(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="write a project's findings as a page, figure or table",
        description="Write a project's findings, by the file's ending: .html (one file), .md or .tex (with a folder of "
        "pictures beside it), .pdf (contact sheet, A4), .png or .svg (one grid), .csv or .jsonl (every number and "
        "setting), .json (COCO: findings' regions and labelled boxes).",
    )
    parser.set_defaults(run=_report)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a project file (.exclip)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what is written")
    parser.add_argument("--rating", choices=[name for name in RATINGS if name], help="only findings rated so")
    parser.add_argument("--tag", metavar="TAG", help="only findings with this tag")
    parser.add_argument("--title", metavar="TEXT", help="of a page (default: the project's name)")
    parser.add_argument("--columns", type=int, metavar="N", help="pictures beside each other in a figure")
    parser.add_argument("--width", type=float, metavar="INCHES", help="of a .png or .svg (default 6.75, a page's text)")
    parser.add_argument("--own-scales", action="store_true", help="give each picture its own range of colours")


def _report(options: argparse.Namespace) -> None:
    ending = options.out.suffix.lower()
    if ending not in (*PAGES, *FIGURES, *DATA, COCO):
        known = ", ".join((*PAGES, *FIGURES, *DATA, COCO))
        raise OutputError(f"{options.out.name} has no ending of a report.", f"Use {known} (--out).")
    check_writable(options.out)
    with open_project(options.project) as project:
        for note in project.notes:
            say(note)
        found = findings(project, FindingQuery(rating=options.rating, tag=options.tag))
        if not found:
            raise ProjectError(
                f"No finding in {options.project.name} is to be told.", "Note one first, or leave out filters."
            )
        _write(project, found, options, ending)
    say(f"Written: {options.out} ({len(found)} findings)")


def _write(project: Project, found: list[Finding], options: argparse.Namespace, ending: str) -> None:
    if ending in DATA:
        _put(options.out, DATA[ending](found))
    elif ending == COCO:
        listed = boxes_of_findings(found, boxes(project))
        write_pairs(PairList(project.path, project.folder, listed), options.out)
    elif ending in FIGURES:
        _figure(project, found, options, ending)
    else:
        _page(project, found, options, ending)


def _figure(project: Project, found: list[Finding], options: argparse.Namespace, ending: str) -> None:
    grids = import_module("exclip_desktop.render.finding_grid")  # matplotlib is imported when a figure is made
    sheet = ending == ".pdf" and options.width is None
    usual = {"columns": 4, "width_in": grids.A4_IN[0] - 2 * grids.MARGIN_IN} if sheet else {}
    asked = {"columns": options.columns, "width_in": options.width, "shared": not options.own_scales}
    chosen = grids.GridOptions(**{**usual, **{name: value for name, value in asked.items() if value is not None}})
    pixels: Callable[[Finding], Pixels | None] = lambda finding: _pixels(project, finding)[0]  # noqa: E731  given on
    if sheet:
        write_atomically(options.out, lambda file: grids.write_contact_sheet(found, pixels, file, chosen))
    else:
        data = grids.grid_bytes(found, pixels, ending, chosen)
        write_atomically(options.out, lambda file: file.write(data))


def _page(project: Project, found: list[Finding], options: argparse.Namespace, ending: str) -> None:
    png = import_module("exclip_desktop.render.finding_grid").finding_png
    shown = []
    for finding in found:
        pixels, doubt = _pixels(project, finding)
        shown.append(Shown(finding, None if pixels is None else png(finding, pixels), doubt))
    title = options.title or project.path.stem
    if ending == ".html":
        _put(options.out, findings_html(title, shown))
        return
    folder = options.out.with_name(f"{options.out.stem}-pictures")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}.", "Choose another place (--out).") from error
    for one in shown:
        if one.png is not None:
            data = one.png
            write_atomically(folder / picture_name(one.finding), lambda file, data=data: file.write(data))  # type: ignore[misc]
    written = findings_latex(shown, folder.name) if ending == ".tex" else findings_markdown(title, shown, folder.name)
    _put(options.out, written)


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
