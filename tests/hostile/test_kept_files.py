"""Kept files of writers that are killed at any moment, mutated packs, and starts without the usual folders."""

import os
import random
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exclip_desktop.core.errors import ModelError, OutputError
from exclip_desktop.core.temporary_files import leftovers
from exclip_desktop.models import catalogue
from exclip_desktop.models.weights.packs import unpack_model
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.cache import FactorCache
from tests.hostile import killed_writers
from tests.hostile.inputs import kept_files
from tests.hostile.inputs.kept_files import CONFIG, WEIGHTS, mutated
from tests.hostile.runner import ROOT, HostileInput, check_text, run_process

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
KILLED = -signal.SIGKILL


def seeds(fast: int, slow: int) -> list[Any]:
    return [*range(fast), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(fast, slow))]


class Writers:
    """A process that forks writers."""

    def __init__(self) -> None:
        alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {**os.environ, **alone, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
        command = [sys.executable, "-u", "-m", "tests.hostile.killed_writers"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, kind: str, folder: Path, kill_after: int | None = None, wait_s: float = 0.0) -> tuple[int, int]:
        """Run a writer and return its exit code and its steps; kill it ``wait_s`` after so many steps."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kind} {folder}\n")
        self._process.stdin.flush()
        child, steps, wanted = 0, 0, kill_after
        while not (line := self._process.stdout.readline()).startswith("ended "):
            assert line, "the process has ended"
            if line.startswith("pid "):
                child = int(line[4:])
            elif line != "began\n":
                steps += 1
            if child and wanted is not None and steps >= wanted:
                select.select([], [], [], wait_s)  # this chooses the moment of the kill, nothing depends on it
                os.kill(child, signal.SIGKILL)
                wanted = None
        return int(line[6:]), steps

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(20) == 0
        self._process.stdout.close()


@pytest.fixture(scope="module")
def writers() -> Iterator[Writers]:
    made = Writers()
    yield made
    made.close()


@pytest.mark.parametrize("seed", seeds(3, 100))
def test_settings_of_a_killed_program_are_those_before_or_after_a_change(
    seed: int, writers: Writers, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    code, steps = writers.run("settings", tmp_path, rng.randrange(40), rng.uniform(0, 0.004))
    assert code == KILLED
    store = SettingsFile(tmp_path / "settings.json")
    assert store.problem == ""
    assert store.faults == set()
    number = -1 if store.read("device") is None else int(store.read("device"))
    assert number >= steps - 1
    assert len(store.read("recent") or ()) in (number, max(number - 1, 0))
    store.write("theme", "dark")
    assert SettingsFile(tmp_path / "settings.json").read("theme") == "dark"
    assert not (tmp_path / "settings-damaged.json").exists()


@pytest.mark.parametrize("seed", seeds(3, 100))
def test_a_cache_of_a_killed_program_gives_what_was_put_and_nothing_half(
    seed: int, writers: Writers, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    assert writers.run("cache", tmp_path, rng.randrange(30), rng.uniform(0, 0.004))[0] == KILLED
    cache = FactorCache(tmp_path)
    files = [path for path in tmp_path.iterdir() if path.suffix == ".safetensors"]
    there = [number for number in range(60) if cache.get(killed_writers.key_of(number)) is not None]
    assert len(there) == len(files), "every file is whole"
    for number in there:
        factor = cache.get(killed_writers.key_of(number))
        assert factor is not None
        np.testing.assert_array_equal(factor.rows, number)
    half = sum(size for _, size in leftovers(tmp_path))
    assert cache.size()[1] == half + sum(path.stat().st_size for path in files)
    cache.put(killed_writers.key_of(99), killed_writers.make_factor(99))
    assert list(leftovers(tmp_path)) == []
    cache.clear()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def whole(writers: Writers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a list of twenty pictures, and the batch of a run that nobody killed."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(kept_files._templates(), folder, dirs_exist_ok=True)
    rows = ["path,caption"]
    for at in range(20):
        shutil.copy(folder / f"{at % 2}.png", folder / f"p{at}.png")
        rows.append(f"p{at}.png,a dog {at % 7}")
    (folder / "pairs.csv").write_text("\n".join([*rows, ""]))
    assert writers.run("batch", folder)[0] == 0
    return folder


@pytest.mark.parametrize("seed", seeds(1, 15))
def test_a_batch_that_is_killed_twice_goes_on_to_equal_files(
    seed: int, writers: Writers, whole: Path, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    folder = tmp_path / "again"
    shutil.copytree(whole, folder, ignore=shutil.ignore_patterns("out"))
    done = 0
    for _ in range(2):
        code, steps = writers.run("batch", folder, rng.randrange(3, 14), rng.uniform(0, 0.03))
        assert code in (KILLED, 0)
        written = sum(size > 0 for size in _entries(folder / "out"))
        assert written >= done, "no run loses what another has made"
        done = written
    assert writers.run("batch", folder)[0] == 0
    again, expected = _files(folder / "out"), _files(whole / "out")
    assert again.keys() == expected.keys()
    assert [name for name in expected if again[name] != expected[name]] == ["batch.json"], "it names the list's folder"


def _entries(folder: Path) -> list[int]:
    """Return the sizes of the rows of every entry of every shard."""
    from safetensors.numpy import load_file  # noqa: PLC0415

    sizes = []
    for path in folder.glob("*/*.safetensors"):
        sizes += [one.size for name, one in load_file(path).items() if name.endswith(".rows")]
    return sizes


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("seed", seeds(6, 100))
def test_a_mutated_pack_is_refused_or_the_same_model(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    monkeypatch.setattr(catalogue, "user_data_path", lambda *_, **__: data)
    kept_files._pack(lambda _: None)(tmp_path)
    changed = tmp_path / "packed" / ("SHA256SUMS", CONFIG, WEIGHTS)[seed % 3]
    changed.write_bytes(mutated(changed.read_bytes(), seed))
    try:
        name = unpack_model(tmp_path / "packed")
    except (ModelError, OutputError) as error:
        check_refusal(error)
        assert not (data / "models").exists() or list((data / "models").iterdir()) == []
    else:
        for file in (CONFIG, WEIGHTS):
            assert (data / "models" / name / file).read_bytes() == (
                kept_files._templates() / "model" / file
            ).read_bytes()


def check_refusal(error: ModelError | OutputError) -> None:
    assert "packed" in error.message
    assert error.hint


# Starts that lack something


def batch_of_two(folder: Path) -> list[str]:
    kept_files._copy_templates(folder)
    return kept_files.BATCH


NO_HOME = """
import os, pwd, sys
def none(uid):
    raise KeyError(uid)
pwd.getpwuid = none
for name in [name for name in os.environ if name == "HOME" or name.startswith("XDG_") or name == "EXCLIP_CACHE"]:
    del os.environ[name]
"""


def start_without_home(arguments: list[str]) -> int:
    """Run a command where no home folder is known: an entry point."""
    exec(NO_HOME, {})
    from exclip_desktop.cli.main import main  # noqa: PLC0415

    return main(arguments)


LIMITED = {
    "64 file descriptors": 'ulimit -n 64; exec "$@"',
    "files of 5 kB": 'ulimit -f 10; exec "$@"',
    "locale C": 'LC_ALL=C PYTHONUTF8=0 exec "$@"',
}


@pytest.mark.slow
@pytest.mark.parametrize("limit", LIMITED)
def test_a_limited_start_explains_or_says_why(limit: str, tmp_path: Path) -> None:
    done = run_process(HostileInput(limit, batch_of_two), tmp_path, command=LIMITED[limit])
    check_text(done.returncode, done.stdout, done.stderr, "cannot be written" if "5 kB" in limit else "")
    assert (done.returncode == 0) == ("5 kB" not in limit)
    assert list((tmp_path / "output").rglob(".exclip-*")) == []


@pytest.mark.slow
def test_without_a_home_folder_a_batch_runs_and_nothing_is_kept(tmp_path: Path) -> None:
    entry = "tests.hostile.test_kept_files:start_without_home"
    done = run_process(HostileInput("no home", batch_of_two, entry=entry), tmp_path)
    check_text(done.returncode, done.stdout, done.stderr, "The cache continues in memory only")
    assert done.returncode == 0
    assert not (tmp_path / "input" / "~").exists()
    assert (tmp_path / "output" / "index.jsonl").exists()


@pytest.mark.parametrize("arguments", [["explain"], ["models", "list"], []])
def test_without_a_temporary_folder_one_sentence_says_so(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    from exclip_desktop.cli.main import main  # noqa: PLC0415

    monkeypatch.setattr("tempfile.gettempdir", none)
    assert main(arguments) == 2
    assert capsys.readouterr().err == (
        "exclip-desktop: There is no folder for temporary files that can be written. Set TMPDIR to such a folder.\n"
    )


MOUNTED = """
mount -t tmpfs -o {options} tmpfs ../output || exit 77
exec "$@"
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", ["size=12k", "ro"])
def test_a_full_or_read_only_disk_is_one_sentence(options: str, tmp_path: Path) -> None:
    can_mount = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0
    if not can_mount:
        pytest.skip("needs the right to mount")
    inner = MOUNTED.format(options=options)
    command = f"exec unshare -m /bin/sh -c '{inner}' sh \"$@\""
    done = run_process(HostileInput(options, batch_of_two), tmp_path, command=command)
    if done.returncode == 77:
        pytest.skip("needs the right to mount")
    check_text(done.returncode, done.stdout, done.stderr, r"the disk is full|Read-only file system")
    assert done.returncode == 2
