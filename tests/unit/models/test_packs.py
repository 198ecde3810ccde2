"""Models are packed into a folder and unpacked; local models are listed and removed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import constants
from numpy.typing import NDArray
from safetensors.torch import load_file

from exclip_desktop.core.errors import Cancelled, ModelError, OutputError
from exclip_desktop.core.progress import CancelToken, Report
from exclip_desktop.core.text.number_format import format_bytes
from exclip_desktop.models import catalogue
from exclip_desktop.models.catalogue import list_local_models, list_tagged_models, remove_model
from exclip_desktop.models.loading import load_model
from exclip_desktop.models.scoring import score_captions
from exclip_desktop.models.weights.find import Source
from exclip_desktop.models.weights.packs import _copy_small_files, pack_model, unpack_model
from tests.conftest import CAPTION, TINY, save_random_model, tiny_config
from tests.parameters import PATH, counted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save_random_model(tmp_path_factory.mktemp("model"), tiny_config())
    (folder / "exclip.json").write_text('{"image_layer": 1}')
    return folder


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary data folder and temporary caches."""
    monkeypatch.setattr(catalogue, "user_data_path", lambda *_, **__: tmp_path / "data")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "data" / "models"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# Packing and unpacking


def test_a_packed_folder_loads_as_the_same_model(folder: Path, tmp_path: Path) -> None:
    out = pack_model(tmp_path / "out" / "packed", str(folder))
    assert names(out) == {"open_clip_config.json", "open_clip_model.safetensors", "exclip.json", "SHA256SUMS"}
    own, packed = load_model(str(folder)), load_model(str(out))
    assert (packed.fingerprint, packed.card) == (own.fingerprint, own.card)


def test_a_packed_checkpoint_has_its_preprocessing(
    architecture: str, folder: Path, tmp_path: Path, picture: NDArray[np.uint8]
) -> None:
    state = load_file(folder / "open_clip_model.safetensors")
    torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, tmp_path / "w.pt")
    source: dict[str, Any] = {"checkpoint": tmp_path / "w.pt", "preprocess": "inception"}
    with pytest.raises(ModelError, match="does not say how pictures are preprocessed"):
        pack_model(tmp_path / "packed", architecture, checkpoint=tmp_path / "w.pt")
    out = pack_model(tmp_path / "packed", None, **source)
    own, packed = load_model(architecture, **source), load_model(str(out))
    scores = [score_captions(model, picture, [CAPTION, "a cat"]).cosine for model in (own, packed)]
    np.testing.assert_array_equal(*scores)
    again = pack_model(tmp_path / "again", str(out))
    assert load_model(str(again)).fingerprint == packed.fingerprint


def test_quickgelu_is_packed_with_the_weights_that_need_it(
    architecture: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"url": "https://example.org/tiny.pt", "mean": (0, 0, 0), "std": (1, 1, 1), "quick_gelu": True}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"tagged": entry})
    cache = tmp_path / "home" / ".cache" / "clip"
    cache.mkdir(parents=True)
    torch.save(load_file(folder / "open_clip_model.safetensors"), cache / "tiny.pt")
    out = pack_model(tmp_path / "packed", architecture, pretrained="tagged")
    gelu = load_model(str(out)).network.transformer.resblocks[0].mlp.gelu
    assert isinstance(gelu, open_clip.transformer.QuickGELU)


