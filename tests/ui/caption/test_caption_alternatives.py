"""Other captions for the picture, in a whole session."""

from exclip_desktop.core.errors import CaptionError
from tests.ui.session.session_desk import Desk


def _entries(desk: Desk) -> list[str]:
    return [entry.caption for entry in desk.state.alternatives]


def _scored(desk: Desk) -> bool:
    return all(entry.score is not None for entry in desk.state.alternatives)


def test_an_alternative_and_the_caption_change_places(desk: Desk) -> None:
    desk.session.caption_alternatives.add("a cat")
    desk.session.explain_controller.type_caption("a cat")
    desk.settle()
    assert _entries(desk) == ["a cat", "a red balloon"]
    desk.session.explain_controller.type_caption("a red balloon")
    desk.settle()
    assert _entries(desk) == ["a red balloon", "a cat"]
    desk.qtbot.waitUntil(lambda: _scored(desk))


def test_scores_are_of_the_picture_on_screen(desk: Desk) -> None:
    desk.session.caption_alternatives.add("a cat")
    desk.qtbot.waitUntil(lambda: _scored(desk))
    desk.hold(lambda: desk.session.explain_controller.open_file(desk.picture("b.png")))
    assert _entries(desk) == ["a red balloon", "a cat"]
    assert [entry.score for entry in desk.state.alternatives] == [None, None]
    text: list[bool] = []
    desk.state.alternatives_changed.connect(lambda: text.append(_scored(desk)))
    desk.engine.gate.set()
    desk.qtbot.waitUntil(lambda: text == [True])


def test_failed_scores_are_reported_and_leave_the_running_explanation(desk: Desk) -> None:
    desk.session.caption_alternatives.add("a cat")
    desk.qtbot.waitUntil(lambda: _scored(desk))
    desk.engine.complete_gate.clear()
    desk.engine.score_raises.append(CaptionError("The caption is empty before its end token."))
    with desk.qtbot.waitSignal(desk.state.notice_changed):
        desk.session.caption_alternatives.add("<end_of_text>")
    assert "end token" in desk.state.notice.message
    assert _entries(desk) == ["a red balloon", "a cat"]
    desk.qtbot.waitUntil(lambda: _scored(desk))
