"""Networks in memory: the numbers of the same weights on disk, and a network that stays as it was."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import nn

from exclip_desktop import explain, load_model, open_cache, wrap_model
from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.loading import fit_weights, randomise_weights, read_source
from exclip_desktop.models.model import Model
from tests.conftest import CAPTION, random_network, save_random_model, tiny_config
from tests.unit.models.test_transformers_folder import CLIP_PIXELS, SIGLIP_PIXELS, clip, save, siglip
from tests.unit.models.text_models import sentencepiece, word_piece

Picture = NDArray[np.uint8]
PREPROCESS = {"mean": [0.4, 0.5, 0.6], "std": [0.3, 0.25, 0.2], "interpolation": "bilinear", "resize_mode": "shortest"}
CONFIGS: dict[str, dict[str, Any]] = {
    "CLIP": {},
    "CustomTextCLIP": {"custom_text": True, "text": {"no_causal_mask": True, "pool_type": "last"}},
    "CoCa": {
        "custom_text": True,
        "vision": {"attentional_pool": True, "attn_pooler_heads": 2},
        "text": {"embed_cls": True, "output_tokens": True},
        "multimodal_cfg": {"context_length": 16, "vocab_size": 49408, "width": 24, "heads": 2, "layers": 1},
    },
    "ResNet": {"vision": {"layers": [1, 1, 1, 1], "width": 8, "image_size": 64, "patch_size": None}},
}


def build(folder: Path) -> Any:
    """Return open_clip's network of a folder, as a person has it after ``open_clip.create_model``."""
    source, weights = read_source(str(folder), None, None, None)
    network, state = fit_weights(source, weights)
    network.load_state_dict(state)
    return network


class ClipNetwork(nn.Module):
    """A network with the parts and names of OpenAI's package."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.visual, self.transformer, self.token_embedding = inner.visual, inner.transformer, inner.token_embedding
        self.ln_final, self.positional_embedding = inner.ln_final, inner.positional_embedding
        self.text_projection, self.logit_scale = inner.text_projection, inner.logit_scale


def clip_folder(folder: Path, **changes: Any) -> Path:
    """Write a folder whose sizes are possible in OpenAI's package, whose heads are 64 wide."""
    vision = {"width": 64, "head_width": 64, **changes.pop("vision", {})}
    text = {"width": 64, "heads": 1, **changes.pop("text", {})}
    return save_random_model(folder, tiny_config(vision=vision, text=text, **changes))


@pytest.mark.parametrize("kind", CONFIGS)
def test_open_clips_networks_have_the_numbers_of_their_folder(tmp_path: Path, kind: str, picture: Picture) -> None:
    folder = save_random_model(tmp_path, tiny_config(**deepcopy(CONFIGS[kind])))
    expected, actual = load_model(folder, device="cpu"), wrap_model(build(folder))
    first, second = explain(expected, picture, CAPTION), explain(actual, picture, CAPTION)
    assert np.array_equal(first.matrix, second.matrix)
    assert (first.score, first.ledger) == (second.score, second.ledger)
    assert [token.id for token in first.caption.tokens] == [token.id for token in second.caption.tokens]


@pytest.mark.parametrize("kind", ["ViT", "ResNet"])
@pytest.mark.parametrize("act", [True, False])
def test_clips_networks_have_the_numbers_of_their_folder(
    tmp_path: Path, kind: str, act: bool, picture: Picture
) -> None:
    vision = {"layers": [1, 1, 1, 1], "width": 64, "image_size": 64, "patch_size": None} if kind == "ResNet" else {}
    folder = clip_folder(tmp_path, vision=vision, quick_gelu=act)
    network = ClipNetwork(build(folder))
    first = explain(load_model(folder, device="cpu"), picture, CAPTION)
    second = explain(wrap_model(network, preprocess=PREPROCESS), picture, CAPTION)
    assert np.array_equal(first.matrix, second.matrix)
    assert wrap_model(network).preprocess.mean == pytest.approx((0.4815, 0.4578, 0.4082), abs=1e-4)


