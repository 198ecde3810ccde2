"""The commands ``models list``, ``fetch``, ``pack`` and ``unpack``."""

import argparse
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from exclip_desktop.cli.options import add_weights
from exclip_desktop.cli.terminal import ProgressBar, in_columns, print_json, print_note, print_text
from exclip_desktop.core.text.number_format import format_bytes

if TYPE_CHECKING:
    from exclip_desktop.models.catalogue import ModelEntry  # it imports torch


def add_models(parser: argparse.ArgumentParser) -> None:
    """Describe the command's own commands."""
    parser.description = (
        "List the models on this computer, fetch others, pack and unpack them. Only fetch uses the network."
    )
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = kinds.add_parser("list", help="list the models on this computer", description="List models.")
    listing.add_argument("--all", action="store_true", help="list every tag of open_clip as well")
    listing.add_argument("--json", action="store_true", help="print JSON instead of text")
    listing.set_defaults(run=_list)
    fetch = kinds.add_parser(
        "fetch",
        help="download an open_clip tag's weights",
        description="Download an open_clip tag's weights into its cache. An interrupted download is resumed.",
    )
    fetch.add_argument("name", metavar="NAME", help="open_clip architecture, e.g. ViT-B-32")
    fetch.add_argument("tag", metavar="TAG", help="tag of its weights, e.g. laion2b_s34b_b79k")
    fetch.set_defaults(run=_fetch)
    pack = kinds.add_parser(
        "pack",
        help="write a model into one folder, with checksums",
        description="Write a model into one new folder, for a machine without a network: config, preprocessing, "
        "weights, tokenizer, checksums.",
    )
    pack.add_argument("model", metavar="MODEL", help="demo, a folder, or an open_clip architecture")
    pack.add_argument("out", metavar="OUT_FOLDER", type=Path, help="the new folder")
    add_weights(pack)
    pack.set_defaults(run=_pack)
    unpack = kinds.add_parser(
        "unpack",
        help="check and install a packed folder",
        description="Check a packed folder and install it under the folder's name.",
    )
    unpack.add_argument("folder", metavar="FOLDER", type=Path, help="a folder that models pack wrote")
    unpack.set_defaults(run=_unpack)


def _list(options: argparse.Namespace) -> None:
    catalogue = import_module("exclip_desktop.models.catalogue")  # it imports torch
    entries = catalogue.list_local_models()
    if options.all:
        entries += [entry for entry in catalogue.list_tagged_models() if not entry.is_local]
    if options.json:
        print_json([{**asdict(entry), "path": entry.path and str(entry.path)} for entry in entries])
    else:
        print_text("\n".join(in_columns(map(_row, entries))))


def _row(entry: "ModelEntry") -> tuple[str, ...]:
    grid = "" if entry.grid is None else "{} × {}".format(*entry.grid)
    about = f"about {format_bytes(entry.bytes)}" if entry.bytes else "size unknown"
    size = format_bytes(entry.bytes) if entry.path else about
    place = str(entry.path or "not here")
    if entry.reason:
        place = f"{place}  cannot be explained: {entry.reason}".strip()
    return entry.name, entry.tag, size, entry.family, grid, f"{entry.context} tokens", place


def _fetch(options: argparse.Namespace) -> None:
    download = import_module("exclip_desktop.models.weights.download")  # it imports torch
    path = download.find_downloaded(options.name, options.tag)
    if path is not None:
        print_note(f"{options.name} ({options.tag}) is on this computer.")
        print_text(str(path))
        return
    plan = download.plan_download(options.name, options.tag)
    here = f", {format_bytes(plan.weights.bytes_here)} of them here" if plan.weights.bytes_here else ""
    print_note(f"{plan.name} ({plan.tag}): {format_bytes(plan.weights.bytes)}{here}")
    with ProgressBar(of_bytes=True) as bar:
        path = download.download(plan, bar.show)
    print_text(str(path))


def _pack(options: argparse.Namespace) -> None:
    packs = import_module("exclip_desktop.models.weights.packs")  # it imports torch
    with ProgressBar() as bar:
        folder = packs.pack_model(
            options.out,
            options.model,
            pretrained=options.pretrained,
            checkpoint=options.checkpoint,
            preprocess=options.preprocess,
            adapter=options.adapter,
            progress=bar.show,
        )
    print_text(str(folder))


def _unpack(options: argparse.Namespace) -> None:
    packs = import_module("exclip_desktop.models.weights.packs")  # it imports torch
    with ProgressBar() as bar:
        name = packs.unpack_model(options.folder, progress=bar.show)
    print_note(f"Explain with it: --model {name}")
    print_text(name)
