"""Finding the pictures that a list names."""

from pathlib import Path

import pytest

from exclip_desktop.core.values.pair_list import ListNote, summarize_notes
from exclip_desktop.storage.pair_lists.picture_finder import PictureFinder


def make_files(root: Path, *names: str) -> Path:
    """Make empty files; return their folder."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


@pytest.mark.parametrize(
    ("there", "written", "expected"),
    [
        ("a.jpg", "a.jpg", "a.jpg"),
        ("images/a.jpg", "a.jpg", "images/a.jpg"),
        ("images/a.jpg", "images\\a.jpg", "images/a.jpg"),
        ("x\\a.jpg", "x\\a.jpg", "x\\a.jpg"),
        ("a b.jpg", "a%20b.jpg", "a b.jpg"),
        ("a%20b.jpg", "a%20b.jpg", "a%20b.jpg"),
        ("bäll 🐶.jpg", "b%C3%A4ll%20%F0%9F%90%B6.jpg", "bäll 🐶.jpg"),
        ("a.jpg", "/home/other/set/a.jpg", "a.jpg"),
        ("a.jpg", "C:\\Users\\me\\a.jpg", "a.jpg"),
        ("images/a.jpg", "file:///C:/Users/me/a%20b/a.jpg", "images/a.jpg"),
        ("a.jpg", "..\\pictures\\a.jpg", "a.jpg"),
    ],
)
def test_a_picture_is_found_where_people_have_it(tmp_path: Path, there: str, written: str, expected: str) -> None:
    assert PictureFinder(make_files(tmp_path, there)).find(written) == expected


@pytest.mark.parametrize(
    "written", ["none.jpg", "val/none.jpg", "/abs/none.jpg", "https://x.org/a.jpg", "data:image/png;base64,AA", ""]
)
def test_what_is_not_there_stays_as_it_is_written(tmp_path: Path, written: str) -> None:
    assert PictureFinder(make_files(tmp_path, "a.jpg")).find(written) == written


def test_a_picture_of_another_folder_with_the_same_name_is_not_taken(tmp_path: Path) -> None:
    assert PictureFinder(make_files(tmp_path, "1.jpg", "train/1.jpg")).find("val/1.jpg") == "val/1.jpg"


def test_a_missing_picture_is_expected_beside_the_found_ones(tmp_path: Path) -> None:
    finder = PictureFinder(make_files(tmp_path, "data/a.jpg"))
    assert [finder.find(name) for name in ("a.jpg", "none.jpg")] == ["data/a.jpg", "data/none.jpg"]


def test_files_named_by_their_address_are_found(tmp_path: Path) -> None:
    path = make_files(tmp_path, "a b.jpg") / "a b.jpg"
    assert PictureFinder(tmp_path / "list").find(path.as_uri()) == str(path)


def test_every_folder_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = []
    finder = PictureFinder(make_files(tmp_path, *(f"images/{number}.jpg" for number in range(20))))
    listdir = __import__("os").listdir
    monkeypatch.setattr("os.listdir", lambda folder: listed.append(folder) or listdir(folder))
    assert [finder.find(f"{number}.jpg") for number in range(20)] == [f"images/{number}.jpg" for number in range(20)]
    assert len(listed) == len(set(listed)) <= 30


def test_notes_are_summarized_by_kind() -> None:
    lines = [
        ListNote(f"x.csv, line {n}", f"{n} columns where 2 are named; left out.", "columns") for n in (3, 5, 9, 12)
    ]
    notes = [lines[0], ListNote("x.csv, line 4", "this is not UTF-8 text; left out."), *lines[1:]]
    assert summarize_notes(notes) == [
        "x.csv, line 3: 3 columns where 2 are named; left out. 3 more like this: x.csv, line 5, x.csv, line 9, ….",
        "x.csv, line 4: this is not UTF-8 text; left out.",
    ]
    assert summarize_notes(lines[:2]) == [
        "x.csv, line 3: 3 columns where 2 are named; left out. 1 more like this: x.csv, line 5."
    ]
