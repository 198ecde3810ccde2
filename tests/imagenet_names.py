"""Collects ImageNet's class names, which are kept so that ImageNet-S's folders have captions without torch.

``python -m tests.imagenet_names`` writes them anew, from open_clip's names and timm's list of synsets, both in order.
"""

import json
from pathlib import Path
from typing import Final

import open_clip
import timm

from exclip_desktop.core.paths import resource_path

PATH: Final = resource_path("imagenet_names.json")


def collected() -> dict[str, str]:
    """Return each class's name by its synset, such as ``n01440764``."""
    synsets = (Path(timm.__file__).parent / "data" / "_info" / "imagenet_synsets.txt").read_text("utf-8").split()
    return dict(zip(synsets, open_clip.IMAGENET_CLASSNAMES, strict=True))


if __name__ == "__main__":
    PATH.write_text(json.dumps(collected(), indent=0, ensure_ascii=False) + "\n", "utf-8")
