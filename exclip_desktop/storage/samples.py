"""Bundled pictures: the samples, and the scenes that methods are evaluated on; with captions and boxes."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from PIL import Image

from exclip_desktop.core.errors import PictureError
from exclip_desktop.core.inputs.json_documents import Finite, JsonError, check_document, decode_json, read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE
from exclip_desktop.core.paths import resource_path
from exclip_desktop.core.values.geometry import Box
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region

BUNDLED: Final = "the bundled scenes"
RECORDS: Final = "scenes.json"
INSTALL_AGAIN: Final = "It belongs to the program: install it again."


Number = int | Finite


class _Object(msgspec.Struct, frozen=True):
    words: str
    box: tuple[Number, Number, Number, Number]


class _Record(msgspec.Struct, frozen=True):
    file: Annotated[str, msgspec.Meta(pattern=r"^[\w-]+\.\w+$")]
    caption: str
    objects: tuple[_Object, ...]
    wrong: str = ""


_Records = Annotated[tuple[_Record, ...], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class SampleObject:
    """An object in a sample picture: its words in a correct caption, and its box in picture pixels."""

    words: str
    box: Box


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample picture.

    Attributes:
        path: the picture.
        caption: its caption.
        wrong: what is wrong in the caption: ``colour``, ``side``, ``object`` or "".
        objects: what the picture shows.

    """

    path: Path
    caption: str
    wrong: str
    objects: tuple[SampleObject, ...]


def is_sample(path: str | Path) -> bool:
    """Return whether a picture is one of the bundled samples."""
    return Path(path).parent == resource_path("samples")


def is_scene(path: str | Path) -> bool:
    """Return whether a picture lies in a folder of drawn scenes."""
    return (Path(path).parent / RECORDS).is_file()


def load_samples() -> list[Sample]:
    """Return the sample pictures in their order; raise ``PictureError`` where their file is missing or damaged."""
    path = resource_path("samples", "samples.json")
    records: tuple[_Record, ...] = read_document(path, _Records, CONFIG_FILE, PictureError, INSTALL_AGAIN)
    return [
        Sample(
            resource_path("samples", record.file),
            record.caption,
            record.wrong,
            tuple(SampleObject(entry.words, entry.box) for entry in record.objects),
        )
        for record in records
    ]


def load_scenes() -> tuple[ListedPair, ...]:
    """Return the scenes in their order; each region is named by the caption's words for it.

    Raises:
        PictureError: their file is missing or damaged.

    """
    path = resource_path("scenes.zip")
    try:
        with zipfile.ZipFile(path) as archive:
            values = decode_json(archive.read(RECORDS))
    except (OSError, zipfile.BadZipFile, KeyError, JsonError) as error:
        raise PictureError(f"{path} cannot be read: {error}.", INSTALL_AGAIN) from error
    records: tuple[_Record, ...] = check_document(values, _Records, path, PictureError, INSTALL_AGAIN)
    return tuple(
        ListedPair(
            id=record.file.rpartition(".")[0],
            picture=record.file,
            caption=record.caption,
            regions=tuple(Region(entry.box, name=entry.words) for entry in record.objects),
        )
        for record in records
    )


def open_scene(name: str) -> Image.Image:
    """Return the picture of a scene, by its file name."""
    with zipfile.ZipFile(resource_path("scenes.zip")) as archive:
        return Image.open(io.BytesIO(archive.read(name)), formats=("JPEG",))
