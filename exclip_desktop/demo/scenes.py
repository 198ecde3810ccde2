"""Composed scenes: one to four things on a background, a caption that names them, and the box of every thing.

``python -m exclip_desktop.demo.scenes --count 20 --seed 7 --out FOLDER`` writes pictures and ``scenes.json``;
``--out FILE.zip`` writes one archive of JPEGs, such as that of the bundled scenes.
"""

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from exclip_desktop.core.errors import UserError
from exclip_desktop.demo.sprites import background, sprite
from exclip_desktop.demo.vocabulary import OPENINGS, PLACES, Style, Thing, caption_of, change_one, random_thing

SIDE_RANGES = {1: (0.42, 0.60), 2: (0.34, 0.46), 3: (0.30, 0.40), 4: (0.28, 0.37)}
COUNT_SHARES = (0.24, 0.42, 0.22, 0.12)
MARGIN = 0.02
ATTEMPTS = 60
RECORDS = "scenes.json"
ARCHIVE_QUALITY = 88


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing in a scene: the centre (x, y) and the longer side as shares of the picture's side; mirrored or not."""

    thing: Thing
    x: float
    y: float
    side: float
    mirrored: bool


@dataclass(frozen=True, slots=True)
class ComposedScene:
    """Description of a picture, before it is drawn.

    Attributes:
        seed: the seeds the scene was drawn from.
        place: a key of ``vocabulary.PLACES``.
        items: the things from left to right if the caption names sides, else in the order of the caption.
        style: wording of the caption.
        caption: the true caption.

    """

    seed: tuple[int, int]
    place: str
    items: tuple[Placed, ...]
    style: Style
    caption: str

    @property
    def things(self) -> tuple[Thing, ...]:
        """The things, in the order of ``items``."""
        return tuple(item.thing for item in self.items)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn scene: the RGB picture and each item's box (x0, y0, x1, y1), half-open, in its pixels."""

    picture: Image.Image
    boxes: tuple[tuple[int, int, int, int], ...]


def make_scene(seed: int, index: int, count_shares: Sequence[float] = COUNT_SHARES) -> ComposedScene:
    """Return scene ``index`` of the series ``seed``: always the same one.

    ``count_shares`` are the probabilities of one, two, three and four things.
    """
    rng = np.random.default_rng((seed, index))
    count = int(rng.choice(4, p=count_shares)) + 1
    place = str(rng.choice(tuple(PLACES)))
    items = _placed(rng, count)
    sides = ""
    if count == 2 and abs(items[0].x - items[1].x) > 0.2 and rng.random() < 0.6:
        sides = str(rng.choice(("left of", "right of", "on the")))
        items = tuple(sorted(items, key=lambda item: item.x))
    names_place = count == 1 or bool(rng.random() < 0.75)
    style = Style(str(rng.choice(OPENINGS)), sides, names_place)
    caption = caption_of(tuple(item.thing for item in items), place, style)
    return ComposedScene((seed, index), place, items, style, caption)


def make_twin(scene: ComposedScene) -> ComposedScene:
    """Return the scene that differs from ``scene`` in one thing only, in the picture as in the caption."""
    rng = np.random.default_rng((*scene.seed, 2))
    things, place, _ = change_one(scene.things, scene.place, scene.style, rng)
    items = tuple(replace(item, thing=thing) for item, thing in zip(scene.items, things, strict=True))
    return replace(scene, place=place, items=items, caption=caption_of(things, place, scene.style))


def draw_scene(scene: ComposedScene, size_px: int) -> Drawn:
    """Draw ``scene`` as a square of ``size_px``; the same scene looks the same at every size."""
    picture = background(scene.place, size_px, np.random.default_rng((*scene.seed, 1)))
    boxes = []
    for item in scene.items:
        image = sprite(item.thing.noun, item.thing.colour, max(4, round(item.side * size_px)))
        if item.mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        x0, y0 = round(item.x * size_px - image.width / 2), round(item.y * size_px - image.height / 2)
        picture.paste(image, (x0, y0), image)
        box = (max(0, x0), max(0, y0), min(size_px, x0 + image.width), min(size_px, y0 + image.height))
        boxes.append(box)
    return Drawn(picture, tuple(boxes))


def _placed(rng: np.random.Generator, count: int) -> tuple[Placed, ...]:
    low, high = SIDE_RANGES[count]
    while True:  # start again if there is no free place for the last thing
        placed: list[Placed] = []
        for _ in range(ATTEMPTS):
            side = float(rng.uniform(low, high))
            room = side / 2 + MARGIN
            x, y = (float(v) for v in rng.uniform(room, 1 - room, 2))
            if all(max(abs(x - p.x), abs(y - p.y)) > (side + p.side) / 2 for p in placed):
                thing = random_thing(rng, frozenset(p.thing.noun for p in placed))
                placed.append(Placed(thing, x, y, side, bool(rng.random() < 0.5)))
            if len(placed) == count:
                return tuple(placed)


def scene_record(scene: ComposedScene, drawn: Drawn, file: str) -> dict[str, object]:
    """Return the JSON record of one scene: the file, the caption, and words and box of every object."""
    objects = [{"words": item.thing.words, "box": box} for item, box in zip(scene.items, drawn.boxes, strict=True)]
    return {"file": file, "caption": scene.caption, "place": scene.place, "seed": scene.seed, "objects": objects}


def write_folder(drawn: Iterable[tuple[ComposedScene, Drawn]], folder: Path) -> int:
    """Write scenes as PNG, with ``scenes.json``, to a folder; return their number."""
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for index, (scene, picture) in enumerate(drawn):
        name = f"scene-{index:05d}.png"
        picture.picture.save(folder / name)
        records.append(scene_record(scene, picture, name))
    (folder / RECORDS).write_text(json.dumps(records, indent=1), encoding="utf-8")
    return len(records)


def write_archive(drawn: Iterable[tuple[ComposedScene, Drawn]], path: Path) -> int:
    """Write scenes as JPEG, with ``scenes.json``, to one archive, always the same bytes; return their number."""
    records = []
    with zipfile.ZipFile(path, "w") as archive:
        for index, (scene, picture) in enumerate(drawn):
            name, file = f"scene-{index:03d}.jpg", io.BytesIO()
            picture.picture.save(file, "JPEG", quality=ARCHIVE_QUALITY)
            archive.writestr(zipfile.ZipInfo(name), file.getvalue())
            records.append(scene_record(scene, picture, name))
        archive.writestr(zipfile.ZipInfo(RECORDS), json.dumps(records), zipfile.ZIP_DEFLATED)
    return len(records)


def main(arguments: list[str] | None = None) -> int:
    """Write scenes to a folder, or to an archive."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.scenes", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20, help="number of scenes (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the series (default 1)")
    parser.add_argument("--size", type=int, default=448, help="side of the pictures in pixels (default 448)")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to, or an archive: FILE.zip")
    options = parser.parse_args(arguments)
    made = (make_scene(options.seed, index) for index in range(options.count))
    write = write_archive if options.out.suffix == ".zip" else write_folder
    try:
        count = write(((scene, draw_scene(scene, options.size)) for scene in made), options.out)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{count} scenes written to {options.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
