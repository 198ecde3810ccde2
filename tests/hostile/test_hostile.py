"""Every hostile input of every door, run by ``runner``."""

import pkgutil
from importlib import import_module
from typing import Final

import pytest

import tests.hostile.inputs
from tests.hostile.runner import HostileInput, Runner, hostile_parameters

DOORS: Final[dict[str, tuple[HostileInput, ...]]] = {
    name: inputs
    for _, name, _ in pkgutil.iter_modules(tests.hostile.inputs.__path__)
    if (inputs := getattr(import_module(f"tests.hostile.inputs.{name}"), "INPUTS", ()))
}


@pytest.mark.parametrize("hostile", hostile_parameters(DOORS))
def test_an_input_is_refused_or_read(hostile: HostileInput, runner: Runner) -> None:
    outcome = runner.run(hostile)
    assert not outcome.faults, outcome


def test_names_of_inputs_are_unique() -> None:
    for door, inputs in DOORS.items():
        names = [one.name for one in inputs]
        assert len(names) == len(set(names)), door
