"""What is given from Python, seen to be of the kind that is meant."""

import operator
import reprlib
from collections.abc import Iterable
from typing import SupportsIndex


def short_repr(value: object) -> str:
    """Return a value as Python writes it, shortened, for a sentence."""
    return reprlib.repr(value)


def as_whole_number(value: object) -> int | None:
    """Return a whole number, of whatever library, as Python's; None for anything else, true and false included."""
    if not isinstance(value, SupportsIndex) or isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:  # an array of numpy's, which promises more than it holds
        return None


def as_numbers(value: object, count: int) -> tuple[float, ...] | None:
    """Return ``count`` numbers as Python's; None for anything else."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        return None
    try:
        found = tuple(float(part) for part in value)
    except (TypeError, ValueError):
        return None
    return found if len(found) == count else None
