"""Mutations of every document of a model: it is read, or refused by a ``ModelError`` of one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import open_clip
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.preprocessing import find_preprocessing
from exclip_desktop.models.config_document import check_model_config, read_folder_config, read_folder_preprocess
from exclip_desktop.models.families import find_obstacle
from exclip_desktop.models.loading import _read_card
from exclip_desktop.models.transform_config import derive_preprocess
from exclip_desktop.models.transformers_documents import read_pair_config, select_encoder_entries
from exclip_desktop.models.transformers_folder import derive_config
from exclip_desktop.models.weights.adapters import read_adapter
from exclip_desktop.models.weights.fit import is_surely_small
from exclip_desktop.models.weights.read import list_files
from tests.conftest import tiny_config
from tests.unit.models.test_transformers_folder import CLIP_PIXELS, SIZES
from tests.unit.models.text_models import ENCODERS

SIDE: Final = {**SIZES, "max_position_embeddings": 20, "hidden_act": "gelu", "eos_token_id": 49407}
PAIR: Final = {
    "model_type": "clip",
    "projection_dim": 48,
    "text_config": SIDE,
    "vision_config": {**SIDE, "image_size": 32, "patch_size": 8},
}
ADAPTER: Final = {"peft_type": "LORA", "r": 8, "lora_alpha": 4, "alpha_pattern": {"q_proj": 2}, "use_dora": False}


def _read_config(folder: Path) -> None:
    is_surely_small(read_folder_config(folder))
    read_folder_preprocess(folder)
    find_obstacle(f"local-dir:{folder}")


def _read_encoder(folder: Path) -> None:
    select_encoder_entries(read_pair_config(folder / "config.json"), folder / "config.json")


READERS: Final[dict[str, tuple[str, Any, Callable[[Path], Any]]]] = {
    "config": ("open_clip_config.json", tiny_config(), _read_config),
    "card": ("exclip.json", {"image_layer": 2, "text_layer": "pool"}, _read_card),
    "preprocessing": (
        "pixels.json",
        tiny_config()["preprocess_cfg"],
        lambda folder: find_preprocessing(folder / "pixels.json"),
    ),
    "CLIP of transformers": ("config.json", PAIR, derive_config),
    "SigLIP of transformers": ("config.json", PAIR | {"model_type": "siglip"}, derive_config),
    "Chinese-CLIP of transformers": ("config.json", PAIR | {"model_type": "chinese_clip"}, derive_config),
    "image processor": ("preprocessor_config.json", CLIP_PIXELS, derive_preprocess),
    "text encoder": ("config.json", ENCODERS["mt5"], _read_encoder),
    "adapter": ("adapter_config.json", ADAPTER, read_adapter),
    "index": (
        "model.safetensors.index.json",
        {"metadata": {}, "weight_map": {"a": "a.safetensors"}},
        lambda folder: list_files(folder / "model.safetensors.index.json"),
    ),
}
NUMBERS: Final = st.sampled_from(
    (0, -1, 1, 3, 10**6, 2**31, 2**63, 2**64, 10**400, 0.5, -0.0, 1e-320, 1e308, float("inf"))
)
VALUES: Final = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, held in inner for place in _places(held, (*path, key)))]


def _replace(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copied = value.copy()
    copied[place[0]] = _replace(value[place[0]], place[1:], new)
    return copied


@st.composite
def mutations(draw: st.DrawFn, document: Any) -> Any:
    """Draw a document with one to three of its values replaced."""
    for _ in range(draw(st.integers(1, 3))):
        document = _replace(document, draw(st.sampled_from(_places(document))), draw(VALUES))
    return document


@pytest.mark.parametrize("count", [30, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", READERS)
def test_a_mutated_document_is_read_or_refused_by_name(kind: str, count: int, tmp_path: Path) -> None:
    name, document, read = READERS[kind]
    (tmp_path / "adapter_model.bin").touch()

    @settings(max_examples=count, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(mutations(document))
    def check(mutated: Any) -> None:
        (tmp_path / name).write_text(json.dumps(mutated), "utf-8")
        message = "Read."
        try:
            read(tmp_path)
        except ModelError as error:
            message = error.message
        assert len(message) < 3_000
        assert message.endswith(".")

    check()


def test_every_config_of_open_clip_is_understood() -> None:
    for name in open_clip.list_models():
        check_model_config(open_clip.get_model_config(name), name)


def test_what_belongs_to_training_is_left_alone(tmp_path: Path) -> None:
    config = tiny_config()
    config["train"] = {"lr": 1e-3}
    config["preprocess_cfg"] |= {"re_prob": 0.1, "color_jitter": [0.4, 0.4]}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    assert read_folder_config(tmp_path) == config["model_cfg"]
    (tmp_path / "config.json").write_text(json.dumps(PAIR | {"torch_dtype": "float16", "unknown": [1, {"a": None}]}))
    assert derive_config(tmp_path)["embed_dim"] == 48
