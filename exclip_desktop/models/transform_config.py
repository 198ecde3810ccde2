"""Reads the preprocessing of pictures out of what a program holds: a transform, a processor, a config or a name."""

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, Final

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.core.values.preprocessing import PREPROCESSINGS, check_preprocess_cfg, find_preprocessing
from exclip_desktop.models.transformers_documents import Config, read_image_processor

HARMLESS: Final = (
    "ToTensor",
    "MaybeToTensor",
    "MaybeConvertMode",
    "ToImage",
    "PILToTensor",
    "ToDtype",
    "ConvertImageDtype",
)
"""Steps of a transform that convert a picture, and decide no number."""
CONVERTERS: Final = ("_convert_to_rgb", "_convert_image_to_rgb")  # functions of open_clip and clip
PREPROCESSORS: Final = ("preprocessor_config.json", "processor_config.json")
INTERPOLATIONS: Final = {2: "bilinear", 3: "bicubic"}  # Pillow's numbers, as ``resample`` has them
RESAMPLES: Final = {0: "nearest", 1: "lanczos", 4: "box", 5: "hamming"}  # those that open_clip lacks
STEPS: Final = ("do_resize", "do_rescale", "do_normalize")
RESIZES: Final = ("Resize", "ResizeKeepRatio")
CROPS: Final = ("CenterCrop", "CenterCropOrPad")
WHAT_TO_PASS: Final = (
    "Pass as preprocess: open_clip's transform for evaluation, a processor of transformers, a dictionary or JSON file "
    f"with mean, std, interpolation and resize_mode, or one of {', '.join(one.name for one in PREPROCESSINGS)}."
)


def read_preprocess(source: object, input_size: tuple[int, int]) -> Config:
    """Return the ``preprocess_cfg`` of a transform, an image processor, a config, a name or a JSON file.

    ``input_size`` is the model's (h, w).

    Raises:
        ModelError: it is none of them, or preprocesses in a way, or to a size, that the model's towers do not have.

    """
    if isinstance(source, str | Path):
        return find_preprocessing(source)
    if isinstance(getattr(source, "transforms", None), list | tuple):
        return _read_transform(list(source.transforms), input_size)  # type: ignore[attr-defined]
    values = _find_values(source)
    if values is None:
        raise ModelError(f"{short_repr(source)} does not tell how it preprocesses pictures.", WHAT_TO_PASS)
    return _read_values(values, type(source).__name__, input_size)


def _find_values(source: object) -> Config | None:
    """Return the plain values of a config or of an image processor; None for anything else."""
    processor = getattr(source, "image_processor", source)
    if isinstance(processor, Mapping):
        return dict(processor)
    if is_dataclass(processor) and not isinstance(processor, type):
        return asdict(processor)
    to_dict = getattr(processor, "to_dict", None)
    return dict(to_dict()) if hasattr(processor, "image_mean") and callable(to_dict) else None


def _read_values(values: Config, name: str, input_size: tuple[int, int]) -> Config:
    if "image_mean" in values:
        size = values.get("crop_size") or values.get("size")
        _check_size(_as_pair(size), input_size, name)
        converted = convert_preprocess({one: _as_plain(value) for one, value in values.items()}, name)
        values = converted or values
    try:
        return check_preprocess_cfg(values)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{name} holds no preprocessing: {error}.", WHAT_TO_PASS) from error


def _as_plain(value: Any) -> Any:
    """Return an enumeration's number, or a mapping as a dictionary."""
    if isinstance(value, Mapping):
        return dict(value)
    return getattr(value, "value", value)


def _as_pair(size: Any) -> tuple[int, int] | None:
    """Return (h, w) of a size as transformers writes it; None where it names one side only."""
    if isinstance(size, Mapping):
        size = size.get("height", size.get("shortest_edge")), size.get("width", size.get("shortest_edge"))
    elif isinstance(size, int):
        size = size, size
    height, width = size if isinstance(size, list | tuple) and len(size) == 2 else (None, None)
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


def _check_size(size: tuple[int, int] | None, input_size: tuple[int, int], name: str) -> None:
    if size is not None and size != input_size:
        made, read = ("{} × {}".format(*reversed(one)) for one in (size, input_size))
        raise ModelError(f"{name} makes pictures of {made} pixels, and the model reads {read}.", WHAT_TO_PASS)


