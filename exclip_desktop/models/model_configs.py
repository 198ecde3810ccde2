"""Configs and tokenizers of models by their schema: open_clip's names, its folders, and those of transformers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import open_clip
from open_clip import SimpleTokenizer, factory

from exclip_desktop.models.config_document import read_folder_config
from exclip_desktop.models.transformers_folder import PREFIX, derive_config, register_trunk

LOCAL: Final = "local-dir:"
"""Start of the schema of a folder with open_clip's config."""


def read_config(schema: str) -> dict[str, Any]:
    """Return open_clip's config of a model: of an architecture, ``local-dir:…`` or ``transformers:…``.

    Raises:
        ModelError: the config in a folder cannot be read, or holds what the program does not understand.

    """
    if schema.startswith(PREFIX):
        return derive_config(Path(schema.removeprefix(PREFIX)))
    if schema.startswith(LOCAL):
        return read_folder_config(Path(schema.removeprefix(LOCAL)))
    config: dict[str, Any] = open_clip.get_model_config(schema)
    if config is not None:
        register_trunk(config["vision_cfg"])
    return config


def make_own_tokenizer(schema: str, context: int | None = None) -> Any:
    """Return open_clip's own tokenizer of a model whose config names no other; ``context``: tokens that it reads."""
    if not schema.startswith((PREFIX, LOCAL)):
        return open_clip.get_tokenizer(schema, context_length=context)
    text = read_config(schema)["text_cfg"]
    length = context or text.get("context_length", factory.DEFAULT_CONTEXT_LENGTH)
    if schema.startswith(PREFIX):
        return SimpleTokenizer(context_length=length)
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in _tokenizer_options(text)}
    return factory.SimpleTokenizer(context_length=length, **options)


def _tokenizer_options(text: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the options of open_clip's own tokenizer that a folder's config has, which its schema has checked."""
    for key, value in (text.get("tokenizer_kwargs") or {}).items():
        if key in ("clean", "additional_special_tokens"):
            yield key, value
