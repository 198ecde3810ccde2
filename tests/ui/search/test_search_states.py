"""A search that meets something else: no list, nothing explained, another model, removed pairs, other requests."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.values.explanation import Explanation
from exclip_desktop.session.worker.requests import ModelChoice
from exclip_desktop.session.worker.search_requests import WordsQuery
from tests.ui.conftest import Opened
from tests.ui.fakes import number_of
from tests.ui.search.search_desk import COUNT, SearchDesk

ALL = [str(number) for number in range(COUNT, 0, -1)]


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path, make_explanation: Callable[..., Explanation]) -> SearchDesk:
    return SearchDesk(tmp_path, make_explanation).start(qtbot)


def hold(desk: SearchDesk, pair: str) -> threading.Event:
    """Search, and wait until the engine has come to a pair; the event lets it go on."""
    gate = desk.engine.search_gates[pair] = threading.Event()
    desk.search.search_words("dog")
    done = int(pair) - 1
    desk.qtbot.waitUntil(lambda: desk.search.counts.done == done and len(desk.search.hits) == done)
    return gate


def test_without_a_list_a_sentence_says_so(opened: Opened) -> None:
    opened.session.search.search_words("dog")
    assert not opened.engine.search_requests
    assert "There is no list to search in" in opened.window.status.findChild(object, "message").text()
    assert opened.window.search_dock.status.text() == "Type words, or select words or boxes and press Ctrl+F."


def test_blank_words_are_not_searched(desk: SearchDesk) -> None:
    desk.search.search_words("  ")
    assert desk.search.query is None


def test_pictures_that_are_not_explained_are_counted_and_explained_from_there(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.engine.search_missing = {"2", "5", *ALL[:1]}
    desk.window.panels.want("search", True)
    desk.search.search_words("dog")
    desk.wait(3)
    assert desk.panel.status.text() == "3 of 6 pictures are explained"
    assert desk.panel.explain.text() == "Explain the others"
    desk.panel.explain.click()
    desk.wait(6)
    assert [(request.path.stem, request.whole) for request in desk.engine.list_requests] == [
        (f"picture-{number}", True) for number in (2, 5, 6)
    ]
    assert desk.ranked == ALL
    qtbot.waitUntil(lambda: desk.panel.status.text() == "6 of 6 pictures are explained")
    assert not desk.panel.explain.isVisible()


def test_a_picture_that_cannot_be_read_is_counted(desk: SearchDesk) -> None:
    (desk.folder / "picture-4.png").unlink()
    desk.search.search_words("dog")
    desk.wait(5)
    assert desk.panel.status.text() == "5 of 6 pictures are explained · 1 cannot be read"
    assert "4" not in desk.ranked


def test_hits_come_while_others_are_searched_and_a_cancelled_search_keeps_them(desk: SearchDesk, qtbot: QtBot) -> None:
    gate = hold(desk, "4")
    assert desk.ranked == ["3", "2", "1"]
    assert desk.panel.status.text() == "Searched 3 of 6 pictures"
    assert desk.session.state.work.what == "Searching the list"
    desk.session.cancel()
    gate.set()
    assert desk.session.state.work is None
    assert desk.panel.status.text() == "Stopped after 3 of 6 pictures"
    desk.panel.explain.click()  # Search again
    desk.wait(6)
    assert desk.ranked == ALL


def test_a_new_query_replaces_the_running_one(desk: SearchDesk) -> None:
    gate = hold(desk, "3")
    desk.search.search_words("cat")
    gate.set()
    desk.wait(6)
    assert desk.panel.title.text() == "“cat”"
    assert [request.query for request in desk.engine.search_requests] == [WordsQuery("dog"), WordsQuery("cat")]


def test_an_explanation_comes_first_and_the_search_goes_on_after_it(desk: SearchDesk, qtbot: QtBot) -> None:
    gate = hold(desk, "5")
    desk.navigation.show(1)
    qtbot.waitUntil(lambda: "a red balloon" in desk.engine.explained)
    gate.set()
    desk.wait(6)
    assert desk.ranked == ALL


def test_another_model_stops_the_search_and_its_hits_are_named_as_the_previous_ones(
    desk: SearchDesk, qtbot: QtBot
) -> None:
    gate = hold(desk, "5")
    desk.session.explain_controller.choose_model(ModelChoice("other"))
    gate.set()
    assert not desk.search.is_running
    assert len(desk.search.hits) == 4
    assert desk.panel.status.text() == "These hits are of another model or of other settings."
    assert desk.panel.explain.text() == "Search again"
    desk.panel.explain.click()
    desk.wait(6)
    assert desk.engine.search_requests[-1].choice == ModelChoice("other")


def test_a_removed_pair_leaves_the_hits_and_undo_brings_it_back(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.search.search_words("dog")
    desk.wait(6)
    desk.session.list_edits.remove([4])
    qtbot.waitUntil(lambda: desk.ranked == [pair for pair in ALL if pair != "5"])
    desk.session.undo.undo()
    qtbot.waitUntil(lambda: desk.ranked == ALL)


def test_a_closed_list_leaves_no_hits(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.search.search_words("dog")
    desk.wait(6)
    desk.navigation.close()
    assert desk.search.query is None
    qtbot.waitUntil(lambda: not desk.search.hits)
    assert desk.panel.title.text() == ""


def test_a_failed_search_is_reported(desk: SearchDesk, qtbot: QtBot) -> None:
    desk.engine.search_raises.append(ModelError("The model is gone.", "Choose another."))
    desk.search.search_words("dog")
    qtbot.waitUntil(lambda: desk.session.state.notice is not None)
    assert desk.session.state.notice.message == "The model is gone."
    assert not desk.search.is_running


def test_selected_hits_stay_selected_when_others_arrive(desk: SearchDesk) -> None:
    gate = hold(desk, "4")
    desk.panel.grid.selectAll()
    gate.set()
    desk.wait(6)
    assert [number_of(hit.picture) for hit in desk.panel.selected_hits] == ["3", "2", "1"]


def test_the_filter_reads_ranks_values_and_what_is_known_of_pairs(desk: SearchDesk) -> None:
    desk.search.search_words("dog")
    desk.wait(6)
    for query, pairs in (
        ("rank<3", ["6", "5"]),
        ("balloon", ["6", "4", "2"]),
        ("balloon rank<=3", ["6", "4"]),
        ("-balloon", ["5", "3", "1"]),
    ):
        desk.panel.filter.write(query)
        assert [number_of(hit.picture) for hit in desk.panel.hits] == pairs
    assert desk.panel.filter.answer.text() == "3 of 6"
