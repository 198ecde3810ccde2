"""What the plain values of a finding must be, so that nothing else gets into a project."""

import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final

from exclip_desktop.core.values.finding import RATINGS
from exclip_desktop.storage.pair_lists.records import is_unicode

TEXTS: Final = (
    *("created", "changed", "rating", "note", "pair", "picture", "picture_sha256", "caption"),
    *("method", "model", "weights_sha256"),
)
NUMBERS: Final = ("score", "block", "share", "residual")
LARGEST: Final = 2**53 - 1  # that JSON writes exactly


def check_finding(told: Mapping[str, Any]) -> None:
    """Raise ``KeyError`` or ``ValueError`` that says which of a finding's values is missing, or is none."""
    for name, is_sound in _SOUND.items():
        if not is_sound(told[name]):
            raise ValueError(f"its {name}: {json.dumps(told[name])[:40]}")
    heat, grid = told["heat"], (told["geometry"] or [None])[-1]
    if heat and [len(heat), len(heat[0])] != grid:
        raise ValueError("its heat is not of its grid")
    if not is_unicode(json.dumps(told, ensure_ascii=False)):
        raise ValueError("half a character")


def _is_text(told: Any) -> bool:
    return isinstance(told, str)


def _is_count(told: Any) -> bool:
    return type(told) is int and 0 <= told <= LARGEST


def _is_number(told: Any) -> bool:
    return type(told) in (int, float) and isfinite(told)


def _is_figure(told: Any) -> bool:
    return told is None or _is_number(told)


def _is_flag(told: Any) -> bool:
    return isinstance(told, bool)


def _is_list(is_sound: Callable[[Any], bool], length: int | None = None) -> Callable[[Any], bool]:
    return lambda told: isinstance(told, list) and length in (None, len(told)) and all(map(is_sound, told))


def _is_word(told: Any) -> bool:
    kinds = (_is_text, _is_count, _is_count, _is_flag, _is_figure)
    return isinstance(told, list) and len(told) == 5 and all(kind(part) for kind, part in zip(kinds, told, strict=True))


def _is_geometry(told: Any) -> bool:
    if told is None:
        return True
    kinds = (_is_list(_is_count, 2), _is_list(_is_number, 4), _is_list(_is_count, 2))
    return isinstance(told, list) and len(told) == 3 and all(kind(part) for kind, part in zip(kinds, told, strict=True))


def _is_heat(told: Any) -> bool:
    return _is_list(_is_list(_is_number))(told) and len(set(map(len, told))) <= 1


def _is_object(told: Any) -> bool:
    return isinstance(told, dict)


_SOUND: Final[dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(TEXTS, _is_text),
    **dict.fromkeys(NUMBERS, _is_figure),
    "id": _is_count,
    "created": lambda told: _is_text(told) and bool(told),
    "rating": lambda told: told in RATINGS,
    "score": _is_number,
    "tags": _is_list(_is_text),
    "rows": _is_list(_is_count),
    "regions": _is_list(lambda told: isinstance(told, list | dict)),
    "settings": _is_object,
    "versions": _is_object,
    "ledger": lambda told: _is_object(told) and all(map(_is_number, told.values())),
    "words": _is_list(_is_word),
    "geometry": _is_geometry,
    "heat": _is_heat,
}
