"""Options that several commands share: pair, selection, model, settings and output."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import exclip_desktop
from exclip_desktop.cli.terminal import ProgressBar
from exclip_desktop.core.errors import CaptionError, OutputError, PictureError, SelectionError
from exclip_desktop.core.maths.colour import COLOUR_MAPS, DEFAULT_COLOURS
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.preprocessing import PREPROCESSINGS
from exclip_desktop.core.values.settings import DEFAULT_TOLERANCE, FULL, PRECISIONS, ExplainSettings, Layer
from exclip_desktop.storage.cache import FactorCache, open_cache
from exclip_desktop.storage.exports.formats import PICTURE_FORMATS, check_path, list_endings
from exclip_desktop.storage.exports.number_files import NUMBER_FORMATS
from exclip_desktop.storage.formula_cells import FORMULA_CHOICES
from exclip_desktop.storage.pictures import DEFAULT_MEGAPIXELS
from exclip_desktop.storage.samples import load_samples

if TYPE_CHECKING:
    from exclip_desktop.models.model import Model  # it imports torch


def add_pair(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a picture and a caption."""
    parser.add_argument("image", nargs="?", metavar="IMAGE", help="a picture file")
    parser.add_argument("caption", nargs="?", metavar="CAPTION", help="a description of the picture")
    parser.add_argument("--sample", type=int, metavar="N", help="explain sample N (1–12) instead")
    add_max_megapixels(parser)


def add_max_megapixels(parser: argparse.ArgumentParser) -> None:
    """Add the limit of a picture's size."""
    parser.add_argument(
        "--max-megapixels",
        type=float,
        default=DEFAULT_MEGAPIXELS,
        metavar="N",
        help="largest picture read (default %(default)g)",
    )


def add_selection(parser: Any) -> None:
    """Add the options that select words and a box."""
    parser.add_argument(
        "--span",
        metavar="WORDS",
        help='whole words of the caption to select, e.g. "red balloon": wherever they stand, in capitals or not',
    )
    parser.add_argument(
        "--box",
        type=parse_box,
        metavar="X0,Y0,X1,Y1",
        help="a box to select, in pixels of the picture; with a minus first, write --box=-5,0,20,20",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a model."""
    group = parser.add_argument_group("model")
    group.add_argument("--model", metavar="NAME", help="demo (default), a folder, or an open_clip architecture")
    add_weights(group)
    group.add_argument("--download", action="store_true", help="allow the download of the tag's weights")
    group.add_argument("--device", metavar="NAME", help="cpu, cuda, mps (default: the fastest available)")


def add_weights(parser: Any) -> None:
    """Add the options that name an architecture's weights."""
    parser.add_argument("--pretrained", metavar="TAG", help="open_clip tag of the weights, from the local cache")
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="weights file (.safetensors, .pt, .pth, .bin); without --model its architecture is recognised",
    )
    parser.add_argument(
        "--preprocess",
        metavar="KIND",
        help="preprocessing of pictures, where the checkpoint does not name it: "
        f"{', '.join(one.name for one in PREPROCESSINGS)}, or a JSON file with mean and std",
    )
    parser.add_argument("--adapter", metavar="FOLDER", help="LoRA adapter of peft, merged into the weights")


def add_explain_settings(parser: argparse.ArgumentParser) -> None:
    """Add an option for every field of ``ExplainSettings``."""
    group = parser.add_argument_group("settings")
    group.add_argument(
        "--image-layer",
        type=_layer,
        metavar="L",
        help="image block or stage, from 0; −1 is the last; pool for a model with attention pooling",
    )
    group.add_argument(
        "--text-layer",
        type=_layer,
        metavar="L",
        help="text block, from 0; −1 is the last; pool for a model with attention pooling",
    )
    group.add_argument(
        "--quadrature", default="adaptive", metavar="RULE", help="adaptive (default), gauss-legendre or riemann-right"
    )
    group.add_argument(
        "--steps", type=int, metavar="N", help="nodes of a fixed rule, or the largest number of the adaptive one"
    )
    group.add_argument("--text-reference", default="matched", metavar="KIND", help="matched (default) or published")
    group.add_argument(
        "--framing",
        default="model",
        metavar="KIND",
        help="model (default: its own), crop, squash, pad, or whole (the picture in its own aspect ratio)",
    )
    group.add_argument(
        "--precision",
        default=FULL,
        metavar="KIND",
        help=f"precision before the layers: {', '.join(PRECISIONS)} (default %(default)s); derivatives are float32",
    )
    group.add_argument(
        "--tolerance",
        type=float,
        metavar="ERROR",
        help=f"relative error at which the adaptive rule stops (default {DEFAULT_TOLERANCE:g})",
    )


def add_no_cache(parser: argparse.ArgumentParser) -> None:
    """Add the option that leaves the cache alone."""
    parser.add_argument(
        "--no-cache", action="store_true", help="do not store the matrices in the cache that the window reads"
    )


