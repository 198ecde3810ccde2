"""Remedies: every interface words each of them, and the layers below name no options and no menus."""

import argparse
import ast
import pickle
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import exclip_desktop
from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.cli.main import command_parser
from exclip_desktop.core.errors import PYTHON_WORDS, Remedy, SettingsError, Words
from exclip_desktop.session.notices import WINDOW_WORDS
from exclip_desktop.ui.actions import MENUS

TABLES = {"Python": PYTHON_WORDS, "command line": FLAG_WORDS, "window": WINDOW_WORDS}
PACKAGE = Path(exclip_desktop.__file__).parent
LOWER_LAYERS = ("core", "models", "attribution", "storage", "evaluate", "render", "api")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("remedy", Remedy)
def test_every_interface_words_every_remedy(remedy: Remedy) -> None:
    used = usages()
    for name, words in TABLES.items():
        sentence = words[remedy]
        assert sentence[0].isupper() or sentence[0] == "{", name
        assert sentence.endswith(".") or sentence[-1] == ")", name
        for arguments in used[remedy]:
            assert parameters(sentence) <= arguments, f"{name}: {sentence}"


@pytest.mark.parametrize(("words", "foreign"), [(PYTHON_WORDS, ("--", " ▸ ")), (WINDOW_WORDS, ("--",))])
def test_the_window_and_python_name_no_options(words: Words, foreign: tuple[str, ...]) -> None:
    assert [text for text in words.values() if any(sign in text for sign in foreign)] == []


def test_the_command_line_names_options_that_there_are() -> None:
    options = set(_options_of(command_parser()))
    named = {flag for text in FLAG_WORDS.values() for flag in FLAG.findall(text.replace("{side}", "image"))}
    assert named <= options


def test_the_window_names_menus_that_there_are() -> None:
    menus = {title.replace("&", "") for title in MENUS}
    named = {menu for text in WINDOW_WORDS.values() for menu in re.findall(r"(\w+) ▸", text)}
    assert named <= menus


def test_an_error_is_worded_by_its_interface() -> None:
    error = SettingsError("There is no way.", Remedy.CHOOSE_QUADRATURE, choices="a, b")
    for made in (error, pickle.loads(pickle.dumps(error))):
        assert str(made) == "There is no way. Pass one as quadrature: a, b."
        assert made.text_in(FLAG_WORDS) == "There is no way. Choose one (--quadrature): a, b."
        assert made.hint_in(WINDOW_WORDS) == "Choose one in Edit ▸ Settings: a, b."
    same = SettingsError("No.", "Check the path.")
    assert {same.hint_in(words) for words in TABLES.values()} == {"Check the path."}
    assert same.remedy is None


def test_lower_layers_name_no_options_and_no_menus() -> None:
    for path, tree in _modules(LOWER_LAYERS):
        if path.name in ("remedies.py", "recipes.py"):  # recipes write a command to be repeated
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not FLAG.search(node.value), f"{path}:{node.lineno}"
                assert " ▸ " not in node.value, f"{path}:{node.lineno}"


@cache
def usages() -> dict[Remedy, list[set[str]]]:
    """Return the arguments that each remedy is raised with."""
    used: dict[Remedy, list[set[str]]] = {remedy: [] for remedy in Remedy}
    for _, tree in _modules((*LOWER_LAYERS, "cli", "session")):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not getattr(node.func, "id", "").endswith(("Error", "Shortage")):
                continue
            for argument in node.args[1:2]:
                if isinstance(argument, ast.Attribute) and getattr(argument.value, "id", "") == "Remedy":
                    used[Remedy[argument.attr]].append({keyword.arg or "" for keyword in node.keywords})
    return used


def test_every_remedy_is_used() -> None:
    text = "\n".join(
        path.read_text("utf-8")
        for path, _ in _modules((*LOWER_LAYERS, "cli", "session"))
        if "words" not in path.name and path.name != "remedies.py"
    )
    assert [remedy.name for remedy in Remedy if f"Remedy.{remedy.name}" not in text] == []


def _modules(folders: tuple[str, ...]) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


def _options_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _options_of(command)
