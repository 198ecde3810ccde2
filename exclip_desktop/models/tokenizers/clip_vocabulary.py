"""CLIP's own vocabulary, as transformers writes it, and the check of a folder's tokenizer against it."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from open_clip import SimpleTokenizer

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.inputs.regular_files import VOCABULARY
from exclip_desktop.core.paths import is_file
from exclip_desktop.models.transformers_documents import read_json

SPECIALS: Final = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
"""Special tokens: open_clip's name → that of transformers and of OpenAI's clip."""
FILES: Final = ("tokenizer.json", "vocab.json")


@lru_cache(maxsize=1)
def clip_vocabulary() -> Mapping[str, int]:
    """Return the id of each token; those of merged tokens are in the order of the merges, so they decide these too."""
    return {SPECIALS.get(token, token): number for token, number in SimpleTokenizer().encoder.items()}


def check_clip_vocabulary(folder: Path) -> None:
    """Raise ``ModelError`` where a folder of transformers has a tokenizer whose vocabulary is not CLIP's own."""
    other = next((name for name in FILES if is_file(folder / name) and not _holds_clips(folder / name)), None)
    if other is not None:
        raise ModelError(
            f"The tokenizer of {folder.name} ({other}) does not have CLIP's own vocabulary, as this program needs.",
            "Pass it in Python: wrap_model(network, tokenizer=AutoTokenizer.from_pretrained(FOLDER)).",
        )


def _holds_clips(file: Path) -> bool:
    values = read_json(file, VOCABULARY)
    model = values.get("model")
    if not isinstance(model, dict):
        return values == clip_vocabulary()
    try:
        added = {one["content"]: one["id"] for one in values.get("added_tokens") or ()}
        vocabulary: dict[str, Any] = {**model["vocab"], **added}
    except (KeyError, TypeError, ValueError):  # of another kind of tokenizer
        return False
    return vocabulary == clip_vocabulary()
