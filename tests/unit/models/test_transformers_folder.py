"""Folders of transformers: the same embeddings as transformers itself, from every form in which they are saved."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from numpy.typing import NDArray

from exclip_desktop import explain, wrap_model
from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.preprocessing import find_preprocessing
from exclip_desktop.models.loading import fit_weights, load_model, read_source
from exclip_desktop.models.scoring import encode_captions, encode_picture
from exclip_desktop.models.transform_config import derive_preprocess
from exclip_desktop.models.weights.packs import pack_model
from tests.unit.models.text_models import clips, sentencepiece, word_piece

transformers = pytest.importorskip("transformers")

SIZES = {"hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2, "num_attention_heads": 2}
CLIP_PIXELS = {
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.25, 0.25, 0.25],
    "resample": 3,
    "size": {"shortest_edge": 32},
    "crop_size": {"height": 32, "width": 32},
    "do_center_crop": True,
}
SIGLIP_PIXELS = {
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "size": {"height": 32, "width": 32},
}


def clip(act: str = "quick_gelu", eos: int = 49407) -> Any:
    """Return a small CLIP of transformers with random weights."""
    config = transformers.CLIPConfig(
        projection_dim=48,
        text_config={**SIZES, "max_position_embeddings": 20, "hidden_act": act, "eos_token_id": eos},
        vision_config={**SIZES, "image_size": 32, "patch_size": 8, "hidden_act": act},
    )
    return transformers.CLIPModel(config).eval()


def siglip(act: str = "gelu_pytorch_tanh") -> Any:
    """Return a small SigLIP of transformers with random weights."""
    config = transformers.SiglipConfig(
        text_config={
            **SIZES,
            "max_position_embeddings": 16,
            "vocab_size": 300,
            "hidden_act": act,
            "projection_size": 64,
        },
        vision_config={**SIZES, "image_size": 32, "patch_size": 8, "hidden_act": act},
    )
    return transformers.SiglipModel(config).eval()


def chinese() -> Any:
    """Return a small Chinese-CLIP of transformers with random weights."""
    sizes = {**SIZES, "num_attention_heads": 4}
    config = transformers.ChineseCLIPConfig(
        projection_dim=48,
        text_config={**sizes, "vocab_size": 70, "max_position_embeddings": 60},
        vision_config={**SIZES, "image_size": 32, "patch_size": 8},
    )
    return transformers.ChineseCLIPModel(config).eval()


def save(model: Any, folder: Path, pixels: dict[str, Any], **options: Any) -> Path:
    """Randomise all weights, also those that start as zeros, and save the model with its preprocessing."""
    torch.manual_seed(0)
    with torch.no_grad():
        for value in model.parameters():
            value.normal_(std=0.2)
    model.save_pretrained(folder, **options)
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
    return folder


def build(folder: Path) -> Any:
    """Return open_clip's network with the weights of a folder."""
    source, weights = read_source(str(folder), None, None, None)
    network, state = fit_weights(source, weights)
    network.load_state_dict(state)
    return network.eval()


def features(output: Any) -> torch.Tensor:
    """Return the embedding of transformers' answer, which recent versions wrap."""
    pooled: torch.Tensor = getattr(output, "pooler_output", output)
    return torch.nn.functional.normalize(pooled, dim=-1)


@torch.no_grad()
@pytest.mark.parametrize("act", ["quick_gelu", "gelu"])
@pytest.mark.parametrize("eos", [49407, 2])
def test_clip_has_the_embeddings_of_transformers(tmp_path: Path, act: str, eos: int) -> None:
    model = clip(act, eos)
    network = build(save(model, tmp_path, CLIP_PIXELS))
    pixels = torch.randn(2, 3, 32, 32)
    ids = torch.tensor([[49406, 320, 1929, 49407, 49407, 49407], [49406, 320, 736, 2368, 550, 49407]])
    padded = torch.nn.functional.pad(ids, (0, 14), value=49407)
    image = features(model.get_image_features(pixel_values=pixels))
    text = features(model.get_text_features(input_ids=ids, attention_mask=torch.ones_like(ids)))
    assert (network.encode_image(pixels, normalize=True) - image).abs().max() <= 1e-5
    assert (network.encode_text(padded, normalize=True) - text).abs().max() <= 1e-5


