"""What a project file from outside may hold: nothing in it acts, and damage hides no more than what is damaged."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from exclip_desktop.core.errors import OutputError, ProjectError
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.core.values.selection import Region
from exclip_desktop.storage.atomic import create_atomically, make_folder_atomically, write_atomically
from exclip_desktop.storage.pair_lists.list_files import read_pairs
from exclip_desktop.storage.project import project_files
from exclip_desktop.storage.project.finding_filter import list_filter_keys
from exclip_desktop.storage.project.finding_rows import (
    FindingQuery,
    add_finding,
    count_findings,
    load_findings,
    load_ids_by_view,
    load_noted_pairs,
    load_tag_counts,
)
from exclip_desktop.storage.project.pair_rows import (
    add_pairs,
    load_all_boxes,
    load_box_names,
    load_extent,
    load_known,
    load_pair_list,
    save_boxes,
)
from exclip_desktop.storage.project.project import Project, load_settings, save_setting
from exclip_desktop.storage.project.project_files import create_project, open_or_create_project, open_project
from exclip_desktop.storage.project.typed_captions import save_typed_caption
from tests.unit.storage.findings import change_finding, make_finding

PAIRS, FINDINGS = 30, 8
DOG = Region((0, 0, 5, 5), name="dog")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project; tests work on copies."""
    path = tmp_path_factory.mktemp("sound") / "p.exclip"
    with create_project(path) as project:
        pairs = (ListedPair(str(at), f"{at}.png", f"a dog {at}", regions=(DOG,)) for at in range(PAIRS))
        add_pairs(project, PairList(path, path.parent, tuple(pairs)))
        save_boxes(project, "a.png", (DOG, Region((1, 1, 5, 5), name="cat")))
        save_setting(project, "list", {"by": "score"})
        for seed in range(FINDINGS):
            add_finding(project, make_finding(seed))
    return path


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    """A copy of that project."""
    return Path(shutil.copy(sound, tmp_path / "p.exclip"))


def edit(path: Path, *statements: str) -> None:
    """Change a file as another program could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)


def rewrite_schema(path: Path, statement: str) -> None:
    """Change the text of a file's schema."""
    edit(path, "PRAGMA writable_schema = ON", statement)


def read_all(project: Project) -> tuple[int, ...]:
    """Read everything by every function; return the numbers of findings, pairs, boxes and settings."""
    for read in (load_noted_pairs, load_tag_counts, load_ids_by_view, load_known, load_extent, list_filter_keys):
        read(project)
    load_box_names(project)
    findings = load_findings(project, FindingQuery(sort="tags"))
    assert count_findings(project) == len(findings)
    assert len(load_findings(project, FindingQuery(sort="selection"))) == len(findings)
    boxes = sum(map(len, load_all_boxes(project).values()))
    return len(findings), len(load_pair_list(project).pairs), boxes, len(load_settings(project))


