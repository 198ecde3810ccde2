"""The sample pictures that ship with the program, with their captions and every object's box."""

import json
from dataclasses import dataclass
from pathlib import Path

from exclip_desktop.core.resources import resource
from exclip_desktop.core.values.geometry import Box


@dataclass(frozen=True, slots=True)
class SampleObject:
    """An object in a sample picture: its words (as a true caption would put them) and its box in picture pixels."""

    words: str
    box: Box


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample picture.

    Attributes:
        path: the picture.
        caption: its caption.
        wrong: what the caption says wrongly: ``colour``, ``side``, ``object`` or "".
        objects: what the picture shows.

    """

    path: Path
    caption: str
    wrong: str
    objects: tuple[SampleObject, ...]


def is_sample(path: str | Path) -> bool:
    """Whether a picture is one of the samples, which have a place of their own."""
    return Path(path).parent == resource("samples")


def samples() -> list[Sample]:
    """Return the sample pictures in their order."""
    records = json.loads(resource("samples", "samples.json").read_text("utf-8"))
    return [
        Sample(
            resource("samples", record["file"]),
            record["caption"],
            record["wrong"],
            tuple(SampleObject(entry["words"], tuple(entry["box"])) for entry in record["objects"]),
        )
        for record in records
    ]
