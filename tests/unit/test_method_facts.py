"""The table of methods in plain words: equal to the methods at work, and readable from text."""

from dataclasses import MISSING, fields
from inspect import signature
from typing import get_args, get_type_hints

import pytest

from exclip_desktop import map_by, matrix_by
from exclip_desktop.attribution.matrix_methods import MATRIX_METHODS, chosen_matrix
from exclip_desktop.attribution.methods import METHODS
from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.core.method_facts import FACTS, OURS, Option, facts_of, keys_of, table

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
    assert "captions: layers=8, likeness=cosine" in told
    assert "matrix: share=0.5, pairs=32768" in told
