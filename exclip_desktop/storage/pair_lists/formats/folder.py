"""A folder of pictures, with their captions and boxes in files of the same name beside them."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.argument_checks import is_unicode
from exclip_desktop.core.errors import ListError
from exclip_desktop.core.inputs.regular_files import LIST_LINE, NAMES_FILE, InputKind, read_regular
from exclip_desktop.core.paths import expand_home, is_dir
from exclip_desktop.core.values.pair_list import ListedPair, ListNote
from exclip_desktop.storage.pair_lists.box_forms import centre_box, fraction_points
from exclip_desktop.storage.pair_lists.folder_walk import walk_folders
from exclip_desktop.storage.pair_lists.formats.jsonl import read_object
from exclip_desktop.storage.pair_lists.formats.xml_boxes import VOC_ROOT, voc_record
from exclip_desktop.storage.pair_lists.json_lists import parse_json
from exclip_desktop.storage.pair_lists.list_format import Entry, ListFormat, PairReader
from exclip_desktop.storage.pair_lists.list_source import ListSource
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder, is_picture_name
from exclip_desktop.storage.pair_lists.side_captions import CAPTION_ENDINGS, YOLO_LINE, read_captions
from exclip_desktop.storage.pair_lists.xml_files import parse_xml
from exclip_desktop.storage.pair_lists.yaml_files import is_class, read_yaml

UNREAD_PICTURES: Final = frozenset((".heic", ".heif", ".jxl", ".svg", ".cr2", ".nef", ".arw", ".dng", ".psd", ".eps"))
JSON_SIDE_FILE: Final = InputKind("JSON side file", LIST_LINE.default_bytes)
SIDE_ENDINGS: Final = (".json", ".xml", *CAPTION_ENDINGS)
YOLO_NAME_FILES: Final = ("classes.txt", "obj.names", "predefined_classes.txt")
YOLO_IMAGES, YOLO_LABELS = "images", "labels"
IMAGE_FOLDERS: Final = (YOLO_IMAGES, "Images", "JPEGImages", "imgs", "img")
LABEL_FOLDERS: Final = ("Annotations", "annotations", "ann", "jsons", "captions", YOLO_LABELS)
MOST_FRACTION: Final = 2.0  # of a box that is partly outside; larger numbers are pixels


def read_folder(source: ListSource) -> PairReader:
    """Read the pictures of a folder and its subfolders, by name; one without captions gives a pair without one.

    Beside ``name.png``, captions are in ``name.txt``, ``name.caption`` or ``name.png.txt``, one per line; in
    ``name.json``: a text, a list of texts, or an object of a form of ``record_forms``. Boxes are in ``name.json``, in
    ``name.xml`` (Pascal VOC), or in ``name.txt`` (YOLO). Where the picture is in ``images``, these files may also be in
    ``labels`` or ``annotations``. Files and folders whose name starts with a dot are skipped. YOLO's ``data.yaml``
    opens its folder.

    Raises:
        ListError: the folder cannot be read.

    """
    source.has("")  # raises where the folder cannot be read
    root = source.path if source.content == "folder" else _root_of(source.path)
    return PairReader(root, PictureFolder(root).entries(), places=None)


def _root_of(config: Path) -> Path:
    """Return the folder of pictures that YOLO's ``data.yaml`` names as ``path``, else the one it lies in."""
    named = read_yaml(config).get("path")
    folder = config.parent / expand_home(named) if isinstance(named, str) and named else config.parent
    return folder if is_dir(folder) else config.parent


