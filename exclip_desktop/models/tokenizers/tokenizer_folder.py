"""Copies a tokenizer's files for transformers: checked, and without what could name code, paths or the network."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.json_documents import read_document
from exclip_desktop.core.inputs.regular_files import CONFIG_FILE, VOCABULARY, read_regular

VOCABULARIES: Final = (
    *("tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "source.spm", "target.spm"),
    *("vocab.txt", "vocab.json", "merges.txt"),
)
SETTINGS: Final = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
MODEL_CONFIG: Final = "config.json"
MODEL_ENTRIES: Final = ("model_type", "tokenizer_class")  # which name the kind of tokenizer, where its own files do not
REFUSED: Final = frozenset(
    (
        *("auto_map", "name_or_path", "_name_or_path", "chat_template", "init_inputs", "fast_tokenizer_files"),
        *("trust_remote_code", "local_files_only", "is_local", "custom_pipelines", "quantization_config"),
        *("use_auth_token", "token", "revision", "subfolder", "cache_dir", "backend", "_commit_hash"),
    )
)
"""Entries of a tokenizer's settings that name code, files or repositories; none of them decides a token."""
HINT: Final = "Fetch all of its files again."


@contextmanager
def open_tokenizer_folder(place: Path) -> Iterator[Path]:
    """Yield a temporary folder with the tokenizer's files in ``place``; it is deleted afterwards.

    Raises:
        ModelError: a file is no regular file, is too large or cannot be read.

    """
    try:
        folder = TemporaryDirectory(prefix="exclip-", ignore_cleanup_errors=True)
    except OSError as error:
        raise ModelError(
            f"The tokenizer in {place} cannot be read: there is no temporary folder.", "Set TMPDIR to a folder."
        ) from error
    with folder as made:
        for name in VOCABULARIES:
            if (place / name).exists():
                _write(Path(made, name), read_regular(place / name, VOCABULARY, ModelError))
        for name in SETTINGS:
            if (place / name).exists():
                settings = read_document(place / name, dict[str, Any], CONFIG_FILE, ModelError, HINT)
                _write(Path(made, name), json.dumps(drop_references(settings)).encode())
        if (place / MODEL_CONFIG).exists():
            settings = read_document(place / MODEL_CONFIG, dict[str, Any], CONFIG_FILE, ModelError, HINT)
            entries = {name: settings[name] for name in MODEL_ENTRIES if isinstance(settings.get(name), str)}
            _write(Path(made, MODEL_CONFIG), json.dumps(entries).encode())
        yield Path(made)


def drop_references(settings: dict[str, Any]) -> dict[str, Any]:
    """Return a tokenizer's settings without the entries that name code, files or repositories."""
    return {name: value for name, value in settings.items() if name not in REFUSED and not name.endswith("_file")}


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}.", "Free some space, and try again.") from error
