"""Finds the captions in a cell of a table: one, or a list as JSON, Python or NumPy write it."""

import re
import sys
from typing import Final

from exclip_desktop.core.inputs.json_documents import JsonError, decode_json

QUOTED: Final = re.compile(r"""\s*('(?:[^'\\\n]|\\.)*+'|"(?:[^"\\\n]|\\.)*+")\s*,?\s*""")
"""A text in a list as Python writes it."""
ESCAPE: Final = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}


def cell_captions(cell: str) -> str | list[str]:
    """Return a cell's caption, or its captions where it is a list of texts as JSON, Python or NumPy write it."""
    inner = cell.strip()
    if not (inner.startswith(('["', "['")) and inner.endswith(('"]', "']"))):
        return cell
    try:
        value = decode_json(inner)
        return value if all(isinstance(one, str) for one in value) else cell
    except JsonError:
        return _quoted_texts(inner) or cell


def _quoted_texts(inner: str) -> list[str]:
    """Return the texts of a list as Python or NumPy write it, with or without commas; empty where it is none."""
    texts, at = [], 1
    while found := QUOTED.match(inner, at):
        texts.append(ESCAPE.sub(_unescape, found[1][1:-1]))
        at = found.end()
    return texts if at == len(inner) - 1 else []


def _unescape(match: re.Match[str]) -> str:
    digits = match[1][1:]
    return chr(min(int(digits, 16), sys.maxunicode)) if digits else ESCAPED.get(match[1], match[1])
