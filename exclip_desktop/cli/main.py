"""The entry point: the window, and the commands."""

import argparse
import json
import os
import shlex
import sys
from dataclasses import asdict
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import exclip_desktop
from exclip_desktop.api.results import Result
from exclip_desktop.cli.batch import add_batch
from exclip_desktop.cli.evaluate import add_evaluate
from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.cli.help import add_help
from exclip_desktop.cli.import_findings import add_import
from exclip_desktop.cli.map import add_map
from exclip_desktop.cli.models import add_models
from exclip_desktop.cli.options import (
    add_explain_settings,
    add_model,
    add_pair,
    add_selection,
    check_outputs,
    check_selection,
    explain_settings,
    model_of,
    pair_of,
)
from exclip_desktop.cli.profile import add_profile
from exclip_desktop.cli.report import add_report
from exclip_desktop.cli.terminal import Bar, say
from exclip_desktop.cli.text_report import as_text, measured_as_text, selection
from exclip_desktop.core.errors import CaptionError, SelectionError, SettingsError, UserError
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.text.accuracy_warnings import accuracy_warnings
from exclip_desktop.core.threads import share_cores
from exclip_desktop.core.values.occlusion_scores import FILLS, Measured
from exclip_desktop.core.version import __version__
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, list_endings
from exclip_desktop.storage.exports.number_files import NUMBER_FORMATS, matrix_values
from exclip_desktop.storage.pictures import read_picture

COMMANDS = ("explain", "profile", "map", "batch", "report", "import", "evaluate", "models", "doctor", "help")
USER_ERROR = 2
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run a command, or show the window where none is named (with a picture and a caption, if they are given).

    Returns the exit code: 0, 2 when the person can mend something, 130 when interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows "?" instead of a traceback
    share_cores()
    given = sys.argv[1:] if arguments is None else arguments
    parser = command_parser()
    try:
        options = argparse.Namespace(run=_window, what=given) if _means_window(given) else _parsed(parser, given)
        return options.run(options) or 0
    except UserError as error:
        print(f"exclip-desktop: {' '.join(error.text_in(FLAG_WORDS).split())}", file=sys.stderr)
        return USER_ERROR
    except KeyboardInterrupt:
        print("exclip-desktop: stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parsed(parser: argparse.ArgumentParser, given: list[str]) -> argparse.Namespace:
    options, more = parser.parse_known_args(given)
    if any(word.startswith("-") for word in more):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    if more:  # the further words of a caption, most likely
        raise CaptionError(f"There is more than {given[0]} takes: {shlex.join(more)}.", "Put a caption in quotes.")
    return options


def _means_window(given: list[str]) -> bool:
    return not given or (given[0] not in COMMANDS and not given[0].startswith("-"))


def _check_command(given: str) -> None:
    """Raise ``SettingsError`` where what stands for a picture is rather a command that is misspelt."""
    meant = get_close_matches(given, COMMANDS, 1)
    if meant and not Path(given).exists():
        raise SettingsError(f'There is no command "{given}", and no such picture.', f"The nearest command: {meant[0]}.")


def _window(options: argparse.Namespace) -> int:
    if options.what:
        _check_command(options.what[0])
    if len(options.what) > 2:
        told = shlex.join(options.what[1:])
        raise CaptionError(f"One picture and one caption are expected, not {told}.", "Put the caption in quotes.")
    code: int = import_module("exclip_desktop.app").run_window(*options.what)  # it imports Qt
    return code


def command_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="exclip-desktop",
        usage=f"exclip-desktop [PICTURE [CAPTION]]\n       exclip-desktop {{{','.join(COMMANDS)}}} …",
        description="Which words of a caption match which regions of a picture, for CLIP models. "
        "Without a command the window opens, with the picture and the caption that are given.",
    )
    parser.add_argument("--version", action="version", version=f"exclip-desktop {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="", required=True, prog="exclip-desktop")
    explain = commands.add_parser(
        "explain",
        help="explain a picture and a caption",
        description="Explain a picture and a caption: score, ledger, strongest word ↔ patch pairs. "
        "Without picture and caption, a sample is explained. Strongest is of largest magnitude, for or against. "
        "Rows and columns of patches count from 0, from the upper left.",
    )
    explain.set_defaults(run=_explain)
    add_pair(explain)
    _add_measured_selection(explain)
    add_model(explain)
    add_explain_settings(explain)
    _add_output(explain)
    add_profile(commands)
    add_map(commands)
    add_batch(commands)
    add_report(commands)
    add_import(commands)
    add_evaluate(commands)
    add_models(commands)
    doctor = commands.add_parser(
        "doctor",
        help="say versions, devices, models found, cache folder",
        description="Say what this program finds here.",
    )
    doctor.set_defaults(run=_doctor)
    add_help(commands)
    return parser


def _add_measured_selection(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    parser.add_argument(
        "--measure",
        choices=FILLS,
        metavar="FILL",
        help="take the selected words and box away, each and both, and tell the model's real scores; the box is filled "
        "with mean (the model's mean colour), blur, or mirror (its surroundings)",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument(
        "--picture", type=Path, metavar="FILE", help=f"write the figure: {list_endings(PICTURE_FORMATS)}"
    )
    group.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"write the numbers: {list_endings(NUMBER_FORMATS)}; with --span or --box, the selection as well. "
        ".csv holds words × patches only",
    )
    group.add_argument(
        "--json", action="store_true", help="print JSON instead of text: the keys of --out FILE.json without its arrays"
    )


def _explain(options: argparse.Namespace) -> None:
    image, caption = pair_of(options)
    check_outputs(options, image)
    if options.measure is not None and (options.span is None or options.box is None):
        raise SelectionError("Words and a box are needed to take away.", Remedy.SELECT_WORDS_AND_BOX)
    picture = read_picture(image, options.max_megapixels)
    model = model_of(options)
    check_selection(options, model, caption, picture.pixels.shape, model.resolve_layer("image", options.image_layer))
    with Bar("Explaining the ") as bar:
        result = exclip_desktop.explain(
            model,
            picture,
            caption,
            max_megapixels=options.max_megapixels,
            progress=bar.show,
            **asdict(explain_settings(options)),
        )
    result = Result(result, picture.pixels, (*model.notes, *picture.notes, *accuracy_warnings(result, FLAG_WORDS)))
    for note in result.notes:
        say(note)
    measured = None
    if options.measure is not None:
        measured = exclip_desktop.measure(model, result, span=options.span, box=options.box, fill=options.measure)
    _give(result, image, options, measured)


def _give(result: Result, image: Path, options: argparse.Namespace, measured: Measured | None) -> None:
    """Print the result and write what was asked for."""
    chosen = selection(result, options.span, options.box)
    if options.picture is not None:
        result.plot(options.picture, span=options.span, box=options.box)
        say(f"Written: {options.picture}")
    if options.out is not None:
        result.save(options.out, span=options.span, box=options.box)
        say(f"Written: {options.out}")
    if options.json:
        told = {"image": str(image), "notes": result.notes, **matrix_values(result), "selection": chosen}
        if measured is not None:
            told["measured"] = {**asdict(measured), "interaction": measured.interaction}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print(as_text(result, chosen))
        if measured is not None:
            print(measured_as_text(measured))


def _doctor(options: argparse.Namespace) -> None:
    print(import_module("exclip_desktop.cli.doctor").findings())  # it imports torch
