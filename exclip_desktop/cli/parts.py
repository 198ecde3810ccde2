"""The command ``parts``: groups of patches that the model treats alike, with names, and directions of a caption."""

import argparse
from dataclasses import asdict
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
)
from exclip_desktop.cli.terminal import ProgressBar, print_json, print_note, print_text, print_written
from exclip_desktop.core.errors import CaptionError, OutputError
from exclip_desktop.core.maths.matrix_directions import DEFAULT_DIRECTIONS, MatrixDirections
from exclip_desktop.core.maths.picture_parts import (
    DEFAULT_PARTS,
    FEWEST_PARTS,
    MOST_PARTS,
    PARTS_METHODS,
    NamedValue,
)
from exclip_desktop.core.text.number_format import format_percent, format_signed
from exclip_desktop.core.values.parts_report import PartsReport, parts_to_values
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path, list_endings
from exclip_desktop.storage.exports.part_files import PART_FORMATS, check_part_path

if TYPE_CHECKING:
    from exclip_desktop.api.parts import PartsResult  # imports torch

WORDS: Final = 3
"""Words of each kind in the text."""


def add_parts(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    methods = "; ".join(f"{key}: {meaning}" for key, meaning in PARTS_METHODS.items())
    parser.description = (
        "Group the patches of a picture that the model treats alike, and print each part with its share of the "
        "picture's embedding and its best words: from a caption, each with its value through the part, and from a "
        "vocabulary, each with a cosine."
    )
    parser.set_defaults(run=_parts)
    parser.add_argument("image", metavar="PICTURE", type=Path, help="a picture file")
    parser.add_argument("--caption", metavar="TEXT", help="a description of the picture, whose words name the parts")
    parser.add_argument(
        "--parts",
        type=int,
        default=DEFAULT_PARTS,
        metavar="K",
        help=f"number of parts, {FEWEST_PARTS} to {MOST_PARTS} (default %(default)s)",
    )
    parser.add_argument(
        "--method", choices=list(PARTS_METHODS), default="kmeans", help=f"{methods} (default %(default)s)"
    )
    words = parser.add_mutually_exclusive_group()
    words.add_argument(
        "--vocabulary", type=Path, metavar="FILE", help="name parts by the words of a text file, one on each line"
    )
    words.add_argument("--names", action="store_true", help="name parts by the bundled everyday words")
    parser.add_argument(
        "--directions",
        type=int,
        nargs="?",
        const=DEFAULT_DIRECTIONS,
        metavar="N",
        help=f"print the first N directions of words × patches as well (default {DEFAULT_DIRECTIONS}); needs --caption",
    )
    group = parser.add_argument_group("output")
    group.add_argument(
        "--picture", type=Path, metavar="FILE", help=f"write the figure: {list_endings(PICTURE_FORMATS)}"
    )
    formats = "; ".join(f"{one.ending}: {one.description}" for one in PART_FORMATS)
    group.add_argument("--out", type=Path, metavar="FILE", help=f"write the parts. {formats}")
    group.add_argument("--json", action="store_true", help="print JSON instead of text")
    add_max_megapixels(parser)
    add_no_cache(parser)
    add_model(parser)
    add_explain_settings(parser)


def _parts(options: argparse.Namespace) -> None:
    _check(options)
    model = load_chosen_model(options)
    with ProgressBar("Reading the ") as bar:
        grouping = exclip_desktop.find_parts(
            model,
            options.image,
            parts=options.parts,
            method=options.method,
            caption=options.caption,
            vocabulary=options.vocabulary or options.names,
            max_megapixels=options.max_megapixels,
            cache=chosen_cache(options),
            progress=bar.show,
            **asdict(explain_settings(options)),
        )
    for note in grouping.notes:
        print_note(note)
    directions = None
    if options.directions is not None and grouping.result is not None:
        directions = exclip_desktop.find_directions(grouping.result, options.directions)
    _write(grouping, options)
    if options.json:
        print_json(_values(grouping, directions))
        return
    print_text(_parts_as_text(grouping.report))
    if directions is not None:
        print_text("\n" + _directions_as_text(grouping, directions))


def _check(options: argparse.Namespace) -> None:
    """Raise errors before the model is loaded."""
    if options.directions is not None and options.caption is None:
        raise CaptionError("Directions belong to a caption and a picture.", "Give the caption too (--caption).")
    for target in (options.picture, options.out):
        if target is not None and target.resolve() == options.image.resolve():
            raise OutputError(f"{target} is the picture itself, and would be overwritten.", "Give another file.")
    if options.picture is not None:
        check_path(options.picture, PICTURE_FORMATS)
    if options.out is not None:
        check_part_path(options.out)


def _write(grouping: "PartsResult", options: argparse.Namespace) -> None:
    if options.picture is not None:
        grouping.plot(options.picture)
        print_written(options.picture)
    if options.out is not None:
        grouping.save(options.out)
        print_written(options.out)


def _values(grouping: "PartsResult", directions: MatrixDirections | None) -> dict[str, Any]:
    values = {"image": grouping.name, "notes": grouping.notes, **parts_to_values(grouping.report)}
    if directions is not None and grouping.result is not None:
        caption = grouping.result.caption
        values["block_share"] = directions.block_share
        values["directions"] = [
            {
                "share": one.share,
                "value": one.value,
                "words": dict(zip(_word_keys(grouping), one.word_heat(caption).tolist(), strict=True)),
                "patch_heat": one.patch_heat.tolist(),
            }
            for one in directions.directions
        ]
    return values


def _word_keys(grouping: "PartsResult") -> list[str]:
    """Return the caption's words; those that occur again have their number behind them, such as ``a 2``."""
    assert grouping.result is not None
    texts = [word.text for word in grouping.result.caption.words]
    return [f"{text} {texts[: at + 1].count(text)}" if text in texts[:at] else text for at, text in enumerate(texts)]


def _parts_as_text(report: PartsReport) -> str:
    grouped = report.grouped
    lines = [f"{len(grouped.parts)} parts by {grouped.method}: {PARTS_METHODS[grouped.method]}"]
    if len(grouped.parts) < grouped.count:
        lines.append(f"{grouped.count} were requested; there are no more different patches.")
    header = f"{'part':>4}  {'patches':>7}  {'share':>6}"
    header += f"  {'value':>8}  words of the caption" if report.values else ""
    lines.append(header)
    for place, part in enumerate(grouped.parts):
        line = f"{place + 1:>4}  {part.size:>7}  {format_percent(part.share):>6}"
        if report.values:
            line += f"  {format_signed(report.values[place].value):>8}  {_join(report.caption_words(place))}"
        lines.append(line)
        if report.names:
            lines.append(f"{'':>21}  vocabulary: {_join(report.names[place])}")
    return "\n".join(line.rstrip() for line in lines)


def _join(words: tuple[NamedValue, ...]) -> str:
    return ", ".join(f"{one.word} {format_signed(one.value)}" for one in words[:WORDS])


def _directions_as_text(grouping: "PartsResult", directions: MatrixDirections) -> str:
    """Return each direction's share, and its strongest words and patch with their signs."""
    assert grouping.result is not None
    block = format_percent(directions.block_share, 1)
    lines = [f"directions of words × patches, which are {block} of ‖A‖²: share, strongest words, strongest patch"]
    for place, one in enumerate(directions.directions, 1):
        heat = one.word_heat(grouping.result.caption)
        words = sorted(zip(_word_keys(grouping), heat.tolist(), strict=True), key=lambda pair: -abs(pair[1]))[:WORDS]
        row, column = divmod(int(abs(one.patch_heat).argmax()), one.patch_heat.shape[1])
        named = ", ".join(f"{word} {format_signed(value)}" for word, value in words)
        patch = f"{row},{column} {format_signed(float(one.patch_heat[row, column]))}"
        lines.append(f"{place:>4}  {format_percent(one.share, 1):>7}  {named}   patch {patch}")
    return "\n".join(lines)
