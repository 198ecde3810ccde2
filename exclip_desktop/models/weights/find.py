"""Finds the source of a model: the bundled one, a folder, a checkpoint, or open_clip's cache."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import open_clip
from torch import Tensor

from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.core.paths import expand_home, is_dir, is_file
from exclip_desktop.core.temporary_files import is_temporary
from exclip_desktop.core.values.preprocessing import PREPROCESSINGS, find_preprocessing
from exclip_desktop.models.catalogue import (
    BUNDLED,
    CONFIG_FILE,
    HF_WEIGHTS,
    bundled_folder,
    check_architecture,
    find_base,
    find_cached_weights,
    find_checkpoints,
    find_snapshot,
    find_tag_config,
    find_weights,
    hub_folder,
    installed_folder,
)
from exclip_desktop.models.config_document import read_folder_preprocess
from exclip_desktop.models.model_configs import read_config
from exclip_desktop.models.tokenizers.clip_vocabulary import check_clip_vocabulary
from exclip_desktop.models.transform_config import derive_preprocess
from exclip_desktop.models.transformers_documents import read_pair_config
from exclip_desktop.models.transformers_folder import (
    CONFIG,
    PREFIX,
    convert_state,
    is_transformers_folder,
    is_transformers_state,
    read_family,
)
from exclip_desktop.models.weights.adapters import LORA, Adapter, is_adapter_folder, read_adapter
from exclip_desktop.models.weights.fingerprints import compute_sha256, find_published
from exclip_desktop.models.weights.fit import recognise_architectures
from exclip_desktop.models.weights.positions import Sizes, read_sizes, refuse_other_sizes
from exclip_desktop.models.weights.read import ENDINGS, Weights, read_weights

_DECIDING: Final = ("mean", "std", "interpolation", "resize_mode")


@dataclass(frozen=True, slots=True)
class Source:
    """The files and the config that a model is built from.

    Attributes:
        name: the name in messages.
        schema: open_clip's name: an architecture, or local-dir:…; empty where the weights must decide it.
        weights: the weights file.
        folder: the folder of config and card; None for an architecture.
        preprocess: open_clip's ``preprocess_cfg``; None where it is unknown.
        quick_gelu: whether the weights were trained with QuickGELU, whatever the architecture's config has.
        tag: open_clip's tag of the weights, or empty.
        sizes: sizes of its pictures and captions, where the weights have others than the config.
        adapter: the adapter that is merged into the weights, or None.
        notes: sentences on how the source was found.

    """

    name: str
    schema: str
    weights: Path
    folder: Path | None = None
    preprocess: dict[str, Any] | None = None
    quick_gelu: bool = False
    tag: str = ""
    sizes: Sizes = field(default_factory=Sizes)
    adapter: Adapter | None = None
    notes: tuple[str, ...] = ()

    def config(self) -> dict[str, Any]:
        """Return open_clip's config of the network."""
        config: dict[str, Any] = read_config(self.schema)
        return self.sizes.apply({**config, "quick_gelu": True} if self.quick_gelu else config)


def find_source(
    name: str | None,
    pretrained: str | None,
    checkpoint: str | Path | None,
    preprocess: str | Path | None,
    fetch: Callable[[str, str], Path] | None = None,
) -> Source:
    """Return the source that the arguments of ``load_model`` name.

    ``fetch`` downloads the weights of (architecture, tag); None where downloads are not allowed.

    Raises:
        ModelError: there is no such model, it is not on this computer, or the arguments contradict each other.

    """
    chosen = None if preprocess is None else find_preprocessing(preprocess)
    if not name and checkpoint is not None:
        if pretrained is not None:
            raise ModelError("A tag belongs to an architecture.", Remedy.NAME_TAG_ARCHITECTURE)
        path = _check_checkpoint(expand_home(checkpoint))
        return Source(path.name, "", path, preprocess=chosen)
    name = name or BUNDLED
    folder = _find_folder(name)
    if folder is not None:
        if pretrained or checkpoint:
            raise ModelError(
                f'"{name}" brings its own weights.',
                Remedy.OMIT_WEIGHTS,
            )
        return _read_folder(name, folder, chosen)
    check_architecture(name)
    if checkpoint is not None and pretrained is None:
        return Source(name, name, _check_checkpoint(expand_home(checkpoint)), preprocess=chosen)
    if pretrained is not None and checkpoint is None:
        return _find_tagged(name, pretrained, chosen, fetch)
    raise ModelError(
        f"{name} names an architecture, not weights."
        if pretrained is None
        else "There are two sources of weights, a tag and a checkpoint.",
        Remedy.CHOOSE_WEIGHTS,
    )


def _find_folder(name: str) -> Path | None:
    """Return the folder of the bundled model, at a path, unpacked, or in the hub's cache; None for other names."""
    if name == BUNDLED:
        return bundled_folder()
    places = (expand_home(name), installed_folder() / name, hub_folder(name))
    return next((folder for folder in places if is_dir(folder) and not is_temporary(folder)), None)


