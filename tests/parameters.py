"""Counts the parameters of open_clip's architectures, which are kept so that a tag's size is told without a network.

``python -m tests.parameters`` writes them anew; a slow test holds them equal to open_clip's.
"""

import json
from typing import Final

import open_clip

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.paths import resource_path
from exclip_desktop.models.weights.fit import build_network

PATH: Final = resource_path("open_clip_parameters.json")


def counted() -> dict[str, int]:
    """Return how many numbers each architecture's weights hold; those that need files of others' are left out."""
    found = {}
    for name in open_clip.list_models():
        try:
            network = build_network(name, open_clip.get_model_config(name), "meta")
        except ModelError:
            continue
        found[name] = sum(value.numel() for value in network.state_dict().values())
    return found


if __name__ == "__main__":
    PATH.write_text(json.dumps(counted(), indent=1) + "\n", "utf-8")
