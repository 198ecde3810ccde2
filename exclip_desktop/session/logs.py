"""Error reports and the rotating log file."""

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_log_path

from exclip_desktop.core.errors import UserError
from exclip_desktop.session.notices import WINDOW_WORDS

log = logging.getLogger(__name__)
BYTES = 512 * 1024
BACKUPS = 3


def log_file() -> Path:
    """Return the path of the log file."""
    return user_log_path("exclip_desktop", appauthor=False) / "exclip_desktop.log"


def start_logging(path: Path) -> bool:
    """Write warnings and errors of the program to ``path``; return False if that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=BYTES, backupCount=BACKUPS, encoding="utf-8", delay=False)
    except OSError:
        return False
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("exclip_desktop")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return True


def describe_error(error: Exception) -> tuple[str, str, str]:
    """Return message, hint and details for an error; log errors that are not a ``UserError``."""
    if isinstance(error, UserError):
        return error.message, error.hint_in(WINDOW_WORDS), ""
    message = f"Something went wrong: {type(error).__name__}."
    details = "".join(traceback.format_exception(error))
    log.error("%s\n%s", message, details)
    return message, "Try again. If the problem persists, report it with the details.", details
