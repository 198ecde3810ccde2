"""Sets how torch's threads share the CPU with other work."""

import os


def share_cores() -> None:
    """Let torch's threads sleep soon while they wait for each other; call it before torch is imported.

    By default the threads spin, and each waits for one that cannot run where another program or the window has a core:
    with one of 2 cores busy, explaining a sample took 11.9 s, and 2.2 s with this setting. On idle cores it makes no
    difference.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
