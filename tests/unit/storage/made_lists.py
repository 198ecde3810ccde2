"""Small lists that tests make: pictures of 160 × 120 pixels with the files that belong to them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from exclip_desktop.core.values.pair_list import PairList
from exclip_desktop.storage.archives import has_input

Files = Mapping[str, Any]


def make_list(folder: Path, files: Files, pictures: Sequence[str] = ("a.jpg", "b.jpg")) -> None:
    """Write pictures and files: text as UTF-8, bytes as they are, anything else as JSON."""
    for name in pictures:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (160, 120), "red").save(folder / name)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, str | bytes) else json.dumps(content)
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def texts_of(listed: PairList) -> list[tuple[str, str]]:
    """Return picture and caption of each pair; every picture exists."""
    for pair in listed.pairs:
        assert has_input(listed.path_of(pair.picture)), pair.picture
    return [(pair.picture, pair.caption) for pair in listed.pairs]


def boxes_of(listed: PairList) -> list[tuple[str, tuple[int, ...]]]:
    """Return names and boxes of all pairs, in whole pixels."""
    regions = [region for pair in listed.pairs for region in pair.regions]
    return [(region.name, tuple(round(edge) for edge in region.box)) for region in regions]
