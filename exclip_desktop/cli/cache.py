"""The command ``cache``: prints the size and the limit of the stored results, changes the limit, and empties it."""

import argparse

from exclip_desktop.cli.terminal import print_text
from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.text.number_format import format_bytes
from exclip_desktop.storage.cache import CACHE_VARIABLE, default_cache_folder, open_cache
from exclip_desktop.storage.cache_folder import LEAST_DISK_BYTES


def add_cache(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = (
        "Print the folder, the size and the limit of the stored results, which the window, batch and evaluate share. "
        "The least recently used results are deleted beyond the limit. The environment variable "
        f"{CACHE_VARIABLE} names another folder, or off."
    )
    parser.set_defaults(run=_cache)
    parser.add_argument("--limit", type=_gigabytes, metavar="GB", help="store at most GB gigabytes from now on")
    parser.add_argument("--empty", action="store_true", help="delete all stored results")


def _gigabytes(text: str) -> int:
    try:
        limit = round(float(text) * 10**9)
    except (ValueError, OverflowError):
        limit = 0
    if limit < LEAST_DISK_BYTES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a limit; give gigabytes, at least {LEAST_DISK_BYTES / 10**9:g}"
        )
    return limit


def _cache(options: argparse.Namespace) -> None:
    folder = default_cache_folder()
    if folder is None:
        raise OutputError(f"Nothing is stored: {CACHE_VARIABLE} is off.", f"Unset {CACHE_VARIABLE}.")
    cache = open_cache()
    if options.limit is not None:
        cache.set_limit(options.limit)
    if options.empty:
        cache.clear()
    print_text(f"folder  {folder}")
    print_text(f"size    {format_bytes(cache.size()[1])}")
    print_text(f"limit   {format_bytes(cache.limit)}")
