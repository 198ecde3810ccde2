"""Projects and files of findings: mutated, written by two processes, imported twice, with little to write with."""

import os
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from exclip_desktop.core.errors import ListError, UserError
from exclip_desktop.storage.exports.finding_tables import format_csv, format_jsonl, read_findings
from exclip_desktop.storage.project.finding_rows import load_findings, load_noted_pairs, load_tag_counts
from exclip_desktop.storage.project.pair_rows import load_all_boxes, load_box_names, load_known, load_pair_list
from exclip_desktop.storage.project.project import Project, load_settings
from exclip_desktop.storage.project.project_files import create_project, open_project
from exclip_desktop.storage.project.typed_captions import load_typed_captions
from tests.hostile.inputs.projects import sound_project
from tests.hostile.runner import MAIN, ROOT
from tests.unit.storage import project_writer
from tests.unit.storage.findings import kept, make_finding

slow = pytest.mark.slow
FIRST_PAGE: Final = 4096
OWN_PACKAGE: Final = {**os.environ, "PYTHONPATH": str(ROOT)}


def _counts(project: Project) -> tuple[int, ...]:
    """Read everything; return how much there is of each kind."""
    findings, pairs = load_findings(project), load_pair_list(project).pairs
    load_known(project)
    load_box_names(project)
    load_typed_captions(project)
    return (
        len(findings),
        sum(one.numbers.geometry is not None for one in findings),
        sum(len(one.tags) for one in findings),
        len(load_noted_pairs(project)),
        sum(load_tag_counts(project).values()),
        len(pairs),
        sum(len(one.regions) for one in pairs),
        sum(map(len, load_all_boxes(project).values())),
        len(load_settings(project)),
    )


def _mutated(data: bytes, seed: int, *, beginning: int) -> bytes:
    """Return data with a changed byte: of every second seed in the ``beginning``."""
    rng = random.Random(seed)
    place = rng.randrange(beginning if seed % 2 else len(data))
    content = bytearray(data)
    content[place] = (content[place] ^ (1 << rng.randrange(8))) if seed % 3 else rng.randrange(256)
    return bytes(content)


def _read(path: Path) -> tuple[tuple[int, ...], tuple[str, ...], str]:
    """Return how much of each kind a project has, its notes, and the sentence where it is refused."""
    try:
        with open_project(path) as project:
            return _counts(project), project.notes, ""
    except UserError as error:
        return (), (), error.message


def _check_mutations(folder: Path, seeds: Sequence[int]) -> None:
    path = folder / "p.exclip"
    path.write_bytes(sound_project())
    whole, _, _ = _read(path)
    for seed in seeds:
        path.write_bytes(_mutated(sound_project(), seed, beginning=FIRST_PAGE))
        counts, notes, refusal = _read(path)
        told = notes or refusal
        assert told or all(now >= before for now, before in zip(counts, whole, strict=True)), (seed, counts)
        assert all(len(sentence) < 500 for sentence in (*notes, refusal)), seed


def test_a_mutated_project_opens_or_is_rescued_or_refused(tmp_path: Path) -> None:
    _check_mutations(tmp_path, range(30))


@slow
def test_300_mutated_projects_open_or_are_rescued_or_refused(tmp_path: Path) -> None:
    _check_mutations(tmp_path, range(1000, 1300))


@slow
@pytest.mark.timeout(1200)
def test_every_byte_of_the_schema_can_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "p.exclip"
    path.write_bytes(sound_project())
    whole, _, _ = _read(path)
    for place in range(FIRST_PAGE):
        content = bytearray(sound_project())
        content[place] ^= 0x04
        path.write_bytes(content)
        counts, notes, refusal = _read(path)
        assert counts == whole or notes or "newer version" in refusal, (place, refusal)


