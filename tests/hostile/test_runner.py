"""The runner reports what it should: misbehaving functions in place of the program."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.hostile.runner import OUT, HostileInput, Runner

HERE = __name__


def spin(_: list[str]) -> int:
    """Use the CPU for ever."""
    while True:
        pass


def swell(_: list[str]) -> int:
    """Take a gigabyte, and wait."""
    held = [bytearray(os.urandom(1) * (10 << 20)) for _ in range(200)]
    time.sleep(60)
    return len(held)


def crash(_: list[str]) -> int:
    """Raise an error that nobody catches."""
    return [0][1]


def look_up(_: list[str]) -> int:
    """Look up a name, and hide that it failed."""
    try:
        socket.getaddrinfo("example.invalid", 80)
    except OSError:
        return 0
    return 0


def start_program(_: list[str]) -> int:
    """Run another program."""
    return subprocess.run(["/bin/true"], check=False).returncode


def spoil(_: list[str]) -> int:
    """Change a file of somebody else, and leave a temporary one."""
    Path("../canary/kept.txt").write_text("changed")
    Path("../output/fine.txt").write_text("this is where results belong")
    os.close(tempfile.mkstemp()[0])
    return 0


def colour(_: list[str]) -> int:
    """Print a control sequence, and a refusal of two lines."""
    print("\x1b[31mred")
    print("exclip-desktop: refused.\nexclip-desktop: refused again.", file=sys.stderr)
    return 2


@pytest.mark.parametrize(
    ("function", "faults"),
    [
        ("spin", ("took too much time",)),
        ("swell", ("took too much memory",)),
        ("crash", ("exit code 1", "printed Traceback")),
        ("look_up", ("opened or started: socket.getaddrinfo",)),
        ("start_program", ("opened or started: subprocess.Popen",)),
        ("spoil", ("changed canary/kept.txt", "left a temporary file")),
        ("colour", ("printed the control character", "has not one clear line")),
    ],
)
def test_a_misbehaving_program_is_reported(function: str, faults: tuple[str, ...], runner: Runner) -> None:
    outcome = runner.run(HostileInput(function, lambda _: [], entry=f"{HERE}:{function}"))
    assert len(outcome.faults) == len(faults), outcome
    for fault, begins in zip(outcome.faults, faults, strict=True):
        assert fault.startswith(begins)


def test_an_honest_explanation_passes(runner: Runner) -> None:
    arguments = ["explain", "--device", "cpu", "--sample", "2", "--out", f"{OUT}/numbers.json"]
    outcome = runner.run(HostileInput("honest", lambda _: arguments, codes=(0,), says="Written"))
    assert not outcome.faults, outcome
