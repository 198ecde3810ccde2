"""Errors of a computation: memory runs out, values are not finite."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from exclip_desktop.core.errors import MemoryShortage, ModelError, Remedy

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether memory ran out; CPU and MPS raise a ``RuntimeError`` then."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


@contextmanager
def convert_memory_errors() -> Iterator[None]:
    """Raise ``MemoryShortage`` instead of torch's errors where memory runs out."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryShortage("There is not enough memory for this.", Remedy.SAVE_MEMORY) from error


def check_finite(rows: Tensor) -> Tensor:
    """Return ``rows``; raise ``ModelError`` where a value is not finite."""
    if not bool(torch.isfinite(rows).all()):
        raise ModelError(
            "The model gives values that are not numbers for this pair.",
            Remedy.CHECK_WEIGHTS,
        )
    return rows
