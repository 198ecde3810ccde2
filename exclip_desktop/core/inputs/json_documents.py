"""Decodes JSON that comes from outside, and checks it against a type: the schema of the document."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
import numpy as np

from exclip_desktop.core.errors import UserError
from exclip_desktop.core.inputs.regular_files import InputKind, read_regular

MOST_DEPTH: Final = 64
"""Objects and lists inside one another; real documents have fewer than ten."""

Finite = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]  # neither infinite nor NaN
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]  # integers that JSON represents exactly
NonEmpty = Annotated[str, msgspec.Meta(min_length=1)]

Document = TypeVar("Document")
_TYPES: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
    "bytes": "bytes",
}
_NOT_MARKS: Final = bytes(set(range(256)) - set(b'[]{}"'))
_STEPS: Final = np.zeros(256, np.int8)
_STEPS[list(b"[{")], _STEPS[list(b"]}")] = 1, -1
_PLACE: Final = re.compile(r" - at (?:key in )?`\$?([^`]*)`$")
_QUOTED_TYPES: Final = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")


class JsonError(ValueError):
    """The text is not JSON, or JSON that is too deep.

    Attributes:
        line: the number of the line, from 1; None where it is not known.

    """

    def __init__(self, message: str, line: int | None = None) -> None:
        """Take one sentence without its full stop, such as "Expecting ',' delimiter"."""
        super().__init__(message)
        self.line = line


def decode_json(data: bytes | str) -> Any:
    """Return the value of JSON in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    ``NaN`` and ``Infinity``, which many programs write, are numbers here; a schema with ``Finite`` refuses them.

    Raises:
        JsonError: it is not JSON, or nested deeper than ``MOST_DEPTH``.

    """
    try:
        value = msgspec.json.decode(data)
    except RecursionError as error:
        raise _depth_error() from error
    except (msgspec.DecodeError, UnicodeError):  # the rarer kinds, or an error that needs its line
        return _decode_leniently(data)
    _check_depth(data)
    return value


def check_document(
    value: object, type_: type[Document], place: str | Path, raises: type[UserError], hint: str
) -> Document:
    """Return a decoded value as the type that is its schema.

    Args:
        value: what ``decode_json`` returned.
        type_: anything that msgspec converts to, such as a frozen ``Struct`` or a ``TypedDict``.
        place: the file, and where needed the place in it, such as ``pairs.jsonl, line 3``; errors name it.
        raises: the error's class, of the part of the program that needs the document.
        hint: what to do next.

    Raises:
        UserError: of the class ``raises``; the message names the place, and the key as ``vision_cfg.layers``.

    """
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise raises(f"{place}: {describe_mismatch(error)}.", hint) from error
    except (RecursionError, OverflowError, UnicodeError) as error:
        raise raises(f"{place}: it holds a value that cannot be read.", hint) from error


def read_document(
    path: Path, type_: type[Document], kind: InputKind, raises: type[UserError], hint: str = "Correct or delete it."
) -> Document:
    """Return the content of a JSON file as the type that is its schema.

    Raises:
        UserError: of the class ``raises``: the file cannot be read, is too large, is not JSON or does not fit.

    """
    data = read_regular(path, kind, raises)
    try:
        value = decode_json(data)
    except JsonError as error:
        line = f", line {error.line}," if error.line else ""
        raise raises(f"{path}{line} is not JSON that can be read: {error}.", hint) from error
    return check_document(value, type_, path, raises, hint)


def describe_mismatch(error: msgspec.ValidationError) -> str:
    """Return what a schema refuses, in plain words: the key, what is expected and what is there."""
    message = str(error)
    found = _PLACE.search(message)
    key = found[1].lstrip(".") if found else ""
    reason = message[: found.start()] if found else message
    reason = _QUOTED_TYPES.sub(lambda types: " or ".join(_TYPES.get(one, one) for one in types[1].split(" | ")), reason)
    reason = reason[:1].lower() + reason[1:]
    return f'"{key}": {reason}' if key else reason


def _check_depth(data: bytes | str) -> None:
    """Raise ``JsonError`` where valid JSON is nested too deep; scans brackets, which is fast."""
    if isinstance(data, str):
        if data.count("[") + data.count("{") <= MOST_DEPTH:
            return
        data = data.encode("utf-8", "surrogatepass")
    elif data.count(b"[") + data.count(b"{") <= MOST_DEPTH:
        return
    marks = data.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NOT_MARKS)
    codes = np.frombuffer(marks, np.uint8)
    outside = np.cumsum(codes == ord('"'), dtype=np.int64) % 2 == 0  # of strings
    if np.cumsum(_STEPS[codes] * outside, dtype=np.int64).max() > MOST_DEPTH:
        raise _depth_error()


def _depth_error() -> JsonError:
    return JsonError(f"it is nested deeper than {MOST_DEPTH} levels")


def _decode_leniently(data: bytes | str) -> Any:
    try:
        text = data.decode(json.detect_encoding(data)) if isinstance(data, bytes) else data
        value = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise JsonError(error.msg, error.lineno) from error
    except RecursionError as error:
        raise _depth_error() from error
    except UnicodeError as error:
        raise JsonError("it is not UTF-8 text") from error
    except ValueError as error:  # a whole number of more than 4,300 digits
        raise JsonError("it holds a number of too many digits") from error
    _check_depth(text)
    return value
