"""A study behind the window: it fills in as it goes, pauses and goes on, and lets everything else come first."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from exclip_desktop.core.errors import OutputError, Remedy
from exclip_desktop.core.values.study import RANDOM, StudySettings, summarise
from exclip_desktop.session.study.study_controller import WORKING, StudyChoice, StudyController
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.storage.exports.study_tables import STUDY_FORMATS
from tests.ui.session.session_desk import Desk

CHOICE = StudyChoice(count=2, methods=("grad-cam", RANDOM), metrics=("pointing", "deletion"))
PAIRS = "scene-000", "scene-001"
KEYS = [(pair, method) for pair in PAIRS for method in CHOICE.methods]


@dataclass
class Bench:
    desk: Desk
    controller: StudyController

    def hold(self, number: int) -> threading.Event:
        """Hold the engine before the study's step of that number, and return the gate."""
        gate = self.desk.engine.study_gates[KEYS[number]] = threading.Event()
        return gate

    def wait_done(self, count: int) -> None:
        self.desk.qtbot.waitUntil(lambda: self.controller.done == count)

    def finish(self) -> None:
        """Wait for the end, and for the figures of all outcomes."""
        rows = len(self.controller.choice.methods)
        self.desk.qtbot.waitUntil(
            lambda: (
                not self.controller.is_running
                and self.controller.study is not None
                and sum(row.pairs + len(row.left_out) for row in self.controller.study.rows) >= self.controller.total
                and len(self.controller.study.rows) == rows
            )
        )


@pytest.fixture
def bench(desk: Desk, tmp_path: Path) -> Bench:
    desk.session.study_controller.set_folder(tmp_path / "studies")
    return Bench(desk, desk.session.study_controller)


def test_figures_are_those_of_all_outcomes(bench: Bench, tmp_path: Path) -> None:
    controller, engine = bench.controller, bench.desk.engine
    controller.start(CHOICE)
    assert controller.is_running
    bench.finish()
    (request,) = engine.studies
    assert (request.choice, request.pairs, request.count) == (ModelChoice(), None, 2)
    assert (request.methods, request.settings.metrics) == (CHOICE.methods, CHOICE.metrics)
    assert controller.study_folder == tmp_path / "studies" / "study"
    by_method = [engine.saved_outcomes[pair, method] for method in CHOICE.methods for pair in PAIRS]
    expected = summarise("demo", "the bundled scenes", StudySettings(metrics=CHOICE.metrics), by_method)
    assert [row.figures for row in controller.study.rows] == [row.figures for row in expected.rows]
    assert controller.study.row(RANDOM).figures["pointing"].mean == pytest.approx(0.05 + 0.06)
    assert (controller.study.model, controller.study.pairs) == ("demo", "the bundled scenes")
    assert bench.desk.state.work is None


def test_a_study_without_figures_ends_with_a_notice(bench: Bench) -> None:
    missing = "There is no picture gone.png."
    bench.desk.engine.study_reasons = dict.fromkeys(CHOICE.methods, missing)
    bench.controller.start(CHOICE)
    bench.desk.qtbot.waitUntil(lambda: not bench.controller.is_running)
    message = f"No pair could be measured. Pair scene-000: {missing}"
    assert bench.controller.error_text.startswith(message)
    assert bench.desk.state.notice.message == message


def test_the_table_fills_in_while_it_goes_on(bench: Bench) -> None:
    gate, controller = bench.hold(1), bench.controller
    controller.start(CHOICE)
    bench.desk.qtbot.waitUntil(lambda: controller.study is not None)
    assert [row.method for row in controller.study.rows] == ["grad-cam"]
    assert (controller.done, controller.total) == (1, 4)
    work = bench.desk.state.work
    assert (work.what, work.done, work.total) == (WORKING, 1, 4)
    gate.set()
    bench.finish()
    assert [row.method for row in controller.study.rows] == list(CHOICE.methods)


@pytest.mark.parametrize(
    "pause", [lambda desk: desk.session.study_controller.pause(), lambda desk: desk.session.cancel()]
)
def test_a_paused_study_continues_with_missing_outcomes(bench: Bench, pause: Callable[[Desk], None]) -> None:
    gate, controller = bench.hold(2), bench.controller
    controller.start(CHOICE)
    bench.wait_done(2)
    pause(bench.desk)
    assert not controller.is_running
    assert bench.desk.state.work is None
    gate.set()
    assert controller.done == 2
    before = dict(bench.desk.engine.saved_outcomes)
    controller.start(CHOICE)
    assert controller.done == 2  # what is on screen stays
    bench.finish()
    saved = bench.desk.engine.saved_outcomes
    assert {key: saved[key] for key in before} == before
    assert all(saved[key] is before[key] for key in before)
    assert list(saved) == KEYS


