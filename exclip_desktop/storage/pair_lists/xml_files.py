"""Parses XML of annotation tools, without entities, which can be endless, and bounded in depth and size."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.json_documents import MOST_DEPTH
from exclip_desktop.core.inputs.regular_files import InputKind, open_regular

XML_FILE: Final = InputKind("XML file", 1 << 40)  # elements are read one by one
XML_ELEMENT: Final = InputKind("XML element", 16_000_000)  # of one picture, with all its boxes
CHUNK_BYTES: Final = 1 << 16
HINT: Final = "Export it again."


def parse_xml(path: Path) -> Element:
    """Return the root of a file that describes one picture.

    Raises:
        ListError: it cannot be read, is not XML, declares entities, or is nested too deep or too large.

    """
    reader = _ElementReader(path, whole=True)
    for root in reader.elements():
        return root
    raise ListError(f"{path.name} is not XML: it has no element.", HINT)


def iterate_xml(path: Path) -> Iterator[Element]:
    """Yield the elements directly in the root, one by one, each without its neighbours; errors as for ``parse_xml``."""
    return _ElementReader(path, whole=False).elements()


class _ElementReader:
    """Feeds a file to expat, and collects the finished elements at one depth: of the root, or of what is in it."""

    def __init__(self, path: Path, *, whole: bool) -> None:
        self._path, self._depth = path, 0 if whole else 1
        self._builder, self._stack = TreeBuilder(), list[Element]()
        self._finished: list[Element] = []
        self._start = 0  # of the element that is read, in bytes
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._on_doctype
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._builder.data

    def elements(self) -> Iterator[Element]:
        """Yield the elements; raise ``ListError``."""
        name = self._path.name
        with open_regular(self._path, XML_FILE, ListError) as file:
            fed = 0
            while True:
                chunk = file.read(CHUNK_BYTES)
                fed += len(chunk)
                try:
                    self._parser.Parse(chunk, not chunk)
                except (expat.ExpatError, ValueError, LookupError) as error:
                    raise ListError(f"{name} is not XML that is read here: {error}.", HINT) from error
                yield from self._finished
                self._finished.clear()
                if not chunk:
                    return
                start = self._start if len(self._stack) > self._depth else self._parser.CurrentByteIndex
                if fed - start > XML_ELEMENT.most_bytes:
                    raise XML_ELEMENT.too_large(f"An element of {name}", ListError)

    def _on_doctype(self, name: str, system: str | None, public: str | None, has_rules: int) -> None:
        if has_rules:
            raise ValueError("its document type declares entities")

    def _on_start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._stack) == self._depth:
            self._start = self._parser.CurrentByteIndex
        if len(self._stack) >= MOST_DEPTH:
            raise ValueError(f"it is nested deeper than {MOST_DEPTH} levels")
        self._stack.append(self._builder.start(tag, attributes))

    def _on_end(self, tag: str) -> None:
        self._builder.end(tag)
        element = self._stack.pop()
        if len(self._stack) == self._depth:
            self._finished.append(element)
            if self._stack:
                self._stack[-1].clear()
