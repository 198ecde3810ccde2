"""The command ``map``: maps a picture or a caption by another method, or computes its matrix."""

import argparse
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import exclip_desktop
from exclip_desktop.cli.options import (
    add_model,
    add_output,
    add_pair,
    add_selection,
    check_outputs,
    check_selection,
    load_chosen_model,
    resolve_pair,
)
from exclip_desktop.cli.terminal import ProgressBar, print_json, print_note, print_text, print_written
from exclip_desktop.cli.text_report import describe_selection, map_as_text, matrix_as_text
from exclip_desktop.core.errors import CaptionError, OutputError, SettingsError
from exclip_desktop.core.method_registry import OURS, format_table, method_by_key, method_name
from exclip_desktop.core.methods import AttributionMethod
from exclip_desktop.core.text.number_format import format_signed
from exclip_desktop.core.values.settings import FRAMINGS
from exclip_desktop.render.figure_options import FigureOptions
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.exports.formats import list_endings
from exclip_desktop.storage.exports.number_files import NUMBER_FORMATS, map_to_values, matrix_to_values, save_map
from exclip_desktop.storage.pictures import Picture, read_picture

if TYPE_CHECKING:
    from exclip_desktop.api.results import MatrixResult  # imports torch
    from exclip_desktop.core.values.answers import TokenMap


def add_map(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Explain by another method. A first-order method maps a picture or a caption: one value for each patch or "
        "token. A second-order method computes a matrix of tokens × patches, from which --span and --box select. "
        "Without picture and caption, a sample is explained; --methods lists the methods."
    )
    parser.set_defaults(run=_map)
    add_pair(parser)
    parser.add_argument("--methods", action="store_true", help="list the methods with their options, and stop")
    parser.add_argument("--method", default="grad-eclip", metavar="KEY", help="the method (default %(default)s)")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="one of its options")
    parser.add_argument(
        "--framing", choices=FRAMINGS, default="model", help="how the picture is fitted to the model's input"
    )
    first = parser.add_argument_group("of a map")
    first.add_argument(
        "--side", choices=("image", "text"), default="image", help="the side that is mapped (default %(default)s)"
    )
    first.add_argument("--target", metavar="WORDS", help="words to compare the picture with, instead of the caption")
    add_selection(parser.add_argument_group("of a matrix"))
    add_output(parser, out=f"write the numbers: {list_endings(NUMBER_FORMATS)}", json="print JSON instead of text")
    add_model(parser)


def _map(options: argparse.Namespace) -> None:
    if options.methods:
        print_text(format_table())
        return
    image, caption = resolve_pair(options)
    texts = dict(_split_option(text) for text in options.option)
    method = method_by_key(options.method)
    _check_flags(method, options)
    method.make_options(texts, options.side)  # errors before the model is loaded
    if options.picture is not None and options.side == "text":
        raise OutputError("A map of a caption has no figure.", "Leave out --picture, or write numbers (--out).")
    check_outputs(options, image)
    picture = read_picture(image, options.max_megapixels)
    model = load_chosen_model(options)
    arguments: dict[str, Any] = {"framing": options.framing, "max_megapixels": options.max_megapixels, **texts}
    with ProgressBar(f"{method.name}: ") as bar:
        if method.order == "second":
            check_selection(options, model, caption, picture.pixels.shape, 0)
            matrix = exclip_desktop.matrix_by(model, picture, caption, method.key, progress=bar.show, **arguments)
        else:
            arguments |= {"side": options.side, "target": options.target}
            token_map = exclip_desktop.map_by(model, picture, caption, method.key, progress=bar.show, **arguments)
    if method.order == "second":
        _output_matrix(matrix, image, options)
    else:
        _output_map(token_map, image, picture, (*model.notes, *picture.notes), options)


def _check_flags(method: AttributionMethod, options: argparse.Namespace) -> None:
    """Raise ``SettingsError`` for flags that methods of the other order have."""
    if method.key == OURS:
        raise SettingsError(f"{method.name} is this program's own method.", "Use the command explain.")
    if method.order == "second" and (options.target is not None or options.side == "text"):
        raise SettingsError(f"{method.name} computes a matrix, which has both sides.", "Select words of it (--span).")
    if method.order == "first" and (options.span is not None or options.box is not None):
        raise SettingsError(f"{method.name} computes a map, not a matrix to select from.", "Name words by --target.")


def _output_map(
    token_map: "TokenMap", image: Path, picture: Picture, notes: tuple[str, ...], options: argparse.Namespace
) -> None:
    for note in notes:
        print_note(note)
    name = method_name(token_map.method)
    if options.picture is not None:
        figures = import_module("exclip_desktop.render.figure")  # imports matplotlib
        title = f"{name} · “{token_map.target}” · {token_map.model} · score {format_signed(token_map.score)}"
        figure = figures.draw_map(token_map, picture.pixels, title, FigureOptions(colours=options.colours))
        write_atomically(
            options.picture, lambda file: figures.save_figure(figure, file, options.picture.suffix.lower())
        )
        print_note(f"Written: {options.picture}")
    if options.out is not None:
        print_written(options.out, save_map(token_map, options.out, options.csv_formulas))
    if options.json:
        print_json({"image": str(image), "notes": list(notes), **map_to_values(token_map)})
    else:
        print_text(map_as_text(token_map, name))


def _output_matrix(matrix: "MatrixResult", image: Path, options: argparse.Namespace) -> None:
    for note in matrix.notes:
        print_note(note)
    selection = {"span": options.span, "box": options.box}
    if options.picture is not None:
        matrix.plot(options.picture, **selection, colours=options.colours)
        print_note(f"Written: {options.picture}")
    if options.out is not None:
        print_written(options.out, matrix.save(options.out, **selection, csv_formulas=options.csv_formulas))
    values = describe_selection(matrix, **selection)
    if options.json:
        print_json({"image": str(image), "notes": matrix.notes, **matrix_to_values(matrix), "selection": values})
    else:
        print_text(matrix_as_text(matrix, values))


def _split_option(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CaptionError(f'"{text}" has no value.', "Write --option name=value; --methods lists the options.")
    return name.strip().replace("-", "_"), value.strip()
