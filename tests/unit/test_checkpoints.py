"""Every kind of weight file, written here and read by the program; what is unsafe or does not fit is refused."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.preprocessing import PREPROCESSINGS, preprocessing_of
from exclip_desktop.models import checkpoints, registry
from exclip_desktop.models.architectures import empty_network, recognised
from exclip_desktop.models.inspection import Inspection, inspect_checkpoint
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from tests.conftest import TINY, save_random_model, tiny_config

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_model(tmp_path_factory.mktemp("model"), tiny_config())


@pytest.fixture
def state(folder: Path) -> State:
    return load_file(folder / "open_clip_model.safetensors")


def load(architecture: str | None, path: Path, preprocess: str | Path | None = "openai") -> Model:
    return load_model(architecture, checkpoint=path, preprocess=preprocess, device="cpu")


def before(start: str, state: State) -> State:
    return {start + name: value for name, value in state.items()}


def others(state: State) -> State:
    return {name: value + 1 for name, value in state.items()}


def compiled_inside(state: State) -> State:
    return {name.replace("visual.", "visual._orig_mod."): value for name, value in state.items()}


FORMS: dict[str, Callable[[State], Any]] = {
    "bare": lambda state: state,
    "training": lambda state: {"epoch": 3, "optimizer": {"lr": 1.0}, "state_dict": state},
    "data parallel": lambda state: {"state_dict": before("module.", state)},
    "compiled": lambda state: before("_orig_mod.", state),
    "compiled inside": compiled_inside,
    "data parallel, compiled": lambda state: {"model_state_dict": before("module._orig_mod.", state)},
    "compiled, data parallel": lambda state: {"state_dict": before("_orig_mod.module.", state)},
    "with an average": lambda state: {"model_ema": before("module.", others(state)), "state_dict": state},
    "only an average": lambda state: {"epoch": 1, "state_dict_ema": before("module.", state)},
    "scale as a list": lambda state: {**state, "logit_scale": state["logit_scale"].reshape(1)},
}


PLAIN = ("bare", "compiled", "compiled inside", "scale as a list")  # what safetensors can hold: tensors only


@pytest.mark.parametrize(
    ("form", "ending"), [*((form, ".pt") for form in FORMS), *((form, ".safetensors") for form in PLAIN)]
)
def test_the_weights_in_every_form_are_taken(
    architecture: str, state: State, tmp_path: Path, form: str, ending: str
) -> None:
    held, path = FORMS[form](state), tmp_path / f"weights{ending}"
    if ending == ".safetensors":
        save_file({name: value.clone() for name, value in held.items()}, path)
    else:
        torch.save(held, path)
    model = load(architecture, path)
    for name, value in model.network.state_dict().items():
        torch.testing.assert_close(value, state[name])
    said = " ".join(model.notes)
    assert ("model_ema" in said and "the plain ones (state_dict) were taken" in said) == (form == "with an average")
    assert ("averaged weights (EMA) only" in said) == (form == "only an average")


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin"])
@pytest.mark.parametrize("zipped", [True, False])
def test_old_and_new_files_are_read(architecture: str, state: State, tmp_path: Path, ending: str, zipped: bool) -> None:
    torch.save(state, tmp_path / f"w{ending}", _use_new_zipfile_serialization=zipped)
    torch.testing.assert_close(load(architecture, tmp_path / f"w{ending}").network.visual.proj, state["visual.proj"])


# Files that run code


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
    """A program with the weights' names, as OpenAI's archives are."""

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
    with pytest.raises(ModelError, match=r"TorchScript.*none that OpenAI published.*was not opened"):
        load(architecture, tmp_path / "ViT.pt")
    assert opened == []
    url = f"https://openaipublic.azureedge.net/clip/models/{sha256}/ViT.pt"
    config = {"url": url, "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.5, 0.5), "quick_gelu": True}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"openai": config})
    monkeypatch.setattr(checkpoints, "OPENAI_SHA256", {sha256})
    for name in (architecture, None):  # what is published needs neither a name nor a preprocessing
        model = load(name, tmp_path / "ViT.pt", None)
        torch.testing.assert_close(model.network.visual.proj, state["visual.proj"])
        assert model.network.visual.preprocess_cfg["mean"] == (0.1, 0.2, 0.3)
        assert isinstance(model.network.transformer.resblocks[0].mlp.gelu, open_clip.transformer.QuickGELU)
        assert f"published weights of {TINY} (openai)" in model.notes[0]
        assert "trained with QuickGELU, which exclip-tiny-test lacks" in model.notes[1]
    with pytest.raises(ModelError, match="says its own preprocessing"):
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
    """Whoever used OpenAI's package has them."""
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = tmp_path / ".cache" / "clip"
    cache.mkdir(parents=True)
    archive(state, cache / "tiny.pt")
    elsewhere, openais = "https://example.org/tiny.pt", "https://openaipublic.example.org/0123/tiny.pt"
    assert registry.cached_weights({"hf_hub": "nobody/tiny/", "url": elsewhere}) is None
    assert registry.cached_weights({"hf_hub": "nobody/tiny/", "url": openais}) == cache / "tiny.pt"
    torch.save(state, cache / "tiny.pt")
    assert registry.cached_weights({"hf_hub": "nobody/tiny/", "url": elsewhere}) == cache / "tiny.pt"
    hub = tmp_path / "hub.safetensors"
    monkeypatch.setattr(registry, "try_to_load_from_cache", lambda repo, name: str(hub))
    assert registry.cached_weights({"hf_hub": "nobody/tiny/", "url": elsewhere}) == hub


