"""How torch's threads share the processor with other work."""

import os


def share_cores() -> None:
    """Let torch's threads sleep soon while they wait for each other; it takes effect before torch is imported.

    By default they spin, and where another program or the window itself has a core, each waits for one that cannot run:
    with one of 2 cores busy, explaining a sample took 11.9 s, and 2.2 s like this; on idle cores it is the same.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
