"""The command line with the hub's cache of this process's HF_HOME: the hub's package reads it when it is imported."""

import os
from pathlib import Path

from huggingface_hub import constants

from exclip_desktop.cli.main import main


def run_with_own_cache(arguments: list[str]) -> int:
    """Run a command, and return its exit code."""
    constants.HF_HUB_CACHE = str(Path(os.environ["HF_HOME"], "hub"))
    return main(arguments)