def identify(source: Source, weights: Weights) -> Source:
    """Return the source completed from its weights: published ones by their SHA-256, others by their shapes.

    Raises:
        ModelError: the weights fit no architecture, or several, which the message lists.

    """
    source = replace(source, notes=(*source.notes, *weights.notes))
    if source.folder is not None:
        sizes = read_sizes(source.config(), convert_state(weights.state))
        config_file = CONFIG if source.schema.startswith(PREFIX) else CONFIG_FILE
        refuse_other_sizes(sizes, source.config(), source.weights.name, config_file)
        return source
    if source.tag:
        return source
    known = [one for one in find_published(compute_sha256(source.weights)) if source.schema in ("", one.name)]
    if known:
        one, file = known[0], source.weights.name
        note = f"{file} holds the published weights of {one.name} ({one.tag})."
        known_source = replace(source, name=one.name, schema=one.name, tag=one.tag, notes=(*source.notes, note))
        return _complete_published(known_source, one.config, source.preprocess)
    source = _with_activation_note(source) if source.schema else _recognise(source, weights)
    sizes = read_sizes(source.config(), weights.state)
    return replace(source, sizes=sizes, notes=(*source.notes, *sizes.describe(source.weights.name)))


def _with_activation_note(source: Source) -> Source:
    """Return the source with a note where the weights do not show which activation they were trained with."""
    twin = f"{source.schema}-quickgelu"
    if twin not in open_clip.list_models():
        return source
    note = f"Weights trained with QuickGELU, such as OpenAI's, need {twin}; {source.weights.name} does not show which."
    return replace(source, notes=(*source.notes, note))


def require_preprocess(source: Source) -> dict[str, Any]:
    """Return the ``preprocess_cfg`` of a source's weights.

    Raises:
        ModelError: it is unknown; a guess would silently change every number.

    """
    if source.preprocess is not None:
        return source.preprocess
    names = ", ".join(one.name for one in PREPROCESSINGS)
    raise ModelError(
        f"{source.weights.name} does not say how pictures are preprocessed.",
        Remedy.CHOOSE_PREPROCESSING,
        choices=names,
    )


def _recognise(source: Source, weights: Weights) -> Source:
    file, names = source.weights.name, _find_architectures(source.weights.name, weights.state)
    if not names:
        message = f"The weights in {file} fit none of open_clip's architectures."
        raise ModelError(message, Remedy.CHOOSE_CONFIG_FOLDER, file=CONFIG_FILE)
    if len(names) > 1:
        message = f"The weights in {file} fit several architectures, which have the same shapes: {', '.join(names)}."
        raise ModelError(message, Remedy.NAME_TRAINED_ARCHITECTURE)
    note = f"{file}: architecture {names[0]}, recognised by the shapes of its weights."
    return replace(source, name=names[0], schema=names[0], notes=(*source.notes, note))


def _find_architectures(file: str, state: Mapping[str, Tensor]) -> list[str]:
    """Return the architectures that weights fit; raise ``ModelError`` where a folder is needed to open them."""
    if _is_adapter(state):
        raise _adapter_error(file)
    names = recognise_architectures(state)
    if not names and is_transformers_state(state):
        message = f"The weights in {file} are in the layout of transformers' CLIPModel."
        raise ModelError(message, "Give the folder with its config.json.")
    return names


def _read_folder(name: str, path: Path, chosen: dict[str, Any] | None) -> Source:
    folder = find_snapshot(path)
    if is_adapter_folder(folder) and not (folder / CONFIG_FILE).is_file():
        return _read_adapter_folder(name, folder, chosen)
    if not (folder / CONFIG_FILE).is_file() and is_transformers_folder(folder):
        return _read_transformers(name, folder, chosen)
    if not (folder / CONFIG_FILE).exists():
        if (folder / CONFIG).exists():
            read_pair_config(folder / CONFIG)  # raises the reason why it cannot be read
        raise ModelError(f"The folder {folder} has no {CONFIG_FILE}.", Remedy.CHOOSE_MODEL_FOLDER)
    weights = find_weights(folder)
    if weights is None:
        raise ModelError(f"The folder {folder} has no weights.", "Put open_clip_model.safetensors into the folder.")
    own = _read_preprocess(folder)
    count = len(find_checkpoints(folder)) if weights.suffix == ".ckpt" else 1
    notes = (f"The folder holds {count} checkpoints; {weights.name} is used.",) if count > 1 else ()
    return Source(name, f"local-dir:{folder}", weights, folder, _resolve_preprocess(name, own, chosen), notes=notes)


def _is_adapter(state: Mapping[str, Tensor]) -> bool:
    """Return whether weights are those of an adapter (LoRA), which change a model's weights."""
    return bool(state) and all(LORA in name for name in state)


