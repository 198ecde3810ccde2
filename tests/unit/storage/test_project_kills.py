"""A project whose writer is killed at any moment opens again, with everything that was acknowledged."""

import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from exclip_desktop.storage.project.project_files import create_project, open_or_create_project, open_project
from tests.unit.storage import project_writer
from tests.unit.storage.project_writer import CREATE, State, held, planned, take

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
SPAN_S = 0.012
"""A few changes' time: the kill comes anywhere in it, after a random number of changes was acknowledged."""


@pytest.fixture
def nest() -> Iterator[subprocess.Popen[str]]:
    """A process that forks writers; it has imported all they need."""
    lone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # a process of one thread may fork
    command = [sys.executable, "-u", project_writer.__file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=lone) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def killed_writer(nest: subprocess.Popen[str], path: Path, number: int, rng: random.Random) -> int:
    """Let a writer begin with step ``number``, kill it, and return the next step after the last it acknowledged."""
    assert nest.stdin is not None
    assert nest.stdout is not None
    nest.stdin.write(f"{path} {number}\n")
    nest.stdin.flush()
    expected = nest.stdout
    child = 0
    wanted = rng.randrange(6)
    done = number
    while not child or done < number + wanted:
        word = expected.readline().split()
        child, done = (int(word[1]), done) if word[0] == "pid" else (child, int(word[0]) + 1)
    _wait(expected, rng.uniform(0, SPAN_S))
    os.kill(child, signal.SIGKILL)
    for line in iter(expected.readline, "gone\n"):
        done = int(line) + 1
    return done


def _wait(expected: IO[str], seconds: float) -> None:
    """Wait so long, or a little less: this chooses the moment of the kill, nothing depends on it."""
    select.select([], [], [], seconds)


def check(path: Path, state: State, last: int, number: int) -> tuple[State, int, int]:
    """Open a project after a kill: it holds what was acknowledged, and perhaps the step begun after it, wholly."""
    left_journal = path.with_name(path.name + "-journal").exists()
    with open_project(path) as project:
        assert not project.read_only
        assert project.rows("PRAGMA integrity_check") == [("ok",)]
        assert project.rows("PRAGMA foreign_key_check") == []
        found, given = held(project)
        assert project.rows("SELECT count(*) FROM finding_view") == [(len(found),)]
    begun = planned(number, state, last)
    assert found in (state, begun), f"left_journal={left_journal}"
    return found, given, number + (found == begun)


def run(nest: subprocess.Popen[str], path: Path, kills: int, seed: int) -> int:
    """Kill writers of one project; return how often a change was cut in half and taken back."""
    print(f"seed {seed}")  # shown where the test fails
    rng = random.Random(seed)
    create_project(path).close()
    state: State = {}
    last, number, cut = 0, 0, 0
    for _ in range(kills):
        done = killed_writer(nest, path, number, rng)
        for step in range(number, done):
            state = planned(step, state, last)
            last = max(last, *state)
        cut += path.with_name(path.name + "-journal").exists()
        state, last, number = check(path, state, last, done)
    return cut


def test_nothing_acknowledged_is_lost(nest: subprocess.Popen[str], tmp_path: Path) -> None:
    run(nest, tmp_path / "p.exclip", 25, random.randrange(2**32))


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_in_300_kills(nest: subprocess.Popen[str], tmp_path: Path) -> None:
    assert run(nest, tmp_path / "p.exclip", 300, random.randrange(2**32)) > 10, "kills come while it is written"


def kill_starts(nest: subprocess.Popen[str], folder: Path, kills: int, seed: int) -> None:
    """Kill processes that create a project: the next start opens it or creates it, and nothing is left next to it."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    assert nest.stdin is not None
    assert nest.stdout is not None
    path = folder / "findings.exclip"
    for _ in range(kills):
        nest.stdin.write(f"{path} {CREATE}\n")
        nest.stdin.flush()
        child = int(nest.stdout.readline().split()[1])
        _wait(nest.stdout, rng.uniform(0, SPAN_S))
        os.kill(child, signal.SIGKILL)
        for _ in iter(nest.stdout.readline, "gone\n"):
            pass
        if path.exists():
            open_project(path).close()  # never half
        with open_or_create_project(path) as project:
            take(project, 0, *held(project))
        assert [one.name for one in folder.iterdir()] == [path.name]
        path.unlink()


def test_a_killed_start_spoils_nothing(nest: subprocess.Popen[str], tmp_path: Path) -> None:
    kill_starts(nest, tmp_path, 15, random.randrange(2**32))


@pytest.mark.slow
def test_150_killed_starts_spoil_nothing(nest: subprocess.Popen[str], tmp_path: Path) -> None:
    kill_starts(nest, tmp_path, 150, random.randrange(2**32))


def test_storage_of_projects_imports_nothing_heavy() -> None:
    code = (
        "import sys, exclip_desktop.storage.project.finding_rows, exclip_desktop.storage.project.project_files\n"
        "assert not {'torch', 'PySide6', 'matplotlib', 'PIL', 'open_clip'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_journal_left_behind_is_taken_back(tmp_path: Path) -> None:
    """What SQLite does with a change that was cut in half, made here by hand."""
    path = tmp_path / "p.exclip"
    create_project(path).close()
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA cache_size = 1")  # so that pages of an open change reach the file
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO setting VALUES (?, ?)", [(str(at), "x" * 4000) for at in range(50)])
        copy = tmp_path / "cut.exclip"
        copy.write_bytes(path.read_bytes())
        copy.with_name("cut.exclip-journal").write_bytes(path.with_name("p.exclip-journal").read_bytes())
        connection.execute("ROLLBACK")
    connection.close()
    with open_project(copy) as project:
        assert project.rows("SELECT count(*) FROM setting") == [(0,)]
        assert project.rows("PRAGMA integrity_check") == [("ok",)]
