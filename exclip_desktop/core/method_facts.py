"""The table of methods in plain words: names, sources, costs, and what can be chosen. No mathematics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.settings import SIDES, Side

Value = bool | int | float | str
Kind = Literal["bool", "whole", "number", "choice"]
Order = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class Option:
    """What can be chosen of a method.

    Attributes:
        name: for the command line and Python.
        usual: its usual value; ``of_captions`` is that of captions' maps where it is another.
        says: what it means, a few words.
        choices: all its values, where they are named.

    """

    name: str
    usual: Value
    says: str
    choices: tuple[str, ...] = ()
    of_captions: Value | None = None

    @property
    def kind(self) -> Kind:
        """What its values are: ``bool``, ``whole`` numbers, any ``number``, or a ``choice`` of names."""
        if isinstance(self.usual, str):
            return "choice"
        return "bool" if isinstance(self.usual, bool) else "whole" if isinstance(self.usual, int) else "number"

    def usual_of(self, side: Side) -> Value:
        """Return the usual value where a side is mapped."""
        return self.usual if side == "image" or self.of_captions is None else self.of_captions

    def read(self, told: str) -> Value:
        """Return a value given as text; raises ``SettingsError`` where it is none."""
        if self.choices and told not in self.choices:
            raise SettingsError(f'"{told}" is no value of {self.name}.', f"Give one: {', '.join(self.choices)}.")
        try:
            if isinstance(self.usual, bool):
                return {"true": True, "false": False}[told.lower()]
            return type(self.usual)(told.replace("−", "-"))
        except (ValueError, KeyError) as error:
            kind = "true or false" if self.kind == "bool" else "a number"
            raise SettingsError(
                f'"{told}" is no value of {self.name}.', f"Give {kind}; {self.usual} is usual."
            ) from error


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """A row of the table.

    Attributes:
        key: for the command line and Python.
        name: as the papers write it.
        citation: where it was published; empty where no paper stands for it.
        cost: what it takes, in words.
        order: ``first`` gives a map of one side, ``second`` a matrix of caption tokens × patches.
        sides: which sides it maps; a matrix has both.
        options: what can be chosen.

    """

    key: str
    name: str
    citation: str
    cost: str
    order: Order
    sides: tuple[Side, ...]
    options: tuple[Option, ...] = ()

    def usual(self, side: Side = "image") -> dict[str, Value]:
        """Return the usual options by name; raises ``MethodError`` where the side is not mapped."""
        if side not in self.sides:
            raise MethodError(f"{self.name} maps pictures only.", "Choose another method for a caption.")
        return {option.name: option.usual_of(side) for option in self.options}

    def read(self, told: Mapping[str, str], side: Side = "image") -> dict[str, Value]:
        """Return all options by name, from text; those that are not given are the usual ones.

        Raises:
            MethodError: the method does not map that side.
            SettingsError: there is no such option, or the text is none of its values.

        """
        known = {option.name: option for option in self.options}
        for name in told:
            if name not in known:
                has = f"It has {', '.join(known)}." if known else "It has none."
                raise SettingsError(f'{self.name} has no option "{name}".', has)
        return {**self.usual(side), **{name: known[name].read(text) for name, text in told.items()}}


OURS: Final = "second-order"


def _keys(rows: tuple[MethodFacts, ...], side: Side) -> tuple[str, ...]:
    return tuple(row.key for row in rows if side in row.sides)


_SEED = Option("seed", 0, "what is drawn at random")
_SIGNED = Option("signed", False, "keep negative values")
_PICTURES: Final[tuple[Side, ...]] = ("image",)

_FIRST: Final = (
    MethodFacts(
        *("grad-eclip", "Grad-ECLIP", "Zhao et al., ICML 2024; for captions arXiv 2502.18816"),
        *("one run, and one backward through the explained blocks", "first", SIDES),
        (
            Option("layers", 1, "how many blocks are explained, from the last", of_captions=8),
            Option("likeness", "cosine", "λ, how alike query and key are", ("cosine", "softmax", "none")),
            Option("own_heads", False, "keep the model's heads in the explained blocks"),
            Option("head", -1, "one of the model's heads, from 0; −1: all"),
            _SIGNED,
            Option("whole_context", False, "scale λ over all tokens, not only those of the map", of_captions=True),
        ),
    ),
    MethodFacts(
        *("raw-attention", "Raw attention", "", "one run", "first", SIDES),
        (Option("head", -1, "one head, from 0; −1: the heads' mean"),),
    ),
    MethodFacts(
        *("rollout", "Attention rollout", "Abnar & Zuidema, ACL 2020", "one run", "first", SIDES),
        (Option("start", 0, "the first block that counts, from 0; −1: the last alone"),),
    ),
    MethodFacts(
        *("grad-cam", "Grad-CAM", "Selvaraju et al., ICCV 2017"),
        *("one run, and one backward through the last block", "first", SIDES),
        (Option("layer", -1, "the block whose input counts, from 0; −1: the last"), _SIGNED),
    ),
    MethodFacts(
        *("game", "GAME", "Chefer et al., ICCV 2021"),
        *("one run, and one backward through all blocks that count", "first", SIDES),
        (Option("start", 0, "the first block that counts, from 0"),),
    ),
    MethodFacts(
        *("maskclip", "MaskCLIP", "Zhou et al., ECCV 2022", "one run", "first", _PICTURES),
        (Option("weighted", True, "weigh patches by how alike their keys and the pooled token's are"),),
    ),
    MethodFacts(
        *("clip-surgery", "CLIP Surgery", "Li et al. 2023"),
        *("one run, and once a model the embeddings of some fifty labels", "first", _PICTURES),
        (
            Option("layers", 6, "how many blocks run the second stream, from the last"),
            Option("feature_surgery", True, "take off what many labels share"),
        ),
    ),
    MethodFacts(
        *("m2ib", "M2IB", "Wang et al., NeurIPS 2023"),
        *("steps × samples runs and backwards of the blocks after the bottleneck", "first", SIDES),
        (
            Option("layer", 9, "the block after which the bottleneck stands, from 0"),
            Option("beta", 0.1, "β, what information costs"),
            Option("steps", 10, "of Adam"),
            Option("rate", 1.0, "Adam's"),
            Option("samples", 10, "of noise at every step"),
            _SEED,
        ),
    ),
    MethodFacts(
        *("rise", "RISE", "Petsiuk et al., BMVC 2018", "one run for every mask", "first", _PICTURES),
        (
            Option("masks", 4000, "how many, N"),
            Option("cells", 8, "coarse cells along each side, s"),
            Option("share", 0.5, "p, how likely a cell stays"),
            _SEED,
        ),
    ),
)
_SECOND: Final = (
    MethodFacts(
        *(OURS, "Second-order attributions", "Möller et al., TMLR 2025"),
        *("a few runs of the explained blocks of either side", "second", SIDES),
    ),
    MethodFacts("itsm", "ITSM", "", "one run of each side", "second", SIDES),
    MethodFacts(
        *("fixlip", "FIxLIP", "Baniecki et al., NeurIPS 2025"),
        *("one run for every coalition, of either side apart", "second", SIDES),
        (
            Option("share", 0.5, "p, how likely a player is kept"),
            Option("pairs", 2**15, "the budget: how many pairs of coalitions are valued"),
            _SEED,
        ),
    ),
    MethodFacts(
        *("interaction-lime", "InteractionLIME", "Joukovsky et al., ICIP 2023"),
        *("one run of each side for every sample", "second", SIDES),
        (
            Option("samples", 1000, "how many joint masks"),
            Option("share", 0.5, "how likely a player is kept"),
            Option("width", 0.5, "σ of the kernel"),
            Option("ridge", 1e-6, "added to the normal equations' diagonal, relative to its mean"),
            _SEED,
        ),
    ),
    MethodFacts(
        *("interaction-cam", "Interaction-CAM", "after Sammani et al., TIP 2023"),
        *("two derivatives through the last block for every token of the caption", "second", SIDES),
        (Option("layer", -1, "the block whose input counts, from 0; −1: the last"), _SIGNED),
    ),
    MethodFacts(
        *("outer-product", "Outer product of two maps", "", "what the two methods take", "second", SIDES),
        (
            Option("of_picture", "game", "the method that maps the picture", _keys(_FIRST, "image")),
            Option("of_caption", "game", "the method that maps the caption", _keys(_FIRST, "text")),
        ),
    ),
    MethodFacts(
        *("random-weights", "Random weights", "", "as ours, and drawing the weights", "second", SIDES),
        (Option("seed", 0, "what the weights are drawn from"),),
    ),
)
_ROWS: Final = (_SECOND[0], *_FIRST, *_SECOND[1:])
FACTS: Final = {row.key: row for row in _ROWS}
"""Every method by its key, ours first; those of the first order before those of the second."""


def keys_of(order: Order) -> tuple[str, ...]:
    """Return the keys of one order's methods."""
    return tuple(row.key for row in _ROWS if row.order == order)


def facts_of(key: str, order: Order | None = None) -> MethodFacts:
    """Return a method's facts; raises ``SettingsError`` where there is none of that key and order."""
    keys = tuple(FACTS) if order is None else keys_of(order)
    if key not in keys:
        raise SettingsError(f'There is no method "{key}".', Remedy.CHOOSE_METHOD, choices=", ".join(keys))
    return FACTS[key]


def table() -> str:
    """Return the table as text: key, name, source, cost, what it gives, and every option with its usual values."""
    return "\n".join(line for row in _ROWS for line in _lines(row))


def _lines(row: MethodFacts) -> list[str]:
    source = f" ({row.citation})" if row.citation else ""
    gives = "a matrix" if row.order == "second" else "pictures and captions" if len(row.sides) == 2 else "pictures"
    return [row.key, f"  {row.name}{source}: {gives}; {row.cost}", *(f"    {_told(option)}" for option in row.options)]


def _told(option: Option) -> str:
    other = "" if option.of_captions is None else f", of captions {option.of_captions}"
    choices = f" ({', '.join(option.choices)})" if option.choices else ""
    return f"{f'{option.name}={option.usual}{other}':<38} {option.says}{choices}"
