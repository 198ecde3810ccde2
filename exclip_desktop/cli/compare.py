"""The command ``compare``: explains two pictures, two captions, or one of each."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import exclip_desktop
from exclip_desktop.api.two_input_results import TwoInputResult, kind_of_input, make_two_input_result, read_inputs
from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.cli.options import (
    add_explain_settings,
    add_max_megapixels,
    add_model,
    add_no_cache,
    add_output,
    chosen_cache,
    explain_settings,
    load_chosen_model,
    parse_box,
)
from exclip_desktop.cli.terminal import ProgressBar, print_json, print_note, print_text, print_written
from exclip_desktop.core.errors import CaptionError, OutputError, SelectionError, SettingsError
from exclip_desktop.core.maths.region_pairs import PairEnd, StrongestPair
from exclip_desktop.core.text.accuracy_warnings import two_input_warnings
from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.text.visible_controls import show_controls_in_line
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.settings import SIDES, Side
from exclip_desktop.core.values.two_inputs import WHICH, SpanOrBox
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path, list_endings
from exclip_desktop.storage.exports.two_input_files import TWO_INPUT_FORMATS, TwoInputContents, two_inputs_to_values
from exclip_desktop.storage.pictures import Picture

if TYPE_CHECKING:
    from exclip_desktop.models.model import Model  # it imports torch


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Explain two pictures, two captions, or one of each: score, ledger, and the strongest pairs of regions or "
        "words. An input is a picture where it is a file or ends as names of pictures do, else a caption."
    )
    parser.set_defaults(run=_compare)
    parser.add_argument("first", nargs="?", metavar="A", help="a picture file, or a caption in quotes")
    parser.add_argument("second", nargs="?", metavar="B", help="another one")
    parser.add_argument(
        "--kind",
        metavar="KIND",
        help="what A and B are, where it is not clear: image or text, or one for each: image,text",
    )
    add_max_megapixels(parser)
    for option, name in (("", "A"), ("-b", "B")):
        parser.add_argument(
            f"--span{option}", metavar="WORDS", help=f"whole words of {name}, where it is a caption, to select"
        )
        parser.add_argument(
            f"--box{option}",
            type=parse_box,
            metavar="X0,Y0,X1,Y1",
            help=f"a box of {name}, where it is a picture, to select; in its pixels",
        )
    add_model(parser)
    add_explain_settings(parser)
    add_output(
        parser,
        out=f"write the numbers: {list_endings(TWO_INPUT_FORMATS)}. .csv holds words or patches only",
        json="print JSON instead of text: the keys of --out FILE.json without its arrays",
    )
    add_no_cache(parser)


def _compare(options: argparse.Namespace) -> None:
    if options.first is None or options.second is None:
        raise CaptionError(
            "Two inputs are needed; one of them is missing.",
            "Give two pictures or captions: exclip-desktop compare photo.jpg other.jpg.",
        )
    sources = options.first, options.second
    kinds = _kinds(options.kind, sources)
    _check_outputs(options, [Path(one) for one, kind in zip(sources, kinds, strict=True) if kind == "image"])
    inputs = read_inputs(sources, kinds, options.max_megapixels)
    first, second = _places(options, kinds)
    model = load_chosen_model(options)
    _check_places(options, model, inputs, (first, second))
    with ProgressBar("Explaining the ") as bar:
        made = exclip_desktop.explain_between(
            model,
            *inputs,
            kind=kinds,
            cache=chosen_cache(options),
            progress=bar.show,
            **asdict(explain_settings(options)),
        )
    result = make_two_input_result(made, inputs, (*model.notes, *two_input_warnings(made, FLAG_WORDS)))
    for note in result.notes:
        print_note(note)
    _write(result, options, first, second)
    _print(result, options, first, second)


def _kinds(chosen: str | None, sources: tuple[str, str]) -> tuple[Side, Side]:
    """Return what the two inputs are: by ``--kind``, else by their names."""
    if chosen is None:
        return kind_of_input(sources[0]), kind_of_input(sources[1])
    named = [part.strip() for part in chosen.split(",")]
    first, second = named * 2 if len(named) == 1 else named if len(named) == 2 else ("", "")
    by_name = {str(side): side for side in SIDES}
    if first not in by_name or second not in by_name:
        raise SettingsError(f'"{chosen}" is no kind of two inputs.', "Give image, text, or one for each: image,text.")
    return by_name[first], by_name[second]


def _places(options: argparse.Namespace, kinds: tuple[Side, Side]) -> tuple[SpanOrBox | None, SpanOrBox | None]:
    """Return the selected part of each input; raise ``SelectionError`` for one that does not fit its kind."""
    first, second = (
        _place(span, box, kind, letter, suffix)
        for span, box, kind, letter, suffix in (
            (options.span, options.box, kinds[0], "A", ""),
            (options.span_b, options.box_b, kinds[1], "B", "-b"),
        )
    )
    return first, second


def _place(span: str | None, box: Box | None, kind: Side, letter: str, suffix: str) -> SpanOrBox | None:
    if kind == "text" and box is not None:
        raise SelectionError(f"{letter} is a caption, which has no boxes.", f"Select words of it (--span{suffix}).")
    if kind == "image" and span is not None:
        raise SelectionError(f"{letter} is a picture, which has no words.", f"Select a box of it (--box{suffix}).")
    return box if span is None else span


def _check_outputs(options: argparse.Namespace, pictures: Sequence[Path]) -> None:
    """Check, before any work, that the files can be written and are none of the pictures."""
    for target, formats in ((options.picture, PICTURE_FORMATS), (options.out, TWO_INPUT_FORMATS)):
        if target is None:
            continue
        if any(target.resolve() == picture.resolve() for picture in pictures):
            raise OutputError(f"{target} is the picture itself, and would be overwritten.", "Give another file.")
        check_path(target, formats)


def _check_places(
    options: argparse.Namespace,
    model: "Model",
    inputs: tuple[Picture | str, Picture | str],
    places: tuple[SpanOrBox | None, SpanOrBox | None],
) -> None:
    """Check, before any work, that the selected parts are parts of the inputs."""
    for one, place in zip(inputs, places, strict=True):
        if place is None:
            continue
        if isinstance(one, str):
            model.reader.read(one).rows_of(place)  # type: ignore[arg-type]  # words, as ``_place`` checks
        else:
            model.check_framing(options.framing)
            layer = model.resolve_layer("image", options.image_layer)
            size = one.pixels.shape[1], one.pixels.shape[0]
            model.geometry(size, layer, options.framing).require_coverage(place)  # type: ignore[arg-type]  # a box


def _write(
    result: TwoInputResult, options: argparse.Namespace, first: SpanOrBox | None, second: SpanOrBox | None
) -> None:
    if options.picture is not None:
        result.plot(options.picture, first=first, second=second, colours=options.colours)
        print_note(f"Written: {options.picture}")
    if options.out is not None:
        notes = result.save(options.out, first=first, second=second, csv_formulas=options.csv_formulas)
        print_written(options.out, notes)


def _print(
    result: TwoInputResult, options: argparse.Namespace, first: SpanOrBox | None, second: SpanOrBox | None
) -> None:
    selections = result.first.select(first), result.second.select(second)
    if options.json:
        names = {"a": options.first, "b": options.second}
        print_json({**names, **two_inputs_to_values(TwoInputContents(result, *selections, result.notes))})
        return
    sum_line = []
    if first is not None or second is not None:
        block = result.block_sum(*selections)
        share = result.share_of_all(block)
        named = [_named(place, letter) for place, letter in ((first, "A"), (second, "B"))]
        part = "" if share is None else f", {format_percent(share)} of the matrix sum"
        sum_line = [f"Selected: {' × '.join(named)}", f"  sum {format_signed(block)}{part}", ""]
    pairs = result.strongest_pairs(first=first, second=second)
    sides = zip(WHICH, (result.first, result.second), strict=True)
    lines = [
        *(f"{letter}  {show_controls_in_line(name)}" for letter, name in (("A", options.first), ("B", options.second))),
        f"score {format_signed(result.score)}   {result.made_by}",
        "",
        *sum_line,
        "Ledger, in the unit of the score",
        *(f"  {name:<32}{value:+.4f}" for name, value in result.ledger.lines()),
        f"  {'score':<32}{result.ledger.total:+.4f}",
        "",
        *_pair_lines(pairs),
        "",
        "Nodes: " + ", ".join(f"{which} {side.report.nodes} ({side.report.way})" for which, side in sides),
        f"Relative errors: completeness residual {result.first.report.residual:.1e} of A, "
        f"{result.second.report.residual:.1e} of B",
    ]
    print_text("\n".join(lines))


def _named(place: SpanOrBox | None, letter: str) -> str:
    if place is None:
        return f"all of {letter}"
    return f"“{show_controls_in_line(place)}”" if isinstance(place, str) else f"the box of {letter}"


def _pair_lines(pairs: list[StrongestPair]) -> list[str]:
    ends = [(_end(pair.first), _end(pair.second)) for pair in pairs]
    width = max((len(first) for first, _ in ends), default=0)
    return [
        "Strongest pairs of A ↔ B (regions in pixels, words by magnitude)",
        *(
            f"  {first:<{width}} ↔ {second}  {format_signed(pair.value)}"
            for (first, second), pair in zip(ends, pairs, strict=True)
        ),
    ]


def _end(end: PairEnd) -> str:
    if end.box is None:
        return show_controls_in_line(end.name)
    x0, y0, x1, y1 = end.box
    return f"x {x0:.0f}–{x1:.0f}, y {y0:.0f}–{y1:.0f}"
