"""The method protocol: what every attribution method states about itself, without torch."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, Literal

from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.core.values.settings import SIDES, Side

Value = bool | int | float | str
Kind = Literal["bool", "whole", "number", "choice"]
Order = Literal["first", "second"]
Choices = tuple[str, ...] | Callable[[], tuple[str, ...]]

LAST: Final = 1000


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a method, read from a field of its options dataclass.

    Attributes:
        name: the field's name, for the command line and Python.
        default: the default value; ``caption_default`` replaces it for maps of captions.
        meaning: a few words for the table of methods.
        choices: all values, where they are names.

    """

    name: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()
    caption_default: Value | None = None

    @property
    def kind(self) -> Kind:
        """The type of its values: ``bool``, ``whole`` numbers, any ``number``, or a ``choice`` of names."""
        if isinstance(self.default, str):
            return "choice"
        return "bool" if isinstance(self.default, bool) else "whole" if isinstance(self.default, int) else "number"

    def default_for(self, side: Side) -> Value:
        """Return the default value where a side is mapped."""
        return self.default if side == "image" or self.caption_default is None else self.caption_default

    def parse(self, text: str) -> Value:
        """Return the value that a text stands for.

        Raises:
            SettingsError: the text is not a value of this option.

        """
        if self.choices and text not in self.choices:
            raise SettingsError(f'"{text}" is not a value of {self.name}.', f"Choose one: {', '.join(self.choices)}.")
        try:
            if isinstance(self.default, bool):
                return {"true": True, "false": False}[text.lower()]
            return type(self.default)(text.replace("−", "-"))
        except (ValueError, KeyError) as error:
            kind = "true or false" if self.kind == "bool" else "a number"
            raise SettingsError(
                f'"{text}" is not a value of {self.name}.', f"Write {kind}; the default is {self.default}."
            ) from error


def option(default: Value, meaning: str, *, choices: Choices = (), caption_default: Value | None = None) -> Any:
    """Return a dataclass field for one option; the arguments are those of ``Option``.

    ``choices`` may be a function, called when the choices are first needed.
    """
    metadata = {"meaning": meaning, "choices": choices, "caption_default": caption_default}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class NoOptions:
    """Options of a method that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionMethod:
    """A first-order method: one value for every patch of the picture, or for every token of the caption.

    A method is one module of ``exclip_desktop.attribution.methods``, or of an installed package, that ends with
    ``METHOD = AttributionMethod(…)``. The table of methods is read while the window starts, without torch: the module
    must not import torch at its top. Its ``answer`` imports what it computes with.

    Attributes:
        key: for the command line and Python: lower case, words joined by hyphens.
        name: as written in papers.
        cost: what an answer costs, in words.
        answer: called as ``answer(pair, options)`` in the worker thread, with an ``attribution.pair.Pair`` and a value
            of ``options_type``. A first-order method returns ``pair.token_map(…)`` of ``pair.side``.
        citation: the publication; empty where there is none.
        sides: the sides that it maps.
        options_type: a frozen dataclass whose fields are made by ``option``.
        position: place in the table among methods of the same order.

    """

    order: ClassVar[Order] = "first"

    key: str
    name: str
    cost: str
    answer: Callable[[Any, Any], Any]
    citation: str = ""
    sides: tuple[Side, ...] = SIDES
    options_type: type = NoOptions
    position: int = LAST

    @property
    def options(self) -> tuple[Option, ...]:
        """All options, in the order of the fields of ``options_type``."""
        return tuple(_read_field(one) for one in fields(self.options_type))

    @property
    def result_kinds(self) -> str:
        """The results in words: ``pictures and captions``, or maps of one of them."""
        return " and ".join({"image": "pictures", "text": "captions"}[side] for side in self.sides)

    def targets(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return the words that need an answer each, out of ``words`` to compare the picture with."""
        return tuple(dict.fromkeys(words))

    def default_options(self, side: Side = "image") -> dict[str, Value]:
        """Return the default options by name.

        Raises:
            MethodError: the method does not map this side.

        """
        if side not in self.sides:
            raise MethodError(f"{self.name} maps pictures only.", "Choose another method for a caption.")
        return {one.name: one.default_for(side) for one in self.options}

    def parse_options(self, texts: Mapping[str, str], side: Side = "image") -> dict[str, Value]:
        """Return all options by name, those in ``texts`` read from text and the others by default.

        Raises:
            MethodError: the method does not map this side.
            SettingsError: there is no such option, or a text is not a value of it.

        """
        known = {one.name: one for one in self.options}
        for name in texts:
            if name not in known:
                hint = f"Its options are {', '.join(known)}." if known else "It has no options."
                raise SettingsError(f'{self.name} has no option "{name}".', hint)
        return {**self.default_options(side), **{name: known[name].parse(text) for name, text in texts.items()}}

    def make_options(self, texts: Mapping[str, str] | None = None, side: Side = "image") -> Any:
        """Return a value of ``options_type``; raises as ``parse_options``, and ``SettingsError`` for a bad number."""
        return self.options_type(**self.parse_options(texts or {}, side))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOrderMethod(AttributionMethod):
    """A second-order method: a matrix of caption tokens × patches; ``answer`` returns ``pair.matrix(…)``."""

    order: ClassVar[Order] = "second"

    @property
    def result_kinds(self) -> str:
        """``a matrix``."""
        return "a matrix"

    def targets(self, words: Iterable[str]) -> tuple[str, ...]:
        """Return the whole caption, as ``""``: one matrix serves all its words."""
        return ("",)


def _read_field(one: Any) -> Option:
    choices = one.metadata["choices"]
    return Option(
        name=one.name,
        default=one.default,
        meaning=one.metadata["meaning"],
        choices=choices() if callable(choices) else choices,
        caption_default=one.metadata["caption_default"],
    )


def require_at_least(value: int, least: int, name: str) -> None:
    """Raise ``SettingsError`` where an option is too small."""
    if value < least:
        raise SettingsError(f"{name} is {value}.", f"Choose {least} or more.")
