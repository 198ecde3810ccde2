"""Models of transformers in the hub's cache are listed, those that cannot be explained with the reason."""

import json
from pathlib import Path

import pytest
from huggingface_hub import constants

from exclip_desktop.models import catalogue
from exclip_desktop.models.catalogue import describe_model, list_local_models
from exclip_desktop.models.loading import load_model
from exclip_desktop.session.library.librarian import ModelLibrarian
from tests.unit.models.test_transformers_folder import CLIP_PIXELS, SIGLIP_PIXELS, clip, save, siglip

COMMIT = "0" * 40


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(catalogue, "list_tagged_models", list)
    return tmp_path


def snapshot(hub: Path, name: str) -> Path:
    """Return the folder of a snapshot of a repository, which the cache has as its current one."""
    root = hub / f"models--{name.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(COMMIT)
    return root / "snapshots" / COMMIT


def write_config(folder: Path, family: str) -> None:
    """Write a folder with nothing but its family."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": family}))
    (folder / "model.safetensors").write_bytes(b"1234")


def test_snapshots_of_transformers_are_listed_and_load(hub: Path) -> None:
    save(clip(), snapshot(hub, "me/clip"), CLIP_PIXELS, max_shard_size="500KB")
    save(siglip(), snapshot(hub, "me/siglip"), SIGLIP_PIXELS)
    found = {one.name: one for one in ModelLibrarian().list_models(()) if one.place == "cache"}
    assert [found[name].is_usable for name in ("me/clip", "me/siglip")] == [True, True]
    row = found["me/clip"]
    assert (row.family, row.grid, row.context, row.reason) == ("ViT", (4, 4), 20, "")
    assert row.bytes > 13_000_000
    assert load_model(row.choice.name, device="cpu").name == row.choice.name


@pytest.mark.parametrize("family", ["siglip2", "align", "blip"])
def test_related_families_are_listed_with_the_reason(hub: Path, family: str) -> None:
    write_config(snapshot(hub, "me/other"), family)
    (entry,) = [one for one in list_local_models() if one.place == "cache"]
    assert entry.reason == f'its family of transformers is "{family}"'


def test_models_of_another_kind_are_listed_only_where_they_are_added(hub: Path) -> None:
    folder = snapshot(hub, "me/words")
    write_config(folder, "bert")
    assert [one for one in list_local_models() if one.place == "cache"] == []
    added = describe_model(folder)
    assert added is not None
    assert added.reason == 'its family of transformers is "bert"'


def test_a_missing_shard_and_a_broken_config_are_reasons(hub: Path) -> None:
    first = save(clip(), snapshot(hub, "me/parts"), CLIP_PIXELS, max_shard_size="500KB")
    sorted(first.glob("model-*"))[0].unlink()
    second = snapshot(hub, "me/broken")
    write_config(second, "clip")
    (second / "config.json").write_text('{"model_type": "clip", "text_config": 3}')
    reasons = {Path(one.name).parts[-3]: one.reason for one in list_local_models() if one.place == "cache"}
    assert "a part of the weights, is missing" in reasons["models--me--parts"]
    assert reasons["models--me--broken"].startswith('config.json: "text_config": expected an object')