@torch.no_grad()
@pytest.mark.parametrize("act", ["gelu_pytorch_tanh", "gelu"])
def test_siglip_has_the_embeddings_of_transformers(tmp_path: Path, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = siglip(act)
    monkeypatch.setattr(
        "exclip_desktop.models.loading.check_text_files", lambda *_: None
    )  # its tokenizer is not needed
    network = build(save(model, tmp_path, SIGLIP_PIXELS))
    pixels, ids = torch.randn(2, 3, 32, 32), torch.randint(2, 300, (2, 16))
    image = features(model.get_image_features(pixel_values=pixels))
    text = features(model.get_text_features(input_ids=ids))
    assert (network.encode_image(pixels, normalize=True) - image).abs().max() <= 1e-5
    assert (network.encode_text(ids, normalize=True) - text).abs().max() <= 1e-5


def test_chinese_clip_has_the_embeddings_of_transformers(tmp_path: Path, picture: NDArray[np.uint8]) -> None:
    own = chinese()
    save(own, tmp_path, CLIP_PIXELS)
    tokenizer = word_piece()
    tokenizer.save_pretrained(tmp_path)
    model = load_model(tmp_path, device="cpu")
    caption = "a red balloon and a dog"
    ids = torch.tensor([[token.id for token in model.reader.read(caption).tokens]])
    read = tokenizer(caption, return_tensors="pt")
    assert len(ids[0]) == model.reader.context == 52
    assert ids[0, : read["input_ids"].shape[1]].tolist() == read["input_ids"][0].tolist()
    pixels = model.pixels(picture)
    with torch.no_grad():
        image = features(own.get_image_features(pixel_values=pixels[None]))[0]
        text = features(own.get_text_features(**read))[0]
    assert (encode_picture(model, picture) - image).abs().max() <= 1e-5
    assert (encode_captions(model, [caption])[0] - text).abs().max() <= 1e-5
    result = explain(model, picture, caption)
    assert abs(result.residual) < 1e-3
    own.config._name_or_path = str(tmp_path)
    again = wrap_model(own)
    assert np.array_equal(explain(again, picture, caption).matrix, result.matrix)
    packed = pack_model(tmp_path / "packed", str(tmp_path))
    assert load_model(packed, device="cpu").reader.context == 52


@pytest.mark.parametrize("form", ["safetensors", "shards", "bin", "snapshot"])
def test_every_saved_form_gives_the_same_model(tmp_path: Path, form: str) -> None:
    whole = save(clip(), tmp_path / "whole", CLIP_PIXELS)
    folder = tmp_path / "models--me--clip/snapshots/abc" if form == "snapshot" else tmp_path / form
    model = clip()
    model.load_state_dict(transformers.CLIPModel.from_pretrained(whole).state_dict())
    model.save_pretrained(folder, **({"max_shard_size": "500KB"} if form == "shards" else {}))
    if form == "bin":
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "preprocessor_config.json").write_text(json.dumps(CLIP_PIXELS))
    assert (form == "shards") == (folder / "model.safetensors.index.json").exists()
    place = tmp_path / "models--me--clip" if form == "snapshot" else folder
    loaded, expected = load_model(place, device="cpu"), load_model(whole, device="cpu")
    for name, value in expected.network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], value), name
    assert loaded.preprocess.mean == (0.5, 0.5, 0.5)
    assert loaded.notes == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (CLIP_PIXELS, ("bicubic", "shortest")),
        ({**CLIP_PIXELS, "size": 32, "crop_size": 32}, ("bicubic", "shortest")),
        (SIGLIP_PIXELS, ("bilinear", "squash")),
        ({"image_processor": SIGLIP_PIXELS}, ("bilinear", "squash")),
    ],
)
def test_preprocessing_of_every_age(tmp_path: Path, values: dict[str, Any], expected: tuple[str, str]) -> None:
    name = "processor_config.json" if "image_processor" in values else "preprocessor_config.json"
    (tmp_path / name).write_text(json.dumps(values))
    found = derive_preprocess(tmp_path)
    assert found is not None
    assert (found["interpolation"], found["resize_mode"]) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"size": {"shortest_edge": 40}}, "resizes to 40 and crops to 32"),
        ({"resample": 0}, "with the interpolation nearest"),
        ({"resample": 1}, "with the interpolation lanczos"),
        ({"do_normalize": False}, "with do_normalize set to false"),
        ({"rescale_factor": 1}, "with the rescale_factor 1"),
    ],
)
def test_preprocessing_that_is_another_is_refused(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({**CLIP_PIXELS, **changes}))
    with pytest.raises(ModelError, match=expected):
        derive_preprocess(tmp_path)


