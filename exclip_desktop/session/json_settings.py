"""Frozen values that were kept as JSON, read back."""

from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any, Final, TypeVar

from exclip_desktop.core.values.pair_figures import SHOWN, SORT_KEYS, Arrangement
from exclip_desktop.core.values.settings import POOL, ExplainSettings
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.worker.requests import ModelChoice


@dataclass(frozen=True, slots=True)
class Limits:
    """Locked ends of the two colour ranges; None: automatic."""

    picture_limit: float | None = None
    words_limit: float | None = None


MODEL_PARTS: Final = tuple(field.name for field in fields(ModelChoice) if field.name != "name")
ONE_OF: Final = {"shown": SHOWN, "by": SORT_KEYS}
T = TypeVar("T", View, ExplainSettings, ModelChoice, Arrangement, Limits)


def read_back(told: Any, default: T) -> T:
    """Return what was kept; ``default`` in place of each part that does not fit."""
    if not isinstance(told, dict):
        return default
    kept = {field.name: told[field.name] for field in fields(default) if field.name in told}
    same = {name: value for name, value in kept.items() if _fits(name, value, getattr(default, name))}
    return type(default)(**{**asdict(default), **same})


def _fits(name: str, value: Any, default: Any) -> bool:
    """Return whether a kept value is one that a setting may have."""
    if name in ONE_OF:
        return value in ONE_OF[name]
    if name.endswith("_layer") and value == POOL:
        return True
    if name.endswith("_limit"):
        return value is None or (_is_number(value) and isfinite(value) and value > 0)
    if name == "tolerance":
        return value is None or (_is_number(value) and 0 < value < 1)
    if name in MODEL_PARTS:
        return value is None or isinstance(value, str)
    if default is None:
        return value is None or isinstance(value, int)
    return _is_number(value) if isinstance(default, float) else isinstance(value, type(default))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
