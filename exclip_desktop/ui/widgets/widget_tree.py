"""Finds the objects within an object of Qt."""

from typing import TypeVar

from PySide6.QtCore import QObject

Part = TypeVar("Part", bound=QObject)


def find_parts(whole: QObject, kind: type[Part]) -> list[Part]:
    """Return the objects of ``kind`` among the children of ``whole``, their children, and so on.

    WORKAROUND: ``QObject.findChildren`` of PySide6 6.11 keeps a reference to the Python object of each grandchild that
    it returns. It is never released: a dialog that was found once remains in memory with all that it refers to.
    """
    found: list[Part] = []
    for child in whole.children():
        if isinstance(child, kind):
            found.append(child)
        found += find_parts(child, kind)
    return found
