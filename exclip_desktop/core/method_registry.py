"""Finds the methods: built-in modules of ``attribution.methods``, and entry points of installed packages."""

import logging
import os
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from exclip_desktop.core.errors import Remedy, SettingsError
from exclip_desktop.core.methods import AttributionMethod, Option, Order
from exclip_desktop.core.values.settings import Side

OURS: Final = "second-order"
BUILT_IN: Final = "exclip_desktop.attribution.methods"  # imported by name: core must not know attribution
ENTRY_POINTS: Final = "exclip_desktop.methods"
RESERVED_KEYS: Final = ("random",)  # the random control of studies
RESERVED_OPTIONS: Final = frozenset(
    ["model", "image", "caption", "method", "side", "target", "framing", "max_megapixels", "each", "progress", "cancel"]
)
"""Arguments of ``map_by`` and ``matrix_by``; options cannot have these names."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PluginError:
    """A method of an installed package that cannot be used: the entry point, its package, and the reason."""

    name: str
    package: str
    reason: str

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.name} ({self.package}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Registry:
    """All methods.

    Attributes:
        methods: by key; ours first, then first-order, then second-order ones, then those of installed packages.
        packages: the installed package by the key of its method.
        errors: what is wrong with methods of installed packages; grows when one of them fails.

    """

    methods: Mapping[str, AttributionMethod]
    packages: Mapping[str, str]
    errors: list[PluginError] = field(default_factory=list)


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return all methods, found at the first call; takes some milliseconds, and never raises for a plug-in."""
    methods, packages, errors = {row.key: row for row in _built_in()}, dict[str, str](), list[PluginError]()
    for point in _entry_points():
        package = getattr(point.dist, "name", "") or "unknown package"
        try:
            method = _check_method(point.load(), methods)
        except (Exception, SystemExit) as error:  # a plug-in may raise anything, and must not cost the window
            _log.warning("method %s of %s cannot be used", point.name, package, exc_info=True)
            errors.append(PluginError(point.name, package, f"{type(error).__name__}: {error}"))
            continue
        methods[method.key], packages[method.key] = method, package
    return Registry(methods, packages, errors)


def all_methods() -> Mapping[str, AttributionMethod]:
    """Return every method by its key, in the order of the table."""
    return registry().methods


def installed_package(key: str) -> str | None:
    """Return the installed package that a method belongs to; None for a built-in one."""
    return registry().packages.get(key)


def plugin_errors() -> tuple[PluginError, ...]:
    """Return what is wrong with methods of installed packages, as far as they were loaded and run."""
    return tuple(registry().errors)


def report_plugin_error(key: str, error: Exception) -> None:
    """Remember that a method of an installed package failed while it ran; any thread may call this."""
    known = registry()
    entry = PluginError(key, known.packages.get(key, "built in"), f"{type(error).__name__}: {error}")
    if entry not in known.errors:
        known.errors.append(entry)
        _log.warning("method %s of %s failed", key, entry.package, exc_info=error)


def method_keys(order: Order | None = None, side: Side | None = None) -> tuple[str, ...]:
    """Return the keys of all methods, or of those of one order, or of those that map a side."""
    rows = all_methods().values()
    return tuple(row.key for row in rows if order in (None, row.order) and (side is None or side in row.sides))


def method_by_key(key: str, order: Order | None = None) -> AttributionMethod:
    """Return a method.

    Raises:
        SettingsError: there is no method of that key and order.

    """
    keys = method_keys(order)
    if key not in keys:
        raise SettingsError(f'There is no method "{key}".', Remedy.CHOOSE_METHOD, choices=", ".join(keys))
    return all_methods()[key]


def method_name(key: str) -> str:
    """Return a method's name as written in papers; the key itself where the method is not installed."""
    return all_methods()[key].name if key in all_methods() else key


def format_table() -> str:
    """Return the table as text: key, name, citation, result, cost, and every option with its default."""
    return "\n".join(line for row in all_methods().values() for line in _lines(row))


def _built_in() -> list[AttributionMethod]:
    """Return the built-in methods, ours first."""
    package = import_module(BUILT_IN)
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    rows = [import_module(f"{BUILT_IN}.{name}").METHOD for name in names]
    return sorted(rows, key=lambda row: (row.key != OURS, row.order, row.position, row.key))


def _check_method(method: object, known: Mapping[str, AttributionMethod]) -> AttributionMethod:
    """Return the method of an entry point, or raise ``TypeError`` or ``ValueError`` where it cannot be used."""
    if not isinstance(method, AttributionMethod):
        raise TypeError(f"it is {type(method).__name__}, not an AttributionMethod (exclip_desktop.core.methods)")
    if method.key in known or method.key in RESERVED_KEYS:
        raise ValueError(f'the key "{method.key}" is taken')
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", method.key):
        raise ValueError(f'the key "{method.key}" is not lower-case words joined by hyphens')
    reserved = RESERVED_OPTIONS.intersection(method.default_options(method.sides[0]))
    if reserved:
        raise ValueError(f"options cannot be called {', '.join(sorted(reserved))}")
    return method


def _entry_points() -> Iterable[Any]:
    """Return the entry points of the group, by name.

    Importing ``importlib.metadata`` and scanning all packages takes longer (0.15 s) than reading their files.
    """
    if not any(ENTRY_POINTS in text for text in _entry_point_files()):
        return ()
    metadata = import_module("importlib.metadata")
    return sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda point: str(point.name))


def _entry_point_files() -> Iterator[str]:
    """Yield the text of every ``entry_points.txt`` of the packages on ``sys.path``."""
    for folder in sys.path:
        try:
            entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
        except OSError:  # not a folder
            continue
        for entry in entries:
            if entry.name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(entry.path, "entry_points.txt"), encoding="utf-8") as file:
                        yield file.read()
                except (OSError, UnicodeDecodeError):  # most packages have none
                    continue


def _lines(row: AttributionMethod) -> list[str]:
    source = f" ({row.citation})" if row.citation else ""
    head = f"  {row.name}{source}: {row.result_kinds}; {row.cost}"
    return [row.key, head, *(f"    {_option_line(one)}" for one in row.options)]


def _option_line(one: Option) -> str:
    other = "" if one.caption_default is None else f", of captions {one.caption_default}"
    choices = f" ({', '.join(one.choices)})" if one.choices else ""
    return f"{f'{one.name}={one.default}{other}':<38} {one.meaning}{choices}"