def _read_transform(steps: list[Any], input_size: tuple[int, int]) -> Config:
    """Return the ``preprocess_cfg`` of the steps of a transform of torchvision: those that open_clip and clip make."""
    names = [type(step).__name__ for step in steps]
    resizes, crops, normals = (
        [step for step, name in zip(steps, names, strict=True) if name in kinds]
        for kinds in (RESIZES, CROPS, ("Normalize",))
    )
    other = next((_describe_step(step) for step in steps if not _is_known(step)), None)
    if other is not None or len(resizes) != 1 or len(crops) > 1 or len(normals) != 1:
        reason = f"has the step {other}" if other else "does not resize and normalise once each"
        raise ModelError(f"The transform {reason}, which is not known here.", WHAT_TO_PASS)
    resize, crop = resizes[0], crops[0] if crops else None
    size, mode = _read_resize(resize, crop)
    _check_size(size, input_size, "The transform")
    config = {
        "mean": normals[0].mean,
        "std": normals[0].std,
        "interpolation": str(getattr(resize.interpolation, "value", resize.interpolation)),
        "resize_mode": mode,
    }
    if crop is not None and hasattr(crop, "fill"):
        config["fill_color"] = crop.fill
    return _read_values(config, "The transform", input_size)


def _is_known(step: Any) -> bool:
    named = (*HARMLESS, *RESIZES, *CROPS, "Normalize")
    return type(step).__name__ in named or getattr(step, "__name__", "") in CONVERTERS


def _describe_step(step: Any) -> str:
    name = getattr(step, "__name__", type(step).__name__)
    return f"{name}, of a training," if name.startswith("Random") else str(name)


def _read_resize(resize: Any, crop: Any) -> tuple[tuple[int, int], str]:
    """Return the size (h, w) of the resized and cropped picture, and open_clip's mode."""
    squashes = type(resize).__name__ == "Resize" and not isinstance(resize.size, int) and len(resize.size) == 2
    one_side = resize.size[0] if isinstance(resize.size, list | tuple) and len(resize.size) == 1 else resize.size
    resized, longest = _as_pair(one_side), getattr(resize, "longest", 0.0)
    if crop is None and not squashes:
        raise ModelError("The transform resizes pictures, and does not crop them to one size.", WHAT_TO_PASS)
    if resized is None or (crop is not None and _as_pair(crop.size) != resized) or longest not in (0.0, 1.0):
        cropped = "nothing" if crop is None else crop.size
        raise ModelError(f"The transform resizes to {resize.size} and crops to {cropped}.", WHAT_TO_PASS)
    return resized, "squash" if squashes else "longest" if longest else "shortest"


def derive_preprocess(folder: Path) -> Config | None:
    """Return open_clip's ``preprocess_cfg`` of a folder; None where it has no mean and deviation.

    Raises:
        ModelError: its preprocessing is none that open_clip has.

    """
    values: Config = {}
    for name in PREPROCESSORS:
        values = read_image_processor(folder / name) or values
        if "image_mean" in values:
            break
    return convert_preprocess(values, folder.name)


def convert_preprocess(values: Config, name: str) -> Config | None:
    """Return open_clip's ``preprocess_cfg`` of the values of an image processor of transformers.

    None: they have no mean and deviation.

    Raises:
        ModelError: its preprocessing is none that open_clip has; the message contains ``name``.

    """
    if values.get("image_mean") is None or values.get("image_std") is None:
        return None
    _refuse_other_steps(values, name)
    interpolation = INTERPOLATIONS[values.get("resample", 3)]
    size, crop = values.get("size"), values.get("crop_size")
    crops = bool(values.get("do_center_crop", crop is not None))
    shortest = size.get("shortest_edge") if isinstance(size, dict) else size
    cropped = crop.get("height") if isinstance(crop, dict) else crop
    if crops and shortest is not None and shortest != cropped:
        raise ModelError(
            f"{name} preprocesses pictures in a way that is not known here: it resizes to {shortest} and "
            f"crops to {cropped}.",
            Remedy.CHOOSE_OTHER_MODEL,
        )
    return {
        "mean": list(values["image_mean"]),
        "std": list(values["image_std"]),
        "interpolation": interpolation,
        "resize_mode": "shortest" if crops else "squash",
    }


def _refuse_other_steps(values: Config, name: str) -> None:
    """Raise ``ModelError`` where an image processor leaves out a step, or takes it in a way that open_clip lacks."""
    resample, factor = values.get("resample", 3), values.get("rescale_factor") or 1 / 255
    left_out = next((step for step in STEPS if values.get(step) is False), "")
    if resample not in INTERPOLATIONS:
        reason = f"the interpolation {RESAMPLES.get(resample, resample)}"
    elif left_out:
        reason = f"{left_out} set to false"
    elif not (isinstance(factor, int | float) and math.isclose(factor, 1 / 255, rel_tol=1e-3)):
        reason = f"the rescale_factor {factor}"
    else:
        return
    raise ModelError(
        f"{name} preprocesses pictures in a way that is not known here: with {reason}.", Remedy.CHOOSE_OTHER_MODEL
    )
