"""Adapters (LoRA) are merged as peft merges them, into weights with transformers' names and with open_clip's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from exclip_desktop import load_model
from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.models.catalogue import describe_model
from exclip_desktop.models.weights.find import inspect_checkpoint
from exclip_desktop.models.weights.packs import pack_model
from tests.unit.models.test_transformers_folder import CLIP_PIXELS, SIGLIP_PIXELS, clip, save, siglip
from tests.unit.models.text_models import sentencepiece

START = "base_model.model."
VISION, TEXT = "vision_model.encoder.layers.0.", "text_model.encoder.layers.1."
TARGETS = [
    *(f"{VISION}self_attn.{part}_proj" for part in ("q", "k", "v", "out")),
    *(f"{TEXT}self_attn.v_proj", f"{VISION}mlp.fc1", f"{TEXT}mlp.fc2", "visual_projection"),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CLIP of transformers."""
    return save(clip(), tmp_path_factory.mktemp("base"), CLIP_PIXELS)


def write(folder: Path, base: Path | str, targets: list[str], more: dict[str, torch.Tensor], **config: Any) -> Path:
    """Write an adapter of rank 3 for modules of a model."""
    torch.manual_seed(3)
    held = {} if isinstance(base, str) else load_file(base / "model.safetensors")
    weights = dict(more)
    for name in targets:
        rows, columns = held[f"{name}.weight"].shape
        weights[f"{START}{name}.lora_A.weight"] = 0.1 * torch.randn(3, columns)
        weights[f"{START}{name}.lora_B.weight"] = 0.1 * torch.randn(rows, 3)
        if config.get("use_dora"):
            weights[f"{START}{name}.lora_magnitude_vector"] = torch.rand(rows) + 0.5
    folder.mkdir(exist_ok=True)
    save_file(weights, folder / "adapter_model.safetensors")
    values = {"peft_type": "LORA", "r": 3, "lora_alpha": 6, "base_model_name_or_path": str(base), **config}
    (folder / "adapter_config.json").write_text(json.dumps(values))
    return folder


def merge(base: Path, adapter: Path, out: Path, scales: dict[str, float]) -> Path:
    """Write the model with its adapter, by the formula in double precision; 2 scales modules without a scale."""
    own, changes = load_file(base / "model.safetensors"), load_file(adapter / "adapter_model.safetensors")
    for name, value in changes.items():
        target = name.removeprefix(START)
        if target.endswith(".lora_A.weight"):
            module = target.removesuffix(".lora_A.weight")
            up = changes[f"{START}{module}.lora_B.weight"].double()
            scale = next((factor for part, factor in scales.items() if part in module), scales.get("", 2.0))
            whole = own[f"{module}.weight"].double() + scale * up @ value.double()
            lengths = changes.get(f"{START}{module}.lora_magnitude_vector")
            if lengths is not None:
                whole = whole / whole.norm(dim=1, keepdim=True) * lengths.double()[:, None]
            own[f"{module}.weight"] = whole.float()
        elif ".lora_" not in target:
            own[target] = value
    out.mkdir()
    save_file(own, out / "model.safetensors")
    for name in ("config.json", "preprocessor_config.json"):
        (out / name).write_text((base / name).read_text())
    return out


def compare(first: Any, second: Any) -> None:
    """Check that two models have the same weights."""
    expected = second.network.state_dict()
    for name, value in first.network.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("config", "scales"),
    [
        ({}, {}),
        ({"use_rslora": True}, {"": 6 / 3**0.5}),
        ({"use_dora": True}, {}),
        ({"alpha_pattern": {"k_proj": 9, "layers.1.mlp.fc2": 12}}, {"k_proj": 3.0, "1.mlp.fc2": 4.0}),
    ],
)
def test_an_adapter_is_added_by_the_formula(
    tmp_path: Path, base: Path, config: dict[str, Any], scales: dict[str, float]
) -> None:
    adapter = write(tmp_path / "adapter", base, TARGETS, {}, **config)
    expected = load_model(merge(base, adapter, tmp_path / "merged", scales), device="cpu")
    named, given, plain = load_model(adapter), load_model(base, adapter=adapter), load_model(base)
    compare(named, expected)
    compare(given, expected)
    assert named.fingerprint == given.fingerprint != plain.fingerprint
    assert "The adapter adapter is merged into model.safetensors" in named.notes[0]
    assert named.preprocess.mean == (0.5, 0.5, 0.5)


def test_an_adapter_fits_the_same_model_in_open_clips_names(tmp_path: Path, base: Path) -> None:
    adapter = write(tmp_path / "adapter", base, TARGETS, {})
    expected = load_model(merge(base, adapter, tmp_path / "merged", {}), device="cpu")
    packed = pack_model(tmp_path / "packed", str(base))
    compare(load_model(packed, adapter=adapter / "adapter_model.safetensors"), expected)
    compare(load_model(pack_model(tmp_path / "both", str(base), adapter=adapter)), expected)


