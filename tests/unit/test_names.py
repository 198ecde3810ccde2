"""Names of modules, classes, functions and variables follow the house style."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "exclip_desktop"
# Participles and relative words say nothing about the thing: write the field's noun instead.
AVOIDED = {"told", "foretold", "said", "asked", "given", "seen", "kept", "found", "sight", "beside", "doubt", "doubts"}
FOLDER_LIMIT = 20
LINE_LIMIT = 400


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def definitions(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def test_no_definition_is_built_on_an_avoided_word() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for name in (path.stem, *definitions(ast.parse(path.read_text("utf-8"))))
        if words(name) & AVOIDED
    ]
    assert wrong == []


def test_folders_and_modules_stay_small() -> None:
    folders = [folder for folder in (PACKAGE, *PACKAGE.rglob("*")) if folder.is_dir()]
    full = [folder.name for folder in folders if len(list(folder.glob("*.py"))) > FOLDER_LIMIT + 1]
    long = [path.name for path in PACKAGE.rglob("*.py") if len(path.read_text("utf-8").splitlines()) > LINE_LIMIT]
    assert full == []
    assert long == []
    assert len(list(PACKAGE.glob("*.py"))) <= 12


def test_no_two_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path.relative_to(PACKAGE).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
