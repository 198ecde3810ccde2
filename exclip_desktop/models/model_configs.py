"""Configs and tokenizers of models by their schema: open_clip's names, its folders, and those of transformers."""

from pathlib import Path
from typing import Any

import open_clip
from open_clip import SimpleTokenizer

from exclip_desktop.models.transformers_folder import PREFIX, derive_config, register_trunk


def read_config(schema: str) -> dict[str, Any]:
    """Return open_clip's config of a model: of an architecture, ``local-dir:…`` or ``transformers:…``.

    Raises:
        ModelError: a folder of transformers cannot be explained.
        OSError, ValueError, KeyError: open_clip's folder has no sound config.

    """
    if schema.startswith(PREFIX):
        return derive_config(Path(schema.removeprefix(PREFIX)))
    config: dict[str, Any] = open_clip.get_model_config(schema)
    if config is not None:
        register_trunk(config["vision_cfg"])
    return config


def make_own_tokenizer(schema: str, context: int | None = None) -> Any:
    """Return open_clip's own tokenizer of a model whose config names no other; ``context``: tokens that it reads."""
    if schema.startswith(PREFIX):
        return SimpleTokenizer(context_length=context or read_config(schema)["text_cfg"]["context_length"])
    return open_clip.get_tokenizer(schema, context_length=context)
