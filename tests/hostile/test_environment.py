"""The program in unusual surroundings: other locales, closed or full outputs, no home, no temporary folder."""

import json
import os
from pathlib import Path
from typing import Final

import pytest

from tests.hostile.runner import OUT, HostileInput, check_text, run_process

EXPLAIN: Final = ["explain", "--device", "cpu", "--sample", "1"]
LISTING: Final = ["help"]
HERE: Final = __name__


def run_without_temporary_folder(arguments: list[str]) -> int:
    """Run the program where no folder for temporary files can be written to."""
    import tempfile  # noqa: PLC0415  before anything of the program

    def find_none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    tempfile._get_default_tempdir = find_none  # type: ignore[attr-defined]
    from exclip_desktop.cli.main import main  # noqa: PLC0415  as above

    return main(arguments)


def hostile(*arguments: str, entry: str = "exclip_desktop.cli.main:main", **environment: str) -> HostileInput:
    """Return an input of arguments alone."""
    return HostileInput(" ".join(arguments), lambda _: list(arguments), environment=environment, entry=entry)


@pytest.mark.slow
def test_a_caption_keeps_its_letters_and_its_score_in_the_locale_c(tmp_path: Path) -> None:
    results = []
    for name, environment in (("utf8", {}), ("c", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})):
        (tmp_path / name).mkdir()
        picture = str(_sample(tmp_path / name))
        words = ["explain", "--device", "cpu", picture, "ein Hündchen", "--span", "Hündchen", "--out", f"{OUT}/a.json"]
        done = run_process(hostile(*words, **environment), tmp_path / name)
        check_text(done.returncode, done.stdout, done.stderr, "Written")
        results.append(json.loads((tmp_path / name / "output" / "a.json").read_text("utf-8")))
    assert results[0]["caption"] == results[1]["caption"] == "ein Hündchen"
    assert results[0]["score"] == results[1]["score"]


def _sample(folder: Path) -> Path:
    from exclip_desktop.storage.samples import load_samples  # noqa: PLC0415  the other tests need no sample

    path = folder / "a.jpg"
    path.write_bytes(load_samples()[0].path.read_bytes())
    return path


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ('exec "$@" > /dev/full', 2, "The output cannot be written: No space left on device"),
        pytest.param('exec "$@" >&-', 0, "", marks=pytest.mark.slow),
        pytest.param('exec "$@" 2>&-', 0, "", marks=pytest.mark.slow),
        pytest.param('exec "$@" <&- >&- 2>&-', 0, "", marks=pytest.mark.slow),
        pytest.param('exec "$@" 2> /dev/full', 0, "", marks=pytest.mark.slow),
        pytest.param('"$@" | true', 0, "", marks=pytest.mark.slow),
        pytest.param('"$@" 2>&1 | true', 0, "", marks=pytest.mark.slow),
        pytest.param('ulimit -n 64; exec "$@"', 0, "", marks=pytest.mark.slow),
        pytest.param('umask 777; exec "$@"', 0, "", marks=pytest.mark.slow),
    ],
)
def test_an_output_that_is_full_or_closed(command: str, code: int, says: str, tmp_path: Path) -> None:
    done = run_process(hostile(*LISTING), tmp_path, command=command)
    check_text(done.returncode, done.stdout, done.stderr, says)
    assert done.returncode == code


@pytest.mark.slow
@pytest.mark.parametrize("command", ['exec "$@" > /dev/full', 'exec "$@" 2> /dev/full'])
def test_an_error_where_an_output_is_full(command: str, tmp_path: Path) -> None:
    done = run_process(hostile("explain", "missing.png", "a dog"), tmp_path, command=command)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_without_a_folder_for_temporary_files(tmp_path: Path) -> None:
    done = run_process(hostile(*EXPLAIN, entry=f"{HERE}:run_without_temporary_folder"), tmp_path)
    check_text(done.returncode, done.stdout, done.stderr)
    assert done.returncode == 2
    assert "Set TMPDIR" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), ""),
        {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/proc/nonexistent", "EXCLIP_CACHE": "/proc/nonexistent"},
        {"TERM": "\x1b[31m", "COLUMNS": "-5", "LANG": "xx_YY.ZZ"},
        {"TZ": "Nowhere/Land", "SOURCE_DATE_EPOCH": "-1"},
    ],
)
def test_without_a_home_or_with_odd_variables(environment: dict[str, str], tmp_path: Path) -> None:
    arguments = [*EXPLAIN, "--picture", f"{OUT}/a.png"]
    done = run_process(hostile(*arguments, **environment), tmp_path)
    check_text(done.returncode, done.stdout, done.stderr)
    assert done.returncode == 0
    assert (tmp_path / "output" / "a.png").stat().st_size > 1000
    assert os.listdir(tmp_path / "input") == []
