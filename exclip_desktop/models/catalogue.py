"""The models that there are: bundled, unpacked, in caches and in open_clip's list. Nothing here uses the network."""

import difflib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import open_clip
from huggingface_hub import constants, scan_cache_dir, try_to_load_from_cache
from open_clip import pretrained as tags
from open_clip.factory import _find_checkpoint_in_dir
from platformdirs import user_data_path

from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE as CONFIG_DOCUMENT
from exclip_desktop.core.inputs.regular_files import read_regular
from exclip_desktop.core.paths import expand_home, is_dir, is_file, resource_path
from exclip_desktop.models.families import find_obstacle
from exclip_desktop.models.model_configs import read_config
from exclip_desktop.models.transformers_folder import (
    CONFIG,
    FAMILIES,
    PREFIX,
    RELATED_FAMILIES,
    is_transformers_folder,
    read_family,
)
from exclip_desktop.models.weights.adapters import Adapter, is_adapter_folder, read_adapter
from exclip_desktop.models.weights.fingerprints import OPENAI, list_published
from exclip_desktop.models.weights.read import count_bytes, is_torchscript

BUNDLED = "demo"
CONFIG_FILE = "open_clip_config.json"
CARD_FILE = "exclip.json"
HUB_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
OF_TRAINING: Final = ("optimizer.pt", "scheduler.pt", "scaler.pt")  # which transformers' Trainer keeps beside weights
HF_WEIGHTS: Final = (
    *("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"),
)
BYTES_EACH: Final = 4  # of a parameter in single precision, in which most weights are published
PARAMETERS: Final = resource_path("open_clip_parameters.json")
Place = Literal["bundled", "installed", "cache", ""]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model, on this computer or not.

    Attributes:
        name: what ``load_model`` takes: ``demo``, an installed name, a folder, or an architecture.
        tag: open_clip's tag of the weights, for ``pretrained``; empty where the name decides them.
        path: its weights' file; None where it is not on this computer.
        bytes: the file's size; estimated, four for each parameter, where it is not on this computer; 0: unknown.
        place: ``bundled``, ``installed`` by unpacking, or in a ``cache``; empty where it is not on this computer.
        family: its image encoder's kind, and its text encoder's where that is Hugging Face's.
        grid: (rows, columns) of patches; None where only building the model would show it.
        context: number of tokens that its text encoder reads.
        reason: why it cannot be explained; empty where it can.

    """

    name: str
    tag: str
    path: Path | None
    bytes: int
    place: Place
    family: str
    grid: tuple[int, int] | None
    context: int
    reason: str

    @property
    def is_local(self) -> bool:
        """Whether it is on this computer."""
        return self.path is not None


def list_local_models() -> list[ModelEntry]:
    """Return the models on this computer: bundled, unpacked, then those in the caches of open_clip and the hub."""
    own = [_read_folder(BUNDLED, bundled_folder(), "bundled")]
    own += [_read_folder(path.name, path, "installed") for path in _list_installed()]
    tagged = [entry for entry in list_tagged_models() if entry.is_local]
    known = {entry.path for entry in tagged}
    others = [
        _read_folder(str(path), path, "cache") for path in _iterate_snapshots() if find_weights(path) not in known
    ]
    return [entry for entry in (*own, *tagged, *others) if entry is not None]


def list_tagged_models() -> list[ModelEntry]:
    """Return a model for every tag of open_clip's list, on this computer or not."""
    return [_make_entry(one.name, one.tag, find_cached_weights(one.config), one.name) for one in list_published()]


def describe_model(path: Path, architecture: str = "") -> ModelEntry | None:
    """Return the model in a folder or a file of weights, without opening it; its name is the path.

    ``architecture`` is open_clip's name of the file's architecture; without it only the size is known. None: the folder
    holds no model.

    Raises:
        ModelError: the folder holds several snapshots.

    """
    if path.is_dir():
        return _read_folder(str(path), find_snapshot(path), "cache")
    if architecture in open_clip.list_models():
        return _make_entry(str(path), "", path, architecture)
    return ModelEntry(str(path), "", path, path.stat().st_size, "cache", "", None, 0, "")


@lru_cache(maxsize=1)
def _load_parameters() -> dict[str, int]:
    """Return the number of parameters of open_clip's architectures, by name."""
    counted: dict[str, int] = json.loads(PARAMETERS.read_text("utf-8"))
    return counted


def remove_model(entry: ModelEntry) -> None:
    """Delete a model's weights from a cache, or an unpacked model's folder.

    Raises:
        ModelError: it is bundled, is not on this computer, or cannot be deleted.

    """
    if entry.path is None or entry.place not in ("installed", "cache"):
        raise ModelError(f"{entry.name} cannot be removed.", "Only unpacked and downloaded models can be.")
    try:
        if entry.place == "installed":
            shutil.rmtree(entry.path.parent)
        elif entry.path.is_relative_to(clip_cache()):
            entry.path.unlink()
        else:
            _remove_from_hub(entry.path)
    except OSError as error:
        raise ModelError(f"{entry.path} cannot be removed: {error}.", "Delete it by hand.") from error


