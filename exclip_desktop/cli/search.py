"""The command ``search``: pictures of a list that match words, a picture or a region of one."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import exclip_desktop
from exclip_desktop.cli.options import (
    add_csv_formulas,
    add_explain_settings,
    add_max_megapixels,
    add_model,
    add_no_cache,
    chosen_cache,
    explain_settings,
    load_chosen_model,
    parse_box,
)
from exclip_desktop.cli.terminal import ProgressBar, print_json, print_note
from exclip_desktop.core.errors import ListError, OutputError
from exclip_desktop.core.maths.caption_search import CAPTION_RANKINGS
from exclip_desktop.core.maths.hit_truth import judge_hits, measure_precision
from exclip_desktop.core.maths.search_ranking import RANKINGS
from exclip_desktop.core.paths import expand_home
from exclip_desktop.core.text.number_format import format_count, format_signed
from exclip_desktop.core.values.pair_list import ListedPair, PairList, summarize_notes
from exclip_desktop.core.values.selection import Region
from exclip_desktop.render.hits_report import write_hits
from exclip_desktop.storage.batches.batch_folder import is_batch_folder
from exclip_desktop.storage.exports.formats import check_path, list_endings
from exclip_desktop.storage.exports.hit_files import HIT_FORMATS, hit_values
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.writers import WRITERS

if TYPE_CHECKING:
    from exclip_desktop.api.search import SearchAnswer
    from exclip_desktop.models.model import Model

FAILURES_PRINTED: Final = 5
WORDS_PRINTED: Final = 3
DEFAULT_TOP: Final = 20


def add_search(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    rankings = "; ".join(f"{name}: {meaning}" for name, meaning in RANKINGS.items())
    of_captions = "; ".join(f"{name}: {meaning}" for name, meaning in CAPTION_RANKINGS.items())
    parser.description = (
        "Rank the pictures of a list by their heat for words, a picture or a region of a picture, and print the best "
        "with the box of their hit region. In the folder of a batch the stored factors are read. "
        "With --captions, rank the captions of the list."
    )
    parser.set_defaults(run=_search)
    parser.add_argument("pairs", metavar="LIST", help="any list of pictures or pairs, or the folder of a batch")
    parser.add_argument("text", nargs="?", metavar="TEXT", help="the words that are searched for")
    parser.add_argument("--span", metavar="WORDS", help="search for these words of TEXT only")
    parser.add_argument("--image", metavar="PICTURE", help="search for a picture instead of TEXT")
    parser.add_argument("--box", type=parse_box, metavar="X0,Y0,X1,Y1", help="a region of PICTURE, in its pixels")
    parser.add_argument(
        "--captions", action="store_true", help="search the captions of LIST instead of its pictures, word by word"
    )
    parser.add_argument(
        "--rank",
        choices=list(dict.fromkeys([*RANKINGS, *CAPTION_RANKINGS])),
        metavar="RULE",
        help=f"pictures: {rankings} (default: combined); captions: {of_captions} (default: sum)",
    )
    parser.add_argument(
        "--exact", action="store_true", help="in a batch of more than 20,000 pictures, compute the heat of all of them"
    )
    parser.add_argument("--top", type=int, default=DEFAULT_TOP, metavar="N", help="number of hits (default: 20)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="OUT",
        help=f"write these hits: {list_endings(HIT_FORMATS)} by the ending; with --to, a list as convert writes it",
    )
    parser.add_argument(
        "--to", choices=[one.key for one in WRITERS], metavar="FORMAT", help="write OUT as a list in this format"
    )
    add_csv_formulas(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    add_max_megapixels(parser)
    add_no_cache(parser)
    add_model(parser)
    add_explain_settings(parser)


def _search(options: argparse.Namespace) -> None:
    folder = expand_home(options.pairs)
    in_batch = is_batch_folder(folder)
    listed = read_pairs(folder)
    for sentence in summarize_notes(listed.notes):
        print_note(sentence)
    _check_out(options)
    model = load_chosen_model(options)
    for note in model.notes:
        print_note(note)
    query = {
        "text": options.text,
        "span": options.span,
        "image": options.image,
        "box": options.box,
        "max_megapixels": options.max_megapixels,
        "cache": chosen_cache(options),
        **asdict(explain_settings(options)),
    }
    if options.captions:
        _search_captions(model, listed, options, query)
        return
    with ProgressBar("Searching ") as bar:
        answer = exclip_desktop.search(
            model,
            exclip_desktop.open_batch(folder) if in_batch else listed,
            ranking=options.rank or "combined",
            exact=options.exact,
            progress=bar.show,
            **query,
        )
    if not answer.hits:
        raise ListError("None of the pictures could be searched.", next(iter(answer.failed.values()), ""))
    hits = judge_hits(answer.query, answer.hits[: max(1, options.top)], listed.pairs)
    answer = replace(answer, hits=hits)
    _print(answer, options.json)
    _print_failed(answer.failed, "picture")
    if options.out is not None:
        _write(answer, listed, options)


def _search_captions(model: "Model", listed: PairList, options: argparse.Namespace, query: dict[str, Any]) -> None:
    with ProgressBar("Searching ") as bar:
        answer = exclip_desktop.search_captions(
            model, listed, ranking=options.rank or "sum", progress=bar.show, **query
        )
    if not answer.hits:
        raise ListError("The list has no captions that can be searched.", next(iter(answer.failed.values()), ""))
    hits = answer.hits[: max(1, options.top)]
    if options.json:
        values = [
            {"rank": rank, "caption": hit.caption, **hit.numbers, "words": hit.words}
            for rank, hit in enumerate(hits, 1)
        ]
        print_json({"query": answer.query, "ranking": answer.ranking, "failed": answer.failed, "hits": values})
    else:
        print(f"{answer.query}, by {answer.ranking}: {CAPTION_RANKINGS[answer.ranking]}")
        print(f"{'rank':>4}  {answer.ranking:>10}  {'score':>8}  caption, with its strongest words")
        for rank, hit in enumerate(hits, 1):
            best = sorted(hit.words, key=lambda word: -word[1])[:WORDS_PRINTED]
            words = ", ".join(f"{word} {format_signed(value)}" for word, value in best)
            score = format_signed(hit.numbers["score"])
            print(f"{rank:>4}  {format_signed(hit.value):>10}  {score:>8}  {hit.caption} ({words})")
    _print_failed(answer.failed, "caption")


def _check_out(options: argparse.Namespace) -> None:
    if options.captions and options.out is not None:
        raise OutputError("--out writes pictures.", "Leave it out, or use --json for captions.")
    if options.out is not None and options.to is None:
        check_path(options.out, HIT_FORMATS)
    elif options.to is not None and options.out is None:
        raise OutputError("--to needs a file.", "Name it with --out.")


def _write(answer: "SearchAnswer", listed: PairList, options: argparse.Namespace) -> None:
    if options.to is None:
        notes = write_hits(answer.query, answer.ranking, answer.hits, listed, options.out, options.csv_formulas)
        count = len(answer.hits)
    else:
        done = exclip_desktop.convert_list(
            PairList(listed.source, listed.folder, tuple(_listed_hits(answer))),
            options.out,
            options.to,
            csv_formulas=options.csv_formulas,
        )
        notes, count = (), done.pairs
    for note in notes:
        print_note(note)
    print_note(f"Written: {options.out} ({format_count(count, 'picture')})")


def _print(answer: "SearchAnswer", as_json: bool) -> None:
    if as_json:
        hits = [hit_values(rank, hit) for rank, hit in enumerate(answer.hits, 1)]
        print_json({"query": answer.query, "ranking": answer.ranking, "failed": answer.failed, "hits": hits})
        return
    print(f"{answer.query}, by {answer.ranking}: {RANKINGS[answer.ranking]}")
    print(f"{'rank':>4}  {answer.ranking:>10}  {'score':>8}  {'box of the hit region':>23}  picture")
    for rank, hit in enumerate(answer.hits, 1):
        box = ",".join(f"{value:.0f}" for value in hit.box)
        score = format_signed(hit.numbers["score"])
        right = "" if hit.is_right is None else "  right" if hit.is_right else "  wrong"
        print(f"{rank:>4}  {format_signed(hit.value):>10}  {score:>8}  {box:>23}  {hit.picture}{right}")
    for precision in measure_precision([hit.is_right for hit in answer.hits]):
        judged = f"{precision.right} of {precision.judged} judged by labels"
        print(f"Precision at {precision.first}: {precision.share:.2f} ({judged})")


def _print_failed(failed: dict[str, str], noun: str) -> None:
    reasons = list(failed.items())
    for name, reason in reasons[:FAILURES_PRINTED]:
        print_note(f"{name}: {reason}")
    if len(reasons) > FAILURES_PRINTED:
        print_note(f"… and {format_count(len(reasons) - FAILURES_PRINTED, f'more {noun}')} without a factor.")


def _listed_hits(answer: "SearchAnswer") -> list[ListedPair]:
    """Return the hits as pairs, with the captions of the list; their region is labelled with the query."""
    return [
        ListedPair(str(rank), hit.picture, hit.caption, regions=(Region(hit.box, name=answer.query),))
        for rank, hit in enumerate(answer.hits, 1)
    ]
