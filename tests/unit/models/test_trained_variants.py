"""Checkpoints of trainings with open_clip's --force-custom-text and --force-image-size, and Long-CLIP's."""

from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch

from exclip_desktop import load_model
from tests.conftest import TINY, random_network, tiny_config


def write(folder: Path, network: Any, **more: torch.Tensor) -> Path:
    """Write a checkpoint as a training program does."""
    path = folder / "epoch_1.pt"
    torch.save({"epoch": 1, "state_dict": {**network.state_dict(), **more}}, path)
    return path


def train(folder: Path, **changes: Any) -> Any:
    """Return a network of random weights."""
    torch.manual_seed(0)
    return random_network(folder, tiny_config(**changes)["model_cfg"])


@pytest.mark.parametrize("name", [TINY, None])
def test_a_text_encoder_of_its_own_fits_the_architecture(tmp_path: Path, architecture: str, name: str | None) -> None:
    network = train(tmp_path, custom_text=True)
    assert isinstance(network, open_clip.CustomTextCLIP)
    model = load_model(name, checkpoint=write(tmp_path, network), preprocess="openai", device="cpu")
    own = model.network.state_dict()
    for weight, value in network.state_dict().items():
        short = weight.removeprefix("text.")
        assert torch.equal(own[short if short in own else weight], value), weight


def test_another_picture_size_is_that_of_the_positions(tmp_path: Path, architecture: str) -> None:
    network = train(tmp_path, vision={"image_size": 48})
    model = load_model(architecture, checkpoint=write(tmp_path, network), preprocess="openai", device="cpu")
    assert model.image.input_size == (48, 48)
    assert "reads 48 × 48 pixels" in " ".join(model.notes)


def test_long_clip_reads_all_its_tokens(tmp_path: Path, architecture: str) -> None:
    network = train(tmp_path, text={"context_length": 248})
    own, trained = network.positional_embedding.detach(), torch.randn(248, 32)
    path = write(tmp_path, network, positional_embedding_res=trained)
    model = load_model(architecture, checkpoint=path, preprocess="openai", device="cpu")
    assert model.reader.context == 248
    assert len(model.reader.read("a dog " * 110).tokens) == 222
    assert torch.equal(model.network.positional_embedding, torch.cat((own[:20], trained[20:])))