class PictureFolder:
    """Pictures of a folder with the files that belong to them."""

    def __init__(self, root: Path) -> None:
        self._root, self._finder = root, PictureFinder(root)
        self._names: dict[Path, Mapping[str, str]] = {}
        self._sides: dict[Path, tuple[Path, ...]] = {}
        self._used: set[Path] = set()

    def entries(self) -> Iterator[Entry]:
        """Yield the entries of all pictures in the folder and below, then notes on other files."""
        unread: Counter[str] = Counter()
        sides: list[Path] = []
        stems: set[str] = set()
        for folder in walk_folders(self._root):
            yield from folder.notes
            start = "" if folder.path == self._root else f"{folder.path.relative_to(self._root).as_posix()}/"
            for name in folder.files:
                stem, ending = os.path.splitext(name)
                if is_picture_name(name):
                    stems.add(stem.lower())
                    yield from self._picture(folder.path, name, start + name)
                elif ending.lower() in UNREAD_PICTURES:
                    unread[ending.lower()] += 1
                elif ending.lower() in SIDE_ENDINGS:
                    sides.append(Path(folder.path, name))
        for ending, count in sorted(unread.items()):
            yield ListNote(self._root.name, f"{count:,} of its pictures end in {ending}, which is not read here.")
        yield from self._skipped(sides, stems)

    def _skipped(self, sides: Sequence[Path], stems: Set[str]) -> Iterator[ListNote]:
        """Yield a note on every file that looks like one of a picture, and was not read."""
        kinds = {(side.parent, side.suffix.lower()) for side in self._used}
        for side in sides:
            if side in self._used or side.name in YOLO_NAME_FILES or side.name.lower().startswith("readme"):
                continue
            stem, place = side.stem.lower(), side.relative_to(self._root).as_posix()
            if stem in stems:
                text = "it has the name of a picture in another folder; left out."
            elif (side.parent, side.suffix.lower()) in kinds:
                text = "there is no picture of this name; left out."
            else:
                continue
            yield ListNote(ascii(place) if not is_unicode(place) else place, text, text)

    def read(self, picture: str, place: str, default_id: str) -> Iterator[Entry]:
        """Yield the entries of one picture, whose path starts at the folder."""
        path = self._root / picture
        yield from self._picture(path.parent, path.name, picture, place, default_id)

    def _picture(self, folder: Path, name: str, picture: str, place: str = "", default_id: str = "") -> Iterator[Entry]:
        """Yield the entries of the picture ``name`` in a folder; ``picture`` is its path from the root."""
        if not is_unicode(picture):
            yield ListNote(ascii(picture), "the name is not valid Unicode; left out. Rename the file.")
            return
        record: dict[str, Any] = {}
        place = place or picture
        for side in self._side_files(folder, name.lower()):
            place = Path(os.path.relpath(side, self._root)).as_posix()
            self._used.add(side)
            try:
                found = self._read_side(side, picture)
            except (ListError, ValueError, OverflowError) as error:
                yield ListNote(place, f"{_reason(error)} Its picture is left out.", "side file")
                return
            record = {**record, **found}
        if not record:  # most pictures of a folder without lists
            yield ListedPair(default_id or picture, picture, "")
            return
        yield from read_object(record, place, default_id or picture, self._finder.size_of, picture=picture)

    def _files_of(self, folder: Path) -> Mapping[str, str]:
        """Return the names in a folder by their form in lower case; the first of several counts."""
        if folder not in self._names:
            try:
                names = sorted(os.listdir(folder), reverse=True)
            except OSError:
                names = []
            self._names[folder] = {name.lower(): name for name in names}
        return self._names[folder]

    def _side_files(self, parent: Path, name: str) -> Iterator[Path]:
        """Yield the files that belong to a picture, by its name in lower case; what a later one says counts."""
        stem = os.path.splitext(name)[0]
        candidates = [f"{stem}.xml", f"{stem}.json", f"{name}.json", f"{name}.txt"]
        candidates += [f"{stem}{ending}" for ending in reversed(CAPTION_ENDINGS)]
        if parent not in self._sides:
            self._sides[parent] = (*filter(is_dir, self._label_folders(parent)), parent)
        for folder in self._sides[parent]:
            files = self._files_of(folder)
            yield from (folder / files[one] for one in candidates if one in files)

    def _label_folders(self, folder: Path) -> Iterator[Path]:
        """Yield the folders of labels that belong to a folder in ``images``: the same place below ``labels``, …"""
        parts = list(folder.parts)
        first = max(len(self._root.parts) - 2, 0)  # the folder itself may be images, or a part of it such as train
        at = next((at for at in range(len(parts) - 1, first - 1, -1) if parts[at] in IMAGE_FOLDERS), None)
        if at is not None:
            for labels in LABEL_FOLDERS:
                parts[at] = labels
                yield Path(*parts)

    def _read_side(self, side: Path, picture: str) -> dict[str, Any]:
        """Return the record of a file beside a picture."""
        if side.suffix.lower() == ".xml":
            root = parse_xml(side)
            return voc_record(root) if root.tag == VOC_ROOT else {}
        if side.suffix.lower() == ".json":
            content = parse_json(side, JSON_SIDE_FILE)
            return content if isinstance(content, dict) else {"captions": content}
        lines = read_captions(side)
        labels = [line for line in lines if YOLO_LINE.fullmatch(line)]
        captions = [line for line in lines if not YOLO_LINE.fullmatch(line)]
        record: dict[str, Any] = self._read_yolo(labels, picture) if labels else {}
        if captions or not (labels or side.suffix.lower() not in CAPTION_ENDINGS):
            record["captions"] = captions
        return record

    def _read_yolo(self, lines: Sequence[str], picture: str) -> dict[str, Any]:
        """Return the record of lines in YOLO's format: boxes, and notes on what else they hold."""
        size, boxes, notes = self._finder.size_of(picture), [], Counter[str]()
        for line in lines:
            number, *rest = line.split()
            values = [float(one) for one in rest]
            name = self._class_names.get(int(float(number)), number.removesuffix(".0"))
            if max(map(abs, values[:4])) > MOST_FRACTION:
                notes["numbers that are no fractions of the picture: the line is left out."] += 1
            elif len(values) in (4, 5):  # the fifth is the confidence of a prediction
                boxes.append(centre_box(values[:4], size, name))
            elif self._has_keypoints(rest):
                notes["keypoints: the box is kept without them."] += 1
                boxes.append(centre_box(values[:4], size, name))
            else:
                boxes.append(fraction_points(list(zip(values[::2], values[1::2], strict=False)), size, name))
        return {"boxes": boxes, "size": size, "notes": tuple(notes)}

    def _has_keypoints(self, values: Sequence[str]) -> bool:
        """Return whether a line has keypoints after its box: by ``kpt_shape``, or by the marks of their visibility."""
        if isinstance(self._config.get("kpt_shape"), list):
            return True
        marks = {float(one) for one in values[6::3]}
        return (len(values) - 4) % 3 == 0 and marks <= {0, 1, 2} and 2 in marks  # no point of an outline is at 2

    @cached_property
    def _config(self) -> Mapping[Any, Any]:
        """YOLO's ``data.yaml``, in the folder or up to two above; empty without one."""
        for folder in (self._root, *self._root.parents[:2]):
            for file in sorted(folder.glob("*.y*ml")):
                content = read_yaml(file)
                if "names" in content:
                    return content
        return {}

    @cached_property
    def _class_names(self) -> Mapping[int, str]:
        """The names of YOLO's classes: of ``data.yaml`` or ``classes.txt``; none without them."""
        names = self._config.get("names")
        if names is not None:
            pairs = names.items() if isinstance(names, dict) else enumerate(names) if isinstance(names, list) else ()
            return {int(key): name for key, name in pairs if is_class(str(key)) and isinstance(name, str)}
        below = (self._root / name for name in (YOLO_LABELS, "labels/train", "annotations"))
        for folder in (self._root, *below, self._root.parent, self._root.parent / YOLO_LABELS):
            for name in YOLO_NAME_FILES:
                with suppress(ListError):
                    lines = read_regular(folder / name, NAMES_FILE, ListError).decode("utf-8", "replace").splitlines()
                    return dict(enumerate(line.strip() for line in lines))
        return {}


def _reason(error: Exception) -> str:
    """Return why a file beside a picture cannot be read, as a sentence."""
    if isinstance(error, ListError):
        return error.message
    if isinstance(error, UnicodeError):
        return "this is not UTF-8 text. Save it as UTF-8."
    return f"this cannot be read ({error})."


def _is_yolo_config(source: ListSource) -> bool:
    """Return whether a file is YOLO's ``data.yaml``."""
    return source.path.suffix.lower() in (".yaml", ".yml") and "names" in read_yaml(source.path)


FORMAT: Final = ListFormat(
    name="folder",
    recognises=lambda source: source.content == "folder" or _is_yolo_config(source),
    read=read_folder,
    endings=(".yaml",),
    is_fallback=True,
)
