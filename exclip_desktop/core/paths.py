"""Paths as a person types them."""

from pathlib import Path


def expanded(path: str | Path) -> Path:
    """Return the path with ``~`` expanded; where nobody has that home, as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except PermissionError:
        return True  # nobody can tell; opening it will
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Whether there is such a folder; a name that no folder can have is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
