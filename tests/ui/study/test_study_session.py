"""A study behind the window: it fills in as it goes, pauses and goes on, and lets everything else come first."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from exclip_desktop.core.errors import OutputError
from exclip_desktop.core.remedies import Remedy
from exclip_desktop.core.values.study import RANDOM, StudySettings, summarise
from exclip_desktop.session.study.studying import WORKING, StudyChoice, Studying
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.exports.study_tables import STUDY_FORMATS
from tests.ui.session.session_desk import Desk

CHOICE = StudyChoice(count=2, methods=("grad-cam", RANDOM), metrics=("pointing", "deletion"))
PAIRS = "scene-000", "scene-001"
KEYS = [(pair, method) for pair in PAIRS for method in CHOICE.methods]


@dataclass
class Bench:
    desk: Desk
    studying: Studying

    def hold(self, number: int) -> threading.Event:
        """Hold the engine before the study's step of that number, and return the gate."""
        gate = self.desk.engine.study_gates[KEYS[number]] = threading.Event()
        return gate

    def wait_done(self, count: int) -> None:
        self.desk.qtbot.waitUntil(lambda: self.studying.done == count)

    def finish(self) -> None:
        """Wait for the end, and for the figures of all outcomes."""
        rows = len(self.studying.choice.methods)
        self.desk.qtbot.waitUntil(
            lambda: (
                not self.studying.running
                and self.studying.study is not None
                and sum(row.pairs + len(row.left_out) for row in self.studying.study.rows) >= self.studying.total
                and len(self.studying.study.rows) == rows
            )
        )


@pytest.fixture
def bench(desk: Desk, tmp_path: Path) -> Bench:
    desk.session.studying.keep_in(tmp_path / "studies")
    return Bench(desk, desk.session.studying)


def test_figures_are_those_of_all_outcomes(bench: Bench, tmp_path: Path) -> None:
    studying, engine = bench.studying, bench.desk.engine
    studying.start(CHOICE)
    assert studying.running
    bench.finish()
    (request,) = engine.studies
    assert (request.choice, request.pairs, request.count) == (ModelChoice(), None, 2)
    assert (request.methods, request.settings.metrics) == (CHOICE.methods, CHOICE.metrics)
    assert studying.kept_in == tmp_path / "studies" / "study"
    by_method = [engine.study_kept[pair, method] for method in CHOICE.methods for pair in PAIRS]
    wanted = summarise("demo", "the bundled scenes", StudySettings(metrics=CHOICE.metrics), by_method)
    assert [row.figures for row in studying.study.rows] == [row.figures for row in wanted.rows]
    assert studying.study.row(RANDOM).figures["pointing"].mean == pytest.approx(0.05 + 0.06)
    assert (studying.study.model, studying.study.pairs) == ("demo", "the bundled scenes")
    assert bench.desk.state.work is None


def test_the_table_fills_in_while_it_goes_on(bench: Bench) -> None:
    gate, studying = bench.hold(1), bench.studying
    studying.start(CHOICE)
    bench.desk.qtbot.waitUntil(lambda: studying.study is not None)
    assert [row.method for row in studying.study.rows] == ["grad-cam"]
    assert (studying.done, studying.total) == (1, 4)
    work = bench.desk.state.work
    assert (work.what, work.done, work.total) == (WORKING, 1, 4)
    gate.set()
    bench.finish()
    assert [row.method for row in studying.study.rows] == list(CHOICE.methods)


@pytest.mark.parametrize("pause", [lambda desk: desk.session.studying.pause(), lambda desk: desk.session.cancel()])
def test_it_pauses_and_goes_on_with_what_is_left(bench: Bench, pause: Callable[[Desk], None]) -> None:
    gate, studying = bench.hold(2), bench.studying
    studying.start(CHOICE)
    bench.wait_done(2)
    pause(bench.desk)
    assert not studying.running
    assert bench.desk.state.work is None
    gate.set()
    assert studying.done == 2
    before = dict(bench.desk.engine.study_kept)
    studying.start(CHOICE)
    assert studying.done == 2  # what is on screen stays
    bench.finish()
    kept = bench.desk.engine.study_kept
    assert {key: kept[key] for key in before} == before
    assert all(kept[key] is before[key] for key in before)
    assert list(kept) == KEYS


def test_what_a_person_asks_comes_first(bench: Bench) -> None:
    gate, studying, desk = bench.hold(1), bench.studying, bench.desk
    studying.start(CHOICE)
    bench.wait_done(1)
    desk.session.explain_controller.type_caption("a blue balloon")
    desk.qtbot.waitUntil(lambda: desk.state.explanation.caption.text == "a blue balloon" and not desk.state.stale)
    assert studying.running
    assert studying.done == 1
    gate.set()
    bench.finish()
    assert len(desk.engine.studies) > 1
    assert all(request is desk.engine.studies[0] for request in desk.engine.studies)
    assert list(desk.engine.study_kept) == KEYS