# Files that are damaged, or something else


def test_damaged_files_are_refused(architecture: str, folder: Path, state: State, tmp_path: Path) -> None:
    whole = (folder / "open_clip_model.safetensors").read_bytes()
    (tmp_path / "short.safetensors").write_bytes(whole[:5000])
    (tmp_path / "shorter.safetensors").write_bytes(whole[:5])
    torch.save(state, tmp_path / "whole.pt")
    (tmp_path / "short.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:-5000])
    torch.save(state, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    (tmp_path / "old.pt").write_bytes((tmp_path / "old.pt").read_bytes()[:-5000])
    (tmp_path / "text.pt").write_text("hello")
    (tmp_path / "page.pt").write_text("<!DOCTYPE html><title>Not found</title>")
    with zipfile.ZipFile(tmp_path / "other.bin", "w") as file:
        file.writestr("photo.txt", "hello")
    for name in ("short.safetensors", "shorter.safetensors", "short.pt", "old.pt", "text.pt", "page.pt", "other.bin"):
        with pytest.raises(ModelError, match=f"^{name} cannot be read as weights: it is cut short, damaged"):
            load(architecture, tmp_path / name)
    (tmp_path / "empty.bin").touch()
    with pytest.raises(ModelError, match=r"empty\.bin is empty"):
        load(architecture, tmp_path / "empty.bin")
    (tmp_path / "pointer.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(ModelError, match="git lfs pull"):
        load(architecture, tmp_path / "pointer.safetensors")


def test_files_without_weights_name_what_they_hold(architecture: str, state: State, tmp_path: Path) -> None:
    for held, told in (
        ([1, 2], "list"),
        ({}, "dict"),
        ({"epoch": 3, "optimizer": {"state": state}}, "epoch, optimizer"),
        ({"state_dict": {}}, "state_dict"),
        ({"state_dict": {"a": 1}}, "state_dict"),
    ):
        torch.save(held, tmp_path / "w.pt")
        with pytest.raises(ModelError, match=f"holds no weights that this program knows, but: {told}"):
            load(architecture, tmp_path / "w.pt")


def test_files_that_are_not_there_or_of_no_known_kind_are_refused(architecture: str, tmp_path: Path) -> None:
    for name in ("missing.pt", "long" * 100 + ".pt", "~nobody-of-that-name.pt"):
        with pytest.raises(ModelError, match="no checkpoint"):
            load(architecture, Path(name))
    (tmp_path / "weights.onnx").touch()
    with pytest.raises(ModelError, match="not a checkpoint"):
        load(architecture, tmp_path / "weights.onnx")


# Weights that do not fit


def test_the_first_weight_that_does_not_fit_is_named(architecture: str, state: State, tmp_path: Path) -> None:
    def refused(changed: State) -> str:
        torch.save(changed, tmp_path / "w.pt")
        with pytest.raises(ModelError, match=f"The weights in w.pt do not fit {TINY}: ") as caught:
            load(architecture, tmp_path / "w.pt")
        assert "(--model)" in caught.value.hint
        return caught.value.message

    less = {name: value for name, value in state.items() if name != "visual.proj"}
    wider = {**state, "visual.conv1.weight": torch.zeros(48, 3, 8, 8)}
    longer = {**state, "positional_embedding": torch.zeros(77, 32)}
    assert refused(less).endswith(": visual.proj (32 × 24) is not in the file.")
    assert refused(wider).endswith(": visual.conv1.weight is 48 × 3 × 8 × 8 in the file, 32 × 3 × 8 × 8 in the model.")
    assert refused(longer).endswith(": positional_embedding is 77 × 32 in the file, 16 × 32 in the model.")
    assert refused({**state, "head.bias": torch.zeros(3)}).endswith(": the model has no head.bias (3).")
    assert refused({**wider, "head.bias": torch.zeros(3)}) == refused(wider)


@pytest.mark.parametrize(
    "changes",
    [
        {"vision": {"width": 48}},
        {"vision": {"image_size": 48}},
        {"text": {"layers": 2}},
        {"text": {"width": 48}},
        {"text": {"context_length": 12}},
    ],
)
def test_weights_of_another_architecture_are_refused(
    architecture: str, tmp_path: Path, changes: dict[str, Any]
) -> None:
    other = save_random_model(tmp_path, tiny_config(**changes))
    with pytest.raises(ModelError, match="do not fit"):
        load(architecture, other / "open_clip_model.safetensors")
    with pytest.raises(ModelError, match="fit none of open_clip's architectures"):
        load(None, other / "open_clip_model.safetensors")


# Architectures recognised


def test_an_architecture_is_recognised_by_the_shapes(architecture: str, folder: Path) -> None:
    model = load(None, folder / "open_clip_model.safetensors")
    assert model.name == architecture
    assert model.notes == (f"open_clip_model.safetensors was recognised by its weights' shapes: {TINY}.",)
    named = load(architecture, folder / "open_clip_model.safetensors")
    assert (named.fingerprint, named.notes) == (model.fingerprint, ())


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ViT-B-32", ["ViT-B-32", "ViT-B-32-quickgelu"]),
        ("ViT-B-32-256", ["ViT-B-32-256"]),
        ("ViT-L-14-336", ["ViT-L-14-336", "ViT-L-14-336-quickgelu"]),
        ("RN50x4", ["RN50x4", "RN50x4-quickgelu"]),
        ("ViT-B-16-SigLIP-256", ["ViT-B-16-SigLIP-256"]),
        ("coca_ViT-B-32", ["coca_ViT-B-32"]),
    ],
)
def test_open_clips_architectures_are_recognised(name: str, found: list[str]) -> None:
    """By shapes alone, so from tensors that take no memory; what differs in no shape is named together."""
    network = empty_network(name, open_clip.get_model_config(name), "meta")
    assert recognised(network.state_dict()) == found


def test_architectures_that_differ_in_no_shape_are_named(
    folder: Path, architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = {**open_clip.get_model_config(architecture), "quick_gelu": True}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, f"{TINY}-quickgelu", twin)
    with pytest.raises(ModelError, match=f"several architectures.*: {TINY}, {TINY}-quickgelu") as caught:
        load(None, folder / "open_clip_model.safetensors")
    assert "(--model)" in caught.value.hint


def test_weights_that_may_want_quick_gelu_are_doubted(
    folder: Path, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = folder / "open_clip_model.safetensors"
    assert not any("QuickGELU" in note for note in load(TINY, weights).notes)
    twin = {**open_clip.get_model_config(architecture), "quick_gelu": True}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, f"{TINY}-quickgelu", twin)
    assert any(f"need {TINY}-quickgelu" in note for note in load(TINY, weights).notes)


def test_an_inspection_tells_what_is_left_to_ask(
    architecture: str, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.pt"
    torch.save({"model_ema": state}, path)
    found = inspect_checkpoint(path)
    assert (found.architectures, found.preprocess_known) == ((TINY,), False)
    assert "averaged" in found.notes[0]
    torch.save({"other.weight": torch.zeros(3)}, path)
    assert inspect_checkpoint(str(path)).architectures == ()
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    entry = {"url": f"https://example.org/tiny-{digits}.pt", "mean": (0,) * 3, "std": (1,) * 3}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"tagged": entry})
    assert inspect_checkpoint(path) == Inspection((TINY,), True, ())


