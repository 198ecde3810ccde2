"""Every architecture of open_clip is classified by its config alone: supported, or refused with a reason."""

import re
from pathlib import Path
from typing import Any

import open_clip
import pytest
from open_clip.timm_model import TimmModel

from exclip_desktop.models import families
from exclip_desktop.models.families import find_built_obstacle, find_obstacle

ROOT = Path(__file__).parents[3]
TEXTS = (ROOT / "README.md", ROOT / "resources/manual/models.md")
REFUSED = {
    # open_clip itself fails: its preprocessing has another picture size than the encoder.
    "ViTamin-XL-384": "its pictures are 256 × 256 by its config, and its image encoder takes 384 × 384"
}


ONE_OF_EACH = (
    "ViT-B-32",
    "RN50",
    "coca_ViT-B-32",
    "ViT-B-16-SigLIP",
    "MobileCLIP-B",
    "ViTamin-S",
    "ViTamin-XL-384",
    "EVA02-B-16",
    "PE-Core-T-16-384",
    "convnext_tiny",
    "MobileCLIP2-S0",
    "vit_medium_patch16_gap_256",
    "vit_relpos_medium_patch16_cls_224",
    "swin_base_patch4_window7_224",
)


def _names() -> list[str]:
    """Return open_clip's own names, without those that other tests register."""
    return [path.stem for path in (Path(open_clip.__file__).parent / "model_configs").glob("*.json")]


def test_every_architecture_of_open_clip_is_classified() -> None:
    families._built_obstacle.cache_clear()
    names = _names()
    reasons = {name: find_obstacle(name) for name in names}
    assert families._built_obstacle.cache_info().misses == 0  # decided by name, since lists of models need all of them
    assert {name: reason for name, reason in reasons.items() if reason} == REFUSED
    for text in TEXTS:
        assert f"{len(names) - len(REFUSED)} of its {len(names)} architectures" in " ".join(
            text.read_text("utf-8").split()
        )


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_building_an_encoder_has_the_same_result(name: str) -> None:
    assert find_built_obstacle(open_clip.get_model_config(name)) == REFUSED.get(name, "")


@pytest.mark.slow
def test_building_every_encoder_has_the_same_result() -> None:
    for name in _names():
        assert find_built_obstacle(open_clip.get_model_config(name)) == REFUSED.get(name, ""), name


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"timm_model_name": "resnet18", "timm_pool": "avg"}, r"its image encoder \(ResNet\) is of a family that"),
        ({"timm_model_name": "of_no_one"}, r"cannot build its image encoder \(Unknown model \(of_no_one\)\)"),
        ({"timm_model_name": "test_vit", "timm_pool": "heap"}, "cannot build its image encoder"),
        ({"no_such_setting": 1}, "cannot build its image encoder"),
    ],
)
def test_reasons_are_reported(changes: dict[str, Any], reason: str) -> None:
    config = {"embed_dim": 8, "vision_cfg": {"image_size": 160, "timm_model_name": "test_vit", **changes}}
    assert re.search(reason, find_built_obstacle(config))


def test_nothing_is_downloaded_and_the_config_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[bool] = []
    built = TimmModel.__init__

    def watched(self: TimmModel, *args: Any, pretrained: bool, **kwargs: Any) -> None:
        requests.append(pretrained)
        built(self, *args, pretrained=pretrained, **kwargs)

    monkeypatch.setattr(TimmModel, "__init__", watched)
    families._built_obstacle.cache_clear()
    config = {"embed_dim": 8, "vision_cfg": {"timm_model_name": "test_vit", "timm_model_pretrained": True}}
    config["vision_cfg"] |= {"image_size": 160, "timm_pool": "token"}
    before = repr(config)
    assert find_built_obstacle(config) == find_built_obstacle(config) == ""
    assert (requests, repr(config)) == ([False], before)