def test_other_requests_come_first(bench: Bench) -> None:
    gate, controller, desk = bench.hold(1), bench.controller, bench.desk
    controller.start(CHOICE)
    bench.wait_done(1)
    desk.session.explain_controller.type_caption("a blue balloon")
    desk.qtbot.waitUntil(lambda: desk.state.explanation.caption.text == "a blue balloon" and not desk.state.stale)
    assert controller.is_running
    assert controller.done == 1
    gate.set()
    bench.finish()
    assert len(desk.engine.studies) > 1
    assert all(request is desk.engine.studies[0] for request in desk.engine.studies)
    assert list(desk.engine.saved_outcomes) == KEYS


def test_a_failed_method_has_a_reason_and_the_others_continue(bench: Bench) -> None:
    bench.desk.engine.study_reasons["grad-cam"] = "This tower pools by an attention of its own."
    bench.controller.start(CHOICE)
    bench.desk.qtbot.waitUntil(lambda: bench.controller.study is not None and len(bench.controller.study.rows) == 2)
    failed, other = bench.controller.study.rows
    assert failed.figures == {}
    assert set(failed.reasons.values()) == {"This tower pools by an attention of its own."}
    assert set(other.figures) == set(CHOICE.metrics)


def test_an_error_ends_the_study_and_is_shown(bench: Bench) -> None:
    bench.desk.engine.study_raises.append(OutputError("The folder cannot be used.", Remedy.CHOOSE_OTHER_FOLDER))
    bench.controller.start(CHOICE)
    bench.desk.qtbot.waitUntil(lambda: not bench.controller.is_running)
    assert bench.controller.error_text == "The folder cannot be used. Choose another folder."
    assert bench.desk.state.notice.message == "The folder cannot be used."
    bench.controller.start(CHOICE)
    bench.finish()
    assert bench.controller.error_text == ""


def test_another_model_pauses_it(bench: Bench) -> None:
    gate = bench.hold(1)
    bench.controller.start(CHOICE)
    bench.wait_done(1)
    desk = bench.desk
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    assert not bench.controller.is_running
    gate.set()
    desk.qtbot.waitUntil(lambda: desk.state.provenance.choice.name == "other" and not desk.state.stale)
    assert list(desk.engine.saved_outcomes)[:1] == KEYS[:1]


def test_other_choices_show_other_figures_only(bench: Bench) -> None:
    bench.controller.start(CHOICE)
    bench.finish()
    bench.controller.start(replace(CHOICE, count=1, methods=(RANDOM,)))
    assert bench.controller.study is None
    bench.finish()
    assert [(row.method, row.pairs) for row in bench.controller.study.rows] == [(RANDOM, 1)]
    assert (bench.controller.done, bench.controller.total) == (1, 1)


def test_the_open_list_is_studied(bench: Bench, tmp_path: Path) -> None:
    desk, controller = bench.desk, bench.controller
    desk.picture("p-0.png")
    desk.picture("p-1.png")
    (tmp_path / "list.csv").write_text("id,path,caption\nx-4,p-0.png,a dog\nx-7,p-1.png,a cat\n")
    assert controller.list_name == ""
    with desk.qtbot.waitSignal(desk.session.pair_navigation.list_changed):
        desk.session.pair_navigation.open(str(tmp_path / "list.csv"))
    assert (controller.list_name, controller.count_pairs(from_list=True)) == ("list.csv", 2)
    controller.start(replace(CHOICE, from_list=True))
    bench.finish()
    assert list(desk.engine.saved_outcomes)[0] == ("x-4", "grad-cam")
    assert controller.study.pairs == "list.csv"


def test_without_a_folder_nothing_begins(desk: Desk) -> None:
    desk.session.study_controller.start(CHOICE)
    assert not desk.session.study_controller.is_running
    assert desk.engine.studies == []


def test_the_folder_comes_back_at_the_next_start_while_it_is_there(
    make_desk: Callable[[], Desk], tmp_path: Path
) -> None:
    assert make_desk().session.study_controller.folder is None
    (tmp_path / "mine").mkdir()
    make_desk().session.study_controller.set_folder(tmp_path / "mine")
    assert make_desk().session.study_controller.folder == tmp_path / "mine"
    (tmp_path / "mine").rmdir()
    assert make_desk().session.study_controller.folder is None


def test_figures_and_curves_are_written(bench: Bench, tmp_path: Path) -> None:
    controller = bench.controller
    controller.start(CHOICE)
    bench.finish()
    for ending in (".csv", ".md", ".tex", ".png"):
        assert ending in {one.ending for one in STUDY_FORMATS}
        with bench.desk.qtbot.waitSignal(controller.written, timeout=60_000) as written:
            controller.write(tmp_path / f"study{ending}")
        assert written.args == [tmp_path / f"study{ending}"]
    assert (tmp_path / "study.csv").read_text("utf-8").startswith("method,options,pairs,metric")
    assert controller.format_table(".tsv").startswith("method\toptions\tpairs\tmetric")
    assert controller.format_table(".md") == (tmp_path / "study.md").read_text("utf-8")
    with Image.open(tmp_path / "study.png") as picture:
        assert picture.width > 600
    controller.write(tmp_path / "study.xyz")
    bench.desk.qtbot.waitUntil(lambda: "xyz" in controller.error_text)
