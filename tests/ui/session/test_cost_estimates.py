"""Cost estimates of long explanations: on the status line, and in the banner if memory is too small."""

from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.values.cost_estimates import CostEstimate
from exclip_desktop.session.state import Work
from exclip_desktop.session.worker.requests import ExplainAnswer, ExplainRequest, ModelChoice
from exclip_desktop.ui.widgets.status_line import format_work
from tests.ui.fakes import wait_at
from tests.ui.session.session_desk import Desk

SHORT = CostEstimate(None, 9_100_000_000, 3_200_000_000)


def reported_by(desk: Desk, *costs: CostEstimate) -> None:
    """Let the engine report the cost of the next explanations before it waits at its gate."""
    inner = desk.engine.explain

    def explain(request: ExplainRequest, tell: Progress, cancel: CancelToken) -> ExplainAnswer:
        for done, cost in enumerate(costs):
            tell(Report("picture", done, 90, cost))
        wait_at(desk.engine.gate, cancel)
        return inner(request, tell, cancel)

    desk.engine.explain = explain


def start(desk: Desk, *costs: CostEstimate) -> None:
    reported_by(desk, *costs)
    desk.engine.gate.clear()
    desk.session.explain_controller.type_caption("a cat")
    desk.qtbot.waitUntil(lambda: desk.state.work is not None and desk.state.work.cost == costs[-1])


def test_long_work_shows_its_cost() -> None:
    work = Work("Explaining the picture", 3, 90, cost=CostEstimate(42.0, 1_200_000_000, None))
    assert format_work(work, None) == "Explaining the picture, about 40 s, 1.2 GB"
    assert format_work(work, 33.0) == "Explaining the picture, about 35 s left, 1.2 GB"
    for cost in (None, CostEstimate(None, 10, None), CostEstimate(4.9, 10, None)):
        assert format_work(Work("Explaining the picture", 3, 90, cost=cost), None) == "Explaining the picture"


def test_the_worker_reports_every_cost_at_once(desk: Desk) -> None:
    desk.settle()
    costs = CostEstimate(None, 10, 20), CostEstimate(30.0, 10, 20), CostEstimate(31.0, 10, 20)
    seen: list[CostEstimate | None] = []
    desk.state.work_changed.connect(lambda: seen.append(desk.state.work and desk.state.work.cost))
    start(desk, *costs)
    assert [cost for cost in seen if cost is not None] == list(costs)
    assert desk.state.notice is None


def test_a_memory_shortage_is_shown_once_and_settled_by_the_answer(desk: Desk) -> None:
    desk.settle()
    start(desk, SHORT)
    notice = desk.state.notice
    assert notice.message == "Explaining the picture will take 9.1 GB of memory; 3.2 GB are free."
    assert notice.hint.startswith("Cancel it, choose a later layer")
    assert not notice.offers_cpu
    desk.session.explain_controller.dismiss()
    desk.engine.gate.set()
    desk.settle()
    assert desk.state.notice is None


def test_cancelling_takes_it_back(desk: Desk) -> None:
    desk.settle()
    start(desk, SHORT)
    assert desk.state.notice is not None
    desk.session.cancel()
    assert desk.state.notice is None


def test_an_accelerators_work_can_go_over_to_the_cpu(desk: Desk) -> None:
    desk.settle()
    desk.engine.device = "cuda:0"
    desk.session.explain_controller.choose_model(ModelChoice("large"))
    desk.settle()
    start(desk, SHORT)
    assert desk.state.notice.offers_cpu
    del desk.engine.explain  # the CPU has enough memory
    desk.engine.gate.set()
    desk.session.explain_controller.use_cpu()
    desk.settle()
    assert desk.state.provenance.choice.device == "cpu"
    assert desk.state.explanation.caption.text == "a cat"
    assert desk.state.notice is None