def test_a_tag_needs_a_name(folder: Path) -> None:
    with pytest.raises(ModelError, match="A tag belongs to an architecture"):
        load_model(checkpoint=folder / "open_clip_model.safetensors", pretrained="openai")


# How pictures are prepared


def test_preprocessing_that_nobody_has_said_is_asked_for(
    architecture: str, folder: Path, tmp_path: Path, picture: NDArray[np.uint8]
) -> None:
    path = folder / "open_clip_model.safetensors"
    for name in (architecture, None):
        with pytest.raises(ModelError, match="does not say how pictures are prepared") as caught:
            load(name, path, None)
        assert "(--preprocess; " in caught.value.hint
        assert all(one.name in caught.value.hint for one in PREPROCESSINGS)
    grey = np.full((32, 32, 3), 128, np.uint8)
    for one in PREPROCESSINGS:
        model = load(architecture, path, one.name)
        expected = (128 / 255 - np.array(one.mean)) / np.array(one.std)
        np.testing.assert_allclose(model.pixels(grey)[:, 3, 3], expected, atol=1e-5)
        assert model.network.visual.preprocess_cfg["resize_mode"] == one.resize_mode
    assert len({load(architecture, path, one.name).fingerprint for one in PREPROCESSINGS}) == len(PREPROCESSINGS)


