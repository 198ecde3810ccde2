"""The table of methods: facts and options of every built-in method, and options read from text."""

import re
import subprocess
import sys
from dataclasses import MISSING, fields
from inspect import signature
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from exclip_desktop import map_by, matrix_by
from exclip_desktop.core.errors import MethodError, SettingsError
from exclip_desktop.core.method_registry import (
    OURS,
    RESERVED_OPTIONS,
    all_methods,
    format_table,
    method_by_key,
    method_keys,
)
from exclip_desktop.core.methods import Option, Value

MANUAL = Path(__file__).parents[3] / "resources/manual/methods.md"

FIRST_ORDER = (
    *("grad-eclip", "raw-attention", "rollout", "grad-cam", "game"),
    *("maskclip", "clip-surgery", "m2ib", "rise"),
)
SECOND_ORDER = (OURS, "itsm", "fixlip", "interaction-lime", "interaction-cam", "outer-product", "random-weights")
NAMED = {
    ("outer-product", "of_picture"): FIRST_ORDER,
    ("outer-product", "of_caption"): ("grad-eclip", "raw-attention", "rollout", "grad-cam", "game", "m2ib"),
}


def test_the_order_of_the_table() -> None:
    assert tuple(all_methods()) == (OURS, *FIRST_ORDER, *SECOND_ORDER[1:])
    assert method_keys("first") == FIRST_ORDER
    assert method_keys("second") == SECOND_ORDER
    assert all(row.sides == ("image", "text") for row in all_methods().values() if row.order == "second")


@pytest.mark.parametrize("key", all_methods())
def test_every_method_is_a_module_of_its_key(key: str) -> None:
    """Its options have defaults, types, meanings, and choices where the values are names; its paper is cited."""
    row = method_by_key(key)
    assert row.answer.__module__ == f"exclip_desktop.attribution.methods.{key.replace('-', '_')}"
    hints = get_type_hints(row.options_type)
    for option, field in zip(row.options, fields(row.options_type), strict=True):
        assert field.default is not MISSING
        assert isinstance(option.default, get_args(hints[option.name]) and str or hints[option.name])
        assert option.choices == (get_args(hints[option.name]) or NAMED.get((key, option.name), ()))
        assert bool(option.choices) == (option.kind == "choice")
        assert option.meaning
    for side in row.sides:
        row.make_options(side=side)


def test_the_table_is_read_without_torch() -> None:
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from exclip_desktop.core.method_registry import all_methods, format_table\n"
        f"assert len(all_methods()) == {len(FIRST_ORDER) + len(SECOND_ORDER)} and format_table()\n"
        "assert 'importlib.metadata' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_option_names_differ_from_the_arguments_of_public_functions() -> None:
    arguments = {*signature(map_by).parameters, *signature(matrix_by).parameters}
    assert arguments - {"options"} == RESERVED_OPTIONS
    assert not arguments.intersection(option.name for row in all_methods().values() for option in row.options)


def test_kinds_of_options() -> None:
    kinds = {option.name: option.kind for key in ("grad-eclip", "rise") for option in method_by_key(key).options}
    assert (kinds["layers"], kinds["likeness"], kinds["signed"]) == ("whole", "choice", "bool")
    assert (kinds["share"], kinds["masks"]) == ("number", "whole")
    assert Option("p", 0.5, "").parse("1") == 1.0


def test_default_options_may_differ_by_side() -> None:
    row = method_by_key("grad-eclip")
    assert (row.default_options()["layers"], row.default_options("text")["layers"]) == (1, 8)
    assert row.parse_options({"layers": "3"}, "text") == {**row.default_options("text"), "layers": 3}
    with pytest.raises(MethodError, match="RISE maps pictures only"):
        method_by_key("rise").default_options("text")


def test_unknown_methods_and_options_are_errors() -> None:
    with pytest.raises(SettingsError, match='no method "gradeclip".*second-order, grad-eclip'):
        method_by_key("gradeclip")
    with pytest.raises(SettingsError, match='no method "fixlip".*: grad-eclip'):
        method_by_key("fixlip", "first")
    with pytest.raises(SettingsError, match='ITSM has no option "seed".*has no options'):
        method_by_key("itsm").make_options({"seed": "1"})
    options = method_by_key("fixlip").make_options({"pairs": "900"})
    assert (options.pairs, options.share) == (900, 0.5)


def test_the_table_as_text_names_every_method_and_its_default_options() -> None:
    text = format_table()
    for row in all_methods().values():
        assert f"\n{row.key}\n  {row.name}" in f"\n{text}"
        assert row.cost in text
        assert all(f"{option.name}={option.default}" in text and option.meaning in text for option in row.options)
    assert re.search(r"layers=1, of captions 8 +number of explained blocks", text)
    assert re.search(r"likeness=cosine +λ, .* \(cosine, softmax, none\)", text)
    assert "FIxLIP (Baniecki et al., NeurIPS 2025): a matrix; " in text


def _option(option: Option) -> str:
    other = "" if option.caption_default is None else f", of captions {_format_value(option.caption_default)}"
    named = 0 < len(option.choices) < 4  # else they are keys of methods
    return f"`{option.name}` {_format_value(option.default)}{other}" + (
        f" of {', '.join(option.choices)}" if named else ""
    )


def _format_value(value: Value) -> str:
    return str(value).replace("-", "−") if isinstance(value, int | float) else value


@pytest.mark.parametrize("key", all_methods())
def test_the_manual_has_the_row_of_every_method(key: str) -> None:
    """The rows of the manual are written by hand; a row that differs from the table fails with the row to write."""
    row = method_by_key(key)
    result_kind = "matrix" if row.order == "second" else "pictures, captions" if len(row.sides) == 2 else "pictures"
    options = "; ".join(_option(option) for option in row.options) or "—"
    expected = f"| {row.name} | `{key}` | {row.citation or '—'} | {result_kind} | {row.cost} | {options} |"
    assert expected in MANUAL.read_text("utf-8").splitlines()
