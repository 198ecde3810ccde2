"""The command ``profile``: where the attribution lies at every layer of one side."""

import argparse
import json
from dataclasses import asdict
from typing import Any

import exclip_desktop
from exclip_desktop.cli.options import add_explain_settings, add_model, add_pair, explain_settings, model_of, pair_of
from exclip_desktop.cli.terminal import Bar, say
from exclip_desktop.cli.text_report import profile_as_plain, profile_as_text
from exclip_desktop.core.values.settings import SIDES
from exclip_desktop.storage.pictures import read_picture


def add_profile(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "profile",
        help="say where the attribution lies at every layer",
        description="Explain a picture and a caption at every layer of one side, the other side's layer as it is "
        "chosen, and say which share of the score falls on words × patches, on class and register tokens, on [SOT], "
        "[EOT] and padding, and on the reference terms. Without picture and caption, a sample is taken.",
    )
    parser.set_defaults(run=_profile)
    add_pair(parser)
    parser.add_argument("--side", choices=SIDES, default="image", help="whose layers (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_model(parser)
    add_explain_settings(parser)


def _profile(options: argparse.Namespace) -> None:
    image, caption = pair_of(options)
    picture = read_picture(image, options.max_megapixels)
    model = model_of(options)
    with Bar("Explaining the ") as bar:
        found = exclip_desktop.profile(
            model, picture, caption, options.side, progress=bar.show, **asdict(explain_settings(options))
        )
    for note in (*model.notes, *picture.notes):
        say(note)
    if options.json:
        told = {"image": str(image), "caption": caption, **profile_as_plain(found)}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print(profile_as_text(found, caption))
