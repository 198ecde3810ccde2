"""What explaining costs, as ratios within one run: ``python -m pytest tests/benchmarks``.

Yardstick: one plain ``encode_image`` + ``encode_text`` of open_clip on the same input. CPU, random weights where a
real architecture is named.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from exclip_desktop.attribution.second_order.explain import explain_pair
from exclip_desktop.attribution.second_order.integral import make_quadrature
from exclip_desktop.attribution.second_order.path import image_path
from exclip_desktop.attribution.second_order.sides import integrate_factor
from exclip_desktop.core.progress import CancelToken, ignore_progress
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.storage.pictures import read_picture
from exclip_desktop.storage.samples import load_samples
from tests.benchmarks.conftest import Paired, report
from tests.real_sizes import CAPTION, random_model, some_picture

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def vit_b_32(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """ViT-B-32 with random weights."""
    return random_model("ViT-B-32", tmp_path_factory.mktemp("b32"))


def plain_encode(model: Model) -> Callable[[], object]:
    """Return the yardstick."""
    ids = [token.id for token in model.reader.read(CAPTION).tokens]
    text = torch.tensor([ids + [0] * (model.reader.context - len(ids))])
    picture = some_picture()

    @torch.no_grad()
    def encode() -> object:
        return model.network.encode_image(model.pixels(picture)[None]), model.network.encode_text(text)

    return encode


@pytest.mark.parametrize(
    ("name", "settings", "bound"),
    [
        ("ViT-B-32, last block, default", {}, 2.0),
        ("ViT-B-32, last block, 32 fixed nodes", {"quadrature": "gauss-legendre", "steps": 32}, 5.0),
    ],
)
def test_last_block(paired: Paired, vit_b_32: Model, name: str, settings: dict[str, Any], bound: float) -> None:
    def explain() -> object:
        return explain_pair(vit_b_32, some_picture(), CAPTION, ExplainSettings(**settings))

    paired(name, plain_encode(vit_b_32), explain, rounds=7, ratio=bound)


def test_first_block(paired: Paired, vit_b_32: Model) -> None:
    def explain() -> object:
        return explain_pair(
            vit_b_32,
            some_picture(),
            CAPTION,
            ExplainSettings(image_layer=0, text_layer=0, quadrature="gauss-legendre", steps=8),
        )

    paired("ViT-B-32, block 0 both sides, 8 nodes", plain_encode(vit_b_32), explain, rounds=1, ratio=600)


def test_bundled_pair(paired: Paired) -> None:
    model, sample = load_model("demo", device="cpu"), load_samples()[0]
    picture = read_picture(sample.path).pixels
    paired(
        "bundled model, a sample's pair",
        plain_encode(model),
        lambda: explain_pair(model, picture, sample.caption),
        rounds=5,
        seconds=1.0,
    )


def test_bundled_image_factor(paired: Paired) -> None:
    model, sample = load_model("demo", device="cpu"), load_samples()[0]
    pixels = model.pixels(read_picture(sample.path).pixels)
    layer = model.resolve_layer("image", None)

    def whole() -> object:
        path = image_path(model, pixels, layer)
        return integrate_factor(path, make_quadrature(ExplainSettings()), "picture", ignore_progress, CancelToken())

    paired("bundled model, a sample's whole image factor", plain_encode(model), whole, rounds=3, seconds=4.0)


COLD = """
import time, torch, open_clip
start = time.perf_counter()
from exclip_desktop.cli.main import main
main(["explain", "--device", "cpu", "--json"])
import sys
print(time.perf_counter() - start, file=sys.stderr)
"""


def test_cold_start(benchmark: Any) -> None:
    def cold() -> None:
        done = subprocess.run([sys.executable, "-c", COLD], cwd=ROOT, capture_output=True, text=True, check=True)
        seconds.append(float(done.stderr.splitlines()[-1]))

    seconds: list[float] = []
    benchmark.pedantic(cold, rounds=3)
    report("cold explain beyond importing torch and open_clip", sorted(seconds)[1], "s", 1.5)


MEMORY = """
import pathlib, re, sys, tempfile
sys.path.insert(0, {root!r})
from tests.real_sizes import CAPTION, random_model, some_picture
from exclip_desktop.attribution.second_order.explain import explain_pair
with tempfile.TemporaryDirectory() as folder:
    model = random_model("ViT-B-16", pathlib.Path(folder))
picture = some_picture()
def status(key):
    return int(re.search(key + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
before = status("VmRSS")
explain_pair(model, picture, CAPTION)
print(status("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory(benchmark: Any) -> None:
    def measure() -> None:
        code = MEMORY.format(root=str(ROOT))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        found.append(float(done.stdout))

    found: list[float] = []
    benchmark.pedantic(measure, rounds=1)
    report("ViT-B-16, last block: peak memory above the loaded model", found[0], "MB", 300)
