"""Reads the settings that version 0.3.0 saved with ``QSettings``, as text.

Qt itself never reads the file: it would decode values such as ``@Variant(…)`` by running Python's pickle.
"""

import base64
import re
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, read_regular

_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{1,6})|(.))", re.DOTALL)
_LETTERS: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_BYTES: Final = re.compile(r"@ByteArray\((.*)\)", re.DOTALL)


def read_qt_settings(path: Path) -> dict[str, Any]:
    """Return the values of an INI file of Qt by name, as ``theme`` or ``shape/window``.

    Values are JSON in text; sizes and positions, which Qt writes as ``@ByteArray(…)``, become base64. All others that
    begin with @ are left out. Without the file, or where it cannot be read, there are none.
    """
    try:
        lines = read_regular(path, CONFIG_FILE, SettingsError).decode("utf-8", "replace").splitlines()
    except SettingsError:
        return {}
    values: dict[str, Any] = {}
    group = ""
    for line in lines:
        name, equals, written = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            group = "" if line == "[General]" else f"{line[1:-1]}/"
        elif equals:
            value = _decode(written)
            if value is not None:
                values[group + name.strip()] = value
    return values


def _decode(written: str) -> Any:
    quoted = len(written) >= 2 and written[0] == written[-1] == '"'
    text = _ESCAPE.sub(_unescape, written[1:-1] if quoted else written)
    if binary := _BYTES.fullmatch(text):
        return base64.b64encode(binary[1].encode("latin-1", "replace")).decode()
    if text.startswith("@") and not text.startswith("@@"):
        return None
    try:
        return decode_json(text.removeprefix("@"))
    except JsonError:
        return None


def _unescape(escape: re.Match[str]) -> str:
    digits, letter = escape.groups()
    return chr(int(digits, 16) % 0x110000) if digits else _LETTERS.get(letter, letter)