def test_half_precision_is_copied_in_single_precision(tmp_path: Path, picture: Picture) -> None:
    folder = clip_folder(tmp_path)
    network = build(folder).half()
    rounded = deepcopy(network).float()
    for held in (network, ClipNetwork(network)):
        first = explain(wrap_model(rounded), picture, CAPTION)
        second = explain(wrap_model(held, preprocess=PREPROCESS), picture, CAPTION)
        assert np.array_equal(first.matrix, second.matrix)
    assert {value.dtype for value in network.parameters()} == {torch.float16}


def test_long_clips_positions_are_merged(tmp_path: Path) -> None:
    network = ClipNetwork(
        random_network(
            tmp_path,
            tiny_config(text={"width": 64, "heads": 1, "context_length": 248}, vision={"width": 64, "head_width": 64})[
                "model_cfg"
            ],
        )
    )
    network.positional_embedding_res = nn.Parameter(torch.randn_like(network.positional_embedding))
    model = wrap_model(network)
    assert model.reader.context == 248
    own, trained = network.positional_embedding, network.positional_embedding_res
    assert torch.equal(model.network.positional_embedding, torch.cat((own[:20], trained[20:])))


@pytest.mark.parametrize("form", ["processor", "dictionary", "folder"])
def test_transformers_clip_has_the_numbers_of_its_folder(tmp_path: Path, form: str, picture: Picture) -> None:
    transformers = pytest.importorskip("transformers")
    folder = save(clip(), tmp_path, CLIP_PIXELS)
    network = transformers.CLIPModel.from_pretrained(folder)
    processor = {
        "processor": transformers.CLIPImageProcessor(**CLIP_PIXELS),
        "dictionary": dict(CLIP_PIXELS),
        "folder": None,
    }[form]
    first = explain(load_model(folder, device="cpu"), picture, CAPTION)
    second = explain(wrap_model(network, preprocess=processor), picture, CAPTION)
    assert np.array_equal(first.matrix, second.matrix)


@pytest.mark.parametrize("given", [True, False])
def test_transformers_siglip_has_the_numbers_of_its_folder(tmp_path: Path, given: bool, picture: Picture) -> None:
    transformers = pytest.importorskip("transformers")
    folder = save(siglip(), tmp_path, SIGLIP_PIXELS)
    sentencepiece().save_pretrained(folder)
    network = transformers.SiglipModel.from_pretrained(folder)
    chosen = {"tokenizer": sentencepiece(), "preprocess": dict(SIGLIP_PIXELS)} if given else {}
    first = explain(load_model(folder, device="cpu"), picture, CAPTION)
    second = explain(wrap_model(network, **chosen), picture, CAPTION)
    assert np.array_equal(first.matrix, second.matrix)


def test_a_processor_brings_both(tmp_path: Path) -> None:
    pictures = SimpleNamespace(image_mean=[0.5] * 3, to_dict=lambda: dict(CLIP_PIXELS))
    processor = SimpleNamespace(image_processor=pictures, tokenizer=word_piece())
    model = wrap_model(clip(), preprocess=processor)
    assert model.preprocess.mean == (0.5, 0.5, 0.5)
    assert not model.reader.is_clip


def network_state(network: nn.Module) -> dict[str, Any]:
    """Return everything that a person can observe of a network and of torch's random generator."""
    return {
        "weights": {name: value.clone() for name, value in network.state_dict().items()},
        "places": {name: value.data_ptr() for name, value in network.named_parameters()},
        "gradients": {name: value.requires_grad for name, value in network.named_parameters()},
        "modes": {name: module.training for name, module in network.named_modules()},
        "hooks": {name: list(module._forward_hooks) for name, module in network.named_modules()},
        "random": torch.get_rng_state(),
    }


