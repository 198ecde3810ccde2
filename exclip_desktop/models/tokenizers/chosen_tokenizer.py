"""Makes the reader of a network in memory from the tokenizer that comes with it."""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any, Final

import open_clip
import torch
from open_clip import SimpleTokenizer
from open_clip.tokenizer import HFTokenizer, get_clean_fn

from exclip_desktop.core.argument_checks import short_repr
from exclip_desktop.core.errors import ModelError
from exclip_desktop.models.tokenizers.clip_vocabulary import clip_vocabulary

CLIP_VOCABULARY: Final = 49408
PROBES: Final = ("a probe of the tokenizer", "It's 2026, isn't it?", "hydrangea & naïve café")
WHAT_TO_PASS: Final = "Pass open_clip's (get_tokenizer) or one of transformers (AutoTokenizer) as tokenizer."


def choose_tokenizer(tokenizer: object, *, context: int, vocabulary: int, clean: str) -> Any:
    """Return open_clip's tokenizer for a network that reads ``context`` tokens of ``vocabulary`` ids.

    ``tokenizer`` is open_clip's, transformers', a processor with one, OpenAI's ``clip.tokenize``, or None for CLIP's
    own; ``clean`` is open_clip's name of the cleaning of captions before a tokenizer of transformers.

    Raises:
        ModelError: it is none of them, or None, and the network does not read CLIP's vocabulary.

    """
    found = getattr(tokenizer, "tokenizer", tokenizer) if hasattr(tokenizer, "image_processor") else tokenizer
    if found is None:
        if vocabulary != CLIP_VOCABULARY:
            raise ModelError(f"The network reads {vocabulary:,} token ids, which are not CLIP's.", WHAT_TO_PASS)
        return SimpleTokenizer(context_length=context)
    if isinstance(found, SimpleTokenizer | HFTokenizer):
        if int(found.context_length) > context:
            message = f"The tokenizer makes {found.context_length} tokens, and the network reads {context}."
            raise ModelError(message, WHAT_TO_PASS)
        return found
    if hasattr(found, "backend_tokenizer") or hasattr(found, "convert_tokens_to_ids"):
        return _adapt_tokenizer(found, context, clean)
    if callable(found) and _is_clips_own(found, context):
        return SimpleTokenizer(context_length=context)
    raise ModelError(f"{short_repr(tokenizer)} is no tokenizer that is known here.", WHAT_TO_PASS)


def _adapt_tokenizer(tokenizer: Any, context: int, clean: str) -> Any:
    """Return a tokenizer of transformers as open_clip's class holds it; CLIP's own is open_clip's."""
    if tokenizer.get_vocab() == clip_vocabulary():
        return SimpleTokenizer(context_length=context)
    return SimpleNamespace(
        tokenizer=deepcopy(tokenizer),  # reading sets its padding
        context_length=context,
        clean_fn=get_clean_fn(clean or "whitespace"),
        strip_sep_token=False,
    )


def _is_clips_own(tokenize: Callable[..., Any], context: int) -> bool:
    """Return whether a function, such as ``clip.tokenize``, makes the ids of CLIP's own tokenizer."""
    try:
        ids = torch.as_tensor(tokenize(list(PROBES)))
    except Exception:  # a function of the person's may raise anything
        return False
    expected = open_clip.tokenize(list(PROBES), context_length=ids.shape[-1] if ids.ndim == 2 else context)
    return ids.shape == expected.shape and bool((ids == expected).all())


def describe_tokenizer(tokenizer: Any) -> list[str]:
    """Return what decides a tokenizer's ids: its type, context, cleaning and vocabulary."""
    inner = getattr(tokenizer, "tokenizer", None)
    if inner is None:
        held = repr((sorted(tokenizer.encoder.items()), sorted(tokenizer.bpe_ranks.items())))
    else:
        backend = getattr(inner, "backend_tokenizer", None)
        held = backend.to_str() if backend is not None else repr(sorted(inner.get_vocab().items()))
    digest = hashlib.sha256(held.encode("utf-8", "surrogatepass")).hexdigest()
    return [type(tokenizer).__name__, str(tokenizer.context_length), tokenizer.clean_fn.__name__, digest]
