"""Forks writers that are killed: of settings, of the cache, and of batches. Run as a program by ``test_kept_files``.

It reads one line per writer from standard input, ``KIND FOLDER``, forks it, and prints ``pid N``; the writer prints a
line after each step, and the program prints ``ended CODE`` once it has ended. It has one thread.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from exclip_desktop.api import batch as api_batch
from exclip_desktop.core.cache_keys import cache_key
from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.models.loading import load_model
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.cache import FactorCache

STEPS = 400
HOW: dict[str, Any] = {"image_layer": -1, "text_layer": -1, "quadrature": "gauss-legendre", "steps": 1}


def make_factor(number: int) -> Factor:
    """Return a factor that says which one it is."""
    ends = Ends(*(np.full(64, value, np.float64) for value in (number, 1, 2)))
    return Factor(np.full((500, 64), number, np.float32), ends, SideReport(9, 0.0, None, True, "pair"))


def key_of(number: int) -> str:
    return cache_key(number=number)


def write_settings(folder: Path, step: Callable[[object], None]) -> None:
    """Write a setting that grows again and again."""
    store = SettingsFile(folder / "settings.json")
    for number in range(STEPS):
        store.write("device", f"{number}")
        store.write("recent", [f"/{at}" for at in range(number)])
        step(number)


def write_cache(folder: Path, step: Callable[[object], None]) -> None:
    """Put factors, of which the folder holds about ten."""
    cache = FactorCache(folder, disk_bytes=1_400_000)
    for number in range(STEPS):
        cache.put(key_of(number), make_factor(number))
        step(number)


def write_batch(folder: Path, step: Callable[[object], None]) -> None:
    """Run the batch of the list in a folder, and write each shard after each entry."""
    api_batch.WRITTEN_EVERY_S = 0.0  # type: ignore[misc]
    model = load_model(str(folder / "model"), device="cpu")

    def report(progress: Report) -> None:
        step(f"{progress.what} {progress.done}")

    api_batch.batch(model, folder / "pairs.csv", folder / "out", all_pairs=True, progress=report, **HOW)


WRITERS = {"settings": write_settings, "cache": write_cache, "batch": write_batch}


def print_step(step: object) -> None:
    """Print a step at once, in one piece: two processes print."""
    os.write(1, f"{step}\n".encode())


def main() -> None:
    """Serve writers until standard input ends."""
    for line in sys.stdin:
        kind, folder = line.rstrip("\n").split(" ", 1)
        child = os.fork()
        if not child:
            code = 1
            try:
                print_step("began")
                WRITERS[kind](Path(folder), print_step)
                code = 0
            finally:
                os._exit(code)
        print_step(f"pid {child}")
        print_step(f"ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


if __name__ == "__main__":
    main()
