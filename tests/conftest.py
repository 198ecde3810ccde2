"""Shared by all tests: small random models, saved to files and loaded by the real code; a picture; a caption."""

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from exclip_desktop.core.method_registry import registry
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from tests.unit.attribution.plugin_package import Install, write_plugin_package

SCREEN = Path(__file__).with_name("screen.json")  # large enough for every window's first size
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={SCREEN}"  # before anything asks Qt for a screen
os.environ["EXCLIP_CACHE"] = "off"  # tests that use the cache name its folder
CAPTION = "a red balloon and a dog, in the snow"
TINY = "exclip-tiny-test"  # a small architecture that open_clip knows by name, where a test asks for ``architecture``


def tiny_config(**changes: Any) -> dict[str, Any]:
    """Return the config of a small CLIP: three blocks each side, a 4×4 grid; ``vision`` and ``text`` change it."""
    vision = {"image_size": 32, "patch_size": 8, "width": 32, "layers": 3, "head_width": 16}
    text = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 3}
    preprocess = {"mean": [0.4, 0.5, 0.6], "std": [0.3, 0.25, 0.2], "interpolation": "bilinear"}
    preprocess |= {"resize_mode": "shortest", **changes.pop("preprocess", {})}
    vision |= changes.pop("vision", {})
    text |= changes.pop("text", {})
    return {
        "model_cfg": {"embed_dim": 24, "vision_cfg": vision, "text_cfg": text, **changes},
        "preprocess_cfg": preprocess,
    }


def random_network(folder: Path, config: dict[str, Any]) -> torch.nn.Module:
    """Return the network that open_clip builds of a config; a text encoder's own is in ``folder``."""
    config = deepcopy(config)
    custom, text = config.pop("custom_text", False), config["text_cfg"]
    if "hf_model_name" in text:
        custom, text["hf_model_name"], text["hf_model_pretrained"] = True, str(folder), False
    kind = open_clip.CustomTextCLIP if custom else open_clip.CLIP
    return (open_clip.CoCa if "multimodal_cfg" in config else kind)(**config)


def save_random_model(folder: Path, config: dict[str, Any], seed: int = 0) -> Path:
    """Write a model folder with random weights, strong enough that its paths are curved."""
    torch.manual_seed(seed)
    network = random_network(folder, config["model_cfg"])
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.startswith("visual") and ("attn" in name or "mlp" in name):
                value.mul_(1.5)
            if name.startswith("visual.trunk") and value.ndim > 1:  # timm draws them small
                value.mul_(1.5)
            if name.endswith("bias"):
                value.normal_(std=0.1)
            if "token_embedding" in name:
                value.mul_(2.0)
            if name.endswith("bn3.weight"):  # a ResNet's last norm is drawn as zeros: its blocks would do nothing
                value.fill_(0.5)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps(config), "utf-8")
    return folder


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give a function that leaves room on the disk for so many bytes of what the program writes from then on."""

    def fill(room: int) -> None:
        left = room

        class Nearly(io.FileIO):
            def write(self, data: Any) -> int:
                nonlocal left
                if memoryview(data).nbytes > left:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                left -= memoryview(data).nbytes
                return super().write(data)

        original = os.fdopen
        monkeypatch.setattr(
            os,
            "fdopen",
            lambda handle, mode: io.BufferedWriter(Nearly(handle, mode)) if "w" in mode else original(handle, mode),
        )

    return fill


@pytest.fixture(scope="session", autouse=True)
def _one_vocabulary() -> Iterator[None]:
    """Let open_clip read CLIP's vocabulary once instead of once for every small model (a tenth of a second each)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_clip.factory, "SimpleTokenizer", lru_cache(open_clip.SimpleTokenizer))
        yield


@pytest.fixture(scope="session")
def architecture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small architecture that open_clip knows by name."""
    folder = tmp_path_factory.mktemp("configs")
    (folder / f"{TINY}.json").write_text(json.dumps(tiny_config()["model_cfg"]))
    open_clip.add_model_config(folder)
    return TINY


@pytest.fixture(scope="session")
def make_tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Model]:
    """Return a function that makes, saves and loads a small model; same changes, same model."""
    made: dict[str, Model] = {}

    def make(**changes: Any) -> Model:
        key = json.dumps(changes, sort_keys=True)
        if key not in made:
            folder = save_random_model(tmp_path_factory.mktemp("tiny"), tiny_config(**changes))
            made[key] = load_model(str(folder), device="cpu")
        return made[key]

    return make


@pytest.fixture(scope="session")
def tiny(make_tiny: Callable[..., Model]) -> Model:
    """A small class-token model."""
    return make_tiny()


@pytest.fixture(scope="session")
def picture() -> NDArray[np.uint8]:
    """A smooth random picture, 48 wide, 40 high."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (5, 6, 3)).astype(np.uint8)
    return coarse.repeat(8, axis=0).repeat(8, axis=1)


@pytest.fixture
def install_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a package with methods, by name, until the test ends."""

    def install(methods: dict[str, str]) -> None:
        folder = tmp_path / "site"
        folder.mkdir()
        write_plugin_package(folder, methods)
        monkeypatch.syspath_prepend(folder)
        registry.cache_clear()

    yield install
    sys.modules.pop("ramp_methods", None)
    monkeypatch.undo()
    registry.cache_clear()