def test_siglip_takes_adapters_in_both_forms(tmp_path: Path) -> None:
    base = save(siglip(), tmp_path / "siglip", SIGLIP_PIXELS)
    sentencepiece().save_pretrained(base)
    adapter = write(tmp_path / "adapter", base, TARGETS[:-1], {})
    merged = merge(base, adapter, tmp_path / "merged", {})
    sentencepiece().save_pretrained(merged)
    expected = load_model(merged, device="cpu")
    compare(load_model(adapter), expected)
    compare(load_model(pack_model(tmp_path / "packed", str(base)), adapter=adapter), expected)


def test_biases_and_whole_modules_are_replaced(tmp_path: Path, base: Path) -> None:
    own = load_file(base / "model.safetensors")
    bias, projection = f"{VISION}self_attn.k_proj.bias", "text_projection.weight"
    more = {f"{START}{name}": torch.randn_like(own[name]) for name in (bias, projection)}
    adapter = write(tmp_path / "adapter", base, TARGETS[:2], more, bias="all", modules_to_save=["text_projection"])
    expected = load_model(merge(base, adapter, tmp_path / "merged", {}), device="cpu")
    compare(load_model(adapter), expected)
    compare(load_model(pack_model(tmp_path / "packed", str(base)), adapter=adapter), expected)


def test_the_model_is_found_in_the_hubs_cache(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = write(tmp_path / "adapter", base, TARGETS, {}, base_model_name_or_path="me/clip")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    entry = describe_model(adapter)
    assert entry is not None
    assert entry.reason == "it is an adapter (LoRA), and its model, me/clip, is not on this computer"
    with pytest.raises(ModelError, match="Its model, me/clip, is not on this computer") as caught:
        load_model(adapter)
    assert caught.value.remedy is Remedy.MERGE_ADAPTER
    folder = tmp_path / "hub/models--me--clip/snapshots/abc"
    folder.mkdir(parents=True)
    for path in base.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    entry = describe_model(adapter)
    assert entry is not None
    assert (entry.reason, entry.grid) == ("", (4, 4))
    compare(load_model(adapter), load_model("me/clip", adapter=adapter))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"peft_type": "IA3"}, "the type IA3"),
        ({"init_lora_weights": "pissa_niter_4"}, "the start pissa_niter_4"),
        ({"layer_replication": [[0, 1]]}, "the option layer_replication"),
        ({"use_dora": True, "fan_in_fan_out": True}, "use_dora and fan_in_fan_out"),
    ],
)
def test_what_cannot_be_merged_is_named(tmp_path: Path, config: dict[str, Any], expected: str) -> None:
    adapter = write(tmp_path / "adapter", "me/clip", [], {"x.lora_A.weight": torch.ones(1)}, **config)
    with pytest.raises(ModelError, match=re.escape(expected)) as caught:
        load_model(adapter)
    assert "Merge it into its model first" in caught.value.hint


def test_an_adapter_of_another_model_is_refused(tmp_path: Path, base: Path) -> None:
    wrong = {f"{START}{VISION}self_attn.q_proj.lora_{one}.weight": torch.ones(5, 5) for one in "AB"}
    adapter = write(tmp_path / "adapter", base, [], wrong)
    with pytest.raises(ModelError, match="does not fit the model") as caught:
        load_model(adapter)
    assert "trained with" in caught.value.hint
    unknown = {f"{START}decoder.fc.lora_{one}.weight": torch.ones(5, 5) for one in "AB"}
    adapter = write(tmp_path / "adapter", base, [], unknown)
    with pytest.raises(ModelError, match=r"it changes decoder\.fc\.weight, which the model lacks"):
        load_model(adapter)


def test_adapters_that_name_each_other_do_not_lead_in_a_circle(tmp_path: Path, base: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, other in ((first, second), (second, first)):
        write(folder, base, TARGETS, {}, base_model_name_or_path=str(other))
    with pytest.raises(ModelError, match="is an adapter"):
        load_model(first)
    entry = describe_model(first)
    assert entry is not None
    assert entry.reason
    with pytest.raises(ModelError, match="holds no adapter"):
        load_model(base, adapter=base)


def test_a_file_added_in_the_window_is_refused_as_by_the_command(tmp_path: Path, base: Path) -> None:
    adapter = write(tmp_path / "adapter", base, TARGETS, {})
    with pytest.raises(ModelError, match="is an adapter"):
        inspect_checkpoint(adapter / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="layout of transformers") as caught:
        inspect_checkpoint(base / "model.safetensors")
    assert caught.value.hint == "Give the folder with its config.json."
