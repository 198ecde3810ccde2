"""Packs a model into one folder for a computer without a network, and unpacks it there; all files are checked."""

import hashlib
import json
import shutil
import tempfile
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
from exclip_desktop.core.paths import expand_home, is_dir, is_file
from exclip_desktop.core.progress import CancelToken, Progress, Report, ignore_progress
from exclip_desktop.models.catalogue import BUNDLED, CARD_FILE, CONFIG_FILE, installed_folder
from exclip_desktop.models.loading import fit_weights, read_source
from exclip_desktop.models.weights.download import TEXT_FILES
from exclip_desktop.models.weights.find import Source

WEIGHTS_FILE: Final = "open_clip_model.safetensors"
SUMS_FILE: Final = "SHA256SUMS"  # as sha256sum writes it and checks it


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
    if name == BUNDLED or name in open_clip.list_models():
        raise ModelError(f'"{name}" is the name of another model.', "Rename the folder, and unpack it again.")
    if target.is_dir():
        if _read_sums(target) == sums:
            return name
        raise ModelError(f'Another model is unpacked as "{name}".', "Rename the folder, or remove the other model.")
    with _new_folder(target) as place:
        for number, (file, sha256) in enumerate(sums.items()):
            report(Report(f"Unpacking {name}", number, len(sums)))
            cancel.check()
            shutil.copyfile(folder / file, place / file)
            if _compute_sha256(place / file) != sha256:  # of the copy, not of the original
                raise ModelError(f"{folder / file} was changed after packing: its checksum differs.", "Copy it again.")
        shutil.copyfile(folder / SUMS_FILE, place / SUMS_FILE)
    return name


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
        ModelError: it lists no files, a file is missing, or a file lies outside the folder.

    """
    try:
        lines = (folder / SUMS_FILE).read_text("utf-8").splitlines()
        sums = {name: sha256 for sha256, name in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError) as error:
        message = f"{folder} is not a packed model: its {SUMS_FILE} cannot be read."
        raise ModelError(message, Remedy.CHOOSE_PACKED_FOLDER) from error
    for name in (CONFIG_FILE, WEIGHTS_FILE, *sums):
        if name not in sums or not is_file(folder / name):
            raise ModelError(f"{folder} is incomplete: {name} is missing.", "Copy it again.")
        if Path(name).name != name:
            raise ModelError(f"{folder} names a file outside of it: {name}.", "Do not use this folder.")
    return sums


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder, which is renamed to ``target`` at the end; after an error no file is left."""
    if target.exists() and (not is_dir(target) or any(target.iterdir())):
        raise OutputError(f"{target} exists already.", "Choose a new folder.")
    place = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=".exclip-", dir=target.parent))
        yield place
        place.chmod(0o755)
        place.replace(target)
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}.", "Choose another place.") from error
    finally:
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)


def _compute_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
