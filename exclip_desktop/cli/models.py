"""The commands ``models list``, ``fetch``, ``pack`` and ``unpack``."""

import argparse
import json
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exclip_desktop.cli.options import add_weights
from exclip_desktop.cli.terminal import Bar, say
from exclip_desktop.core.text.sizes import size_told

if TYPE_CHECKING:
    from exclip_desktop.models.catalogue import ModelEntry  # it imports torch


def add_models(commands: Any) -> None:
    """Add the command ``models`` with its own commands."""
    models = commands.add_parser(
        "models",
        help="list, fetch, pack and unpack models",
        description="What models are here and elsewhere. Only fetch uses the network.",
    )
    kinds = models.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = kinds.add_parser("list", help="list the models on this computer", description="List models.")
    listing.add_argument("--all", action="store_true", help="every tag of open_clip's as well, here or not")
    listing.add_argument("--json", action="store_true", help="print JSON instead of text")
    listing.set_defaults(run=_list)
    fetch = kinds.add_parser(
        "fetch",
        help="download an open_clip tag's weights",
        description="Download an open_clip tag's weights into its cache. After a cut, or Ctrl-C, fetching it again "
        "goes on from there.",
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
        help="install a packed folder, checked",
        description="Check a packed folder and copy it to where models are found by the folder's name.",
    )
    unpack.add_argument("folder", metavar="FOLDER", type=Path, help="a folder that pack has written")
    unpack.set_defaults(run=_unpack)


def _list(options: argparse.Namespace) -> None:
    catalogue = import_module("exclip_desktop.models.catalogue")  # it imports torch
    entries = catalogue.models_here()
    if options.all:
        entries += [entry for entry in catalogue.every_tag() if not entry.cached]
    if options.json:
        told = [{**asdict(entry), "path": entry.path and str(entry.path)} for entry in entries]
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    rows = [_row(entry) for entry in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(entry: "ModelEntry") -> tuple[str, ...]:
    grid = "" if entry.grid is None else "{} × {}".format(*entry.grid)
    about = f"about {size_told(entry.bytes)}" if entry.bytes else "size unknown"
    size = size_told(entry.bytes) if entry.path else about
    where = str(entry.path or "not here")
    if entry.reason:
        where = f"{where}  cannot be explained: {entry.reason}".strip()
    return entry.name, entry.tag, size, entry.family, grid, f"{entry.context} tokens", where


def _fetch(options: argparse.Namespace) -> None:
    loader = import_module("exclip_desktop.models.weights.download")  # it imports torch
    path = loader.downloaded(options.name, options.tag)
    if path is not None:
        say(f"{options.name} ({options.tag}) is on this computer.")
        print(path)
        return
    plan = loader.plan_download(options.name, options.tag)
    here = f", {size_told(plan.weights.here)} of them here" if plan.weights.here else ""
    say(f"{plan.name} ({plan.tag}): {size_told(plan.weights.bytes)}{here}")
    with Bar(of_bytes=True) as bar:
        path = loader.download(plan, bar.show)
    print(path)


def _pack(options: argparse.Namespace) -> None:
    packs = import_module("exclip_desktop.models.weights.packs")  # it imports torch
    given = {"pretrained": options.pretrained, "checkpoint": options.checkpoint, "preprocess": options.preprocess}
    with Bar() as bar:
        folder = packs.pack_model(options.out, options.model, **given, progress=bar.show)
    print(folder)


def _unpack(options: argparse.Namespace) -> None:
    packs = import_module("exclip_desktop.models.weights.packs")  # it imports torch
    with Bar() as bar:
        name = packs.unpack_model(options.folder, progress=bar.show)
    say(f"Explain by it with --model {name}")
    print(name)