def networks(tmp_path: Path) -> dict[str, Callable[[], Any]]:
    """Return a function that makes a network of each library, with its preprocessing known or not."""
    return {
        "open_clip": lambda: build(save_random_model(tmp_path, tiny_config())),
        "clip": lambda: ClipNetwork(build(clip_folder(tmp_path))),
        "transformers": clip,
    }


@pytest.mark.parametrize("library", ["open_clip", "clip", "transformers"])
def test_the_network_stays_as_it_was_and_can_be_trained(tmp_path: Path, library: str, picture: Picture) -> None:
    network = networks(tmp_path)[library]().train()
    next(network.parameters()).requires_grad_(False)
    calls: list[str] = []
    for name, module in network.named_modules():
        module.register_forward_hook(lambda *_, name=name: calls.append(name))
        module.register_full_backward_hook(lambda *_, name=name: calls.append(name))
    twin = deepcopy(network)
    before = network_state(network)
    model = wrap_model(network, preprocess=PREPROCESS)
    explain(model, picture, CAPTION)
    after = network_state(network)
    for name in before["weights"]:
        assert torch.equal(after["weights"].pop(name), before["weights"][name])
    assert torch.equal(after.pop("random"), before.pop("random"))
    assert {**after, "weights": 0} == {**before, "weights": 0}
    assert calls == []
    for one in (network, twin):
        trained = [value for value in one.parameters() if value.requires_grad]
        loss = sum((value**2).sum() for value in trained)
        torch.optim.SGD(trained, 0.1).zero_grad()
        loss.backward()
        torch.optim.SGD(trained, 0.1).step()
    for first, second in zip(network.parameters(), twin.parameters(), strict=True):
        assert torch.equal(first, second)
    assert not torch.equal(next(reversed(list(model.network.parameters()))), next(reversed(list(network.parameters()))))


def test_a_trained_network_has_another_fingerprint_and_no_old_factors(tmp_path: Path, picture: Picture) -> None:
    network = build(save_random_model(tmp_path / "model", tiny_config()))
    cache = open_cache(tmp_path / "cache")
    before = wrap_model(network)
    first = explain(before, picture, CAPTION, cache=cache)
    assert wrap_model(network).fingerprint == before.fingerprint
    with torch.no_grad():
        network.visual.proj.mul_(-1)
    again, after = explain(before, picture, CAPTION, cache=cache), wrap_model(network)
    assert after.fingerprint != before.fingerprint
    assert np.array_equal(first.matrix, again.matrix)
    assert explain(after, picture, CAPTION, cache=cache).score == pytest.approx(-first.score, abs=1e-6)


@pytest.mark.parametrize("change", ["act", "eps", "heads", "preprocess", "tokenizer"])
def test_what_weights_do_not_show_is_in_the_fingerprint(tmp_path: Path, change: str) -> None:
    network = build(save_random_model(tmp_path, tiny_config()))
    before, chosen = wrap_model(network).fingerprint, {}
    if change == "act":
        for block in network.visual.transformer.resblocks:
            block.mlp.gelu = open_clip.transformer.QuickGELU()
    elif change == "eps":
        network.ln_final.eps = 1e-3
    elif change == "heads":
        network.transformer.resblocks[0].attn.num_heads = 4
    elif change == "preprocess":
        chosen = {"preprocess": "openai"}
    else:
        chosen = {"tokenizer": open_clip.SimpleTokenizer(context_length=12)}
    assert wrap_model(network, **chosen).fingerprint != before


@pytest.mark.parametrize("wrapper", ["DataParallel", "compile"])
def test_wrappers_of_torch_are_removed(tmp_path: Path, wrapper: str) -> None:
    network = build(save_random_model(tmp_path, tiny_config()))
    outer = nn.DataParallel(network) if wrapper == "DataParallel" else torch.compile(network)
    assert wrap_model(outer).fingerprint == wrap_model(network).fingerprint


