"""A file or folder that may be a pair list, inspected once for all formats."""

import codecs
import os
import re
from collections import Counter
from functools import cached_property
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, Literal

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.json_documents import JsonError, decode_json
from exclip_desktop.core.inputs.regular_files import InputKind, open_regular
from exclip_desktop.core.paths import is_dir
from exclip_desktop.storage.pair_lists.json_lists import parse_json
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder

Content = Literal["folder", "project", "json", "json lines", "xml", "tar", "parquet", "text", "binary"]
HEAD_BYTES: Final = 1 << 16
BY_ENDING: Final[dict[str, Content]] = {
    ".exclip": "project",
    ".csv": "text",
    ".tsv": "text",
}
"""Content by ending, where the ending is sure; everything else is recognised by its first bytes."""
LIST_FILE: Final = InputKind("list", 1 << 50)  # read line by line, in little memory
LINES_ENDINGS: Final = (".jsonl", ".ndjson")
CONTAINERS: Final = (
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "Unpack it, or save the sheet as CSV (UTF-8)."),
    (b"\x1f\x8b", "compressed (gzip)", "Unpack it: gunzip, or tar -xf."),
    (b"BZh", "compressed (bzip2)", "Unpack it: bunzip2, or tar -xf."),
    (b"\xfd7zXZ", "compressed (xz)", "Unpack it: unxz, or tar -xf."),
    (b"(\xb5/\xfd", "compressed (zstd)", "Unpack it: unzstd."),
    (b"ARROW1", "an Arrow file", "Save it as parquet: Dataset.to_parquet() of datasets."),
    (b"SQLite format 3", "a database", "Export its table as CSV (UTF-8)."),
    (b"\x80\x04", "a pickle, which could run programs", "Save the list as JSON or CSV."),
)
"""First bytes of files that hold no list themselves, what they are, and what to do."""
XML_ROOT: Final = re.compile(r"<([A-Za-z_][\w.-]*)")
XML_PROLOGUE: Final = re.compile(r"(\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)*", re.DOTALL)


class ListSource:
    """A list's path and the folder of its pictures (None: the list's own), with what a look into it tells.

    Every property reads at most once, and raises ``ListError`` where the file cannot be read.
    """

    def __init__(self, path: Path, pictures: Path | None = None) -> None:
        self.path, self.pictures = path, pictures

    @property
    def picture_folder(self) -> Path:
        """The folder where relative paths start: the chosen one, else that of the list."""
        return self.pictures or (self.path if self.content == "folder" else self.path.parent)

    @cached_property
    def finder(self) -> PictureFinder:
        """Finds the list's pictures."""
        return PictureFinder(self.picture_folder)

    @cached_property
    def content(self) -> Content:
        """The kind of content, by the first bytes where the ending leaves it open."""
        ending = self.path.suffix.lower()
        if is_dir(self.path):
            return "folder"
        if BY_ENDING.get(ending) != "project" and any(self.head.startswith(start) for start, *_ in CONTAINERS):
            return "binary"
        if ending in BY_ENDING:
            return BY_ENDING[ending]
        if self.head[257:262] == b"ustar":
            return "tar"
        if self.head.startswith(b"PAR1"):
            return "parquet"
        start = self.text_head.lstrip()
        if start.startswith("<"):
            return "xml"
        if start.startswith(("{", "[")):
            return "json lines" if _is_json_lines(start, is_lines=ending in LINES_ENDINGS) else "json"
        if ending == ".json":
            return "json"
        if ending in LINES_ENDINGS:
            return "json lines"
        return "binary" if b"\0" in self.head and self.encoding == "utf-8-sig" else "text"

    @cached_property
    def head(self) -> bytes:
        """The first bytes of a file."""
        with self.open() as file:
            return file.read(HEAD_BYTES)

    def open(self) -> BufferedReader:
        """Open the file; raise ``ListError`` where it is not a regular file, or cannot be read."""
        if not os.path.lexists(self.path):
            raise ListError(f"There is no list {self.path}.", "Check the path.")
        return open_regular(self.path, LIST_FILE, ListError)

    @property
    def encoding(self) -> str:
        """UTF-16 or UTF-32 where the file starts with their mark or has their zeros, else UTF-8."""
        start = self.head[:4]
        if start in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
            return "utf-32"
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        zeros = bytes(bool(byte) for byte in start)
        return {b"\1\0\1\0": "utf-16-le", b"\0\1\0\1": "utf-16-be"}.get(zeros, "utf-8-sig")

    @cached_property
    def text_head(self) -> str:
        """The first bytes as text; bytes that are none become U+FFFD."""
        return codecs.getincrementaldecoder(self.encoding)("replace").decode(self.head)

    @cached_property
    def document(self) -> Any:
        """The value of a JSON file; None for any other content."""
        return parse_json(self.path) if self.content == "json" else None

    @cached_property
    def xml_root(self) -> str:
        """The name of an XML file's root; empty for any other content."""
        if self.content != "xml":
            return ""
        text = self.text_head
        prologue = XML_PROLOGUE.match(text)
        root = XML_ROOT.match(text, prologue.end() if prologue else 0)
        return root[1] if root else ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in a folder, sorted; none for a file. Names that start with a dot are left out."""
        if self.content != "folder":
            return ()
        try:
            return tuple(sorted(name for name in os.listdir(self.path) if not name.startswith(".")))
        except OSError as error:
            raise unreadable_error(self.path, error) from error

    @cached_property
    def stems(self) -> Counter[str]:
        """The names in a folder without their endings, with the number of names that share each."""
        return Counter(os.path.splitext(name)[0] for name in self.names)

    def has(self, name: str) -> bool:
        """Return whether a folder contains a file or folder of this name."""
        return name in self.names


def describe_container(source: ListSource) -> ListError | None:
    """Return the error of a file that is an archive, a spreadsheet or the like; None for any other."""
    if source.content == "folder":
        return None
    found = next((one for one in CONTAINERS if source.head.startswith(one[0])), None)
    return ListError(f"{source.path.name} is {found[1]}, not a list.", found[2]) if found else None


def _is_json_lines(start: str, *, is_lines: bool) -> bool:
    """Return whether text that starts with a bracket is one JSON value per line, not one value over all lines.

    ``is_lines``: the ending says so; only an array, or a value that continues on the next line, is one value then.
    """
    line, newline, rest = start.replace("\r", "\n").partition("\n")
    if not newline or not rest.strip():
        return is_lines and not start.startswith("[")
    try:
        decode_json(line)
    except JsonError:
        return is_lines and line.strip() not in ("{", "[") and not line.rstrip().endswith(("{", "[", ",", ":"))
    return True


def unreadable_error(path: Path, error: OSError) -> ListError:
    """Return the error of a list that cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return ListError(f"There is no list {path}.", "Check the path.")
    return ListError(f"{path} cannot be read: {error.strerror or error}.", "Ask for permission, or copy it.")
