"""The command ``convert``: writes a list of pairs as another program reads it."""

import argparse
from pathlib import Path

import exclip_desktop
from exclip_desktop.cli.options import add_csv_formulas
from exclip_desktop.cli.terminal import ProgressBar, print_note
from exclip_desktop.core.paths import expand_home
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import summarize_notes
from exclip_desktop.storage.pair_lists.list_export import check_export
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.list_writer import count_parts, describe_losses
from exclip_desktop.storage.pair_lists.writers import WRITERS, writer_of


def add_convert(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    formats = " ".join(f"{one.key}: {one.description}" for one in WRITERS)
    parser.description = (
        f"Write a list of pairs with its captions, boxes and labels as another program reads it. {formats} "
        "What a format does not hold is printed with its count."
    )
    parser.set_defaults(run=_convert)
    parser.add_argument(
        "pairs", metavar="LIST", help="any list: a file or folder of annotations or captions, or a project (.exclip)"
    )
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="the file, or the new or empty folder, into which pictures are copied"
    )
    parser.add_argument(
        "--to",
        choices=[one.key for one in WRITERS],
        metavar="FORMAT",
        help=f"{', '.join(one.key for one in WRITERS)} (default: by the ending of OUT)",
    )
    parser.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="the folder where the list's relative paths start"
    )
    add_csv_formulas(parser)


def _convert(options: argparse.Namespace) -> None:
    out = expand_home(options.out)
    writer = writer_of(out.name, options.to)
    listed = read_pairs(options.pairs, options.pictures)
    check_export(listed, out, writer)
    for sentence in (*summarize_notes(listed.notes), *describe_losses(count_parts(listed.pairs), writer)):
        print_note(sentence)
    with ProgressBar() as bar:
        done = exclip_desktop.convert_list(
            listed, out, writer.key, progress=bar.show, csv_formulas=options.csv_formulas
        )
    for sentence in summarize_notes(done.notes):
        print_note(sentence)
    print_note(f"Written: {options.out} ({format_count(done.pairs, 'pair')})")
