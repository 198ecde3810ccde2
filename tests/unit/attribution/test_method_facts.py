"""The table of methods in plain words: equal to the methods at work, and readable from text."""

import re
from dataclasses import MISSING, fields
from inspect import signature
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from exclip_desktop import map_by, matrix_by
from exclip_desktop.attribution.matrix_methods import MATRIX_METHODS, chosen_matrix
from exclip_desktop.attribution.methods import METHODS
from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.core.method_facts import FACTS, OURS, Option, Value, facts_of, keys_of, table

MANUAL = Path(__file__).parents[3] / "resources/manual/methods.md"

CAPTIONS = tuple(key for key, method in METHODS.items() if "text" in method.facts.sides)
NAMED = {("outer-product", "of_picture"): tuple(METHODS), ("outer-product", "of_caption"): CAPTIONS}
AT_WORK = {**METHODS, **MATRIX_METHODS}


def test_every_method_at_work_has_its_row_and_ours_comes_first() -> None:
    assert keys_of("first") == tuple(METHODS)
    assert keys_of("second") == (OURS, *MATRIX_METHODS)
    assert next(iter(FACTS)) == OURS
    assert all(row.sides == ("image", "text") for row in FACTS.values() if row.order == "second")


@pytest.mark.parametrize("key", AT_WORK)
def test_the_options_are_those_of_the_method(key: str) -> None:
    """Names in order, usual values, types, and the choices where they are named."""
    row, made = FACTS[key], AT_WORK[key].options
    assert [option.name for option in row.options] == [field.name for field in fields(made)]
    hints = get_type_hints(made)
    for option, field in zip(row.options, fields(made), strict=True):
        assert field.default is not MISSING
        assert (option.usual, type(option.usual)) == (field.default, type(field.default))
        assert option.choices == (get_args(hints[option.name]) or NAMED.get((key, option.name), ()))
        assert bool(option.choices) == (option.kind == "choice")
        assert option.says
    for side in row.sides:
        made(**row.usual(side))


def test_no_option_is_called_as_an_argument_of_the_public_functions_is() -> None:
    arguments = {*signature(map_by).parameters, *signature(matrix_by).parameters}
    assert not arguments.intersection(option.name for row in FACTS.values() for option in row.options)


def test_kinds_of_options() -> None:
    kinds = {option.name: option.kind for key in ("grad-eclip", "rise") for option in FACTS[key].options}
    assert (kinds["layers"], kinds["likeness"], kinds["signed"]) == ("whole", "choice", "bool")
    assert (kinds["share"], kinds["masks"]) == ("number", "whole")
    assert Option("p", 0.5, "").read("1") == 1.0


def test_usual_options_may_differ_by_side() -> None:
    row = FACTS["grad-eclip"]
    assert (row.usual()["layers"], row.usual("text")["layers"]) == (1, 8)
    assert row.read({"layers": "3"}, "text") == {**row.usual("text"), "layers": 3}
    with pytest.raises(MethodError, match="RISE maps pictures only"):
        FACTS["rise"].usual("text")


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match='no method "gradeclip".*second-order, grad-eclip'):
        facts_of("gradeclip")
    with pytest.raises(SettingsError, match='no method "fixlip".*: grad-eclip'):
        facts_of("fixlip", "first")
    with pytest.raises(SettingsError, match='ITSM has no option "seed".*has none'):
        chosen_matrix("itsm", {"seed": "1"})
    with pytest.raises(SettingsError, match="Use explain"):
        chosen_matrix(OURS)
    method, options = chosen_matrix("fixlip", {"pairs": "900"})
    assert (method.facts.name, options.pairs, options.share) == ("FIxLIP", 900, 0.5)


def test_the_table_as_text_names_every_method_and_its_usual_options() -> None:
    told = table()
    for row in FACTS.values():
        assert f"\n{row.key}\n  {row.name}" in f"\n{told}"
        assert row.cost in told
        assert all(f"{option.name}={option.usual}" in told and option.says in told for option in row.options)
    assert re.search(r"layers=1, of captions 8 +how many blocks", told)
    assert re.search(r"likeness=cosine +λ, .* \(cosine, softmax, none\)", told)
    assert "FIxLIP (Baniecki et al., NeurIPS 2025): a matrix; " in told


def _option(option: Option) -> str:
    other = "" if option.of_captions is None else f", of captions {_plain(option.of_captions)}"
    named = 0 < len(option.choices) < 4  # else they are keys of methods
    return f"`{option.name}` {_plain(option.usual)}{other}" + (f" of {', '.join(option.choices)}" if named else "")


def _plain(value: Value) -> str:
    return str(value).replace("-", "−") if isinstance(value, int | float) else value


@pytest.mark.parametrize("key", FACTS)
def test_the_manual_has_the_row_of_every_method(key: str) -> None:
    """The rows of the manual are written by hand; a row that differs from the table fails with the row to write."""
    row = FACTS[key]
    gives = "matrix" if row.order == "second" else "pictures, captions" if len(row.sides) == 2 else "pictures"
    options = "; ".join(_option(option) for option in row.options) or "—"
    expected = f"| {row.name} | `{key}` | {row.citation or '—'} | {gives} | {row.cost} | {options} |"
    assert expected in MANUAL.read_text("utf-8").splitlines()
