"""A model with weights that have learned nothing."""

from dataclasses import replace

import torch

from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.build import image_tower, text_tower
from exclip_desktop.models.weights.fingerprint import fingerprint_of


def fresh(model: Model, seed: int) -> Model:
    """Return the same architecture with all of its weights drawn anew, as training would start from them."""
    with torch.random.fork_rng(devices=[]):  # a person's own generator goes on as if nothing had been drawn
        torch.manual_seed(seed)
        network = model.anew()
    network = network.eval().requires_grad_(False).to(model.device, model.dtype)
    return replace(
        model,
        weights=f"random, seed {seed}",
        weights_sha256="",
        fingerprint=fingerprint_of(model.fingerprint, ["random", seed]),
        network=network,
        image=image_tower(network.visual),
        text=text_tower(network),
        references={},
    )