def _check_mutated_findings(folder: Path, ending: str, seeds: Sequence[int]) -> None:
    findings = [kept(make_finding(seed), seed + 1) for seed in range(4)]
    data = (format_jsonl if ending == ".jsonl" else format_csv)(findings).encode()
    path = folder / f"f{ending}"
    for seed in seeds:
        path.write_bytes(_mutated(data, seed, beginning=len(data)))
        length, count = 0, len(findings)
        try:
            count = len(read_findings(path))
        except ListError as error:
            length = len(error.message)
        assert length < 700, seed
        assert count == len(findings), seed


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_mutated_findings_are_read_or_refused(tmp_path: Path, ending: str) -> None:
    _check_mutated_findings(tmp_path, ending, range(40))


@slow
@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_2000_mutated_findings_are_read_or_refused(tmp_path: Path, ending: str) -> None:
    _check_mutated_findings(tmp_path, ending, range(1000, 3000))


def _start(code: str, *arguments: str, prepare: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,  # noqa: PLW1509  limits of the child alone; no other thread of the test holds a lock
    )


def _check_two_writers(path: Path, seconds: float) -> None:
    create_project(path).close()
    command = [sys.executable, project_writer.__file__, str(path)]
    writers = [
        subprocess.Popen([*command, str(number), str(seconds)], env=OWN_PACKAGE, stdout=subprocess.PIPE, text=True)
        for number in range(2)
    ]
    written = [writer.communicate(timeout=seconds + 60)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], "no lock that nobody handled"
    assert all(len(notes) > 3 for notes in written), "none waits for ever"
    with open_project(path) as project:
        assert sorted(one.note for one in load_findings(project)) == sorted(written[0] + written[1])
        assert project.rows("PRAGMA integrity_check") == [("ok",)]


def test_two_processes_write_one_project(tmp_path: Path) -> None:
    _check_two_writers(tmp_path / "p.exclip", 5)


@slow
def test_two_processes_write_one_project_for_a_minute(tmp_path: Path) -> None:
    _check_two_writers(tmp_path / "p.exclip", 60)


IMPORT: Final = """
import sys
from exclip_desktop.storage.project.finding_import import import_findings
from exclip_desktop.storage.project.project_files import open_or_create_project
with open_or_create_project(sys.argv[1]) as project:
    print("ready", flush=True)
    sys.stdin.readline()
    print(len(import_findings(project, sys.argv[2])[0]))
"""


def test_a_file_that_is_imported_twice_at_once_is_there_once(tmp_path: Path) -> None:
    count = 400
    (tmp_path / "f.jsonl").write_text(format_jsonl(kept(make_finding(at), at + 1) for at in range(count)), "utf-8")
    command = [sys.executable, "-c", IMPORT, str(tmp_path / "p.exclip"), str(tmp_path / "f.jsonl")]
    imports = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in imports:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in imports:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert sorted(int(process.communicate(timeout=120)[0]) for process in imports) == [0, 0, count]
    with open_project(tmp_path / "p.exclip") as project:
        assert len(load_findings(project)) == count


COMMANDS: Final = f"""
import sys
from {MAIN.partition(":")[0]} import main
sys.exit(main(sys.argv[1:]))
"""


def _limit(what: int, most: int) -> None:
    resource.setrlimit(what, (most, most))


@pytest.mark.parametrize(
    ("what", "most", "code"), [(resource.RLIMIT_NOFILE, 64, 0), (resource.RLIMIT_FSIZE, 60_000, 2)]
)
def test_an_import_with_little_to_write_with_is_done_or_refused(
    tmp_path: Path, what: int, most: int, code: int
) -> None:
    findings = [replace(kept(make_finding(at), at + 1), note="x" * 1000) for at in range(100)]
    (tmp_path / "f.jsonl").write_text(format_jsonl(findings), "utf-8")
    project, file = str(tmp_path / "p.exclip"), str(tmp_path / "f.jsonl")
    with _start(COMMANDS, "import", project, file, prepare=partial(_limit, what, most)) as process:
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == code, stderr
    assert "Traceback" not in stderr
    assert len(stderr.strip().splitlines()) == 1
    with _start(COMMANDS, "import", project, file) as process:
        process.communicate(timeout=120)
        assert process.returncode == 0
    with open_project(project) as opened:
        assert len(load_findings(opened)) == len(findings)
    assert {one.name for one in tmp_path.iterdir()} == {"p.exclip", "f.jsonl"}
