"""What can go wrong while a model computes, in sentences: memory runs out, values are no numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from exclip_desktop.core.errors import MemoryShortage, ModelError
from exclip_desktop.core.remedies import Remedy

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out; CPU and MPS say so by a plain ``RuntimeError``."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


@contextmanager
def memory_told() -> Iterator[None]:
    """Turn running out of memory into a ``MemoryShortage``."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryShortage(
            "There is not enough memory for this.",
            Remedy.SAVE_MEMORY,
        ) from error


def check_finite(rows: Tensor) -> Tensor:
    """Return ``rows``; raises ``ModelError`` where a value is no number."""
    if not bool(torch.isfinite(rows).all()):
        raise ModelError(
            "The model gives values that are not numbers for this pair.",
            Remedy.CHECK_WEIGHTS,
        )
    return rows