def chosen_cache(options: argparse.Namespace) -> FactorCache | None:
    """Return the cache that the window uses, unless the options say no."""
    return None if options.no_cache else open_cache()


def add_output(parser: argparse.ArgumentParser, *, out: str, json: str) -> None:
    """Add the options for files and for JSON; ``out`` and ``json`` are their help."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--picture", type=Path, metavar="FILE", help=f"write the figure: {list_endings(PICTURE_FORMATS)}"
    )
    group.add_argument(
        "--colours",
        choices=tuple(COLOUR_MAPS),
        default=DEFAULT_COLOURS,
        help="colour map of the figure (default %(default)s)",
    )
    group.add_argument("--out", type=Path, metavar="FILE", help=out)
    add_csv_formulas(group)
    group.add_argument("--json", action="store_true", help=json)


def add_csv_formulas(parser: Any) -> None:
    """Add the choice of what is done with cells of a CSV that a spreadsheet would compute."""
    parser.add_argument(
        "--csv-formulas",
        choices=FORMULA_CHOICES,
        default=FORMULA_CHOICES[0],
        help="cells of a CSV that begin with =, +, - or @ and are no numbers: put an apostrophe before them, so that "
        "no spreadsheet computes them (escape, default), or keep them",
    )


def _layer(text: str) -> int | str:
    if text == "pool":
        return text
    try:
        return int(text.replace("−", "-"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a layer; give a block number, or pool") from None


def parse_box(text: str) -> Box:
    """Return the box that ``X0,Y0,X1,Y1`` writes; raise argparse's error for anything else."""
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a box; give X0,Y0,X1,Y1 in pixels") from None
    if not all(map(math.isfinite, (x0, y0, x1, y1))):
        raise argparse.ArgumentTypeError(f"{text!r} is not a box; give finite numbers")
    return x0, y0, x1, y1


def resolve_pair(options: argparse.Namespace) -> tuple[Path, str]:
    """Return the picture and the caption of the arguments; without any, those of the first sample.

    Raises:
        CaptionError, PictureError, SelectionError: one of them is missing or empty, or there is no such sample.

    """
    if options.image is not None and options.caption is not None and options.sample is None:
        if not options.caption.strip():
            raise CaptionError("The caption is empty.", "Describe the picture, in quotes.")
        if not options.image.strip():
            raise PictureError("The name of the picture is empty.", "Give the path of a picture file.")
        return Path(options.image), options.caption
    if options.image is not None:
        if options.sample is not None:
            raise CaptionError("A sample brings its own picture and caption.", "Leave out --sample, or the others.")
        raise CaptionError(
            "A picture and a caption are needed; one of them is missing.",
            'Give both, the caption in quotes: exclip-desktop explain photo.jpg "a dog".',
        )
    available = load_samples()
    number = 1 if options.sample is None else options.sample
    if not 1 <= number <= len(available):
        raise SelectionError(f"There is no sample {number}.", f"Give a number from 1 to {len(available)} (--sample).")
    return available[number - 1].path, available[number - 1].caption


def check_outputs(options: argparse.Namespace, image: Path) -> None:
    """Check, before any work, that the figure (--picture) and the numbers (--out) can be written.

    Raises:
        OutputError: a file's ending is unknown, or it is the picture itself.

    """
    for target in (options.picture, options.out):
        if target is not None and target.resolve() == image.resolve():
            raise OutputError(f"{target} is the picture itself, and would be overwritten.", "Give another file.")
    if options.picture is not None:
        check_path(options.picture, PICTURE_FORMATS)
    if options.out is not None:
        check_path(options.out, NUMBER_FORMATS)


def check_selection(
    options: argparse.Namespace, model: "Model", caption: str, shape: tuple[int, ...], layer: Layer
) -> None:
    """Check, before any work, that the words and the box select something.

    Raises:
        CaptionError, SelectionError, SettingsError: they do not fit the caption, the picture (H, W, …), or the framing.

    """
    if options.span is not None:
        model.reader.read(caption).rows_of(options.span)
    if options.box is not None:
        model.check_framing(options.framing)
        model.geometry((shape[1], shape[0]), layer, options.framing).require_coverage(options.box)


def load_chosen_model(options: argparse.Namespace) -> "Model":
    """Load the model that the options name, with a progress bar of a download."""
    with ProgressBar(of_bytes=True) as bar:
        return exclip_desktop.load_model(
            options.model,
            pretrained=options.pretrained,
            checkpoint=options.checkpoint,
            preprocess=options.preprocess,
            adapter=options.adapter,
            device=options.device,
            allow_download=options.download,
            progress=bar.show,
        )


def explain_settings(options: argparse.Namespace) -> ExplainSettings:
    """Return the settings of the options that ``add_explain_settings`` adds."""
    return ExplainSettings.from_dict(vars(options))
