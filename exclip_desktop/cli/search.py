"""The command ``search``: pictures of a list that match words, a picture or a region of one."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import exclip_desktop
from exclip_desktop.cli.options import (
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
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.maths.search_ranking import RANKINGS
from exclip_desktop.core.paths import expand_home
from exclip_desktop.core.text.number_format import format_count, format_signed
from exclip_desktop.core.values.pair_list import ListedPair, PairList, summarize_notes
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.batches.batch_folder import is_batch_folder
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.pair_lists.writers import WRITERS, writer_of

if TYPE_CHECKING:
    from exclip_desktop.api.search import SearchAnswer, SearchHit

FAILURES_PRINTED: Final = 5
DEFAULT_TOP: Final = 20


def add_search(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    rankings = "; ".join(f"{name}: {meaning}" for name, meaning in RANKINGS.items())
    parser.description = (
        "Rank the pictures of a list by their heat for words, a picture or a region of a picture, and print the best "
        "with the box of their hit region. In the folder of a batch the stored factors are read."
    )
    parser.set_defaults(run=_search)
    parser.add_argument("pairs", metavar="LIST", help="any list of pictures or pairs, or the folder of a batch")
    parser.add_argument("text", nargs="?", metavar="TEXT", help="the words that are searched for")
    parser.add_argument("--span", metavar="WORDS", help="search for these words of TEXT only")
    parser.add_argument("--image", metavar="PICTURE", help="search for a picture instead of TEXT")
    parser.add_argument("--box", type=parse_box, metavar="X0,Y0,X1,Y1", help="a region of PICTURE, in its pixels")
    parser.add_argument(
        "--rank", choices=list(RANKINGS), default="combined", metavar="RULE", help=f"{rankings} (default: combined)"
    )
    parser.add_argument("--top", type=int, default=DEFAULT_TOP, metavar="N", help="number of pictures (default: 20)")
    parser.add_argument(
        "--out", type=Path, metavar="OUT", help="write these pictures with their boxes as a list, as convert does"
    )
    parser.add_argument(
        "--to", choices=[one.key for one in WRITERS], metavar="FORMAT", help="format of OUT (default: by its ending)"
    )
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
    writer = None if options.out is None else writer_of(options.out.name, options.to)
    model = load_chosen_model(options)
    for note in model.notes:
        print_note(note)
    with ProgressBar("Searching ") as bar:
        answer = exclip_desktop.search(
            model,
            exclip_desktop.open_batch(folder) if in_batch else listed,
            options.text,
            span=options.span,
            image=options.image,
            box=options.box,
            ranking=options.rank,
            max_megapixels=options.max_megapixels,
            cache=chosen_cache(options),
            progress=bar.show,
            **asdict(explain_settings(options)),
        )
    if not answer.hits:
        raise ListError("None of the pictures could be searched.", next(iter(answer.failed.values()), ""))
    answer = replace(answer, hits=answer.hits[: max(1, options.top)])
    _print(answer, options.json)
    _print_failed(answer)
    if writer is not None:
        found = PairList(listed.source, listed.folder, tuple(_listed_hits(answer, listed)))
        done = exclip_desktop.convert_list(found, options.out, writer.key)
        print_note(f"Written: {options.out} ({format_count(done.pairs, 'picture')})")


def _print(answer: "SearchAnswer", as_json: bool) -> None:
    if as_json:
        print_json({"query": answer.query, "ranking": answer.ranking, "failed": answer.failed, "hits": _values(answer)})
        return
    print(f"{answer.query}, by {answer.ranking}: {RANKINGS[answer.ranking]}")
    print(f"{'rank':>4}  {answer.ranking:>10}  {'score':>8}  {'box of the hit region':>23}  picture")
    for rank, hit in enumerate(answer.hits, 1):
        box = ",".join(f"{value:.0f}" for value in hit.box)
        score = format_signed(hit.numbers["score"])
        print(f"{rank:>4}  {format_signed(hit.value):>10}  {score:>8}  {box:>23}  {hit.picture}")


def _values(answer: "SearchAnswer") -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    for rank, hit in enumerate(answer.hits, 1):
        numbers = {str(name): value for name, value in hit.numbers.items()}
        values.append({"rank": rank, "picture": hit.picture, **numbers, "box": hit.box, "heat": hit.heat.tolist()})
    return values


def _print_failed(answer: "SearchAnswer") -> None:
    failed = list(answer.failed.items())
    for path, reason in failed[:FAILURES_PRINTED]:
        print_note(f"{path}: {reason}")
    if len(failed) > FAILURES_PRINTED:
        print_note(f"… and {format_count(len(failed) - FAILURES_PRINTED, 'more picture')} without a factor.")


def _listed_hits(answer: "SearchAnswer", listed: PairList) -> list[ListedPair]:
    """Return the hits as pairs, with the captions of the list; their region is labelled with the query."""
    captions = {pair.picture: pair.caption for pair in reversed(listed.pairs)}
    return [
        ListedPair(str(rank), hit.picture, captions.get(hit.picture, ""), regions=(_region(answer.query, hit),))
        for rank, hit in enumerate(answer.hits, 1)
    ]


def _region(query: str, hit: "SearchHit") -> Region:
    return Region(hit.box, name=query)
