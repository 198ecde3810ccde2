"""Finds what a model is built from: the bundle, a folder, a checkpoint, or open_clip's cache."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
from open_clip.factory import _find_checkpoint_in_dir

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.paths import expanded, is_dir, is_file
from exclip_desktop.models.checkpoints import ENDINGS
from exclip_desktop.models.registry import (
    BUNDLED,
    CONFIG_FILE,
    bundled_folder,
    cached_weights,
    check_architecture,
    tag_config,
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a model is built from."""

    name: str
    schema: str  # what open_clip calls the model: an architecture, or local-dir:…
    weights: Path
    folder: Path | None = None
    preprocess: dict[str, Any] | None = None
    quick_gelu: bool = False


def find_source(name: str, pretrained: str | None, checkpoint: str | Path | None, allow_download: bool) -> Source:
    """Return what the arguments of ``load_model`` name.

    Raises:
        ModelError: there is no such model, it is not on this computer, or what is given does not name one.

    """
    folder = bundled_folder() if name == BUNDLED else expanded(name)
    if name == BUNDLED or is_dir(folder):
        if pretrained or checkpoint:
            raise ModelError(
                f'"{name}" brings its own weights.',
                "Leave out the tag (--pretrained) and the checkpoint (--checkpoint).",
            )
        return Source(name, f"local-dir:{folder}", _weights_in(folder), folder)
    check_architecture(name)
    if checkpoint is not None and pretrained is None:
        return Source(name, name, _checkpoint_file(expanded(checkpoint)))
    if pretrained is not None and checkpoint is None:
        return _tagged(name, pretrained, allow_download)
    raise ModelError(
        f"{name} is an architecture; which weights it shall have is not said."
        if pretrained is None
        else "Both a tag and a checkpoint are given.",
        "Give either a tag such as laion2b_s34b_b79k (--pretrained) or a checkpoint file (--checkpoint).",
    )


def _weights_in(folder: Path) -> Path:
    if not (folder / CONFIG_FILE).is_file():
        raise ModelError(
            f"The folder {folder} has no {CONFIG_FILE}.", "Choose a folder with a config and weights (--model)."
        )
    found = _find_checkpoint_in_dir(folder)  # the same file that open_clip's local-dir: loads
    if found is None:
        raise ModelError(f"The folder {folder} has no weights.", "Put open_clip_model.safetensors beside the config.")
    return Path(found)


def _checkpoint_file(path: Path) -> Path:
    if not is_file(path):
        raise ModelError(f"There is no checkpoint {path}.", "Check the path.")
    if path.suffix not in ENDINGS:
        raise ModelError(f"{path.name} is not a checkpoint this program reads.", f"It reads {', '.join(ENDINGS)}.")
    return path


def _tagged(name: str, tag: str, allow_download: bool) -> Source:
    config = tag_config(name, tag)
    path = cached_weights(config)
    if path is None and allow_download:
        try:
            path = Path(open_clip.download_pretrained(config))
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"{name} ({tag}) could not be downloaded: {error}.",
                "Check the network, or give a checkpoint file (--checkpoint).",
            ) from error
    if path is None:
        raise ModelError(
            f"{name} ({tag}) is not on this computer, and the network is off.",
            "Allow the download (--download; from Python allow_download=True), or bring a checkpoint file "
            "(--checkpoint) or a folder (--model) from another machine.",
        )
    return Source(f"{name} ({tag})", name, path, preprocess=config, quick_gelu=bool(config.get("quick_gelu")))