WHOLE = (FINDINGS, PAIRS, 2, 1)
BAD_TEXT = "CAST(X'61FF62' AS TEXT)"
ONE_ROW: dict[str, tuple[str, tuple[int, int, int, int], str]] = {
    "a note that is not UTF-8": (
        f"UPDATE finding SET note = {BAD_TEXT} WHERE id = 3",
        (-1, 0, 0, 0),
        "finding 3: note is not UTF-8 text; the finding is not shown.",
    ),
    "a caption that is not UTF-8": (
        f"UPDATE pair SET caption = {BAD_TEXT} WHERE number = 7",
        (0, -1, 0, 0),
        "pair 7: caption is not UTF-8 text; the pair is not shown.",
    ),
    "an id that is not UTF-8": (
        f"UPDATE pair SET id = {BAD_TEXT} WHERE number = 7",
        (0, -1, 0, 0),
        "pair 7: id is not UTF-8 text",
    ),
    "bytes as a caption": (
        "UPDATE pair SET caption = X'00' WHERE number = 7",
        (0, -1, 0, 0),
        "pair 7: caption holds bytes; the pair is not shown.",
    ),
    "text as a score": (
        "UPDATE finding SET score = 'high' WHERE id = 3",
        (-1, 0, 0, 0),
        "finding 3: score is not what it should be",
    ),
    "an infinite score": (
        "UPDATE pair SET score = 9e999 WHERE number = 7",
        (0, -1, 0, 0),
        "pair 7: score is not what it should be",
    ),
    "bytes as a score": (
        "UPDATE finding SET residual = X'0000' WHERE id = 3",
        (-1, 0, 0, 0),
        "finding 3: residual holds bytes",
    ),
    "another rating": (
        "UPDATE finding SET rating = 'good' WHERE id = 3",
        (-1, 0, 0, 0),
        "finding 3: rating is not what it should be",
    ),
    "a note of two million characters": (
        "UPDATE finding SET note = replace(hex(zeroblob(1000000)), '00', 'ab') WHERE id = 3",
        (-1, 0, 0, 0),
        "finding 3: note has more than 1,000,000 characters",
    ),
    "words that are not JSON": (
        "UPDATE finding_view SET words = '[' WHERE finding = 3",
        (0, 0, 0, 0),
        "finding 3: its selection, words, heat and settings cannot be read",
    ),
    "words that are not UTF-8": (
        f"UPDATE finding_view SET words = {BAD_TEXT} WHERE finding = 3",
        (0, 0, 0, 0),
        "finding 3: its selection, words, heat and settings cannot be read",
    ),
    "text as heat": (
        "UPDATE finding_view SET heat = 'warm' WHERE finding = 3",
        (0, 0, 0, 0),
        "finding 3: its selection, words, heat and settings cannot be read",
    ),
    "infinite heat": (
        "UPDATE finding_view SET heat = CAST(X'0000807F' || substr(heat, 5) AS BLOB) WHERE finding = 3",
        (0, 0, 0, 0),
        "finding 3: its selection, words, heat and settings cannot be read",
    ),
    "a list of options": (
        "UPDATE finding_view SET settings = '{\"options\": [1]}' WHERE finding = 3",
        (0, 0, 0, 0),
        "finding 3: its selection, words, heat and settings cannot be read",
    ),
    "a tag that is not UTF-8": (
        f"UPDATE finding_tag SET tag = {BAD_TEXT} WHERE finding = 3 AND place = 0",
        (0, 0, 0, 0),
        "finding 3: its tags cannot be read; it is shown without them.",
    ),
    "regions nested without end": (
        "UPDATE pair SET regions = replace(hex(zeroblob(3000)), '0', '[') WHERE number = 7",
        (0, 0, 0, 0),
        "pair 7: its regions cannot be read; it is shown without them.",
    ),
    "a box of 400 digits": (
        f"UPDATE box SET region = '[0, 0, {'9' * 400}, 5]' WHERE id = 1",
        (0, 0, -1, 0),
        "box 1: its region cannot be read; the box is not shown.",
    ),
    "a box that is not JSON": (
        "UPDATE box SET region = '{' WHERE id = 1",
        (0, 0, -1, 0),
        "box 1: its region cannot be read; the box is not shown.",
    ),
    "a setting that is not JSON": (
        "UPDATE setting SET value = '{' WHERE name = 'list'",
        (0, 0, 0, -1),
        "setting list: its value cannot be read",
    ),
}


@pytest.mark.parametrize("what", ONE_ROW)
def test_one_damaged_row_costs_only_itself_and_is_noted(path: Path, what: str) -> None:
    statement, fewer, note = ONE_ROW[what]
    edit(path, statement)
    with open_project(path) as project:
        assert not project.read_only
        assert project.notes == ()
        assert read_all(project) == tuple(all_ + less for all_, less in zip(WHOLE, fewer, strict=True))
        assert any(f"p.exclip ({note}".replace(":", "):", 1) in one for one in project.notes), project.notes
        assert read_all(project) == tuple(all_ + less for all_, less in zip(WHOLE, fewer, strict=True))
        change_finding(project, 5, note="still written")


def test_a_summary_of_many_damaged_rows_is_short(path: Path) -> None:
    edit(path, f"UPDATE finding SET note = {BAD_TEXT} WHERE id > 2")
    with open_project(path) as project:
        assert len(load_findings(project)) == 2
        (note,) = project.notes
    assert note.endswith("5 more like this: p.exclip (finding 4), p.exclip (finding 5), ….")