def test_a_method_that_fails_says_why_and_the_others_go_on(bench: Bench) -> None:
    bench.desk.engine.study_reasons["grad-cam"] = "This tower pools by an attention of its own."
    bench.studying.start(CHOICE)
    bench.desk.qtbot.waitUntil(lambda: bench.studying.study is not None and len(bench.studying.study.rows) == 2)
    failed, other = bench.studying.study.rows
    assert failed.figures == {}
    assert set(failed.reasons.values()) == {"This tower pools by an attention of its own."}
    assert set(other.figures) == set(CHOICE.metrics)


def test_trouble_ends_it_and_is_told(bench: Bench) -> None:
    bench.desk.engine.study_raises.append(OutputError("The folder cannot be used.", Remedy.CHOOSE_OTHER_FOLDER))
    bench.studying.start(CHOICE)
    bench.desk.qtbot.waitUntil(lambda: not bench.studying.running)
    assert bench.studying.trouble == "The folder cannot be used. Choose another folder."
    assert bench.desk.state.notice.message == "The folder cannot be used."
    bench.studying.start(CHOICE)
    bench.finish()
    assert bench.studying.trouble == ""


def test_another_model_pauses_it(bench: Bench) -> None:
    gate = bench.hold(1)
    bench.studying.start(CHOICE)
    bench.wait_done(1)
    desk = bench.desk
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    assert not bench.studying.running
    gate.set()
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice.name == "other" and not desk.state.stale)
    assert list(desk.engine.study_kept)[:1] == KEYS[:1]


def test_other_choices_show_other_figures_only(bench: Bench) -> None:
    bench.studying.start(CHOICE)
    bench.finish()
    bench.studying.start(replace(CHOICE, count=1, methods=(RANDOM,)))
    assert bench.studying.study is None
    bench.finish()
    assert [(row.method, row.pairs) for row in bench.studying.study.rows] == [(RANDOM, 1)]
    assert (bench.studying.done, bench.studying.total) == (1, 1)


def test_the_open_list_is_studied(bench: Bench, tmp_path: Path) -> None:
    desk, studying = bench.desk, bench.studying
    desk.picture("p-0.png")
    desk.picture("p-1.png")
    (tmp_path / "list.csv").write_text("id,path,caption\nx-4,p-0.png,a dog\nx-7,p-1.png,a cat\n")
    assert studying.list_name == ""
    with desk.qtbot.waitSignal(desk.session.pair_navigation.list_changed):
        desk.session.pair_navigation.open(str(tmp_path / "list.csv"))
    assert (studying.list_name, studying.available(listed=True)) == ("list.csv", 2)
    studying.start(replace(CHOICE, listed=True))
    bench.finish()
    assert list(desk.engine.study_kept)[0] == ("x-4", "grad-cam")
    assert studying.study.pairs == "list.csv"


def test_without_a_folder_nothing_begins(desk: Desk) -> None:
    desk.session.studying.start(CHOICE)
    assert not desk.session.studying.running
    assert desk.engine.studies == []


def test_the_folder_comes_back_at_the_next_start_while_it_is_there(
    make_desk: Callable[[], Desk], tmp_path: Path
) -> None:
    assert make_desk().session.studying.folder is None
    (tmp_path / "mine").mkdir()
    make_desk().session.studying.keep_in(tmp_path / "mine")
    assert make_desk().session.studying.folder == tmp_path / "mine"
    (tmp_path / "mine").rmdir()
    assert make_desk().session.studying.folder is None


def test_figures_and_curves_are_written(bench: Bench, tmp_path: Path) -> None:
    studying = bench.studying
    studying.start(CHOICE)
    bench.finish()
    for ending in (".csv", ".md", ".tex", ".png"):
        assert ending in {one.ending for one in STUDY_FORMATS}
        with bench.desk.qtbot.waitSignal(studying.written, timeout=60_000) as told:
            studying.write(tmp_path / f"study{ending}")
        assert told.args == [tmp_path / f"study{ending}"]
    assert (tmp_path / "study.csv").read_text("utf-8").startswith("method,options,pairs,metric")
    assert studying.text(".tsv").startswith("method\toptions\tpairs\tmetric")
    assert studying.text(".md") == (tmp_path / "study.md").read_text("utf-8")
    with Image.open(tmp_path / "study.png") as picture:
        assert picture.width > 600
    studying.write(tmp_path / "study.xyz")
    bench.desk.qtbot.waitUntil(lambda: "xyz" in studying.trouble)
