"""Vocabularies: the bundled words, and what a person's own file may hold."""

import re
from pathlib import Path

import pytest

from exclip_desktop.core.errors import CaptionError
from exclip_desktop.core.paths import resource_path
from exclip_desktop.storage.vocabulary import (
    LONGEST_WORD,
    MOST_WORDS,
    bundled_vocabulary,
    make_vocabulary,
    read_vocabulary,
)


def test_the_bundled_words_are_plain_sorted_and_each_there_once() -> None:
    words = bundled_vocabulary().words
    assert 2000 < len(words) < 5000
    assert list(words) == sorted(set(words))
    assert all(re.fullmatch("[a-z]{3,14}", word) for word in words)
    assert {"dog", "balloon", "red", "running", "giraffe"} <= set(words)
    assert bundled_vocabulary().notes == ()


def test_the_bundled_words_have_their_source_and_its_licence_beside_them() -> None:
    lines = resource_path("vocabulary", "everyday_words.txt").read_text("utf-8").splitlines()
    comments = " ".join(line for line in lines if line.startswith("#"))
    assert f"{len(bundled_vocabulary().words):,} words" in comments
    assert "WordNet 3.0" in comments
    assert "Princeton University" in resource_path("vocabulary", "LICENSE-WORDNET.txt").read_text("utf-8")


def test_a_file_has_one_word_or_phrase_on_each_line(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes("\ufeff# mine\r\nfire  engine \r\n\r\nhéron\r\nfire engine\r\n猫\r\n".encode())
    vocabulary = read_vocabulary(path)
    assert vocabulary.words == ("fire engine", "héron", "猫")
    assert vocabulary.name == "own.txt"


@pytest.mark.parametrize("line", ["x" * (LONGEST_WORD + 1), "a\x1b[31mb", "a\x00b"])
def test_a_line_that_is_no_word_is_left_out_with_a_note(tmp_path: Path, line: str) -> None:
    path = tmp_path / "own.txt"
    path.write_text(f"dog\n{line}\ncat\n", "utf-8")
    vocabulary = read_vocabulary(path)
    assert vocabulary.words == ("dog", "cat")
    assert "1 line left out" in vocabulary.notes[0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"dog\ndog\n",
        b"\xff\xfe\x00\x00dog\ncat",
        b"# only\n# comments\n",
        "\n".join(map(str, range(MOST_WORDS + 1))).encode(),
        b"dog\n" * 2_000_000,
    ],
    ids=["empty", "one word", "not UTF-8", "comments", "too many", "too large"],
)
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "own.txt"
    path.write_bytes(data)
    with pytest.raises(CaptionError):
        read_vocabulary(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(CaptionError):
            read_vocabulary(path)
    with pytest.raises(CaptionError):
        make_vocabulary(["dog"])
