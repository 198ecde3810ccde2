"""Reads weights files; a file that could run code is not opened."""

import hashlib
import io
import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.weights.fingerprints import OPENAI_SHA256

ENDINGS = (".safetensors", ".pt", ".pth", ".bin")
# Errors of the readers of weights on other files; the restricted unpickler raises any of them.
_UNREADABLE = (SafetensorError, struct.error, RuntimeError, OSError, EOFError, ValueError, LookupError, AttributeError)
_POINTER = b"version https://git-lfs"
_UNAVERAGED = ("state_dict", "model_state_dict", "model")
_AVERAGED = ("state_dict_ema", "model_ema", "ema", "ema_state_dict")
_WRAPPERS = ("module.", "model.")  # prefixes of DataParallel and of training programs
_COMPILED = "_orig_mod."  # a prefix of torch.compile
_SIZES = ("input_resolution", "context_length", "vocab_size")  # numbers beside the weights in OpenAI's archives


@dataclass(frozen=True, slots=True)
class Weights:
    """A file's weights by name, on the CPU; ``notes`` name the chosen set where the file holds several."""

    state: dict[str, Tensor]
    notes: tuple[str, ...] = ()


def read_weights(path: Path) -> Weights:
    """Read a checkpoint: a state dict, alone or in a training checkpoint, or one of OpenAI's published archives.

    Averaged weights (EMA) are read only where there are no others. Prefixes of wrappers are removed from names.

    Raises:
        ModelError: the file is damaged, holds no weights, may not be read, or opening it could run code.

    """
    state, notes = _choose_state(_open(path), path.name)
    return Weights(_remove_prefixes(state), notes)


def is_torchscript(path: Path) -> bool:
    """Return whether the file holds a program with its weights, as OpenAI's own files do."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _open(path: Path) -> Any:
    try:
        if path.stat().st_size == 0:
            raise ModelError(f"{path.name} is empty.", "Fetch it again.")
        if path.suffix == ".safetensors":
            return load_file(path)
        if is_torchscript(path):
            return _read_archive(path)
        return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except PermissionError as error:
        raise ModelError(
            f"{path} cannot be read: permission denied.", "Ask for permission, or copy the file."
        ) from error
    except pickle.UnpicklingError as error:
        if "Unsupported operand" in str(error):  # not a pickle, such as a web page saved under that name
            raise _damage_error(path) from error
        raise _unsafe_error(f"{path.name} holds more than weights") from error
    except _UNREADABLE as error:
        raise _damage_error(path) from error


def _damage_error(path: Path) -> ModelError:
    with path.open("rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            return ModelError(f"{path.name} is a Git LFS pointer, not the weights.", "Fetch them: git lfs pull.")
    message = f"{path.name} cannot be read as weights: it is incomplete, damaged or of another kind."
    return ModelError(message, "Fetch it again.")


def _unsafe_error(what: str) -> ModelError:
    return ModelError(
        f"{what}: opening it could run code, so it was not opened.",
        "Save its state_dict as .safetensors where you trust it, and open that.",
    )


def _read_archive(path: Path) -> dict[str, Tensor]:
    """Read a TorchScript archive, which is a program: only those that OpenAI published."""
    data = path.read_bytes()  # the checked bytes are the opened ones
    if hashlib.sha256(data).hexdigest() not in OPENAI_SHA256:
        raise _unsafe_error(f"{path.name} is a program (TorchScript), and not one that OpenAI published")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.load.*")  # torch deprecates the format
        program = torch.jit.load(io.BytesIO(data), map_location="cpu")  # type: ignore[no-untyped-call]
    state: dict[str, Tensor] = program.state_dict()
    return {name: value for name, value in state.items() if name not in _SIZES}


def _choose_state(loaded: Any, file: str) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the weights among a checkpoint's entries, and a note where there was a choice."""
    if _is_state(loaded):
        return dict(loaded), ()
    entries = loaded if isinstance(loaded, Mapping) else {}
    raw, averaged = ([n for n in names if _is_state(entries.get(n))] for names in (_UNAVERAGED, _AVERAGED))
    if raw and averaged:
        note = f"{file} also holds averaged weights ({averaged[0]}); the others ({raw[0]}) were chosen."
        return dict(entries[raw[0]]), (note,)
    if raw:
        return dict(entries[raw[0]]), ()
    if averaged:
        return dict(entries[averaged[0]]), (f"{file} holds averaged weights (EMA) only; they were chosen.",)
    held = ", ".join(map(str, list(entries)[:5])) or type(loaded).__name__
    raise ModelError(f"{file} holds no known weights, but: {held}.", "Give a checkpoint with a state_dict.")


def _is_state(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(held, Tensor) for held in value.values())


def _remove_prefixes(state: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {name.replace(_COMPILED, ""): value for name, value in state.items()}
    while wrapper := next((one for one in _WRAPPERS if all(name.startswith(one) for name in state)), ""):
        state = {name.removeprefix(wrapper): value for name, value in state.items()}
    return state
