"""What the picture's side costs on large and other towers, beside one plain ``encode_image``; random weights, CPU."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch

from exclip_desktop.attribution.second_order.explain import picture_factor, resolve_settings
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from tests.benchmarks.conftest import Paired, report
from tests.conftest import save_random_model
from tests.real_sizes import random_model, some_picture

ROOT = Path(__file__).resolve().parents[2]


def _with_its_image_tower(architecture: str, folder: Path) -> Model:
    """Return an architecture's image tower with CLIP's own text encoder, whose tokenizer needs no files."""
    config = open_clip.get_model_config(architecture)
    text = {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2}
    told = {key: config[key] for key in ("embed_dim", "vision_cfg")}
    preprocess = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"}
    save_random_model(folder / "model", {"model_cfg": {**told, "text_cfg": text}, "preprocess_cfg": preprocess})
    return load_model(str(folder / "model"), device="cpu")


@pytest.mark.parametrize(
    ("architecture", "make", "layer", "bound"),
    [
        ("ViT-L-14-336", random_model, -1, 3.0),
        ("RN50", random_model, "pool", 3.0),
        ("ViT-B-16-SigLIP", _with_its_image_tower, "pool", 3.0),
    ],
)
def test_a_pictures_factor(
    paired: Paired,
    tmp_path: Path,
    architecture: str,
    make: Callable[[str, Path], Model],
    layer: int | str,
    bound: float,
) -> None:
    model, picture = make(architecture, tmp_path), some_picture()
    method = resolve_settings(model, ExplainSettings(image_layer=layer, quadrature="adaptive"))
    picture_factor(model, picture, method)  # the reference is cached from now on

    @torch.no_grad()
    def encode() -> object:
        return model.network.encode_image(model.pixels(picture)[None])

    name = f"{architecture}, layer {layer}: the picture's factor"
    paired(name, encode, lambda: picture_factor(model, picture, method), rounds=5, ratio=bound)


MEMORY = """
import pathlib, re, sys, tempfile
sys.path.insert(0, {root!r})
from tests.real_sizes import CAPTION, random_model, some_picture
from exclip_desktop.attribution.second_order.explain import explain_pair
with tempfile.TemporaryDirectory() as folder:
    model = random_model("ViT-L-14-336", pathlib.Path(folder))
picture = some_picture()
def status(key):
    return int(re.search(key + r":\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
before = status("VmRSS")
explain_pair(model, picture, CAPTION)
print(status("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_of_a_large_model(benchmark: Any) -> None:
    def measure() -> None:
        code = MEMORY.format(root=str(ROOT))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        found.append(float(done.stdout))

    found: list[float] = []
    benchmark.pedantic(measure, rounds=1)
    report("ViT-L-14-336, last block: peak memory above the loaded model", found[0], "MB", 1000)