def _remove_from_hub(path: Path) -> None:
    """Delete the snapshot that holds ``path``, and the blobs that no other snapshot needs."""
    cache = scan_cache_dir(constants.HF_HUB_CACHE)
    revisions = [
        held.commit_hash for repo in cache.repos for held in repo.revisions if held.snapshot_path in path.parents
    ]
    if not revisions:
        raise OSError("Hugging Face's cache does not list it")
    cache.delete_revisions(*revisions).execute()


def _list_installed() -> list[Path]:
    folder = installed_folder()
    configs = folder.glob(f"[!.]*/{CONFIG_FILE}")  # not what is half unpacked
    return sorted(path.parent for path in configs) if folder.is_dir() else []


def _iterate_snapshots() -> Iterator[Path]:
    """Yield the snapshots in the hub's cache that hold a model of open_clip's form, or one of transformers."""
    hub = Path(constants.HF_HUB_CACHE)
    configs = sorted(path for name in (CONFIG_FILE, CONFIG) for path in hub.glob(f"models--*/snapshots/*/{name}"))
    for folder in dict.fromkeys(path.parent for path in configs):
        is_ours = (folder / CONFIG_FILE).is_file() or read_family(folder) in (*FAMILIES, *RELATED_FAMILIES)
        if is_ours and find_weights(folder) is not None:
            yield folder


def hub_folder(repository: str) -> Path:
    """Return the folder that the hub's cache has for a repository, such as ``openai/clip-vit-base-patch32``."""
    return Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"


def find_base(adapter: Adapter) -> Path | None:
    """Return the folder of the model that an adapter names, at a path or in the hub's cache; None: it is not here."""
    if not adapter.base or adapter.base.startswith(("//", "\\\\")):  # a share of the network
        return None
    places = (expand_home(adapter.base), adapter.folder / adapter.base, hub_folder(adapter.base))
    found = next((place for place in places if is_dir(place)), None)
    return None if found is None or is_adapter_folder(find_snapshot(found)) else found


def _read_adapter_folder(name: str, folder: Path, place: Place) -> ModelEntry:
    """Return the model that an adapter names, with the adapter."""
    try:
        adapter = read_adapter(folder)
        base = find_base(adapter)
        entry = None if base is None else _read_folder(name, find_snapshot(base), place)
    except ModelError as error:
        return ModelEntry(name, "", None, 0, place, "", None, 0, error.message.rstrip("."))
    if entry is None:
        what = f"its model, {adapter.base}, is not on this computer" if adapter.base else "it does not name its model"
        return ModelEntry(name, "", adapter.weights, 0, place, "", None, 0, f"it is an adapter (LoRA), and {what}")
    return replace(entry, path=adapter.weights, bytes=entry.bytes + adapter.weights.stat().st_size)


