"""Reads weight files; nothing that could run code is opened."""

import pickle
import struct
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from exclip_desktop.core.errors import ModelError

ENDINGS = (".safetensors", ".pt", ".pth", ".bin")
# What readers of weights raise on files that are none; the restricted unpickler stumbles in any of these ways.
_UNREADABLE = (SafetensorError, struct.error, RuntimeError, OSError, EOFError, ValueError, LookupError, AttributeError)


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return each weight's shape without reading its values; refuse files that are damaged or would run code."""
    damaged = ModelError(f"{path.name} cannot be read as weights: it is damaged or of another kind.", "Fetch it again.")
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  no dict
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
        state = loaded.get("state_dict", loaded)
        return {name.removeprefix("module."): tuple(value.shape) for name, value in state.items()}
    except PermissionError as error:
        raise ModelError(f"{path} may not be read.", "Ask for permission, or copy it.") from error
    except pickle.UnpicklingError as error:
        if "Unsupported operand" in str(error):  # no pickle at all, such as a web page saved under that name
            raise damaged from error
        raise ModelError(
            f"{path.name} holds more than weights: opening it could run code, so it was not opened.",
            "Save its state_dict as .safetensors where you trust it, and open that.",
        ) from error
    except _UNREADABLE as error:
        raise damaged from error


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"
