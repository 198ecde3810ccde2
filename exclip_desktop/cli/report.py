"""The command ``report``: a project's findings, to be read or to go on with."""

import argparse
from pathlib import Path
from typing import Any

from exclip_desktop.cli.terminal import say
from exclip_desktop.core.text.wording import counted
from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.render.findings_report import write_report
from exclip_desktop.storage.exports.report_formats import REPORT_FORMATS, ReportOptions
from exclip_desktop.storage.project.finding_rows import FindingQuery


def add_report(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="write a project's findings as a page, figure or table",
        description="Write a project's findings. The file's ending chooses the format: "
        + " ".join(f"{one.ending}: {one.description}" for one in REPORT_FORMATS),
    )
    parser.set_defaults(run=_report)
    parser.add_argument("project", type=Path, metavar="PROJECT", help="a project file (.exclip)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what is written")
    parser.add_argument("--rating", choices=[name for name in RATINGS if name], help="only findings rated so")
    parser.add_argument("--tag", metavar="TAG", help="only findings with this tag")
    parser.add_argument("--title", metavar="TEXT", help="of a page (default: the project's name)")
    parser.add_argument("--columns", type=int, metavar="N", help="pictures beside each other in a figure")
    parser.add_argument("--width", type=float, metavar="INCHES", help="of a .png or .svg (default 6.75, a page's text)")
    parser.add_argument(
        "--own-scales",
        action="store_true",
        help="give each picture its own range of colours, as they have anyway where methods differ",
    )


def _report(options: argparse.Namespace) -> None:
    query = FindingQuery(rating=options.rating, tag=options.tag)
    chosen = ReportOptions(
        query,
        title=options.title or "",
        columns=options.columns,
        width_in=options.width,
        own_scales=options.own_scales,
    )
    count, notes = write_report(options.project, options.out, chosen)
    for note in notes:
        say(note)
    say(f"Written: {options.out} ({counted(count, 'finding')})")
