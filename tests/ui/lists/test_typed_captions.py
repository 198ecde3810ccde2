"""A caption that is typed for a pair without one stays with the pair, on disk, and is undone; trials are not kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.pair_list import ListedPair, PairList
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.pair_lists.list_files import read_pairs, write_pairs
from exclip_desktop.storage.project.pair_rows import add_pairs
from exclip_desktop.storage.project.project import save_setting
from exclip_desktop.storage.project.project_files import create_project, open_project
from exclip_desktop.storage.project.typed_captions import load_typed_captions, save_typed_caption
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian

PAIRS = (
    ListedPair("one", "1.png", ""),
    ListedPair("two", "2.png", ""),
    ListedPair("three", "3.png", "a red balloon"),
)


class Bench:
    """A window over a list or a project whose first two pairs have no caption."""

    def __init__(self, folder: Path, make: Callable[..., Explanation], qtbot: QtBot, kind: str) -> None:
        self.folder, self.qtbot, self.kind = folder, qtbot, kind
        self.source = folder / ("work.exclip" if kind == "project" else "list.csv")
        if not self.source.exists():
            for pair in PAIRS:
                make_blank_picture(folder / pair.picture)
            self._make_source()
        store = SettingsFile(folder / "settings.json")
        self.session = Session(
            store, None, lambda: PictureEngine(make), FakeLibrarian, findings=folder / "own" / "findings.exclip"
        )
        self.window = Window(self.session)
        qtbot.addWidget(self.window)
        self.window.show()
        self.session.start(str(self.source))
        self.wait_for("1.png")

    def _make_source(self) -> None:
        listed = PairList(self.folder, self.folder, PAIRS)
        if self.kind == "list":
            write_pairs(listed, self.source)
            return
        with create_project(self.source) as project:
            add_pairs(project, listed)

    @property
    def captions(self) -> list[str]:
        return [pair.caption for pair in self.session.pair_navigation.pairs]

    @property
    def editor(self) -> QLineEdit:
        editor = self.window.caption.findChild(QLineEdit)
        assert editor is not None
        return editor

    def wait_for(self, name: str) -> None:
        state = self.session.state
        self.qtbot.waitUntil(
            lambda: (
                getattr(state.canvas_picture, "title", "") == name
                and state.work is None
                and not state.stale
                and (state.explanation is not None) == bool(state.caption)
            )
        )

    def type(self, text: str) -> None:
        """Type a caption, and wait for its answer."""
        self.editor.clear()
        QTest.keyClicks(self.editor, text)
        QTest.keyClick(self.editor, Qt.Key.Key_Return)
        self.qtbot.waitUntil(lambda: self.session.state.caption == text)
        self.wait_for(self.session.state.canvas_picture.title)

    def step(self, by: int, name: str) -> None:
        self.session.pair_navigation.step(by)
        self.wait_for(name)


@pytest.fixture(params=["list", "project"])
def bench(
    request: pytest.FixtureRequest, tmp_path: Path, make_explanation: Callable[..., Explanation], qtbot: QtBot
) -> Bench:
    return Bench(tmp_path, make_explanation, qtbot, request.param)


def test_a_caption_typed_for_a_pair_without_one_is_there_again_after_d_and_a(bench: Bench) -> None:
    bench.type("a dog")
    bench.step(1, "2.png")
    assert bench.session.state.caption == ""
    bench.step(-1, "1.png")
    assert bench.session.state.caption == "a dog"
    assert bench.captions == ["a dog", "", "a red balloon"]
    assert bench.session.pair_navigation.figures(0).score is not None


def test_it_is_there_again_after_a_restart(bench: Bench, make_explanation: Callable[..., Explanation]) -> None:
    bench.type("a dog")
    bench.window.close()
    again = Bench(bench.folder, make_explanation, bench.qtbot, bench.kind)
    assert again.captions == ["a dog", "", "a red balloon"]
    assert again.session.state.caption == "a dog"
    again.type("a cat")  # still the person's own
    again.step(1, "2.png")
    assert again.captions[0] == "a cat"


def test_it_is_undone_here_and_from_the_next_pair(bench: Bench) -> None:
    bench.type("a dog")
    bench.session.undo.undo()
    assert (bench.session.state.caption, bench.captions[0]) == ("", "")
    bench.session.undo.redo()
    bench.wait_for("1.png")
    assert (bench.session.state.caption, bench.captions[0]) == ("a dog", "a dog")
    bench.step(1, "2.png")
    bench.session.undo.undo()
    assert (bench.session.state.caption, bench.captions[0]) == ("", "")
    bench.session.undo.redo()
    assert bench.captions[0] == "a dog"
    assert bench.session.state.canvas_picture.title == "2.png"
    bench.step(-1, "1.png")
    assert bench.session.state.caption == "a dog"


def test_typing_is_one_step_and_steps_of_two_pairs_are_two(bench: Bench) -> None:
    for text in ("a d", "a do", "a dog"):
        bench.session.caption_keeper.type_caption(text)
    bench.wait_for("1.png")
    bench.session.pair_navigation.step(1)
    bench.wait_for("2.png")
    bench.session.caption_keeper.type_caption("a cat")
    bench.wait_for("2.png")
    assert bench.captions[:2] == ["a dog", "a cat"]
    bench.session.undo.undo()
    assert bench.captions[:2] == ["a dog", ""]
    bench.session.undo.undo()
    assert bench.captions[:2] == ["", ""]


def test_what_was_typed_just_before_the_step_is_kept_with_its_own_pair(bench: Bench) -> None:
    QTest.keyClicks(bench.editor, "a dog")  # no pause, no Return
    bench.step(1, "2.png")
    assert bench.captions == ["a dog", "", "a red balloon"]
    assert (bench.session.state.caption, bench.editor.text()) == ("", "")


def test_another_caption_for_a_pair_that_has_one_is_a_trial(bench: Bench) -> None:
    bench.session.pair_navigation.show(2)
    bench.wait_for("3.png")
    bench.type("a hydrant")
    bench.step(-1, "2.png")
    bench.step(1, "3.png")
    assert bench.session.state.caption == "a red balloon"
    assert bench.captions[2] == "a red balloon"


def test_captions_are_in_the_project_or_in_the_persons_own_and_are_exported(bench: Bench) -> None:
    bench.session.caption_keeper.type_caption("a dog, 犬")  # QTest types Latin letters only
    bench.wait_for("1.png")
    own = bench.folder / "own" / "findings.exclip"
    if bench.kind == "list":
        with open_project(own) as project:
            assert load_typed_captions(project) == {str(bench.folder / "1.png"): "a dog, 犬"}
        bench.session.list_edits.export([0, 2], bench.folder / "out.jsonl")
        bench.wait_for("1.png")
        assert [pair.caption for pair in read_pairs(bench.folder / "out.jsonl").pairs] == ["a dog, 犬", "a red balloon"]
    else:
        assert not own.exists()
        assert [pair.caption for pair in read_pairs(bench.source).pairs] == ["a dog, 犬", "", "a red balloon"]


def test_an_emptied_caption_is_removed(bench: Bench) -> None:
    bench.type("a dog")
    bench.session.caption_keeper.type_caption("")
    bench.step(1, "2.png")
    bench.step(-1, "1.png")
    assert (bench.session.state.caption, bench.captions[0]) == ("", "")


def test_damaged_captions_of_a_project_are_left_out(tmp_path: Path) -> None:
    with create_project(tmp_path / "a.exclip") as project:
        save_typed_caption(project, "one", "a dog")
        save_setting(project, "caption two", 7)
        with project.transaction() as connection:
            connection.execute("INSERT INTO setting (name, value) VALUES ('caption three', '{')")
        assert load_typed_captions(project) == {"one": "a dog"}
        save_typed_caption(project, "one", "")
        assert load_typed_captions(project) == {}
