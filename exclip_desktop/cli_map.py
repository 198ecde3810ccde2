"""The command ``map``: what other methods say of a picture or a caption."""

import argparse
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import exclip_desktop
from exclip_desktop.cli_options import add_model, add_pair, check_outputs, model_of, pair_of
from exclip_desktop.core.errors import CaptionError, OutputError
from exclip_desktop.core.framing import FRAMINGS
from exclip_desktop.core.method_facts import facts_of, table
from exclip_desktop.storage.atomic import write_atomically
from exclip_desktop.storage.maps import map_as_plain, save_map
from exclip_desktop.storage.pictures import Picture, read_picture
from exclip_desktop.terminal import Bar, say

if TYPE_CHECKING:
    from exclip_desktop.core.token_map import TokenMap

STRONGEST = 8


def add_map(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "map",
        help="map a picture or a caption by another method",
        description="Map a picture, or a caption, by a method of the first order: one value for every patch or token. "
        "Without picture and caption, a sample is taken; --methods lists the methods.",
    )
    parser.set_defaults(run=_map)
    add_pair(parser)
    parser.add_argument("--methods", action="store_true", help="list the methods, with their options, and stop")
    parser.add_argument("--method", default="grad-eclip", metavar="KEY", help="which method (default %(default)s)")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="one of its options")
    parser.add_argument(
        "--side", choices=("image", "text"), default="image", help="what is mapped (default %(default)s)"
    )
    parser.add_argument("--target", metavar="WORDS", help="words to compare the picture with, instead of the caption")
    parser.add_argument("--framing", choices=FRAMINGS, default="model", help="how the picture is given to the model")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the figure: .png, .svg or .pdf")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the numbers: .npz, .json or .csv")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    add_model(parser)


def _map(options: argparse.Namespace) -> None:
    if options.methods:
        print(table())
        return
    image, caption = pair_of(options)
    told = dict(_named(text) for text in options.option)
    facts = facts_of(options.method, "first")
    facts.read(told, options.side)
    if options.picture is not None and options.side == "text":
        raise OutputError("A caption's map has no figure.", "Leave out --picture, or write numbers (--out).")
    check_outputs(options, image)
    picture = read_picture(image, options.max_megapixels)
    model = model_of(options)
    with Bar("Mapping by ") as bar:
        found = exclip_desktop.map_by(
            model,
            picture,
            caption,
            options.method,
            options.side,
            target=options.target,
            framing=options.framing,
            progress=bar.show,
            **told,  # type: ignore[arg-type]  # the method's own, which the command has checked
        )
    for note in (*model.notes, *picture.notes):
        say(note)
    _give(found, facts.name, picture, options)


def _give(found: "TokenMap", name: str, picture: Picture, options: argparse.Namespace) -> None:
    if options.picture is not None:
        figures, maps = (import_module(f"exclip_desktop.render.{module}") for module in ("figure", "figure_map"))
        title = f"{name} · “{found.target}” · {found.model} · score {found.score:.3f}"
        figure = maps.draw_map(found, picture.pixels, title)
        write_atomically(
            options.picture, lambda file: figures.save_figure(figure, file, options.picture.suffix.lower())
        )
        say(f"Written: {options.picture}")
    if options.out is not None:
        save_map(found, options.out)
        say(f"Written: {options.out}")
    print(json.dumps(map_as_plain(found), ensure_ascii=False, indent=1) if options.json else _as_text(found, name))


def _as_text(found: "TokenMap", name: str) -> str:
    chosen = ", ".join(f"{option} {value}" for option, value in found.options.items())
    lines = [f"“{found.target}”", f"score {found.score:+.4f}   {found.model}, {name}: {chosen}", ""]
    if found.side == "text":
        pairs = zip(found.caption.tokens, found.values, strict=True)
        return "\n".join([*lines, *(f"  {token.text:<20}{value:+.4g}" for token, value in pairs)])
    order = abs(found.values).argsort(axis=None)[::-1][:STRONGEST]
    places = [divmod(int(place), found.geometry.grid[1]) for place in order]
    rows = [f"  row {row}, column {column:<12}{found.values[row, column]:+.4g}" for row, column in places]
    return "\n".join([*lines, "Strongest patches, by magnitude (rows and columns count from 0)", *rows])


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CaptionError(f'"{text}" names no value.', "Write --option name=value; --methods lists the options.")
    return name.strip().replace("-", "_"), value.strip()
