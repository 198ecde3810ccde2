"""The commands ``report`` and ``import``: a project's findings written to a file, and read from one."""

import argparse
from pathlib import Path

from exclip_desktop.cli.options import add_csv_formulas
from exclip_desktop.cli.terminal import print_note
from exclip_desktop.core.paths import expand_home, is_file
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.render.findings_report import write_report
from exclip_desktop.storage.exports.finding_tables import read_findings
from exclip_desktop.storage.exports.formats import LIST_REPORTS, REPORT_FORMATS, ReportOptions
from exclip_desktop.storage.project.finding_import import import_findings
from exclip_desktop.storage.project.finding_rows import FindingQuery
from exclip_desktop.storage.project.project_files import open_or_create_project


def add_report(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``report``."""
    formats = " ".join(f"{one.ending}: {one.description}" for one in REPORT_FORMATS)
    parser.description = f"Write a project's findings. The file's ending chooses the format: {formats}"
    parser.set_defaults(run=_report)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a project file (.exclip)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file or folder to write")
    keys = [one.list_format for one in LIST_REPORTS]
    parser.add_argument(
        "--to",
        choices=keys,
        metavar="FORMAT",
        help=f"a list for another program: {', '.join(keys)}",
    )
    parser.add_argument("--rating", choices=[name for name in RATINGS if name], help="only findings with this rating")
    parser.add_argument("--tag", metavar="TAG", help="only findings with this tag")
    parser.add_argument("--title", metavar="TEXT", help="of a page (default: the project's name)")
    parser.add_argument("--columns", type=int, metavar="N", help="pictures side by side in a figure")
    parser.add_argument("--width", type=float, metavar="INCHES", help="of a .png or .svg (default 6.75, a page's text)")
    add_csv_formulas(parser)
    parser.add_argument(
        "--own-scales",
        action="store_true",
        help="scale the colours of each picture by itself; without it all share a range, except where methods differ",
    )


def _report(options: argparse.Namespace) -> None:
    report_options = ReportOptions(
        FindingQuery(rating=options.rating, tag=options.tag),
        title=options.title or "",
        columns=options.columns,
        width_in=options.width,
        own_scales=options.own_scales,
        list_format=options.to or "",
        formulas=options.csv_formulas,
    )
    count, notes = write_report(options.project, options.out, report_options)
    for note in notes:
        print_note(note)
    print_note(f"Written: {options.out} ({format_count(count, 'finding')})")


def add_import(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of ``import``."""
    parser.description = (
        "Add findings to a project, such as another person's. Findings that the project has already stay unchanged. "
        "Relative paths of pictures start at the file's folder, as the command report writes them."
    )
    parser.set_defaults(run=_import)
    parser.add_argument(
        "project", type=Path, metavar="PROJECT", help="a project file (.exclip); created where there is none"
    )
    parser.add_argument("findings", type=Path, metavar="FILE", help="a .csv or .jsonl that the command report wrote")


def _import(options: argparse.Namespace) -> None:
    if not is_file(expand_home(options.project)):
        read_findings(expand_home(options.findings))  # no project is created for a file that cannot be read
    with open_or_create_project(options.project) as project:
        added, count = import_findings(project, options.findings)
        for note in project.notes:
            print_note(note)
    print_note(f"Added to {options.project}: {format_count(len(added), 'finding')} of {count:,}")
