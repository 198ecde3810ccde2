"""What a format of pair lists declares, and what its reader returns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.values.pair_list import ListedPair, ListNote

Entry = ListedPair | ListNote


@dataclass(frozen=True, slots=True)
class PairReader:
    """An opened list: the folder where its relative paths start, and its entries, which are read one by one."""

    folder: Path
    entries: Iterator[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFormat:
    """A format of pair lists: a file with one of ``endings``, or a folder that ``is_folder`` recognises.

    Attributes:
        name: its name.
        read: opens a list, from its path and the folder of its pictures (None: the format's own); raises ``ListError``.
        endings: endings of its files, in lower case.
        is_folder: returns whether a folder has this format; None: its lists are files.
        is_fallback: whether it reads the folders that no other format recognises.
        write: returns pairs as text, for one of ``endings``; None: it is read only.

    """

    name: str
    read: Callable[[Path, Path | None], PairReader]
    endings: tuple[str, ...] = ()
    is_folder: Callable[[Path], bool] | None = None
    is_fallback: bool = False
    write: Callable[[Sequence[ListedPair], str], str] | None = None


def unreadable_error(path: Path, error: OSError) -> ListError:
    """Return the error of a list that cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return ListError(f"There is no list {path}.", "Check the path.")
    return ListError(f"{path} cannot be read: {error.strerror or error}.", "Ask for permission, or copy it.")
