"""Weights without a named architecture: it is recognised, and their preprocessing must be named."""

import hashlib
import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.core.values.preprocessing import PREPROCESSINGS, find_preprocessing
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.weights.find import Inspection, inspect_checkpoint
from exclip_desktop.models.weights.fit import build_network, recognise_architectures
from tests.conftest import TINY, save_random_model, tiny_config
from tests.unit.models.test_weight_files import State, load


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_model(tmp_path_factory.mktemp("model"), tiny_config())


@pytest.fixture
def state(folder: Path) -> State:
    return load_file(folder / "open_clip_model.safetensors")


def test_an_architecture_is_recognised_by_the_shapes(architecture: str, folder: Path) -> None:
    model = load(None, folder / "open_clip_model.safetensors")
    assert model.name == architecture
    assert model.notes == (
        f"open_clip_model.safetensors: architecture {TINY}, recognised by the shapes of its weights.",
    )
    named = load(architecture, folder / "open_clip_model.safetensors")
    assert (named.fingerprint, named.notes) == (model.fingerprint, ())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ViT-B-32", ["ViT-B-32", "ViT-B-32-quickgelu"]),
        ("ViT-B-32-256", ["ViT-B-32-256"]),
        ("ViT-L-14-336", ["ViT-L-14-336", "ViT-L-14-336-quickgelu"]),
        ("RN50x4", ["RN50x4", "RN50x4-quickgelu"]),
        ("ViT-B-16-SigLIP-256", ["ViT-B-16-SigLIP-256"]),
        ("coca_ViT-B-32", ["coca_ViT-B-32"]),
    ],
)
def test_open_clips_architectures_are_recognised(name: str, expected: list[str]) -> None:
    """Recognition needs shapes only, so the tensors take no memory; equal shapes are listed together."""
    network = build_network(name, open_clip.get_model_config(name), "meta")
    assert recognise_architectures(network.state_dict()) == expected


def test_architectures_of_equal_shapes_are_listed(
    folder: Path, architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = {**open_clip.get_model_config(architecture), "quick_gelu": True}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, f"{TINY}-quickgelu", twin)
    with pytest.raises(ModelError, match=f"several architectures.*: {TINY}, {TINY}-quickgelu") as caught:
        load(None, folder / "open_clip_model.safetensors")
    assert caught.value.remedy is Remedy.NAME_TRAINED_ARCHITECTURE


def test_weights_that_may_need_quick_gelu_get_a_note(
    folder: Path, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = folder / "open_clip_model.safetensors"
    assert not any("QuickGELU" in note for note in load(TINY, weights).notes)
    twin = {**open_clip.get_model_config(architecture), "quick_gelu": True}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, f"{TINY}-quickgelu", twin)
    assert any(f"need {TINY}-quickgelu" in note for note in load(TINY, weights).notes)


def test_an_inspection_lists_the_architectures_to_choose_from(
    architecture: str, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.pt"
    torch.save({"model_ema": state}, path)
    actual = inspect_checkpoint(path)
    assert (actual.architectures, actual.preprocess_known) == ((TINY,), False)
    assert "averaged" in actual.notes[0]
    torch.save({"other.weight": torch.zeros(3)}, path)
    assert inspect_checkpoint(str(path)).architectures == ()
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    entry = {"url": f"https://example.org/tiny-{digits}.pt", "mean": (0,) * 3, "std": (1,) * 3}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"tagged": entry})
    assert inspect_checkpoint(path) == Inspection((TINY,), True, ())


def test_a_tag_needs_a_name(folder: Path) -> None:
    with pytest.raises(ModelError, match="A tag belongs to an architecture"):
        load_model(checkpoint=folder / "open_clip_model.safetensors", pretrained="openai")


# Preprocessing of pictures


