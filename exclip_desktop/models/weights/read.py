"""Reads weights files; a file that could run code is not opened."""

import argparse
import datetime
import hashlib
import io
import pickle
import re
import struct
import warnings
import zipfile
from _codecs import encode
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Annotated, Any, BinaryIO, Final

import numpy as np
import torch
from msgspec import Meta, Struct
from numpy._core.multiarray import _reconstruct, scalar
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.json_documents import read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, InputKind, open_regular
from exclip_desktop.core.paths import is_file
from exclip_desktop.models.weights.checkpoint_state import choose_state
from exclip_desktop.models.weights.fingerprints import OPENAI_SHA256, compute_sha256
from exclip_desktop.models.weights.pickle_check import check_checkpoint

SHARD_ENDINGS = (".safetensors", ".bin", ".pt", ".pth")
ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
INDEX = ".index.json"  # of weights in several files
# Errors of the readers of weights on other files; the restricted unpickler raises any of them.
_UNREADABLE = (
    *(SafetensorError, struct.error, RuntimeError, OSError, EOFError, ValueError, LookupError, AttributeError),
    *(TypeError, ArithmeticError, AssertionError, MemoryError),
)
WEIGHTS: Final = InputKind("weights file", 4_000_000_000_000)
HEADER: Final = InputKind("header of weights", 5_000_000)
_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")
HARMLESS: Final[list[Any]] = [
    *(argparse.Namespace, SimpleNamespace, OrderedDict, defaultdict),
    *(np.dtype, np.ndarray, np.float64, np.float32, np.int64, np.int32, np.bool_),
    *(type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64, np.int32, np.bool_)),
    *(datetime.datetime, datetime.date, datetime.timedelta),
    *((PurePosixPath, f"pathlib.{kind}") for kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")),
    *((_reconstruct, name) for name in ("numpy._core.multiarray._reconstruct", "numpy.core.multiarray._reconstruct")),
    *((scalar, name) for name in ("numpy._core.multiarray.scalar", "numpy.core.multiarray.scalar")),
    *((encode, "_codecs.encode"),),
]
"""What training programs store beside weights; making these objects runs nothing."""
_POINTER = b"version https://git-lfs"


class ShardIndex(Struct, frozen=True):
    """The index of weights in several files: name of each weight → its file."""

    weight_map: dict[str, Annotated[str, Meta(max_length=255)]]


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
    state, notes = choose_state(_open(path), path.name)
    return Weights(state, notes)


def list_files(path: Path) -> list[Path]:
    """Return the files that hold weights: the file itself, or those that an index of shards names.

    Raises:
        ModelError: the index cannot be read, or names files outside of its folder.

    """
    if not path.name.endswith(INDEX):
        return [path]
    index = read_document(path, ShardIndex, CONFIG_FILE, ModelError, "Fetch it again.")
    names = sorted(set(index.weight_map.values()))
    files = [path.with_name(name) for name in names if Path(name).name == name and name.endswith(SHARD_ENDINGS)]
    if len(files) < len(names) or not files:
        raise ModelError(f"{path.name} names files outside of its folder.", "Fetch the model again.")
    missing = next((file for file in files if not is_file(file)), None)
    if missing is not None:
        raise ModelError(f"{missing.name}, a part of the weights, is missing.", "Fetch all parts.")
    return files


def count_bytes(path: Path) -> int:
    """Return the size of a file of weights, or of all its shards."""
    return sum(file.stat().st_size for file in list_files(path))


def compute_weights_sha256(path: Path) -> str:
    """Return the SHA-256 of a file of weights, or of those of its shards, one after the other."""
    digests = [compute_sha256(file) for file in list_files(path)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def is_torchscript(path: Path) -> bool:
    """Return whether the file holds a program with its weights, as OpenAI's own files do."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _open(path: Path) -> Any:
    files = list_files(path)
    if files != [path]:
        return {name: value for file in files for name, value in _open(file).items()}
    try:
        with open_regular(path, WEIGHTS, ModelError) as file:
            if path.stat().st_size == 0:
                raise ModelError(f"{path.name} is empty.", "Fetch it again.")
            if _is_safetensors(path, file):
                return load_file(path)
            if path.suffix == ".safetensors" and zipfile.is_zipfile(path):
                message = f"{path.name} is a checkpoint of torch, not safetensors."
                raise ModelError(message, "Rename it so that it ends in .pt.")
            if is_torchscript(path):
                return _read_archive(path)
            check_checkpoint(path, file)
        with torch.serialization.safe_globals(HARMLESS), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks on a file's form; what matters is checked
            loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
        _check_volume(loaded, path)
        return loaded
    except PermissionError as error:
        raise ModelError(
            f"{path} cannot be read: permission denied.", "Ask for permission, or copy the file."
        ) from error
    except pickle.UnpicklingError as error:
        if "Unsupported operand" in str(error):  # not a pickle, such as a web page saved under that name
            raise _damage_error(path) from error
        found = _GLOBAL.search(str(error))
        held = f", an object of the type {found[1]}" if found else ""
        raise _unsafe_error(f"{path.name} holds more than weights{held}") from error
    except _UNREADABLE as error:
        raise _damage_error(path) from error


def _is_safetensors(path: Path, file: BinaryIO) -> bool:
    """Return whether a file has the form of safetensors, whatever its ending: a length, then JSON of that length.

    Raises:
        ModelError: the JSON is larger than that of 50,000 weights.

    """
    start = file.read(9)
    file.seek(0)
    length = int.from_bytes(start[:8], "little")
    if start[8:] != b"{" or length + 8 > path.stat().st_size:
        return False
    if length > HEADER.most_bytes:
        raise HEADER.too_large(f"The header of {path.name}", ModelError)
    return True


def _check_volume(loaded: Any, path: Path) -> None:
    """Raise ``ModelError`` where weights claim more values than the file holds, by repeating or inventing them."""
    most, total = path.stat().st_size, 0
    places: set[int] = set()
    for value in _iterate_arrays(loaded, set()):
        if isinstance(value, np.ndarray):
            place, size = value.ctypes.data, value.nbytes
        else:
            place, size = value.untyped_storage().data_ptr(), value.untyped_storage().nbytes()
        total += 0 if place in places else size
        places.add(place)
        if value.nbytes > size or total > most:
            raise ModelError(
                f"{path.name} names more values than it holds.",
                "Save its state_dict as .safetensors, and open that.",
            )


def _iterate_arrays(value: Any, known: set[int]) -> Iterator[Tensor | np.ndarray[Any, Any]]:
    """Yield the dense tensors and arrays in dictionaries and lists, each container once."""
    if isinstance(value, np.ndarray) or (isinstance(value, Tensor) and value.layout is torch.strided):
        if isinstance(value, np.ndarray) or not value.is_meta:
            yield value
    elif isinstance(value, Mapping | list | tuple) and id(value) not in known:
        known.add(id(value))
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _iterate_arrays(inner, known)


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
    published = compute_sha256(path) in OPENAI_SHA256
    data = path.read_bytes() if published else b""  # the checked bytes are the opened ones
    if hashlib.sha256(data).hexdigest() not in OPENAI_SHA256:
        raise _unsafe_error(f"{path.name} is a program (TorchScript), and not one that OpenAI published")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.load.*")  # torch deprecates the format
        program = torch.jit.load(io.BytesIO(data), map_location="cpu")  # type: ignore[no-untyped-call]
    state: dict[str, Tensor] = program.state_dict()
    return dict(state)
