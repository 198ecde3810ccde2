"""Preprocessing of pictures for models whose weights do not record it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.core.inputs.json_documents import check_document, read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE
from exclip_desktop.core.paths import expand_home, is_file

Triple = tuple[float, float, float]

INTERPOLATIONS: Final = ("bicubic", "bilinear")  # those that open_clip has
RESIZE_MODES: Final = ("shortest", "longest", "squash")
MOST_MEAN, LEAST_STD = 1e6, 1e-6
Mean = Annotated[float, Meta(ge=-MOST_MEAN, le=MOST_MEAN)]
Deviation = Annotated[float, Meta(ge=LEAST_STD, le=MOST_MEAN)]
_HINT: Final = 'Give for instance {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}.'


class PreprocessDocument(Struct, frozen=True):
    """A file with a preprocessing; entries of training are not read."""

    mean: tuple[Mean, Mean, Mean]
    std: tuple[Deviation, Deviation, Deviation]
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Literal["shortest", "longest", "squash"] = "shortest"
    fill_color: Annotated[int, Meta(ge=0, le=255)] = 0


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """A usual preprocessing: its ``name``, the models that have it, and its ``preprocess_cfg``.

    Mean and deviation are of channels in [0, 1].
    """

    name: str
    description: str
    mean: Triple
    std: Triple
    interpolation: str
    resize_mode: str

    @property
    def title(self) -> str:
        """Name and description, for a person who chooses."""
        return f"{self.name} ({self.description})"

    @property
    def config(self) -> dict[str, Any]:
        """The entries of a ``preprocess_cfg``."""
        names = ("mean", "std", "interpolation", "resize_mode")
        return {name: getattr(self, name) for name in names}


PREPROCESSINGS: Final = (
    Preprocessing(
        "openai",
        "OpenAI's and most OpenCLIP models: shortest side, centre crop",
        (0.48145466, 0.4578275, 0.40821073),
        (0.26862954, 0.26130258, 0.27577711),
        "bicubic",
        "shortest",
    ),
    Preprocessing(
        "imagenet",
        "CLIPA: ImageNet's mean, squashed to a square",
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
        "bilinear",
        "squash",
    ),
    Preprocessing(
        "inception",
        "SigLIP: mean and deviation 0.5, squashed to a square",
        (0.5, 0.5, 0.5),
        (0.5, 0.5, 0.5),
        "bicubic",
        "squash",
    ),
    Preprocessing(
        "mobileclip",
        "MobileCLIP: values as they are, shortest side, centre crop",
        (0.0, 0.0, 0.0),
        (1.0, 1.0, 1.0),
        "bilinear",
        "shortest",
    ),
)
"""The choices; the values are open_clip's own for these families."""


def find_preprocessing(source: str | Path) -> dict[str, Any]:
    """Return the ``preprocess_cfg`` of a name in ``PREPROCESSINGS``, or of a JSON file.

    The file holds ``mean`` and ``std``, and may hold ``interpolation`` (else bicubic) and ``resize_mode`` (else
    shortest); an ``open_clip_config.json`` works as well.

    Raises:
        ModelError: there is no such name or file, or the file has no valid preprocessing.

    """
    named = next((one for one in PREPROCESSINGS if one.name == str(source)), None)
    if named is not None:
        return named.config
    path = expand_home(source)
    names = ", ".join(one.name for one in PREPROCESSINGS)
    if not is_file(path):
        raise ModelError(f'There is no preprocessing "{source}".', Remedy.CHOOSE_PREPROCESSING, choices=names)
    document = read_document(path, dict[str, Any], CONFIG_FILE, ModelError, _HINT)
    held = document.get("preprocess_cfg", document)
    check_document(held, PreprocessDocument, path, ModelError, _HINT)
    return check_preprocess_cfg(held)


def check_preprocess_cfg(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ``preprocess_cfg`` with every entry that decides a number.

    Raises:
        KeyError, TypeError, ValueError: mean or deviation is missing, or an entry is wrong.

    """
    mean, std = (tuple(float(value) for value in config[name]) for name in ("mean", "std"))
    numbers = all(math.isfinite(value) and abs(value) <= MOST_MEAN for value in (*mean, *std))
    if len(mean) != 3 or len(std) != 3 or not numbers or min(std) < LEAST_STD:
        raise ValueError("mean and std are three numbers each, and std is positive")
    interpolation, mode = config.get("interpolation", "bicubic"), config.get("resize_mode", "shortest")
    if interpolation not in INTERPOLATIONS or mode not in RESIZE_MODES:
        raise ValueError(f"interpolation is one of {INTERPOLATIONS}, resize_mode of {RESIZE_MODES}")
    checked = {"mean": mean, "std": std, "interpolation": interpolation, "resize_mode": mode}
    return {**checked, "fill_color": int(config["fill_color"])} if "fill_color" in config else checked
