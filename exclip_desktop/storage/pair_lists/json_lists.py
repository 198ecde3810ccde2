"""Reads JSON lists as a whole; an entry that cannot be decoded is left out alone, where that is possible."""

import codecs
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.free_memory import free_of_computer
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.core.inputs.regular_files import JSON_LIST, InputKind, open_regular, read_regular
from exclip_desktop.core.paths import is_file
from exclip_desktop.core.text.number_format import format_bytes

VALUE_COST: Final = 7  # bytes of memory per byte of JSON: 5 of COCO's instances, 8 of its captions, 9 of short records
HEAD_BYTES: Final = 1 << 16
SMALL_BYTES: Final = 16 << 20  # memory is not asked for below this
HINT: Final = "Correct the file. One object per line belongs into a file that ends in .jsonl."


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for an entry of a list that cannot be decoded.

    Attributes:
        reason: why, without a full stop.

    """

    reason: str


def parse_json(path: Path, kind: InputKind = JSON_LIST) -> Any:
    """Return the value of a JSON file, with ``Unreadable`` in place of entries that cannot be decoded.

    Raises:
        ListError: the file cannot be opened, is larger than its kind or the memory allow, or is not JSON.

    """
    if is_file(path):
        _check_memory(path)
    with open_regular(path, kind, ListError) as file:
        head = file.read(HEAD_BYTES)
    if b"\0" in head and "\0" in head.decode(json.detect_encoding(head[:4]), "replace"):
        raise ListError(f"{path.name} is not JSON: it has NUL bytes.", HINT)
    data = read_regular(path, kind, ListError)
    try:
        return decode_json(data)
    except JsonError as error:
        try:
            return _decode_entries(_as_utf8(data))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            line = f", line {error.line}," if error.line else ""
            raise ListError(f"{path.name}{line} is not JSON: {error}.", HINT) from error


def _check_memory(path: Path) -> None:
    """Raise ``ListError`` where a document takes more memory than is free."""
    size, free = path.stat().st_size, free_of_computer()
    if size > SMALL_BYTES and free is not None and VALUE_COST * size > free:
        raise ListError(
            f"{path.name} takes about {format_bytes(VALUE_COST * size)} of memory to read, and {format_bytes(free)} "
            "are free.",
            "Close other programs, or write the list as JSON lines: a file that ends in .jsonl.",
        )


def _decode_entries(data: bytes) -> Any:
    """Return the value of a list, or of an object of lists, whose entries are decoded one by one."""
    if not data[:64].lstrip().startswith(b"{"):
        return [_decode(entry) for entry in msgspec.json.decode(data, type=list[msgspec.Raw])]
    document = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    return {name: _decode_list(part) for name, part in document.items()}


def _decode_list(part: msgspec.Raw) -> Any:
    try:
        return [_decode(entry) for entry in msgspec.json.decode(part, type=list[msgspec.Raw])]
    except msgspec.DecodeError:  # no list
        return _decode(part)


def _decode(entry: msgspec.Raw) -> Any:
    try:
        return decode_json(bytes(entry))
    except JsonError as error:
        return Unreadable(str(error))


def _as_utf8(data: bytes) -> bytes:
    encoding = json.detect_encoding(data[:4])
    if encoding == "utf-8":
        return data
    return data.decode(encoding).removeprefix(codecs.BOM_UTF8.decode("utf-8")).encode()
