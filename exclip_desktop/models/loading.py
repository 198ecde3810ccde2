"""Loads a model: open_clip builds the network, and the weights are loaded strictly."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from msgspec import Meta, Struct
from open_clip import SimpleTokenizer
from open_clip.model import set_model_preprocess_cfg
from open_clip.transform import PreprocessCfg, merge_preprocess_dict
from torch import Tensor

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.errors import DeviceError, ModelError, Remedy, SettingsError
from exclip_desktop.core.inputs.json_documents import read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE
from exclip_desktop.core.paths import expand_home, is_file
from exclip_desktop.core.progress import CancelToken, Progress, ignore_progress
from exclip_desktop.core.values.settings import SIDES
from exclip_desktop.models.catalogue import CARD_FILE
from exclip_desktop.models.families import find_obstacle
from exclip_desktop.models.model import Card, Model
from exclip_desktop.models.preprocess import Preprocess
from exclip_desktop.models.tokenizers.clip import ClipReader
from exclip_desktop.models.tokenizers.hugging_face import HFReader
from exclip_desktop.models.tokenizers.tokenizer import Reader
from exclip_desktop.models.towers.build import image_tower, text_tower
from exclip_desktop.models.towers.tower_protocols import TextTower
from exclip_desktop.models.weights.adapters import merge_adapter, read_adapter
from exclip_desktop.models.weights.download import download, plan_download
from exclip_desktop.models.weights.find import Source, find_source, identify, require_preprocess, with_adapter
from exclip_desktop.models.weights.fingerprints import compute_fingerprint
from exclip_desktop.models.weights.fit import build_network, convert_names, find_misfit, is_surely_small
from exclip_desktop.models.weights.read import Weights, compute_weights_sha256, read_weights
from exclip_desktop.models.weights.text_files import check_text_files, find_encoder, find_tokenizer

LayerNumber = Annotated[int, Meta(ge=-256, le=256)] | Literal["pool"]


class CardDocument(Struct, frozen=True):
    """The file of a model's card: its default layers."""

    image_layer: LayerNumber = -1
    text_layer: LayerNumber = -1


