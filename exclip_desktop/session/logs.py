"""The log file: what went wrong, for a report; it rotates, so that it stays small."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_log_path

BYTES = 512 * 1024
KEPT = 3


def log_file() -> Path:
    """Return where the log file lies."""
    return user_log_path("exclip_desktop", appauthor=False) / "exclip_desktop.log"


def start_logging(path: Path) -> bool:
    """Write warnings and errors of the program to ``path``; return False where that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=BYTES, backupCount=KEPT, encoding="utf-8", delay=False)
    except OSError:
        return False
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("exclip_desktop")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return True