def _adapter_error(name: str, base: str = "") -> ModelError:
    """Return the error of an adapter that is opened without its model, ``base`` where it names one."""
    more = f" Its model, {base}, is not on this computer." if base else ""
    return ModelError(f"{name} is an adapter (LoRA), not a model.{more}", Remedy.MERGE_ADAPTER)


def _read_adapter_folder(name: str, folder: Path, chosen: dict[str, Any] | None) -> Source:
    """Return the source of the model that an adapter names, with the adapter."""
    adapter = read_adapter(folder)
    base = find_base(adapter)
    if base is None:
        raise _adapter_error(folder.name, adapter.base)
    return with_adapter(replace(_read_folder(adapter.base, base, chosen), name=name), adapter)


def with_adapter(source: Source, adapter: Adapter) -> Source:
    """Return the source of a model with an adapter, and a note on it."""
    note = f"The adapter {adapter.folder.name} is merged into {source.weights.name} of {adapter.base or source.name}."
    return replace(source, adapter=adapter, notes=(*source.notes, note))


def _read_transformers(name: str, folder: Path, chosen: dict[str, Any] | None) -> Source:
    """Return the source of a folder of transformers."""
    weights = find_weights(folder)
    if weights is None:
        raise ModelError(f"The folder {folder} has no weights.", f"Put {HF_WEIGHTS[0]} into the folder.")
    if read_family(folder) == "clip":  # captions of the other families are read with the folder's tokenizer
        check_clip_vocabulary(folder)
    preprocess = _resolve_preprocess(name, derive_preprocess(folder), chosen)
    return Source(name, f"{PREFIX}{folder}", weights, folder, preprocess)


def _read_preprocess(folder: Path) -> dict[str, Any] | None:
    """Return the preprocessing in a folder's config; None where it has no mean and deviation."""
    held = read_folder_preprocess(folder)
    return held if held.get("mean") and held.get("std") else None


def _check_checkpoint(path: Path) -> Path:
    if not is_file(path):
        raise ModelError(f"There is no checkpoint {path}.", "Check the path.")
    if path.suffix not in ENDINGS:
        raise ModelError(f"{path.name} is not a checkpoint that this program reads.", f"It reads {', '.join(ENDINGS)}.")
    return path


def _find_tagged(
    name: str, tag: str, chosen: dict[str, Any] | None, fetch: Callable[[str, str], Path] | None
) -> Source:
    config = find_tag_config(name, tag)
    path = find_cached_weights(config)
    if path is None and fetch is not None:
        path = fetch(name, tag)
    if path is None:
        raise ModelError(
            f"{name} ({tag}) is not on this computer, and the network is off.",
            Remedy.ALLOW_DOWNLOAD,
        )
    return _complete_published(Source(f"{name} ({tag})", name, path, tag=tag), config, chosen)


def _complete_published(source: Source, config: dict[str, Any], chosen: dict[str, Any] | None) -> Source:
    """Return the source with preprocessing and QuickGELU from open_clip's list."""
    quick = bool(config.get("quick_gelu"))
    notes = source.notes
    if quick and not read_config(source.schema).get("quick_gelu"):
        notes += (
            f"These weights were trained with QuickGELU, which {source.schema} lacks; the network is built with it.",
        )
    known: dict[str, Any] = {name: config[name] for name in _DECIDING if name in config}
    return replace(source, preprocess=_resolve_preprocess(source.name, known, chosen), quick_gelu=quick, notes=notes)


def _resolve_preprocess(name: str, own: dict[str, Any] | None, chosen: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the model's own preprocessing, or else the chosen one; raise ``ModelError`` where they differ."""
    if own is None or chosen is None:
        return own or chosen
    if any(entry in own and tuple(_as_list(own[entry])) != tuple(_as_list(chosen[entry])) for entry in _DECIDING):
        raise ModelError(f"{name} has a preprocessing of its own, which is another.", Remedy.OMIT_PREPROCESSING)
    return own


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


@dataclass(frozen=True, slots=True)
class Inspection:
    """The properties of a weights file.

    Attributes:
        architectures: those that it fits: none, one, or several with the same shapes, to choose from.
        preprocess_known: whether it is a published file, whose preprocessing is known.
        notes: the chosen set of weights, where it holds several.

    """

    architectures: tuple[str, ...]
    preprocess_known: bool
    notes: tuple[str, ...]


def inspect_checkpoint(path: str | Path) -> Inspection:
    """Read a weights file and recognise its architecture, which takes 0.1 s to a few seconds: for a worker's thread.

    Raises:
        ModelError: it is damaged, holds no weights, or opening it could run code.

    """
    file = expand_home(path)
    weights = read_weights(file)
    known = [one.name for one in find_published(compute_sha256(file))]
    names = known[:1] or _find_architectures(file.name, weights.state)
    return Inspection(tuple(names), bool(known), weights.notes)
