"""Real architectures with random weights, saved to a file and loaded by the real loading code."""

from pathlib import Path

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from exclip_desktop.models.loading import load_model
from exclip_desktop.models.model import Model

CAPTION = "a dog and a red balloon in the snow"


def random_model(architecture: str, folder: Path) -> Model:
    """Return the architecture with seeded random weights, on the CPU."""
    torch.manual_seed(0)
    config = open_clip.get_model_config(architecture)
    save_file(open_clip.CLIP(**config).state_dict(), folder / "weights.safetensors")
    return load_model(architecture, checkpoint=folder / "weights.safetensors", preprocess="openai", device="cpu")


def some_picture() -> NDArray[np.uint8]:
    """Return a noisy picture, 400 wide and 300 high."""
    return np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
