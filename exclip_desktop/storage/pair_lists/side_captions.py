"""Files of captions that belong to a picture of the same name, one caption per line."""

import codecs
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.regular_files import CAPTION_FILE, read_regular

CAPTION_ENDINGS: Final = (".caption", ".txt")
YOLO_LINE: Final = re.compile(r"\d{1,18}(?:\.0{1,18})?(\s+-?(\d+(\.\d+)?|\.\d+)(e[-+]?\d+)?){4,}\s*", re.IGNORECASE)
"""A line of YOLO's labels; a number has one way to match, so that a long line takes linear time."""


def decode_side_file(data: bytes) -> str:
    """Return the text of such a file: UTF-8, or UTF-16 with its mark; raises ``UnicodeError`` for anything else."""
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig")


def read_captions(path: Path) -> list[str]:
    """Return the captions of such a file; raise ``ListError`` where it cannot be read, ``UnicodeError`` for no text."""
    return split_captions(decode_side_file(read_regular(path, CAPTION_FILE, ListError)))


def split_captions(text: str) -> list[str]:
    """Return the captions in the text of such a file, without blank lines and outer spaces."""
    return [line for line in map(str.strip, text.split("\n")) if line]


def fits_side_file(caption: str) -> bool:
    """Return whether a caption is the same after it was written to such a file."""
    return caption == _one_line(caption) and not YOLO_LINE.fullmatch(caption)


def format_captions(captions: Sequence[str]) -> bytes:
    """Return the content of such a file, empty without captions; line breaks become spaces.

    A line that looks like YOLO's would be a box: such captions are in quotes.
    """
    lines = [line for line in map(_one_line, captions) if line]
    text = "".join(f'"{line}"\n' if YOLO_LINE.fullmatch(line) else f"{line}\n" for line in lines)
    return text.encode("utf-8-sig" if text.startswith("\ufeff") else "utf-8")


def _one_line(caption: str) -> str:
    if "\n" not in caption and "\r" not in caption:
        return caption.strip()
    return " ".join(line for line in map(str.strip, caption.replace("\r", "\n").split("\n")) if line)
