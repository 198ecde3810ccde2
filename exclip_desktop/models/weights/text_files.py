"""Finds a text encoder's tokenizer and config on this computer, in the model's folder or in Hugging Face's cache."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from huggingface_hub import try_to_load_from_cache
from open_clip.tokenizer import DEFAULT_CONTEXT_LENGTH, HFTokenizer

from exclip_desktop.core.errors import ModelError, Remedy
from exclip_desktop.models.model_configs import make_own_tokenizer, read_config
from exclip_desktop.models.tokenizers.tokenizer_folder import open_tokenizer_folder
from exclip_desktop.models.towers.text_hf import FAMILIES
from exclip_desktop.models.transformers_documents import check_pair_config, read_pair_config, select_encoder_entries
from exclip_desktop.models.transformers_folder import CHINESE, derive_text_encoder

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "vocab.txt",
    "vocab.json",
)
ENCODER_FILES = ("config.json",)
MOST_REASON = 200  # characters of another package's error
OLDEST = 5  # version of transformers; earlier ones have other names for layers


@dataclass(frozen=True, slots=True)
class Encoder:
    """A local Hugging Face text encoder: open_clip's ``text_cfg``, its config, and the entries that it is built of."""

    text_cfg: dict[str, Any]
    config: dict[str, Any]
    entries: dict[str, Any]

    @contextmanager
    def written(self) -> Iterator[dict[str, Any]]:
        """Yield the ``text_cfg`` with a temporary folder, where open_clip reads the entries; it is deleted afterwards.

        Raises:
            ModelError: there is no room for it.

        """
        try:
            with TemporaryDirectory(prefix="exclip-", ignore_cleanup_errors=True) as folder:
                Path(folder, ENCODER_FILES[0]).write_text(json.dumps(self.entries), "utf-8")
                yield self.text_cfg | {"hf_model_name": folder, "hf_model_pretrained": False}
        except OSError as error:
            raise ModelError(
                f"The config of the text encoder cannot be written: {error.strerror or error}.",
                "Set TMPDIR to a folder.",
            ) from error


def find_tokenizer(schema: str, folder: Path | None, context: int | None = None) -> Any:
    """Return open_clip's tokenizer of a model; ``schema`` is open_clip's name of it. Does not use the network.

    ``context`` is the number of tokens that it reads; None: that of the config.

    Raises:
        ModelError: its files are not on this computer or cannot be read, or transformers is not installed.

    """
    text = read_config(schema)["text_cfg"]
    name = text.get("hf_tokenizer_name")
    if not name:
        return make_own_tokenizer(schema, context)
    length = context or text.get("context_length", DEFAULT_CONTEXT_LENGTH)
    return load_tokenizer(name, folder, length, text.get("tokenizer_kwargs") or {})


def load_tokenizer(name: str, folder: Path | None, context: int, options: Mapping[str, Any]) -> Any:
    """Return open_clip's wrapper of the tokenizer in the model's ``folder``, or of the repository ``name``.

    ``options`` are those that open_clip's configs have as ``tokenizer_kwargs``.

    Raises:
        ModelError: its files are not on this computer or cannot be read, or transformers is not installed.

    """
    place = _find_files(name, folder, TOKENIZER_FILES, f"The tokenizer {name}")
    local = {**options, "local_files_only": True, "trust_remote_code": False}
    with open_tokenizer_folder(place) as checked:
        try:
            return HFTokenizer(str(checked), context_length=context, **local)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the tokenizers package raises bare ones, and panics of its own kind
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:MOST_REASON]
            message = f"The tokenizer {name} in {place} cannot be read: {reason.rstrip('.')}."
            raise ModelError(message, "Fetch all of its files again.") from error


def check_text_files(config: Mapping[str, Any], folder: Path | None) -> None:
    """Raise ``ModelError`` unless the files of a model's text side are on this computer; nothing is built."""
    find_encoder(config, folder)
    name = config["text_cfg"].get("hf_tokenizer_name")
    if name:
        _find_files(name, folder, TOKENIZER_FILES, f"The tokenizer {name}")


def find_encoder(config: Mapping[str, Any], folder: Path | None) -> Encoder | None:
    """Return the Hugging Face text encoder of a model's config; None where its text encoder is open_clip's own.

    Raises:
        ModelError: its config is not on this computer, it is of an unknown kind, or transformers is not installed.

    """
    text = config["text_cfg"]
    name = text.get("hf_model_name")
    if not name:
        return None
    place = _find_files(name, folder, ENCODER_FILES, f"The text encoder {name}")
    path = place / ENCODER_FILES[0]
    own = read_pair_config(path)
    if own.get("model_type") == CHINESE:
        check_pair_config(own, path)
    own = derive_text_encoder(own) or own
    kind = str(own.get("model_type", ""))
    if kind not in FAMILIES:
        raise ModelError(
            f'The text encoder {name} is of a kind ("{kind[:MOST_REASON]}") that cannot be explained.',
            Remedy.CHOOSE_TEXT_FAMILY,
            families=", ".join(FAMILIES),
        )
    return Encoder(dict(text), own, select_encoder_entries(own, path))


def _find_files(name: str, folder: Path | None, files: tuple[str, ...], what: str) -> Path:
    """Return the folder with one of ``files``: the model's own, or that of the repository ``name`` in the cache."""
    if _transformers_version() < OLDEST:
        raise ModelError(
            f"{what} needs the package transformers, version {OLDEST} or newer, which is not installed.",
            'Install it: pip install "exclip-desktop[hf]".',
        )
    if folder is not None and any((folder / file).exists() for file in files):
        return folder
    cached = _find_cached(name, files)
    if cached is not None:
        return cached
    in_folder = f"in {folder} and " if folder is not None else ""
    listed = f"one of {', '.join(files)}" if len(files) > 1 else files[0]
    raise ModelError(
        f"{what} is not on this computer: searched {in_folder}in Hugging Face's cache for {listed}.",
        f'Fetch it where there is a network ("hf download {name}"), or put its files into the model\'s folder.',
    )


def _find_cached(name: str, files: tuple[str, ...]) -> Path | None:
    for file in files:
        try:
            cached = try_to_load_from_cache(name, file)
        except ValueError:  # not the name of a repository
            return None
        if isinstance(cached, str):
            return Path(cached).parent
    return None


def _transformers_version() -> int:
    """Return the major version of the installed transformers; 0 where it is not installed."""
    try:
        return int(version("transformers").split(".")[0])
    except PackageNotFoundError:
        return 0