def _read_folder(name: str, folder: Path, place: Place) -> ModelEntry | None:
    if is_adapter_folder(folder) and not (folder / CONFIG_FILE).is_file():
        return _read_adapter_folder(name, folder, place)
    path, has_own = find_weights(folder), (folder / CONFIG_FILE).is_file()
    if path is None or not (has_own or is_transformers_folder(folder)):
        return None
    try:
        return _make_entry(name, "", path, f"{'local-dir:' if has_own else PREFIX}{folder}", place)
    except ModelError as error:
        family = "" if has_own else read_family(folder)
        is_other = family not in ("", *FAMILIES)
        message = error.message.rstrip(".").replace(f"{folder}{os.sep}", "")
        reason = f'its family of transformers is "{family}"' if is_other else message
    except (OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        reason = "its config cannot be read"
    return ModelEntry(name, "", path, path.stat().st_size, place, "", None, 0, reason)


def _make_entry(name: str, tag: str, path: Path | None, schema: str, place: Place = "cache") -> ModelEntry:
    config: dict[str, Any] = read_config(schema)
    return ModelEntry(
        name=name,
        tag=tag,
        path=path,
        bytes=BYTES_EACH * _load_parameters().get(name, 0) if path is None else count_bytes(path),
        place="" if path is None else place,
        family=describe_family(config),
        grid=_compute_grid(config["vision_cfg"]),
        context=config["text_cfg"].get("context_length", 77),
        reason=find_obstacle(schema),
    )


def describe_family(config: dict[str, Any]) -> str:
    """Return the kind of the image encoder, and the name of a Hugging Face text encoder."""
    vision, text = config["vision_cfg"], config["text_cfg"]
    if "multimodal_cfg" in config:
        image = "CoCa"
    elif vision.get("timm_model_name"):
        image = vision["timm_model_name"]
    else:
        image = "ResNet" if isinstance(vision.get("layers"), list) else "ViT"
    return f"{image} + {text['hf_model_name']}" if text.get("hf_model_name") else image


def _compute_grid(vision: dict[str, Any]) -> tuple[int, int] | None:
    if vision.get("timm_model_name"):
        return None
    size = vision.get("image_size", 224)
    height, width = size if isinstance(size, list) else (size, size)
    patch = 32 if isinstance(vision.get("layers"), list) else vision.get("patch_size", 16)
    down, across = patch if isinstance(patch, list) else (patch, patch)
    return height // down, width // across


def bundled_folder() -> Path:
    """Return the folder of the model that ships with the program."""
    return resource_path("models", BUNDLED)


def installed_folder() -> Path:
    """Return the folder of the unpacked models, one folder each."""
    return user_data_path("exclip_desktop", appauthor=False) / "models"


def find_weights(folder: Path) -> Path | None:
    """Return the weights file in a model's folder, or the index of its shards; None: there is none."""
    known = (folder / name for name in (*HUB_WEIGHTS, *HF_WEIGHTS))
    path = next((path for path in known if path.is_file()), None) or _find_checkpoint_in_dir(folder)
    if path is not None:
        return Path(path)
    return next(reversed(find_checkpoints(folder)), None)


def find_checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of Lightning in a folder, the last one last, else the only file of weights there is."""
    trained = sorted(folder.glob("*.ckpt"), key=_order_of)
    others = [path for path in folder.glob("*.pt") if path.name not in OF_TRAINING]
    return trained or (others if len(others) == 1 else [])


def _order_of(path: Path) -> tuple[bool, list[tuple[int, str]]]:
    """Return the place of a checkpoint in the order of training: last.ckpt last, numbers by their size."""
    parts = re.split(r"(\d+)", path.stem)
    return path.stem == "last", [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def find_cached_weights(config: dict[str, Any]) -> Path | None:
    """Return the local file of open_clip's weights for a tag, or None; does not use the network."""
    for repository, file in list_hub_files(config):
        cached = try_to_load_from_cache(repository, file)
        if isinstance(cached, str):
            return Path(cached)
    url = config.get("url", "")
    path = clip_cache() / Path(url).name
    return path if url and path.is_file() and (OPENAI in url or not is_torchscript(path)) else None


def list_hub_files(config: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the (repository, file) pairs of a tag's weights on Hugging Face's hub, the best first."""
    hub = config.get("hf_hub", "")
    repository, file = os.path.split(hub)
    return [(repository, name) for name in ([file] if file else HUB_WEIGHTS)] if hub else []


def clip_cache() -> Path:
    """Return the folder where open_clip stores weights from plain addresses."""
    return Path(os.path.expanduser("~/.cache/clip"))


def check_architecture(name: str) -> None:
    """Raise ``ModelError`` with near names unless ``name`` is one of open_clip's architectures."""
    known = open_clip.list_models()
    if name in known:
        return
    near = difflib.get_close_matches(name, [BUNDLED, *known], n=3, cutoff=0.5)
    message = f'There is no model named "{name}", and no such folder.'
    if near:
        raise ModelError(message, f"Did you mean {' or '.join(near)}?")
    raise ModelError(message, Remedy.CHOOSE_KNOWN_MODEL, bundled=BUNDLED)


def find_tag_config(name: str, tag: str) -> dict[str, Any]:
    """Return open_clip's entry for a tag.

    Raises:
        ModelError: the architecture has no such tag; the message lists its tags.

    """
    known = open_clip.list_pretrained_tags_by_model(name)
    if not open_clip.pretrained.is_pretrained_cfg(name, tag):
        remedy = Remedy.CHOOSE_TAG if known else Remedy.CHOOSE_CHECKPOINT
        raise ModelError(f'{name} has no weights tagged "{tag}".', remedy, choices=", ".join(known))
    config: dict[str, Any] = tags.get_pretrained_cfg(name, tag)
    return config


def find_snapshot(folder: Path) -> Path:
    """Return the folder itself, or the snapshot in a folder of Hugging Face's cache (models--organisation--name)."""
    root = folder.parent if folder.name == "snapshots" else folder
    held = sorted((root / "snapshots").glob("*/")) if is_dir(root / "snapshots") else []
    if not held or (folder / CONFIG_FILE).is_file():
        return folder
    main = root / "refs" / "main"
    named = _read_reference(main) if is_file(main) else held[0].name
    current = root / "snapshots" / named
    if current not in held or (len(held) > 1 and not is_file(main)):
        raise ModelError(f"{root} holds {len(held)} snapshots, and does not say which is current.", "Choose one.")
    return current


def _read_reference(file: Path) -> str:
    return read_regular(file, CONFIG_DOCUMENT, ModelError).decode("utf-8", "replace").strip().replace("\0", "")