def test_a_tokenizer_is_packed_from_the_folder_or_from_the_cache(folder: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "hub" / "models--nobody--words" / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("0123")
    (snapshot / "tokenizer.json").write_text("cached")
    (snapshot / "vocab.txt").write_text("cached")
    local = tmp_path / "beside"
    local.mkdir()
    (local / "vocab.txt").write_text("beside")
    out = tmp_path / "out"
    out.mkdir()
    source = Source("x", "local-dir:x", local / "w.safetensors", local)
    _copy_small_files(source, {"hf_tokenizer_name": "nobody/words"}, out)
    assert {path.name: path.read_text() for path in out.iterdir()} == {
        "tokenizer.json": "cached",
        "vocab.txt": "beside",
    }


def test_an_unpacked_model_is_found_by_its_name(folder: Path, tmp_path: Path, data: Path) -> None:
    out = pack_model(tmp_path / "my clip", str(folder))
    reports: list[Report] = []
    assert unpack_model(out, progress=reports.append) == "my clip"
    assert [report.done for report in reports] == [0, 1, 2]
    assert names(data) == {"my clip"}
    assert load_model("my clip").fingerprint == load_model(str(folder)).fingerprint
    assert unpack_model(str(out)) == "my clip", "the same model again is no trouble"
    assert ("my clip", "installed") in [(entry.name, entry.place) for entry in list_local_models()]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder: (folder / "SHA256SUMS").unlink(), "is not a packed model"),
        (lambda folder: (folder / "SHA256SUMS").write_text("hello"), "is not a packed model"),
        (lambda folder: (folder / "SHA256SUMS").write_text(""), "is incomplete: open_clip_config.json is missing"),
        (lambda folder: (folder / "exclip.json").unlink(), "is incomplete: exclip.json is missing"),
        (
            lambda folder: (folder / "exclip.json").write_text('{"image_layer": 2}'),
            "exclip.json was changed after packing",
        ),
        (lambda folder: flip(folder / "open_clip_model.safetensors"), "model.safetensors was changed after packing"),
        (lambda folder: list_also(folder, "../secret"), "names a file outside of it"),
        (lambda folder: list_also(folder, "/etc/passwd"), "names a file outside of it"),
        (lambda folder: list_also(folder, ".."), "names a file outside of it"),
        (lambda folder: list_also(folder, ".hidden"), "names a file outside of it"),
        (lambda folder: list_also(folder, "a\\b"), "names a file outside of it"),
        (lambda folder: list_also(folder, "a\0b"), "names a file outside of it"),
        (lambda folder: list_also(folder, "exclip.json"), "lists exclip.json twice"),
        (lambda folder: replace_by(folder, lambda path: path.symlink_to("/etc/hostname")), "is a link"),
        (lambda folder: replace_by(folder, os.mkfifo), "is incomplete: exclip.json is missing"),
        (lambda folder: replace_by(folder, lambda path: path.mkdir()), "is incomplete: exclip.json is missing"),
        (lambda folder: [list_also(folder, f"{at}") for at in range(200)], "is not a packed model"),
        (lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff" * 99), "is not a packed model"),
        (lambda folder: (folder / "SHA256SUMS").write_bytes(b"a" * 9_000_000), "is not a packed model"),
        (lambda folder: turn_into_fifo(folder / "SHA256SUMS"), "is not a packed model"),
    ],
)
def test_a_damaged_folder_is_refused_and_no_file_is_left(
    folder: Path, tmp_path: Path, data: Path, damage: Any, expected: str
) -> None:
    out = pack_model(tmp_path / "packed", str(folder))
    (tmp_path / "secret").write_text("mine")
    damage(out)
    with pytest.raises(ModelError, match=expected):
        unpack_model(out)
    assert not data.is_dir() or names(data) == set()


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def turn_into_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by(folder: Path, make: Callable[[Path], object]) -> None:
    """Put something else in the place of a packed file."""
    (folder / "exclip.json").unlink()
    make(folder / "exclip.json")


def test_a_pack_that_is_larger_than_the_disk_is_refused(folder: Path, tmp_path: Path, data: Path) -> None:
    out = pack_model(tmp_path / "packed", str(folder))
    with (out / "open_clip_model.safetensors").open("r+b") as weights:
        weights.truncate(1 << 43)  # no bytes of it are on the disk
    with pytest.raises(
        (ModelError, OutputError), match=r"the model takes 8\.8 TB|limit of a packed file|cannot be written"
    ):
        unpack_model(out)
    assert names(data) == set()


KILLED = """
import os, signal, sys
from exclip_desktop.models import catalogue
from exclip_desktop.models.weights import packs
catalogue.user_data_path = lambda *_, **__: __import__("pathlib").Path(sys.argv[2])
copy, copied = packs._copy, []
def kill(*arguments):
    digest = copy(*arguments)
    copied.append(digest)
    if len(copied) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return digest
packs._copy = kill
packs.unpack_model(sys.argv[1])
"""


def test_a_killed_unpacking_leaves_no_model_and_nothing_after_the_next(
    folder: Path, tmp_path: Path, data: Path
) -> None:
    out = pack_model(tmp_path / "packed", str(folder))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(out), str(data.parent)], check=False)
    assert killed.returncode == -9
    [left] = names(data)
    assert {"open_clip_config.json", "open_clip_model.safetensors"} <= names(data / left)
    assert [entry.name for entry in list_local_models()] == ["demo"]
    with pytest.raises(ModelError):
        load_model(left)
    unpack_model(out)
    assert names(data) == {"packed"}


def list_also(folder: Path, name: str) -> None:
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  {name}\n")


def test_names_that_are_taken_are_refused(folder: Path, tmp_path: Path) -> None:
    out = pack_model(tmp_path / "packed", str(folder))
    for name in ("demo", "ViT-B-32"):
        shutil.copytree(out, tmp_path / name)
        with pytest.raises(ModelError, match="is the name of another model"):
            unpack_model(tmp_path / name)
    unpack_model(out)
    other = pack_model(tmp_path / "other" / "packed", "demo")
    with pytest.raises(ModelError, match='Another model is unpacked as "packed"'):
        unpack_model(other)


