"""Weight files that run code are refused; programs are opened only if OpenAI published them."""

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models import catalogue
from exclip_desktop.models.weights import read as checkpoints
from tests.conftest import TINY, save_random_model, tiny_config
from tests.unit.models.test_weight_files import State, load


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_model(tmp_path_factory.mktemp("model"), tiny_config())


@pytest.fixture
def state(folder: Path) -> State:
    return load_file(folder / "open_clip_model.safetensors")


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch exploded",)


class Hidden:
    """Names a function that reads files, by attribute of a harmless module."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return getattr, (Path, "write_text")


BOMBS: dict[str, Callable[[State], Any]] = {
    "alone": lambda state: Bomb(),
    "as the weights": lambda state: {"state_dict": Bomb()},
    "beside the weights": lambda state: {"state_dict": state, "args": Bomb()},
    "among the weights": lambda state: {**state, "extra": Bomb()},
    "as a key": lambda state: {"state_dict": state, (Bomb(),): 1},
    "a way to one": lambda state: {"state_dict": state, "args": Hidden()},
}


@pytest.mark.parametrize("form", BOMBS)
@pytest.mark.parametrize("zipped", [True, False])
def test_a_checkpoint_that_would_run_code_is_refused(
    architecture: str, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, zipped: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(BOMBS[form](state), "bomb.pt", _use_new_zipfile_serialization=zipped)
    for name in (architecture, None):
        with pytest.raises(ModelError, match="could run code") as caught:
            load(name, Path("bomb.pt"))
        assert "safetensors" in caught.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bomb.pt"]


class Holder(nn.Module):
    """A program with the weights' names, like OpenAI's archives."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def archive(state: State, path: Path) -> str:
    """Write a TorchScript archive and return its SHA-256."""
    root = Holder()
    root.register_buffer("input_resolution", torch.tensor(32))
    for name, value in state.items():
        *parents, own = name.split(".")
        at: nn.Module = root
        for parent in parents:
            if not hasattr(at, parent):
                at.add_module(parent, Holder())
            at = getattr(at, parent)
        at.register_buffer(own, value)
    torch.jit.script(root).save(str(path))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_program_is_opened_only_if_openai_published_it(
    architecture: str, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = archive(state, tmp_path / "ViT.pt")
    opened: list[Any] = []
    monkeypatch.setattr(
        torch.jit, "load", lambda file, load=torch.jit.load, **told: opened.append(file) or load(file, **told)
    )
    with pytest.raises(ModelError, match=r"TorchScript.*not one that OpenAI published.*was not opened"):
        load(architecture, tmp_path / "ViT.pt")
    assert opened == []
    url = f"https://openaipublic.azureedge.net/clip/models/{sha256}/ViT.pt"
    config = {"url": url, "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.5, 0.5), "quick_gelu": True}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"openai": config})
    monkeypatch.setattr(checkpoints, "OPENAI_SHA256", {sha256})
    for name in (architecture, None):  # published weights need neither a name nor a preprocessing
        model = load(name, tmp_path / "ViT.pt", None)
        torch.testing.assert_close(model.network.visual.proj, state["visual.proj"])
        assert model.network.visual.preprocess_cfg["mean"] == (0.1, 0.2, 0.3)
        assert isinstance(model.network.transformer.resblocks[0].mlp.gelu, open_clip.transformer.QuickGELU)
        assert f"published weights of {TINY} (openai)" in model.notes[0]
        assert "trained with QuickGELU, which exclip-tiny-test lacks" in model.notes[1]
    with pytest.raises(ModelError, match="has a preprocessing of its own"):
        load(architecture, tmp_path / "ViT.pt", "imagenet")


def test_one_changed_byte_makes_a_published_program_another(
    architecture: str, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "OPENAI_SHA256", {archive(state, tmp_path / "ViT.pt")})
    with zipfile.ZipFile(tmp_path / "ViT.pt", "a") as file:
        file.writestr("ViT/extra", b"")
    with pytest.raises(ModelError, match="was not opened"):
        load(architecture, tmp_path / "ViT.pt")


def test_openais_archives_count_as_cached_and_other_programs_do_not(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI's package stores them there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = tmp_path / ".cache" / "clip"
    cache.mkdir(parents=True)
    archive(state, cache / "tiny.pt")
    elsewhere, openais = "https://example.org/tiny.pt", "https://openaipublic.example.org/0123/tiny.pt"
    assert catalogue.find_cached_weights({"hf_hub": "nobody/tiny/", "url": elsewhere}) is None
    assert catalogue.find_cached_weights({"hf_hub": "nobody/tiny/", "url": openais}) == cache / "tiny.pt"
    torch.save(state, cache / "tiny.pt")
    assert catalogue.find_cached_weights({"hf_hub": "nobody/tiny/", "url": elsewhere}) == cache / "tiny.pt"
    hub = tmp_path / "hub.safetensors"
    monkeypatch.setattr(catalogue, "try_to_load_from_cache", lambda repo, name: str(hub))
    assert catalogue.find_cached_weights({"hf_hub": "nobody/tiny/", "url": elsewhere}) == hub
