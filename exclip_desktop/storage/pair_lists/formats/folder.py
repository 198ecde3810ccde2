"""A folder of pictures, with their captions and boxes in files of the same name beside them."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import yaml

from exclip_desktop.core.argument_checks import is_unicode
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import ListNote
from exclip_desktop.storage.pair_lists.box_forms import centre_box, fraction_points
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.formats.xml_boxes import voc_boxes
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource, parse_json
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder
from exclip_desktop.storage.pair_lists.side_captions import CAPTION_ENDINGS, YOLO_LINE, split_captions

PICTURES: Final = frozenset(
    (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".jp2", ".ppm", ".pgm")
)
UNREAD_PICTURES: Final = frozenset((".heic", ".heif", ".jxl", ".svg", ".cr2", ".nef", ".arw", ".dng", ".psd", ".eps"))
YOLO_NAME_FILES: Final = ("classes.txt", "obj.names", "predefined_classes.txt")
YOLO_IMAGES, YOLO_LABELS = "images", "labels"


def read_folder(source: ListSource) -> PairReader:
    """Read the pictures of a folder and its subfolders, by name; one without captions gives a pair without one.

    Beside ``name.png``, captions are in ``name.txt``, ``name.caption`` or ``name.png.txt``, one per line; in
    ``name.json``: a text, a list of texts, or an object of a form of ``record_forms``. Boxes are in ``name.json``, in
    ``name.xml`` (Pascal VOC), or in ``name.txt`` (YOLO), which may also be in ``labels`` where the picture is in
    ``images``. Files and folders whose name starts with a dot are skipped.

    Raises:
        ListError: the folder cannot be read.

    """
    source.has("")  # raises where the folder cannot be read
    return PairReader(source.path, _Folder(source.path).entries(), places=None)


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root, self._finder = root, PictureFinder(root)

    def entries(self) -> Iterator[Entry]:
        unread: Counter[str] = Counter()
        for folder, below, names in os.walk(self._root):
            below[:] = sorted(name for name in below if not name.startswith("."))
            files = {name.lower(): Path(folder, name) for name in sorted(names, reverse=True)}
            for name in sorted(names):
                ending = os.path.splitext(name)[1].lower()
                if name.startswith("."):
                    continue
                if ending in PICTURES:
                    yield from self._picture(Path(folder, name), files)
                elif ending in UNREAD_PICTURES:
                    unread[ending] += 1
        for ending, count in sorted(unread.items()):
            yield ListNote(self._root.name, f"{count:,} of its pictures end in {ending}, which is not read here.")

    def _picture(self, path: Path, files: Mapping[str, Path]) -> Iterator[Entry]:
        picture = path.relative_to(self._root).as_posix()
        if not is_unicode(picture):
            yield ListNote(ascii(picture), "the name is not valid Unicode; left out. Rename the file.")
            return
        record: dict[str, Any] = {}
        place = picture
        for side in self._side_files(path, files):
            place = side.relative_to(self._root).as_posix()
            try:
                record = {**record, **self._read_side(side, picture)}
            except (OSError, UnicodeError, ValueError, ListError, ElementTree.ParseError) as error:
                reason = error.message if isinstance(error, ListError) else f"this cannot be read ({error})."
                yield ListNote(place, f"{reason} Its picture is left out.", "side file")
                return
        yield from read_object(record, place, picture, self._finder.size_of, picture=picture)

    def _side_files(self, path: Path, files: Mapping[str, Path]) -> Iterator[Path]:
        """Yield the files that belong to a picture; what a later one says counts."""
        stem, name = path.stem.lower(), path.name.lower()
        labels = self._yolo_file(path)
        candidates = [f"{stem}.xml", f"{stem}.json", f"{name}.json", f"{name}.txt"]
        candidates += [f"{stem}{ending}" for ending in reversed(CAPTION_ENDINGS)]
        yield from () if labels is None else (labels,)
        yield from (files[one] for one in candidates if one in files)

    def _yolo_file(self, path: Path) -> Path | None:
        """Return the labels of a picture below ``images``, in the same place below ``labels``; None without one."""
        parts = list(path.relative_to(self._root).parts)
        if YOLO_IMAGES not in parts:
            return None
        parts[parts.index(YOLO_IMAGES)] = YOLO_LABELS
        labels = self._root.joinpath(*parts).with_suffix(".txt")
        return labels if labels.is_file() else None

    def _read_side(self, side: Path, picture: str) -> dict[str, Any]:
        """Return the record of a file beside a picture."""
        if side.suffix.lower() == ".xml":
            root = ElementTree.parse(side).getroot()
            return {"boxes": voc_boxes(root)} if root.tag == "annotation" else {}
        if side.suffix.lower() == ".json":
            content = parse_json(side)
            return content if isinstance(content, dict) else {"captions": content}
        lines = split_captions(side.read_text("utf-8-sig"))
        if lines and all(YOLO_LINE.fullmatch(line) for line in lines):
            return {"boxes": [self._yolo_box(line, picture) for line in lines]}
        return {"captions": lines} if lines or side.suffix.lower() in CAPTION_ENDINGS else {}

    def _yolo_box(self, line: str, picture: str) -> Any:
        number, *rest = line.split()
        values = [float(one) for one in rest]
        name, size = self._class_names.get(int(number), number), self._finder.size_of(picture)
        if len(values) in (4, 5):  # the fifth is the confidence of a prediction
            return centre_box(values[:4], size, name)
        return fraction_points(list(zip(values[::2], values[1::2], strict=False)), size, name)

    @cached_property
    def _class_names(self) -> dict[int, str]:
        """The names of YOLO's classes: of ``data.yaml`` or ``classes.txt`` in the folder; none without them."""
        for file in sorted(self._root.glob("*.y*ml")):
            try:
                names = yaml.safe_load(file.read_text("utf-8"))["names"]
            except (OSError, UnicodeError, TypeError, KeyError, yaml.YAMLError):
                continue
            pairs = names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else ()
            return {int(key): str(name) for key, name in pairs}
        for folder in (self._root, *(self._root / name for name in (YOLO_LABELS, "labels/train", "annotations"))):
            for name in YOLO_NAME_FILES:
                if (folder / name).is_file():
                    lines = (folder / name).read_text("utf-8", errors="replace").splitlines()
                    return dict(enumerate(line.strip() for line in lines))
        return {}


FORMAT: Final = ListFormat(
    name="folder", recognises=lambda source: source.content == "folder", read=read_folder, is_fallback=True
)