def test_a_file_says_the_preprocessing(architecture: str, folder: Path, tmp_path: Path) -> None:
    told = {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "resize_mode": "longest", "fill_color": 7}
    path = tmp_path / "config.json"
    for held in (told, {"preprocess_cfg": told, "model_cfg": {}}):
        path.write_text(json.dumps(held))
        model = load(architecture, folder / "open_clip_model.safetensors", path)
        found = model.network.visual.preprocess_cfg
        assert (found["mean"], found["resize_mode"], found["fill_color"]) == ((0.1, 0.2, 0.3), "longest", 7)
        assert (found["interpolation"], found["size"]) == ("bicubic", (32, 32))
    for wrong in ("{", "[]", "{}", '{"mean": [0, 0, 0]}', '{"mean": [0, 0], "std": [1, 1]}', "3"):
        path.write_text(wrong)
        with pytest.raises(ModelError, match="does not say a preprocessing"):
            preprocessing_of(path)
    for entry in ({"std": [1, 1, 0]}, {"resize_mode": "cut"}, {"interpolation": "guess"}, {"mean": "abc"}):
        path.write_text(json.dumps(told | entry))
        with pytest.raises(ModelError, match="does not say a preprocessing"):
            preprocessing_of(path)
    with pytest.raises(ModelError, match='no preprocessing "openia"'):
        preprocessing_of("openia")


def test_a_folder_that_does_not_say_it_is_asked_for_it_too(folder: Path, tmp_path: Path) -> None:
    config = tiny_config()
    save_random_model(tmp_path / "silent", {"model_cfg": config["model_cfg"], "preprocess_cfg": {"std": [1, 1, 1]}})
    with pytest.raises(ModelError, match="does not say how pictures are prepared"):
        load_model(str(tmp_path / "silent"))
    assert load_model(str(tmp_path / "silent"), preprocess="inception").preprocess is not None
    (tmp_path / "same.json").write_text(json.dumps(config["preprocess_cfg"]))
    assert load_model(str(folder), preprocess=tmp_path / "same.json").fingerprint == load_model(str(folder)).fingerprint
    with pytest.raises(ModelError, match=r"says its own preprocessing.*\(--preprocess\)"):
        load_model(str(folder), preprocess="openai")


# Folders of Hugging Face's cache


def test_a_snapshot_and_the_folders_above_it_load(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "models--nobody--tiny"
    for commit in ("0123", "4567"):
        snapshot = root / "snapshots" / commit
        snapshot.mkdir(parents=True)
        for path in folder.glob("open_clip_*"):
            (snapshot / path.name).symlink_to(path)
    for given in (root, root / "snapshots"):
        with pytest.raises(ModelError, match="2 snapshots"):
            load_model(str(given))
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("4567\n")
    own = load_model(str(folder)).fingerprint
    for given in (root, root / "snapshots", root / "snapshots" / "0123"):
        assert load_model(str(given)).fingerprint == own
