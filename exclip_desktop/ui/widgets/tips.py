"""Tooltips of more than a few words."""

import textwrap
from typing import Final

LETTERS: Final = 72


def wrapped(text: str) -> str:
    """Return a tooltip's text in lines; Qt would show it as one, however long."""
    return textwrap.fill(text, LETTERS)
