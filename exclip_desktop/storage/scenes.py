"""The bundled scenes: two hundred small pictures with captions and the boxes of what they name, in one archive."""

import io
import json
import zipfile
from typing import Final

from PIL import Image

from exclip_desktop.core.resources import resource
from exclip_desktop.core.values.pair_list import ListedPair
from exclip_desktop.core.values.selection import Region

BUNDLED: Final = "the bundled scenes"
RECORDS: Final = "scenes.json"


def scenes() -> tuple[ListedPair, ...]:
    """Return the scenes in their order; each region bears the caption's words for it."""
    with zipfile.ZipFile(resource("scenes.zip")) as archive:
        records = json.loads(archive.read(RECORDS))
    return tuple(
        ListedPair(
            id=record["file"].rpartition(".")[0],
            picture=record["file"],
            caption=record["caption"],
            regions=tuple(Region(tuple(entry["box"]), name=entry["words"]) for entry in record["objects"]),
        )
        for record in records
    )


def scene_picture(name: str) -> Image.Image:
    """Return a scene's picture by its file's name."""
    with zipfile.ZipFile(resource("scenes.zip")) as archive:
        return Image.open(io.BytesIO(archive.read(name)))