def test_a_list_of_a_project_notes_what_is_left_out(path: Path) -> None:
    edit(path, f"UPDATE pair SET caption = {BAD_TEXT} WHERE number = 7")
    listed = read_pairs(path)
    assert len(listed.pairs) == PAIRS - 1
    assert [str(note) for note in listed.notes] == [
        "p.exclip (pair 7): caption is not UTF-8 text; the pair is not shown."
    ]


def test_a_copy_has_what_is_left_out(path: Path, tmp_path: Path) -> None:
    edit(path, f"UPDATE pair SET picture = {BAD_TEXT} WHERE number = 7")
    (tmp_path / "copies").mkdir()
    with open_project(path) as project:
        project.save_copy(tmp_path / "copies" / "q.exclip")
    with open_project(tmp_path / "copies" / "q.exclip") as copy:
        assert copy.rows("SELECT count(*) FROM pair") == [(PAIRS,)]
        assert load_pair_list(copy).pairs[0].picture == "../0.png"


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
FOREIGN = {
    'a trigger that no project of this program has: "grow"': (
        "CREATE TRIGGER grow AFTER UPDATE ON finding BEGIN INSERT INTO box (picture, region) VALUES ('', '[]'); END",
    ),
    'a view that no project of this program has: "pair"': (
        "ALTER TABLE pair RENAME TO hidden",
        f"CREATE VIEW pair AS {ENDLESS}",
    ),
    'a view that no project of this program has: "more"': ("CREATE VIEW more AS SELECT randomblob(1000000000) AS b",),
    'a table that no project of this program has: "extra"': ("CREATE TABLE extra (x)",),
    'a virtual table that no project of this program has: "words"': ("CREATE VIRTUAL TABLE words USING fts5(x)",),
    'an index that no project of this program has: "slow"': ("CREATE INDEX slow ON pair (hex(caption))",),
}


def test_a_view_that_says_it_is_a_table_is_not_read(path: Path) -> None:
    edit(path, f"CREATE VIEW more AS {ENDLESS}")
    rewrite_schema(path, "UPDATE sqlite_master SET type = 'table' WHERE name = 'more'")
    with open_project(path) as project:
        assert project.read_only
        assert read_all(project) == WHOLE


@pytest.mark.parametrize("what", FOREIGN)
def test_what_no_project_has_is_refused_by_name(path: Path, what: str) -> None:
    edit(path, *FOREIGN[what])
    before = path.read_bytes()
    with pytest.raises(ProjectError) as caught:
        open_project(path)
    assert what in caught.value.message
    assert path.read_bytes() == before


def test_statistics_of_another_program_do_no_harm(path: Path) -> None:
    edit(path, "ANALYZE", "VACUUM")
    with open_project(path) as project:
        assert read_all(project) == WHOLE
        assert project.notes == ()


CHANGED_SCHEMA = {
    "a column has another name": "UPDATE sqlite_master SET sql = replace(sql, 'caption', 'captiom') "
    "WHERE name = 'pair'",
    "a table has another name": "UPDATE sqlite_master SET name = 'paiq', tbl_name = 'paiq', "
    "sql = replace(sql, 'TABLE pair', 'TABLE paiq') WHERE name = 'pair'",
    "a statement is no SQL": "UPDATE sqlite_master SET sql = replace(sql, 'CREATE', 'CRE?TE') WHERE name = 'finding'",
    "a statement is no text": "UPDATE sqlite_master SET sql = CAST(X'43FF' AS TEXT) WHERE name = 'finding'",
    "an index has another type": "UPDATE sqlite_master SET type = 'indey' WHERE name = 'finding_pair'",
    "an index is gone": "DELETE FROM sqlite_master WHERE name = 'finding_pair'",
    "a table is gone": "DELETE FROM sqlite_master WHERE name = 'box'",
    "a column computes": "UPDATE sqlite_master SET sql = replace(sql, 'note TEXT', "
    "'note TEXT AS (hex(zeroblob(1000000000)))') WHERE name = 'finding'",
}


