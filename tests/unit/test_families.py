"""Every architecture that open_clip names is classified by its config alone: explained, or refused with its reason."""

import re
from pathlib import Path
from typing import Any

import open_clip
import pytest
from open_clip.timm_model import TimmModel

from exclip_desktop.models import families
from exclip_desktop.models.families import why_not_image
from exclip_desktop.models.loading import why_not

README = Path(__file__).parents[2] / "README.md"
REFUSED = {
    # The pictures that open_clip prepares for it are not of the size that it takes; open_clip itself fails.
    "ViTamin-XL-384": "its config gives pictures of 256 × 256 pixels to an image encoder that takes 384 × 384"
}


def test_every_architecture_of_open_clip_is_classified() -> None:
    # Its own, without those that other tests let it know.
    names = [path.stem for path in (Path(open_clip.__file__).parent / "model_configs").glob("*.json")]
    reasons = {name: why_not_image(open_clip.get_model_config(name)) or why_not(name) for name in names}
    assert {name: reason for name, reason in reasons.items() if reason} == REFUSED
    told = f"{len(names) - len(REFUSED)} of its {len(names)} architectures"
    assert told in " ".join(README.read_text("utf-8").split())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"timm_model_name": "resnet18", "timm_pool": "avg"}, r"its image encoder \(ResNet\) is of a family that"),
        ({"timm_model_name": "of_no_one"}, r"cannot build its image encoder \(Unknown model \(of_no_one\)\)"),
        ({"timm_model_name": "test_vit", "timm_pool": "heap"}, "cannot build its image encoder"),
        ({"no_such_setting": 1}, "cannot build its image encoder"),
    ],
)
def test_reasons_are_told(changes: dict[str, Any], reason: str) -> None:
    config = {"embed_dim": 8, "vision_cfg": {"image_size": 224, **changes}}
    assert re.search(reason, why_not_image(config))


def test_nothing_is_downloaded_and_the_config_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    built = TimmModel.__init__

    def watched(self: TimmModel, *args: Any, pretrained: bool, **kwargs: Any) -> None:
        asked.append(pretrained)
        built(self, *args, pretrained=pretrained, **kwargs)

    monkeypatch.setattr(TimmModel, "__init__", watched)
    families._why_not.cache_clear()
    config = {"embed_dim": 8, "vision_cfg": {"timm_model_name": "test_vit", "timm_model_pretrained": True}}
    config["vision_cfg"] |= {"image_size": 160, "timm_pool": "token"}
    before = repr(config)
    assert why_not_image(config) == why_not_image(config) == ""
    assert (asked, repr(config)) == ([False], before)
