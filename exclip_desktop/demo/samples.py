"""Makes the sample pictures: ``python -m exclip_desktop.demo.samples --out resources/samples``."""

import argparse
import json
from pathlib import Path

import numpy as np

from exclip_desktop.demo.scenes import draw_scene, make_scene, scene_record
from exclip_desktop.demo.vocabulary import caption_of, change_one

SERIES = 8_000_001  # outside the series trained and evaluated on
SIZE_PX = 448
CHOSEN = (
    (8281, ""),
    (9058, ""),
    (23227, ""),
    (28, ""),
    (20, ""),
    (11, ""),
    (38, ""),
    (18, ""),
    (45, ""),
    (33, "colour"),
    (39, "side"),
    (40, "object"),
)
"""Numbers of scenes in the series, and the wrong part of their captions."""


def main(arguments: list[str] | None = None) -> int:
    """Write the sample pictures and ``samples.json``."""
    parser = argparse.ArgumentParser(prog="python -m exclip_desktop.demo.samples", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    folder: Path = parser.parse_args(arguments).out
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for number, (index, wrong) in enumerate(CHOSEN, start=1):
        scene = make_scene(SERIES, index)
        drawn = draw_scene(scene, SIZE_PX)
        record = scene_record(scene, drawn, f"sample-{number:02d}.jpg")
        if wrong:
            rng = np.random.default_rng((*scene.seed, 3))
            things, place, changed = change_one(scene.things, scene.place, scene.style, rng, wrong)
            assert changed == wrong, f"scene {index} has no {wrong} to be wrong"
            caption = caption_of(things, place, scene.style)
            record = {**record, "caption": caption, "true_caption": scene.caption}
        records.append({**record, "wrong": wrong})
        drawn.picture.save(folder / f"sample-{number:02d}.jpg", quality=93)
    (folder / "samples.json").write_text(json.dumps(records, indent=1) + "\n", "utf-8")
    print(f"{len(records)} samples written to {folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