def test_existing_folders_are_not_written_into(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    (tmp_path / "empty").mkdir()
    for taken in (tmp_path / "full", tmp_path / "full" / "mine"):
        with pytest.raises(OutputError, match="exists already"):
            pack_model(taken, str(folder))
    with pytest.raises(OutputError, match="cannot be written"):
        pack_model(tmp_path / "full" / "mine" / "packed", str(folder))
    pack_model(tmp_path / "empty", str(folder))
    assert names(tmp_path / "full") == {"mine"}
    assert not any(name.startswith(".exclip") for name in names(tmp_path))


def test_cancelling_leaves_no_file(folder: Path, tmp_path: Path, data: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        pack_model(tmp_path / "packed", str(folder), cancel=cancel)
    assert names(tmp_path) <= {"data", "hub", "home"}
    out = pack_model(tmp_path / "packed", str(folder))
    with pytest.raises(Cancelled):
        unpack_model(out, cancel=cancel)
    assert names(data) == set()


# Listing and removing


def hub_snapshot(folder: Path, tmp_path: Path) -> Path:
    repo = tmp_path / "hub" / "models--nobody--mine"
    (repo / "blobs").mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("0" * 40)
    snapshot = repo / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.glob("open_clip_*"))):
        shutil.copy(path, repo / "blobs" / f"{number}")
        (snapshot / path.name).symlink_to(repo / "blobs" / f"{number}")
    return snapshot


def test_local_models_are_listed_with_size_family_grid_and_context(folder: Path, tmp_path: Path) -> None:
    unpack_model(pack_model(tmp_path / "packed", str(folder)))
    snapshot = hub_snapshot(folder, tmp_path)
    here = {entry.name: entry for entry in list_local_models()}
    assert [(entry.name, entry.place) for entry in here.values()] == [
        ("demo", "bundled"),
        ("packed", "installed"),
        (str(snapshot), "cache"),
    ]
    packed = here["packed"]
    assert (packed.family, packed.grid, packed.context, packed.reason, packed.tag) == ("ViT", (4, 4), 16, "", "")
    assert packed.bytes == (folder / "open_clip_model.safetensors").stat().st_size
    assert load_model(here[str(snapshot)].name).fingerprint == load_model("packed").fingerprint


def test_a_model_whose_config_cannot_be_read_is_listed_with_its_reason(folder: Path, data: Path) -> None:
    shutil.copytree(folder, data / "broken")
    reasons = {
        "{": "open_clip_config.json, line 1, is not JSON that can be read: Expecting",
        "[]": "open_clip_config.json: expected an object, got a list",
        '{"model_cfg": {}}': 'open_clip_config.json, "model_cfg": object missing required field `embed_dim`',
    }
    for config, reason in reasons.items():
        (data / "broken" / "open_clip_config.json").write_text(config)
        [actual] = [entry.reason for entry in list_local_models() if entry.name == "broken"]
        assert actual.startswith(reason)


def test_every_tag_is_listed_with_its_family() -> None:
    entries = list_tagged_models()
    assert len(entries) == len(open_clip.list_pretrained())
    assert not any(entry.is_local for entry in entries)
    by_name = {entry.name: entry for entry in entries}
    assert (format_bytes(by_name["ViT-B-32"].bytes), by_name["roberta-ViT-B-32"].bytes) == ("605 MB", 0)
    assert (by_name["ViT-B-32"].family, by_name["ViT-B-32"].grid) == ("ViT", (7, 7))
    assert (by_name["RN50x4"].family, by_name["RN50x4"].grid) == ("ResNet", (9, 9))
    assert (by_name["coca_ViT-L-14"].family, by_name["coca_ViT-L-14"].context) == ("CoCa", 76)
    assert (by_name["ViT-B-16-SigLIP"].family, by_name["ViT-B-16-SigLIP"].grid) == ("vit_base_patch16_siglip_224", None)
    assert by_name["roberta-ViT-B-32"].family == "ViT + roberta-base"


def test_unpacked_and_downloaded_models_can_be_removed(
    architecture: str, folder: Path, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpack_model(pack_model(tmp_path / "packed", str(folder)))
    snapshot = hub_snapshot(folder, tmp_path)
    entry = {"url": "https://example.org/tiny.pt"}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, TINY, {"tagged": entry})
    clip = tmp_path / "home" / ".cache" / "clip" / "tiny.pt"
    clip.parent.mkdir(parents=True)
    torch.save(load_file(folder / "open_clip_model.safetensors"), clip)
    bundled, *others = list_local_models()
    assert len(others) == 3
    for other in others:
        remove_model(other)
    assert (names(data), clip.exists(), snapshot.exists()) == (set(), False, False)
    assert list_local_models() == [bundled]
    for saved in (bundled, next(entry for entry in list_tagged_models() if not entry.is_local)):
        with pytest.raises(ModelError, match="cannot be removed"):
            remove_model(saved)


@pytest.mark.slow
def test_the_stored_parameter_counts_equal_open_clips() -> None:
    saved, actual = json.loads(PATH.read_text("utf-8")), counted()
    assert saved == {name: actual.get(name) for name in saved}


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (605_219_813, "605 MB"), (1_710_540_580, "1.7 GB")],
)
def test_sizes_are_in_decimal_units(count: int, expected: str) -> None:
    assert format_bytes(count) == expected


def test_entries_hold_json_values() -> None:
    entry = list_local_models()[0]
    with pytest.raises(AttributeError):
        entry.name = "other"  # type: ignore[misc]
    assert json.dumps(entry.grid) == "[12, 12]"
