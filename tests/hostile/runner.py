"""Runs the program on hostile inputs in child processes, and checks how each ends.

A door's module holds a table of inputs, and nothing else is needed to run them::

    def _empty_list(folder: Path) -> list[str]:
        (folder / "pairs.csv").write_bytes(b"")
        return ["batch", "pairs.csv", "--out", OUT]

    INPUTS = (
        HostileInput("an empty list", _empty_list, fast=True, says="is empty"),
        HostileInput("a list of ten million commas", _many_commas),
    )

``test_hostile`` collects the tuple ``INPUTS`` of every module in ``tests.hostile.inputs``. Inputs with ``fast`` run in
every test run, about 10 per door; the others with ``-m slow``. The folder that ``write`` fills is where the program
starts, so arguments name files without their folder. The program may write below ``OUT`` (``../output``) and in its own
home folder only. An input that needs another start than the command line names a function as ``entry``.

``Runner.run`` checks, for every input: it ends within 5 s of CPU time (and within a wall time that grows with the
machine's load), within 500 MB above an honest explanation's peak, by exit code 0 or 2; with exit code 2 one line that
begins with ``exclip-desktop:`` is the last on standard error; no traceback, no warning of Python, no control character
is printed; no file of the input or next to it is changed; no socket is opened, no name looked up, no program started,
and no process or temporary file left behind.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
OUT: Final = "../output"
MAIN: Final = "exclip_desktop.cli.main:main"
CPU_S: Final = 5.0
WALL_S: Final = 20.0
MEMORY_BYTES: Final = 500_000_000
HASHED_BYTES: Final = 16 << 20
LINE_LIMIT: Final = 1100  # of characters: a longer message is not one that a person reads
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NOISE: Final = re.compile(r"Traceback \(most recent|^\S*Warning: |:\d+: \w*Warning: |^Exception ignored", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class HostileInput:
    """Hostile or careless input.

    Attributes:
        name: what is wrong with it, unique in its door's table.
        write: writes files into an empty folder, and returns the arguments of the command.
        fast: whether it runs in every test run.
        codes: the exit codes that are right.
        says: a pattern that standard error must contain.
        environment: variables that are added.
        entry: the function that is called with the arguments, as module:function.

    """

    name: str
    write: Callable[[Path], list[str]]
    fast: bool = False
    codes: tuple[int, ...] = (0, 2)
    says: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    entry: str = MAIN


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the program ended on an input; ``faults`` are sentences, none where all is right."""

    code: int
    stdout: str
    stderr: str
    cpu_s: float
    peak_bytes: int
    faults: tuple[str, ...]


def hostile_parameters(inputs: Mapping[str, tuple[HostileInput, ...]]) -> list[Any]:
    """Return pytest's parameters of the inputs of each door; those that are not fast are marked ``slow``."""
    return [
        pytest.param(one, id=f"{door}: {one.name}", marks=() if one.fast else pytest.mark.slow)
        for door, table in inputs.items()
        for one in table
    ]


class Runner:
    """Runs inputs in children of one process that has imported the program."""

    def __init__(self, folder: Path) -> None:
        """``folder`` holds the inputs while they run."""
        self._folder, self._count = folder, 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.server"],
            cwd=ROOT,
            env={**os.environ, **_environment(folder / "start"), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._receive()
        self._memory_bytes = 1 << 40
        honest = self.run(HostileInput("an honest start", lambda _: ["explain", "--device", "cpu"], codes=(0,)))
        assert not honest.faults, honest
        self._memory_bytes = honest.peak_bytes + MEMORY_BYTES

    def close(self) -> None:
        """End the process."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(10)
        self._server.stdout.close()

    def run(self, hostile: HostileInput) -> Outcome:
        """Run the program on an input, and return how it ended; see the module for what is checked."""
        self._count += 1
        folder = self._folder / str(self._count)
        for name in ("input", "output", "canary", "report"):
            (folder / name).mkdir(parents=True)
        (folder / "canary" / "kept.txt").write_text("This file belongs to somebody else.")
        (folder / "kept.txt").write_text("This one too.")
        environment = _environment(folder / "own")
        arguments = hostile.write(folder / "input")
        before = _snapshot(folder)
        ended = self._ask(
            arguments=arguments,
            entry=hostile.entry,
            folder=str(folder / "input"),
            report=str(folder / "report"),
            environment={**environment, **hostile.environment},
            memory_bytes=self._memory_bytes,
            cpu_s=CPU_S,
            wall_s=WALL_S * min(3.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))),
        )
        stdout, stderr = (_read(folder / "report" / name) for name in ("stdout", "stderr"))
        faults = (
            *_faults_of_end(ended, hostile.codes),
            *_faults_of_text(ended["code"], stdout, stderr, hostile.says),
            *(f"opened or started: {line}" for line in _read(folder / "report" / "calls").splitlines()),
            *_changes(before, _snapshot(folder)),
            *(f"left a temporary file: {path.name}" for path in Path(environment["TMPDIR"]).iterdir()),
        )
        return Outcome(ended["code"], stdout, stderr, ended["cpu_s"], ended["peak_bytes"], faults)

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return self._receive()

    def _receive(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer


def run_process(
    hostile: HostileInput, folder: Path, *, command: str = 'exec "$@"', wall_s: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run an input in an interpreter of its own, which takes seconds: for what is decided at its start.

    ``command`` is a shell's, whose arguments are those of the program: ``'exec "$@" > /dev/full'``. Check the result by
    ``check_text``.
    """
    (folder / "input").mkdir()
    (folder / "output").mkdir()
    arguments = hostile.write(folder / "input")
    module, _, function = hostile.entry.partition(":")
    code = f"import sys; from {module} import {function} as run; sys.exit(run(sys.argv[1:]))"
    started = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, **_environment(folder / "own"), "PYTHONPATH": str(ROOT), **hostile.environment}
    return subprocess.run(
        ["/bin/sh", "-c", command, "sh", *started],
        cwd=folder / "input",
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=wall_s,
        check=False,
    )


