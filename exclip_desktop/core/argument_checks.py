"""Checks for arguments passed from Python or a terminal."""

import operator
import reprlib
from collections.abc import Iterable
from typing import SupportsIndex


def short_repr(value: object) -> str:
    """Return a value as Python writes it, shortened, for a sentence."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of too many digits"


def is_unicode(text: str) -> bool:
    """Return whether ``text`` can be written as UTF-8: undecoded bytes and lone surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_whole_number(value: object) -> int | None:
    """Return an integer of any library as Python's; None for anything else, True and False included."""
    if not isinstance(value, SupportsIndex) or isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:  # an array of NumPy has __index__, and may refuse it
        return None


def as_numbers(value: object, count: int) -> tuple[float, ...] | None:
    """Return ``count`` numbers as Python floats; None for anything else."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        return None
    try:
        floats = tuple(float(part) for part in value)
    except (TypeError, ValueError):
        return None
    return floats if len(floats) == count else None
