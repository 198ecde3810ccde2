"""Settings that were saved as JSON, checked against the types of their dataclasses."""

import re
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal, TypeVar, get_type_hints

import msgspec

from exclip_desktop.core.maths.colour import COLOUR_MAPS
from exclip_desktop.core.values.pair_list import Arrangement
from exclip_desktop.core.values.settings import ExplainSettings
from exclip_desktop.session.pair.scene import View
from exclip_desktop.session.worker.requests import ModelChoice

Positive = Annotated[float, msgspec.Meta(gt=0, le=sys.float_info.max)]
Fraction = Annotated[float, msgspec.Meta(gt=0, lt=1)]
AnyLayer = int | Literal["pool"]
BOUNDS: Final[dict[str, Any]] = {
    "colours": Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(map(re.escape, COLOUR_MAPS))})$")],
    "image_layer": AnyLayer | None,
    "text_layer": AnyLayer | None,
    "picture_limit": Positive | None,
    "words_limit": Positive | None,
    "tolerance": Fraction | None,
}
"""Fields whose values are restricted further than their types say."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Locked ends of the two colour ranges; None: automatic."""

    picture_limit: float | None = None
    words_limit: float | None = None


T = TypeVar("T", View, ExplainSettings, ModelChoice, Arrangement, Limits)


def read_back(values: Any, default: T) -> T:
    """Return saved settings; fields that are missing or have another type keep the value of ``default``."""
    if not isinstance(values, dict):
        return default
    valid: dict[str, Any] = {}
    for name, kind in _types_of(type(default)).items():
        with suppress(KeyError, msgspec.ValidationError):
            valid[name] = msgspec.convert(values[name], kind)
    return replace(default, **valid)


def _types_of(kind: type[Any]) -> dict[str, Any]:
    return {**get_type_hints(kind), **{name: bound for name, bound in BOUNDS.items() if name in kind.__annotations__}}