def test_unknown_preprocessing_must_be_named(
    architecture: str, folder: Path, tmp_path: Path, picture: NDArray[np.uint8]
) -> None:
    path = folder / "open_clip_model.safetensors"
    for name in (architecture, None):
        with pytest.raises(ModelError, match="does not say how pictures are preprocessed") as caught:
            load(name, path, None)
        assert caught.value.remedy is Remedy.CHOOSE_PREPROCESSING
        assert all(one.name in caught.value.hint for one in PREPROCESSINGS)
    grey = np.full((32, 32, 3), 128, np.uint8)
    for one in PREPROCESSINGS:
        model = load(architecture, path, one.name)
        expected = (128 / 255 - np.array(one.mean)) / np.array(one.std)
        np.testing.assert_allclose(model.pixels(grey)[:, 3, 3], expected, atol=1e-5)
        assert model.network.visual.preprocess_cfg["resize_mode"] == one.resize_mode
    assert len({load(architecture, path, one.name).fingerprint for one in PREPROCESSINGS}) == len(PREPROCESSINGS)


def test_a_file_names_the_preprocessing(architecture: str, folder: Path, tmp_path: Path) -> None:
    values = {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "resize_mode": "longest", "fill_color": 7}
    path = tmp_path / "config.json"
    for held in (values, {"preprocess_cfg": values, "model_cfg": {}}):
        path.write_text(json.dumps(held))
        model = load(architecture, folder / "open_clip_model.safetensors", path)
        actual = model.network.visual.preprocess_cfg
        assert (actual["mean"], actual["resize_mode"], actual["fill_color"]) == ((0.1, 0.2, 0.3), "longest", 7)
        assert (actual["interpolation"], actual["size"]) == ("bicubic", (32, 32))
    for wrong in ("{", "[]", "{}", '{"mean": [0, 0, 0]}', '{"mean": [0, 0], "std": [1, 1]}', "3"):
        path.write_text(wrong)
        with pytest.raises(ModelError, match=r"config\.json(, line 1, is not JSON|: )"):
            find_preprocessing(path)
    for entry in ({"std": [1, 1, 0]}, {"resize_mode": "cut"}, {"interpolation": "guess"}, {"mean": "abc"}):
        path.write_text(json.dumps(values | entry))
        with pytest.raises(ModelError, match=f'config.json: "{next(iter(entry))}'):
            find_preprocessing(path)
    with pytest.raises(ModelError, match='no preprocessing "openia"'):
        find_preprocessing("openia")


def test_a_folder_without_preprocessing_must_be_given_one(folder: Path, tmp_path: Path) -> None:
    config = tiny_config()
    save_random_model(tmp_path / "silent", {"model_cfg": config["model_cfg"], "preprocess_cfg": {"std": [1, 1, 1]}})
    with pytest.raises(ModelError, match="does not say how pictures are preprocessed"):
        load_model(str(tmp_path / "silent"))
    assert load_model(str(tmp_path / "silent"), preprocess="inception").preprocess is not None
    (tmp_path / "same.json").write_text(json.dumps(config["preprocess_cfg"]))
    assert load_model(str(folder), preprocess=tmp_path / "same.json").fingerprint == load_model(str(folder)).fingerprint
    with pytest.raises(ModelError, match="has a preprocessing of its own.*Leave out preprocess"):
        load_model(str(folder), preprocess="openai")


# Folders of Hugging Face's cache


def test_a_snapshot_and_the_folders_above_it_load(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "models--nobody--tiny"
    for commit in ("0123", "4567"):
        snapshot = root / "snapshots" / commit
        snapshot.mkdir(parents=True)
        for path in folder.glob("open_clip_*"):
            (snapshot / path.name).symlink_to(path)
    for source in (root, root / "snapshots"):
        with pytest.raises(ModelError, match="2 snapshots"):
            load_model(str(source))
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text("4567\n")
    own = load_model(str(folder)).fingerprint
    for source in (root, root / "snapshots", root / "snapshots" / "0123"):
        assert load_model(str(source)).fingerprint == own
