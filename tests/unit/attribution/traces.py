"""State that an explanation could leave behind, and a model in double precision."""

from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from exclip_desktop.models.model import Model
from exclip_desktop.models.towers.build import image_tower, text_tower


def traces(model: Model) -> tuple[Any, ...]:
    """Return the flags and hooks that an explanation must find and leave alike."""
    modules = list(model.network.modules())
    return (
        torch.backends.mha.get_fastpath_enabled(),
        torch.is_grad_enabled(),
        torch.backends.cuda.flash_sdp_enabled(),
        torch.backends.cuda.mem_efficient_sdp_enabled(),
        sum(len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in modules),
        any(p.requires_grad for p in model.network.parameters()),
        any(p.grad is not None for p in model.network.parameters()),
        model.network.training,
    )


@lru_cache(maxsize=64)
def _doubled(network: nn.Module) -> nn.Module:
    return deepcopy(network).double()


def in_float64(single: Model) -> Model:
    """Return the model with its weights in double precision; one network's are shared by all who ask."""
    network = _doubled(single.network)
    return replace(single, network=network, image=image_tower(network.visual), text=text_tower(network), references={})
