"""The command ``batch``: explains a whole list of pairs into a folder."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import exclip_desktop
from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.cli.options import (
    add_explain_settings,
    add_max_megapixels,
    add_model,
    add_no_cache,
    chosen_cache,
    explain_settings,
    load_chosen_model,
)
from exclip_desktop.cli.terminal import ProgressBar, print_note, print_text, resumable
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.text.number_format import format_count
from exclip_desktop.core.values.pair_list import summarize_notes
from exclip_desktop.storage.pair_lists.list_files import read_pairs

if TYPE_CHECKING:
    from exclip_desktop.api.batch import BatchDone

FAILURES_PRINTED = 5


def add_batch(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Explain a list of pairs. Each picture and each caption is computed once, and the matrix of any picture with "
        "any caption is the product of two stored factors. After Ctrl+C or SIGTERM the same command resumes the work. "
        "The manual describes the folder: exclip-desktop help lists-and-projects. From Python: open_batch(FOLDER)."
    )
    parser.set_defaults(run=_batch)
    parser.add_argument(
        "pairs", metavar="PAIRS", help="any list: a file or folder of annotations or captions, or a project (.exclip)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the folder of the results; an unfinished batch in it is resumed",
    )
    parser.add_argument(
        "--pictures", type=Path, metavar="FOLDER", help="the folder where the list's relative paths start"
    )
    parser.add_argument("--all-pairs", action="store_true", help="write the scores of every picture × every caption")
    parser.add_argument(
        "--shard", type=_part, default=(1, 1), metavar="I/N", help="explain part I of N, for several computers or GPUs"
    )
    add_max_megapixels(parser)
    add_no_cache(parser)
    add_model(parser)
    add_explain_settings(parser)


def _part(text: str) -> tuple[int, int]:
    try:
        part, parts = map(int, text.split("/"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a part; give I/N, such as 2/4") from None
    return part, parts


def _batch(options: argparse.Namespace) -> None:
    pairs = read_pairs(options.pairs, options.pictures)
    for sentence in summarize_notes(pairs.notes):
        print_note(sentence)
    model = load_chosen_model(options)
    for note in model.notes:
        print_note(note)
    with resumable(options.out) as stop, ProgressBar("Explaining ") as bar:
        done = exclip_desktop.batch(
            model,
            pairs,
            options.out,
            all_pairs=options.all_pairs,
            shard=options.shard,
            max_megapixels=options.max_megapixels,
            cache=chosen_cache(options),
            words=FLAG_WORDS,
            progress=stop.after_each(bar.show),
            **asdict(explain_settings(options)),
        )
    for note in done.notes:
        print_note(note)
    if done.missing:
        missing = format_count(done.missing, "shard")
        print_text(f"This part is done. {missing} missing; the part that finishes last writes the index.")
        return
    print_text(_summary(done, options.out / "index.jsonl"))
    if done.inexact:
        print_note(
            f"The integrals of {format_count(done.inexact, 'pair')} are not exact; the index has their residuals. "
            "Choose the adaptive rule (--quadrature), more steps (--steps) or later layers (--image-layer, "
            "--text-layer)."
        )
    for failure in done.failed[:FAILURES_PRINTED]:
        print_note(f"Pair {failure}")
    if len(done.failed) > FAILURES_PRINTED:
        print_note(f"… and {len(done.failed) - FAILURES_PRINTED:,} more; the index lists them.")
    if len(done.failed) == done.pairs:
        raise ListError("None of the pairs could be explained.", "Correct the list, and run the command again.")


def _summary(done: "BatchDone", index: Path) -> str:
    """Return a sentence on what was explained, what failed, and where the results are."""
    pictures, captions = (format_count(done.batch.counts[kind], kind[:-1]) for kind in ("pictures", "captions"))
    failed = len(done.failed)
    explained = f"{done.pairs - failed:,} of {format_count(done.pairs, 'pair')} explained"
    if not failed:
        return f"{explained}: {pictures} and {captions}, each once. The index is {index}."
    return (
        f"{explained}, {failed:,} failed; the list has {pictures} and {captions}. "
        f"The index, {index}, has the numbers of each pair, or why it failed."
    )
