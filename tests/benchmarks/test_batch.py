"""Pairs a second of a batch, beside plain encoding of the same pictures and captions, reading the files included.

The yardstick encodes one picture and one caption at a time, as a batch does; the report also says what encoding
thirty-two at a time takes.
"""

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from exclip_desktop.api.batch import batch
from exclip_desktop.core.progress import Report
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.storage.pictures import read_picture
from exclip_desktop.storage.samples import load_samples
from tests.benchmarks.conftest import report
from tests.real_sizes import random_model

SIDE = 448


@pytest.fixture(scope="module")
def vit_b_32(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """ViT-B-32 with random weights."""
    return random_model("ViT-B-32", tmp_path_factory.mktemp("b32"))


def scenes(folder: Path, count: int) -> PairList:
    """Return pairs of generated scenes: the samples, moved about, each with a caption of its own."""
    shipped, pairs = load_samples(), []
    for at in range(count):
        sample = shipped[at % len(shipped)]
        with Image.open(sample.path) as image:
            image.rotate(at * 7.0, fillcolor="grey").resize((SIDE, SIDE)).save(folder / f"{at}.jpg")
        pairs.append(ListedPair(str(at), f"{at}.jpg", f"{sample.caption}, {at}"))
    return PairList(folder, folder, tuple(pairs))


@torch.no_grad()
def encode(model: Model, listed: PairList, at_once: int) -> None:
    """Encode every picture and every caption, reading the pictures."""
    for start in range(0, len(listed.pairs), at_once):
        chosen = listed.pairs[start : start + at_once]
        pixels = [model.pixels(read_picture(listed.path_of(pair.picture)).pixels) for pair in chosen]
        model.network.encode_image(torch.stack(pixels))
        ids = [[token.id for token in model.reader.read(pair.caption).tokens] for pair in chosen]
        model.network.encode_text(torch.tensor([one + [0] * (model.reader.context - len(one)) for one in ids]))


def seconds(work: Callable[[], object]) -> float:
    """Return how long work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compared(name: str, bound: float, model: Model, listed: PairList, out: Path, rounds: int, **settings: Any) -> None:
    """Report the ratio to encoding one at a time, right before in every round, and pairs a second; medians."""
    count, taken = len(listed.pairs), []
    encode(model, listed, 1)
    for number in range(rounds):
        single, whole = seconds(lambda: encode(model, listed, 1)), seconds(lambda: encode(model, listed, 32))
        ours = seconds(lambda number=number: batch(model, listed, out / str(number), **settings))  # type: ignore[misc]
        taken.append((ours / single, count / ours, count / single, count / whole))
    ratio, *rates = map(statistics.median, zip(*taken, strict=True))
    told = ", ".join(f"{rate:.3g}" for rate in rates)
    report(f"batch of {count}, {name}", ratio, "x", bound, f" pairs/s: batch, encoded singly, by 32: {told}")


def held_mb() -> float:
    """Return the memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_is_flat(vit_b_32: Model, tmp_path: Path) -> None:
    """What is held at any of the second half of the pictures is little more than what was held in the first."""
    listed, held = scenes(tmp_path, 64), list[float]()

    def hear(told: Report) -> None:
        if told.what == "pictures":
            held.append(held_mb())

    batch(vit_b_32, listed, tmp_path / "out", progress=hear)
    half = len(held) // 2
    grown = max(0.0, max(held[half:]) - max(held[:half]))
    report("batch of 64, ViT-B-32: memory grows in the second half by", grown, "MB", 20)


def test_closed_form(vit_b_32: Model, tmp_path: Path) -> None:
    listed = scenes(tmp_path, 16)
    few = PairList(tmp_path, tmp_path, listed.pairs[:1])
    batch(vit_b_32, few, tmp_path / "first")
    compared("ViT-B-32, last block, default rule", 2.0, vit_b_32, listed, tmp_path / "out", rounds=5)


@pytest.mark.parametrize(
    ("name", "settings"), [("its own layers", {}), ("last blocks", {"image_layer": -1, "text_layer": -1})]
)
def test_bundled(tmp_path: Path, name: str, settings: dict[str, Any]) -> None:
    """No closed form: the picture's whole factor takes a pass for each dimension of the embedding, or each patch."""
    model = load_model("demo", device="cpu")
    compared(f"bundled model, {name}", 1000, model, scenes(tmp_path, 2), tmp_path / "out", rounds=1, **settings)
