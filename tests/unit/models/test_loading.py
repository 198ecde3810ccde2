"""Models are loaded from folders, checkpoints and the cache; unsafe, damaged and unknown ones are refused."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.models import catalogue, loading
from exclip_desktop.models.catalogue import list_local_models
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model
from exclip_desktop.models.scoring import score_captions
from tests.conftest import CAPTION, TINY, save_random_model, tiny_config


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_model(tmp_path_factory.mktemp("model"), tiny_config())


def test_a_folder_brings_its_preprocessing_context_and_card(folder: Path, picture: NDArray[np.uint8]) -> None:
    (folder / "exclip.json").write_text('{"image_layer": 1, "text_layer": 0}')
    model = load_model(str(folder))
    (folder / "exclip.json").unlink()
    assert model.reader.context == 16
    assert (model.resolve_layer("image", None), model.resolve_layer("text", None)) == (1, 0)
    grey = np.full((32, 32, 3), 128, np.uint8)
    expected = (128 / 255 - np.array([0.4, 0.5, 0.6])) / np.array([0.3, 0.25, 0.2])
    np.testing.assert_allclose(model.pixels(grey)[:, 3, 3], expected, atol=1e-6)
    assert not model.network.training


def test_half_precision_weights_are_loaded_as_single_precision(folder: Path, tmp_path: Path) -> None:
    state = {name: value.half() for name, value in load_file(folder / "open_clip_model.safetensors").items()}
    save_file(state, tmp_path / "open_clip_model.safetensors")
    (tmp_path / "open_clip_config.json").write_text((folder / "open_clip_config.json").read_text())
    model = load_model(str(tmp_path))
    assert model.dtype == torch.float32
    torch.testing.assert_close(model.network.visual.proj, state["visual.proj"].float())


def _hub_cache(root: Path, repository: str, weights: Path) -> None:
    repo = root / f"models--{repository.replace('/', '--')}"
    snapshot = repo / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("0123")
    os.link(weights, snapshot / "open_clip_model.safetensors")


def test_a_tag_is_found_in_the_local_cache(
    architecture: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"hf_hub": "nobody/tiny/", "mean": (0.1, 0.2, 0.3), "std": (0.5, 0.5, 0.5), "quick_gelu": True}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"tagged": config})
    with pytest.raises(ModelError, match="not on this computer") as caught:
        load_model(architecture, pretrained="tagged")
    assert caught.value.remedy is Remedy.ALLOW_DOWNLOAD
    assert "allow_download=True" in caught.value.hint
    _hub_cache(tmp_path, "nobody/tiny", folder / "open_clip_model.safetensors")
    monkeypatch.setattr(
        catalogue,
        "try_to_load_from_cache",
        lambda repo, name, find=catalogue.try_to_load_from_cache: find(repo, name, cache_dir=tmp_path),
    )
    model = load_model(architecture, pretrained="tagged")
    grey = np.full((32, 32, 3), 51, np.uint8)
    np.testing.assert_allclose(model.pixels(grey)[:, 0, 0], (0.2 - np.array([0.1, 0.2, 0.3])) / 0.5, atol=1e-6)
    assert isinstance(model.network.visual.transformer.resblocks[0].mlp.gelu, open_clip.transformer.QuickGELU)
    assert (TINY, "tagged", True) in [(entry.name, entry.tag, entry.is_local) for entry in list_local_models()]


def test_folders_without_a_model_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no open_clip_config\.json"):
        load_model(str(tmp_path))
    (tmp_path / "open_clip_config.json").write_text((folder / "open_clip_config.json").read_text())
    with pytest.raises(ModelError, match="has no weights"):
        load_model(str(tmp_path))
    (tmp_path / "open_clip_model.safetensors").write_bytes((folder / "open_clip_model.safetensors").read_bytes())
    for config in ("{", "[]", '{"model_cfg": {}}'):
        (tmp_path / "open_clip_config.json").write_text(config)
        with pytest.raises(ModelError):
            load_model(str(tmp_path))


def test_unknown_names_get_near_ones() -> None:
    with pytest.raises(ModelError) as caught:
        load_model("ViT-B32")
    assert "ViT-B-32" in caught.value.hint
    with pytest.raises(ModelError) as caught:
        load_model("ViT-B-32", pretrained="laion2b")
    assert "laion2b_s34b_b79k" in caught.value.hint


def test_an_architecture_needs_exactly_one_source(architecture: str, folder: Path) -> None:
    weights = folder / "open_clip_model.safetensors"
    for message, remedy, arguments in (
        ("names an architecture, not weights", Remedy.CHOOSE_WEIGHTS, {"name": architecture}),
        (
            "two sources of weights",
            Remedy.CHOOSE_WEIGHTS,
            {"name": "ViT-B-32", "pretrained": "openai", "checkpoint": weights},
        ),
        ("its own weights", Remedy.OMIT_WEIGHTS, {"name": str(folder), "pretrained": "openai"}),
    ):
        with pytest.raises(ModelError, match=message) as caught:
            load_model(**arguments)
        assert caught.value.remedy is remedy
    with pytest.raises(ModelError, match="no weights tagged") as caught:
        load_model(architecture, pretrained="openai")
    assert caught.value.remedy is Remedy.CHOOSE_CHECKPOINT
    with pytest.raises(ModelError, match="no model named") as caught:
        load_model("nothing like it at all")
    assert caught.value.remedy is Remedy.CHOOSE_KNOWN_MODEL


@pytest.mark.parametrize(
    ("expected", "message"), [({"image_layer": 9}, "no layer 9"), ({"text_layer": "pool"}, "pool")]
)
def test_a_card_that_does_not_fit_is_refused(
    folder: Path, tmp_path: Path, expected: dict[str, Any], message: str
) -> None:
    shutil.copytree(folder, tmp_path / "model")
    (tmp_path / "model" / "exclip.json").write_text(json.dumps(expected), "utf-8")
    with pytest.raises(ModelError, match=f"exclip.json does not fit .*{message}"):
        load_model(str(tmp_path / "model"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ViTamin-XL-384", "256 × 256 by its config"),
        ("roberta-ViT-B-32", "The text encoder roberta-base is not on this computer"),
        ("ViT-L-14-CLIPA", "The tokenizer bert-base-uncased is not on this computer"),
    ],
)
def test_unsupported_models_are_refused_with_the_reason(folder: Path, name: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        load_model(name, checkpoint=folder / "open_clip_model.safetensors", preprocess="openai")


def test_missing_devices_are_refused(folder: Path) -> None:
    for device in ("cuda:7", "abacus", ""):
        with pytest.raises(ModelError, match="cannot use the device"):
            load_model(str(folder), device=device)
    assert loading.load_model(str(folder), device="cpu").device.type == "cpu"


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(0, False, "cpu."), (1, False, "cuda, cpu."), (2, False, "cuda, cuda:0, cuda:1, cpu."), (0, True, "mps, cpu.")],
)
def test_only_available_devices_are_offered(
    folder: Path, monkeypatch: pytest.MonkeyPatch, cuda: int, mps: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    with pytest.raises(ModelError) as caught:
        load_model(str(folder), device="abacus")
    assert caught.value.hint == f"Pass an available one as device: {expected}"


def test_scores_are_open_clips_own(tiny: Model, picture: NDArray[np.uint8]) -> None:
    captions = [CAPTION, "a cat", "two dogs"]
    actual = score_captions(tiny, picture, captions)
    ids = open_clip.SimpleTokenizer(context_length=16)(captions)
    logits, _ = tiny.network.get_logits(tiny.pixels(picture)[None], ids)
    np.testing.assert_allclose(actual.probability, logits.softmax(-1)[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(actual.cosine * float(tiny.network.logit_scale.exp()), logits[0].numpy(), atol=1e-4)
    assert actual.kind == "softmax"


def test_models_with_a_bias_score_by_sigmoid(make_tiny: Callable[..., Model], picture: NDArray[np.uint8]) -> None:
    model = make_tiny(init_logit_bias=-3.0)
    actual = score_captions(model, picture, [CAPTION, "a cat"])
    scale, bias = float(model.network.logit_scale.exp()), float(model.network.logit_bias)
    np.testing.assert_allclose(actual.probability, 1 / (1 + np.exp(-bias - scale * actual.cosine)), atol=1e-6)
    assert actual.kind == "sigmoid"
