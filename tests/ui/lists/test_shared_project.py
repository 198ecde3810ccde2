"""A project's list that this window and another one change: pairs, figures, ratings and labels follow."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.core.values.finding import Rating
from exclip_desktop.core.values.pair_list import ListedPair, PairFigures, PairList, comparison_key
from exclip_desktop.core.values.selection import Region, Selection
from exclip_desktop.session.project.remark_edits import Remark
from exclip_desktop.session.session import Session
from exclip_desktop.session.settings_file import SettingsFile
from exclip_desktop.storage.project.finding_rows import load_findings
from exclip_desktop.storage.project.pair_rows import (
    Measurement,
    PairQuery,
    add_pairs,
    count_pairs,
    load_pair,
    remove_pairs,
    save_boxes,
    save_measurements,
)
from exclip_desktop.storage.project.project import Project
from exclip_desktop.storage.project.project_files import create_project, open_project
from exclip_desktop.ui.lists.thumbnail_rows import BELOW_ROLE
from exclip_desktop.ui.window import Window
from tests.ui.conftest import PictureEngine
from tests.ui.fakes import make_blank_picture
from tests.ui.models.fake_librarian import FakeLibrarian
from tests.unit.storage.findings import change_finding, remove_findings

COUNT = 5
BOX = Region((0.0, 0.0, 100.0, 100.0), name="dog")


class Desk:
    """A window with a project of pairs open, its second one on screen."""

    def __init__(self, qtbot: QtBot, folder: Path, make: Callable[..., Explanation]) -> None:
        self.qtbot, self.folder, self.file = qtbot, folder, folder / "study.exclip"
        for number in range(COUNT + 2):
            make_blank_picture(folder / f"{number}.png")
        with create_project(self.file) as project:
            add_pairs(project, pairs_from(project, 0, COUNT))
        store = SettingsFile(folder / "settings.json")
        self.session = Session(store, None, lambda: PictureEngine(make), FakeLibrarian, folder / "own.exclip")
        self.window = Window(self.session)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        self.pair_navigation, self.dock, self.state = (
            self.session.pair_navigation,
            self.window.pair_list_dock,
            self.session.state,
        )

    def start(self) -> "Desk":
        self.session.start(str(self.folder / "0.png"), "a cat")
        self.qtbot.waitUntil(lambda: self.state.explanation is not None)
        self.session.projects.open(self.file)
        self.qtbot.waitUntil(lambda: len(self.pair_navigation.pairs) == COUNT)
        self.show(1)
        return self

    def show(self, place: int) -> None:
        self.pair_navigation.show(place)
        self.qtbot.waitUntil(lambda: self.pair_navigation.figures(place) is not None and self.state.work is None)

    def settle(self) -> None:
        """Wait for earlier background tasks."""
        done: list[None] = []
        self.session._tasks.run(lambda _: None, done.append, self.session.explain_controller.show_error)
        self.qtbot.waitUntil(lambda: bool(done))

    def others(self, act: Callable[[Project], object]) -> None:
        """Let another window change the project, and look."""
        with open_project(self.file) as other:
            act(other)
        self.session.projects.check_for_changes()
        self.settle()

    def ids(self) -> list[str]:
        return [self.pair_navigation.pairs[place].id for place in self.pair_navigation.order]

    def note(self, rating: Rating) -> int:
        noted = self.session.active_pane.active_answer
        if self.session.findings.find_view(noted) is not None:
            noted = replace(noted, selection=Selection((1,)))
        with self.qtbot.waitSignal(self.session.findings.findings_changed):
            self.session.findings.note(noted, lambda _: Remark(rating))
        with open_project(self.file) as project:
            return load_findings(project)[-1].id


def pairs_from(project: Project, first: int, count: int) -> PairList:
    made = tuple(ListedPair(f"p{n}", f"{n}.png", f"a dog {n}") for n in range(first, first + count))
    return PairList(project.folder, project.folder, made)


def _id_on_screen(desk: Desk) -> str:
    return desk.pair_navigation.pairs[desk.pair_navigation.current].id


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> Desk:
    return Desk(qtbot, tmp_path, make_explanation).start()


def test_figures_and_ratings_by_others_appear_and_are_not_written_back(desk: Desk) -> None:
    by = comparison_key(desk.state.explanation.settings)
    measurements = [("p3", Measurement(0.5, 1e-5, None, by)), ("p4", Measurement(0.6))]
    desk.others(lambda other: save_measurements(other, measurements))
    assert desk.pair_navigation.figures(3) == PairFigures(0.5, 1e-5, by=by)
    assert desk.pair_navigation.figures(4) == PairFigures(), "it is by other settings"
    assert desk.pair_navigation.current == 1
    assert desk.dock.view.model().index(3, 0).data(BELOW_ROLE) == "+0.5000"
    emitted: list[None] = []
    desk.session.projects.changed_by_others.connect(lambda: emitted.append(None))
    desk.session.projects.check_for_changes()
    assert emitted == []


def test_nothing_known_here_is_lost_by_what_others_do(desk: Desk) -> None:
    desk.pair_navigation.set_figures(2, PairFigures(failure="No picture."))
    mine = desk.pair_navigation.figures(1)
    desk.others(lambda other: save_measurements(other, [("p0", Measurement(0.5, by="other"))]))
    assert desk.pair_navigation.figures(1) == mine
    assert desk.pair_navigation.figures(2).failure == "No picture."
    desk.others(lambda other: remove_pairs(other, ["p0"]))
    assert desk.pair_navigation.figures(0) == mine
    assert desk.pair_navigation.figures(1).failure == "No picture."


def test_pairs_that_others_add_and_remove_come_and_go(desk: Desk) -> None:
    desk.others(lambda other: add_pairs(other, pairs_from(other, COUNT, 2)))
    assert desk.ids() == [f"p{n}" for n in range(COUNT + 2)]
    assert desk.pair_navigation.current == 1
    desk.others(lambda other: remove_pairs(other, ["p0", "p5"]))
    assert desk.ids() == ["p1", "p2", "p3", "p4", "p6"]
    assert (desk.pair_navigation.current, desk.dock.view.currentIndex().row()) == (0, 0)
    assert desk.dock.count.text() == "1 of 5"


def test_a_pair_on_screen_that_others_remove_stays_there(desk: Desk) -> None:
    shown = desk.state.canvas_picture
    desk.others(lambda other: remove_pairs(other, ["p1"]))
    assert desk.pair_navigation.current is None
    assert desk.state.canvas_picture is shown
    desk.pair_navigation.step(1)
    assert _id_on_screen(desk) == "p2"


def test_a_closed_list_stays_closed(desk: Desk) -> None:
    desk.pair_navigation.close()
    desk.others(lambda other: remove_pairs(other, ["p0"]))
    assert desk.pair_navigation.pairs == ()


def test_labels_that_others_keep_can_be_selected(desk: Desk) -> None:
    assert not desk.window.commands["take_labels"].isEnabled()
    desk.others(lambda other: save_boxes(other, "1.png", (BOX,)))
    assert desk.session.picture_labels.labels == (BOX,)
    assert desk.window.commands["take_labels"].isEnabled()


def test_a_pair_has_the_rating_of_its_newest_finding_by_anyone(desk: Desk) -> None:
    rating = lambda: desk.pair_navigation.figures(1).rating  # noqa: E731  called repeatedly
    first, second = desk.note("match"), desk.note("unsure")
    assert rating() == "unsure"
    desk.session.findings.edit([second], lambda _: Remark("artefact"))
    assert rating() == "artefact"
    desk.session.findings.remove([second])
    assert rating() == "match"
    desk.session.undo.undo()
    assert rating() == "artefact"
    desk.others(lambda other: change_finding(other, second, rating="mismatch"))
    assert rating() == "mismatch"
    desk.others(lambda other: remove_findings(other, [first, second]))
    assert rating() == ""
    assert desk.pair_navigation.figures(1).score is not None


@pytest.mark.parametrize("also", [lambda _: None, lambda other: remove_pairs(other, ["p4"])])
def test_a_rating_made_here_goes_when_others_remove_it(desk: Desk, also: Callable[[Project], object]) -> None:
    key = desk.note("match")
    found = desk.pair_navigation.figures(1)
    desk.others(lambda other: (remove_findings(other, [key]), also(other)))
    assert desk.pair_navigation.figures(1) == replace(found, rating="")


def test_a_pair_of_another_list_is_not_rated(desk: Desk) -> None:
    desk.pair_navigation.set_rating("p1", desk.folder / "2.png", "match")
    assert desk.pair_navigation.figures(1).rating == ""
    desk.pair_navigation.set_rating("p1", desk.folder / "x" / ".." / "1.png", "match")
    assert desk.pair_navigation.figures(1).rating == "match"


def marked(desk: Desk, *rows: int) -> None:
    """Mark rows by clicks, the last ones with Shift."""
    view = desk.dock.view
    for row in rows:
        shift = Qt.KeyboardModifier.ShiftModifier if row != rows[0] else Qt.KeyboardModifier.NoModifier
        where = view.visualRect(view.model().index(row, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, shift, where)
    desk.qtbot.waitUntil(lambda: desk.pair_navigation.figures(rows[-1]) is not None and desk.state.work is None)


def test_delete_removes_the_selected_pairs_and_undo_restores_them(desk: Desk) -> None:
    marked(desk, 2, 3)
    assert desk.dock.selected_places == [2, 3]
    before, shown = [desk.pair_navigation.figures(place) for place in range(COUNT)], desk.state.canvas_picture
    QTest.keyClick(desk.dock.view, Qt.Key.Key_Delete)
    desk.settle()
    assert desk.ids() == ["p0", "p1", "p4"]
    assert desk.state.canvas_picture is shown
    assert desk.pair_navigation.current is None
    assert [desk.pair_navigation.figures(place) for place in range(3)] == [before[0], before[1], before[4]]
    desk.session.undo.undo()
    desk.settle()
    assert desk.ids() == [f"p{n}" for n in range(COUNT)]
    assert [desk.pair_navigation.figures(place) for place in range(COUNT)] == before
    desk.session.undo.redo()
    desk.settle()
    with open_project(desk.file) as project:
        assert count_pairs(project, PairQuery()) == 3
    for by, then in ((1, "p4"), (-1, "p1")):
        desk.pair_navigation.step(by)
        assert _id_on_screen(desk) == then


def test_the_findings_of_removed_pairs_stay(desk: Desk) -> None:
    key = desk.note("match")
    desk.session.list_edits.remove([1])
    desk.settle()
    assert desk.session.findings.ids(desk.window.findings.query) == [key]
    desk.session.undo.undo()
    with open_project(desk.file) as project:
        assert load_pair(project, "p1").rating == "match"  # type: ignore[union-attr]


def test_delete_in_a_files_list_changes_the_window_only(desk: Desk) -> None:
    lines = "id,path,caption\np1,0.png,a cat\np2,1.png,a dog\np3,2.png,a fish\n"
    (desk.folder / "list.csv").write_text(lines)
    desk.pair_navigation.use_project(None)
    desk.pair_navigation.open(desk.folder / "list.csv")
    desk.qtbot.waitUntil(lambda: len(desk.pair_navigation.pairs) == 3 and desk.pair_navigation.figures(0) is not None)
    desk.state.change(selection=Selection((), (BOX,)))
    before, shown = desk.pair_navigation.figures(0), desk.state.canvas_picture
    desk.session.list_edits.remove([1])
    assert desk.ids() == ["p1", "p3"]
    assert (desk.pair_navigation.current, desk.pair_navigation.figures(0)) == (0, before)
    QTest.keyClick(desk.dock.view, Qt.Key.Key_Delete)
    assert desk.ids() == ["p3"]
    assert desk.state.selection.regions == (BOX,)
    assert desk.state.canvas_picture is shown
    desk.session.undo.undo()
    assert desk.ids() == ["p1", "p3"]
    assert desk.pair_navigation.figures(0) == before
    desk.session.undo.undo()
    assert desk.ids() == ["p1", "p2", "p3"]
    assert (desk.folder / "list.csv").read_text() == lines
    with open_project(desk.file) as project:
        assert count_pairs(project, PairQuery()) == COUNT


def test_undo_of_a_removal_leaves_another_list_alone(desk: Desk) -> None:
    desk.pair_navigation.use_project(None)
    for name in ("one", "two"):
        (desk.folder / f"{name}.csv").write_text("id,path,caption\np1,0.png,a cat\np2,1.png,a dog\n")
    desk.pair_navigation.open(desk.folder / "one.csv")
    desk.qtbot.waitUntil(lambda: len(desk.pair_navigation.pairs) == 2)
    desk.session.list_edits.remove([1])
    desk.pair_navigation.open(desk.folder / "two.csv")
    desk.qtbot.waitUntil(lambda: len(desk.pair_navigation.pairs) == 2)
    desk.session.undo.undo()
    assert desk.ids() == ["p1", "p2"]


def test_all_pairs_can_go_and_come_back(desk: Desk) -> None:
    desk.session.list_edits.remove(list(range(COUNT)))
    desk.settle()
    assert desk.pair_navigation.pairs == ()
    assert not desk.dock.isVisible()
    desk.session.undo.undo()
    desk.settle()
    assert len(desk.pair_navigation.pairs) == COUNT
    assert desk.dock.isVisible()


def test_a_project_that_cannot_be_written_is_reported(desk: Desk) -> None:
    desk.file.rename(desk.folder / "elsewhere.exclip")
    desk.session.list_edits.remove([0])
    assert "moved" in desk.state.notice.message
    assert len(desk.pair_navigation.pairs) == COUNT


def test_figures_by_other_settings_replace_all(desk: Desk) -> None:
    desk.show(2)
    found = replace(desk.pair_navigation.figures(2), by="other")
    desk.pair_navigation.set_figures(3, found)
    assert desk.pair_navigation.figures(2) == PairFigures()
    assert desk.pair_navigation.figures(3) == found
