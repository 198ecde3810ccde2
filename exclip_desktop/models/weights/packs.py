"""Packs a model into one folder for a computer without a network, and unpacks it there; all files are checked."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import open_clip
from huggingface_hub import try_to_load_from_cache
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from exclip_desktop.core.errors import ModelError, OutputError, Remedy
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE as SMALL_FILE
from exclip_desktop.core.inputs.regular_files import InputKind, open_regular, read_regular
from exclip_desktop.core.paths import expand_home, is_dir, is_file
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.core.temporary_files import create_temporary_folder, remove_leftovers
from exclip_desktop.core.text.number_format import format_bytes
from exclip_desktop.models.catalogue import BUNDLED, CARD_FILE, CONFIG_FILE, installed_folder
from exclip_desktop.models.loading import fit_weights, read_source
from exclip_desktop.models.weights.download import TEXT_FILES
from exclip_desktop.models.weights.find import Source

WEIGHTS_FILE: Final = "open_clip_model.safetensors"
SUMS_FILE: Final = "SHA256SUMS"  # as sha256sum writes it and checks it
PACKED_FILE: Final = InputKind("packed file", 200_000_000_000)
MOST_FILES: Final = 100
_SUM_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_CHUNK: Final = 1 << 22


def pack_model(
    out: Path,
    name: str | None = None,
    *,
    pretrained: str | None = None,
    checkpoint: str | Path | None = None,
    preprocess: str | Path | None = None,
    adapter: str | Path | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Path:
    """Write a model into the new folder ``out``: config, preprocessing, weights, tokenizer, card, checksums.

    The other arguments are those of ``load_model``; ``load_model(out)`` gives the same numbers.

    Raises:
        ModelError: the model cannot be loaded.
        OutputError: the folder exists already, or cannot be written.
        Cancelled: the person cancelled; no file is left.

    """
    report, cancel = progress or ignore_progress, cancel or CancelToken()
    source, weights = read_source(name, pretrained, checkpoint, preprocess, adapter=adapter)
    network, state = fit_weights(source, weights, "meta")
    config = {"model_cfg": source.config(), "preprocess_cfg": network.visual.preprocess_cfg}
    with _new_folder(out) as folder:
        report(Report(f"Packing {source.name}", 0, 2))
        (folder / CONFIG_FILE).write_text(json.dumps(config, indent=1), "utf-8")
        _copy_small_files(source, config["model_cfg"]["text_cfg"], folder)
        cancel.check()
        _write_weights(source, state, folder / WEIGHTS_FILE)
        cancel.check()
        report(Report(f"Packing {source.name}", 1, 2))
        sums = [f"{_compute_sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
        (folder / SUMS_FILE).write_text("".join(sums), "utf-8")
    return out


def unpack_model(packed: str | Path, *, progress: Progress | None = None, cancel: CancelToken | None = None) -> str:
    """Check a packed folder's files, copy them into the user's data folder, and return the model's name.

    Raises:
        ModelError: it is not a packed folder, a file is missing or differs, or its name is taken.
        OutputError: the data folder cannot be written.
        Cancelled: the person cancelled; no file is left.

    """
    report, cancel = progress or ignore_progress, cancel or CancelToken()
    folder = expand_home(packed)
    sums = _read_sums(folder)
    name = folder.resolve().name
    target = installed_folder() / name
    if not name or name.startswith("."):
        raise ModelError(f'"{name}" cannot be the name of a model.', "Rename the folder, and unpack it again.")
    if name == BUNDLED or name in open_clip.list_models():
        raise ModelError(f'"{name}" is the name of another model.', "Rename the folder, and unpack it again.")
    if target.is_dir():
        if _read_sums(target) == sums:
            return name
        raise ModelError(f'Another model is unpacked as "{name}".', "Rename the folder, or remove the other model.")
    with _new_folder(target) as place:
        _check_room(place, sum((folder / file).stat().st_size for file in sums))
        for number, (file, sha256) in enumerate(sums.items()):
            report(Report(f"Unpacking {name}", number, len(sums)))
            if _copy(folder / file, place / file, cancel) != sha256:
                raise ModelError(f"{folder / file} was changed after packing: its checksum differs.", "Copy it again.")
        (place / SUMS_FILE).write_text("".join(f"{sha256}  {file}\n" for file, sha256 in sums.items()), "utf-8")
    return name


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        sizes = f"{format_bytes(free)} free; the model takes {format_bytes(size)}"
        raise OutputError(f"{folder.parent} has {sizes}.", "Make room, then try again.")


def _copy(source: Path, target: Path, cancel: CancelToken) -> str:
    """Copy a file to the disk, and return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with open_regular(source, PACKED_FILE, ModelError) as file, target.open("xb") as copy:
        while chunk := file.read(_CHUNK):
            cancel.check()
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


