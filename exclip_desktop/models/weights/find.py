"""Finds what a model is built from: the bundle, a folder, a checkpoint, or open_clip's cache."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import open_clip

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.paths import expand_home, is_dir, is_file
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.preprocessing import PREPROCESSINGS, find_preprocessing
from exclip_desktop.models.catalogue import (
    BUNDLED,
    CONFIG_FILE,
    bundled_folder,
    check_architecture,
    find_cached_weights,
    find_snapshot,
    find_tag_config,
    find_weights,
    installed_folder,
)
from exclip_desktop.models.weights.fingerprints import compute_sha256, find_published
from exclip_desktop.models.weights.fit import recognise_architectures
from exclip_desktop.models.weights.read import ENDINGS, Weights, read_weights

_DECIDING: Final = ("mean", "std", "interpolation", "resize_mode")


@dataclass(frozen=True, slots=True)
class Source:
    """What a model is built from.

    Attributes:
        name: what a person calls it.
        schema: what open_clip calls it: an architecture, or local-dir:…; empty where the weights must tell it.
        weights: their file.
        folder: where config and card lie; None for an architecture.
        preprocess: open_clip's ``preprocess_cfg``; None where nobody has said it.
        quick_gelu: whether the weights were trained with QuickGELU, whatever the architecture's config says.
        tag: open_clip's tag of the weights, or empty.
        notes: what a person should know of how this was found.

    """

    name: str
    schema: str
    weights: Path
    folder: Path | None = None
    preprocess: dict[str, Any] | None = None
    quick_gelu: bool = False
    tag: str = ""
    notes: tuple[str, ...] = ()

    def config(self) -> dict[str, Any]:
        """Return open_clip's config of the network."""
        config: dict[str, Any] = open_clip.get_model_config(self.schema)
        return {**config, "quick_gelu": True} if self.quick_gelu else config


def find_source(
    name: str | None,
    pretrained: str | None,
    checkpoint: str | Path | None,
    preprocess: str | Path | None,
    fetch: Callable[[str, str], Path] | None = None,
) -> Source:
    """Return what the arguments of ``load_model`` name; ``fetch`` downloads (architecture, tag), where that is allowed.

    Raises:
        ModelError: there is no such model, it is not on this computer, or what is given does not name one.

    """
    told = None if preprocess is None else find_preprocessing(preprocess)
    if not name and checkpoint is not None:
        if pretrained is not None:
            raise ModelError("A tag belongs to an architecture.", Remedy.NAME_TAG_ARCHITECTURE)
        path = _checkpoint_file(expand_home(checkpoint))
        return Source(path.name, "", path, preprocess=told)
    name = name or BUNDLED
    folder = _folder_named(name)
    if folder is not None:
        if pretrained or checkpoint:
            raise ModelError(
                f'"{name}" brings its own weights.',
                Remedy.OMIT_WEIGHTS,
            )
        return _in_folder(name, folder, told)
    check_architecture(name)
    if checkpoint is not None and pretrained is None:
        return Source(name, name, _checkpoint_file(expand_home(checkpoint)), preprocess=told)
    if pretrained is not None and checkpoint is None:
        return _tagged(name, pretrained, told, fetch)
    raise ModelError(
        f"{name} names an architecture, not weights."
        if pretrained is None
        else "Both a tag and a checkpoint are given.",
        Remedy.CHOOSE_WEIGHTS,
    )


def _folder_named(name: str) -> Path | None:
    """Return the folder of the bundled model, at a path, or of an unpacked model; None: it names none."""
    if name == BUNDLED:
        return bundled_folder()
    places = (expand_home(name), installed_folder() / name)
    return next((folder for folder in places if is_dir(folder)), None)


def identify(source: Source, weights: Weights) -> Source:
    """Return the source with what its weights tell: published ones by their SHA-256, others by their shapes.

    Raises:
        ModelError: the weights fit no architecture, or several; they are named.

    """
    source = replace(source, notes=(*source.notes, *weights.notes))
    if source.folder is not None or source.tag:
        return source
    known = [one for one in find_published(compute_sha256(source.weights)) if source.schema in ("", one.name)]
    if known:
        one, file = known[0], source.weights.name
        note = f"{file} holds the published weights of {one.name} ({one.tag})."
        found = replace(source, name=one.name, schema=one.name, tag=one.tag, notes=(*source.notes, note))
        return _published(found, one.config, source.preprocess)
    return _doubted(source) if source.schema else _recognised(source, weights)


def _doubted(source: Source) -> Source:
    """Return the source with what cannot be told by looking: which activation its weights were trained with."""
    twin = f"{source.schema}-quickgelu"
    if twin not in open_clip.list_models():
        return source
    note = f"Weights trained with QuickGELU, such as OpenAI's, need {twin}; {source.weights.name} does not say which."
    return replace(source, notes=(*source.notes, note))


