"""What a map is of: the cosine of an embedding with the other side's."""

from torch import Tensor
from torch.nn import functional

from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.models.towers.anatomy import Anatomy


def cosine_with(other: Tensor, embedding: Tensor) -> Tensor:
    """Return the cosine of embeddings (…, D) with ``other`` (D,): (…), which gradients flow from."""
    return functional.normalize(embedding, dim=-1) @ functional.normalize(other, dim=-1)


def pooled_tokens(anatomy: Anatomy, method: str) -> list[int]:
    """Return the tokens whose streams are pooled: a class token, [EOT], or all patches of a model that averages.

    The methods were published for one such token; of several, what they follow is taken of each and averaged.

    Raises:
        MethodError: the model pools otherwise.

    """
    if not anatomy.pooled:
        raise MethodError(
            f"{method} follows pooled tokens, and this encoder pools by an attention of its own, or a maximum.",
            "Choose another method, or a model with a class token.",
        )
    return list(anatomy.pooled)


def first_block(anatomy: Anatomy, start: int) -> int:
    """Return a block's index from 0; negatives count from the end.

    Raises:
        SettingsError: there is no such block.

    """
    count = len(anatomy.blocks)
    if not -count <= start < count:
        raise SettingsError(f"There is no block {start}.", f"Give one from 0 to {count - 1}; −1 is the last.")
    return start % count


def at_least(value: int, least: int, name: str) -> None:
    """Raise ``SettingsError`` where an option is too small."""
    if value < least:
        raise SettingsError(f"{name} is {value}.", f"Give {least} or more.")


def from_zero_to_one(values: Tensor) -> Tensor:
    """Return values (N,) moved and scaled to [0, 1]; zeros where they are all the same."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else values * 0
