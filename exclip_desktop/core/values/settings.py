"""The settings that decide an explanation, with their names, defaults and limits: ``ExplainSettings``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from exclip_desktop.core.argument_checks import as_whole_number, short_repr
from exclip_desktop.core.errors import Remedy, SettingsError

DEFAULT_TOLERANCE: Final = 1e-3
"""The largest completeness residual, and the largest estimated error of the rows, of an exact integral; relative."""

UNRECORDED_TOLERANCE: Final = 1e-3
"""The tolerance of batches and list figures written before files recorded it; it never changes."""

POOL: Final = "pool"
"""The input of an attention that pools; it comes after the last block."""

Layer: TypeAlias = int | str
"""A block (or stage) from 0, or ``"pool"``; in a request negative numbers count from the end."""

Side = Literal["image", "text"]
SIDES: Final[tuple[Side, ...]] = ("image", "text")

OWN_STEPS: Final = MappingProxyType({"adaptive": 129, "gauss-legendre": 16, "riemann-right": 10})
"""Quadrature → its default number of nodes; of the adaptive one the largest number it uses."""

LEAST_STEPS: Final = MappingProxyType({"adaptive": 9, "gauss-legendre": 1, "riemann-right": 1})
MOST_STEPS: Final = 1024

TEXT_REFERENCES: Final = ("matched", "published")

Framing = str
FRAMINGS: Final[Mapping[Framing, str]] = MappingProxyType(
    {
        "model": "the model's own",
        "crop": "cropped to its middle",
        "squash": "squashed",
        "pad": "padded",
        "whole": "whole, at its own aspect",
    }
)
"""Framing → its words; ``whole`` gives the model another grid, with its position embedding interpolated."""

FULL: Final = "float32"
PRECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        FULL: "Everything in float32. Exact.",
        "bfloat16": "bfloat16 before the layers: made for recent accelerators, the least precise.",
        "float16": "float16 before the layers: more precise than bfloat16; large values may overflow.",
    }
)
"""Precision before the explained layers → its sentence; derivatives are float32 in any case."""


@dataclass(frozen=True, slots=True)
class ExplainSettings:
    """The settings of an explanation; None stands for a default, which ``checked`` and the model fill in.

    Attributes:
        image_layer, text_layer: block from 0, negative from the end, or ``pool``; None: the model card's, else −1.
        quadrature: ``adaptive``, ``gauss-legendre`` or ``riemann-right``.
        steps: nodes of a fixed rule, or the most nodes of the adaptive one; None: ``OWN_STEPS``.
        text_reference: ``matched`` or ``published``.
        framing: ``model`` (its own preprocessing), ``crop``, ``squash``, ``pad`` or ``whole``.
        precision: ``float32``, ``bfloat16`` or ``float16``, before the layers.
        tolerance: the relative error at which the adaptive rule stops and above which an integral is reported as
            inexact, above 0 and below 1; None: ``DEFAULT_TOLERANCE``.

    """

    image_layer: Layer | None = None
    text_layer: Layer | None = None
    quadrature: str = "adaptive"
    steps: int | None = None
    text_reference: str = "matched"
    framing: Framing = "model"
    precision: str = FULL
    tolerance: float | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ExplainSettings":
        """Return the settings of plain values by name, as ``dataclasses.asdict`` gives them; unknown names are ignored.

        Raises:
            TypeError: ``values`` is no mapping.

        """
        known = dict(**values)
        return cls(**{field.name: known[field.name] for field in fields(cls) if field.name in known})

    def checked(self) -> "ExplainSettings":
        """Return the settings with steps and tolerance filled in. What depends on the model stays unchecked.

        Raises:
            SettingsError: a value is not one that any model could take.

        """
        steps = check_steps(self.quadrature, self.steps)
        if self.text_reference not in TEXT_REFERENCES:
            raise SettingsError(
                f'There is no text reference "{self.text_reference}".',
                Remedy.CHOOSE_TEXT_REFERENCE,
                choices=", ".join(TEXT_REFERENCES),
            )
        if self.precision not in PRECISIONS:
            raise SettingsError(
                f'There is no precision "{self.precision}".', Remedy.CHOOSE_PRECISION, choices=", ".join(PRECISIONS)
            )
        return replace(self, steps=steps, tolerance=check_tolerance(self.tolerance))

    def at_layer(self, side: Side, layer: Layer | None) -> "ExplainSettings":
        """Return the settings with ``side`` explained at ``layer``."""
        return replace(self, image_layer=layer) if side == "image" else replace(self, text_layer=layer)

    def layer(self, side: Side) -> Layer:
        """Return the layer of ``side``, of settings whose layers are resolved."""
        layer = self.image_layer if side == "image" else self.text_layer
        assert layer is not None, "layers are resolved by the model first"
        return layer

    def cache_key(self, side: Side | None = None) -> dict[str, Any]:
        """Return all settings that decide the numbers as plain values, of the pair or of one side's factor.

        Defaults are filled in: settings with equal keys, and equal resolved layers, give equal numbers.
        """
        every = asdict(self.checked())
        if side is None:
            return every
        other = {"image": ("text_layer", "text_reference"), "text": ("image_layer", "framing")}[side]
        return {name: value for name, value in every.items() if name not in other}


DEFAULT_SETTINGS: Final = ExplainSettings()


def check_steps(quadrature: str, steps: int | None) -> int:
    """Return the number of nodes of a quadrature; None gives its own number.

    Raises:
        SettingsError: there is no such rule, or it cannot have so many nodes.

    """
    if not isinstance(quadrature, str) or quadrature not in OWN_STEPS:
        raise SettingsError(
            f'There is no quadrature "{quadrature}".', Remedy.CHOOSE_QUADRATURE, choices=", ".join(OWN_STEPS)
        )
    count = OWN_STEPS[quadrature] if steps is None else as_whole_number(steps)
    least = LEAST_STEPS[quadrature]
    if count is None or not least <= count <= MOST_STEPS:
        value = short_repr(steps) if count is None else count
        raise SettingsError(
            f"{quadrature} cannot take {value} steps.", Remedy.CHOOSE_STEPS, least=least, most=MOST_STEPS
        )
    return count


def check_tolerance(tolerance: float | None) -> float:
    """Return a tolerance; None gives the default one.

    Raises:
        SettingsError: it is no number above 0 and below 1.

    """
    if tolerance is None:
        return DEFAULT_TOLERANCE
    try:
        value = float("nan") if isinstance(tolerance, str | bool) else float(tolerance)
    except (TypeError, ValueError):
        value = float("nan")
    if not (isfinite(value) and 0 < value < 1):
        raise SettingsError(
            f"The tolerance cannot be {short_repr(tolerance)}.",
            Remedy.CHOOSE_TOLERANCE,
            usual=f"{DEFAULT_TOLERANCE:g}",
        )
    return value


def list_layers(blocks: int, pools: bool) -> tuple[Layer, ...]:
    """Return every layer of a tower with ``blocks`` blocks, in reading order."""
    return (*range(blocks), *((POOL,) if pools else ()))


def has_layer(layer: Layer, blocks: int, pools: bool) -> bool:
    """Return whether a tower has ``layer``."""
    return pools if layer == POOL else isinstance(layer, int) and -blocks <= layer < blocks


def framing_suffix(framing: Framing) -> str:
    """Return the framing as the end of a line of settings; empty for the model's own."""
    return "" if framing == "model" else f", picture {FRAMINGS[framing]}"