def require_preprocess(source: Source) -> dict[str, Any]:
    """Return how pictures are prepared for a source's weights.

    Raises:
        ModelError: nobody has said it; a guess would change every number without a word.

    """
    if source.preprocess is not None:
        return source.preprocess
    names = ", ".join(one.name for one in PREPROCESSINGS)
    raise ModelError(
        f"{source.weights.name} does not say how pictures are prepared for it.",
        Remedy.CHOOSE_PREPROCESSING,
        choices=names,
    )


def _recognised(source: Source, weights: Weights) -> Source:
    file, names = source.weights.name, recognise_architectures(weights.state)
    if not names:
        told = f"The weights in {file} fit none of open_clip's architectures."
        raise ModelError(told, Remedy.CHOOSE_CONFIG_FOLDER, file=CONFIG_FILE)
    if len(names) > 1:
        told = f"The weights in {file} fit several architectures, which differ in no shape: {', '.join(names)}."
        raise ModelError(told, Remedy.NAME_TRAINED_ARCHITECTURE)
    note = f"{file} was recognised by its weights' shapes: {names[0]}."
    return replace(source, name=names[0], schema=names[0], notes=(*source.notes, note))


def _in_folder(name: str, given: Path, told: dict[str, Any] | None) -> Source:
    folder = find_snapshot(given)
    if not (folder / CONFIG_FILE).is_file():
        raise ModelError(f"The folder {folder} has no {CONFIG_FILE}.", Remedy.CHOOSE_MODEL_FOLDER)
    found = find_weights(folder)
    if found is None:
        raise ModelError(f"The folder {folder} has no weights.", "Put open_clip_model.safetensors beside the config.")
    own = _own_preprocess(folder)
    return Source(name, f"local-dir:{folder}", found, folder, _settled(name, own, told))


def _own_preprocess(folder: Path) -> dict[str, Any] | None:
    """Return what a folder's config says of its preprocessing, where it says mean and deviation."""
    try:
        held = json.loads((folder / CONFIG_FILE).read_text("utf-8")).get("preprocess_cfg") or {}
        return dict(held) if held.get("mean") and held.get("std") else None
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"The config of {folder} cannot be read: {error}.", Remedy.CHOOSE_OTHER_MODEL) from error


def _checkpoint_file(path: Path) -> Path:
    if not is_file(path):
        raise ModelError(f"There is no checkpoint {path}.", "Check the path.")
    if path.suffix not in ENDINGS:
        raise ModelError(f"{path.name} is not a checkpoint this program reads.", f"It reads {', '.join(ENDINGS)}.")
    return path


def _tagged(name: str, tag: str, told: dict[str, Any] | None, fetch: Callable[[str, str], Path] | None) -> Source:
    config = find_tag_config(name, tag)
    path = find_cached_weights(config)
    if path is None and fetch is not None:
        path = fetch(name, tag)
    if path is None:
        raise ModelError(
            f"{name} ({tag}) is not on this computer, and the network is off.",
            Remedy.ALLOW_DOWNLOAD,
        )
    return _published(Source(f"{name} ({tag})", name, path, tag=tag), config, told)


def _published(source: Source, config: dict[str, Any], told: dict[str, Any] | None) -> Source:
    """Return the source with what open_clip's list says of its weights: preprocessing, and QuickGELU."""
    quick = bool(config.get("quick_gelu"))
    notes = source.notes
    if quick and not open_clip.get_model_config(source.schema).get("quick_gelu"):
        notes += (f"These weights were trained with QuickGELU, which {source.schema} lacks: it is built with it.",)
    known: dict[str, Any] = {name: config[name] for name in _DECIDING if name in config}
    return replace(source, preprocess=_settled(source.name, known, told), quick_gelu=quick, notes=notes)


def _settled(name: str, own: dict[str, Any] | None, told: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the preprocessing that a model brings, else what the person says; they must not contradict."""
    if own is None or told is None:
        return own or told
    if any(entry in own and tuple(_listed(own[entry])) != tuple(_listed(told[entry])) for entry in _DECIDING):
        raise ModelError(f"{name} says its own preprocessing, and it is another.", Remedy.OMIT_PREPROCESSING)
    return own


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of a weights file.

    Attributes:
        architectures: what it fits: none, one, or several that differ in no shape, to choose from.
        preprocess_known: whether it is a published file, so that nobody need say how pictures are prepared.
        notes: which of its weights were taken, where it holds more than one set.

    """

    architectures: tuple[str, ...]
    preprocess_known: bool
    notes: tuple[str, ...]


def inspect_checkpoint(path: str | Path) -> Inspection:
    """Read a weights file and recognise it: 0.1 to some seconds, beside reading it; for a worker's thread.

    Raises:
        ModelError: it is damaged, holds no weights, or opening it could run code.

    """
    file = expand_home(path)
    weights = read_weights(file)
    known = [one.name for one in find_published(compute_sha256(file))]
    return Inspection(tuple(known[:1] or recognise_architectures(weights.state)), bool(known), weights.notes)
