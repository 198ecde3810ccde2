"""Reads YOLO's ``data.yaml``, as texts only: no number, date or object is built of it."""

from pathlib import Path
from typing import Any, Final

import yaml

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.regular_files import InputKind, read_regular

YAML_FILE: Final = InputKind("YAML file", 1_000_000)
MOST_DIGITS: Final = 9  # of the number of a class
_LOADER: Final[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the content of a YAML file; empty where it has none that can be read.

    Its values are texts, lists and objects. References within the file are refused: they make a small file endless.
    """
    try:
        text = read_regular(path, YAML_FILE, ListError).decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _LOADER)):
            return {}
        content = yaml.load(text, _LOADER)  # noqa: S506  a loader of texts
    except (ListError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def is_class(text: str) -> bool:
    """Return whether a text is the number of a class."""
    return text.isdecimal() and len(text) <= MOST_DIGITS