def check_text(code: int, stdout: str, stderr: str, says: str = "") -> None:
    """Raise ``AssertionError`` unless exit code and text are those of a program that refuses or accepts its input."""
    faults = [*_faults_of_text(code, stdout, stderr, says), *(() if code in (0, 2) else (f"exit code {code}",))]
    assert not faults, (faults, stderr[-2000:])


def _environment(own: Path) -> dict[str, str]:
    """Return the variables that give the program folders of its own below ``own``, which is made."""
    places = {"HOME": own, "TMPDIR": own / "tmp", "HF_HOME": own / "hf", "TORCH_HOME": own / "torch"}
    places |= {f"XDG_{kind}_HOME": own / kind.lower() for kind in ("CONFIG", "CACHE", "DATA", "STATE")}
    for path in places.values():
        path.mkdir(parents=True, exist_ok=True)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {name: str(path) for name, path in places.items()} | threads | {"EXCLIP_CACHE": "off"}


def _snapshot(folder: Path) -> dict[str, str]:
    """Return what is below a folder, except for the places of the program's own: names, sizes, hashes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.partition("/")[0] not in ("output", "own", "report"):
            found[name] = _describe(path)
    return found


def _describe(path: Path) -> str:
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    status = path.stat()
    if not path.is_file():
        return f"no file, mode {status.st_mode:o}"
    if status.st_size > HASHED_BYTES or not os.access(path, os.R_OK):
        return f"{status.st_size} bytes of {status.st_mtime_ns}"
    return f"{status.st_size} bytes, {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    names = sorted(before.keys() | after.keys())
    return [
        f"changed {name}: {before.get(name, 'missing')} is now {after.get(name, 'missing')}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _faults_of_end(ended: dict[str, Any], codes: tuple[int, ...]) -> list[str]:
    faults = []
    if ended["exceeded"]:
        used = f"{ended['cpu_s']:.1f} s of CPU, {ended['wall_s']:.1f} s, {ended['peak_bytes'] / 1e6:.0f} MB"
        faults.append(f"took too much {ended['exceeded']}: {used}")
    elif ended["code"] not in codes:
        faults.append(f"exit code {ended['code']}, not one of {codes}")
    if ended["left"] and not ended["exceeded"]:
        faults.append("left a process behind")
    return faults


def _faults_of_text(code: int, stdout: str, stderr: str, says: str) -> list[str]:
    faults = []
    if noise := NOISE.search(stderr):
        faults.append(f"printed {noise[0]}")
    if control := CONTROL.search(stdout + stderr):
        faults.append(f"printed the control character {control[0]!r}")
    lines = stderr.strip().split("\n")
    errors = [line for line in lines if line.startswith("exclip-desktop: ")]
    if code == 2 and (errors != lines[-1:] or len(errors[0]) > LINE_LIMIT):
        faults.append("has not one clear line as its last")
    if code == 0 and errors:
        faults.append("prints an error, and succeeds")
    if says and not re.search(says, stderr):
        faults.append(f"does not say {says!r}")
    return faults


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""
