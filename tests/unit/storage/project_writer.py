"""Writes findings in processes that are killed: ``python project_writer.py`` forks one for each line of its input.

A line is ``PATH NUMBER``: the forked process opens the project and does step NUMBER, NUMBER + 1 …, saying each on
standard output once it is on disk. After it has died, ``gone`` is said. Step ``CREATE`` creates the project.

``python project_writer.py PATH NUMBER SECONDS`` adds findings to the project for so long, and prints the note of each
once it is on disk; another process may do the same.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from exclip_desktop.storage.project.finding_rows import add_finding
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import open_or_create_project, open_project
from tests.unit.storage.findings import change_finding, make_finding, remove_findings

State = dict[int, tuple[str, tuple[str, ...]]]
"""What shall be in the project: by id, each finding's note and tags."""

MOST = 24
CREATE = -1


def planned(number: int, state: State, last: int) -> State:
    """Return what the project holds after step ``number``; ``last`` is the largest id that was ever given."""
    oldest = min(state, default=0)
    if len(state) > MOST:
        return {key: expected for key, expected in state.items() if key != oldest}
    if number % 3 == 2 and state:
        return {**state, oldest: (f"changed by {number}", (str(number), "x"))}
    return {**state, last + 1: (f"added by {number}", (str(number),))}


def take(project: Project, number: int, state: State, last: int) -> None:
    """Do step ``number``."""
    after = planned(number, state, last)
    for key in state.keys() - after.keys():
        remove_findings(project, [key])
    for key in after.keys() - state.keys():
        finding = make_finding(number)
        note, tags = after[key]
        made = type(finding)(finding.view, finding.numbers, finding.rating, tags, note)
        assert add_finding(project, made) == key
    for key, (note, tags) in after.items():
        if key in state and state[key] != after[key]:
            change_finding(project, key, note=note, tags=tags)


def held(project: Project) -> tuple[State, int]:
    """Return what a project holds, and the largest id that was ever given."""
    tags: dict[int, tuple[str, ...]] = {}
    for key, tag in project.rows("SELECT finding, tag FROM finding_tag ORDER BY finding, place"):
        tags[key] = (*tags.get(key, ()), tag)
    state = {key: (note, tags.get(key, ())) for key, note in project.rows("SELECT id, note FROM finding")}
    given = project.rows("SELECT seq FROM sqlite_sequence WHERE name = 'finding'")
    return state, given[0][0] if given else 0


def _write(path: Path, number: int) -> None:
    if number == CREATE:
        open_or_create_project(path).close()
        time.sleep(60)  # until it is killed
    with open_project(path) as project:
        state, last = held(project)
        while True:
            take(project, number, state, last)
            state, last = planned(number, state, last), max(last, *planned(number, state, last))
            os.write(1, f"{number}\n".encode())
            number += 1


def add_for(path: Path, number: str, seconds: float) -> None:
    """Add findings for so many seconds, and print the note of each."""
    end, count = time.monotonic() + seconds, 0
    with open_project(path) as project:
        while time.monotonic() < end:
            note = f"{number}.{count}"
            add_finding(project, replace(make_finding(count % 7), note=note))
            print(note, flush=True)
            count += 1


def main() -> None:
    """Fork a writer for each line of standard input."""
    for line in sys.stdin:
        path, number = line.rsplit(maxsplit=1)
        child = os.fork()
        if child == 0:
            _write(Path(path), int(number))
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main() if len(sys.argv) == 1 else add_for(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
