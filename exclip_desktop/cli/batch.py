"""The command ``batch``: a whole list explained into a folder."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import exclip_desktop
from exclip_desktop.cli.options import add_explain_settings, add_model, explain_settings, model_of
from exclip_desktop.cli.terminal import Bar, kept_when_stopped, say
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.text.wording import counted
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS

if TYPE_CHECKING:
    from exclip_desktop.api.batch import BatchDone

TOLD_FAILED = 5


def add_batch(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "batch",
        help="explain a whole list of pairs into a folder",
        description="Explain a list of pairs: each picture and each caption is computed once, and the matrix of any "
        "picture with any caption is a product of two stored factors. Ctrl+C keeps what is done; the same command goes "
        "on. What the folder holds: exclip_desktop/storage/batches.py; from Python: open_batch(FOLDER).",
    )
    parser.set_defaults(run=_batch)
    parser.add_argument(
        "pairs", metavar="PAIRS", help="a folder, CSV, TSV, JSONL, COCO's JSON, Flickr30k Entities, a project"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="what is made, and goes on there")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where the list's relative paths start")
    parser.add_argument("--all-pairs", action="store_true", help="write the scores of every picture × every caption")
    parser.add_argument(
        "--shard", type=_part, default=(1, 1), metavar="I/N", help="make part I of N, for several computers or GPUs"
    )
    parser.add_argument(
        "--max-megapixels", type=float, default=DEFAULT_MEGAPIXELS, metavar="N", help="largest picture read"
    )
    add_model(parser)
    add_explain_settings(parser)


def _part(text: str) -> tuple[int, int]:
    try:
        part, parts = map(int, text.split("/"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no part; give I/N, such as 2/4") from None
    return part, parts


def _batch(options: argparse.Namespace) -> None:
    listed = read_pairs(options.pairs, options.pictures)
    for note in listed.notes:
        say(str(note))
    model = model_of(options)
    for told in model.notes:
        say(told)
    with kept_when_stopped(options.out), Bar("Explaining ") as bar:
        done = exclip_desktop.batch(
            *(model, listed, options.out),
            all_pairs=options.all_pairs,
            shard=options.shard,
            max_megapixels=options.max_megapixels,
            progress=bar.show,
            **asdict(explain_settings(options)),
        )
    if done.missing:
        print(f"This part is done. {done.missing} shards are missing; the part that ends last writes the index.")
        return
    print(_told(done, options.out / "index.jsonl"))
    if done.inexact:
        say(
            f"The integrals of {done.inexact:,} pairs are not exact; the index tells the residuals. Take the adaptive "
            "rule (--quadrature), more steps (--steps) or later layers (--image-layer, --text-layer)."
        )
    for sentence in done.failed[:TOLD_FAILED]:
        say(f"Failed: {sentence}")
    if len(done.failed) > TOLD_FAILED:
        say(f"… and {len(done.failed) - TOLD_FAILED:,} more; the index names them.")
    if len(done.failed) == done.pairs:
        raise ListError("None of the pairs could be explained.", "Mend the list, and give the command again.")


def _told(done: "BatchDone", index: Path) -> str:
    """Return what was explained, what failed, and where it says so."""
    pictures, captions = (counted(done.batch.counts[kind], kind[:-1]) for kind in ("pictures", "captions"))
    failed = len(done.failed)
    explained = f"{done.pairs - failed:,} of {counted(done.pairs, 'pair')} explained"
    if not failed:
        return f"{explained}: {pictures} and {captions}, each once. The index is {index}."
    return (
        f"{explained}, {failed:,} failed; the list has {pictures} and {captions}. "
        f"The index, {index}, tells each pair's numbers or why it failed."
    )