@pytest.mark.parametrize("what", CHANGED_SCHEMA)
def test_a_damaged_schema_reaches_the_rescue(path: Path, what: str) -> None:
    rewrite_schema(path, CHANGED_SCHEMA[what])
    before = path.read_bytes()
    with open_project(path) as project:
        assert project.read_only
        assert read_all(project) == WHOLE
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("place", "data"), [(68, b"\0"), (63, b"\0"), (18, b"\x02\x02"), (56, b"\0\0\0\2"), (16, b"\x20")]
)
def test_a_damaged_header_reaches_the_rescue(path: Path, place: int, data: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[place : place + len(data)] = data
    path.write_bytes(content)
    with open_project(path) as project:
        assert read_all(project) == WHOLE


def test_a_damaged_index_is_not_a_smaller_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = 'finding_picture'"
        ((page,),) = connection.execute(query).fetchall()
    content = path.read_bytes()
    at = content.index(b"../away/b.png", (page - 1) * 4096)
    path.write_bytes(content[:at] + b"X" + content[at + 1 :])
    with open_project(path) as project:
        assert project.read_only
        assert read_all(project) == WHOLE


def test_a_sequence_without_more_ids_is_damage(path: Path) -> None:
    edit(path, "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'finding'")
    with open_project(path) as project:
        assert project.read_only
        assert read_all(project) == WHOLE


def test_a_value_above_the_limit_of_all_is_one_sentence(path: Path) -> None:
    edit(path, "UPDATE finding_view SET words = replace(hex(zeroblob(10000000)), '0', '1') WHERE finding = 3")
    with open_project(path) as project, pytest.raises(ProjectError, match=r"more than 16 MB"):
        load_findings(project)


def test_a_statement_without_end_is_ended(path: Path) -> None:
    with open_project(path) as project, pytest.raises(ProjectError, match="takes longer to read"):
        project.rows(f"{ENDLESS} WHERE i < 0")


def hot_journal(path: Path) -> bytes:
    """Return the journal of a change that is not done yet; what it has changed so far is in the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO setting VALUES (?, ?)", [(str(at), "x" * 4000) for at in range(50)])
        return path.with_name(path.name + "-journal").read_bytes()


def test_a_journal_that_names_another_file_is_refused_and_the_file_stays(path: Path, tmp_path: Path) -> None:
    """SQLite deletes the file that a journal names as the journal of the whole change."""
    victim = tmp_path / "precious.txt"
    victim.write_text("precious")
    name = os.fsencode(victim)
    ending = (0x40000000 // 4096 + 1).to_bytes(4) + name + len(name).to_bytes(4) + sum(name).to_bytes(4)
    journal = path.with_name("p.exclip-journal")
    data = hot_journal(path) + ending + bytes.fromhex("d9d505f920a163d7")
    journal.write_bytes(data)
    with pytest.raises(ProjectError, match="p.exclip-journal, next to p.exclip, names other files"):
        open_project(path)
    assert victim.read_text() == "precious"
    assert journal.read_bytes() == data


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
@pytest.mark.parametrize("ending", ["-journal", "-wal"])
def test_a_pipe_as_journal_does_not_block(path: Path, ending: str) -> None:
    os.mkfifo(path.with_name(f"p.exclip{ending}"))
    with pytest.raises(ProjectError, match="is not a regular file"):
        open_project(path)


def interrupted(path: Path) -> Path:
    """Make the file that earlier versions left where they were killed while they made a project."""
    made = path.with_name("made.exclip")
    create_project(made).close()
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO setting VALUES (?, ?)", [(str(at), "x" * 4000) for at in range(9)])
        journal = bytearray(made.with_name("made.exclip-journal").read_bytes())
        path.write_bytes(made.read_bytes())
    journal[16:20] = (0).to_bytes(4)  # the number of pages before the change
    path.with_name(f"{path.name}-journal").write_bytes(journal)
    made.unlink()
    return path


@pytest.mark.parametrize("how", ["empty", "half"])
def test_an_interrupted_start_is_completed(tmp_path: Path, how: str) -> None:
    path = tmp_path / "findings.exclip"
    path.touch() if how == "empty" else interrupted(path)
    if how == "empty":
        with pytest.raises(ProjectError, match="it is empty"):
            open_project(path)
    with open_or_create_project(path) as project:
        add_finding(project, make_finding(1))
    with open_or_create_project(path) as project:
        assert len(load_findings(project)) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["findings.exclip"]


def test_a_file_in_place_of_the_own_project_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "findings.exclip"
    path.write_bytes(bytes(9000))
    with pytest.raises(ProjectError):
        open_or_create_project(path)
    with open_or_create_project(path, set_aside=True) as project:
        (note,) = project.notes
        add_finding(project, make_finding(1))
    assert "findings-unreadable.exclip" in note
    assert (tmp_path / "findings-unreadable.exclip").read_bytes() == bytes(9000)


def test_a_project_that_can_be_rescued_is_not_set_aside(path: Path) -> None:
    rewrite_schema(path, CHANGED_SCHEMA["a column has another name"])
    with open_or_create_project(path, set_aside=True) as project:
        assert project.read_only
    assert not path.with_name("p-unreadable.exclip").exists()


def test_a_project_is_created_at_once_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.exclip"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        create_project(path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_project(tmp_path: Path, fill_disk: Callable[[int], None]) -> None:
    fill_disk(9000)
    with pytest.raises(OutputError, match="the disk is full"):
        create_project(tmp_path / "p.exclip")
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_create_a_project_one_opens_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.exclip"
    real = project_files.create_atomically

    def late(place: Path, data: bytes) -> None:
        monkeypatch.setattr(project_files, "create_atomically", real)
        with open_or_create_project(place) as first:
            add_finding(first, make_finding(1))
        real(place, data)

    monkeypatch.setattr(project_files, "create_atomically", late)
    with open_or_create_project(path) as second:
        assert len(load_findings(second)) == 1


def test_a_new_file_never_replaces_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for links in (True, False):
        if not links:
            monkeypatch.delattr(os, "link")
            monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()), raising=False)
        place = tmp_path / f"{links}.bin"
        create_atomically(place, b"one")
        with pytest.raises(FileExistsError):
            create_atomically(place, b"two")
        assert place.read_bytes() == b"one"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_no_thread_sets_the_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one thread sets it to 0 to read it, files of all others could be written by everybody."""
    before = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", lambda _: pytest.fail("sets the umask"))
        write_atomically(tmp_path / "file", lambda file: file.write(b"x"))
        with make_folder_atomically(tmp_path / "folder") as folder:
            (folder / "file").touch()
        modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("file", "folder", "folder/file")]
        assert modes == [0o640, 0o750, 0o640]
    finally:
        monkeypatch.undo()
        os.umask(before)


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_a_wrong_clock_costs_nothing(path: Path, year: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import datetime  # noqa: PLC0415  the class is replaced

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Clock":
            return cls(year, 1, 1)

    monkeypatch.setattr("exclip_desktop.storage.project.finding_rows.datetime", Clock)
    with open_project(path) as project:
        key = add_finding(project, make_finding(99))
        change_finding(project, key, note="changed")
        assert [one.id for one in load_findings(project)][-1] == key
        assert load_findings(project, FindingQuery(sort="created"))


def test_threads_that_wait_for_each_other_all_write(path: Path) -> None:
    def write(number: int) -> None:
        with open_project(path) as project:
            for seed in range(5):
                add_finding(project, make_finding(number * 100 + seed))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_project(path) as project:
        assert len(load_findings(project)) == FINDINGS + 20


def test_a_text_that_would_not_be_given_back_is_not_taken(path: Path) -> None:
    long = "x" * 1_000_001
    listed = PairList(path, path.parent, (ListedPair("new", "a.png", long),))
    with open_project(path) as project:
        for write in (
            lambda: add_finding(project, replace(make_finding(1), note=long)),
            lambda: change_finding(project, 1, note=long),
            lambda: change_finding(project, 1, tags=(long,)),
            lambda: add_pairs(project, listed),
            lambda: save_typed_caption(project, "1", long),
        ):
            with pytest.raises(ProjectError, match="more than 1,000,000 characters"):
                write()
        change_finding(project, 1, note=long[1:])
        assert read_all(project) == WHOLE
