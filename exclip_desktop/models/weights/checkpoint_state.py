"""Finds a model's weights among the entries of a checkpoint: in training programs' entries, under their prefixes."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.text.number_format import format_count

UNAVERAGED: Final = ("state_dict", "model_state_dict", "model", "module", "net", "network", "student", "weights")
AVERAGED: Final = ("state_dict_ema", "model_ema", "ema", "ema_state_dict", "module_ema")
WRAPPERS: Final = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
"""Parts of names that torch adds anywhere: torch.compile, sharded training, recomputed blocks."""
NOT_WEIGHTS: Final = ("optim", "callbacks", "lr_sched", "scheduler")  # starts of entries of training programs
DEPTH: Final = 3  # of entries in which weights are looked for
PREFIXES: Final = ("", "module.", "model.", "net.", "student.", "clip.", "clip_model.", "model.clip.")
"""Preferred prefixes, where several of a checkpoint's models fit."""
SIZES: Final = ("input_resolution", "context_length", "vocab_size")  # OpenAI's archives have them
SCALE: Final = "logit_scale"  # every CLIP has it
TOWERS: Final = ("visual.", "vision_model.")
PARTS: Final = frozenset(
    (
        *("visual", "text", "text_decoder", "transformer", "token_embedding", "positional_embedding", "ln_final"),
        *("text_projection", "logit_scale", "logit_bias", "attn_mask", "positional_embedding_res", "cls_emb"),
    )
)
"""The first parts of names in open_clip's networks."""
LONG_POSITIONS: Final = 20  # Long-CLIP keeps the first positions, and trains the others
NAMED: Final = 3  # of the weights that are left out

State = dict[str, Tensor]


def choose_state(loaded: Any, file: str) -> tuple[State, tuple[str, ...]]:
    """Return a model's weights in a checkpoint, under their own names, and notes on what was chosen and left out.

    Averaged weights (EMA) are taken only where there are no others.

    Raises:
        ModelError: the checkpoint holds no weights.

    """
    entries, notes = _choose_entry(loaded, file)
    state = {
        _clean_name(str(name)): torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        for name, value in entries.items()
        if _is_weight(value) and name not in SIZES
    }
    if any(value.is_meta or value.layout is not torch.strided for value in state.values()):
        raise ModelError(f"{file} holds weights without values, or sparse ones.", "Save them as dense tensors.")
    prefix, more = _choose_prefix(state, file)
    chosen = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    chosen, foreign = _drop_foreign(chosen)
    if foreign:
        more = (*more, _left_out(foreign, file))
    return merge_long_positions(chosen), (*notes, *more)


def _clean_name(name: str) -> str:
    for wrapper in WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def _is_weight(value: Any) -> bool:
    is_array = isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and value.flags.writeable
    return isinstance(value, Tensor) or is_array


def _drop_foreign(state: State) -> tuple[State, list[str]]:
    """Return the weights without those of parts that no CLIP of open_clip has, and the names of these."""
    if not any(name.startswith("visual.") for name in state):
        return state, []  # of another layout
    foreign = [name for name in state if name.partition(".")[0] not in PARTS]
    return {name: value for name, value in state.items() if name not in foreign}, foreign


def _left_out(names: list[str], file: str) -> str:
    named = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    return f"{file} holds {format_count(len(names), 'value')} of other parts ({named}), which were left out."


def _choose_entry(loaded: Any, file: str) -> tuple[Mapping[Any, Any], tuple[str, ...]]:
    """Return the entry with the weights, and a note where there was a choice."""
    if _is_state(loaded):
        return loaded, ()
    entries = loaded if isinstance(loaded, Mapping) else {}
    raw, averaged = ([name for name in names if _is_state(entries.get(name))] for names in (UNAVERAGED, AVERAGED))
    if raw and averaged:
        note = f"{file} also holds averaged weights ({averaged[0]}); the others ({raw[0]}) were chosen."
        return entries[raw[0]], (note,)
    if raw:
        return entries[raw[0]], ()
    if averaged:
        return entries[averaged[0]], (f"{file} holds averaged weights (EMA) only; they were chosen.",)
    inner = _find_inner(entries, DEPTH, set())
    if len(inner) == 1:
        (path, state), *_ = inner.items()
        return state, (f"{file}: the weights in its entry {path} are used.",)
    if inner:
        raise ModelError(f"{file} holds weights in several entries: {', '.join(inner)}.", "Save those of one model.")
    held = ", ".join(map(str, list(entries)[:5])) or type(loaded).__name__
    raise ModelError(f"{file} holds no known weights, but: {held}.", "Give a checkpoint with a state_dict.")


def _find_inner(
    entries: Mapping[Any, Any], depth: int, known: set[int], path: str = ""
) -> dict[str, Mapping[Any, Any]]:
    """Return the entries of other names, also inside others, that hold the weights of a CLIP; each is read once."""
    found: dict[str, Mapping[Any, Any]] = {}
    for name, value in entries.items():
        if not isinstance(value, Mapping) or id(value) in known:
            continue
        known.add(id(value))
        place = f"{path}.{name}" if path else str(name)
        if _is_state(value) and any(str(one).endswith(SCALE) for one in value):
            found[place] = value
        elif depth > 1 and not place.startswith(NOT_WEIGHTS):
            found |= _find_inner(value, depth - 1, known, place)
    return found


def _is_state(value: Any) -> bool:
    """Return whether a value holds tensors by name; numbers beside them, such as sizes, do not matter."""
    return (
        isinstance(value, Mapping)
        and any(_is_weight(held) for held in value.values())
        and all(isinstance(held, Tensor | np.ndarray | int | float | str | None) for held in value.values())
    )


def _choose_prefix(state: State, file: str) -> tuple[str, tuple[str, ...]]:
    """Return the prefix of the model's weights, and notes on other models and other weights beside them."""
    prefixes = [name.removesuffix(SCALE) for name in state if name.endswith(SCALE)]
    fitting = [one for one in prefixes if any(name.startswith(f"{one}{tower}") for name in state for tower in TOWERS)]
    if not fitting:
        return _common_wrapper(state), ()
    chosen = min(fitting, key=lambda one: (PREFIXES.index(one) if one in PREFIXES else len(PREFIXES), one))
    others = [one for one in fitting if one != chosen]
    notes = []
    if others:
        found = ", ".join(one or "no prefix" for one in sorted((chosen, *others)))
        notes.append(f"{file} holds {len(fitting)} models ({found}); {chosen or 'the one without a prefix'} was taken.")
    rest = [name for name in state if not name.startswith((chosen, *others))]  # none where one has no prefix
    if rest:
        notes.append(_left_out(rest, file))
    return chosen, tuple(notes)


def _common_wrapper(state: State) -> str:
    """Return the prefix of wrappers that all names share."""
    prefix = ""
    while wrapper := next((one for one in PREFIXES[1:] if all(n.startswith(f"{prefix}{one}") for n in state)), ""):
        prefix += wrapper
    return prefix


def merge_long_positions(state: State) -> State:
    """Return weights whose text positions are one tensor: Long-CLIP adds up two, each masked."""
    trained = state.pop("positional_embedding_res", None)
    own = state.get("positional_embedding")
    if trained is not None and own is not None and trained.shape == own.shape:
        state["positional_embedding"] = torch.cat((own[:LONG_POSITIONS], trained[LONG_POSITIONS:]))
    return state