def test_an_interpolation_that_open_clip_lacks_is_refused(tmp_path: Path) -> None:
    chosen = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "nearest"}
    (tmp_path / "x.json").write_text(json.dumps(chosen))
    with pytest.raises(ModelError, match="interpolation"):
        find_preprocessing(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "siglip2"}, "Its pictures have no fixed size"),
        ({"model_type": "bert"}, 'of the family "bert", which cannot be explained'),
        ({"model_type": "clip", "text_config": {"hidden_act": "relu"}}, "its activations are quick_gelu, relu"),
        ({"model_type": "clip", "text_config": {"eos_token_id": 7}}, "its end token is 7"),
        ({"model_type": "clip", "text_config": 3}, "config.json: .text_config.: expected an object"),
        (
            {"model_type": "clip", "vision_config": {"num_attention_heads": 0}},
            "num_attention_heads.: expected .* >= 1",
        ),
    ],
)
def test_what_cannot_be_explained_says_why(tmp_path: Path, config: dict[str, Any], expected: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match=expected):
        load_model(tmp_path)


def test_a_packed_siglip_loads_in_another_program(tmp_path: Path) -> None:
    folder = save(siglip(), tmp_path / "siglip", SIGLIP_PIXELS)
    sentencepiece().save_pretrained(folder)
    packed = pack_model(tmp_path / "packed", str(folder))
    name = json.loads((packed / "open_clip_config.json").read_text())["model_cfg"]["vision_cfg"]["timm_model_name"]
    timm.models._registry._model_entrypoints.pop(name)  # as in a program that has not seen the folder
    first, second = (load_model(one, device="cpu").network.state_dict() for one in (folder, packed))
    assert all(torch.equal(value, second[weight]) for weight, value in first.items())


def test_clips_tokenizer_of_transformers_is_its_own(tmp_path: Path, picture: NDArray[np.uint8]) -> None:
    folder = save(clip(), tmp_path / "model", CLIP_PIXELS)
    tokenizer = clips(folder)
    tokenizer.save_pretrained(folder)
    network = transformers.CLIPModel.from_pretrained(folder)
    expected = explain(load_model(folder, device="cpu"), picture, "It's a naïve café &amp; 2 dogs")
    for chosen in (None, tokenizer):
        model = wrap_model(network, tokenizer=chosen)
        assert model.reader.is_clip
        actual = explain(model, picture, "It's a naïve café &amp; 2 dogs")
        assert np.array_equal(actual.matrix, expected.matrix)


@pytest.mark.parametrize("file", ["vocab.json", "tokenizer.json", "other kind"])
def test_a_clip_with_another_vocabulary_is_refused(tmp_path: Path, file: str) -> None:
    folder = save(clip(), tmp_path / "model", CLIP_PIXELS)
    tokenizer = word_piece()
    if file == "other kind":
        tokenizer.save_pretrained(folder)
    else:
        tokenizer = clips(folder)
        tokenizer.save_pretrained(folder)
        values = json.loads((folder / file).read_text())
        vocabulary = values["model"]["vocab"] if file == "tokenizer.json" else values
        vocabulary["dog</w>"], vocabulary["cat</w>"] = vocabulary["cat</w>"], vocabulary["dog</w>"]
        (folder / file).write_text(json.dumps(values))
    name = "tokenizer.json" if file == "other kind" else file
    network = transformers.CLIPModel.from_pretrained(folder)
    for attempt in (
        lambda: load_model(folder, device="cpu"),
        lambda: pack_model(tmp_path / "packed", str(folder)),
        lambda: wrap_model(network),
    ):
        with pytest.raises(ModelError, match=rf"model \({name}\) does not have CLIP's own vocabulary") as caught:
            attempt()
        assert "wrap_model" in caught.value.hint
    assert wrap_model(network, tokenizer=tokenizer).reader.is_clip == (file != "other kind")