def test_random_weights_differ_by_their_seed_and_leave_the_model_alone(tmp_path: Path) -> None:
    model = wrap_model(build(save_random_model(tmp_path, tiny_config())))
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    first, same, other = (randomise_weights(model, seed) for seed in (1, 1, 2))
    weight = "visual.transformer.resblocks.0.attn.in_proj_weight"
    states = [one.network.state_dict()[weight] for one in (first, same, other)]
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])
    assert not torch.equal(first.network.visual.class_embedding, model.network.visual.class_embedding)
    assert all(torch.equal(value, before[name]) for name, value in model.network.state_dict().items())


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_a_transform_of_open_clip_is_read(tmp_path: Path, mode: str, interpolation: str, picture: Picture) -> None:
    values = {"mean": (0.1, 0.2, 0.3), "std": (0.4, 0.5, 0.6), "resize_mode": mode, "interpolation": interpolation}
    transform = image_transform_v2(PreprocessCfg(size=32, **values), is_train=False)
    network = random_network(tmp_path, tiny_config()["model_cfg"])

    actual = wrap_model(network, preprocess=transform).pixels(picture)
    assert torch.equal(actual, transform(Image.fromarray(picture)))


def refuse(match: str, hint: str, network: object, **chosen: object) -> None:
    """Check that a network is refused with a message and a hint."""
    with pytest.raises(ModelError, match=match) as caught:
        wrap_model(network, **chosen)
    assert hint in caught.value.hint


def test_what_is_not_known_is_refused_with_what_to_pass(tmp_path: Path) -> None:
    config = tiny_config()["model_cfg"]
    network = random_network(tmp_path, config)
    training = image_transform_v2(PreprocessCfg(size=32), is_train=True)
    other_size = image_transform_v2(PreprocessCfg(size=224), is_train=False)
    refuse("does not say how pictures are preprocessed", "open_clip's transform for evaluation", network)
    refuse("does not tell how it preprocesses", "a dictionary or JSON file", network, preprocess=lambda image: image)
    refuse("RandomResizedCrop, of a training", "for evaluation", network, preprocess=training)
    refuse("makes pictures of 224 × 224 pixels, and the model reads 32 × 32", "", network, preprocess=other_size)
    refuse("no preprocessing", "", network, preprocess={"mean": [0.5]})
    refuse("is no tokenizer", "get_tokenizer", network, preprocess="openai", tokenizer=lambda text: text)
    long = open_clip.SimpleTokenizer(context_length=77)
    refuse("makes 77 tokens, and the network reads 16", "", network, preprocess="openai", tokenizer=long)
    refuse("is no network", "CLIPModel", "ViT-B-32")
    refuse("type Linear cannot be explained", "CLIPModel", nn.Linear(2, 2))
    refuse("cannot be explained", "Pass its part: network.clip", nn.ModuleDict({"clip": network}))
    with torch.device("meta"):
        refuse("shapes only", "Load its weights", random_network(tmp_path, config))
    small = random_network(tmp_path, tiny_config(text={"vocab_size": 100})["model_cfg"])
    refuse("reads 100 token ids, which are not CLIP's", "AutoTokenizer", small, preprocess="openai")


def test_functions_with_the_ids_of_clip_are_its_tokenizer(tmp_path: Path) -> None:
    network = random_network(tmp_path, tiny_config(text={"context_length": 77})["model_cfg"])
    model: Model = wrap_model(network, preprocess="openai", tokenizer=open_clip.tokenize)
    assert model.reader.is_clip
    assert model.reader.context == 77


def test_readme_example(tmp_path: Path, picture: Picture) -> None:
    network = build(save_random_model(tmp_path, tiny_config()))
    preprocess = image_transform_v2(PreprocessCfg(size=32), is_train=False)
    model = wrap_model(network, preprocess=preprocess, tokenizer=open_clip.SimpleTokenizer(context_length=16))
    assert json.dumps(explain(model, picture, "a dog").score)
