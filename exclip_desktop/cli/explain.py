"""The command ``explain``: explains a picture and a caption."""

import argparse
from dataclasses import asdict
from pathlib import Path

import exclip_desktop
from exclip_desktop.api.results import Result
from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.cli.options import (
    add_explain_settings,
    add_model,
    add_output,
    add_pair,
    add_selection,
    check_outputs,
    check_selection,
    explain_settings,
    load_chosen_model,
    resolve_pair,
)
from exclip_desktop.cli.terminal import ProgressBar, print_json, print_note, print_text, print_written
from exclip_desktop.cli.text_report import describe_selection, explanation_as_text, occlusion_as_text
from exclip_desktop.core.errors import Remedy, SelectionError
from exclip_desktop.core.text.accuracy_warnings import accuracy_warnings
from exclip_desktop.core.values.occlusion_scores import FILLS, OcclusionScores
from exclip_desktop.storage.exports.formats import list_endings
from exclip_desktop.storage.exports.number_files import NUMBER_FORMATS, matrix_to_values
from exclip_desktop.storage.pictures import read_picture


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Explain a picture and a caption: score, ledger, strongest word ↔ patch pairs. Without picture and caption, a "
        "sample is explained. Strongest means largest magnitude, for or against. Rows and columns of patches count "
        "from 0, from the upper left."
    )
    parser.set_defaults(run=_explain)
    add_pair(parser)
    add_selection(parser)
    parser.add_argument(
        "--measure",
        choices=FILLS,
        metavar="FILL",
        help="occlude the selected words and box, each and both, and print the model's real scores; the box is filled "
        "with mean (the model's mean colour), blur, or mirror (its surroundings)",
    )
    add_model(parser)
    add_explain_settings(parser)
    add_output(
        parser,
        out=f"write the numbers: {list_endings(NUMBER_FORMATS)}; with --span or --box, the selection as well. "
        ".csv holds words × patches only",
        json="print JSON instead of text: the keys of --out FILE.json without its arrays",
    )


def _explain(options: argparse.Namespace) -> None:
    image, caption = resolve_pair(options)
    check_outputs(options, image)
    if options.measure is not None and (options.span is None or options.box is None):
        raise SelectionError("Words and a box are needed to occlude.", Remedy.SELECT_WORDS_AND_BOX)
    picture = read_picture(image, options.max_megapixels)
    model = load_chosen_model(options)
    check_selection(options, model, caption, picture.pixels.shape, model.resolve_layer("image", options.image_layer))
    with ProgressBar("Explaining the ") as bar:
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
        print_note(note)
    scores = None
    if options.measure is not None:
        scores = exclip_desktop.measure(model, result, span=options.span, box=options.box, fill=options.measure)
    _write(result, options)
    _print(result, image, options, scores)


def _write(result: Result, options: argparse.Namespace) -> None:
    if options.picture is not None:
        result.plot(options.picture, span=options.span, box=options.box, colours=options.colours)
        print_note(f"Written: {options.picture}")
    if options.out is not None:
        notes = result.save(options.out, span=options.span, box=options.box, csv_formulas=options.csv_formulas)
        print_written(options.out, notes)


def _print(result: Result, image: Path, options: argparse.Namespace, scores: OcclusionScores | None) -> None:
    selection = describe_selection(result, options.span, options.box)
    if options.json:
        values = {"image": str(image), "notes": result.notes, **matrix_to_values(result), "selection": selection}
        if scores is not None:
            values["measured"] = {**asdict(scores), "interaction": scores.interaction}
        print_json(values)
        return
    print_text(explanation_as_text(result, selection))
    if scores is not None:
        print_text(occlusion_as_text(scores))
