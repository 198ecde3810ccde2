"""The command ``import``: findings of a file added to a project."""

import argparse
from pathlib import Path
from typing import Any

from exclip_desktop.cli.terminal import say
from exclip_desktop.core.paths import expanded, is_file
from exclip_desktop.core.text.wording import counted
from exclip_desktop.storage.exports.finding_tables import read_findings
from exclip_desktop.storage.project.finding_import import import_findings
from exclip_desktop.storage.project.project_files import create_project, open_project


def add_import(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "import",
        help="add findings that report wrote to a project",
        description="Add findings to a project, such as another person's. Those that are there already are left as "
        "they are. Relative paths of pictures start at the file's folder, as the command report writes them.",
    )
    parser.set_defaults(run=_import)
    parser.add_argument(
        "project", type=Path, metavar="PROJECT", help="a project file (.exclip); made where there is none"
    )
    parser.add_argument("findings", type=Path, metavar="FILE", help="a .csv or .jsonl that the command report wrote")


def _import(options: argparse.Namespace) -> None:
    there = is_file(expanded(options.project))
    if not there:
        read_findings(expanded(options.findings))  # nothing is made for a file that cannot be read
    with open_project(options.project) if there else create_project(options.project) as project:
        for note in project.notes:
            say(note)
        added, count = import_findings(project, options.findings)
    say(f"Added to {options.project}: {counted(len(added), 'finding')} of {count:,}")
