"""Walks a folder of pictures and its subfolders; what is no file is left out, with a note."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from exclip_desktop.core.inputs.regular_files import NOT_REGULAR
from exclip_desktop.core.values.pair_list import ListNote

MOST_FOLDERS_DEEP: Final = 100


@dataclass(frozen=True, slots=True)
class WalkedFolder:
    """A folder, with the sorted names of its files, and notes on what was left out; names with a dot are skipped."""

    path: Path
    files: tuple[str, ...]
    notes: tuple[ListNote, ...]


def walk_folders(root: Path) -> Iterator[WalkedFolder]:
    """Yield a folder and its subfolders, by name.

    Links to files are followed. Links to folders are followed once, to folders that are not walked anyway; a note names
    those that lead out of ``root``, and those that lead back to a folder that contains them.
    """
    walk = _Walk(root)
    waiting = [(root, 0)]
    while waiting:
        path, depth = waiting.pop()
        folder, below = walk.look_into(path, depth)
        yield folder
        waiting += [(path / name, depth + 1) for name in reversed(below)]


class _Walk:
    def __init__(self, root: Path) -> None:
        self._root, self._target = root, Path(os.path.realpath(root))
        self._linked: set[str] = set()  # real paths of folders outside that links lead to

    def look_into(self, path: Path, depth: int) -> tuple[WalkedFolder, list[str]]:
        """Return a folder, and the names of its subfolders, sorted."""
        files, below, notes = list[str](), list[str](), list[ListNote]()
        try:
            with os.scandir(path) as found:
                entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda one: one.name)
        except OSError as error:
            why = f"this folder cannot be read ({error.strerror}); left out."
            return WalkedFolder(path, (), (ListNote(self._name(path), why, "folder"),)), []
        for entry in entries:
            note = ""
            if _is(entry.is_file):
                files.append(entry.name)
            elif _is(entry.is_dir):
                follows, note = self._follows(entry, depth)
                below += [entry.name] * follows
            else:
                note = f"this is {_describe(entry)}; left out."
            if note:
                notes.append(ListNote(self._name(Path(entry.path)), note, note))
        return WalkedFolder(path, tuple(files), tuple(notes)), below

    def _follows(self, entry: "os.DirEntry[str]", depth: int) -> tuple[bool, str]:
        """Return whether a subfolder is walked, and a note where there is a doubt."""
        if depth >= MOST_FOLDERS_DEEP:
            return False, f"this folder is deeper than {MOST_FOLDERS_DEEP} folders; left out."
        if not entry.is_symlink():
            return True, ""
        target = Path(os.path.realpath(entry.path))
        if Path(os.path.realpath(os.path.dirname(entry.path))).is_relative_to(target):
            return False, "this link leads to a folder that contains it; left out."
        if target.is_relative_to(self._target):
            return False, "this link leads to a folder that is read in its own place; left out."
        if str(target) in self._linked or self._target.is_relative_to(target):
            return False, "this link leads to a folder that is read already; left out."
        if any(target.is_relative_to(one) for one in self._linked):
            return False, "this link leads to a folder that is read already; left out."
        self._linked.add(str(target))
        return True, "this link leads out of the folder; its pictures are read."

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix() if path != self._root else self._root.name


def _is(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except OSError:  # such as a loop of links
        return False


def _describe(entry: "os.DirEntry[str]") -> str:
    """Return what a name is that is neither file nor folder."""
    try:
        mode = entry.stat().st_mode
    except OSError:
        return "a link that leads nowhere" if entry.is_symlink() else "nothing that can be read"
    return next((name for check, name in NOT_REGULAR if check(mode)), "no file")
