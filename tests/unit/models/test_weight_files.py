"""Every kind of weights file is read; unsafe files and weights that do not fit are refused."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from exclip_desktop.core.errors import ModelError, Remedy
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


PLAIN = ("bare", "compiled", "compiled inside", "scale as a list")  # of tensors only, as safetensors requires


@pytest.mark.parametrize(
    ("form", "ending"), [*((form, ".pt") for form in FORMS), *((form, ".safetensors") for form in PLAIN)]
)
def test_weights_are_read_from_every_form(
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
    text = " ".join(model.notes)
    assert ("model_ema" in text and "the others (state_dict) were chosen" in text) == (form == "with an average")
    assert ("averaged weights (EMA) only" in text) == (form == "only an average")


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin"])
@pytest.mark.parametrize("zipped", [True, False])
def test_old_and_new_files_are_read(architecture: str, state: State, tmp_path: Path, ending: str, zipped: bool) -> None:
    torch.save(state, tmp_path / f"w{ending}", _use_new_zipfile_serialization=zipped)
    torch.testing.assert_close(load(architecture, tmp_path / f"w{ending}").network.visual.proj, state["visual.proj"])


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
        with pytest.raises(ModelError, match=f"^{name} cannot be read as weights: it is incomplete, damaged"):
            load(architecture, tmp_path / name)
    (tmp_path / "empty.bin").touch()
    with pytest.raises(ModelError, match=r"empty\.bin is empty"):
        load(architecture, tmp_path / "empty.bin")
    (tmp_path / "pointer.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(ModelError, match="git lfs pull"):
        load(architecture, tmp_path / "pointer.safetensors")


def test_files_without_weights_name_what_they_hold(architecture: str, state: State, tmp_path: Path) -> None:
    for held, values in (
        ([1, 2], "list"),
        ({}, "dict"),
        ({"epoch": 3, "optimizer": {"state": state}}, "epoch, optimizer"),
        ({"state_dict": {}}, "state_dict"),
        ({"state_dict": {"a": 1}}, "state_dict"),
    ):
        torch.save(held, tmp_path / "w.pt")
        with pytest.raises(ModelError, match=f"holds no known weights, but: {values}"):
            load(architecture, tmp_path / "w.pt")


def test_missing_files_and_unknown_kinds_are_refused(architecture: str, tmp_path: Path) -> None:
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
        assert caught.value.remedy is Remedy.NAME_OR_OMIT_ARCHITECTURE
        return caught.value.message

    less = {name: value for name, value in state.items() if name != "visual.proj"}
    wider = {**state, "visual.conv1.weight": torch.zeros(48, 3, 8, 8)}
    deeper = {**state, "transformer.resblocks.7.ln_1.bias": torch.zeros(32)}
    assert refused(less).endswith(": visual.proj (32 × 24) is not in the file.")
    assert refused(wider).endswith(": visual.conv1.weight is 48 × 3 × 8 × 8 in the file, 32 × 3 × 8 × 8 in the model.")
    assert refused(deeper).endswith(": the model has no transformer.resblocks.7.ln_1.bias (32).")
    assert refused({**wider, "head.bias": torch.zeros(3)}) == refused(wider)


def test_weights_of_other_parts_are_left_out_with_a_note(architecture: str, state: State, tmp_path: Path) -> None:
    torch.save({**state, "head.bias": torch.zeros(3), "criterion.weight": torch.zeros(2)}, tmp_path / "w.pt")
    notes = load(architecture, tmp_path / "w.pt").notes
    assert "w.pt holds 2 values of other parts (head.bias, criterion.weight), which were left out." in notes


@pytest.mark.parametrize(
    "changes",
    [
        {"vision": {"width": 48}},
        {"text": {"layers": 2}},
        {"text": {"width": 48}},
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
