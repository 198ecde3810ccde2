"""The command ``profile``: shows where the attribution lies at every layer of one side."""

import argparse
from dataclasses import asdict

import exclip_desktop
from exclip_desktop.cli.options import (
    add_explain_settings,
    add_model,
    add_pair,
    explain_settings,
    load_chosen_model,
    resolve_pair,
)
from exclip_desktop.cli.terminal import ProgressBar, print_json, print_note, print_text
from exclip_desktop.cli.text_report import profile_as_text, profile_values
from exclip_desktop.core.values.settings import SIDES
from exclip_desktop.storage.pictures import read_picture


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Explain a picture and a caption at every layer of one side, with the chosen layer of the other side, and "
        "print which share of the score falls on words × patches, on class and register tokens, on [SOT], [EOT] and "
        "padding, and on the reference terms. Without picture and caption, a sample is explained."
    )
    parser.set_defaults(run=_profile)
    add_pair(parser)
    parser.add_argument(
        "--side", choices=SIDES, default="image", help="the side whose layers are compared (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_model(parser)
    add_explain_settings(parser)


def _profile(options: argparse.Namespace) -> None:
    image, caption = resolve_pair(options)
    picture = read_picture(image, options.max_megapixels)
    model = load_chosen_model(options)
    with ProgressBar("Explaining the ") as bar:
        profile = exclip_desktop.profile(
            model, picture, caption, options.side, progress=bar.show, **asdict(explain_settings(options))
        )
    for note in (*model.notes, *picture.notes):
        print_note(note)
    if options.json:
        print_json({"image": str(image), "caption": caption, **profile_values(profile)})
    else:
        print_text(profile_as_text(profile, caption))
