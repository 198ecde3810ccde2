"""Batches with random factors, written as a batch writes them, without a model."""

from pathlib import Path

import numpy as np

from exclip_desktop.core.maths.interactions import Ends
from exclip_desktop.core.values.explanation import Factor, SideReport
from exclip_desktop.core.values.geometry import Geometry
from exclip_desktop.storage.batches import shard_files
from exclip_desktop.storage.batches.batch_folder import prepare_batch_folder
from exclip_desktop.storage.batches.batch_index import Batch
from exclip_desktop.storage.batches.shard_files import ShardEntry, shard_places, shards, write_shard

REPORT = SideReport(5, 0.0, None, True, "closed form")
SETTINGS = {
    "model": "random",
    "weights": "random",
    "weights_sha256": "",
    "image_layer": 0,
    "text_layer": 0,
    "quadrature": "gauss-legendre",
    "steps": 3,
    "text_reference": "padding",
    "device": "cpu",
    "versions": {},
}


def write_header(folder: Path, count: int, model: str = "a") -> Batch:
    """Write the header of a batch of ``count`` pictures without factors; return the batch."""
    header = {
        "decided_by": {"model": model, "tolerance": 0.001},
        "settings": {**SETTINGS, "framing": "model", "precision": "float32", "tolerance": 0.001},
        "pictures": [f"{at}.png" for at in range(count)],
        "captions": ["a dog"],
        "folder": "",
    }
    prepare_batch_folder(folder, header)
    return Batch(folder)


def random_entry(seed: int, grid: tuple[int, int] = (3, 4), size: int = 8, prefix: int = 1) -> ShardEntry:
    """Return the entry of a picture with random factors."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(prefix + grid[0] * grid[1], size)).astype(np.float32)
    embedding, reference = random.normal(size=(2, size))
    geometry = Geometry((40, 30), (0.0, 0.0, 40.0, 30.0), grid)
    values = {
        "geometry": (geometry.source_size, geometry.visible, geometry.grid),
        "prefix": prefix,
        "key": f"{seed:064x}",
        "sha256": "",
    }
    return ShardEntry(values, Factor(rows, Ends(embedding, reference, reference), REPORT))


def write_pictures(batch: Batch, entries: dict[int, ShardEntry]) -> None:
    """Write all shards of a batch's pictures with the entries by their places; others are not explained yet."""
    count = batch.counts["pictures"]
    for number in shards("pictures", count):
        places = shard_places("pictures", number, count)
        write_shard(batch.folder, "pictures", number, [entries.get(place) for place in places], batch.decided)


def write_batch(folder: Path, count: int, *, size: int = 8, model: str = "a") -> Batch:
    """Write a batch with random factors of ``count`` pictures; every fifth picture has another grid."""
    batch = write_header(folder, count, model)
    grids = [(4, 3) if at % 5 == 4 else (3, 4) for at in range(count)]
    write_pictures(batch, {at: random_entry(at, grids[at], size) for at in range(count)})
    return batch


def shard_file(batch: Batch, number: int) -> Path:
    """Return the file of a shard of pictures."""
    return shard_files.shard_path(batch.folder, "pictures", number)