def _copy_small_files(source: Source, text: dict[str, Any], folder: Path) -> None:
    """Copy the model's card, and the Hugging Face files of its text part."""
    sources = [
        (repository, file) for key, files in TEXT_FILES.items() if (repository := text.get(key)) for file in files
    ]
    own = source.folder
    if own is not None and (own / CARD_FILE).is_file():
        shutil.copyfile(own / CARD_FILE, folder / CARD_FILE)
    for repository, file in sources:
        local = own / file if own is not None and (own / file).is_file() else None
        cached = local or (None if expand_home(repository).is_dir() else try_to_load_from_cache(repository, file))
        if isinstance(cached, str | Path):
            shutil.copyfile(cached, folder / file)


def _write_weights(source: Source, state: dict[str, Tensor], path: Path) -> None:
    """Copy a safetensors file unchanged, so that its fingerprint stays; rewrite other formats."""
    if source.weights.suffix == ".safetensors" and source.adapter is None:
        with safe_open(source.weights, "pt") as file:
            if set(file.keys()) == set(state):
                shutil.copyfile(source.weights, path)
                return
    save_file({name: value.contiguous().clone() for name, value in state.items()}, path)


def _read_sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that a packed folder lists.

    Raises:
        ModelError: it lists no files, a file is missing, is a link or no regular file, lies outside the folder, or is
            listed twice.

    """
    try:
        lines = read_regular(folder / SUMS_FILE, SMALL_FILE, ModelError).decode("utf-8").split("\n")
        listed = [_SUM_LINE.fullmatch(line.removesuffix("\r")) for line in lines if line]
    except (ModelError, UnicodeDecodeError) as error:
        raise _not_packed(folder) from error
    sums: dict[str, str] = {}
    for line in listed:
        if line is None or len(listed) > MOST_FILES:
            raise _not_packed(folder)
        if line[2] in sums:
            raise ModelError(f"{folder / SUMS_FILE} lists {line[2]} twice.", "Do not use this folder.")
        sums[line[2]] = line[1]
    for name in (CONFIG_FILE, WEIGHTS_FILE, *sums):
        if Path(name).name != name or "\\" in name or name.startswith(".") or not name.isprintable():
            raise ModelError(f"{folder} names a file outside of it: {ascii(name)}.", "Do not use this folder.")
        if name not in sums or not is_file(folder / name):
            raise ModelError(f"{folder} is incomplete: {name} is missing.", "Copy it again.")
        if (folder / name).is_symlink():
            raise ModelError(f"{folder / name} is a link, which a packed folder has not.", "Do not use this folder.")
    return sums


def _not_packed(folder: Path) -> ModelError:
    return ModelError(f"{folder} is not a packed model: its {SUMS_FILE} cannot be read.", Remedy.CHOOSE_PACKED_FOLDER)


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder, which is renamed to ``target`` at the end; after an error no file is left."""
    if target.exists() and (not is_dir(target) or any(target.iterdir())):
        raise OutputError(f"{target} exists already.", "Choose a new folder.")
    handle, place = None, None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(target.parent)
        handle, place = create_temporary_folder(target.parent)
        yield place
        place.replace(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.", "Choose another place.") from error
    finally:
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _compute_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
