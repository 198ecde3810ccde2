"""Damaged heat, studies and samples, leftovers of killed writers, and clocks that are wrong."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from exclip_desktop.core.errors import OutputError, PictureError
from exclip_desktop.core.temporary_files import is_temporary, leftovers, remove_leftovers
from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail
from exclip_desktop.core.values.study import Outcome
from exclip_desktop.storage import samples
from exclip_desktop.storage.atomic import make_folder_atomically, write_atomically
from exclip_desktop.storage.cache import FactorCache
from exclip_desktop.storage.heat_store import HeatStore
from exclip_desktop.storage.samples import load_samples, load_scenes
from exclip_desktop.storage.study_folder import OUTCOMES, append_outcome, open_study
from tests.unit.storage.test_batch_damage import mutated, seeds
from tests.unit.storage.test_cache import KEYS, entry_bytes, make_factor, path_of

# Heat

HEAT = {f"key{at}": HeatThumbnail(np.full((3, 4), at, np.float32), (0.0, 0.0, 1.0, 1.0)) for at in range(5)}


def heat_file(folder: Path) -> Path:
    """Return a file with the heat of five keys."""
    for key, heat in HEAT.items():
        HeatStore(folder / "heat.sqlite").put(key, heat)
    return folder / "heat.sqlite"


@pytest.mark.parametrize("seed", seeds(6, 150))
def test_a_mutated_heat_file_gives_no_other_heat(seed: int, tmp_path: Path) -> None:
    path = heat_file(tmp_path)
    path.write_bytes(mutated(path.read_bytes(), seed))
    store = HeatStore(path)
    for key, heat in HEAT.items():
        there = store.get(key)
        assert there is None or np.array_equal(there.values, heat.values)
    store.put("new", HEAT["key1"])
    store.put("new", HEAT["key1"])  # the first may have found the damage
    assert store.get("new") is not None or path.stat().st_size > 0


def test_heat_under_another_key_or_changed_is_missing(tmp_path: Path) -> None:
    path = heat_file(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE heat SET key = 'other' WHERE key = 'key1'")
        connection.execute("UPDATE heat SET data = (SELECT data FROM heat WHERE key = 'key3') WHERE key = 'key2'")
        connection.execute("UPDATE heat SET data = 'text' WHERE key = 'key4'")
    store = HeatStore(path)
    assert [key for key in ("other", *HEAT) if store.get(key) is not None] == ["key0", "key3"]


def test_heat_of_version_0_3_0_gets_checksums(tmp_path: Path) -> None:
    path = tmp_path / "heat.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE heat (key TEXT PRIMARY KEY, data BLOB NOT NULL)")
        connection.executemany("INSERT INTO heat VALUES (?, ?)", [(key, heat.to_bytes()) for key, heat in HEAT.items()])
        connection.execute("INSERT INTO heat VALUES ('text', 'text')")
    assert all(HeatStore(path).get(key) is not None for key in HEAT)
    assert HeatStore(path).get("text") is None
    HeatStore(path).put("new", HEAT["key2"])
    assert HeatStore(path).get("new") is not None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER grow AFTER INSERT ON heat BEGIN INSERT INTO heat SELECT key || 1, data, sha256 FROM heat; END",
        "CREATE VIEW other AS SELECT * FROM heat",
        "ALTER TABLE heat RENAME COLUMN data TO other",
    ],
)
def test_a_heat_file_with_anything_else_is_removed(statement: str, tmp_path: Path) -> None:
    path = heat_file(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    assert HeatStore(path).get("key1") is None
    assert not path.exists()


# Studies

HEADER: dict[str, Any] = {"model": "a" * 64, "settings": {"steps": 3, "fill": "mean"}}


def outcome(at: int) -> Outcome:
    return Outcome(f"{at}", f"{at}.png", "rollout", {}, {"iou": (0.5, 1 / 3)}, reasons={"area": "ü"})


def study_file(folder: Path, *, older: bool = False) -> Path:
    """Return the file of a study with four outcomes."""
    open_study(folder, HEADER)
    for at in range(4):
        append_outcome(folder, outcome(at))
    path = folder / OUTCOMES
    if older:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for line in lines:
            del line["sha256"]
        path.write_text("\n".join([*(json.dumps(line, ensure_ascii=False) for line in lines), ""]), "utf-8")
    return path


@pytest.mark.parametrize("seed", seeds(12, 150))
def test_a_mutated_study_is_refused_by_name_or_loses_its_last_lines(seed: int, tmp_path: Path) -> None:
    path = study_file(tmp_path)
    expected = open_study(tmp_path, HEADER)
    path.write_bytes(mutated(path.read_bytes(), seed))
    try:
        there = open_study(tmp_path, HEADER)
    except OutputError as error:
        check_refusal(error, str(tmp_path))
    else:
        assert there == expected[: len(there)]


def check_refusal(error: OutputError, part: str) -> None:
    assert part in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line.replace("0.5", "0.7"), "line 3, is damaged: its checksum differs"),
        (lambda line: line.replace('"sha256"', '"sha257"'), "line 3, is damaged: it has no checksum"),
        (lambda line: "{", "line 3, is damaged: it is not JSON of an outcome"),
        (lambda line: "[]", "line 3, is damaged: it is not JSON of an outcome"),
        (lambda line: "[" * 5000, "line 3, is damaged: it is not JSON of an outcome"),
    ],
)
def test_a_changed_outcome_is_named_and_can_be_deleted(
    change: Callable[[str], str], message: str, tmp_path: Path
) -> None:
    path = study_file(tmp_path)
    lines = path.read_text("utf-8").splitlines()
    lines[2] = change(lines[2])
    path.write_text("\n".join([*lines, ""]), "utf-8")
    with pytest.raises(OutputError, match=message) as caught:
        open_study(tmp_path, HEADER)
    assert "Delete that line" in caught.value.hint
    del lines[2]
    path.write_text("\n".join([*lines, ""]), "utf-8")
    assert [one.pair for one in open_study(tmp_path, HEADER)] == ["0", "2", "3"]


def test_a_study_of_version_0_3_0_continues(tmp_path: Path) -> None:
    path = study_file(tmp_path, older=True)
    assert len(open_study(tmp_path, HEADER)) == 4
    append_outcome(tmp_path, outcome(4))
    assert open_study(tmp_path, HEADER)[-1] == outcome(4)
    path.write_text(path.read_text("utf-8").replace('"pair": "4"', '"pair": "5"'), "utf-8")
    with pytest.raises(OutputError, match="line 6, is damaged: its checksum differs"):
        open_study(tmp_path, HEADER)


# Samples


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "7", '[{"file": "a.jpg"}]', '[{"file": "../../a.jpg", "caption": "", "objects": []}]',
     '[{"file": "a.jpg", "caption": "", "objects": [{"words": "a", "box": [1, 2]}]}]', "[" * 9999],
)  # fmt: skip
def test_damaged_samples_are_one_sentence(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "samples.json"
    path.write_text(text)
    monkeypatch.setattr(samples, "resource_path", lambda *_: path)
    for read in (load_samples, load_scenes):
        with pytest.raises(PictureError, match=r"samples\.json") as caught:
            read()
        assert "install it again" in caught.value.hint


# Leftovers, umask and clocks


def half_written(folder: Path) -> None:
    """Leave a file and a folder as a killed writer does."""
    (folder / ".exclip-0123.part").write_bytes(b"x" * 5000)
    (folder / ".exclip-4567.part").mkdir()
    (folder / ".exclip-4567.part" / "a.png").write_bytes(b"x")


def test_what_is_half_written_counts_and_is_removed_by_clear_and_by_the_next_writer(tmp_path: Path) -> None:
    cache = FactorCache(tmp_path)
    half_written(tmp_path)
    assert cache.size()[1] == 5000
    cache.clear()
    assert cache.size()[1] == 0
    half_written(tmp_path)
    FactorCache(tmp_path).put(KEYS[0], make_factor())
    assert list(leftovers(tmp_path)) == []
    half_written(tmp_path)
    write_atomically(tmp_path / "export.csv", lambda file: file.write(b"1"))
    assert list(leftovers(tmp_path)) == []
    half_written(tmp_path)
    with make_folder_atomically(tmp_path / "export") as folder:
        assert is_temporary(folder)
        remove_leftovers(tmp_path)
        assert [path for path, _ in leftovers(tmp_path)] == [folder]
    assert list(leftovers(tmp_path)) == []


def test_a_link_with_the_name_of_a_leftover_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    (tmp_path / ".exclip-0123.part").symlink_to(tmp_path / "mine")
    remove_leftovers(tmp_path)
    assert (tmp_path / "mine" / "notes.txt").exists()


@pytest.mark.skipif(os.name == "nt", reason="needs a umask")
def test_files_have_the_rights_of_the_umask_and_no_thread_sees_another(tmp_path: Path) -> None:
    before = os.umask(0o027)
    stop = threading.Event()
    modes: set[int] = set()

    def watch() -> None:
        at = 0
        while not stop.is_set():
            at += 1
            path = tmp_path / f"other{at}"
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
            modes.add(path.stat().st_mode & 0o777)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for at in range(50):
            write_atomically(tmp_path / f"ours{at}", lambda file: file.write(b"1"))
        with make_folder_atomically(tmp_path / "folder") as folder:
            (folder / "a").touch()
    finally:
        stop.set()
        thread.join()
        os.umask(before)
    assert modes == {0o640}
    assert (tmp_path / "ours1").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("wrong_s", [1e9, -1e9])
def test_entries_with_the_time_of_a_wrong_clock_leave_first(wrong_s: float, tmp_path: Path) -> None:
    one = entry_bytes(tmp_path / "measured")
    cache = FactorCache(tmp_path, disk_bytes=int(3.5 * one))
    for at in range(2):
        cache.put(KEYS[at], make_factor())
        os.utime(path_of(tmp_path, KEYS[at]), (time.time() + wrong_s, time.time() + wrong_s))
    for at in range(2, 6):
        cache.put(KEYS[at], make_factor())
    there = [at for at in range(6) if path_of(tmp_path, KEYS[at]).exists()]
    assert there[-1] == 5
    assert not {0, 1} & set(there)


KILLED = """
import os, signal, sys
from pathlib import Path
from exclip_desktop.storage.atomic import make_folder_atomically
with make_folder_atomically(Path(sys.argv[1])) as folder:
    (folder / "a.png").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_folder_that_a_killed_writer_left_is_gone_after_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "export")], check=False)
    assert len(list(tmp_path.iterdir())) == 1

    def write(file: BinaryIO) -> None:
        file.write(b"1")

    write_atomically(tmp_path / "other.csv", write)
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]