def load_model(
    name: str | Path | None = None,
    *,
    pretrained: str | None = None,
    checkpoint: str | Path | None = None,
    preprocess: str | Path | None = None,
    adapter: str | Path | None = None,
    device: str | None = None,
    allow_download: bool = False,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Model:
    """Load a CLIP model.

    Args:
        name: ``demo`` (bundled), a folder (``open_clip_config.json`` and weights; a snapshot of Hugging Face's), or an
            open_clip architecture. None: recognised from the checkpoint's shapes; without one, ``demo``.
        pretrained: open_clip's tag for the architecture's weights, from the local cache.
        checkpoint: a weights file for the architecture: ``.safetensors``, ``.pt``, ``.pth`` or ``.bin``.
        preprocess: preprocessing of pictures for a checkpoint that does not name its own: a name in
            ``core.preprocessing.PREPROCESSINGS`` (``openai``, ``imagenet``, …), or a JSON file with mean and std.
        adapter: the folder of a LoRA adapter of peft, which is merged into the weights. A folder of an adapter as
            ``name`` is merged into the model that it names, where that is on this computer.
        device: ``cpu``, ``cuda``, ``mps`` …; None takes CUDA, else MPS, else CPU.
        allow_download: download a tag's weights when they are not on this computer.
        progress, cancel: called with the download's progress, and stops it; a later download resumes.

    Raises:
        Cancelled: the download was cancelled.
        ModelError: the model is unknown, not on this computer, unsafe, damaged, or cannot be explained.

    """
    name = _check_name(name)
    fetch = (
        (lambda *tag: download(plan_download(*tag), progress or ignore_progress, cancel)) if allow_download else None
    )
    torch_device = choose_device(device)
    return _build_model(*read_source(name, pretrained, checkpoint, preprocess, fetch, adapter), torch_device)


def _build_model(source: Source, weights: Weights, device: torch.device) -> Model:
    tokenizer = find_tokenizer(source.schema, source.folder, source.sizes.context)
    encoder = find_encoder(source.config(), source.folder)
    network, state = fit_weights(source, weights)
    network.load_state_dict(state)  # strictly: nothing is interpolated or left out
    image, text = image_tower(network.visual), text_tower(network)
    network = network.eval().requires_grad_(False).to(device)
    content, config = _compute_source_sha256(source), [source.config(), network.visual.preprocess_cfg]
    model = Model(
        name=source.name,
        weights=str(source.weights) if source.folder is None else source.weights.name,
        weights_sha256=content,
        fingerprint=compute_fingerprint(content, config if encoder is None else [*config, encoder.config]),
        network=network,
        image=image,
        text=text,
        preprocess=Preprocess(network.visual.preprocess_cfg, image.input_size, image.unit),
        reader=make_reader(tokenizer, text),
        device=device,
        card=_read_card(source.folder),
        build_random=partial(build_network, source.name, source.config(), folder=source.folder, drawn=True),
        notes=source.notes,
    )
    _check_card(model)
    return model


def _check_name(name: object) -> str | None:
    """Return a model's name or folder as text; raise ``ModelError`` if it is neither."""
    if isinstance(name, Path):
        return str(name)
    if not isinstance(name, str | None):
        raise ModelError(f"{short_repr(name)} is not the name of a model.", 'Give a name such as "demo", or a folder.')
    return name


def read_source(
    name: str | None,
    pretrained: str | None,
    checkpoint: str | Path | None,
    preprocess: str | Path | None,
    fetch: Callable[[str, str], Path] | None = None,
    adapter: str | Path | None = None,
) -> tuple[Source, Weights]:
    """Return the source that the arguments of ``load_model`` name, identified by its weights, and the weights."""
    source = _check_explainable(find_source(name, pretrained, checkpoint, preprocess, fetch))
    if adapter is not None and source.adapter is not None:
        raise ModelError(f"{source.name} is an adapter itself.", "Name its model beside one adapter.")
    if adapter is not None:
        place = expand_home(adapter)
        source = with_adapter(source, read_adapter(place.parent if is_file(place) else place))
    weights = read_weights(source.weights)
    source = _check_explainable(identify(source, weights))
    if source.adapter is not None:
        changes = read_weights(source.adapter.weights).state
        weights = replace(weights, state=merge_adapter(source.adapter, changes, weights.state))
    return source, weights


def _compute_source_sha256(source: Source) -> str:
    """Return the SHA-256 of a source's weights, and of its adapter."""
    own = compute_weights_sha256(source.weights)
    return own if source.adapter is None else compute_fingerprint(own, source.adapter.compute_sha256())


def _check_explainable(source: Source) -> Source:
    """Return the source; raise ``ModelError`` with the reason where it is known not to be explainable."""
    try:
        reason = find_obstacle(source.schema) if source.schema else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The config of {source.name} cannot be read: {error}.", Remedy.CHOOSE_OTHER_MODEL) from error
    if reason:
        raise ModelError(
            f"{source.name} cannot be explained: {reason}.",
            Remedy.CHOOSE_OTHER_MODEL,
        )
    if source.schema:
        check_text_files(source.config(), source.folder)
    return source


def fit_weights(source: Source, weights: Weights, device: str = "cpu") -> tuple[Any, dict[str, Tensor]]:
    """Return open_clip's network without its weights, and the weights under its names; all shapes fit.

    Raises:
        ModelError: a shape does not fit, or the preprocessing is unknown.

    """
    config = source.config()
    if device != "meta" and not is_surely_small(config):  # shapes are compared before memory is reserved
        outline = build_network(source.name, config, "meta", source.folder)
        _check_fit(source, outline, convert_names(outline, weights.state))
    network = build_network(source.name, config, device, source.folder)
    state = convert_names(network, weights.state)
    _check_fit(source, network, state)
    known = merge_preprocess_dict(PreprocessCfg(), require_preprocess(source))
    set_model_preprocess_cfg(network, {**known, "size": network.visual.image_size})
    return network, state


def _check_fit(source: Source, network: Any, state: Mapping[str, Tensor]) -> None:
    wrong = find_misfit(network, state)
    if wrong:
        raise ModelError(
            f"The weights in {source.weights.name} do not fit {source.name}: {wrong}.",
            Remedy.NAME_OR_OMIT_ARCHITECTURE if source.folder is None else "Use the config of their training.",
        )


def _check_card(model: Model) -> None:
    """Raise ``ModelError`` where the card names a layer that the model does not have."""
    for side in SIDES:
        try:
            model.resolve_layer(side, None)
        except SettingsError as error:
            message = f"{CARD_FILE} does not fit {model.name}: {error.message}"
            raise ModelError(message, "Correct or delete it.") from error


def _read_card(folder: Path | None) -> Card:
    path = folder / CARD_FILE if folder is not None else None
    if path is None or not path.exists():
        return Card()
    layers = read_document(path, CardDocument, CONFIG_FILE, ModelError)
    return Card(layers.image_layer, layers.text_layer)


def choose_device(name: str | None) -> torch.device:
    """Return the device of that name; None: the fastest one of this computer.

    Raises:
        DeviceError: this computer cannot use it; the message lists the available ones.

    """
    available = _available_devices()
    try:
        device = torch.device(available[0] if name is None else name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(
            f'This computer cannot use the device "{name}".', Remedy.CHOOSE_DEVICE, choices=", ".join(available)
        ) from error
    return device


def _available_devices() -> list[str]:
    """Return the names of the devices that torch can use on this computer, the fastest first."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    numbered = [f"cuda:{index}" for index in range(count)] if count > 1 else []
    cuda = ["cuda", *numbered] if count else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def randomise_weights(model: Model, seed: int) -> Model:
    """Return the same architecture with all weights drawn at random, as at the start of a training."""
    with torch.random.fork_rng(devices=[]):  # the caller's generator stays as it is
        torch.manual_seed(seed)
        network = model.build_random()
    network = network.eval().requires_grad_(False).to(model.device, model.dtype)
    return replace(
        model,
        weights=f"random, seed {seed}",
        weights_sha256="",
        fingerprint=compute_fingerprint(model.fingerprint, ["random", seed]),
        network=network,
        image=image_tower(network.visual),
        text=text_tower(network),
        references={},
    )


def make_reader(tokenizer: Any, text: TextTower) -> Reader:
    """Return the reader of open_clip's ``tokenizer`` for a text tower; raises ``ModelError`` where there is none."""
    kind = ClipReader if isinstance(tokenizer, SimpleTokenizer) else HFReader
    reader: Reader = kind(tokenizer, padded=text.padded, class_token=text.class_token)
    return reader
